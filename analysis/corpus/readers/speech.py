"""Statements of texts, and of quotations with a few words around them, by `analysis.attribution`.

Archives are read by no person: a source that is only described ("the minister", "he") is nobody's name here, so that
ministers of two countries do not become one source.
"""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from analysis import attribution
from analysis.attribution import Attribution
from analysis.attribution.languages import Language, language as rules_of
from analysis.corpus import identify
from analysis.corpus.identify import Known
from analysis.corpus.model import MAX_GIST
from analysis.corpus.readers import fields
from analysis.dataset import DATA

COVERED = 0.6  # as `analysis.attribution.relays`
MAX_AROUND = 500  # characters before and after a quotation that are looked at
MAX_QUOTATION = 2_000
_MARKS = "\"“”„‟«»‹›「」『』〝〞〟＂"
DESCRIBED = "statements whose source is described, not named"
UNATTRIBUTED = "quotations without a source in the words around them"


class Speaker(NamedTuple):
    """Who says something: name, identifier in the record, outlets that relay it; or `described` without a name."""

    name: str | None
    known: str | None
    via: list[str]
    described: bool


NOBODY = Speaker(None, None, [], False)


def rules(language: str | None) -> str | None:
    """The language whose rules are for a text in a language (BCP 47), or None.

    >>> rules("zh-Hant"), rules("sr-Latn"), rules(None)
    ('zh', None, None)
    """
    code = (language or "").split("-")[0]
    return code if code in attribution.available() else None


def statements(text: str, language: str, counts: Counter[str], known: Path = DATA) -> list[dict]:
    """The statements of a text in a language with rules: `speaker`, `known`, `form`, `gist`, `via` of `STATEMENTS`.

    known: the folder of the record whose names are recognised.
    """
    rows = []
    record = identify.known(known)
    for found in attribution.extract(text, language, record.names):
        found, own, relayed = _told(found, text, language, record)
        speaker = _speaker(found, own, language, relayed, record)
        counts[DESCRIBED] += speaker.described
        gist = " … ".join(own[start:end] for start, end in found.content)
        rows.append({"speaker": speaker.name, "known": speaker.known, "form": found.form,
                     "gist": fields.text(_bare(gist) if found.form == "direct" else gist, MAX_GIST),
                     "via": speaker.via or None})
    return [row for row in rows if row["gist"]]


def speaker(before: object, quotation: str, after: object, language: str, known: Path = DATA) -> Speaker:
    """Who says a quotation, by the words around it (what is no text is none), in a language with rules."""
    return _around(_clean(before if isinstance(before, str) else "", -MAX_AROUND), _clean(quotation, MAX_QUOTATION),
                   _clean(after if isinstance(after, str) else "", MAX_AROUND), language, known)


def _clean(text: str, size: int) -> str:
    """As much of a text from its beginning, or from its end, as counts."""
    return fields.text(text[:size] if size > 0 else text[size:], abs(size)) or ""


@lru_cache(maxsize=20_000)  # agencies' texts come again and again
def _around(before: str, quotation: str, after: str, language: str, known: Path) -> Speaker:
    rule, record = rules_of(language), identify.known(known)
    opening, closing = rule.quotes[0]
    space = " " if rule.spaces else ""
    before = before.rstrip().rstrip(_MARKS).rstrip()
    after = after.lstrip().lstrip(_MARKS).lstrip()
    begin = f"{before}{space if before else ''}"
    end = f"{begin}{opening}{_bare(quotation)}{closing}"
    text = f"{end}{space if after[:1].isalnum() else ''}{after}"  # a comma stands where it stood
    best, most = None, 0
    for found in attribution.extract(text, language, record.names):
        overlap = sum(max(0, min(stop, len(end)) - max(start, len(begin))) for start, stop in found.content)
        if overlap > most:
            best, most = found, overlap
    if not best:
        return NOBODY
    found, own, relayed = _told(best, text, language, record)
    return _speaker(found, own, language, relayed, record)


def _told(found: Attribution, text: str, language: str, record: Known) -> tuple[Attribution, str, list[str]]:
    """A statement of an outlet that is somebody else's in its own words ("… , said Luong Cuong, according to VNA").

    It comes as that other one's, with the text that its spans count in and the outlet that relays it.
    """
    if found.source_id in record.outlet_ids and len(found.content) == 1:
        part = text[slice(*found.content[0])]
        inner = [one for one in attribution.extract(part, language, record.names) if one.source]
        if len(inner) == 1 and COVERED * len(part) <= _reach(inner[0]):
            return inner[0], part, [found.source_id]
    return found, text, []


def _reach(found: Attribution) -> int:
    """Characters from where a statement with its source begins to where it ends."""
    spans = [*found.content, found.source]
    return max(end for _, end in spans) - min(start for start, _ in spans)


def _bare(quotation: str) -> str:
    """A quotation without marks around it."""
    text = quotation.strip()
    return text.strip(_MARKS).strip() if text[:1] in _MARKS or text[-1:] in _MARKS else text


def _speaker(found: Attribution, text: str, language: str, relayed: list[str], record: Known) -> Speaker:
    name = fields.text(found.source_text, fields.MAX_NAME)
    outlets = [known or fields.text(text[start:end], fields.MAX_NAME)
               for (start, end), known in zip(found.via, found.via_ids)]
    via = [outlet for outlet in [*relayed, *outlets] if outlet]
    if not name or found.source_id:
        return Speaker(name, found.source_id if name else None, via, False)
    if not _is_name(name, language):
        return Speaker(None, None, via, True)
    names = record.names  # what some languages list as a body ("Human Rights Watch") they do not look up
    known = names.identify(name) if names.spans(name) == [(0, len(name))] else None
    return Speaker(name, known, via, False)


def _is_name(text: str, language: str) -> bool:
    """Whether a source has a name in it, not only pronouns and words for roles, groups and bodies."""
    rule = rules_of(language)
    small = text.lower()
    if small in rule.agreement or small in _common(language):
        return False
    if not rule.case:  # no capital letters to tell a name by
        return True
    return any(word[:1].isupper() and (word.lower() not in _common(language) or len(word) > 1 and word.isupper())
               for word in _words(text))


def _words(text: str) -> list[str]:
    return [word.strip(".,;:()[]\"'“”‘’«»") for word in text.replace("’", "'").split()]


@cache
def _common(language: str) -> frozenset[str]:
    """Words, and phrases, that name nobody. Bodies of several words are names ("human rights watch")."""
    rule: Language = rules_of(language)
    entries = [entry.strip("*").lower() for name in ("det", "role", "plural", "body")
               for entry in rule.vocabulary.lists.get(name, ("", []))[1]
               if not entry.startswith("/") and not (name == "body" and " " in entry)]
    return frozenset([*rule.agreement, *entries, *(word for entry in entries for word in entry.split())])
