"""What fields mean in every format: addresses, lines of text, days, names of languages and of countries.

A field that cannot be used is null and counted; only a record without an address is set aside.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from analysis.corpus.model import ARTICLES, STATEMENTS, Batch, Reject, Split, shown, table

if TYPE_CHECKING:
    from analysis.corpus.readers.records import Record

# Columns of our tables that no archive has anything for: they are coded by people, or come from outside.
NEVER = ("articles.genre", "articles.frames", "articles.tone", "articles.wire", "articles.read",
         "outlets.native_names", "outlets.kind", "outlets.owner",
         "sources.native_names", "sources.kind", "sources.role", "sources.affiliation", "sources.country",
         "sources.sector", "attributions.stance")
# The same of formats that list articles without what they quote.
NO_STATEMENTS = ("sources.source_id", "sources.name", "sources.outlet_id", "attributions.attribution_id",
                 "attributions.article_id", "attributions.position", "attributions.source_id", "attributions.form",
                 "attributions.via", "attributions.gist")

MAX_URL = 4000  # as the codebook, as the next one
MAX_NAME = 200
FIRST_YEAR, LAST_YEAR = 1900, 2100
# Controls, and what breaks lines: must stand in no text. For Arrow (RE2) and Python alike, as the next one.
CONTROLS = "[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029]+"
# An address as the codebook has it (no white space), with a host and nothing that cannot be seen but for zero-width
# joiners, which are spelling in Persian and Hindi.
_UNSEEN = ("\\x00-\\x20\\x7f-\\xa0\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
           "\ufff9-\ufffb\ufffe\uffff")
URL = f"^https?://[^{_UNSEEN}/?#][^{_UNSEEN}]*$"
_URL = re.compile(URL.replace("$", r"\Z"))
_NOT_TEXT = re.compile(CONTROLS)
_DAY = re.compile(r"\s*(?:(\d{4})-(\d\d)-(\d\d)(?!\d)|(\d{4})(\d\d)(\d\d)(?=\d{6}(?!\d)|\D|\Z))", re.ASCII)
_LONE = re.compile("[\ud800-\udfff]")

UNREADABLE_DATE = f"dates that cannot be read or lie outside {FIRST_YEAR}-{LAST_YEAR}"
UNKNOWN_LANGUAGE = "names of languages that are not known"
UNKNOWN_COUNTRY = "names of countries that are not known"
NO_RULES = "articles in languages without rules for attribution"


def text(value: object, limit: int) -> str | None:
    """Text on one line, controls and halves of surrogate pairs replaced, cut; None where nothing is left.

    >>> text(" Ha\\x00 Noi\\n2025", 20)
    'Ha Noi 2025'
    """
    if not isinstance(value, str):
        return None
    found = value[: 4 * limit]  # white space may fall away
    if not found.isprintable():
        found = _LONE.sub("\ufffd", _NOT_TEXT.sub(" ", found))
    return " ".join(found.split())[:limit].rstrip() or None


def address(value: object) -> str | None:
    """An http(s) address, as it stands but for white space around it; None where it is none."""
    if not isinstance(value, str):
        return None
    found = value.strip()
    if found[:8].lower().startswith(("http://", "https://")):
        scheme, rest = found.split(":", 1)
        found = f"{scheme.lower()}:{rest}"
    if len(found) > MAX_URL or not _URL.match(found) or _LONE.search(found):
        return None
    return found


def no_address(value: object) -> str:
    """Why a record is set aside that has no address."""
    if value is None or value == "":
        return "has no address (url)"
    if isinstance(value, str) and len(value) > MAX_URL:
        return f"its address (url) is longer than {MAX_URL:,} characters"
    return f"its address (url) must be an http or https address without white space, is {shown(repr(value))[:200]}"


@lru_cache(maxsize=50_000)
def day(value: str) -> date | None:
    """The day of a date or time in ISO 8601, extended or basic, or None; what follows the day is not looked at.

    >>> day("2025-10-25 08:30:00"), day("20251025T083000Z"), day("25/10/2025")
    (datetime.date(2025, 10, 25), datetime.date(2025, 10, 25), None)
    """
    found = _DAY.match(value)
    if not found:
        return None
    try:
        made = date(*(int(part) for part in found.groups() if part))
    except ValueError:
        return None
    return made if FIRST_YEAR <= made.year <= LAST_YEAR else None


def dated(value: object, counts: Counter[str]) -> date | None:
    """The day of a field that may be missing; one that cannot be read is counted."""
    if value is None or value == "":
        return None
    made = day(value) if isinstance(value, str) else None
    counts[UNREADABLE_DATE] += made is None
    return made


def language(value: object, counts: Counter[str]) -> str | None:
    """BCP 47 code of a language's code or English name; None where there is none, counted where it is not known."""
    if not isinstance(value, str) or not value.strip():
        return None
    found = _language(value.strip())
    counts[UNKNOWN_LANGUAGE] += found is None
    return found


@lru_cache(maxsize=10_000)
def _language(value: str) -> str | None:
    from babel.core import get_global

    if named := _language_names().get(_key(value)):
        return named
    code = re.fullmatch(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?", value.lower())
    if not code:
        return None
    # RFC 5646, section 2.2.1: a language that has a two-letter code goes by it. CLDR knows the other codes of each.
    first, script = (get_global("language_aliases").get(code[1], code[1]) + "_").split("_")[:2]
    if first not in _languages():
        return None
    parts = [_AS_RECORD.get(first, first), script or (code[2] and code[2].title()), code[3] and code[3].upper()]
    return "-".join(part for part in parts if part)


# As the record writes them.
_AS_RECORD = {"tl": "fil", "nb": "no", "nn": "no"}
# What GDELT and the language identifier behind it (CLD2) call languages, where CLDR has another name.
# http://data.gdeltproject.org/api/v2/guides/LOOKUP-LANGUAGES.TXT
_OTHER_LANGUAGES = {
    "Sinhalese": "si", "NorwegianNynorsk": "no", "Norwegian N": "no", "ChineseT": "zh-Hant", "Chinese Simplified": "zh",
    "Farsi": "fa", "Kirghiz": "ky", "Kinyarwanda": "rw", "Laothian": "lo", "Scots Gaelic": "gd", "Oriya": "or",
    "Uighur": "ug", "Haitian Creole": "ht", "Frisian": "fy", "Tagalog": "fil", "Myanmar": "my", "Pushto": "ps",
    "Flemish": "nl", "Moldavian": "ro", "Byelorussian": "be", "Bengali": "bn", "Kurdish Sorani": "ckb"}


@cache
def _languages() -> frozenset[str]:
    from babel import Locale

    return frozenset(code for code in Locale("en").languages if len(code) <= 3) - {"und", "mul", "mis", "zxx"}


@cache
def _language_names() -> dict[str, str]:
    """English names of languages, as CLDR has them and as GDELT writes them, to codes."""
    from babel import Locale

    names = {_key(name): _AS_RECORD.get(code, code) for code, name in Locale("en").languages.items()
             if code in _languages()}
    return names | {_key(name): code for name, code in _OTHER_LANGUAGES.items()}


def _key(name: str) -> str:
    """A name by its letters: without case, accents, marks, "and" and "the"."""
    plain = unicodedata.normalize("NFKD", name.replace("’", "").replace("'", "")).encode("ascii", "ignore").decode()
    return "".join(word for word in re.findall("[a-z]+", plain.lower()) if word not in ("and", "the"))


def country(value: object, counts: Counter[str]) -> str | None:
    """ISO 3166-1 alpha-2 code of a country's English name; None where there is none, counted where it is not known."""
    if not isinstance(value, str) or not value.strip():
        return None
    found = _country_names().get(_key(value))
    counts[UNKNOWN_COUNTRY] += found is None
    return found


# GDELT's names (http://data.gdeltproject.org/api/v2/guides/LOOKUP-COUNTRIES.TXT, after FIPS 10-4) where neither CLDR
# nor country_converter has them. "Congo" is the one with Brazzaville: GDELT has another name for the other.
_OTHER_COUNTRIES = {
    "Cape Verde": "CV", "Congo": "CG", "Cote dIvoire": "CI", "Ivory Coast": "CI", "Czech Republic": "CZ",
    "East Timor": "TL", "Falkland Islands Islas Malvinas": "FK", "Gaza Strip": "PS", "West Bank": "PS",
    "Palestine": "PS", "Palestinian Territory": "PS", "Macau": "MO", "Hong Kong": "HK", "Macedonia": "MK",
    "Swaziland": "SZ", "Turkey": "TR", "Vatican City": "VA", "Vietnam, Democratic Republic of": "VN",
    "Virgin Islands": "VI", "Saint-Barthelemy Island": "BL", "Svalbard": "SJ", "Jan Mayen": "SJ",
    "Cocos Keeling Islands": "CC", "Burma": "MM", "Russia": "RU", "Brunei": "BN", "Micronesia": "FM",
    "French Southern and Antarctic Lands": "TF", "Saint Martin": "MF", "Saint Helena": "SH", "Great Britain": "GB"}


@cache
def _country_names() -> dict[str, str]:
    """English names of countries to codes. A name that means two countries is none."""
    from babel import Locale
    from country_converter import CountryConverter

    from analysis.places import NO_STATE, countries

    known = CountryConverter().data
    codes = set(countries().index) - {*NO_STATE, "EU"}
    pairs = [(name, code.split("|")[0].strip("^$")) for column in ("name_short", "name_official")
             for name, code in zip(known[column], known["ISO2"])]
    pairs += [(name, code) for code, name in Locale("en").territories.items()]
    found: dict[str, set[str]] = {}
    for name, code in pairs:
        if code in codes and _key(str(name)):
            found.setdefault(_key(str(name)), set()).add(code)
    sure = {name: min(of) for name, of in found.items() if len(of) == 1}
    return sure | {_key(name): code for name, code in _OTHER_COUNTRIES.items()}


class Gathered:
    """What a reader has read and not yet handed on. `rejects` stays the same list: others append to it."""

    def __init__(self) -> None:
        self.articles: list[dict] = []
        self.statements: list[dict] = []
        self.rejects: list[Reject] = []
        self.counts: Counter[str] = Counter()

    def batch(self, unit: str = "byte") -> Batch:
        """All of it; nothing is left."""
        made = Batch(table(self.articles, ARTICLES), table(self.statements, STATEMENTS), self.rejects[:],
                     told(self.counts), unit)
        for held in (self.articles, self.statements, self.rejects, self.counts):
            held.clear()
        return made


def batches(split: Split, records: Iterable[Record], article: Callable[[Record, str, Counter[str]], dict],
            rejects: list[Reject], size: int = 5_000) -> Iterator[Batch]:
    """Batches of records that are articles: those with an address; the others are rejected.

    `article` makes a row of `ARTICLES` of a record and its address, and counts what it cannot use.
    """
    held, unit = Gathered(), "byte"
    for record in records:
        unit = record.unit
        url = address(record.values.get("url"))
        if url:
            held.articles.append(article(record, url, held.counts))
        else:
            rejects.append(refuse(split.path.name, record.position, record.unit, no_address(record.values.get("url")),
                                  record.raw))
        if len(held.articles) >= size or len(rejects) >= size:
            held.rejects += rejects
            rejects.clear()
            yield held.batch(unit)
    held.rejects += rejects
    rejects.clear()
    yield held.batch(unit)


def refuse(file: str, position: int, unit: str, reason: str, record: object = "") -> Reject:
    """A record set aside, its text as JSON where it is no text."""
    if isinstance(record, (bytes, str)):
        return Reject(file, position, unit, reason, shown(record))
    return Reject(file, position, unit, reason, shown(json.dumps(record, ensure_ascii=False, default=str)))


def told(counts: Counter[str]) -> dict[str, int]:
    """Counts without those that are 0, in alphabetical order."""
    return {what: number for what, number in sorted(counts.items()) if number}
