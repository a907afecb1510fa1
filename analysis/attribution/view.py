"""A text as attribution sees it: words with offsets and classes, quotations as single words, sentence boundaries.

`classes` has one character a word: the templates of a language file are matched on it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import sentencex

from analysis.attribution.languages import Language
from analysis.attribution.marks import Quotation
from analysis.attribution.vocabulary import EDGE, KNOWN, PARAGRAPH, PROPER_QUOTE, QUOTE, SHORT_QUOTE, Vocabulary, lower

_SURROGATES = re.compile("[\ud800-\udfff]")
# What a reader does not see must not part words from each other: bidi controls, joiners of no meaning, NUL.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_AND_BLANK = (1).__add__
_EDGE = re.compile(f"[{EDGE}{PARAGRAPH}]")
_BEFORE_NUMBER = re.compile(r"\. (?=\d)")
_LONG = 5  # letters: no abbreviation is as long
_BACK = 20  # characters: an ordinal number and the word before it
_LINE = re.compile(r"\n\s*")
_PIECE = 4_000  # characters that the sentence splitter is given at a time
# Quotations are found without it; curly marks of one kind, that open and never close, cost it the most.
_MARKS = "“”„‟«»‹›「」『』‘‚‛〝〞〟"
_ENDS = tuple(".!?:…。！？：।۔؟”\"»“」』’)*")
_SHORT_LINE = 60  # characters: a line as short as this was not broken by a margin
_TITLE_WORDS = 5  # a quotation as short as this, and no sentence, may be a name


@dataclass(slots=True)
class View:
    """`classes`: see above. `quotations`: index of a word -> the quotation that it is; `groups`: group -> indices of
    its pieces; `edges`: indices of the boundaries.

    The text is kept in units, what stands between two blanks, since most are one word each and many come again:
    `offsets` (where each begins), `units` (its text; "" for boundaries, quotations and phrases, whose ends are in
    `closes`), `last` (how many words there are up to its end). A word's offsets are computed when they are asked for.
    """

    text: str
    vocabulary: Vocabulary
    classes: str = ""
    quotations: dict[int, Quotation] = field(default_factory=dict)
    groups: dict[int, list[int]] = field(default_factory=dict)
    edges: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    closes: dict[int, int] = field(default_factory=dict)
    last: list[int] = field(default_factory=list)

    def span(self, first: int, end: int) -> tuple[int, int]:
        """The offsets of a half-open pair of word indices; start = end for boundaries alone."""
        start, close = self._word(first)
        return (start, close) if end == first + 1 else (start, self._word(end - 1)[1])

    def words(self, first: int, end: int | None = None) -> str:
        """The text of a word, or of a half-open pair of indices."""
        start, close = self._word(first) if end is None else self.span(first, end)
        return self.text[start:close]

    def _word(self, at: int) -> tuple[int, int]:
        unit = bisect_right(self.last, at)
        offset = self.offsets[unit]
        if unit in self.closes:
            return offset, self.closes[unit]
        before = self.last[unit - 1] if unit else 0
        start, end = self.vocabulary.spans(self.units[unit])[at - before]
        return offset + start, offset + end

    def sentence(self, at: int) -> tuple[int, int]:
        """The words of the sentence in which a word stands; that of a boundary is the one before it."""
        index = bisect_left(self.edges, at)
        return (self.edges[index - 1] + 1 if index else 0,
                self.edges[index] if index < len(self.edges) else len(self.classes))


def clean(text: str) -> str:
    """The text without what libraries choke on, at the same offsets."""
    if not text.isascii():
        text = _SURROGATES.sub("\ufffd", text)
    # Two apostrophes are one quotation mark; the blank keeps the offsets.
    return _INVISIBLE.sub(" ", text).replace("''", ' "').replace("``", " “")


def view(text: str, language: Language, known: Iterable[tuple[int, int]] = (), quoted: Sequence[Quotation] = ()
         ) -> View:
    """Cut a cleaned text into classed words. `known`: spans of known names, each of which is one word; `quoted`: the
    quotations, likewise."""
    vocabulary = language.vocabulary
    phrases = vocabulary.phrases(lower(text))
    abbreviated = {end for _, end, _ in phrases if text[end - 1] == "."}  # "Ms." ends no sentence
    edges = [(at, char) for at, char in _edges(text, language, quoted) if char != EDGE or at not in abbreviated]
    specials = [(q.start, q.end, _quote_class(text, q), q) for q in quoted]
    starts_of_quotes = [q.start for q in quoted]

    def outside(start: int, end: int) -> bool:
        at = bisect_left(starts_of_quotes, end) - 1
        return at < 0 or quoted[at].end <= start

    taken = 0
    names = []
    for start, end in known:
        if start >= taken and outside(start, end):
            names.append((start, end, KNOWN, None))
            taken = end
    starts_of_names = [name[0] for name in names]
    for start, end, char in phrases:
        at = bisect_left(starts_of_names, end) - 1
        if outside(start, end) and (at < 0 or names[at][1] <= start):
            specials.append((start, end, char, None))
    specials += names
    specials += [(at, at, char, None) for at, char in edges]
    specials.sort(key=lambda special: special[:2])
    return _cut(text, language, specials)


def _cut(text: str, language: Language, specials: list[tuple[int, int, str, Quotation | None]]) -> View:
    vocabulary = language.vocabulary
    result = View(text, vocabulary)
    offsets, units, closes = result.offsets, result.units, result.closes
    parts: list[str] = []
    quoted: list[tuple[int, Quotation]] = []
    position = 0
    initial = False
    for start, end, char, quotation in [(0, 0, PARAGRAPH, None), *specials, (len(text), len(text), PARAGRAPH, None)]:
        if start < position:
            continue
        if start > position:
            between = text[position:start]
            found = between.split(" ") if language.spaces else [between]
            offsets.extend(accumulate(map(_AND_BLANK, map(len, found)), initial=position))
            offsets.pop()
            first = len(parts)
            parts.extend(map(vocabulary.classes, found))
            if initial:
                index = next((i for i in range(first, len(parts)) if parts[i]), None)
                if index is not None:
                    parts[index] = vocabulary.initial(found[index - first])
            units.extend(found)
        initial = start == end
        if quotation is not None:
            quoted.append((len(parts), quotation))
        closes[len(parts)] = end
        offsets.append(start)
        units.append("")
        parts.append(char)
        position = end
    result.classes = "".join(parts)
    result.last = list(accumulate(map(len, parts)))
    result.edges = [match.start() for match in _EDGE.finditer(result.classes)]
    for unit, quotation in quoted:
        at = result.last[unit] - 1
        result.quotations[at] = quotation
        result.groups.setdefault(quotation.group, []).append(at)
    return result


def _quote_class(text: str, quotation: Quotation) -> str:
    inner = text[quotation.start + 1:quotation.end - 1].strip()
    if quotation.part or len(inner) > 80 or inner[-1:] in (",", ".", "!", "?", "。", "،", "؟", "।", "۔"):
        return QUOTE
    words = inner.split()
    if len(words) > _TITLE_WORDS:
        return QUOTE
    return PROPER_QUOTE if len(words) > 1 and all(word[0].isupper() for word in words) else SHORT_QUOTE


def _sentence_ends(text: str, code: str) -> Iterator[int]:
    """Where sentences end, by sentencex, a piece of the text at a time: its time can grow with the square."""
    plain = text
    for mark in _MARKS if not text.isascii() else "":
        plain = plain.replace(mark, "'")
    if plain.count('"') % 2 or "„" in text:  # „mixed": one without its partner holds the rest of the text together
        plain = plain.replace('"', "'")
    start = 0
    while start < len(plain):
        end = start + _PIECE
        if end < len(plain):
            cuts = (plain.rfind(mark, start + 1, end) for mark in ("\n", ". ", "。", " "))
            end = next((cut for cut in cuts if cut > 0), end - 1) + 1
        for boundary in sentencex.get_sentence_boundaries(code, plain[start:end]):
            sentence = boundary["text"].rstrip()
            if sentence:
                yield start + boundary["start_index"] + len(sentence)
        start = end


def _edges(text: str, language: Language, quoted: Sequence[Quotation]) -> list[tuple[int, str]]:
    """Where sentences and paragraphs end, as (offset, class), none of it within a quotation."""
    found: dict[int, str] = {}
    for match in _LINE.finditer(text):
        start, end = match.span()
        line = text[text.rfind("\n", 0, start) + 1:start].rstrip() if start else ""
        if (language.newline_ends or "\n" in match[0][1:] or len(line) < _SHORT_LINE or line.endswith(_ENDS)
                or text[end:end + 1] in "“\"«„—–-"):
            found[start] = PARAGRAPH
    for at in _sentence_ends(text, language.code):
        numbered = language.ordinal and text[at - 2:at - 1].isdigit() and text[at:at + 1] == " "
        if not (numbered and language.ordinal.search(text, max(0, at - _BACK), at)):
            found.setdefault(at, EDGE)
    if language.ordinal:
        for match in _BEFORE_NUMBER.finditer(text):  # "... gesunken. 17 Helfer ...", which the splitter misses
            if match.start() >= _LONG and text[match.start() - _LONG:match.start()].isalpha():
                found.setdefault(match.start() + 1, EDGE)
    result = []
    ordered = sorted(found.items())
    index = 0
    for at, char in ordered:
        while index < len(quoted) and quoted[index].end < at:
            index += 1
        if index < len(quoted) and quoted[index].start < at <= quoted[index].end:
            if at < quoted[index].end and char == EDGE:
                continue
            inner = text[quoted[index].start:quoted[index].end].rstrip("”\"»“」』’'«").rstrip()
            if char == EDGE and (inner[-1:] in "!?,…！？،"  # “Why?” Name asked
                                 or text[at:at + 3].lstrip(" \xa0\u202f")[:1] in tuple("–—―")):  # “...” — Name
                continue
        result.append((at, char))
    return result
