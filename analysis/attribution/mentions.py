"""Pronouns and short forms: the last full name in the text that fits them.

Names are found where capitals show them, or (in languages without case) where the record knows them.
"""

from __future__ import annotations

from bisect import bisect_left

from analysis.attribution.languages import Language
from analysis.attribution.match import Words
from analysis.attribution.names import Names
from analysis.attribution.view import View
from analysis.attribution.vocabulary import key

MAX_NAMES_BACK = 60  # how many mentions are looked through for the full name of a short form


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
        full = self._full_form(words) or self._apposition(words)
        self._last.append(full or words)
        return self._text(self._bare(full)) if full else text

    def _apposition(self, words: Words) -> Words | None:
        """The name between commas after an office: "the mayor, Ann Lee, said"."""
        vocabulary, classes, end = self.language.vocabulary, self.view.classes, words[1]
        bare = self._bare(words)
        if not self.language.case or not self._is(words, "role") or (bare != words and bare[1] - bare[0] > 1):
            return None
        name = vocabulary.full_name.match(classes, end + 1) if vocabulary.has("comma", classes[end:end + 1]) else None
        after = classes[name.end():name.end() + 1] if name else ""
        return name.span() if after and (vocabulary.has("comma", after) or vocabulary.has("open", after)) else None

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
