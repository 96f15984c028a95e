"""Who gets in, for how long, and what a form must carry."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from upright.console import one_time_link, site
from upright.console.session import COOKIE, LIFETIME_SECONDS, Links

PAGES = [path for method, path, _ in site._SIGNED_IN if method == "GET" and "{" not in path]
FORMS = [path for method, path, _ in site._SIGNED_IN if method == "POST" and "{" not in path]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sends_a_stranger_to_sign_in(stranger, path):
    response = stranger.client.get(f"/console{path}", follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"] == "/console/sign-in"


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_a_stranger_does_nothing(stranger, gateway, path):
    before = gateway.ledger.count()
    response = stranger.client.post(
        f"/console{path}", data={"form_token": "x", "sure": "yes"}, follow_redirects=False
    )
    assert response.status_code == 303
    assert response.headers["location"] == "/console/sign-in"
    assert gateway.ledger.count() == before


def test_a_key_opens_the_console(stranger, gateway):
    response = stranger.sign_in(gateway.secret)
    assert response.url.path == "/console/next-word"
    assert "local" in stranger.page


@pytest.mark.parametrize("secret", ["", "upr_wrong", "x" * 2000, "upr_" + "A" * 43, "\udcff" * 3])
def test_an_unknown_key_opens_nothing(stranger, secret):
    stranger.get("/sign-in")
    raw = secret.encode("utf-8", "replace").decode()
    stranger.post("/sign-in", {"key": raw}, status=401)
    assert "unknown or was revoked" in stranger.page
    assert stranger.client.get("/console/chat", follow_redirects=False).status_code == 303


def test_a_revoked_key_opens_nothing(stranger, gateway):
    key, secret = gateway.ledger.api_keys.create("temporary", "order-support")
    gateway.ledger.api_keys.revoke(key.id)
    stranger.sign_in(secret, status=401)


def test_a_key_of_a_use_that_is_not_served_opens_nothing(stranger, gateway):
    _, secret = gateway.ledger.api_keys.create("other", "another-use")
    stranger.sign_in(secret, status=401)
    assert "another-use" in stranger.page


def test_a_session_ends_when_its_key_is_revoked(new_browser, gateway):
    key, secret = gateway.ledger.api_keys.create("clerk", "order-support")
    one = new_browser()
    one.sign_in(secret)
    one.get("/chat")
    gateway.ledger.api_keys.revoke(key.id)
    assert one.client.get("/console/chat", follow_redirects=False).status_code == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(stranger, gateway):
    stranger.get("/sign-in")
    response = stranger.client.post(
        "/console/sign-in",
        data={"form_token": stranger.token, "key": gateway.secret},
        follow_redirects=False,
    )
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/console" in cookie
    assert "secure" not in cookie.replace("samesite", "")


def test_the_cookie_is_secure_under_https(new_browser):
    one = new_browser(base_url="https://testserver")
    response = one.get("/sign-in")
    assert "; secure" in response.headers["set-cookie"].lower()


def test_signing_in_changes_the_session(stranger, gateway, new_browser):
    stranger.get("/sign-in")
    planted = stranger.client.cookies[COOKIE]
    stranger.sign_in(gateway.secret)
    assert stranger.client.cookies[COOKIE] != planted
    headers = {"cookie": f"{COOKIE}={planted}"}
    response = new_browser().client.get("/console/chat", headers=headers, follow_redirects=False)
    assert response.status_code == 303


def test_a_forged_cookie_is_no_session(new_browser, browser):
    good = browser.client.cookies[COOKIE]
    body, _, stamp = good.partition(".")
    for forged in (f"{body}x.{stamp}", f"{body}.{stamp[:-2]}AA", body, "", "..", "é"):
        headers = {"cookie": f"{COOKIE}={forged}".encode()}
        response = new_browser().client.get(
            "/console/chat", headers=headers, follow_redirects=False
        )
        assert response.status_code == 303, forged


def test_signing_out_ends_the_session_in_this_browser(browser):
    browser.post("/sign-out")
    assert browser.client.get("/console/chat", follow_redirects=False).status_code == 303


def test_whoever_is_signed_in_needs_no_form(browser):
    assert browser.get("/sign-in").url.path == "/console/next-word"


def _enter(browser, link, status=200):
    path = link.partition("/console")[2]
    return browser.get(path, status=status)


def test_a_one_time_link_opens_the_console_once(gateway, new_browser):
    link = one_time_link(gateway.state, "http://127.0.0.1:8787/")
    assert re.fullmatch(r"http://127\.0\.0\.1:8787/console/enter/[\w-]{32}", link)
    first, second = new_browser(), new_browser()
    response = _enter(first, link)
    assert response.headers["refresh"] == "0; url=/console/"
    first.get("/chat")
    _enter(second, link, status=403)
    assert "used already" in second.page
    assert second.client.get("/console/chat", follow_redirects=False).status_code == 303


def test_a_link_asked_for_by_head_is_not_used_up(gateway, new_browser):
    link = one_time_link(gateway.state, "http://127.0.0.1:1")
    path = link.partition("/console")[2]
    one = new_browser()
    assert one.client.head(f"/console{path}").status_code == 405
    _enter(one, link)


def test_a_link_of_a_revoked_key_opens_nothing(gateway, new_browser):
    link = one_time_link(gateway.state, "http://127.0.0.1:1")
    local = gateway.ledger.api_keys.find(gateway.secret)
    gateway.ledger.api_keys.revoke(local.id)
    _enter(new_browser(), link, status=403)


def test_a_link_is_over_after_a_quarter_of_an_hour(tmp_path):
    now = [1000.0]
    links = Links(tmp_path / "links", clock=lambda: now[0])
    early, late = links.mint("key"), links.mint("key")
    now[0] += 15 * 60 - 1
    assert links.redeem(early) == "key"
    now[0] += 1
    assert links.redeem(late) is None
    assert list((tmp_path / "links").iterdir()) == []


def test_old_links_are_swept_when_a_new_one_is_made(tmp_path):
    now = [0.0]
    links = Links(tmp_path / "links", clock=lambda: now[0])
    links.mint("key")
    now[0] = 10_000.0
    links.mint("key")
    assert len(list((tmp_path / "links").iterdir())) == 1


def test_of_many_browsers_with_one_link_exactly_one_gets_in(tmp_path):
    for _ in range(20):
        links = Links(tmp_path / "links")
        token = links.mint("key")
        with ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda _, t=token: Links(tmp_path / "links").redeem(t), range(8)))
        assert sorted(got, key=str) == [None] * 7 + ["key"]


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "a" * 4000, "\ud800", "\x00"])
def test_a_made_up_link_opens_nothing(tmp_path, token):
    links = Links(tmp_path / "links")
    links.mint("key")
    assert links.redeem(token) is None
    assert len(list((tmp_path / "links").iterdir())) == 1


def test_a_file_that_is_no_link_opens_nothing(tmp_path):
    links = Links(tmp_path)
    path = links._path("token")
    path.write_text('["key"]')
    path.chmod(0o600)
    assert links.redeem("token") is None
    assert not path.exists()


def test_the_secret_and_the_links_are_for_their_owner_only(gateway):
    one_time_link(gateway.state, "http://127.0.0.1:1")
    home = gateway.ledger.home
    assert (home / "console.key").stat().st_mode & 0o777 == 0o600
    assert (home / "console-links").stat().st_mode & 0o777 == 0o700
    for path in (home / "console-links").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_session_lasts_half_a_day(gateway, browser, monkeypatch):
    browser.get("/chat")
    later = time.time() + LIFETIME_SECONDS + 5
    monkeypatch.setattr(_sessions_of(gateway), "clock", lambda: later)
    assert browser.client.get("/console/chat", follow_redirects=False).status_code == 303


def _sessions_of(gateway):
    """Return the Sessions object behind the mounted console's endpoints."""
    mount = gateway.app.router.routes[-1]
    route = next(route for route in mount.app.routes if getattr(route, "path", "") == "/chat")
    cells = dict(
        zip(
            route.endpoint.__code__.co_freevars,
            (cell.cell_contents for cell in route.endpoint.__closure__),
            strict=True,
        )
    )
    return cells["desk"].sessions


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_every_form_needs_its_token(browser, gateway, path, token):
    before = gateway.ledger.count()
    browser.get("/chat")
    fields = {"sure": "yes", "reason": "r", "version": "1", "text": "a", "message": "m"}
    browser.post(path, fields, status=403, token=token)
    assert "does not belong to your session" in browser.page
    assert gateway.ledger.count() == before


def test_a_token_of_another_session_is_refused(browser, new_browser, gateway):
    other = new_browser()
    other.sign_in(gateway.secret)
    browser.get("/use-case/stop")
    browser.post("/use-case/stop", {"reason": "r", "sure": "yes"}, status=403, token=other.token)
    assert not gateway.ledger.uses.state("order-support").stopped


def test_signing_in_needs_a_token_too(stranger, gateway):
    stranger.get("/sign-in")
    stranger.post("/sign-in", {"key": gateway.secret}, status=403, token="1" * 64)


def test_only_forms_are_read(browser):
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        headers = {"content-type": kind}
        response = browser.client.post("/console/chat", content=b"message=hi", headers=headers)
        assert response.status_code == 415


def test_a_huge_form_is_refused_while_it_is_read(browser):
    def body():
        for _ in range(10_000):
            yield b"x" * 10_000

    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = browser.client.post("/console/chat", content=body(), headers=headers)
    assert response.status_code == 413
    assert "longer than 512,000 bytes" in response.text


@pytest.mark.parametrize("body", [b"message=%ff%fe", b"message=\xff", b"a=1&" * 60])
def test_a_form_that_cannot_be_read_says_so(browser, body):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = browser.client.post("/console/chat", content=body, headers=headers)
    assert response.status_code == 400
    assert "could not be read" in response.text
