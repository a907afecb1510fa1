"""What was said: the words of a match cut where another statement begins, and turned into spans of the text."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.attribution.languages import Language
from analysis.attribution.match import Match, Words
from analysis.attribution.model import Span
from analysis.attribution.view import View
from analysis.attribution.vocabulary import EDGE, PARAGRAPH, PROPER_QUOTE, QUOTES, SHORT_QUOTE

if TYPE_CHECKING:
    from analysis.attribution.resolve import Statement

MAX_ALONE = 12  # sentences in a row, each a quotation, that are one speaker's


def cut_at_next(found: list[Match], view: View, language: Language) -> None:
    """End an indirect content where a coordinated clause reports the next statement ("... and Y said ...")."""
    breaks = language.vocabulary.members("break", "semicolon")
    commas = language.vocabulary.members("comma")
    for index, match in enumerate(found):
        for later in found[index + 1:index + 8]:
            if not match.contents or later.start >= match.contents[-1][1]:
                break
            start, end = match.contents[-1]
            at = later.start
            if at <= start or later.cue < start:
                continue
            if view.classes[at] in commas or view.classes[at] in breaks or view.classes[at - 1] in breaks:
                while at > start and (view.classes[at - 1] in breaks or view.classes[at - 1] in commas):
                    at -= 1
                if at > start:
                    match.contents[-1] = (start, at)


def sentence_before_next(match: Match, found: list[Match], view: View, language: Language) -> Words:
    """The sentence of a match without the coordinated clauses that report something else ("... and calls it Z")."""
    start, end = view.sentence(match.cue)
    breaks = language.vocabulary.members("break")
    if start < match.start and view.classes[match.start] in breaks:
        start = match.start + 1
    commas = language.vocabulary.members("comma")
    causal = language.vocabulary.members("causal")
    for later in found:
        if match.cue < later.cue < end and view.classes[later.cue] in causal:
            return start, later.cue
        if match.cue < later.start < end and later.cue < end and view.classes[later.start] in breaks:
            at = later.start
            while at > match.cue + 1 and view.classes[at - 1] in commas:
                at -= 1
            return start, at
    return start, end


def spans(match: Match, view: View, language: Language) -> tuple[Span, ...]:
    """The spans of a match's content, all pieces of a quotation included, in order, none empty, none overlapping."""
    found: list[Span] = []
    for words in match.contents:
        found += _spans(words, view, language)
    found.sort()
    merged: list[Span] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def continued(content: tuple[Span, ...], match: Match, view: View, claimed: set[int]) -> tuple[Span, ...]:
    """The content and the quotations that go on with it: “...,” X said. “...” (sentences of their own, same paragraph).

    `claimed`: the quotations that belong to a match of their own; those are nobody else's.
    """
    if not match.contents or match.contents[-1][1] - 1 not in view.quotations:
        return content
    more = [(view.quotations[piece].start, view.quotations[piece].end) for at in alone(match, view, claimed)
            for piece in view.groups[view.quotations[at].group] if piece >= at]
    return tuple(sorted({*content, *more}))


def alone(match: Match, view: View, claimed: set[int]) -> list[int]:
    """The quotations that are sentences of their own, the next ones in the paragraph, and nobody else's."""
    more: list[int] = []
    first = bisect_left(view.edges, max(match.cue, match.contents[-1][1] - 1))
    for edge in view.edges[first:first + MAX_ALONE]:
        if view.classes[edge] == PARAGRAPH:
            break
        at = edge + 1
        if view.vocabulary.has("dash", view.classes[at:at + 1]):  # ...», — сказал X. — «...»
            at += 1
        end = at + 1
        while view.vocabulary.has("stop", view.classes[end:end + 1]):  # «...».
            end += 1
        if at not in view.quotations or at in claimed or view.classes[end:end + 1] not in (EDGE, PARAGRAPH):
            break
        claimed.add(at)
        more.append(at)
    return more


def _is_name(at: int, view: View, cap: str) -> bool:
    """Whether a quotation is a name: all of several words capitalised, or after a noun: der Sender „Welle“."""
    if view.classes[at] == PROPER_QUOTE:
        return True
    words = view.words(at)[1:-1].split()
    return (view.classes[at] == SHORT_QUOTE and view.classes[at - 1] in cap
            and all(word[:1].isupper() or len(word) < 4 for word in words))


def _is_term(at: int, view: View) -> bool:
    """Whether a quotation is one noun: a term, or a writer's irony, more often than what was said."""
    words = view.words(at)[1:-1].split()
    return len(words) == 1 and words[0][:1].isupper()


def quoted_parts(statements: list[Statement], view: View, language: Language) -> list[Statement]:
    """Each quotation that is a part of an indirect statement, as a statement of the same speaker."""
    parts = []
    cap = language.vocabulary.sets["cap"]
    for statement in statements:
        if statement.form == "mixed":
            for at in (at for start, end in statement.match.contents for at in range(start, end)):
                if at in view.quotations and not _is_term(at, view) and not _is_name(at, view, cap):
                    span = view.span(at, at + 1)
                    if (span,) != statement.content:
                        parts.append(replace(statement, content=(span,), form="direct"))
    return parts


def form(match: Match, view: View) -> str:
    """direct, indirect or mixed."""
    said = "".join(view.classes[start:end] for start, end in match.contents)
    if not any(quote in said for quote in QUOTES):
        return "direct" if match.template.group.startswith("direct") else "indirect"
    return "mixed" if view.vocabulary.has("word", said) else "direct"


def _spans(words: Words, view: View, language: Language) -> list[Span]:
    start, end = words
    if end - start == 1 and start in view.quotations:  # all pieces of a quotation over several paragraphs
        pieces = view.groups[view.quotations[start].group]
        return [(view.quotations[at].start, view.quotations[at].end) for at in pieces]
    trim = language.vocabulary.trimmed
    while start < end and view.classes[start] in trim:
        start += 1
    while end > start and view.classes[end - 1] in trim:
        end -= 1
    return [view.span(start, end)] if start < end else []
