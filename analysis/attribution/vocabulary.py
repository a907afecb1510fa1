"""Words to classes: every word of a text becomes one character that stands for all the lists it is in.

Templates name lists; a list's set of characters is that of all combinations of lists that contain it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import product

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

# Built-in classes that every language has. `word` is any word, `inside` what no comma or the like divides.
BUILT_IN = ("any", "inside", "word", "cap", "low", "num", "known", "quote", "name_quote", "proper_quote", "edge", "para",
            "comma", "colon", "semicolon", "stop", "dash", "open", "close", "mark", "cue", "pronoun", "line", "space")
EDGE, PARAGRAPH, QUOTE, SHORT_QUOTE, KNOWN, PROPER_QUOTE = "\x01", "\x02", "\x03", "\x04", "\x05", "\x12"
QUOTES = QUOTE + SHORT_QUOTE + PROPER_QUOTE
_MARKS = {"comma": (",，、،", "\x06"), "colon": (":：", "\x07"), "semicolon": (";；؛", "\x08"),
          "stop": (".。۔।!?！？؟…", "\x0b"), "dash": ("–—―‒-−", "\x0c"), "open": ("([（［【{", "\x0e"),
          "close": (")]）］】}", "\x0f"), "mark": ("", "\x10"), "space": (" ", "\x11")}
_FIRST = 0x100  # characters of combinations of lists begin here
_NONE: frozenset[str] = frozenset()
_CACHE = 100_000  # distinct words remembered,
_LONGEST = 40  # none longer than this

_COMBINING = "".join(chr(c) for c in range(0x300, 0xFE30) if unicodedata.category(chr(c)) in ("Mn", "Mc"))
SIMPLE_WORD_CHARACTER = r"[\w\u0300-\u036f]"  # scripts with case
WORD_CHARACTER = rf"[\w{_COMBINING}\u200c\u200d]"


def lower(text: str) -> str:
    """Lower case, character by character, so that offsets stay."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def key(word: str) -> str:
    """What a word is looked up by."""
    small = lower(word)
    return (small if small.isascii() else unicodedata.normalize("NFC", small)).replace("’", "'")


class Vocabulary:
    """The word lists of one language.

    `lists`: name -> (table, entries); an entry is a word or a phrase, `word*` or `*word` (any ending, any beginning) or
    `/regex/` of a whole word. `endings`: name -> regex of a word's ending. A word that is in no list itself is looked
    up without its ending and after its last hyphen.
    """

    def __init__(self, lists: dict[str, tuple[str, list[str]]], endings: dict[str, str], spaces: bool, case: bool,
                 elided: Iterable[str] = (), count_spaces: bool = False):
        self.spaces, self.case = spaces, case
        self.lists = lists
        elisions = "|".join(sorted(map(re.escape, (e.strip("'’") for e in elided)), key=len, reverse=True))
        letter = SIMPLE_WORD_CHARACTER if case else WORD_CHARACTER
        self._closed = {name for name, (table, _) in lists.items() if table != "nouns"}
        self._cues = {name for name, (table, _) in lists.items() if table in ("cues", "attitudes")}
        self._inflected = {name for name, (table, _) in lists.items() if table in ("nouns", "pronouns")}
        # A word of two letters or more (with 1,000.5 and vietnam.vn), initials as in U.S. and J. R., a single letter.
        tied = rf"['’\-]{letter}+|[.,]\d+"
        word = (rf"{letter}{letter}+(?:{tied}|\.[a-z]{{2,4}}\b)*|(?:[^\W\d_]\.)+|{letter}(?:{tied})*" if spaces
                else _RUNS)
        first = rf"(?i:(?:{elisions})['’](?=\w))|" if elisions else ""
        spaces_too = "[ ]+|" if count_spaces else ""
        self.token = re.compile(rf"{first}{word}|{spaces_too}[^\w\s]")
        self._whole = re.compile(word)
        self._exact: dict[str, frozenset[str]] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        phrases: dict[str, set[str]] = {}
        for name, (_, words) in lists.items():
            patterns = dict.fromkeys(entry for entry in words if entry.startswith(("/", "*")) or entry.endswith("*"))
            for entry in words:
                if entry not in patterns:
                    self._add(name, entry, phrases)
            if patterns:
                self._patterns.append((_pattern(patterns), name))
        self._endings = [(name, re.compile(f"(?:{regex})$")) for name, regex in endings.items()]
        self._phrase_lists = [frozenset(found) for found in phrases.values()]
        self._phrases = list(phrases)
        self._matcher = AhoCorasick(self._phrases, matchkind=MatchKind.LeftmostLongest,
                                    implementation=Implementation.ContiguousNFA) if phrases else None
        self._classes: dict[tuple[frozenset[str], str], str] = {}
        self.sets = self._number_combinations(list(endings))
        self._members = {name: frozenset(chars) for name, chars in self.sets.items()}
        self.proper = (self._members["known"] | self._members["cap"]) - self.members("role", "title", "male", "female")
        name = re.escape("".join(sorted(self.members("cap", "known"))))
        self.full_name = re.compile(f"[{name}]{{2,8}}" + ("" if case else f"|[{KNOWN}]"))
        self.titles = self.members("title", "male", "female", "role")
        self.trimmed = self.members("comma", "stop", "edge", "colon", "semicolon", "dash", "space")
        self._cache: dict[str, str] = _Missing(self._look_up)
        # classes(unit): one character for each word of what stands between two blanks.
        self.classes = _Missing(self._cut).__getitem__
        # initial(unit): the same at the beginning of a sentence, where a capital letter tells nothing.
        self.initial = _Missing(self._cut_initial).__getitem__
        # spans(unit): the offsets of each of those words in the unit.
        self.spans = _Missing(self._spans).__getitem__

    def _add(self, name: str, entry: str, phrases: dict[str, set[str]]) -> None:
        if self.spaces and (self._whole.fullmatch(entry) or self.token.fullmatch(entry)):
            word = key(entry)
            self._exact[word] = self._exact.get(word, frozenset()) | {name}
        else:
            phrases.setdefault(key(entry), set()).add(name)

    def _number_combinations(self, endings: list[str]) -> dict[str, str]:
        """Give each combination of lists that can occur its character; return the set of characters of each name."""
        combinations = {frozenset(), *self._exact.values(), *self._phrase_lists,
                        *(frozenset([name]) for _, name in self._patterns)}
        combinations |= {lists - self._cues for lists in combinations}
        sets: dict[str, list[str]] = {name: [] for name in (*BUILT_IN, *self.lists, *endings)}
        for name, (_, char) in _MARKS.items():
            sets[name].append(char)
        sets["quote"] += QUOTES
        sets["name_quote"] += [SHORT_QUOTE, PROPER_QUOTE]
        sets["proper_quote"].append(PROPER_QUOTE)
        sets["edge"] += [EDGE, PARAGRAPH]
        sets["para"].append(PARAGRAPH)
        sets["known"].append(KNOWN)
        sets["line"].append(EDGE)
        sets["any"] += [*QUOTES, KNOWN, *(char for _, char in _MARKS.values())]
        sets["inside"] += [*QUOTES, KNOWN,
                           *(_MARKS[name][1] for name in ("open", "close", "mark", "stop", "space"))]
        sets["word"].append(KNOWN)
        number = _FIRST
        ordered = sorted(combinations, key=sorted)
        for lists, ending in product(ordered, [None, *endings]):
            closed = lists & self._closed
            for shape in ("",) if closed else ("cap", "low", "num"):
                char = chr(number)
                number += 1
                self._classes[lists | {ending} if ending else lists, shape] = char
                for name in {*lists, *filter(None, [ending, shape]), "any", "inside", "word",
                             *(["cue"] if lists & self._cues else []),
                             *(["pronoun"] if any(self.lists[n][0] == "pronouns" for n in lists) else [])}:
                    sets[name].append(char)
        sets["line"] += sets["any"]
        return {name: "".join(chars) for name, chars in sets.items()}

    # Looking up

    def members(self, *names: str) -> frozenset[str]:
        """The classes of these lists together; lists that the language has not got have none."""
        return frozenset().union(*(self._members.get(name, ()) for name in names))

    def has(self, name: str, classes: str) -> bool:
        """Whether one of the classes is in a list."""
        return not self._members.get(name, _NONE).isdisjoint(classes)

    def _cut_initial(self, unit: str) -> str:
        word = self.token.search(unit)
        return self._look_up_initial(word[0]) + self.classes(unit)[1:] if word else ""

    def _spans(self, unit: str) -> list[tuple[int, int]]:
        return [match.span() for match in self.token.finditer(unit)]

    def _cut(self, unit: str) -> str:
        return "".join(map(self._cache.__getitem__, self.token.findall(unit)))

    def phrases(self, text: str) -> list[tuple[int, int, str]]:
        """The phrases of several words in a text in lower case: (start, end, class), in order, none overlapping."""
        if self._matcher is None:
            return []
        found = []
        for index, start, end in self._matcher.find_matches_as_indexes(text):
            if self.spaces and (text[start - 1:start].isalnum() or text[end:end + 1].isalnum()):
                continue
            lists = self._phrase_lists[index]
            found.append((start, end, self._classes[lists, "" if lists & self._closed else "low"]))
        return found

    def _look_up(self, word: str) -> str:
        if not word[0].isalnum() and (len(word) == 1 or word.isspace()):
            word = word[0]
            return next((char for chars, char in _MARKS.values() if word in chars), _MARKS["mark"][1])
        lists, ending = self._lists(key(word))
        if self.case and lists & self._cues and word[0].isupper():
            # Within a sentence a verb has no capital: "United States", "das Sagen".
            lists = lists - self._cues
        return self._class(word, lists, ending)

    def _look_up_initial(self, word: str) -> str:
        if not word[0].isalnum() and (len(word) == 1 or word.isspace()):
            return self._look_up(word)
        return self._class(word, *self._lists(key(word)))

    def _class(self, word: str, lists: frozenset[str], ending: str | None) -> str:
        shape = "" if lists & self._closed else (
            "num" if word[0].isnumeric() else "cap" if self.case and word != word.lower() else "low")
        return self._classes[lists | {ending} if ending else lists, shape]

    def _lists(self, word: str) -> tuple[frozenset[str], str | None]:
        if word in self._exact:
            return self._exact[word], None
        for name, pattern in self._endings:
            match = pattern.search(word)
            if match and match.start():
                lists = self._stem(word[:match.start()])
                return lists if lists <= self._inflected else frozenset(), name
        return self._stem(word), None

    def _stem(self, word: str) -> frozenset[str]:
        if word in self._exact:
            return self._exact[word]
        for pattern, name in self._patterns:
            if pattern.fullmatch(word):
                return frozenset([name])
        head = word.rpartition("-")[2]
        lists = self._exact.get(head, frozenset()) if head != word else frozenset()
        return lists if lists and not lists & self._closed else frozenset()


def _pattern(entries: Iterable[str]) -> re.Pattern[str]:
    """The entries of one list that are patterns as one: a word is held against it once, not against each of them."""
    whole = [f"(?:{entry.strip('/')})" for entry in entries if entry.startswith("/")]
    stems: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        if not entry.startswith("/"):
            around = ".*" * entry.startswith("*"), ".*" * entry.endswith("*")
            stems.setdefault(around, []).append(re.escape(key(entry.strip("*"))))
    return re.compile("|".join(whole + [f"{before}(?:{'|'.join(found)}){after}"
                                        for (before, after), found in stems.items()]))


class _Missing(dict):
    """A dictionary that computes what it has not got, and forgets all of it before it grows past a bound."""

    def __init__(self, compute):
        super().__init__()
        self._compute = compute

    def __missing__(self, word: str) -> str:
        found = self._compute(word)
        if len(word) <= _LONGEST:
            if len(self) > _CACHE:
                self.clear()
            self[word] = found
        return found


# Scripts without spaces: a run of one script is a word until the lists cut it.
_HAN, _KANA, _HIRAGANA = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〇", "\u30a0-\u30ff", "\u3041-\u309f"
_THAI = "\u0e00-\u0e7f"
_RUNS = (rf"[{_HAN}]+|[{_KANA}]+(?:[・＝=][{_KANA}]+)*|[{_HIRAGANA}]+|[{_THAI}]+"
         rf"|(?:(?![{_HAN}{_KANA}{_HIRAGANA}{_THAI}]){WORD_CHARACTER})+")
