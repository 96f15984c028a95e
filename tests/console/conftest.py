"""A gateway with its real ledger and pipeline, a scripted engine, and a browser that audits."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from upright.console import mount
from upright.generate import Candidate, NextToken, Piece, TokenLogprob
from upright.guard import Guard
from upright.serve.state import GatewayState, Settings
from upright.serve.uses import Uses

POLICY = """
schema = 1

[use_case]
name = "order-support"
purpose = "Answers questions about orders <b>& parcels</b>."

[generation]
temperature = 0.8
max_tokens = 64

[guard]
notice = "[withheld here]"
review_notice = "[waits for a person]"

[[guard.rule]]
detect = ["pii.email"]
at = ["prompt", "output"]
action = "redact"

[[guard.rule]]
detect = ["custom.code"]
at = ["prompt", "output"]
action = "pseudonymise"

[[guard.rule]]
detect = ["custom.bad"]
at = ["prompt", "output"]
action = "block"

[[guard.rule]]
detect = ["custom.note"]
at = ["prompt", "output"]
action = "flag"

[[guard.rule]]
detect = ["custom.wait"]
at = ["output"]
action = "review"

[[guard.pattern]]
rule = "custom.bad"
pattern = "BLOCKME"

[[guard.pattern]]
rule = "custom.note"
pattern = "NOTEWORTHY"
hazard = "threat"
explanation = "An <i>invented</i> reason & more."

[[guard.pattern]]
rule = "custom.wait"
pattern = "WAITFOR"

[[guard.pattern]]
rule = "custom.code"
pattern = "XK-[0-9]{4}"

[disclosure]
text = "Written with AI. Facts may be wrong."
"""

WORDS = (" dragon", " king", " storm", " <b>", "\n")


class ScriptedEngine:
    """Gives fixed answers and a fixed distribution."""

    name = "scripted-model"
    digest = "sha256:" + "5" * 64

    def __init__(self) -> None:
        self.reply = "All is well."
        self.chunks = 3
        self.jobs = []
        self.ends = False
        self.closed = False

    async def stream(self, job):
        self.jobs.append(job)
        for choice in range(job.choices):
            text = f"{self.reply}"
            if job.prompt is not None:
                text = f" Story {job.sampling.seed}: {self.reply}"
            for start in range(0, len(text), self.chunks):
                yield Piece(choice, text=text[start : start + self.chunks], completion_tokens=1)
            yield Piece(choice, finish_reason="stop", prompt_tokens=7)

    async def next_token(self, prompt, sampling, *, limit=50):
        shares = (0.5, 0.25, 0.15, 0.07, 0.03)
        if self.ends:
            return NextToken((Candidate(0, "", 1.0),), covered=1.0, entropy=0.0)
        rows = tuple(
            Candidate(number, word, share)
            for number, (word, share) in enumerate(zip(WORDS, shares, strict=True))
        )
        return NextToken(rows[:limit], covered=0.97, entropy=1.3)

    async def score(self, text):
        return [TokenLogprob(text, -1.0)]

    async def aclose(self):
        self.closed = True


class TextEngine(ScriptedEngine):
    """An engine that cannot give distributions."""

    name = "text-only"
    next_token = None
    score = None

    def __new__(cls):
        return object.__new__(cls)


class InProcessPool:
    """Scans in this process, with a GuardPool's face."""

    def __init__(self, policy, workers=1):
        self._guard = Guard.from_policy(policy)
        self.rulebook = self._guard.rulebook
        self.digest = self._guard.digest
        self.guard = self._guard
        self.decide = self._guard.decide
        self.check = self._guard.check
        self.stream = self._guard.stream

    def submit(self, records, stage, *, partial=False, skip=frozenset()):
        future = Future()
        future.set_result(self._guard.scan(records, stage, partial=partial, skip=skip))
        return future

    def close(self):
        """Hold nothing."""


class Markup(HTMLParser):
    """Collects what a page is made of, to see whether anybody's text became markup."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.problems, self._open, self.text = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._open.append(tag)
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.problems.append(f"<{tag} {name}>")
            if name in {"href", "src", "action"} and not re.match(r"/console|#|$", value or ""):
                self.problems.append(f"<{tag} {name}={value!r}>")
        if tag == "script" and dict(attributes).get("src") not in {
            "/console/static/htmx.min.js",
            "/console/static/console.js",
            "/console/static/thresholds.js",
        }:
            self.problems.append("a script that is not ours")
        if tag in {"img", "iframe", "object", "embed", "base", "b", "i", "style"}:
            self.problems.append(f"<{tag}>")

    def handle_data(self, data):
        self.text.append(data)


class Browser:
    """A browser without JavaScript. Every page it gets is looked through."""

    def __init__(self, client):
        self.client = client
        self.token = ""
        self.page = ""

    def get(self, path, *, status=200):
        return self._got(self.client.get(f"/console{path}"), status)

    def post(self, path, fields=(), *, status=200, token=None):
        form = {"form_token": self.token if token is None else token, **dict(fields)}
        response = self.client.post(
            f"/console{path}",
            content=urlencode(form),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        return self._got(response, status)

    def sign_in(self, secret, *, status=200):
        self.get("/sign-in")
        return self.post("/sign-in", {"key": secret}, status=status)

    def hidden(self, name):
        """Return the value of a hidden field of the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        assert found, f"the page has no field {name}"
        return found[1]

    def _got(self, response, status):
        assert response.status_code == status, f"{response.status_code}: {response.text[:2000]}"
        policy = response.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        self.page = response.text
        if response.headers["content-type"].startswith("text/html"):
            markup = Markup(self.page)
            assert not markup.problems, markup.problems
            found = re.search(r'name="form_token" value="([^"]+)"', self.page)
            self.token = found[1] if found else self.token
        return response


@pytest.fixture
def engine():
    return ScriptedEngine()


@pytest.fixture
def text_engine():
    return TextEngine()


@pytest.fixture
def policy_text():
    return POLICY


@pytest.fixture
def running(tmp_path, engine) -> Callable:
    """Start a gateway with the console; returns its parts. All are ended with the test."""
    clients, states = [], []

    def start(*policies, open_engine=lambda _: engine, home=tmp_path):
        texts = tuple(policies or (POLICY,))

        def uses(ledger, writer, *, workers):
            return Uses(
                ledger, writer, workers=workers, open_engine=open_engine, open_pool=InProcessPool
            )

        state = GatewayState.open(Settings(texts, home=home, published_by="a test"), uses=uses)
        ledger = state.ledger
        app = Starlette(lifespan=_lifespan(state))
        mount(app, state)
        client = TestClient(app, raise_server_exceptions=True)
        client.__enter__()
        clients.append(client)
        states.append(state)
        _, secret = ledger.api_keys.ensure_local("order-support")
        return SimpleNamespace(
            state=state, ledger=ledger, client=client, secret=secret, app=app, engine=engine
        )

    yield start
    for client in clients:
        client.__exit__(None, None, None)


def _lifespan(state):
    from contextlib import asynccontextmanager  # noqa: PLC0415 (beside its only use)

    @asynccontextmanager
    async def lifespan(_):
        await state.start()
        yield
        await state.close()

    return lifespan


@pytest.fixture
def gateway(running):
    return running()


@pytest.fixture
def browser(gateway):
    """A browser that has signed in."""
    one = Browser(gateway.client)
    one.sign_in(gateway.secret)
    return one


@pytest.fixture
def open_browser(running):
    """Start a gateway with policies of one's own and sign in; its parts are `browser.gateway`."""

    def make(*policies, **options):
        gateway = running(*policies, **options)
        one = Browser(gateway.client)
        one.gateway = gateway
        one.sign_in(gateway.secret)
        return one

    return make


@pytest.fixture
def stranger(gateway):
    """A browser that has not."""
    return Browser(gateway.client)


@pytest.fixture
def new_browser(gateway):
    """Make further browsers on the same gateway, with cookies of their own."""

    def make(**options):
        client = TestClient(gateway.app, **options)
        return Browser(client)

    return make


@pytest.fixture
def markup():
    return Markup


@pytest.fixture
def gateway_browser():
    """Make a browser with cookies of its own on a given gateway."""
    return lambda gateway: Browser(TestClient(gateway.app))
