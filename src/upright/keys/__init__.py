"""Every kind of key: API, signing, watermark and vault; hashed, versioned, revocable."""

from upright.keys.api import MintedKey, api_key_digest, api_key_id, mint_api_key
from upright.keys.envelope import open_sealed, seal
from upright.keys.files import KeyFileError, make_private_folder, read_private, write_private
from upright.keys.lookup import LookupKey, LookupKeys
from upright.keys.signing import Signature, Signer, SigningKeys, TrustedKeys
from upright.keys.vault import load_vault_key
from upright.keys.watermark import WatermarkKeys

__all__ = [
    "KeyFileError",
    "LookupKey",
    "LookupKeys",
    "MintedKey",
    "Signature",
    "Signer",
    "SigningKeys",
    "TrustedKeys",
    "WatermarkKeys",
    "api_key_digest",
    "api_key_id",
    "load_vault_key",
    "make_private_folder",
    "mint_api_key",
    "open_sealed",
    "read_private",
    "seal",
    "write_private",
]
