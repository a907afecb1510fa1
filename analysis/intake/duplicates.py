"""What is known already: the same address in another spelling, nearly the same text.

The record keeps no texts, so texts are compared among the drafts and with fingerprints of earlier drafts, kept locally.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import numpy as np

from analysis.intake.outlets import host_of

FINGERPRINTS = ".fingerprints.json"  # in the folder of the tables; not committed
SIMILAR = 0.5  # Jaccard; two reports of one event by two writers share less than a tenth of their shingles
SHINGLE = 8  # characters, so that it works without word boundaries
INDEXED = 16  # the smallest hashes, by which similar texts are found: at SIMILAR, two in 100,000 share none of them
SKETCH = 256  # hashes kept a text: the similarity is then off by about 0.06 at most (two standard errors at 0.5)

# Set by feeds, newsletters, advertisers and social networks; they never choose the article.
_TRACKING = re.compile(
    r"utm_.*|mtm_.*|pk_.*|at_(?:medium|campaign|link_.*)|wt_.*|fbclid|gclid|dclid|yclid|msclkid|igshid|"
    r"mc_[ce]id|_ga|_gl|traffic_source|ref_src|referrer|cmpid|ocid|ncid|sref|xtor|spm")
# These track in most places, and choose the article in some; then they have a number.
_MAYBE_TRACKING = re.compile(r"from|ref|source|src|channel|share|rss|amp")
# The founding document's Urdu copy is told from its source by #ur; such a mark of language is part of the address.
_KEPT_FRAGMENT = re.compile(r"[a-z]{2}|!.*")
_MAX_REMEMBERED = 5_000  # of about 4 kB each


def normalised(url: str) -> str:
    """An address without what makes no difference: scheme, `www.` and `m.`, default port, tracking parameters and the
    order of the others, a slash or `index.html` at the end, spelling of percent signs, fragment (unless it is a mark
    of language such as `#ur`, or a `#!` route).

    >>> normalised("http://www.Paper.example/a/?utm_source=x&id=2#top") == normalised("https://paper.example/a?id=2")
    True
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = host_of(url).removeprefix("m.").removeprefix("amp.")
    path = quote(unquote(parts.path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~-._", errors="surrogateescape")
    path = re.sub(r"/(?:index\.(?:html?|php))?/*\Z", "", path)
    kept = sorted((name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)
                  if not _tracks(name.lower(), value))
    made = f"{host}{f':{port}' if port not in (None, 80, 443) else ''}{path}"
    if kept:
        made += f"?{urlencode(kept)}"
    if _KEPT_FRAGMENT.fullmatch(parts.fragment):
        made += f"#{parts.fragment}"
    return made


def _tracks(name: str, value: str) -> bool:
    return bool(_TRACKING.fullmatch(name) or _MAYBE_TRACKING.fullmatch(name) and not re.search(r"\d", value))


def known_addresses(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """From normalised addresses to identifiers, of (identifier, address)."""
    return {normalised(url): key for key, url in rows}


def sketch(text: str) -> np.ndarray:
    """A text's fingerprint: the smallest `SKETCH` hashes of its runs of `SHINGLE` letters (bottom-k MinHash, Broder
    1997, doi:10.1109/SEQUEN.1997.666900). Case, marks, digits' forms and spaces make no difference. Sorted, uint64."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(c for c in plain if c.isalnum())
    codes = np.frombuffer(letters.encode("utf-32-le", errors="replace"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < SHINGLE:
        return np.empty(0, dtype=np.uint64)
    count = len(codes) - SHINGLE + 1
    with np.errstate(over="ignore"):
        value = np.zeros(count, dtype=np.uint64)
        for i in range(SHINGLE):
            value = value * np.uint64(0x100000001B3) + codes[i : i + count]
        # SplitMix64's finish (Steele, Lea and Flood 2014, doi:10.1145/2714064.2660195): neighbours come apart.
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        value ^= value >> np.uint64(31)
    return np.unique(value)[:SKETCH]


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """The estimated Jaccard similarity of two texts' shingles, from their sketches, from 0 to 1."""
    if not len(a) or not len(b):
        return 0.0
    both = np.union1d(a, b)[:SKETCH]
    return len(np.intersect1d(np.intersect1d(a, b), both)) / len(both)


class Known(NamedTuple):
    """An earlier text: how it is called, and its sketch."""

    name: str
    sketch: np.ndarray


class Index:
    """Texts by their smallest hashes, so that a new one is compared with those only that can be similar."""

    def __init__(self, known: Mapping[str, Known] | None = None):
        self.known: dict[str, Known] = {}
        self._by_hash: dict[int, set[str]] = {}
        for key, each in (known or {}).items():
            self.add(key, each)

    def add(self, key: str, each: Known) -> None:
        """Add a text; one of the same key is replaced."""
        for value in self.known[key].sketch[:INDEXED].tolist() if key in self.known else ():
            self._by_hash[value].discard(key)
        self.known[key] = each
        for value in each.sketch[:INDEXED].tolist():
            self._by_hash.setdefault(value, set()).add(key)

    def nearest(self, of: np.ndarray, but: str = "") -> tuple[str, float] | None:
        """The name of the most similar text (not that of the key `but`) and its similarity, if at least `SIMILAR`."""
        keys = set().union(*(self._by_hash.get(value, ()) for value in of[:INDEXED].tolist())) - {but}
        best = max(((similarity(of, self.known[key].sketch), self.known[key].name) for key in keys), default=(0.0, ""))
        return (best[1], best[0]) if best[0] >= SIMILAR else None


def remembered(folder: Path) -> tuple[dict[str, Known], str]:
    """The fingerprints of earlier drafts in a folder, by key (address or place), and a word on why there are none."""
    path = folder / FINGERPRINTS
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): Known(str(name), np.array([int(h, 16) for h in hashes], dtype=np.uint64))
                for key, (name, hashes) in raw.items()}, ""
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}, f"{FINGERPRINTS} cannot be read; texts of earlier drafts are not compared"


def remember(folder: Path, known: Mapping[str, Known]) -> None:
    """Write the fingerprints, of the newest `_MAX_REMEMBERED`. Raises OSError where the folder cannot be written."""
    from analysis import transaction

    kept = list(known.items())[-_MAX_REMEMBERED:]
    lines = [f"{json.dumps(key)}: {json.dumps([each.name, [f'{h:x}' for h in each.sketch.tolist()]])}"
             for key, each in kept]
    transaction.replace(folder, {FINGERPRINTS: ("{\n" + ",\n".join(lines) + "\n}\n").encode()})
