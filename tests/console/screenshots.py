"""Takes the pictures of the documentation: `python -m tests.console.screenshots`.

Run by hand after a page has changed. Distributions and stories are the embedded model's own; the
conversation is invented, since a small model says something else each time.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.console.test_browser import ARGUMENTS, Site, say

from upright.attribute import documents
from upright.console import one_time_link
from upright.generate import Piece
from upright.generate.embedded import EmbeddedEngine
from upright.match.passages import Store

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZE = {"width": 1100, "height": 820}
POLICY = """
schema = 1

[use_case]
name = "order-support"
purpose = "Answers customers' questions about their orders."
audience = "customers"

[generation]
mode = "creative"
max_tokens = 160
system = "You answer customers of a small bookshop in two or three sentences."

[watermark]
scheme = "split"

[[guard.rule]]
detect = ["pii.email", "pii.payment_card", "pii.phone"]
at = ["prompt", "output", "data"]
action = "redact"

[[guard.rule]]
detect = ["topic.medicine"]
at = ["prompt", "output"]
action = "block"

[[guard.rule]]
detect = ["custom.refund"]
at = ["output"]
action = "review"

[[guard.pattern]]
rule = "custom.refund"
pattern = "(?i)refund"
explanation = "Promises of refunds are read by a person first."

[[guard.topic]]
name = "medicine"
phrases = ["dosage", "prescription drug"]

[disclosure]
text = "Written with AI. Facts may be wrong."
"""
TALK = (
    (
        "Do you sell books about dragons? Write to me at maria.lopez@example.org.",
        """Yes, three of them are on the shelf. The Last Ember is the one that readers buy twice: \
once for themselves and once for a friend.""",
    ),
    ("And what is the right dosage of cough syrup?", ""),
    (
        "Then a last question: can I give a book back?",
        """Of course. Send it within thirty days with the printed slip, and we refund the whole \
amount to your account.""",
    ),
)


class StagedEngine(EmbeddedEngine):
    """The embedded model, except that conversations follow the script above."""

    async def stream(self, job):
        if job.messages is None:
            async for piece in super().stream(job):
                yield piece
            return
        replies = dict(TALK)
        asked = job.messages[-1].content
        reply = next(text for question, text in replies.items() if asked[:20] == question[:20])
        for word in reply.split(" "):
            await asyncio.sleep(0)
            yield Piece(text=f"{word} ", completion_tokens=1)
        yield Piece(finish_reason="stop", prompt_tokens=20)


def main() -> None:
    """Write every picture into `docs/images`."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        tempfile.TemporaryDirectory() as home,
        Site(Path(home), trained(Path(home)), engine=StagedEngine()) as site,
        sync_playwright() as started,
    ):
        browser = started.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.set_default_timeout(120_000)
        page.goto(one_time_link(site.state, site.url))
        page.wait_for_url("**/console/next-word")
        for take in (
            next_word,
            stories,
            chat,
            verify,
            attribute,
            review,
            thresholds,
            ledger,
            use_case,
        ):
            take(page, site)
        browser.close()


def next_word(page, site) -> None:
    page.click("summary")
    page.fill("#seed", "11")
    for place in range(4):
        page.click("#draw")
        page.locator(".trail li").nth(place).wait_for()
    shot(page, "next-word")


def stories(page, site) -> None:
    page.goto(f"{site.url}/console/next-word")
    page.click("summary")
    page.fill("#seed", "7")
    page.click("#stories")
    page.locator("article").first.wait_for()
    shot(page, "stories")


def chat(page, site) -> None:
    for question, _ in TALK:
        say(page, site, question)
    shot(page, "chat")


def verify(page, site) -> None:
    body = {"prompt": "The lighthouse keeper opened the door, and", "seed": 8, "max_tokens": 140}
    headers = {"authorization": f"Bearer {site.state.local_key.read_text().strip()}"}
    answer = page.request.post(f"{site.url}/v1/completions", data=body, headers=headers).json()
    page.goto(f"{site.url}/console/verify")
    letter = "Dear Ann, the meeting of last week was moved to Tuesday because of the storm. "
    page.fill("#text", letter + answer["choices"][0]["text"].strip())
    page.click("#verify")
    page.locator(".growth").wait_for()
    shot(page, "verify")


TALE = (
    "Once the keeper counted the ships that went by each evening and wrote their names in a green "
    "book. One evening no ship came, and he lit the lamp all the same."
)


def trained(folder: Path) -> str:
    """Return the policy with an index of three invented documents."""
    lines = [
        {"id": "tales/keeper.txt", "text": TALE, "owner": "Ann Example", "licence": "CC-BY-4.0"},
        {"id": "tales/lamp.txt", "text": f"They say that {TALE[91:]} Nobody knows why."},
        {"id": "letters/3.txt", "text": "The meeting was moved to Tuesday because of the storm."},
    ]
    file = folder / "corpus.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with Store(folder / "training") as store:
        store.add(documents(file))
    return f"{POLICY}\n[attribute]\nindex = {json.dumps(str(folder / 'training'))}\n"


def attribute(page, site) -> None:
    page.goto(f"{site.url}/console/attribute")
    answer = TALE.replace("Once", "It is said that").replace("wrote their names in", "kept")
    page.fill("#text", answer)
    page.click("#attribute")
    page.locator("#source").wait_for()
    page.click("ol a >> nth=0")
    page.locator("#source mark").wait_for()
    shot(page, "attribute")


def review(page, site) -> None:
    page.goto(f"{site.url}/console/review")
    page.locator(".items a").first.click()
    page.locator("#reason").wait_for()
    shot(page, "review")


def thresholds(page, site) -> None:
    """Sentences of our own making: some mean it, some only speak of it."""
    page.goto(f"{site.url}/console/thresholds")
    page.fill("#examples", "\n".join(json.dumps(line) for line in labelled()))
    page.check("[name=model]")
    page.click("#score")
    page.locator("#tuner").wait_for()
    page.select_option("#detect", "toxicity.*")
    page.click("#show")
    page.wait_for_url("**min_score=**")
    page.fill("#min_score", "0.7")
    shot(page, "thresholds")


def labelled() -> list[dict[str, object]]:
    """Return examples with their label, every twelfth one labelled as a hurried person would."""
    rude = (
        "You are an idiot, {}.",
        "Shut up, {}, nobody likes you.",
        "I hate you, {}, and I will hurt you.",
    )
    calm = (
        "She told {} that the parcel was late.",
        "“Idiot” is no word to use, {} said.",
        "Is the book about {} still on the shelf?",
        "What a day, {}!",
    )
    names = ("Ann", "Bob", "Carla", "Dmitri", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jun")
    lines = [(shape.format(name), 1) for shape in rude for name in names]
    lines += [(shape.format(name), 0) for shape in calm for name in names]
    return [
        {"text": text, "label": 1 - label if number % 12 == 11 else label}
        for number, (text, label) in enumerate(lines)
    ]


def ledger(page, site) -> None:
    site.ledger.checkpoint()
    page.goto(f"{site.url}/console/ledger")
    page.click("text=Check the chain now")
    page.locator(".seal-good").wait_for()
    shot(page, "ledger", whole=False)


def use_case(page, site) -> None:
    site.ledger.uses.publish(POLICY.replace('"creative"', '"balanced"'), by="ann")
    page.goto(f"{site.url}/console/use-case")
    shot(page, "use-case", whole=False)


def shot(page, name: str, *, whole: bool = True) -> None:
    """Write one picture; a whole page is cut at twice the window's height."""
    height = min(page.evaluate("document.documentElement.scrollHeight"), 2 * SIZE["height"])
    page.set_viewport_size({**SIZE, "height": int(height) if whole else SIZE["height"]})
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=str(IMAGES / f"{name}.png"))
    page.set_viewport_size(SIZE)


if __name__ == "__main__":
    main()
