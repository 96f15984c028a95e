"""`upright watermark`: is a text marked, and by which key?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from upright.cli.app import app
from upright.cli.options import Debug, Json, Quiet, read_lines, write_evidence, write_line
from upright.terms import ConfigError, UprightError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upright.policy import Policy
    from upright.verify import WatermarkReader
    from upright.watermark import EpochKey, Mark, Scheme

watermark_app = typer.Typer(
    name="watermark",
    help="Look for the mark that answers carry.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(watermark_app)

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="FILE",
        help="32 bytes, raw or in hex; without it the use's own keys.",
        show_default=False,
    ),
]
SchemeName = Annotated[
    Literal["split", "gumbel"] | None,
    typer.Option("--scheme", help="The mark; without it the policy's.", show_default=False),
]


_RESULTS = frozenset(
    {
        "p_value", "e_value", "scored_tokens", "spans", "further_tokens", "payload", "model_free",
        "cleaned",
    }
)  # fmt: skip


@watermark_app.command("detect")
def detect(  # noqa: PLR0917 (Typer names them as options)
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Lines of id, text or tokens, prompt?; - is standard input."
        ),
    ] = "-",
    key_file: KeyFile = None,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            "-p",
            metavar="FILE",
            help="The use the text was written under: its keys, engine and sampling.",
            show_default=False,
        ),
    ] = None,
    scheme: SchemeName = None,
    model_free: Annotated[
        bool, typer.Option("--model-free", help="Ask no model: quicker, and weaker.")
    ] = False,
    payload: Annotated[
        bool, typer.Option("--payload", help="The mark carries 16 bits that are not known.")
    ] = False,
    alpha: Annotated[
        float, typer.Option(min=1e-300, max=0.5, help="Threshold of the verdict.")
    ] = 1e-6,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say of each line how likely so much of the mark is without the key. Exits 0 whatever it is.

    Lines out keep the fields of the lines in and add `p_value`, `e_value`, `scored_tokens`,
    `verdict` (`watermarked` or `insufficient`), `spans`, `model_free` and `cleaned` (the text
    says most once its layout is cleaned); what a line says itself under a name of a result does
    not come out. A line that cannot be read gets `error` instead, with a p-value of 1. Without
    --policy the text is read by the embedded model at temperature 1: another model or temperature
    costs power, never validity.
    """
    del as_json, quiet, debug
    import asyncio

    from upright.generate import sampling_for
    from upright.policy import open_policy
    from upright.verify.watermark import PLAIN

    use = open_policy(policy or "storytelling")
    keys = open_keys(use, key_file)
    chosen = scheme or (use.watermark.scheme if use.watermark.scheme != "none" else "split")
    known = None if key_file is not None else use.watermark.payload
    options = {
        "scheme": chosen,
        "alpha": alpha,
        "width": use.watermark.width,
        "sampling": PLAIN if policy is None else sampling_for(use),
        "payload": "unknown" if payload else known,
    }
    asyncio.run(_lines(use, file, keys, options, model_free=model_free))


@watermark_app.command("rotate")
def rotate(as_json: Json = False, debug: Debug = False) -> None:
    """Begin a new epoch: its key marks from the next start on; older keys still detect."""
    del debug
    from upright.generate.marking import FOLDER
    from upright.keys import WatermarkKeys
    from upright.terms import home

    epoch = WatermarkKeys(home() / FOLDER).rotate()
    if as_json:
        write_line({"epoch": epoch})
    else:
        typer.echo(f"answers are marked with the key of epoch {epoch} from the next start on")


def open_keys(use: Policy, key_file: Path | None) -> list[EpochKey]:
    """Return the key of a file, or all epochs of the use's own keys, the newest first.

    Raises:
        ConfigError: for a file that holds no key, or a home without keys.
    """
    from upright.generate.marking import keys_of
    from upright.terms import home
    from upright.watermark import epoch_key, read_key

    if key_file is not None:
        return [epoch_key(read_key(_content(key_file)))]
    own = keys_of(use, home())
    if not own:
        raise ConfigError(
            "no watermark key here: nothing was marked in this home",
            mend="give --key-file FILE, or set UPRIGHT_HOME to where answers are marked",
        )
    return own


def open_mark(use: Policy, key_file: Path | None, scheme: Scheme | None) -> Mark | None:
    """Return how texts straight from the engine are marked; None for not at all.

    Raises:
        ConfigError: for a key and no scheme, or a file that holds no key.
    """
    from upright.generate.marking import mark_of
    from upright.terms import home

    section = use.watermark
    chosen = scheme or section.scheme
    # A server draws its own words; only what a person asks for by name is refused.
    by_server = use.engine.kind == "openai" and key_file is None and scheme is None
    if chosen == "none" or by_server:
        if key_file is not None:
            raise ConfigError(
                f"a key, and the policy of {use.use_case.name!r} marks nothing",
                mend='add --scheme split, or write scheme = "split" in [watermark]',
            )
        return None
    if key_file is None:
        return mark_of(use, home(), scheme=chosen)
    from upright.watermark import Mark, epoch_key, read_key

    return Mark(epoch_key(read_key(_content(key_file))), chosen, section.width)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", mend="give a file with 32 bytes, raw or in hex"
        ) from None


async def _lines(
    use: Policy,
    file: str,
    keys: list[EpochKey],
    options: Mapping[str, Any],
    *,
    model_free: bool,
) -> None:
    from upright.generate import ReadingEngine, open_engine
    from upright.generate.embedded import EmbeddedEngine
    from upright.verify import WatermarkReader

    # The mark is read with whatever model can read; where the use's own cannot, the packaged one.
    engine = EmbeddedEngine() if use.engine.kind == "openai" else open_engine(use)
    try:
        if not isinstance(engine, ReadingEngine):
            raise ConfigError(f"the engine {engine.name!r} cannot read texts")
        reader = WatermarkReader(engine, keys, **options)
        for where, line in read_lines(file):
            told = await _shape(reader, where, line, model_free=model_free)
            write_evidence(line, told, _RESULTS)
    finally:
        await engine.aclose()


async def _shape(
    reader: WatermarkReader, where: str, line: Mapping[str, Any], *, model_free: bool
) -> dict[str, Any]:
    """Return what a line's text says; a bad line is told and costs no other its result."""
    try:
        return await _read(reader, line, model_free=model_free)
    except UprightError as error:
        told = {"error": f"{where}: {error.problem}", "mend": error.mend}
        nothing = {"p_value": 1.0, "e_value": 1.0, "scored_tokens": 0}
        return {**nothing, "verdict": "insufficient", "spans": [], **told}


async def _read(
    reader: WatermarkReader, line: Mapping[str, Any], *, model_free: bool
) -> dict[str, Any]:
    text, tokens, prompt = line.get("text"), line.get("tokens"), line.get("prompt")
    if prompt is not None and not isinstance(prompt, str):
        raise ConfigError("`prompt` is no string", mend="give the prompt as it was sent")
    if isinstance(text, str):
        found = await reader.read(text, prompt=prompt or "", model_free=model_free)
        return found.to_json()
    if not isinstance(tokens, list) or not all(_is_token(token) for token in tokens):
        raise ConfigError(
            "neither a string under `text` nor whole numbers under `tokens`",
            mend='write one {"id": …, "text": …} a line',
        )
    return (await reader.read_ids(tokens, prompt=prompt or "", model_free=model_free)).to_json()


def _is_token(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31
