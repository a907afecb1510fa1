"""Quotation marks to quotations: pairs of a language's conventions, nested, same-glyph, unclosed, over paragraphs.

Only the outermost quotation counts; what it quotes in turn is part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_QUOTATION = 5_000  # characters; a mark without its partner must not swallow a text
_DEPTH = 4
_BREAK = r"\n[^\S\n]*\n\s*"
_APOSTROPHES = "'’‘"


@dataclass(frozen=True, slots=True)
class Quotation:
    """A piece of quoted text, marks included. Pieces with one `group` are one quotation over several paragraphs, or
    one that its cue interrupts. `limit`: where the closing mark is missing, the end of the paragraph; `end` is then
    that of the text before the next quotation. `part`: it begins or ends where its cue interrupts it."""

    start: int
    end: int
    group: int
    limit: int = 0
    part: bool = False


@lru_cache(maxsize=64)
def _tables(pairs: tuple[tuple[str, str], ...]) -> tuple[dict[str, str], str, re.Pattern[str]]:
    """Closing marks of each opening one; the opening marks that never close; a pattern of all marks and breaks."""
    closers: dict[str, str] = {}
    for opening, closing in pairs:
        closers[opening] = closers.get(opening, "") + closing
    marks = "".join(sorted({mark for pair in pairs for mark in pair}))
    only_open = "".join(mark for mark in closers if not any(mark in closing for closing in closers.values())
                        and mark not in _APOSTROPHES)
    return closers, only_open, re.compile(f"[{re.escape(marks)}]|{_BREAK}")


def quotations(text: str, pairs: tuple[tuple[str, str], ...]) -> list[Quotation]:
    """The outermost quotations of a text, in order, none overlapping. `pairs`: (opening, closing) marks.

    >>> [text for text in map(lambda q: "“A ‘b’ c” and “d”"[q.start:q.end],
    ...                       quotations("“A ‘b’ c” and “d”", (("“", "”"), ("‘", "’"))))]
    ['“A ‘b’ c”', '“d”']
    """
    return list(_pieces(text, *_tables(pairs)))


def _pieces(text: str, closers: dict[str, str], only_open: str, marks: re.Pattern[str]) -> Iterator[Quotation]:
    stack: list[tuple[str, int]] = []
    inner: list[tuple[int, int]] = []  # what the outermost quotation quotes, should it prove to be unclosed
    group = 0
    reopened = -1
    for match in marks.finditer(text):
        at, mark = match.start(), match[0]
        if stack and at - stack[0][1] > MAX_QUOTATION:
            for start, end in inner:
                yield Quotation(start, end, group)
                group += 1
            stack.clear()
            inner.clear()
        if mark[0] == "\n":
            if stack:
                opening, start = stack[0]
                if _goes_on(text, match.end(), opening, closers[opening]):
                    yield Quotation(start, at, group)
                    reopened = match.end()
                else:
                    for quotation in _unclosed(text, start, at, inner, group):
                        yield quotation
                        group = quotation.group
                    group += 1
                stack.clear()
                inner.clear()
                if reopened == match.end():
                    stack.append((opening, reopened))
                    continue
            group += 1
        elif at == reopened:
            continue
        elif stack and mark in closers[stack[-1][0]] and _closes(text, at, mark):
            _, start = stack.pop()
            if not stack:
                yield Quotation(start, at + 1, group)
                inner.clear()
                group += 1
            elif len(stack) == 1:
                inner.append((start, at + 1))
        elif mark in closers and len(stack) < _DEPTH and _opens(text, at, mark, only_open):
            stack.append((mark, at))
        elif len(stack) > 1 and mark in closers[stack[0][0]] and _closes(text, at, mark):
            start = stack[0][1]  # the inner one was never closed
            stack.clear()
            inner.clear()
            yield Quotation(start, at + 1, group)
            group += 1
    if stack and len(text) - stack[0][1] <= MAX_QUOTATION:
        yield from _unclosed(text, stack[0][1], len(text.rstrip()), inner, group)


def _unclosed(text: str, start: int, end: int, inner: list[tuple[int, int]], group: int) -> Iterator[Quotation]:
    """A quotation without its closing mark, as far as the next one, and those that follow in the paragraph."""
    own = len(text[start:inner[0][0] if inner else end].rstrip())
    if own > 1:
        yield Quotation(start, start + own, group, limit=end)
    for number, (first, last) in enumerate(inner, start=1):
        yield Quotation(first, last, group + number)


def _goes_on(text: str, at: int, opening: str, closing: str) -> bool:
    """Whether the next paragraph opens again, by the opening mark or, as in French and Spanish, the closing one."""
    if text.startswith(opening, at):
        return True
    return text[at:at + 1] in tuple(closing) and text[at + 1:at + 3].strip()[:1].isalnum()


def _opens(text: str, at: int, mark: str, only_open: str) -> bool:
    after = text[at + 1:at + 2]
    before = text[at - 1:at] if at else ""
    if not after or after.isspace():  # « Oui »; marks that may close as well would be taken for opening ones
        return mark in only_open and after not in ("", "\n") and (not before or before.isspace() or before in "([—–-")
    return not before.isalnum() if mark in "'’‘\"" else True


def _closes(text: str, at: int, mark: str) -> bool:
    before, after = text[at - 1:at], text[at + 1:at + 2]
    if mark in _APOSTROPHES:
        return not after.isalnum() and not before.isspace()
    if mark == '"':  # one that opens: "He said "no" to me."
        return not (before.isspace() and after.isalnum())
    return True
