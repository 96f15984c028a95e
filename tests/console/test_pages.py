"""What holds for every page: headers, escaping, addresses that lead nowhere."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from upright.answer import UseStoppedError
from upright.console.endpoint import as_problem, error_page
from upright.console.errors import PageError
from upright.console.words import (
    KINDS,
    deed,
    ellipsis,
    hazard_title,
    moment,
    percent,
    spelled,
    tone,
)
from upright.generate import EngineError
from upright.ledger import ConflictError, LedgerError, NotFoundError
from upright.serve.errors import refused
from upright.terms import HAZARDS, Action, UprightError

PAGES = ("/next-word", "/chat", "/review", "/appeal", "/ledger", "/use-case", "/use-case/stop")
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{% raw %}\u202e"


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/nowhere", "/enter/x"])
def test_every_page_carries_the_headers_that_keep_it_closed(browser, path):
    response = browser.client.get(f"/console{path}")
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_heading_a_title_and_its_tab_marked(browser, markup, path):
    browser.get(path)
    assert markup(browser.page).tags.count("h1") == 1
    assert re.search(r"<title>[^<]+ · upright</title>", browser.page)
    assert browser.page.count('aria-current="page"') == 1
    assert '<html lang="en">' in browser.page


def test_hostile_text_in_every_field_stays_text(browser, gateway):
    """Each response is parsed by the browser fixture, which fails on any foreign markup."""
    browser.get("/next-word")
    for do in ("look", "draw", "stories"):
        browser.post("/next-word", {"text": HOSTILE, "seed": "3", "count": "2", "do": do})
    browser.post("/next-word", {"text": HOSTILE, "seed": HOSTILE, "do": HOSTILE, "trail": HOSTILE})
    gateway.engine.reply = f"{HOSTILE} NOTEWORTHY {HOSTILE}"
    browser.get("/chat")
    browser.post("/chat", {"message": f"{HOSTILE} ann@x.example.org", "transcript": ""})
    browser.post("/chat", {"message": HOSTILE, "transcript": HOSTILE})
    browser.get("/appeal?id=" + "%22%3E%3Cscript%3E")
    browser.post("/appeal", {"id": HOSTILE, "reason": HOSTILE, "text": HOSTILE}, status=400)
    browser.get("/ledger?kind=%22%3E%3Cscript%3E&request=%22%3E%3Cscript%3E")
    browser.get("/ledger?before=%3Cscript%3E", status=400)
    browser.get("/use-case/stop")
    browser.post("/use-case/stop", {"reason": HOSTILE, "sure": "yes"})
    browser.get("/use-case/resume")
    browser.get("/%3Cscript%3Ealert(1)%3C/script%3E", status=404)
    assert "49" not in browser.page.partition("<main")[2].partition("</main>")[0]


def test_a_hostile_key_name_stays_text(gateway, new_browser):
    _, secret = gateway.ledger.api_keys.create(HOSTILE, "order-support")
    one = new_browser()
    one.sign_in(secret)
    one.get("/use-case/stop")
    one.post("/use-case/stop", {"reason": "x", "sure": "yes"})
    one.get("/ledger")
    assert "&lt;script&gt;" in one.page


def test_a_text_that_has_no_utf8_form_is_shown(browser, gateway):
    gateway.ledger.reviews.open(
        "order-support", "ans_1", kind="review", text="broken \ud800 half", findings=[]
    )
    (item,) = gateway.ledger.reviews.list()
    browser.get(f"/review/{item.id}")
    assert "broken ? half" in browser.page


@pytest.mark.parametrize("path", ["/nowhere", "/chat/x", "/ledger/x", "/static/none.css"])
def test_an_address_that_leads_nowhere_says_so(browser, path):
    browser.get(path, status=404)
    assert "There is no such page" in browser.page


def test_a_method_that_is_not_taken_says_so(browser):
    response = browser.client.delete("/console/chat")
    assert response.status_code == 405
    assert "does not take that" in response.text


def test_a_stranger_sees_the_404_without_the_tabs(stranger):
    stranger.get("/nowhere", status=404)
    assert "Ledger" not in stranger.page


@pytest.mark.parametrize("path", ["/", "/console"])
def test_the_root_and_the_bare_name_lead_to_the_console(browser, path):
    response = browser.client.get(path, follow_redirects=False)
    assert response.headers["location"] == "/console/"


@pytest.mark.parametrize("path", ["../site.py", "..%2fsite.py", "%2e%2e/templates/base.html"])
def test_static_files_end_at_their_folder(browser, path):
    assert browser.client.get(f"/console/static/{path}").status_code == 404


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("base.css", "text/css"),
        ("htmx.min.js", "javascript"),
        ("console.js", "javascript"),
        ("favicon.svg", "image/svg+xml"),
    ],
)
def test_static_files_are_served_with_their_kind(browser, name, kind):
    response = browser.client.get(f"/console/static/{name}")
    assert response.status_code == 200
    assert kind in response.headers["content-type"]
    assert response.headers["x-content-type-options"] == "nosniff"


def test_htmx_is_told_to_evaluate_nothing(browser):
    browser.get("/chat")
    raw = re.search(r"<meta name=\"htmx-config\" content='([^']+)'>", browser.page)[1]
    config = json.loads(raw)
    assert config["allowEval"] is False
    assert config["allowScriptTags"] is False
    assert config["includeIndicatorStyles"] is False
    assert config["historyEnabled"] is False


def test_the_vendored_script_is_the_released_one_with_its_licence():
    import hashlib  # noqa: PLC0415 (only here)

    static = files("upright.console").joinpath("static")
    digest = hashlib.sha256(static.joinpath("htmx.min.js").read_bytes()).hexdigest()
    assert digest == "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de"
    assert "Zero-Clause BSD" in static.joinpath("htmx.LICENSE").read_text()


def test_no_template_has_inline_script_or_style():
    for template in files("upright.console").joinpath("templates").iterdir():
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), template.name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), template.name
        assert "|safe" not in text.replace(" ", ""), template.name


def test_every_action_and_hazard_has_its_word_and_colour():
    style = files("upright.console").joinpath("static", "pages.css").read_text()
    frame = files("upright.console").joinpath("static", "frame.css").read_text()
    for action in Action:
        assert deed(action.value) != action.value
        assert f".badge-{action.value}" in frame
    for key in HAZARDS:
        assert hazard_title(key) == HAZARDS[key].title
        assert f".tone-{tone(key)} " in style


def test_a_uses_own_rules_go_by_their_names():
    assert hazard_title("custom", "custom.house_style") == "Pattern: house style"
    assert hazard_title("denied_topic", "topic.medicine") == "Topic: medicine"
    assert hazard_title("unheard_of") == "unheard_of"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0 %"), (0.0004, "< 0.1 %"), (0.0005, "0.1 %"), (0.1234, "12.3 %"), (1.0, "100.0 %")],
)
def test_shares_are_said_with_the_digits_that_matter(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2026-11-23T17:05:09.123456Z", "2026-11-23 17:05:09 UTC"),
        ("2026-11-23T18:05:09+01:00", "2026-11-23 17:05:09 UTC"),
        ("yesterday", "yesterday"),
        ("", ""),
    ],
)
def test_times_are_said_in_utc(time, text):
    assert moment(time) == text


def test_long_ids_are_cut_for_tables():
    assert ellipsis("short") == "short"
    assert len(ellipsis("x" * 100)) == 18


@pytest.mark.parametrize(
    ("word", "shown"),
    [(" a b ", "␣a b␣"), ("\n", "↵"), ("a\nb", "a↵b"), ("\t", "⇥"), ("", ""), ("word", "word")],
)
def test_white_space_of_a_token_is_visible(word, shown):
    assert "".join(run.text for run in spelled(word)) == shown


def test_every_kind_of_record_can_be_filtered_for(browser):
    browser.get("/ledger")
    for kind in KINDS:
        assert f">{kind}</option>" in browser.page


def test_errors_meant_for_users_keep_their_words():
    error = UprightError("the file is gone", mend="bring it back")
    assert as_problem(error) is error
    page = error_page(error)
    assert page.status == 400
    assert page.values["mend"] == "bring it back"


def test_errors_of_the_gateway_keep_their_status():
    page = error_page(refused(503, "overloaded", "too many requests wait; try again"))
    assert page.status == 503
    assert page.values["problem"] == "too many requests wait; try again."


def test_errors_nobody_foresaw_tell_only_that_they_happened(caplog):
    page = error_page(ValueError("somebody's private words"))
    assert page.status == 500
    assert "private words" not in str(page.values)
    assert "private words" not in caplog.text
    assert "console_failed" in caplog.text


def test_a_page_error_has_the_status_it_was_given():
    assert error_page(PageError("no", status=409)).status == 409


def test_a_part_of_a_page_is_never_replaced_by_the_sign_in_page(stranger):
    headers = {"hx-request": "true"}
    response = stranger.client.post("/console/next-word", headers=headers, follow_redirects=False)
    assert response.status_code == 200
    assert response.headers["hx-redirect"] == "/console/sign-in"
    assert response.text == ""


def test_an_error_page_replaces_the_whole_page(browser):
    response = browser.client.post(
        "/console/next-word", data={"form_token": "x"}, headers={"hx-request": "true"}
    )
    assert response.status_code == 403
    assert response.headers["hx-retarget"] == "#main"
    assert response.headers["hx-reselect"] == "#main"


def test_a_ledger_that_is_away_is_a_page_that_tells_strangers_nothing(
    browser, new_browser, gateway, monkeypatch
):
    def away(*_, **__):
        raise LedgerError("sqlite:////srv/private/place: disk I/O error")

    stranger = new_browser()
    stranger.get("/sign-in")
    monkeypatch.setattr(gateway.ledger.api_keys, "find", away)
    stranger.post("/sign-in", {"key": gateway.secret}, status=503)
    assert "private" not in stranger.page
    assert "cannot answer now" in stranger.page
    monkeypatch.setattr(gateway.ledger.api_keys, "list", away)
    browser.get("/chat", status=503)
    assert "private" not in browser.page


def test_a_page_whose_records_are_away_says_why_to_whoever_signed_in(browser, gateway, monkeypatch):
    def away(*_, **__):
        raise LedgerError("the database is locked", mend="end the other process")

    monkeypatch.setattr(gateway.ledger, "verify", away)
    browser.get("/ledger")
    browser.post("/ledger/verify", status=503)
    assert "The database is locked" in browser.page
    assert "End the other process" in browser.page


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("no"), 404),
        (ConflictError("no"), 409),
        (LedgerError("no"), 503),
        (UseStoppedError("use", "why"), 503),
        (EngineError("no", kind="timeout"), 503),
        (UprightError("no"), 400),
    ],
)
def test_each_kind_of_error_has_its_status(error, status):
    assert error_page(error).status == status
