"""Credentials are found by their forms. Each specimen is drawn; none opens anything."""

from __future__ import annotations

import random

import pytest

_DRAW = random.Random(4)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def drawn(size, letters=_LETTERS):
    return "".join(_DRAW.choice(letters) for _ in range(size))


SPECIMENS = [
    ("secret.aws", "AKIA" + drawn(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
    ("secret.google", "AIza" + drawn(35)),
    ("secret.google", "GOCSPX-" + drawn(28)),
    ("secret.azure", "AccountKey=" + drawn(86) + "=="),
    ("secret.azure", drawn(3) + "8Q~" + drawn(34)),
    ("secret.github", "ghp_" + drawn(36)),
    ("secret.github", "github_pat_" + drawn(22) + "_" + drawn(59)),
    ("secret.gitlab", "glpat-" + drawn(20)),
    ("secret.slack", "xoxb-" + drawn(12, "0123456789") + "-" + drawn(24)),
    ("secret.slack", "hooks.slack.com/services/T" + drawn(8) + "/B" + drawn(8) + "/" + drawn(24)),
    ("secret.stripe", "sk_live_" + drawn(24)),
    ("secret.openai", "sk-proj-" + drawn(48)),
    ("secret.anthropic", "sk-ant-api03-" + drawn(93)),
    ("secret.huggingface", "hf_" + drawn(34, "ABCDEFGHIJKLMabcdefghijklm")),
    ("secret.npm", "npm_" + drawn(36)),
    ("secret.pypi", "pypi-AgE" + drawn(80)),
    ("secret.jwt", "eyJ" + drawn(30) + "." + drawn(60) + "." + drawn(43)),
    (
        "secret.connection_string",
        "Server=db.example;Database=x;User Id=me;Password=" + drawn(12),
    ),
]


@pytest.mark.parametrize(("rule", "text"), SPECIMENS)
def test_a_credential_is_found_whole_inside_a_sentence(found, rule, text):
    assert found(rule, f"Use {text} for it, and tell nobody.") == [text]


@pytest.mark.parametrize(("rule", "text"), SPECIMENS)
def test_a_credential_cut_in_its_middle_is_none(found, rule, text):
    cut = text[: len(text) // 4]
    assert found(rule, f"It starts with {cut} they say.") == []


@pytest.mark.parametrize("text", ["ghp_" + "x" * 36, "AKIA" + "A" * 16, "sk_test_" + "0" * 24])
def test_rows_of_one_letter_are_examples(found, text):
    rules = {rule for rule, _ in SPECIMENS}
    assert all(found(rule, text) == [] for rule in rules)


def test_a_private_key_is_found_from_its_first_to_its_last_line(found):
    body = "\n".join(drawn(64) for _ in range(12))
    for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "):
        block = f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"
        assert found("secret.private_key", f"Here:\n{block}\nKeep it.") == [block]


def test_a_private_key_without_an_end_is_found_to_the_texts_end(found):
    block = "-----BEGIN PRIVATE KEY-----\n" + drawn(200)
    assert found("secret.private_key", f"Here: {block}") == [block]


def test_a_public_key_is_no_secret(found):
    assert found("secret.private_key", f"-----BEGIN PUBLIC KEY-----\n{drawn(64)}") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('password = "tr0ub4dor&3"', "tr0ub4dor&3"),
        ("DB_PASSWORD=s3cr3t-Xy9", "s3cr3t-Xy9"),
        ("the password is hunter2", "hunter2"),
        ('"api_key": "9f8e7d6c5b4a"', "9f8e7d6c5b4a"),
        ("client_secret: Zx81_qQ7vv", "Zx81_qQ7vv"),
        ("token => abc123DEF456", "abc123DEF456"),
    ],
)
def test_only_the_assigned_value_is_the_finding(found, text, value):
    assert found("secret.assignment", text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "password = <your password>",
        "password: ********",
        "api_key = YOUR_API_KEY_1",
        "token=${TOKEN_2}",
        "the secret is patience",
        "password: password1"[:18],
        "Tokens are counted in 1000s",
        "the token is undefined",
    ],
)
def test_placeholders_and_words_are_no_secrets(found, text):
    assert found("secret.assignment", text) == []
