"""Cues within one pair of quotation marks: "«A, — said X, — B»", and quotations that are left open before their cue.

A quotation is one word to the templates. Here it is cut before and after such a cue, so that the templates see what
they would see with marks around each part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from analysis.attribution.languages import Language
from analysis.attribution.marks import Quotation, quotations
from analysis.attribution.match import Match
from analysis.attribution.view import View, view

_LEAST = 3  # words of a part
_DELIMITERS = re.compile("[,،、–—―‒-]")


def settled(text: str, language: Language) -> list[Quotation]:
    """The quotations of a text; one left open ends before the cue in its paragraph, with the first quotation that it
    holds (one mark closes both), or with the paragraph that it begins or that a colon introduces. Else it is none; nor
    where a cue stands in it and the language does not tell how (no phrase `inserted`): templates may see to it."""
    result: list[Quotation] = []
    found = quotations(text, language.quotes)
    for quotation, following in zip(found, [*found[1:], None]):
        if result and result[-1].end > quotation.start:  # taken by the open one before it
            continue
        if quotation.limit:
            quotation = _ended(text, quotation, following, language)
        if quotation:
            result.append(quotation)
    return result


def _ended(text: str, quotation: Quotation, following: Quotation | None, language: Language) -> Quotation | None:
    aside = next(_asides(text, quotation.start + 1, quotation.end, language), None)
    if aside:
        return replace(quotation, end=aside[0], part=True)
    opening = text[quotation.start]
    if following and following.start < quotation.limit and opening != text[following.end - 1]:
        if opening == text[following.start]:
            return replace(quotation, end=following.end)
        quotation = replace(quotation, end=quotation.limit)
    before = text[max(0, quotation.start - 4):quotation.start].rstrip(" \t\xa0")[-1:]
    if before in ("", "\n") and language.inserted is None:
        within = view(text[quotation.start + 1:quotation.end], language)
        return None if within.vocabulary.has("cue", within.classes) else quotation
    return quotation if before in ("", "\n", ":", "：") else None


def interrupted(seen: View, found: list[Match], language: Language) -> list[Quotation] | None:
    """The quotations with those cut in two that nobody outside says, but somebody within; None where there is none."""
    if not language.cue_inside or language.inserted is None:
        return None
    claimed = {at for match in found for start, end in match.contents for at in range(start, end)}
    cut: dict[Quotation, list[Quotation]] = {}
    for pieces in seen.groups.values():
        if claimed.isdisjoint(pieces):
            for at in pieces:
                parts = _parts(seen.text, seen.quotations[at], language)
                if parts:
                    cut[seen.quotations[at]] = parts
                    break
    if not cut:
        return None
    ordered = sorted(seen.quotations.values(), key=lambda quotation: quotation.start)
    return [part for quotation in ordered for part in cut.get(quotation, [quotation])]


def _parts(text: str, quotation: Quotation, language: Language) -> list[Quotation]:
    inside = quotation.start + 1, quotation.end - 1
    if len(_DELIMITERS.findall(text, *inside)) < 2:
        return []
    for before, after, last in _asides(text, *inside, language):
        if not last and text[after:inside[1]].strip():
            return [replace(quotation, end=before, part=True), replace(quotation, start=after, part=True)]
    return []


def _asides(text: str, start: int, end: int, language: Language) -> Iterator[tuple[int, int, bool]]:
    """Where a cue and a source stand between commas or dashes: the end of what is before and the start of what is
    after them, and whether the sentence ends there."""
    if language.inserted is None or not _DELIMITERS.search(text, start, end):
        return
    within = view(text[start:end], language, quoted=[])
    for match in language.inserted.finditer(within.classes, _LEAST):
        before = within.span(match.start(), match.start() + 1)[0]
        while before and within.text[before - 1].isspace():
            before -= 1
        after = within.span(match.end() - 1, match.end())[1]
        while after < len(within.text) and within.text[after].isspace():
            after += 1
        yield start + before, start + after, match["last"] is not None

