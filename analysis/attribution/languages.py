"""Language files: read, checked against the schema (languages/README.md), compiled; `available()` lists them.

A language is one TOML file of words and templates, no code. Nothing here knows any language.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.attribution.templates import Compiler, Template, TemplateError
from analysis.attribution.vocabulary import BUILT_IN, Vocabulary

FOLDER = Path(__file__).with_name("languages")

# table -> key -> the type that it must have; a table with "*" takes names of the author's choice.
_SCHEMA: dict[str, dict[str, type]] = {
    "language": {"code": str, "name": str, "spaces": bool, "case": bool, "newline_ends": bool},
    "marks": {"quotes": list, "quoted_parts": bool, "cue_inside": bool},
    "tokens": {"elided": str, "count_spaces": bool, "ordinal_after": str},
    "cues": {"*": str},
    "attitudes": {"*": str},
    "words": {"*": str},
    "nouns": {"*": str},
    "pronouns": {"*": str},
    "endings": {"*": str},
    "phrases": {"*": str},
    "templates": {"*": list},
    "names": {"strip_start": str, "strip_end": str, "particles": str},
}
_REQUIRED = {"language": ("code", "name"), "marks": ("quotes",), "cues": (), "templates": ()}
_WORD_TABLES = ("cues", "attitudes", "words", "nouns", "pronouns")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FAMILY = re.compile(r"\b([a-z][a-z0-9]*_)\*")  # in a template: sep_* for sep_a, sep_b ...
_AGREEMENT = re.compile(r"[mfnx][sp]")  # pronouns: gender (x: any) and number


@dataclass(frozen=True)
class LanguageFault:
    """One place in a language file that breaks one rule: `file`, `key` (table.key), `value` as found, `rule`."""

    file: str
    key: str
    value: str
    rule: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: '{self.value[:120]}': {self.rule}" if self.value else (
            f"{self.file}: {self.key}: {self.rule}")


class LanguageError(ValueError):
    """A language file breaks its schema. `.faults` lists every `LanguageFault`."""

    def __init__(self, faults: list[LanguageFault]):
        self.faults = tuple(faults)
        super().__init__("\n  ".join([f"{len(faults)} fault{'s' if len(faults) != 1 else ''} in a language file:",
                                      *map(str, faults)]))


@dataclass(frozen=True)
class Language:
    """A language, ready for use."""

    code: str
    name: str
    spaces: bool
    case: bool
    newline_ends: bool
    quotes: tuple[tuple[str, str], ...]
    quoted_parts: bool
    cue_inside: bool
    inserted: re.Pattern[str] | None  # a cue and its source between commas or dashes
    ordinal: re.Pattern[str] | None  # a word and a number whose stop ends no sentence
    vocabulary: Vocabulary
    anchors: re.Pattern[str]  # any class at which a template may stand
    by_class: dict[str, tuple[Template, ...]]  # such a class -> its templates
    np: re.Pattern[str]  # the subject of a sentence, in word classes
    agreement: dict[str, str]  # pronoun -> gender and number
    strip_start: re.Pattern[str] | None
    strip_end: re.Pattern[str] | None
    particles: frozenset[str]


@lru_cache(maxsize=1)
def available() -> tuple[str, ...]:
    """The codes of the languages that there is a file for, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@lru_cache(maxsize=None)
def language(code: str) -> Language:
    """The language of that code (BCP 47; only the primary subtag counts). Raises KeyError where there is no file."""
    primary = re.split("[-_]", code.lower(), maxsplit=1)[0]
    if primary not in available():
        raise KeyError(f"no language file for '{code}'; there are: {', '.join(available())}")
    return language(primary) if primary != code else read(FOLDER / f"{primary}.toml")


def read(path: Path) -> Language:
    """Read, check and compile one file. Raises LanguageError with every fault, OSError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LanguageError([LanguageFault(path.name, "(file)", "", f"is no TOML in UTF-8: {error}")]) from None
    faults = _check_shape(path, table)
    if faults:
        raise LanguageError(faults)
    return _compile(path, table)


def entries(text: str) -> list[str]:
    """The entries of a word list: separated by commas or line breaks, a `#` opens a comment."""
    lines = (line.split("#", 1)[0] for line in text.split("\n"))
    return [unicodedata.normalize("NFC", " ".join(entry.split())) for line in lines for entry in line.split(",")
            if entry.strip()]


def _check_shape(path: Path, table: dict[str, Any]) -> list[LanguageFault]:
    faults: list[LanguageFault] = []

    def fault(key: str, value: object, rule: str) -> None:
        faults.append(LanguageFault(path.name, key, str(value), rule))

    for name, content in table.items():
        if name not in _SCHEMA:
            fault(name, "", f"is no table of the schema; tables are {', '.join(_SCHEMA)}")
        elif not isinstance(content, dict):
            fault(name, content, "must be a table")
        else:
            for key, value in content.items():
                _check_value(fault, name, key, value)
    for name, keys in _REQUIRED.items():
        if not isinstance(table.get(name), dict) or not table[name]:
            fault(name, "", "is missing or empty")
        else:
            for key in keys:
                if key not in table[name]:
                    fault(f"{name}.{key}", "", "is missing")
    code = (table.get("language") or {}).get("code") if isinstance(table.get("language"), dict) else None
    if code is not None and code != path.stem:
        fault("language.code", code, f"must be the file's name, '{path.stem}'")
    about, tokens = (table.get(name) if isinstance(table.get(name), dict) else {} for name in ("language", "tokens"))
    if tokens.get("count_spaces") and about.get("spaces", True):
        fault("tokens.count_spaces", "",
              "spaces count as words only where they do not part words (language.spaces = false)")
    owner: dict[str, str] = {}
    for name in (*_WORD_TABLES, "endings", "phrases"):
        for key in table.get(name) or {} if isinstance(table.get(name), dict) else {}:
            if key in BUILT_IN or key in owner:
                fault(f"{name}.{key}", "", f"the name is taken by {owner.get(key, 'a built-in class')}")
            owner[key] = name
    return faults


def _check_value(fault: Any, name: str, key: str, value: object) -> None:
    schema = _SCHEMA[name]
    kind = schema.get(key) or schema.get("*")
    place = f"{name}.{key}"
    if kind is None:
        fault(place, value, f"is no key of [{name}]; keys are {', '.join(schema)}")
        return
    if "*" in schema and name != "pronouns" and not _NAME.fullmatch(key):
        fault(place, "", "a name is small Latin letters, digits and _, and begins with a letter")
    if name == "pronouns" and not _AGREEMENT.fullmatch(key):
        fault(place, "", "is a gender (m, f, n, or x for any) and a number (s or p), such as ms")
    if not isinstance(value, kind):
        fault(place, value, "must be a " + {list: "list of texts", str: "text", bool: "true or false"}[kind])
        return
    if kind is list:
        for item in value:
            if not isinstance(item, str):
                fault(place, item, "must be a text")
            elif place == "marks.quotes" and len(item.split()) != 2 and len(item) != 2:
                fault(place, item, "a pair of quotation marks is two characters, the opening and the closing one")
    elif name in _WORD_TABLES:
        _check_entries(fault, place, value)
    elif name == "endings" or place.startswith("names.strip"):
        try:
            re.compile(value)
        except re.error as error:
            fault(place, value, f"is no regular expression: {error}")
        else:
            if re.search(r"[+*}]\)?[+*{]", value):
                fault(place, value, "a repetition of a repetition can take for ever")


def _check_entries(fault: Any, place: str, value: str) -> None:
    found = entries(value)
    if not found:
        fault(place, "", "an empty list")
    for entry in found:
        if entry.startswith("/"):
            try:
                re.compile(entry.strip("/"))
            except re.error as error:
                fault(place, entry, f"is no regular expression: {error}")
            if not entry.endswith("/") or len(entry) < 3:
                fault(place, entry, "a regular expression stands between slashes")
            if re.search(r"[+*}]\)?[+*{]", entry):
                fault(place, entry, "a repetition of a repetition can take for ever")
        elif "*" in entry.strip("*") or entry.strip("*") == "":
            fault(place, entry, "a * stands only at the beginning or the end of a word")


def _compile(path: Path, table: dict[str, Any]) -> Language:
    faults: list[LanguageFault] = []
    about, marks = table["language"], table["marks"]
    lists = {key: (name, entries(value)) for name in _WORD_TABLES for key, value in table.get(name, {}).items()}
    vocabulary = Vocabulary(
        lists, table.get("endings", {}), spaces=about.get("spaces", True), case=about.get("case", True),
        elided=entries(table.get("tokens", {}).get("elided", "")),
        count_spaces=table.get("tokens", {}).get("count_spaces", False))
    defaults = _CASED if about.get("case", True) else _CASELESS
    phrases = defaults | table.get("phrases", {})
    compiler = Compiler(vocabulary.sets, phrases, set(table["cues"]), set(table.get("attitudes", {})))
    templates = []
    np = re.compile("(?!)")
    try:
        np = compiler.phrase("subject" if "subject" in phrases else "np")
    except (TemplateError, re.error) as error:
        faults.append(LanguageFault(path.name, "phrases.np", phrases["np"], str(error)))
    inserted = None
    if "inserted" in phrases:
        try:
            inserted = compiler.between("inserted")
        except (TemplateError, re.error) as error:
            faults.append(LanguageFault(path.name, "phrases.inserted", phrases["inserted"], str(error)))
    for group, texts in table["templates"].items():
        for text in texts:
            try:
                templates += [compiler.compile(member, group) for member in family(text, vocabulary.sets)]
            except (TemplateError, re.error) as error:
                faults.append(LanguageFault(path.name, f"templates.{group}", text, str(error)))
    if faults:
        raise LanguageError(faults)
    names = table.get("names", {})
    return Language(
        code=about["code"], name=about["name"], spaces=about.get("spaces", True), case=about.get("case", True),
        newline_ends=about.get("newline_ends", False),
        quotes=tuple((pair[0], pair[-1]) for pair in marks["quotes"]),
        quoted_parts=marks.get("quoted_parts", False), cue_inside=marks.get("cue_inside", False), inserted=inserted,
        ordinal=_ordinal(entries(table.get("tokens", {}).get("ordinal_after", ""))),
        vocabulary=vocabulary, **_by_anchor(templates),
        np=np,
        agreement={entry.lower(): key for key, value in table.get("pronouns", {}).items() for entry in entries(value)},
        strip_start=re.compile(names["strip_start"]) if "strip_start" in names else None,
        strip_end=re.compile(names["strip_end"]) if "strip_end" in names else None,
        particles=frozenset(entries(names.get("particles", ""))))


def family(text: str, names: Iterable[str]) -> list[str]:
    """A template with names that end in `_*`, once for each ending that all of them have; else the template alone.

    >>> family("S sep_*! K part_*", ["sep_a", "sep_b", "part_a", "say"])
    ['S sep_a! K part_a']
    """
    stems = set(_FAMILY.findall(text))
    if not stems:
        return [text]
    endings = set.intersection(*({name[len(stem):] for name in names if name.startswith(stem)} for stem in stems))
    if not endings:
        raise TemplateError(f"no lists are called {', '.join(sorted(stem + '*' for stem in stems))} with one ending")
    return [_FAMILY.sub(rf"\g<1>{ending}", text) for ending in sorted(endings)]


def _ordinal(words: list[str]) -> re.Pattern[str] | None:
    """A number of up to three digits and its stop, after one of these words."""
    return re.compile(rf"(?i)\b(?:{'|'.join(map(re.escape, words))})\s\d{{1,3}}\.$") if words else None


def _by_anchor(templates: list[Template]) -> dict[str, Any]:
    by_class: dict[str, list[Template]] = {}
    for template in templates:
        for char in template.anchor:
            by_class.setdefault(char, []).append(template)
    anchors = re.compile(f"[{re.escape(''.join(sorted(by_class)))}]" if by_class else "(?!)")
    return {"anchors": anchors, "by_class": {char: tuple(found) for char, found in by_class.items()}}


# Phrases that a file can use or replace. `np` is a source: what a language's own grammar says better, its file says.
_COMMON = {"clause": "any+", "piece": "inside+"}
_CASED = _COMMON | {"np": "[cap known num]{1,6}"}
_CASELESS = _COMMON | {"np": "[low known num]{1,8}"}
