"""The record's names, in all scripts, found in a text by one multi-pattern matcher."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from analysis.attribution.vocabulary import lower
from analysis.dataset import Dataset, load_dataset

MIN_LETTERS = 3  # a shorter name in a script with letters is part of too many words
CACHE = 50_000


class Names:
    """Known names. `pairs`: (name, identifier); where a name has several, the first counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()):
        self._ids: dict[str, str] = {}
        self._known: dict[str, str | None] = {}  # what `identify` has answered
        for name, identifier in pairs:
            small = lower(" ".join(name.split()))
            if len(small) >= (MIN_LETTERS if small.isascii() else 2):
                self._ids.setdefault(small, identifier)
        self._names = list(self._ids)
        self._matcher = AhoCorasick(self._names, matchkind=MatchKind.LeftmostLongest,
                                    implementation=Implementation.ContiguousNFA) if self._names else None

    @classmethod
    def of(cls, data: Dataset) -> "Names":
        """The names of a record's sources and outlets. A source that is an outlet goes by its `outlet_id`."""
        rows: list[tuple[str, str]] = []
        for table, key in ((data.sources, "source_id"), (data.outlets, "outlet_id")):
            for row in table.sort_values(key).itertuples():
                identifier = getattr(row, key)
                rows += [(name, identifier) for name in [row.name, *row.native_names] if isinstance(name, str)]
        return cls(rows)

    def __len__(self) -> int:
        return len(self._ids)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where known names stand in a text, in order, none overlapping."""
        return [(start, end) for _, start, end in self._found(lower(text))]

    def identify(self, text: str) -> str | None:
        """The identifier of the longest known name in a short text, such as a source; None where there is none."""
        if text not in self._known:
            if len(self._known) > CACHE:
                self._known.clear()
            self._known[text] = self._longest(text)
        return self._known[text]

    def _longest(self, text: str) -> str | None:
        found = self._found(lower(text))
        best = max(found, key=lambda match: (match[2] - match[1], -match[1]), default=None)
        return self._ids[self._names[best[0]]] if best else None

    def _found(self, small: str) -> list[tuple[int, int, int]]:
        if self._matcher is None:
            return []
        return [(index, start, end) for index, start, end in self._matcher.find_matches_as_indexes(small)
                if _whole(small, start, end)]


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a match is a word of its own, in scripts where words are parted; an inflected ending may follow."""
    first, last = text[start], text[end - 1]
    if _letters(first) and text[start - 1:start].isalpha() and _letters(text[start - 1]):
        return False
    rest = text[end:end + 4]
    if not (_letters(last) and rest[:1].isalpha() and _letters(rest[0])):
        return True
    tail = next((i for i, c in enumerate(rest) if not c.isalpha()), len(rest))
    return not last.isascii() and tail <= 3 and end - start > 4


def _letters(character: str) -> bool:
    """Whether the script parts its words: Latin, Greek, Cyrillic, Arabic, Devanagari."""
    return character < "\u0e00" or "\u1200" <= character < "\u2e80"


@lru_cache(maxsize=1)
def bundled() -> Names:
    """The names of the bundled record, read once."""
    return Names.of(load_dataset())
