"""What travels through a browser comes back unaltered, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.console.seal import Seal
from upright.console.session import Session, Sessions, console_secret
from upright.keys import KeyFileError

SEAL = Seal(b"s" * 32)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(json_values)
def test_a_closed_value_opens_to_itself(value):
    token = SEAL.close("purpose", value)
    assert SEAL.open("purpose", token) == value
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@given(json_values, st.data())
def test_a_changed_token_does_not_open(value, data):
    token = SEAL.close("purpose", value)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.é ").filter(lambda c: c != token[at]))
    changed = token[:at] + other + token[at + 1 :]
    # The last character of base64 can hold unused bits: only a token that decodes to the same
    # bytes may still open, and then to the same value.
    assert SEAL.open("purpose", changed) in (None, value)
    if at < len(token) - 1 and token[at + 1] != "." and at != token.index(".") - 1:
        assert SEAL.open("purpose", changed) is None or value is None


def test_a_token_opens_for_its_purpose_only():
    token = SEAL.close("session", ["x"])
    assert SEAL.open("transcript", token) is None
    assert Seal(b"t" * 32).open("session", token) is None


def test_purposes_do_not_run_into_each_other():
    assert SEAL.stamp("ab", b"c") != SEAL.stamp("a", b"bc")


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "é.é", "=.=", "A" * 100_000, "\ud800.x"])
def test_rubbish_does_not_open(token):
    assert SEAL.open("purpose", token) is None


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(b"short")


def test_a_session_ends_on_time():
    now = [100.0]
    sessions = Sessions(SEAL, clock=lambda: now[0])
    session = Session.start("key", now=now[0])
    cookie = sessions.cookie(session)
    assert sessions.read(cookie) == session
    now[0] = session.expires - 0.001
    assert sessions.read(cookie) == session
    now[0] = float(session.expires)
    assert sessions.read(cookie) is None


def test_no_cookie_is_no_session():
    assert Sessions(SEAL).read(None) is None
    assert Sessions(SEAL).read("") is None


def test_each_session_has_a_form_token_of_its_own():
    sessions = Sessions(SEAL)
    first, second = Session.start(now=0), Session.start(now=0)
    token = sessions.form_token(first)
    assert sessions.form_token_fits(first, token)
    assert not sessions.form_token_fits(second, token)
    assert not sessions.form_token_fits(first, "")
    assert not sessions.form_token_fits(first, token[:-1])
    assert token not in sessions.cookie(first)


def test_a_cookie_is_no_form_token():
    sessions = Sessions(SEAL)
    session = Session.start("key", now=0)
    assert not sessions.form_token_fits(session, sessions.cookie(session).partition(".")[2])


def test_the_secret_is_made_once_and_shared(tmp_path):
    home = tmp_path / "home"
    secret = console_secret(home)
    assert len(secret) == 32
    assert console_secret(home) == secret
    assert console_secret(tmp_path / "other") != secret


def test_a_secret_that_others_can_read_is_refused(tmp_path):
    console_secret(tmp_path)
    (tmp_path / "console.key").chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        console_secret(tmp_path)
