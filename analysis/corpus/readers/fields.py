"""What fields mean in every format: addresses, lines of text, days, names of languages and of countries.

A field that cannot be used is null and counted; only a record without an address is set aside.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache

from analysis.corpus.model import Reject, shown

# Columns of our tables that no archive has anything for: they are coded by people, or come from outside.
NEVER = ("articles.genre", "articles.frames", "articles.tone", "articles.wire", "articles.read",
         "outlets.native_names", "outlets.kind", "outlets.owner",
         "sources.native_names", "sources.kind", "sources.role", "sources.affiliation", "sources.country",
         "sources.sector", "attributions.stance")
# The same of formats that list articles without what they quote.
NO_STATEMENTS = ("sources.source_id", "sources.name", "sources.outlet_id", "attributions.attribution_id",
                 "attributions.article_id", "attributions.position", "attributions.source_id", "attributions.form",
                 "attributions.via", "attributions.gist")

MAX_URL = 4000  # as the codebook
FIRST_YEAR, LAST_YEAR = 1900, 2100
# Controls, and what breaks lines: must stand in no text. For Arrow (RE2) and Python alike, as the next one.
CONTROLS = "[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029]+"
# An address as the codebook has it (no white space), with a host and nothing that cannot be seen.
_UNSEEN = "\\x00-\\x20\\x7f-\\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\uffff"
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
    found = value[: 4 * limit] if len(value) > 4 * limit else value
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
    small = " ".join(value.lower().split())
    if named := _language_names().get(small):
        return named
    code = re.fullmatch(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?", small)
    if not code or (first := _SHORTER.get(code[1], code[1])) not in _language_codes():
        return None
    first = _AS_RECORD.get(first, first)
    parts = [first, code[2] and code[2].title(), code[3] and code[3].upper()]
    return "-".join(part for part in parts if part)


# As the record writes them, whatever the format does.
_AS_RECORD = {"tl": "fil", "nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi", "mo": "ro"}
# ISO 639-2 and -3 codes of languages that have a two-letter code, which BCP 47 wants (RFC 5646, section 2.2.1): as in
# the subtag registry; the bibliographic codes of ISO 639-2 with them.
_SHORTER: dict[str, str] = {}


@cache
def _language_codes() -> frozenset[str]:
    from babel import Locale

    return frozenset(Locale("en").languages) | {"iw", "in", "ji", "mo"}


@cache
def _language_names() -> dict[str, str]:
    """Small English names of languages, as CLDR has them and as GDELT writes them, to codes."""
    from babel import Locale

    names = {name.lower(): code for code, name in Locale("en").languages.items() if re.fullmatch("[a-z]{2,3}", code)}
    return {name: _AS_RECORD.get(code, code) for name, code in names.items()}


def country(value: object, counts: Counter[str]) -> str | None:
    """ISO 3166-1 alpha-2 code of a country's English name; None where there is none, counted where it is not known."""
    if not isinstance(value, str) or not value.strip():
        return None
    found = _country_names().get(" ".join(value.lower().split()))
    counts[UNKNOWN_COUNTRY] += found is None
    return found


@cache
def _country_names() -> dict[str, str]:
    return {}


def refuse(file: str, position: int, unit: str, reason: str, record: object = "") -> Reject:
    """A record set aside, its text as JSON where it is no text."""
    import json

    if isinstance(record, (bytes, str)):
        return Reject(file, position, unit, reason, shown(record))
    return Reject(file, position, unit, reason, shown(json.dumps(record, ensure_ascii=False, default=str)))


def told(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Counts without those that are 0, in alphabetical order."""
    return {what: number for what, number in sorted(counts) if number}
