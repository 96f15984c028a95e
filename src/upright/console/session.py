"""Who is looking: signed cookies, and links that open the console once."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Final

from upright.console.seal import Seal
from upright.keys import KeyFileError, make_private_folder, read_private, write_private

COOKIE: Final = "upright_session"
LIFETIME_SECONDS: Final = 12 * 3600
LINK_SECONDS: Final = 15 * 60

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's visit.

    Attributes:
        nonce: random, new at each sign-in, so that a planted cookie is worth nothing.
        expires: seconds since the epoch.
        key_id: the API key signed in with; "" before that.
    """

    nonce: str
    expires: int
    key_id: str = ""

    @classmethod
    def start(cls, key_id: str = "", *, now: float) -> Session:
        """Begin a visit, signed in with a key or not yet."""
        return cls(secrets.token_urlsafe(18), int(now) + LIFETIME_SECONDS, key_id)


class Sessions:
    """Turns sessions into cookies and back, and gives each its form token.

    Args:
        seal: signs the cookies.
        clock: seconds since the epoch.
    """

    def __init__(self, seal: Seal, *, clock: Clock = time) -> None:
        self._seal = seal
        self.clock = clock

    def cookie(self, session: Session) -> str:
        """Return the cookie's value."""
        return self._seal.close("session", [session.nonce, session.expires, session.key_id])

    def read(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie, or None when it is forged, malformed or over."""
        value = self._seal.open("session", cookie) if cookie else None
        if value is None:
            return None
        session = Session(*value)
        return session if session.expires > self.clock() else None

    def form_token(self, session: Session) -> str:
        """Return what every form of this session must carry."""
        return self._seal.stamp("form", session.nonce.encode()).hex()

    def form_token_fits(self, session: Session, given: str) -> bool:
        """Tell whether a form came from a page of this session."""
        return secrets.compare_digest(self.form_token(session).encode(), given.encode())


class Links:
    """Links that sign one browser in, once, soon.

    A link is a file named after the token's digest: removing a file succeeds for exactly one
    process, so a link works once over all replicas that share the folder.

    Args:
        folder: made with mode 700 when the first link is.
        clock: seconds since the epoch.
    """

    def __init__(self, folder: Path, *, clock: Clock = time) -> None:
        self._folder = folder
        self._clock = clock

    def mint(self, key_id: str) -> str:
        """Return a token that signs in with the key `key_id`; sweeps links that are over.

        Raises:
            KeyFileError: if the link cannot be written.
        """
        make_private_folder(self._folder)
        for path in self._folder.glob("*.link"):
            self._claim(path, only_expired=True)
        token = secrets.token_urlsafe(24)
        content = {"key": key_id, "expires": self._clock() + LINK_SECONDS}
        write_private(self._path(token), json.dumps(content).encode())
        return token

    def redeem(self, token: str) -> str | None:
        """Return the key id of a token and end the token; None where there is nothing left."""
        return self._claim(self._path(token))

    def _path(self, token: str) -> Path:
        name = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / f"{name}.link"

    def _claim(self, path: Path, *, only_expired: bool = False) -> str | None:
        try:
            content = json.loads(read_private(path))
            live = content["expires"] > self._clock()
            if only_expired and live:
                return None
            path.unlink()
        except (KeyFileError, FileNotFoundError):
            return None
        except (ValueError, KeyError, TypeError):
            # Not a link of ours: it opens nothing.
            path.unlink(missing_ok=True)
            return None
        return str(content["key"]) if live else None


def console_secret(home: Path) -> bytes:
    """Return the secret behind cookies and form tokens, `home/console.key`; made when missing.

    Replicas that share the state folder share it, so a browser may meet any of them.

    Raises:
        KeyFileError: if it cannot be read or made, or others may read it.
    """
    path = make_private_folder(home) / "console.key"
    if not path.exists():
        write_private(path, secrets.token_bytes(32))
    return read_private(path)
