"""Whose words: sources that a template leaves open, pronouns and short forms, given the last full name that fits."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.attribution import contents
from analysis.attribution.languages import Language
from analysis.attribution.match import Match, Words
from analysis.attribution.model import Attribution, Span
from analysis.attribution.names import Names
from analysis.attribution.view import View
from analysis.attribution.vocabulary import EDGE, key

MAX_NAMES_BACK = 60  # how many mentions are looked through for the full name of a short form
MAX_SENTENCES_BACK = 8  # how far a speaker who is not named again is carried


@dataclass(slots=True)
class Statement:
    """An attribution in the making."""

    match: Match
    source: Words | None
    content: tuple[Span, ...]
    form: str
    via: list[Words] = field(default_factory=list)
    carried: bool = False  # the template left the source open


def speakers(found: list[Match], view: View, language: Language, names: Names) -> list[Statement]:
    """One statement a match that has a content; sources that the templates leave open filled in."""
    statements: list[Statement] = []
    claimed = {at for match in found for start, end in match.contents for at in range(start, end)
               if at in view.quotations}
    taken: set[Words] | None = None
    for match in found:
        flags = match.template.flags
        if "@sentence" in flags:
            sentence = view.sentence(match.cue)
            if taken is None:
                taken = _sentences_taken(found, view)
            if "@last" in flags and sentence in taken:
                continue
            taken.add(sentence)
            match.contents = [sentence]
        content = contents.spans(match, view, language)
        if not content:
            continue
        source = _trim(match.sources[0], view, language) if match.sources else None
        carried = source is None and "@none" not in flags
        if carried:
            source = _open_source(match, statements, view, language)
            if source is None and "@last" in flags:
                continue
        if statements and _goes_on(statements[-1], match, view, source):
            statements[-1].content += content
            statements[-1].match.contents += match.contents
            continue
        content = contents.continued(content, match, view, claimed)
        statements.append(Statement(match, source, content, contents.form(match, view), list(match.via), carried))
    return statements


def attributions(statements: Iterable[Statement], view: View, language: Language, names: Names
                 ) -> list[Attribution]:
    """The statements with their spans, best names and identifiers."""
    mentions = Mentions(view, language)
    result = []
    for statement in statements:
        span = _span(statement.source, view)
        text = mentions.best_name(statement.source) if statement.source else ""
        cue = view.span(statement.match.cue, statement.match.cue + 1)
        is_cue = view.vocabulary.has("cue", view.classes[statement.match.cue])
        via = tuple(found for words in statement.via if (found := _span(words, view)))
        result.append(Attribution(
            source=span, cue=cue if is_cue and cue[0] < cue[1] else None, content=statement.content,
            form=statement.form, via=via, source_text=text,
            source_id=mentions.identify(statement.source, text, names) if text else None,
            via_ids=tuple(names.identify(view.text[start:end]) for start, end in via)))
    return result


class Mentions:
    """The names that a text mentions, in order: what pronouns and short forms may stand for."""

    def __init__(self, view: View, language: Language):
        self.view, self.language = view, language
        self._names: list[tuple[int, Words]] | None = None  # (position, words)
        self._gender: dict[str, str] = {}
        self._last: list[Words] = []  # sources, latest last

    def best_name(self, words: Words) -> str:
        """The best name of a source: its own words, or the fitting full name that came last before it."""
        text = self._text(words)
        start, end = words
        if end - start == 1 and self._is(words, "relative"):
            return self._text(self._relative_to(start))
        agreement = self.language.agreement.get(key(text)) if end - start == 1 else None
        if agreement:
            found = self._antecedent(words, agreement)
            if found is None:
                return text
            name = self._text(self._bare(found))
            if agreement[0] in "mf":
                self._gender[name] = agreement[0]
            return name
        full = self._full_form(words)
        self._last.append(full or words)
        return self._text(self._bare(full)) if full else text

    def identify(self, words: Words, best: str, names: Names) -> str | None:
        """The identifier of a source by its best name. An office alone ("the Prime Minister") may be anybody's."""
        if self.language.case and best == self._text(words):
            if self.language.vocabulary.proper.isdisjoint(self.view.classes[words[0]:words[1]]):
                return None
            return names.identify(self._text(self._bare(words))) or names.identify(best)
        return names.identify(best)

    def _text(self, words: Words) -> str:
        text = " ".join(self.view.words(*words).split())
        for pattern in (self.language.strip_start, self.language.strip_end):
            shorter = pattern.sub("", text).strip() if pattern else ""
            text = shorter or text
        return text

    def _is(self, words: Words, name: str) -> bool:
        return self.language.vocabulary.has(name, self.view.classes[words[0]:words[1]])

    def _bare(self, words: Words) -> Words:
        """A name without titles before it, where capitals tell names from titles."""
        start, end = words
        first = next((at for at in range(start, end) if self._proper(at)), None)
        if first is None:
            return words
        at = first
        while at < end and (self._proper(at) or at + 1 < end and self._proper(at + 1) and self._particle(at)):
            at += 1
        return (first, at)

    def _proper(self, at: int) -> bool:
        return self.view.classes[at] in self.language.vocabulary.proper

    def _particle(self, at: int) -> bool:
        return self.view.words(at) in self.language.particles

    def _antecedent(self, words: Words, agreement: str) -> Words | None:
        gender, number = agreement
        for candidate in reversed(self._last[-6:]):
            if candidate[0] < words[0] and self._agrees(candidate, gender, number):
                named = self._latest_name(candidate[1], words[0], gender, number)
                return named or candidate
        return self._latest_name(0, words[0], gender, number)

    def _relative_to(self, at: int) -> Words:
        """What "who" refers to: the noun phrase that ends before it (and a comma); itself, where there is none."""
        start = self.view.sentence(at)[0]
        nearest = [found.span() for found in self.language.np.finditer(self.view.classes, max(start, at - 20), at)]
        return nearest[-1] if nearest and nearest[-1][1] >= at - 1 else (at, at + 1)

    def _latest_name(self, after: int, before: int, gender: str, number: str) -> Words | None:
        """The subject-like full name of the last sentence before that has one."""
        sets = self.language.vocabulary.sets
        names = self._full_names()
        end = bisect_left(names, (before, (0, 0)))
        for position, words in reversed(names[max(0, end - MAX_NAMES_BACK):end]):
            if position < after:
                return None
            if self._agrees(words, gender, number) and self._opens_sentence(words, sets):
                return words
        return None

    def _opens_sentence(self, words: Words, sets: dict[str, str]) -> bool:
        at = words[0]
        steps = 0
        while at > 0 and steps < 4 and self.view.classes[at - 1] not in sets["edge"]:
            at -= 1
            steps += 1
        return self.view.classes[at - 1] in sets["edge"] if at else True

    def _agrees(self, words: Words, gender: str, number: str) -> bool:
        before = self.view.classes[words[0] - 1] if words[0] else ""
        if before in self.language.vocabulary.titles:
            words = (words[0] - 1, words[1])
        plural = self._is(words, "plural")
        body = self._is(words, "body") or self._is(words, "media")
        if number == "p":
            return plural or body
        if plural:
            return False
        if gender in "mf":
            other = "female" if gender == "m" else "male"
            name = self._text(self._bare(words))
            return not body and not self._is(words, other) and self._gender.get(name, gender) == gender
        return True

    def _full_names(self) -> list[tuple[int, Words]]:
        if self._names is None:
            pattern = self.language.vocabulary.full_name
            self._names = [(m.start(), m.span()) for m in pattern.finditer(self.view.classes)]
            self._by_word: dict[str, list[Words]] = {}
            for _, words in self._names:
                self._by_word.setdefault(self._word(words[1] - 1), []).append(words)
        return self._names

    def _word(self, at: int) -> str:
        word = self.view.words(at).lower()
        return word.removesuffix("s").rstrip("'’") if word.endswith(("'s", "’s", "'", "’")) else word

    def _full_form(self, words: Words) -> Words | None:
        """The longer name, earlier in the text, that a last name alone stands for."""
        start, end = self._bare(words)
        if end - start != 1 or not self._proper(start) or not self.language.case:
            return None
        self._full_names()
        candidates = self._by_word.get(self._word(start), [])
        end = bisect_left(candidates, (words[0], 0))
        for candidate in reversed(candidates[max(0, end - MAX_NAMES_BACK):end]):
            bare = self._bare(candidate)
            if bare[1] - bare[0] > 1 and self._word(bare[1] - 1) == self._word(start):
                return candidate
        return None


def _goes_on(last: Statement, match: Match, view: View, source: Words | None) -> bool:
    """Whether a sentence without a cue of its own goes on with another such sentence, directly before it."""
    free = {"@sentence", "@last"}
    return (free <= match.template.flags and free <= last.match.template.flags and source == last.source
            and view.classes[last.match.contents[-1][1]:match.contents[0][0]] == EDGE)


def _sentences_taken(found: list[Match], view: View) -> set[Words]:
    """The sentences that a match with a speaker of its own is about: nobody goes on speaking there."""
    return {view.sentence(at) for match in found if "@last" not in match.template.flags
            for at in (match.cue, *(start for start, _ in match.contents))}


def _open_source(match: Match, earlier: list[Statement], view: View, language: Language) -> Words | None:
    """The source of a template that names none: @subject of the sentence or the @last speaker."""
    flags = match.template.flags
    sentence = view.sentence(match.cue)
    last = next((statement for statement in reversed(earlier) if statement.source), None)
    if "@subject" in flags:
        here = [one for one in earlier[-MAX_SENTENCES_BACK:] if one.source and one.match.cue >= sentence[0]]
        for one in reversed(here):  # not who speaks within another's words, nor "who"
            if not view.vocabulary.has("relative", view.classes[slice(*one.source)]) and not any(
                    start <= one.match.cue < end for other in here if other is not one
                    for start, end in other.match.contents):
                return one.source
        found = language.np.search(view.classes, sentence[0], max(match.start, sentence[0]))
        return _trim(found.span(), view, language) if found else None
    before = view.sentence(max(sentence[0] - 2, 0))
    if last and last.match.cue < before[0]:  # nobody speaks in the sentence before: whom is it about?
        subject = _person_at(before, earlier, view, language)
        if subject:
            return subject
    if last:
        between = bisect_left(view.edges, sentence[0]) - bisect_left(view.edges, last.match.cue)
        return last.source if between <= MAX_SENTENCES_BACK else None
    return None


def _person_at(sentence: Words, earlier: list[Statement], view: View, language: Language) -> Words | None:
    """The subject at the beginning of a sentence, if it is a speaker: known as one, or by its role or full name."""
    prepositions = language.vocabulary.members("prep")
    found = next((found for found in language.np.finditer(view.classes, *sentence)
                  if view.classes[found.start() - 1] not in prepositions), None)
    words = _trim(found.span(), view, language) if found else None
    if words is None:
        return None
    classes = view.classes[words[0]:words[1]]
    if (any(language.vocabulary.has(name, classes) for name in ("role", "pronoun", "body", "plural"))
            or language.vocabulary.full_name.fullmatch(classes)):
        return words
    sets = language.vocabulary.sets
    spoken = {view.words(at) for one in earlier[-12:] if one.source
              for at in range(*one.source) if view.classes[at] in sets["cap"]}
    return words if any(view.words(at) in spoken for at in range(*words)) else None


def _trim(words: Words, view: View, language: Language) -> Words | None:
    trim = language.vocabulary.trimmed
    start, end = words
    while start < end and view.classes[start] in trim:
        start += 1
    while end > start and view.classes[end - 1] in trim:
        end -= 1
    return (start, end) if start < end else None


def _span(words: Words | None, view: View) -> Span | None:
    if words is None:
        return None
    span = view.span(*words)
    return span if span[0] < span[1] else None
