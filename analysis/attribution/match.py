"""Templates against a text: at every cue the language's templates are tried outwards, in their order; the first fits.

A match is kept in word indices; contents.py and resolve.py turn it into an `Attribution`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from analysis.attribution.languages import Language
from analysis.attribution.templates import Template
from analysis.attribution.view import View

Words = tuple[int, int]  # a half-open pair of word indices


@dataclass(slots=True)
class Match:
    """What a template found: `start`, `end` of all of it, the cue's index, and the words of each role."""

    template: Template
    start: int
    end: int
    cue: int
    sources: list[Words] = field(default_factory=list)
    contents: list[Words] = field(default_factory=list)
    via: list[Words] = field(default_factory=list)


def matches(view: View, language: Language, attitudes: bool = True) -> Iterator[Match]:
    """All matches in the order of their cues. A cue inside what an earlier match took (but not inside its content,
    where somebody may be quoted in turn) is spent."""
    classes = view.classes
    mirrored = classes[::-1]
    spent: set[int] = set()
    for found in language.anchors.finditer(classes):
        at = found.start()
        char = classes[at]
        if at in spent:
            continue
        for template in language.by_class[char]:
            if not attitudes and char in template.attitude:
                continue
            if template.left_first:
                left = template.left.match(mirrored, len(classes) - at)
                right = template.right.match(classes, at + 1) if left is not None else None
            else:
                right = template.right.match(classes, at + 1)
                left = template.left.match(mirrored, len(classes) - at) if right is not None else None
            if left is not None and right is not None:
                match = _match(template, at, left, right, len(classes))
                spent.update(_outside_content(match))
                yield match
                break


def _match(template: Template, at: int, left: re.Match[str], right: re.Match[str], length: int) -> Match:
    match = Match(template, length - left.end(), right.end(), at)
    roles = {"s": match.sources, "q": match.contents, "v": match.via}
    for side, name in template.names:
        start, end = (left if side == "left" else right).span(name)
        if start >= 0 and end > start:
            roles[name[0]].append((length - end, length - start) if side == "left" else (start, end))
    for spans in roles.values():
        spans.sort()
    return match


def _outside_content(match: Match) -> Iterator[int]:
    position = match.start
    for start, end in match.contents:
        yield from range(position, start)
        position = max(position, end)
    yield from range(position, match.end)
