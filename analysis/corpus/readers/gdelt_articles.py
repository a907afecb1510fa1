"""GDELT DOC 2.0: lists of articles that match a search, as its API and its Python client give them.

Formats: https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/ (mode ArtList). JSON, `{"articles": [...]}` with url,
url_mobile, title, seendate (20251025T083000Z), socialimage, domain, language and sourcecountry (both by their English
names); CSV with URL, MobileURL, Date (2025-10-25 08:30:00) and Title only; and the table of the Python client
(https://github.com/alex9smith/gdelt-doc-api, `article_search`) as CSV or JSON, with the JSON's fields. Titles have
control characters and stray backslashes in them. The API's other shapes (HTML, RSS, JSON Feed, JSONP, timelines) are
not read.

The date is when GDELT first saw the article, in UTC, which may be the day after it was published.
It lists what was published, not what was said: no statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from analysis.corpus.model import MAX_TITLE, Batch, Reader, Split
from analysis.corpus.readers import fields, media_cloud, records
from analysis.dataset import DATA

NEEDED = ("url", "title")


def read(split: Split, known: Path = DATA) -> Iterator[Batch]:
    """A batch of some thousand articles after the other."""
    yield from fields.batches(split, records.read(split, NEEDED, ("articles",), rejects := []), _article, rejects)


def _article(record: records.Record, url: str, counts: Counter[str]) -> dict:
    values = record.values
    return {
        "record": record.position, "url": url,
        "site": fields.text(values.get("domain"), fields.MAX_URL),
        "title": fields.text(values.get("title"), MAX_TITLE),
        "published": fields.dated(values.get("seendate") or values.get("date"), counts),
        "language": fields.language(values.get("language"), counts),
        "country": fields.country(values.get("sourcecountry"), counts)}


READER = Reader(
    name="gdelt-articles",
    title="GDELT DOC 2.0, article lists (CSV, JSON)",
    suffixes=media_cloud.READER.suffixes,
    read=read,
    lacks=(*fields.NEVER, *fields.NO_STATEMENTS, "outlets.name"),
    split=media_cloud.split,
)
