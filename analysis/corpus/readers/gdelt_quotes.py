"""GDELT's Global Quotation Graph: the quotations of news articles in 152 languages, each with a few words around it.

Format: https://blog.gdeltproject.org/announcing-the-global-quotation-graph/ (files YYYYMMDDHHMMSS.gqg.json.gz, JSON
lines): `date` (when GDELT saw the article, UTC), `url`, `title`, `lang` (the language, which GDELT writes as a name or
a code) and `quotes`, each with `pre`, `quote` and `post`.

GDELT names no speaker. He is looked for in `pre` and `post` by `analysis.attribution`; a statement whose speaker is not
found there has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.corpus import lines
from analysis.corpus.model import MAX_GIST, MAX_TITLE, Batch, Reader, Reject, Split
from analysis.corpus.readers import fields, speech
from analysis.dataset import DATA

BATCH = 2_000  # articles


def read(split: Split, known: Path = DATA) -> Iterator[Batch]:
    """A batch of some articles with their quotations after the other."""
    held = fields.Gathered()
    for block in lines.blocks(split, held.rejects, 2**20):
        for position, record in lines.objects(block, split.path.name, held.rejects):
            if why := _fault(record):
                held.rejects.append(fields.refuse(split.path.name, position, "byte", why, record))
                continue
            url = fields.address(record["url"])
            language = fields.language(record.get("lang"), held.counts)
            held.articles.append({
                "record": position, "url": url, "title": fields.text(record.get("title"), MAX_TITLE),
                "published": fields.dated(record.get("date"), held.counts), "language": language})
            held.statements += _statements(record, position, url, language, known, split.path.name, held.rejects,
                                           held.counts)
            if len(held.articles) == BATCH:
                yield held.batch()
    yield held.batch()


def _fault(record: dict[str, Any]) -> str:
    """Why a record is none of the graph's."""
    if not fields.address(record.get("url")):
        return fields.no_address(record.get("url"))
    quotes = record.get("quotes")
    return "" if quotes is None or isinstance(quotes, list) else f"quotes must be a list, is {lines.kind_of(quotes)}"


def _statements(record: dict[str, Any], position: int, url: str, language: str | None, known: Path, name: str,
                rejects: list[Reject], counts: Counter[str]) -> Iterator[dict]:
    rules = speech.rules(language)
    quotes = record.get("quotes") or []
    counts[fields.NO_RULES] += bool(quotes and not rules)
    for number, quote in enumerate(quotes, start=1):
        words = quote if isinstance(quote, dict) else {}
        gist = fields.text(words.get("quote"), MAX_GIST)
        if not gist:
            rejects.append(fields.refuse(name, position, "byte", f"quotation {number} has no text", quote))
            continue
        said = speech.NOBODY
        if rules:
            said = speech.speaker(words.get("pre"), words["quote"], words.get("post"), rules, known)
            counts[speech.DESCRIBED] += said.described
            counts[speech.UNATTRIBUTED] += not said.name and not said.described
        yield {"record": position, "url": url, "speaker": said.name, "known": said.known, "form": "direct",
               "gist": gist, "via": said.via or None}


READER = Reader(
    name="gdelt-quotes",
    title="GDELT Global Quotation Graph (JSON lines)",
    suffixes=(".gqg.json.gz", ".gqg.json"),
    read=read,
    lacks=(*fields.NEVER, "outlets.name", "outlets.country"),
    split=lines.splits,
)
