"""The text of pages: HTML by the standard library, PDF by pypdf."""

from __future__ import annotations

import io
import logging
import re
from html.parser import HTMLParser

from upright.curate.errors import InputError
from upright.terms import MissingExtraError

_PASSED_OVER = frozenset({"script", "style", "template", "noscript", "svg", "nav", "iframe"})
_BREAKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul", "title",
})  # fmt: skip
_EMPTY = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
})  # fmt: skip
_UNSEEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset=["']?([A-Za-z0-9_-]{1,40})""", re.IGNORECASE)


class _Text(HTMLParser):
    """Collects what a reader of a page would see, navigation left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside and self._inside[-1] == "p" and tag in _BREAKS - {"br"}:
            self._inside.pop()  # a paragraph ends where another block begins
        # Of the same name as what is passed over, so that the right end ends it.
        if tag in _PASSED_OVER or (tag not in _EMPTY and (tag in self._inside or _unseen(attrs))):
            self._inside.append(tag)
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.parts.append(re.sub(r"\s+", " ", data))


def _unseen(attrs: list[tuple[str, str | None]]) -> bool:
    """Say whether an element is hidden by what it says itself; style sheets are not read."""
    told = dict(attrs)
    return "hidden" in told or bool(_UNSEEN.search(told.get("style") or ""))


def text_of_html(raw: bytes) -> str:
    """Return the visible text of a page, one paragraph a line.

    Raises:
        InputError: for bytes that are not in the page's character set.
    """
    named = _CHARSET.search(raw[:4096])
    charset = named[1].decode() if named else "utf-8-sig"
    try:
        page = raw.decode("utf-8-sig" if charset.lower() == "utf-8" else charset)
    except (LookupError, UnicodeDecodeError):
        raise InputError(f"not in the character set {charset}") from None
    parser = _Text()
    parser.feed(page)
    parser.close()
    lines = (re.sub(r" +", " ", line).strip() for line in "".join(parser.parts).splitlines())
    return "\n".join(line for line in lines if line)


def text_of_pdf(raw: bytes) -> str:
    """Return the text of a PDF, pages apart by an empty line.

    Raises:
        InputError: for what is no PDF, or is locked.
        MissingExtraError: without the extra `curate`.
    """
    try:
        from pypdf import PdfReader  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise MissingExtraError("a PDF file", "curate", missing=str(error.name)) from None
    # What it would log is told in the reject.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(raw))
        return "\n\n".join(page.extract_text().strip() for page in reader.pages)
    except Exception as error:  # noqa: BLE001 (a broken PDF can raise anything there)
        raise InputError(f"no PDF that can be read: {error}") from None
