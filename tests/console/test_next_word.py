"""The Next word page: real distributions, honest draws, everything guarded and recorded."""

from __future__ import annotations

import re

import pytest
from tests.audit.pronoun_engine import PronounEngine

from upright.generate import EngineError


def press(browser, what, **fields):
    form = {"seed": "", "count": "3", "trail": "", **fields, "do": what}
    return browser.post("/next-word", form)


def drawn(browser):
    """Return the words of the trail with their shares."""
    items = re.findall(
        r"<li><span>(.*?)</span><span class=\"share\">(.*?)</span></li>", browser.page
    )
    return [(re.sub(r"<[^>]+>", "", word), share) for word, share in items]


def area(browser):
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", browser.page, re.DOTALL)
    return found[1].replace("&lt;", "<").replace("&gt;", ">")


def test_the_page_begins_with_a_beginning(browser):
    browser.get("/next-word")
    assert area(browser) == "Once upon a time, there was a great"
    assert "Undo" not in browser.page


def test_looking_shows_the_distribution(browser, markup):
    press(browser, "look", text="Once upon a")
    shown = " ".join("".join(markup(browser.page).text).split())
    assert "␣dragon 50.0 %" in shown
    assert "␣king 25.0 %" in shown
    assert "↵ 3.0 %" in shown
    assert "97.0 % " in shown
    assert "1.88" in shown
    assert "temperature 0.8" in shown
    assert area(browser) == "Once upon a"


def test_bars_are_as_long_as_their_share(browser):
    press(browser, "look", text="Once upon a")
    widths = re.findall(r'<rect width="([\d.]+)%"', browser.page)
    assert widths == ["100.00", "50.00", "30.00", "14.00", "6.00"]


def test_a_drawn_word_is_added_and_marked_where_it_came_from(browser):
    press(browser, "draw", text="Once upon a", seed="5")
    (word, share), text = drawn(browser)[0], area(browser)
    assert text.removeprefix("Once upon a") == word.replace("␣", " ").replace("↵", "\n").replace(
        "&lt;", "<"
    ).replace("&gt;", ">")
    row = re.search(r'<tr class="is-drawn">(.*?)</tr>', browser.page, re.DOTALL)[1]
    assert share in row
    assert "(drawn)" in row
    assert 'seed <span class="number">5</span>' in browser.page


def test_the_same_seed_draws_the_same_words(browser):
    texts = []
    for _ in range(2):
        press(browser, "draw", text="Once", seed="12")
        for _ in range(4):
            press(browser, "draw", text=area(browser), seed="12", trail=browser.hidden("trail"))
        texts.append(area(browser))
        assert len(drawn(browser)) == 5
    assert texts[0] == texts[1]


def test_without_a_seed_draws_differ(browser):
    texts = set()
    for _ in range(12):
        press(browser, "draw", text="Once")
        texts.add(area(browser))
    assert len(texts) > 1


def test_undo_takes_the_last_word_back(browser):
    press(browser, "draw", text="Once", seed="1")
    first = area(browser)
    press(browser, "draw", text=first, seed="1", trail=browser.hidden("trail"))
    assert area(browser) != first
    press(browser, "undo", text=area(browser), trail=browser.hidden("trail"))
    assert area(browser) == first
    press(browser, "undo", text=area(browser), trail=browser.hidden("trail"))
    assert area(browser) == "Once"
    assert "Undo" not in browser.page


def test_a_model_that_ends_is_said(browser, gateway):
    gateway.engine.ends = True
    press(browser, "draw", text="The end.")
    assert "ended the text here" in browser.page
    assert area(browser) == "The end."


@pytest.mark.parametrize("what", ["look", "draw", "undo"])
def test_every_question_to_the_model_is_recorded(browser, gateway, what):
    press(browser, what, text="Once upon a")
    (entry,) = gateway.ledger.entries(kind="console.word")
    assert entry.body["do"] == ("draw" if what == "draw" else "look")
    assert entry.body["policy_digest"] == gateway.state.policy.digest
    assert "Once" not in str(entry.body)


@pytest.mark.parametrize("what", ["look", "draw", "stories"])
def test_a_stopped_use_shows_nothing(browser, gateway, what):
    gateway.ledger.uses.stop("order-support", "testing", by="someone")
    press(browser, what, text="Once")
    assert "is stopped" in browser.page
    assert "50.0 %" not in browser.page
    assert gateway.engine.jobs == []


@pytest.mark.parametrize("what", ["look", "draw"])
def test_a_text_the_use_withholds_is_not_shown_to_the_model(browser, gateway, monkeypatch, what):
    asked = []
    real = gateway.engine.next_token

    async def noted(prompt, *rest, **more):
        asked.append(prompt)
        return await real(prompt, *rest, **more)

    monkeypatch.setattr(gateway.engine, "next_token", noted)
    press(browser, what, text="say BLOCKME")
    assert "withholds the text" in browser.page
    assert "custom.bad" in browser.page
    assert asked == []


def test_the_model_sees_a_redacted_text(browser):
    press(browser, "look", text="write to ann@example.org and")
    assert area(browser) == "write to [EMAIL] and"


def test_a_word_that_makes_the_text_forbidden_is_not_shown(browser, gateway, monkeypatch):
    from upright.generate import Candidate, NextToken  # noqa: PLC0415 (only here)

    async def completes(prompt, sampling, *, limit=50):
        return NextToken((Candidate(1, "ME", 1.0),), 1.0, 0.0)

    monkeypatch.setattr(gateway.engine, "next_token", completes)
    press(browser, "draw", text="say BLOCK")
    assert "withholds the text" in browser.page
    assert "BLOCKME" not in browser.page
    assert area(browser) == "say BLOCK"


def test_an_engine_without_distributions_says_what_works(open_browser, text_engine):
    browser = open_browser(open_engine=lambda _: text_engine)
    browser.get("/next-word")
    press(browser, "look", text="Once")
    assert "text-only gives texts, not the distributions behind them" in browser.page
    press(browser, "stories", text="Once", seed="1")
    assert "Story 1" in browser.page


@pytest.mark.parametrize(
    ("text", "same"),
    [("The plumber slept, and then", True), ("The plumber had a beard, and then", False)],
)
def test_a_use_that_balances_shows_its_pronouns_as_it_draws_them(
    open_browser, markup, policy_text, text, same
):
    policy = policy_text + '\n[balance]\npronouns = "balanced"\n'
    browser = open_browser(policy, open_engine=lambda _: PronounEngine())
    press(browser, "look", text=text)
    shown = "".join("".join(markup(browser.page).text).split())
    she, he = (re.search(rf"␣{word}([\d.]+)%", shown)[1] for word in ("she", "he"))
    assert (she == he) is same
    assert "she and he balanced where the text leaves the gender open" in browser.page


def test_an_engine_that_fails_is_said(browser, gateway, monkeypatch):
    async def fails(*_, **__):
        raise EngineError("too long for its memory", kind="bad_request", mend="Shorten it.")

    monkeypatch.setattr(gateway.engine, "next_token", fails)
    press(browser, "look", text="Once")
    assert "Too long for its memory" in browser.page
    assert "Shorten it." in browser.page
    assert area(browser) == "Once"


def test_stories_stand_side_by_side_with_their_seeds(browser, gateway):
    press(browser, "stories", text="Once", seed="41", count="4")
    assert re.findall(r'aria-label="Story with seed (\d+)"', browser.page) == [
        "41",
        "42",
        "43",
        "44",
    ]
    for seed in range(41, 45):
        assert f"Story {seed}: All is well." in browser.page
    assert sorted(job.sampling.seed for job in gateway.engine.jobs) == [41, 42, 43, 44]
    assert len(gateway.ledger.entries(kind="closed")) == 4


def test_stories_without_a_seed_show_the_one_that_was_drawn(browser):
    press(browser, "stories", text="Once", count="2")
    seed = int(re.search(r'name="seed"[^>]*value="(\d+)"', browser.page)[1])
    assert f"Story with seed {seed}" in browser.page
    press(browser, "stories", text="Once", count="2")
    assert seed != int(re.search(r'name="seed"[^>]*value="(\d+)"', browser.page)[1])


def test_the_last_seed_has_stories_too(browser):
    press(browser, "stories", text="Once", count="4", seed="4294967295")
    seeds = re.findall(r'aria-label="Story with seed (\d+)"', browser.page)
    assert seeds[0] == "4294967295"
    assert len(seeds) == 4


def test_a_story_shows_only_what_was_released(browser, gateway):
    gateway.engine.reply = "call bob@example.org or BLOCKME"
    press(browser, "stories", text="Once", seed="1", count="2")
    assert "bob@example.org" not in browser.page
    assert "BLOCKME" not in browser.page
    assert "[withheld here]" in browser.page
    assert "blocked" in browser.page


@pytest.mark.parametrize("fields", [{"text": ""}, {"text": "a", "seed": "x"}, {"text": "a" * 4001}])
def test_what_cannot_be_done_is_said_on_the_page(browser, fields):
    press(browser, "draw", **fields)
    assert 'role="alert"' in browser.page


def test_hostile_words_stay_words(browser):
    for seed in range(12):
        press(browser, "draw", text="<script>alert(1)</script>", seed=str(seed))
        assert "<script>alert" not in browser.page
