"""Media Cloud: lists of stories, as its search site and its API client export them.

Formats: the search site's "download all content" CSV (https://search.mediacloud.org; its code,
https://github.com/mediacloud/web-search, mcweb/backend/search/utils.py, `all_content_csv_generator`: the story's fields
in alphabetical order: id, indexed_date, language, media_name, media_url, publish_date, title, url; with full text where
that is allowed, `text`; older versions write the header again before each query's stories); the story list of the API
client (https://github.com/mediacloud/api-client, `SearchApi.story_list`: a list of the same records) as JSON, JSON
lines or CSV, also as pandas writes it (days as milliseconds since 1970); the API's answer itself, `{"stories": [...]}`;
and the lists of the API before 2022, `stories_public/list`
(https://github.com/mediacloud/backend/blob/master/doc/api_2_0_spec/api_2_0_spec.md: stories_id, collect_date, guid,
ap_syndicated, ...), of which the same fields are used.

It lists what was published, not what was said: no statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path

from analysis.corpus.model import MAX_TITLE, Batch, Reader, Split
from analysis.corpus.readers import fields, records
from analysis.dataset import DATA

NEEDED = ("url", "title", "publish_date")


def read(split: Split, known: Path = DATA) -> Iterator[Batch]:
    """A batch of some thousand stories after the other."""
    yield from fields.batches(split, records.read(split, NEEDED, ("stories",), rejects := []), _article, rejects)


def _article(record: records.Record, url: str, counts: Counter[str]) -> dict:
    values = record.values
    site = fields.text(values.get("media_url"), fields.MAX_URL)
    outlet = fields.text(values.get("media_name"), MAX_TITLE)
    return {
        "record": record.position, "url": url, "site": site,
        "outlet": None if _is_site(outlet, site) else outlet,  # the name of most is their domain
        "title": fields.text(values.get("title"), MAX_TITLE),
        "published": _published(values.get("publish_date"), counts),
        "language": fields.language(values.get("language"), counts)}


def _is_site(outlet: str | None, site: str | None) -> bool:
    bare = [(one or "").lower().partition("//")[2] or (one or "").lower() for one in (outlet, site)]
    return bare[0].removeprefix("www.").rstrip("/") == bare[1].removeprefix("www.").rstrip("/")


def _published(value: object, counts: Counter[str]) -> date | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 1e9 < abs(value) < 1e13:
        value = datetime.fromtimestamp(value / 1000, timezone.utc).date().isoformat()
    return fields.dated(value, counts)


def split(path: Path, size: int) -> list[Split]:
    """One: a quotation mark may make one row of many lines."""
    return [Split(path)]


READER = Reader(
    name="media-cloud",
    title="Media Cloud, story lists (CSV, JSON)",
    suffixes=(".csv", ".json", ".jsonl", ".csv.gz", ".json.gz", ".jsonl.gz"),
    read=read,
    lacks=(*fields.NEVER, *fields.NO_STATEMENTS, "outlets.country"),
    split=split,
)
