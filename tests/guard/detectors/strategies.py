"""Texts that make every detector react: valid and broken specimens among ordinary words.

Specimens are made with correct check digits from drawn digits; none is anybody's.
"""

from __future__ import annotations

from hypothesis import strategies as st

from upright.guard.detectors.checksums import verhoeff
from upright.guard.detectors.copies import SAMPLE, SAMPLE_CODE
from upright.guard.detectors.phrase_tables import phrases_of
from upright.guard.detectors.phrases import Step
from upright.guard.detectors.tables import table

WORDS = st.sampled_from(
    ["the", "Tide", "was", "low", "we", "sang", "été", "Straße", "слово", "日本語", "🙂", "e\u0301"]
)
JOINTS = st.sampled_from([" ", ", ", ". ", "\n", ": ", "-", "", "(", ")", '"', "\u00a0", "'s "])
NOISE = st.text(st.sampled_from("aZ09 .-@:/_#=+\u200b\u0430\u0301é中😀\n\"'"), max_size=12)


def digits(size: int):
    return st.text(st.sampled_from("0123456789"), min_size=size, max_size=size)


def with_luhn(payload: str) -> str:
    total = sum(
        sum(divmod(int(digit) * (2 - place % 2), 10))
        for place, digit in enumerate(reversed(payload))
    )
    return payload + str(-total % 10)


def grouped(number: str, size: int, mark: str) -> str:
    return mark.join(number[start : start + size] for start in range(0, len(number), size))


def cards():
    payload = st.one_of(
        digits(14).map("4{}".format), digits(13).map("51{}".format), digits(12).map("37{}".format)
    )
    mark = st.sampled_from(["", " ", "-"])
    return st.builds(lambda body, m: grouped(with_luhn(body), 4, m), payload, mark)


def emails():
    local = st.from_regex(r"\A[a-z]{1,8}[._+]?[a-z0-9]{1,8}\Z")
    domain = st.sampled_from(["example.org", "mail.example.co.uk", "bücher.example", "a-b.example"])
    long_domain = st.integers(1, 50).map(lambda size: f"{'d' * size}.example.net")
    return st.builds("{}@{}".format, local, st.one_of(domain, long_domain))


def custom_samples():
    ticket = st.builds(lambda d, n: "TICKET-" + d[:n], digits(8), st.integers(1, 8))
    codename = st.lists(st.sampled_from(["blue", "heron"]), min_size=1, max_size=9)
    return st.one_of(ticket, codename.map(lambda words: "codename " + " ".join(words)))


def with_verhoeff(payload: str) -> str:
    return next(payload + check for check in "0123456789" if verhoeff(payload + check))


def numbers():
    """Numbers of persons and things; where a check digit exists it is right."""
    cue = st.sampled_from(
        ["", "call ", "SSN ", "Aadhaar ", "passport ", "born ", "account no ", "aged "]
    )
    body = st.one_of(
        st.builds("{}-{}-{}".format, digits(3), digits(2), digits(4)),
        digits(11).map(lambda d: grouped(with_verhoeff("2" + d[1:]), 4, " ")),
        st.builds("+1 ({}) {}-{}".format, digits(3), digits(3), digits(4)),
        st.builds("{}.{}.{}.{}".format, *[st.integers(0, 300)] * 4),
        st.builds("{:02x}:{:02x}::{:x}".format, *[st.integers(0, 255)] * 3),
        st.builds(
            "-".join, st.lists(st.sampled_from(["0a", "3f", "FF", "9"]), min_size=5, max_size=7)
        ),
        st.builds(
            "{}/{}/{}".format, st.integers(1, 31), st.integers(1, 12), st.integers(1950, 2020)
        ),
        digits(9),
        digits(2),
    )
    return st.builds("{}{}".format, cue, body)


def ibans():
    return st.builds(_iban, digits(18), st.sampled_from([4, 30]))


def _iban(account: str, size: int) -> str:
    check = 98 - int(f"{account}131400") % 97  # D is 13, E is 14
    return grouped(f"DE{check:02}{account}", size, " ")


def secrets_():
    token = st.text(st.sampled_from("abcXYZ0189"), min_size=36, max_size=36)
    return st.one_of(
        token.map("ghp_{}".format),
        token.map("sk-{}".format),
        token.map(lambda t: "AKIA" + t.upper().replace("0", "2").replace("1", "3")[:16]),
        token.map('password = "{}"'.format),
        token.map(lambda t: f"eyJ{t}.{t}.{t}"),
        token.map(lambda t: f"-----BEGIN PRIVATE KEY-----\n{t}\n-----END PRIVATE KEY-----"),
        token.map(lambda t: f"Server=db;User=me;Password={t[:12]};"),
        token.map(lambda t: f"https://me:{t[:9]}@example.org/"),
    )


def hidden():
    marks = st.text(st.sampled_from("\u200b\u200d\u202e\u2066\u00ad\ufe0f\U000e0041"), max_size=5)
    around = st.sampled_from(["a", "👩", "❤", "क", "س", "1", " ", ""])
    mixed = st.sampled_from(["p\u0430ypal", "\u0441ode", "слово", "\uff21BC", "a\u03b1"])
    return st.one_of(st.builds("{}{}{}".format, around, marks, around), mixed)


def phrases():
    """Phrases of the tables, as they stand there, cut or with other words between."""
    table = st.sampled_from(sorted(_PHRASES))
    between = st.sampled_from([" ", "  ", ", ", "\n", " the ", " of all ", ". ", "_"])

    @st.composite
    def phrase(draw):
        steps = _PHRASES[draw(table)]
        words = [draw(st.sampled_from(step)) for step in draw(st.sampled_from(steps))]
        return "".join(word + draw(between) for word in words)

    return phrase()


def _spellings(step: Step) -> list[str]:
    return sorted({*step.words, *(beginning + "s" for beginning in step.beginnings)})[:40]


def _table_phrases() -> dict[str, list[list[list[str]]]]:
    found = {"topic": [[["stock"], ["tips"]], [["insider"], ["trading"]], [["l'art"], ["pour"]]]}
    for name in ("injection", "toxicity"):
        rows = table(f"{name}.toml").data
        for section in rows.keys() - {"sets"}:
            parsed = phrases_of(rows, section)
            found[section] = [[_spellings(step) for step in phrase.steps] for phrase in parsed]
    return found


_PHRASES = _table_phrases()


@st.composite
def copies(draw):
    """A stretch of the sample work, with some of its words changed and joined in any way."""
    words = SAMPLE.text.split()
    start = draw(st.integers(0, len(words) - 1))
    taken = words[start : start + draw(st.integers(1, 40))]
    for place in draw(st.lists(st.integers(0, len(taken) - 1), max_size=3)):
        taken[place] = draw(WORDS)
    joint = draw(st.sampled_from([" ", " ", "\n", ", ", "\u200b ", "  " * 40]))
    return joint.join(taken)


@st.composite
def code(draw):
    """Lines of the sample code, some renamed, with a literal or comment left open now and then."""
    lines = SAMPLE_CODE.text.splitlines(keepends=True)
    start = draw(st.integers(0, len(lines) - 1))
    text = "".join(lines[start : start + draw(st.integers(1, 12))])
    for name in draw(st.lists(st.sampled_from(["height", "before", "found"]), max_size=2)):
        text = text.replace(name, draw(st.sampled_from(["x", "later", "zz"])))
    return text + draw(st.sampled_from(["", "", '"""', "# ", "'", "x = '", "\n"]))


def specimens():
    """One thing that some detector finds."""
    return st.one_of(
        emails(),
        cards(),
        custom_samples(),
        numbers(),
        ibans(),
        secrets_(),
        hidden(),
        phrases(),
        copies(),
        code(),
    )


@st.composite
def broken(draw):
    """A specimen cut short, or with one character changed or put in."""
    text = draw(specimens())
    place = draw(st.integers(0, len(text) - 1))
    match draw(st.integers(0, 2)):
        case 0:
            return text[:place]
        case 1:
            return text[place:]
        case _:
            return text[:place] + draw(st.sampled_from(" -.x9\u200b")) + text[place:]


def fragments():
    """Ordinary words, specimens, broken specimens and noise, joined in any way."""
    piece = st.one_of(WORDS, specimens(), broken(), NOISE)
    pairs = st.lists(st.tuples(piece, JOINTS), max_size=8)
    return pairs.map(lambda items: "".join(text + joint for text, joint in items))
