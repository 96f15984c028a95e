"""Guard a list of texts under a use case of your own, and count what was done.

Run: python examples/guard_texts.py
"""

from collections import Counter

from upright.guard import Guard
from upright.policy import parse_policy
from upright.terms import Record, Stage

USE_CASE = """
schema = 1

[use_case]
name = "guest-book"
purpose = "Publishes what visitors of a museum write into its guest book."

[[guard.exception]]
detect = ["pii.email"]
text = ["museum@example.org"]
reason = "Our own address."

[[guard.rule]]
detect = ["pii.*", "custom.*"]
at = ["data"]
action = "redact"

[[guard.pattern]]
rule = "custom.ticket"
pattern = '\\bM-\\d{4}\\b'
max_length = 6
explanation = "A ticket number."
"""

ENTRIES = [
    "The whale was lovely. Write to me: ann@example.org",
    "I lost my hat. My ticket was M-2041. You are at museum@example.org, right?",
    "Too many stairs.",
]


def main() -> None:
    """Print each entry as it may be published, and the count of actions."""
    guard = Guard.from_policy(parse_policy(USE_CASE))
    verdicts = guard.check([Record(entry) for entry in ENTRIES], stage=Stage.DATA)
    for verdict in verdicts:
        print(f"{verdict.action:<7} {verdict.text}")
    print(dict(Counter(str(verdict.action) for verdict in verdicts)))


if __name__ == "__main__":
    main()
