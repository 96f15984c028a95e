"""The console in a real browser: keyboard, screen reader rules, with scripts and without."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading

import pytest
import uvicorn
from tests.console.conftest import InProcessPool, ScriptedEngine

from upright.console import mount, one_time_link
from upright.generate import Piece
from upright.ledger import Event
from upright.serve.app import build_app
from upright.serve.state import GatewayState, Settings
from upright.serve.uses import Uses

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000
PAGES = (
    "/next-word",
    "/chat",
    "/verify",
    "/review",
    "/review/{item}",
    "/appeal",
    "/thresholds",
    "/ledger",
    "/ledger/1",
    "/use-case",
    "/use-case/versions/1",
    "/use-case/stop",
    "/nowhere",
)


class PatientEngine(ScriptedEngine):
    """Writes its first words and waits until it is told to go on."""

    name = "patient-model"

    def __init__(self):
        super().__init__()
        self.go_on = threading.Event()
        self.go_on.set()

    async def stream(self, job):
        self.jobs.append(job)
        yield Piece(text="The first words, ")
        await asyncio.to_thread(self.go_on.wait)
        yield Piece(text=self.reply)
        yield Piece(finish_reason="stop")


class Site:
    """A gateway with the console on a free port, in a thread."""

    def __init__(self, home, policy, *, engine=None):
        self.engine = engine or PatientEngine()

        def uses(ledger, writer, *, workers):
            return Uses(
                ledger,
                writer,
                workers=workers,
                open_engine=lambda _: self.engine,
                open_pool=InProcessPool,
            )

        self.state = GatewayState.open(Settings((policy,), home=home), uses=uses)
        self.ledger = self.state.ledger
        self.secret = self.state.local_key.read_text().strip()
        app = build_app(self.state)
        mount(app, self.state)
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self):
        self._thread.start()
        waited = threading.Event()
        while not self._server.started:
            assert self._thread.is_alive(), "the gateway did not start"
            waited.wait(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join(30)

    def fill(self):
        """Put something on every page, and return an item of the review queue."""
        item = self.ledger.reviews.open(
            "order-support",
            "ans_1",
            kind="review",
            text="A text that waits",
            findings=[
                {
                    "rule": "custom.wait",
                    "hazard": "custom",
                    "severity": 2,
                    "score": 1.0,
                    "start": 2,
                    "end": 6,
                    "explanation": "why",
                }
            ],
        )
        self.ledger.append(Event("error", "order-support", {"stage": "output"}))
        return item


@pytest.fixture(scope="module")
def chromium():
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path, policy_text):
    with Site(tmp_path, policy_text) as running:
        yield running
        running.engine.go_on.set()


@pytest.fixture
def open_page(chromium, site):
    """Open a page that is signed in; complaints of the browser fail the test."""
    contexts, complaints = [], []

    def make(*, signed_in=True, **options):
        context = chromium.new_context(**{"viewport": {"width": 1100, "height": 800}, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda said: _note(said, complaints))
        if signed_in:
            page.goto(one_time_link(site.state, site.url))
            page.wait_for_url("**/console/next-word")
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def _note(said, complaints):
    # A page that is not there is asked for on purpose.
    if said.type in {"error", "warning"} and "404" not in said.text:
        complaints.append(f"{said.type}: {said.text}")


def go(page, site, path):
    return page.goto(f"{site.url}/console{path}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_clean_by_axes_rules(open_page, site, scheme):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 (an extra of `dev`)

    item = site.fill()
    page = open_page(color_scheme=scheme)
    axe = Axe()
    faults = {}
    for path in PAGES:
        go(page, site, path.format(item=item))
        faults[path] = _faults(axe.run(page))
    go(page, site, "/next-word")
    page.click("#draw")
    page.locator(".trail li").first.wait_for()
    faults["/next-word drawn"] = _faults(axe.run(page))
    page.click("summary")
    page.click("#stories")
    page.locator("article").first.wait_for()
    faults["/next-word stories"] = _faults(axe.run(page))
    site.engine.reply = "write to bob@example.org, NOTEWORTHY, BLOCKME."
    say(page, site, "I am ann@example.org")
    faults["/chat answered"] = _faults(axe.run(page))
    site.ledger.uses.stop("order-support", "a test", by="someone")
    go(page, site, "/use-case")
    faults["/use-case stopped"] = _faults(axe.run(page))
    assert {path: found for path, found in faults.items() if found} == {}


def _faults(results):
    return [
        (rule["id"], node["target"], node.get("failureSummary", ""))
        for rule in results.response["violations"]
        for node in rule["nodes"]
    ]


def test_the_sign_in_page_is_clean_too(open_page, site):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 (an extra of `dev`)

    page = open_page(signed_in=False)
    go(page, site, "/sign-in")
    assert _faults(Axe().run(page)) == []


def say(page, site, message):
    if not page.url.endswith("/chat"):
        go(page, site, "/chat")
    before = page.locator(".turn-service .turn-foot").count()
    page.fill("#message", message)
    page.press("#message", "Enter")
    page.locator(".turn-service .turn-foot").nth(before).wait_for()


def test_a_one_time_link_leads_into_the_console(open_page, site):
    page = open_page()
    assert page.locator("h1").inner_text() == "Next word"
    cookies = page.context.cookies()
    assert [(one["httpOnly"], one["sameSite"]) for one in cookies] == [(True, "Strict")]


def test_the_keyboard_alone_signs_in_and_draws(open_page, site):
    page = open_page(signed_in=False)
    go(page, site, "/sign-in")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "key"
    page.keyboard.type(site.secret)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/next-word")
    page.focus("#text")
    page.keyboard.press("Tab")
    for drawn in range(3):
        assert page.evaluate("document.activeElement.id") == "draw"
        page.keyboard.press("Enter")
        page.locator(".trail li").nth(drawn).wait_for()
    page.locator("#draw:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "undo"
    page.keyboard.press("Enter")
    page.locator(".trail li").nth(2).wait_for(state="detached")


def test_what_has_the_focus_can_be_seen(open_page, site):
    page = open_page()
    for path in ("/next-word", "/ledger", "/use-case"):
        go(page, site, path)
        for _ in range(8):
            page.keyboard.press("Tab")
            outline = page.evaluate(
                "(() => { const s = getComputedStyle(document.activeElement);"
                " return [s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
            )
            assert outline[0] == "solid", outline
            assert outline[1] >= 2, outline


def test_an_answer_appears_while_it_is_written(open_page, site):
    page = open_page()
    site.engine.go_on.clear()
    site.engine.reply = "and the last."
    # A rule that holds whole answers would hold this one: the test's policy has a review rule.
    policy = site.state.policy
    assert any(rule.action == "review" for rule in policy.guard.rule)
    text = site.ledger.uses.active("order-support")[1]
    site.ledger.uses.publish(text.replace('action = "review"', 'action = "flag"'), by="a test")
    go(page, site, "/chat")
    page.fill("#message", "Tell me")
    page.click("text=Send")
    writing = page.locator(".is-writing")
    writing.get_by_text("The first words").wait_for()
    assert page.locator(".turn-foot").count() == 0
    site.engine.go_on.set()
    page.locator(".turn-service .turn-foot").wait_for()
    told = page.locator(".turn-service .voice").inner_text()
    assert told == "The first words, and the last."
    assert page.evaluate("document.activeElement.id") == "message"
    assert page.locator("#announcer").text_content() == told


# Keeps what every fetch of the page received.
_KEEP_BODIES = """
const real = window.fetch;
window.bodies = [];
window.fetch = async (...asked) => {
  const response = await real(...asked);
  window.bodies.push(response.clone().text());
  return response;
};
"""


def test_nothing_of_a_withheld_answer_reaches_the_browser(open_page, site):
    page = open_page()
    page.add_init_script(_KEEP_BODIES)
    site.engine.reply = "bob@example.org says BLOCKME and the rest"
    say(page, site, "Go on")
    bodies = page.evaluate("Promise.all(window.bodies).then((all) => all.join(' '))")
    assert "[withheld here]" in bodies
    assert "bob@" not in bodies
    assert "the rest" not in bodies


def test_leaving_the_page_cancels_the_answer(open_page, site):
    text = site.ledger.uses.active("order-support")[1]
    site.ledger.uses.publish(text.replace('action = "review"', 'action = "flag"'), by="a test")
    page = open_page()
    go(page, site, "/chat")
    site.engine.go_on.clear()
    page.fill("#message", "Tell me")
    page.click("text=Send")
    page.locator(".is-writing").get_by_text("The first words").wait_for()
    go(page, site, "/ledger")
    waited = threading.Event()
    for _ in range(600):
        # The first try met the old policy and was closed as superseded.
        reasons = [one.body["finish_reason"] for one in site.ledger.entries(kind="closed")]
        if len(reasons) > 1:
            break
        waited.wait(0.05)
    assert reasons == ["superseded", "cancelled"]


def test_hostile_words_run_nothing(open_page, site):
    """A dialog, an error or a blocked script would be a complaint of the browser."""
    page = open_page()
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    site.engine.reply = hostile
    say(page, site, hostile)
    assert page.locator(".voice img, .voice script").count() == 0
    assert hostile in page.locator(".turn-service .voice").inner_text()
    go(page, site, "/next-word")
    page.fill("#text", hostile)
    page.click("#draw")
    page.locator(".trail li").first.wait_for()
    assert page.locator("#board img, #board script").count() == 0


def test_a_conversation_has_several_turns(open_page, site):
    page = open_page()
    say(page, site, "One")
    say(page, site, "Two")
    assert page.locator(".turn-user").count() == 2
    assert page.locator(".turn-service").count() == 2
    roles = [one.role for one in site.engine.jobs[-1].messages]
    assert roles == ["user", "assistant", "user"]


def test_shift_enter_makes_a_new_line(open_page, site):
    page = open_page()
    go(page, site, "/chat")
    page.fill("#message", "one")
    page.press("#message", "End")
    page.press("#message", "Shift+Enter")
    page.keyboard.type("two")
    assert page.input_value("#message") == "one\ntwo"
    assert site.engine.jobs == []


def test_a_session_that_ended_leads_to_the_sign_in_page(open_page, site):
    page = open_page()
    site.ledger.api_keys.revoke(site.ledger.api_keys.find(site.secret).id)
    page.click("#draw")
    page.wait_for_url("**/console/sign-in")


def test_a_chat_whose_session_ended_shows_the_sign_in_page(open_page, site):
    page = open_page()
    go(page, site, "/chat")
    site.ledger.api_keys.revoke(site.ledger.api_keys.find(site.secret).id)
    page.fill("#message", "Hello")
    page.click("text=Send")
    page.get_by_role("heading", name="Sign in").wait_for()


def test_everything_works_without_scripts(open_page, site):
    page = open_page(java_script_enabled=False)
    page.click("text=Draw a word")
    assert page.locator(".trail li").count() == 1
    page.click("text=Undo")
    assert page.locator(".trail li").count() == 0
    page.click("summary")
    page.click("text=Draw whole stories")
    assert page.locator("article").count() == 3
    go(page, site, "/chat")
    page.fill("#message", "Hello")
    page.click("text=Send")
    assert page.locator(".turn-service .turn-foot").count() == 1
    page.fill("#message", "And now BLOCKME")
    page.click("text=Send")
    page.locator("text=Appeal this decision").last.click()
    page.fill("#reason", "It was harmless.")
    page.click("text=Send the appeal")
    page.fill("#reason", "It was indeed.")
    page.click("text=Release")
    assert "Your decision is recorded." in page.locator("main").inner_text()
    go(page, site, "/ledger")
    page.click("text=Check the chain now")
    assert page.get_by_role("heading", name="The chain is whole").count() == 1
    go(page, site, "/use-case")
    page.click("text=Stop this use")
    page.fill("#reason", "A test.")
    page.check("input[name=sure]")
    page.click("text=Stop now")
    assert "This use is stopped." in page.locator(".alarm").inner_text()
    page.click("text=Sign out")
    assert page.url.endswith("/console/sign-in")


def test_a_phone_needs_no_sideways_scrolling(open_page, site):
    item = site.fill()
    page = open_page(viewport={"width": 360, "height": 740})
    for path in PAGES:
        go(page, site, path.format(item=item))
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{path} is {width} wide"


def test_a_printed_page_has_its_content_and_no_controls(open_page, site):
    page = open_page(color_scheme="dark")
    go(page, site, "/use-case")
    page.emulate_media(media="print")
    assert not page.locator(".tabs").is_visible()
    assert not page.locator("text=Stop this use").is_visible()
    assert page.locator(".words").is_visible()
    colours = page.evaluate(
        "[getComputedStyle(document.documentElement).color,"
        " getComputedStyle(document.documentElement).backgroundColor]"
    )
    ink, paper = (sum(map(int, re.findall(r"\d+", one)[:3])) for one in colours)
    assert ink < 200
    assert paper > 600
