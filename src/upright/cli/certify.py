"""`upright certify`: certificates, the log that they are in, and checks that need neither."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.app import app
from upright.cli.ledger import open_ledger, plain, print_columns
from upright.cli.options import LARGEST, Debug, Json, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.certify import Certifier
    from upright.certify.offline import Opened

certify_app = typer.Typer(
    name="certify",
    help="Show certificates and the log that they are in; check them offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(certify_app)

Name = Annotated[str, typer.Argument(metavar="CERTIFICATE", help="Its id: `crt_` and 32 digits.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file.")
]


@certify_app.command("log")
def log(
    since: Annotated[
        Path | None,
        typer.Option(metavar="HEAD", help="Prove that the log contains this older head."),
    ] = None,
    output: Output = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the signed head of the log. Keep a copy where nobody here can change it."""
    del debug
    with _certifier() as certifier:
        kept = None if since is None else _read(since)
        data = certifier.head() if kept is None else certifier.growth(kept)
        head = certifier.open_head(data)
    if output is not None:
        output.write_bytes(data)
    shape = {"size": head.size, "root": head.root.hex(), "time": _moment(head.time)}
    if as_json:
        write_line({**shape, "head": _base64(data)})
        return
    typer.echo(f"{head.size} certificates at {shape['time']}, root {shape['root']}")
    if since is not None:
        typer.echo(f"the log contains {since}: nothing was taken out or changed since")


@certify_app.command("show")
def show(  # noqa: PLR0917 (Typer names them as options)
    name: Annotated[
        str | None, typer.Argument(metavar="CERTIFICATE", help="Its id; without one, the newest.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="Disclose this field only; may be repeated.")
    ] = None,
    jws: Annotated[bool, typer.Option("--jws", help="As a JSON Web Signature.")] = False,
    output: Output = None,
    limit: Annotated[int, typer.Option(min=1, max=LARGEST, help="At most so many.")] = 20,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show a certificate in words, or the newest ones; `--output` writes it for others."""
    del debug
    with _certifier() as certifier:
        if name is None:
            _print_newest(certifier, limit, as_json=as_json)
            return
        if jws:
            text = certifier.jws(name, field) if field else certifier.jws(name)
            _give(text.encode() + b"\n", output)
            return
        whole = certifier.certificate(name).data
        data = certifier.disclose(name, field) if field else whole
        revocation = certifier.revocation(name)
        opened = _opened(data, certifier)
    if output is not None:
        output.write_bytes(data)
    taken_back = f"{revocation.time} {revocation.reason}" if revocation else None
    if as_json:
        shape = {"id": opened.id, "cose": _base64(data), "revoked": taken_back}
        write_line({**shape, **_plain(opened.fields)})
    else:
        _print_opened(opened, taken_back)


@certify_app.command("excerpt")
def excerpt(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The excerpt, a text.")],
    output: Output = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Prove that an excerpt is of a certified text, without the rest of it."""
    del debug
    with _certifier() as certifier:
        data = certifier.excerpt(name, read_text(file))
    if as_json:
        write_line({"excerpt": _base64(data)})
    else:
        _give(data, output)


@certify_app.command("check")
def check(  # noqa: PLR0917 (Typer names them as options)
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A certificate, an excerpt, or a head.")
    ],
    keys: Annotated[
        Path | None, typer.Option(metavar="PEM", help="The issuer's keys; by default this home's.")
    ] = None,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="The certified text.")] = None,
    revoked: Annotated[
        Path | None, typer.Option(metavar="LIST", help="The issuer's list of revocations.")
    ] = None,
    older: Annotated[
        Path | None, typer.Option(metavar="HEAD", help="An older head that FILE must contain.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Check a file without the ledger or a network; exit 1 if it is refused."""
    del debug
    given = {"text": text, "revoked": revoked, "older": older}
    check_files(file, keys, given, as_json=as_json)


def check_files(
    file: Path, keys: Path | None, others: Mapping[str, Path | None], *, as_json: bool
) -> None:
    """Check a file as the stand-alone verifier does, and print what it shows.

    Raises:
        CertificateError: if it is refused.
        ConfigError: for a file that cannot be read.
    """
    from upright.certify import read_base64
    from upright.certify.errors import told
    from upright.certify.offline import check as check_offline

    files = {name: _read(path) for name, path in others.items() if path is not None}
    if text := others.get("text"):
        read_text(text)
    data = _read(file)
    if data.isascii() and data.strip():
        # As it stands in an answer: a signed file in CBOR has a first byte that is not ASCII.
        data = read_base64(data.decode().strip())
    with told():
        report = check_offline(data, _keys(keys), **files)
    if as_json:
        write_line(_plain(report))
        return
    typer.echo("good")
    for label, value in _plain(report).items():
        typer.echo(f"{label}: {plain(value if isinstance(value, str) else json.dumps(value))}")


@certify_app.command("revoke")
def revoke(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; everybody will read it.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take a certificate back, for everybody to see."""
    del debug
    with _certifier() as certifier:
        revocation = certifier.revoke(name, reason)
    if as_json:
        write_line({"id": name, "time": revocation.time, "reason": revocation.reason})
    else:
        typer.echo(f"certificate {name} is revoked since {revocation.time}")


@certify_app.command("erase")
def erase(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Erase a certificate and all that finds its text; its blind hash stays in the log.

    Copies that others hold stay good, and so does a revocation: to take a certificate back, revoke
    it first.
    """
    del debug
    from upright.certify import Certifier

    with open_ledger() as ledger:
        stored = ledger.certificates.get(name)
        whose = f"certificate {name} of {stored.time[:19]}, use case {plain(stored.use_case)}"
        if not yes and not _agreed(f"Erase {whose}? Nothing brings it back."):
            typer.echo("nothing was erased", err=True)
            raise typer.Exit(1)
        Certifier.open(ledger).erase(name)
    if as_json:
        write_line({"id": name, "erased": True})
    else:
        typer.echo(f"certificate {name} is erased; its hash stays in the log")


@certify_app.command("revoked")
def revoked(output: Output = None, as_json: Json = False, debug: Debug = False) -> None:
    """Write the signed list of revocations, for those who check offline."""
    del debug
    with _certifier() as certifier:
        data = certifier.revoked()
    if as_json:
        write_line({"revoked": _base64(data)})
    else:
        _give(data, output)


@certify_app.command("keys")
def keys(output: Output = None, as_json: Json = False, debug: Debug = False) -> None:
    """Write the issuer's public keys, which others need to check certificates."""
    del debug
    with _certifier() as certifier:
        pem = certifier.issuer.public_pem()
    if as_json:
        write_line({"keys": pem.decode()})
    else:
        _give(pem, output)


@certify_app.command("rotate")
def rotate(as_json: Json = False, debug: Debug = False) -> None:
    """Begin with a new issuer's key and new look-up secrets; what there is stays good."""
    del debug
    with _certifier() as certifier:
        done = certifier.rotate()
    if as_json:
        write_line(done)
    else:
        typer.echo(f"certificates are signed by the new key {done['key']} from now on")


@contextlib.contextmanager
def _certifier() -> Iterator[Certifier]:
    from upright.certify import Certifier

    with open_ledger() as ledger:
        yield Certifier.open(ledger)


def _agreed(question: str) -> bool:
    """Ask whoever sits there.

    Raises:
        ConfigError: if nobody does.
    """
    if not sys.stdin.isatty():
        raise ConfigError("this asks first, and nobody can answer here", mend="add --yes")
    return typer.confirm(question, err=True)


def _keys(path: Path | None) -> bytes:
    if path is not None:
        return _read(path)
    from upright.certify.issuer import Issuer
    from upright.terms import home

    return Issuer("", home()).trusted_pem()


def _print_newest(certifier: Certifier, limit: int, *, as_json: bool) -> None:
    found = certifier.newest(limit)
    rows = [(one.id, one.time, one.use_case, one.request) for one in found]
    head = ("certificate", "time", "use case", "request")
    if as_json:
        for row in rows:
            write_line(dict(zip(("id", "time", "use_case", "request"), row, strict=True)))
        return
    print_columns([head, *((id_, time[:19], plain(use), plain(r)) for id_, time, use, r in rows)])


def _opened(data: bytes, certifier: Certifier) -> Opened:
    """Check a certificate, a revoked one too."""
    from upright.certify.errors import told
    from upright.certify.offline import open_certificate

    with told():
        return open_certificate(data, certifier.issuer.trusted())


def _print_opened(opened: Opened, taken_back: str | None) -> None:
    typer.echo(f"certificate {opened.id}")
    for name, value in _plain(opened.fields).items():
        if name == "time":
            told = _moment(value)
        elif isinstance(value, str):
            told = plain(value)
        else:
            told = "none" if value in (None, []) else json.dumps(value)
        typer.echo(f"  {name.replace('_', ' ')}: {told}")
    head = opened.head
    if head is not None:
        typer.echo(f"  in the log: of {head.size} certificates at {_moment(head.time)}")
    if taken_back is not None:
        typer.echo(f"  revoked: {plain(taken_back)}")


def _give(data: bytes, output: Path | None) -> None:
    if output is None:
        typer.get_binary_stream("stdout").write(data)
    else:
        output.write_bytes(data)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="give a file") from None


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises:
        ConfigError: if it cannot be read, or is not UTF-8.
    """
    try:
        return _read(path).decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8", mend="save the file as UTF-8") from None


def _plain(value: Any) -> Any:  # noqa: ANN401 (any CBOR value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _base64(data: bytes) -> str:
    from upright.certify.certificate import base64url

    return base64url(data)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
