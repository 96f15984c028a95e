"""One request, with everything a page needs to answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upright.console.errors import PageError

if TYPE_CHECKING:
    from starlette.requests import Request

    from upright.answer import Answerer
    from upright.console.seal import Seal
    from upright.console.session import Links, Session, Sessions
    from upright.ledger import ApiKey
    from upright.policy import Policy
    from upright.serve.state import GatewayState


@dataclass(frozen=True, slots=True)
class Desk:
    """What all visits share.

    Attributes:
        state: the gateway's parts.
        seal: signs what travels through browsers.
        sessions: cookies and form tokens.
        links: one-time links.
        memory: what this process remembers between pages, by name.
    """

    state: GatewayState
    seal: Seal
    sessions: Sessions
    links: Links
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to the console.

    Attributes:
        desk: what all visits share.
        request: the request.
        session: of the browser; signed in or not.
        key: the API key signed in with, or None.
        form: the posted fields; empty for a page that is only read.
    """

    desk: Desk
    request: Request
    session: Session
    key: ApiKey | None
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> GatewayState:
        """The gateway's parts."""
        return self.desk.state

    @property
    def visitor(self) -> ApiKey:
        """The key signed in with.

        Raises:
            PageError: 401 before sign-in.
        """
        if self.key is None:
            raise PageError("This page is for those who signed in.", status=401)
        return self.key

    @property
    def use_case(self) -> str:
        """The use that the visitor's key reaches."""
        return self.visitor.use_case

    @property
    def answerer(self) -> Answerer:
        """The pipeline of the visitor's use, for a look; work takes a lease."""
        return self.state.uses.answerer(self.use_case)

    @property
    def policy(self) -> Policy:
        """The policy of the visitor's use."""
        return self.answerer.policy

    @property
    def by(self) -> str:
        """Who acts, for the ledger: the key's name and id."""
        return f"{self.visitor.name} ({self.visitor.id})"

    @property
    def query(self) -> Mapping[str, str]:
        """The fields of the address."""
        return self.request.query_params

    @property
    def path(self) -> Mapping[str, str]:
        """The parameters in the address's path."""
        return self.request.path_params


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be rendered inside the frame.

    Attributes:
        template: its file.
        values: what it shows.
        here: the path of the tab it belongs to.
        status: of the response.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    here: str = ""
    status: int = 200
