"""Guard a stream: see when each character may leave, and that no half of an address does.

Run: python examples/stream_guard.py
"""

from collections.abc import Iterator

from upright.guard import Guard
from upright.policy import preset
from upright.terms import Record, Stage

TEXT = "Dear reader, write to the.keeper@lighthouse.example, or leave a note at the door."


def pieces(text: str, size: int = 7) -> Iterator[str]:
    """Yield a text in pieces, as a model's words would come."""
    for start in range(0, len(text), size):
        yield text[start : start + size]


def main() -> None:
    """Print what came in and what left, piece by piece."""
    guard = Guard.from_policy(preset("storytelling"))
    stream = guard.stream(stage=Stage.OUTPUT)
    sent = ""
    for piece in pieces(TEXT):
        released = stream.feed(piece)
        sent += released
        print(f"{piece!r:<12} in   {released!r} out")
    last = stream.finish()
    sent += last
    print(f"{'end':<12}      {last!r} out")

    (whole,) = guard.check([Record(TEXT)], stage=Stage.OUTPUT)
    print(f"streamed equals whole text: {sent == whole.text}")
    print(sent)


if __name__ == "__main__":
    main()
