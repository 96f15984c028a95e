"""Texts that make every detector react: valid and broken specimens among ordinary words.

Specimens are made with correct check digits from drawn digits; none is anybody's.
"""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = st.sampled_from("the Tide was low and we sang été Straße слово 日本語 🙂 e\u0301".split())
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


def specimens():
    """One thing that some detector finds."""
    return st.one_of(emails(), cards(), custom_samples())


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
