"""`upright verify`: all evidence of where texts came from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.app import app
from upright.cli.certify import check_files, read_text
from upright.cli.options import Debug, Json, Quiet, read_lines, write_evidence
from upright.terms import ConfigError, UprightError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upright.policy import Policy
    from upright.verify import Verification, Verifier


_RESULTS = frozenset({"meaning", "edited_copy_of", "watermark", "statistical"})


@app.command("verify")
def verify(  # noqa: PLR0917 (Typer names them as options)
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Lines of id?, text, prompt?, writer?, kind?; - is input."
        ),
    ] = "-",
    policy: Annotated[
        str,
        typer.Option("--policy", "-p", metavar="FILE", help="The use that may have written it."),
    ] = "storytelling",
    one_text: Annotated[
        bool, typer.Option("--one-text", help="FILE is one text and no lines of JSON.")
    ] = False,
    model_free: Annotated[
        bool, typer.Option("--model-free", help="Ask no model: quicker, and weaker.")
    ] = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Only check --certificate, without this home, model or network."
        ),
    ] = False,
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="COSE", help="The certificate of FILE; with --offline."),
    ] = None,
    issuer_keys: Annotated[
        Path | None, typer.Option("--keys", metavar="PEM", help="The issuer's public keys.")
    ] = None,
    revoked: Annotated[
        Path | None, typer.Option(metavar="LIST", help="The issuer's list of revocations.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say of each text what proves where it came from: certificate, watermark, or nothing.

    Lines out keep the fields of the lines in and add `verdict` (`certified`, `watermarked`,
    `statistical`, `insufficient`), `meaning`, `edited_copy_of` and the evidence of each kind;
    what a line says itself under one of these names does not come out. A text that cannot be
    read, or a `kind` that was not measured, gets `error` and the verdict `insufficient`; a line
    that is no JSON ends the command. Exits 0 whatever the verdicts; --offline exits 1 if the
    certificate is refused.
    """
    del debug, quiet
    import asyncio

    from upright.policy import open_policy

    if offline:
        _check(file, certificate, issuer_keys, revoked, as_json=as_json)
        return
    if certificate is not None or issuer_keys is not None or revoked is not None:
        raise ConfigError(
            "--certificate, --keys and --revoked belong to --offline", mend="add --offline"
        )
    use = open_policy(policy)
    asyncio.run(_verify(use, file, one_text=one_text, model_free=model_free, as_json=as_json))


def _check(
    file: str,
    certificate: Path | None,
    issuer_keys: Path | None,
    revoked: Path | None,
    *,
    as_json: bool,
) -> None:
    """Check a text against its certificate, with nothing but files."""
    if certificate is None or issuer_keys is None:
        raise ConfigError(
            "--offline needs the certificate and its issuer's keys",
            mend="--certificate FILE.cose --keys issuer.pem",
        )
    if file == "-":
        raise ConfigError("--offline needs the text in a file", mend="give FILE")
    files = {"text": Path(file), "revoked": revoked}
    check_files(certificate, issuer_keys, files, as_json=as_json)


async def _verify(
    use: Policy, file: str, *, one_text: bool, model_free: bool, as_json: bool
) -> None:
    from upright.certify import Certifier
    from upright.generate import ReadingEngine, open_engine, sampling_for
    from upright.generate.embedded import EmbeddedEngine
    from upright.generate.marking import keys_of
    from upright.ledger import Ledger, NotFoundError
    from upright.terms import home
    from upright.verify import Verifier

    try:
        ledger = Ledger.open(create=False)
    except NotFoundError:
        ledger = None
    # A mark is read with a model that can read; where the use's own cannot, the packaged one.
    engine = EmbeddedEngine() if use.engine.kind == "openai" else open_engine(use)
    try:
        verifier = Verifier(
            use,
            engine=engine if isinstance(engine, ReadingEngine) else None,
            keys=keys_of(use, home()),
            certifier=None if ledger is None else Certifier.open(ledger),
            sampling=sampling_for(use),
        )
        for where, line in _texts(file, one_text=one_text):
            told, found = await _told(verifier, where, line, model_free=model_free)
            if one_text and not as_json:
                _print(told, found)
            else:
                write_evidence(line, told, _RESULTS)
    finally:
        await engine.aclose()
        if ledger is not None:
            ledger.close()


def _texts(file: str, *, one_text: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    if not one_text:
        try:
            yield from read_lines(file)
        except ConfigError as error:
            raise ConfigError(error.problem, mend=f"{error.mend}, or add --one-text") from None
    elif file == "-":
        yield "standard input", {"text": sys.stdin.buffer.read().decode("utf-8", "replace")}
    else:
        yield file, {"text": read_text(Path(file))}


async def _told(
    verifier: Verifier, where: str, line: Mapping[str, Any], *, model_free: bool
) -> tuple[dict[str, Any], Verification | None]:
    """Return what a line's text says; a bad line is told and costs no other its result."""
    given: dict[str, Any] = {name: line.get(name) for name in ("text", "prompt", "writer", "kind")}
    try:
        wrong = [name for name, value in given.items() if not _fits(name, value)]
        if wrong:
            raise ConfigError(
                f"`{wrong[0]}` is no string", mend='write one {"id": …, "text": …} a line'
            )
        text, prompt = given.pop("text"), given.pop("prompt") or ""
        found = await verifier.verify(text, prompt=prompt, model_free=model_free, **given)
    except UprightError as error:
        told = {"error": f"{where}: {error.problem}", "mend": error.mend}
        return {"verdict": "insufficient", **told}, None
    return found.to_json(), found


def _fits(name: str, value: object) -> bool:
    return isinstance(value, str) or (value is None and name != "text")


def _print(told: Mapping[str, Any], found: Verification | None) -> None:
    """Print what is known of one text, in words."""
    if found is None:
        raise ConfigError(told["error"], mend=told["mend"])
    typer.echo(f"{found.verdict}: {found.sentence}")
    match = found.match
    if match is not None:
        if match.revocation is not None:
            state = f"revoked on {match.revocation.time[:10]}: {match.revocation.reason}"
        elif match.certified:
            state = f"{match.share:.0%} of the text is certified"
        elif match.edited_copy_of is not None:
            state = "the text is an edited copy of the certified one"
        else:
            state = f"shares a passage with the text; {match.share:.0%} of it is certified"
        typer.echo(f"certificate {match.certificate} of {match.time[:10]}: {state}")
    else:
        typer.echo("certificate: none is known for this text")
    if found.statistical is not None:
        score = found.statistical.score
        shown = "none" if score is None else f"{score:.2f} of {found.statistical.threshold:.2f}"
        typer.echo(f"style: score {shown}; {found.statistical.sentence}")
    if found.watermark is None:
        typer.echo("watermark: this use has no key, so there is no mark to look for")
        return
    detection = found.watermark.detection
    further = detection.further_tokens
    more = f"; a marked text would need about {further} more words" if further else ""
    typer.echo(
        f"watermark: p = {detection.p_value:.3g} over {detection.scored_tokens} scored words{more}"
    )
