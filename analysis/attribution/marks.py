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
    """A piece of quoted text, marks included. Pieces with one `group` are one quotation over several paragraphs."""

    start: int
    end: int
    group: int


@lru_cache(maxsize=64)
def _tables(pairs: tuple[tuple[str, str], ...]) -> tuple[dict[str, str], re.Pattern[str]]:
    closers: dict[str, str] = {}
    for opening, closing in pairs:
        closers[opening] = closers.get(opening, "") + closing
    marks = "".join(sorted({mark for pair in pairs for mark in pair}))
    return closers, re.compile(f"[{re.escape(marks)}]|{_BREAK}")


def quotations(text: str, pairs: tuple[tuple[str, str], ...]) -> list[Quotation]:
    """The outermost quotations of a text, in order, none overlapping. `pairs`: (opening, closing) marks.

    >>> [text for text in map(lambda q: "“A ‘b’ c” and “d”"[q.start:q.end],
    ...                       quotations("“A ‘b’ c” and “d”", (("“", "”"), ("‘", "’"))))]
    ['“A ‘b’ c”', '“d”']
    """
    return list(_pieces(text, *_tables(pairs)))


def _pieces(text: str, closers: dict[str, str], marks: re.Pattern[str]) -> Iterator[Quotation]:
    stack: list[tuple[str, int]] = []
    group = 0
    for match in marks.finditer(text):
        at, mark = match.start(), match[0]
        if stack and at - stack[0][1] > MAX_QUOTATION:
            stack.clear()
        if mark[0] == "\n":
            if stack:
                opening, start = stack[0]
                stack.clear()
                begins_paragraph = not text[:start].rstrip(" \t")[-1:].strip() if start < 2 else (
                    text[max(0, start - 3):start].strip(" \t")[-1:] in ("\n", ""))
                if text.startswith(opening, match.end()):  # the next paragraph opens again: the same quotation goes on
                    yield Quotation(start, at, group)
                    continue
                if begins_paragraph and at - start > 1:  # the closing mark was forgotten
                    yield Quotation(start, at, group)
            group += 1
            continue
        if stack and mark in closers[stack[-1][0]] and _closes(text, at, mark):
            _, start = stack.pop()
            if not stack:
                yield Quotation(start, at + 1, group)
                group += 1
        elif mark in closers and _opens(text, at, mark) and len(stack) < _DEPTH:
            if stack and mark == stack[-1][0]:
                continue
            stack.append((mark, at))
        elif len(stack) > 1 and mark in closers[stack[0][0]] and _closes(text, at, mark):
            start = stack[0][1]  # the inner one was never closed
            stack.clear()
            yield Quotation(start, at + 1, group)
            group += 1


def _opens(text: str, at: int, mark: str) -> bool:
    after = text[at + 1:at + 2]
    if not after or after.isspace():
        return False
    return not text[at - 1:at].isalnum() if at and mark in "'’‘\"" else True


def _closes(text: str, at: int, mark: str) -> bool:
    if mark in _APOSTROPHES:
        return not text[at + 1:at + 2].isalnum() and not text[at - 1:at].isspace()
    return True
