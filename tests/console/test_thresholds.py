"""The Thresholds page: what a rule would act on and miss, on a person's own examples."""

from __future__ import annotations

import json
import re
import threading
from contextlib import nullcontext

import pytest

from upright.console import runs as scoring
from upright.console.runs import KEPT_SECONDS, MOST_RUNS, Runs
from upright.console.tuning import Setting, model_line, toml
from upright.guard import Guard

EXAMPLES = (
    ("Write to ann@example.org", 1),
    ("Please BLOCKME now", 1),
    ("Nobody <b>minds</b> this", 1),
    ("A NOTEWORTHY day", 0),
    ("Nothing at all", 0),
    ("You are an idiot and nobody likes you.", 1),
    ("He said: “you are an idiot”, and I object.", 0),
)


def lines(examples=EXAMPLES):
    return "\n".join(json.dumps({"text": text, "label": label}) for text, label in examples)


@pytest.fixture
def in_process(monkeypatch):
    """Score in this process; a worker of its own takes a second to start."""
    opened = []

    def pool(policy):
        opened.append(policy)
        return nullcontext(Guard.from_policy(policy, everything=True))

    monkeypatch.setattr(scoring, "_pool", pool)
    return opened


@pytest.fixture
def scored(browser, in_process):
    """A browser whose examples are scored."""
    browser.get("/thresholds")
    send(browser, lines())
    return browser


def send(browser, pasted, *, labels="1", **options):
    got = browser.post("/thresholds", {"examples": pasted, "labels": labels}, **options)
    for _ in range(600):
        if "The guard reads your examples" not in browser.page:
            return got
        threading.Event().wait(0.05)
        browser.get("/thresholds")
    raise AssertionError("the examples were never scored")


def counts(page):
    return {
        name: int(re.search(rf'data-count="{name}">(\d+)<', page)[1])
        for name in ("hits", "misses", "alarms", "rejections")
    }


def shown(page, name):
    """The texts of a list that are not hidden."""
    inside = page.partition(f'data-list="{name}"')[2].partition("</ul>")[0]
    return re.findall(r'<li data-number="\d+"><p class="voice">(.*?)</p>', inside)


def test_the_page_asks_for_examples_and_says_what_becomes_of_them(browser):
    browser.get("/thresholds")
    assert "At most 2,000 lines" in browser.page
    assert "They are written nowhere" in browser.page
    assert 'href="/console/thresholds" aria-current="page"' in browser.page


def test_the_four_counts_and_both_lists_say_what_a_rule_would_do(scored):
    scored.get("/thresholds?detect=custom.bad&at=output&min_score=0")
    assert counts(scored.page) == {"hits": 1, "misses": 3, "alarms": 0, "rejections": 3}
    assert len(shown(scored.page, "missed")) == 3
    assert shown(scored.page, "alarms") == []
    scored.get("/thresholds?detect=custom.note&at=output&min_score=0")
    assert counts(scored.page) == {"hits": 0, "misses": 4, "alarms": 1, "rejections": 2}
    (alarm,) = shown(scored.page, "alarms")
    assert "NOTEWORTHY</mark>" in alarm


def test_precision_and_recall_have_limits(scored):
    scored.get("/thresholds?detect=custom.bad&at=output&min_score=0")
    assert 'data-figure="Recall">25.0 %' in scored.page
    assert "4.6 to 69.9 %, n = 4" in scored.page


def test_nothing_is_acted_on_above_every_score(scored):
    scored.get("/thresholds?detect=toxicity.*&at=output&min_score=0")
    before = counts(scored.page)
    assert before["hits"] == 1
    scored.get("/thresholds?detect=toxicity.*&at=output&min_score=1")
    assert counts(scored.page) == {"hits": 0, "misses": 4, "alarms": 0, "rejections": 3}


def test_a_context_that_is_let_through_spares_what_is_quoted(scored):
    address = "/thresholds?detect=toxicity.*&at=output&min_score=0"
    scored.get(address)
    assert counts(scored.page)["alarms"] == 1
    scored.get(f"{address}&spare=quotation&spare=counter_speech&spare=report")
    assert counts(scored.page)["alarms"] == 0
    assert counts(scored.page)["hits"] == 1


def test_a_severity_that_nothing_reaches_lets_all_through(scored):
    scored.get("/thresholds?detect=custom.bad&at=output&min_score=0&min_severity=4")
    assert counts(scored.page)["hits"] == 0


def test_the_lines_for_the_file_are_what_the_page_shows(scored):
    from upright.policy import parse_policy  # noqa: PLC0415 (beside its only use)

    scored.get(
        "/thresholds?detect=toxicity.*&at=prompt&min_score=0.625&min_severity=2&spare=quotation"
    )
    told = re.search(r'<pre id="toml"[^>]*>(.*?)</pre>', scored.page, re.DOTALL)[1]
    text = told.replace("&#34;", '"').replace("&quot;", '"')
    head = 'schema = 1\n[use_case]\nname = "a"\npurpose = "b"\n'
    (rule,) = parse_policy(head + text, source="a test").guard.rule
    assert (rule.min_score, rule.min_severity) == (0.625, 2)
    assert [stage.value for stage in rule.at] == ["prompt"]
    assert {key.value: act.value for key, act in rule.context.items()} == {"quotation": "allow"}


def test_the_first_view_is_what_the_use_does_now(open_browser, policy_text, in_process):
    rule = """
[[guard.rule]]
detect = ["toxicity.harassment"]
at = ["output"]
min_score = 0.4
min_severity = 1
context = { report = "allow", opinion = "flag" }
action = "review"
"""
    browser = open_browser(policy_text.replace("[disclosure]", f"{rule}\n[disclosure]"))
    browser.get("/thresholds")
    send(browser, lines())
    assert "<option selected>toxicity.harassment</option>" in browser.page
    for line in (
        "min_score = 0.4",
        "min_severity = 1",
        "opinion = &#34;flag&#34;",
        "action = &#34;review&#34;",
    ):
        assert line in browser.page


@pytest.mark.parametrize("asked", [True, False])
def test_what_was_tuned_otherwise_than_the_use_asks_says_what_to_change(asked):
    line = f"# and under [guard]: model = {str(asked).lower()}"
    assert model_line(asked, use=not asked) == line
    assert model_line(asked, use=asked) == ""
    assert toml(Setting("toxicity.*"), above=line).startswith(f"{line}\n[[guard.rule]]")
    assert toml(Setting("toxicity.*")).startswith("[[guard.rule]]")


def test_a_bar_of_the_histogram_stands_where_the_score_lies(scored):
    scored.get("/thresholds?detect=custom.note&at=output&min_score=0")
    rows = re.findall(r"<tr data-row>(.*?)</tr>", scored.page)
    last = re.findall(r"<td[^>]*>(\d+)</td>", rows[-1])
    assert last == ["0", "0", "1", "0"]  # a pattern's finding is certain
    assert sum(int(n) for row in rows for n in re.findall(r"<td[^>]*>(\d+)</td>", row)) == 7


def test_a_text_of_ones_own_never_becomes_markup(browser, in_process):
    browser.get("/thresholds")
    send(browser, lines([("<b>BLOCKME</b>\"'><script>alert(1)</script>", 1), ("ok", 0)]))
    browser.get("/thresholds?detect=custom.bad&at=output&min_score=1")
    assert "&lt;b&gt;" in browser.page


def test_a_table_is_read_too(browser, in_process):
    browser.get("/thresholds")
    send(browser, 'text,label\n"BLOCKME, please",bad\nfine,good\n', labels="bad, worse")
    browser.get("/thresholds?detect=custom.bad&at=output&min_score=0")
    assert counts(browser.page) == {"hits": 1, "misses": 0, "alarms": 0, "rejections": 1}


def test_texts_that_a_use_excepts_are_no_findings(open_browser, policy_text, in_process):
    exception = """
[[guard.exception]]
detect = ["custom.bad"]
text = ["blockme"]
reason = "a test"
"""
    browser = open_browser(policy_text.replace("[disclosure]", f"{exception}\n[disclosure]"))
    browser.get("/thresholds")
    send(browser, lines())
    browser.get("/thresholds?detect=custom.bad&at=output&min_score=0")
    assert counts(browser.page)["hits"] == 0


@pytest.mark.parametrize(
    ("pasted", "labels", "told"),
    [
        ("", "1", "There is no labelled line."),
        ('{"text": "a"}', "1", "Line:1: it has no `label`."),
        ('{"txt": "a", "label": 1}', "1", "this one has these fields: `txt`, `label`"),
        ('{"text": "a", "label": 1}\nnot json', "1", "Line:2: not JSON"),
        ('{"text": "a", "label": "hostile"}', "1", "hostile (1)"),
        (json.dumps({"text": "x" * 4001, "label": 1}), "1", "more than 4,000 characters"),
        ("text,label\n" + "a,1\n" * 2001, "1", "more than 2,000 lines"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(browser, pasted, labels, told):
    browser.get("/thresholds")
    form = {"examples": pasted, "labels": labels}
    response = browser.client.post(
        "/console/thresholds", data={"form_token": browser.token, **form}
    )
    assert response.status_code in {400, 413}
    assert told in response.text


def test_two_thousand_lines_of_usual_length_fit_into_the_form(browser, in_process):
    browser.get("/thresholds")
    houses = 'Häuser, " ' * 20
    send(browser, lines((f"{houses}{number}", number % 2) for number in range(2000)))
    assert "2000 examples, scored once" in browser.page


def test_examples_are_of_one_session_and_forgotten_on_request(scored, new_browser, gateway):
    other = new_browser()
    other.sign_in(gateway.secret)
    other.get("/thresholds")
    assert "BLOCKME" not in other.page
    scored.get("/thresholds")
    assert "BLOCKME" in scored.page
    scored.post("/thresholds/forget")
    assert "Your examples are forgotten." in scored.page
    assert "BLOCKME" not in scored.page


def test_nothing_of_the_examples_is_written(scored, gateway):
    written = [path for path in gateway.ledger.home.rglob("*") if path.is_file()]
    assert written
    for path in written:
        assert b"nobody likes you" not in path.read_bytes()


def test_a_guard_that_cannot_be_opened_is_told(browser, monkeypatch):
    from upright.terms import UprightError  # noqa: PLC0415 (beside its only use)

    def broken(_):
        raise UprightError("no guard model there", mend="install upright again")

    monkeypatch.setattr(scoring, "_pool", broken)
    browser.get("/thresholds")
    browser.post("/thresholds", {"examples": lines(), "labels": "1"}, status=400)
    assert "No guard model there" in browser.page


def test_the_guard_of_the_use_scores_in_a_process_of_its_own(browser):
    browser.get("/thresholds")
    send(browser, lines())
    browser.get("/thresholds?detect=pii.email&at=output&min_score=0")
    assert counts(browser.page)["hits"] == 1


class Slow:
    """A pool that scans when it is told to."""

    def __init__(self):
        self.go_on = threading.Event()
        self.asked = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def scan(self, records, stage):
        self.asked += 1
        assert self.go_on.wait(30)
        raise RuntimeError("as a detector might, with anybody's text")


def many(n):
    from upright.console.examples import Example  # noqa: PLC0415 (beside its only use)

    return [Example(f"text {number}", positive=True) for number in range(n)]


def policy(text):
    from upright.policy import parse_policy  # noqa: PLC0415 (beside its only use)

    return parse_policy(text, source="a test")


def test_a_set_that_is_forgotten_is_not_scored_to_its_end(policy_text):
    slow = Slow()
    runs = Runs(lambda _: slow)
    run = runs.start("ann", policy(policy_text), many(100), model=False)
    runs.forget("ann")
    assert runs.get("ann") is None
    slow.go_on.set()
    assert run.finished.wait(30)
    assert slow.asked <= 1


def test_so_many_sets_are_kept_and_none_longer_than_an_hour(policy_text):
    slow, now = Slow(), [0.0]
    slow.go_on.set()
    runs = Runs(lambda _: slow, clock=lambda: now[0])
    for number in range(MOST_RUNS):
        runs.start(f"person {number}", policy(policy_text), many(1), model=False)
    with pytest.raises(Exception, match="all that fit"):
        runs.start("one more", policy(policy_text), many(1), model=False)
    now[0] = KEPT_SECONDS + 1
    assert runs.get("person 0") is None
    runs.start("one more", policy(policy_text), many(1), model=False)


def test_an_error_of_a_detector_repeats_no_text(policy_text):
    slow = Slow()
    slow.go_on.set()
    run = Runs(lambda _: slow).start("ann", policy(policy_text), many(1), model=False)
    assert run.finished.wait(30)
    assert "anybody" not in run.problem.problem
