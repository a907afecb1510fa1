"""Quotebank: 235 million quotations from a decade of English news, each with its speaker and the articles it stood in.

Formats: Vaucher, Spitz, Catasta and West, "Quotebank: A Corpus of Quotations from a Decade of News", version 1.0,
https://zenodo.org/records/4277311 ("Dataset details"). JSON lines, bz2 as published (`quotes-YYYY.json.bz2`).

The quotation-centric version has a line for a quotation, merged over all articles, with their addresses (`urls`): it
gives a statement for each address. Its date is that of the quotation's *earliest* occurrence, so that an article is
younger than each of its quotations or as old: the latest of them dates it best.

The article-centric version (`quotebank-YYYY.json.bz2`) has a line for an article, with its title and date and each
quotation where it stands. Of the two speakers that it gives, the statement gets the one by this article's own words
(`localTopSpeaker`), not the one by all articles that have the quotation. The fields' types are those of the authors'
code that made the files (https://github.com/epfl-dlab/Quotebank) and of others that read them: `names[].ids` is text
such as "[Q1253, Q42]".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.corpus import lines
from analysis.corpus.model import ARTICLES, MAX_GIST, MAX_TITLE, STATEMENTS, Batch, Reader, Reject, Split, shown
from analysis.corpus.readers import fields
from analysis.dataset import DATA

LANGUAGE = "en"  # the corpus is of English articles
NOBODY = "None"  # the speaker of a quotation that is attributed to nobody
BLOCK = 32 * 2**20  # some seventy thousand quotations

_QUOTATIONS = pa.schema([("quotation", pa.string()), ("speaker", pa.string()), ("qids", pa.list_(pa.string())),
                         ("date", pa.string()), ("urls", pa.list_(pa.string()))])


_ARTICLE_CENTRIC = re.compile(rb'"quotations"\s*:\s*\[')  # within text, its marks would be escaped


def read(split: Split, known: Path = DATA) -> Iterator[Batch]:
    """The quotation-centric version: a statement for each quotation and address."""
    rejects: list[Reject] = []
    if _is_article_centric(split):
        yield _refused(split, "the article-centric version of Quotebank: read it as quotebank-articles")
        return
    for block in lines.blocks(split, rejects, BLOCK):
        found, at = lines.json_table(block, _QUOTATIONS, split.path.name, rejects)
        yield _batch(found, at, block, split.path.name, rejects)
        rejects.clear()  # the same list, in which `blocks` tells what it finds later
    if rejects:
        yield Batch(ARTICLES.empty_table(), STATEMENTS.empty_table(), rejects)


def _batch(quotations: pa.Table, at: np.ndarray, block: lines.Block, name: str, rejects: list[Reject]) -> Batch:
    counts: Counter[str] = Counter()
    gist = _words(_column(quotations, "quotation"), MAX_GIST)
    urls = _column(quotations, "urls")
    empty = pc.equal(pc.fill_null(pc.list_value_length(urls), 0), 0)
    usable = pc.and_(pc.is_valid(gist), pc.invert(empty))
    for i in np.flatnonzero(~_mask(usable)).tolist():
        reason = "has no quotation" if not gist[i].is_valid else "has no address (urls)"
        rejects.append(Reject(name, int(at[i]), "byte", reason, _line(block, at[i])))

    url, parent = pc.list_flatten(urls), pc.list_parent_indices(urls).to_numpy()
    good = _mask(pc.fill_null(pc.and_(_is_address(url), pc.less_equal(pc.utf8_length(url), fields.MAX_URL)), False))
    if not good.all():
        url, good = _mended(url, good)
    keep = _mask(usable)[parent]
    for i in np.flatnonzero(~good & keep).tolist():
        where = int(at[parent[i]])
        rejects.append(Reject(name, where, "byte", fields.no_address(url[i].as_py()), _line(block, where)))
    keep &= good
    keep &= _first(url, parent)
    if not keep.all():
        url, parent = url.filter(pa.array(keep)), parent[keep]

    record, parent = pa.array(at[parent]), pa.array(parent)
    days, unreadable = _days(_column(quotations, "date"))
    counts[fields.UNREADABLE_DATE] = unreadable
    speaker = _words(_column(quotations, "speaker"), fields.MAX_NAME)
    speaker = pc.if_else(pc.equal(speaker, NOBODY), pa.scalar(None, pa.string()), speaker)
    qids = pc.binary_join(_column(quotations, "qids"), ";")
    qids = pc.if_else(pc.equal(qids, ""), pa.scalar(None, pa.string()), qids)
    number = len(url)
    none = pa.nulls(number, pa.string())
    articles = pa.Table.from_arrays(
        [record, url, none, none, none, days.take(parent), pa.repeat(LANGUAGE, number), none], schema=ARTICLES)
    statements = pa.Table.from_arrays(
        [record, url, speaker.take(parent), qids.take(parent), none, pa.repeat("direct", number), gist.take(parent),
         pa.nulls(number, STATEMENTS.field("via").type)], schema=STATEMENTS)
    return Batch(articles, statements, rejects[:], fields.told(counts))


def _column(table: pa.Table, name: str) -> pa.Array:
    chunked = table[name].combine_chunks()
    return chunked.combine_chunks() if isinstance(chunked, pa.ChunkedArray) else chunked


def _mask(booleans: pa.Array) -> np.ndarray:
    return booleans.to_numpy(zero_copy_only=False)


def _words(texts: pa.Array, limit: int) -> pa.Array:
    """Texts on one line without white space at their ends, cut; null where nothing is left."""
    if _has_controls(texts):
        texts = pc.replace_substring_regex(texts, fields.CONTROLS, " ")
    texts = pc.utf8_trim_whitespace(texts)
    if pc.any(pc.greater(pc.binary_length(texts), limit)).as_py():
        texts = pc.utf8_rtrim_whitespace(pc.utf8_slice_codeunits(texts, 0, limit))
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _bytes(texts: pa.Array) -> np.ndarray:
    """All bytes of texts, one after the other."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, 4 * texts.offset)
    if offsets[0] == offsets[-1]:
        return np.empty(0, dtype=np.uint8)
    return np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0]:offsets[-1]]


def _is_address(urls: pa.Array) -> pa.Array:
    """Whether texts are what `fields.URL` says; of nothing but visible ASCII, as nearly all are, their beginning does
    it."""
    data = _bytes(urls)
    visible = data.min(initial=0x7E) > 0x20 and data.max(initial=0) < 0x7F
    return pc.match_substring_regex(urls, "^https?://[^/?#]" if visible else fields.URL)


def _has_controls(texts: pa.Array) -> bool:
    """Whether a control stands in texts: by their bytes, some ten times faster than by a pattern."""
    data = _bytes(texts)
    if data.min(initial=0x7E) < 0x20 or (data == 0x7F).any():
        return True
    if data.max(initial=0) < 0x80:
        return False
    at = np.flatnonzero(data == 0xC2)  # U+0080 to U+009F: of whole characters, these bytes have others after them
    if (data[at + 1] < 0xA0).any():
        return True
    at = np.flatnonzero(data == 0xE2)  # U+2028, U+2029
    return bool(((data[at + 1] == 0x80) & ((data[at + 2] & 0xFE) == 0xA8)).any())


def _mended(url: pa.Array, good: np.ndarray) -> tuple[pa.Array, np.ndarray]:
    """Addresses of which some are not as they should be: those that are once white space is off are."""
    found = url.to_pylist()
    for i in np.flatnonzero(~good).tolist():
        if mended := fields.address(found[i]):
            found[i], good[i] = mended, True
    return pa.array(found, pa.string()), good


def _first(url: pa.Array, parent: np.ndarray) -> np.ndarray:
    """Where an address stands for the first time among its record's."""
    first = np.ones(len(url), dtype=bool)
    several = np.flatnonzero(np.bincount(parent, minlength=1)[parent] > 1) if len(parent) else np.array([], dtype=int)
    if len(several):
        codes = url.take(pa.array(several)).dictionary_encode().indices.to_numpy(zero_copy_only=False)
        key = parent[several].astype(np.int64) * (len(url) + 1) + np.nan_to_num(codes, nan=len(url)).astype(np.int64)
        order = np.argsort(key, kind="stable")
        again = order[1:][key[order][1:] == key[order][:-1]]
        first[several[again]] = False
    return first


def _days(texts: pa.Array) -> tuple[pa.Array, int]:
    """Days of times such as "2019-01-02 01:00:00", and how many could not be read. There are few different days."""
    cut = pc.utf8_slice_codeunits(texts, 0, 10).dictionary_encode()
    days = pa.array([fields.day(text) for text in cut.dictionary.to_pylist()], pa.date32())
    found = days.take(cut.indices)
    unreadable = pc.and_(pc.is_null(found), pc.fill_null(pc.not_equal(texts, ""), False))
    return found, pc.sum(unreadable).as_py() or 0


def _line(block: lines.Block, at: int) -> str:
    begin = int(at) - block.offset
    return shown(block.data[begin:block.data.index(b"\n", begin)].rstrip(b"\r"))


# --- the article-centric version ---

def read_articles(split: Split, known: Path = DATA) -> Iterator[Batch]:
    """The article-centric version: an article with its statements, in the order of its text."""
    held = fields.Gathered()
    if not _is_article_centric(split):
        yield _refused(split, "not the article-centric version of Quotebank: read it as quotebank")
        return
    for block in lines.blocks(split, held.rejects, BLOCK):
        for position, record in lines.objects(block, split.path.name, held.rejects):
            url, quotations = fields.address(record.get("url")), record.get("quotations")
            if not url or not isinstance(quotations, list):
                why = "quotations must be a list" if url else fields.no_address(record.get("url"))
                held.rejects.append(fields.refuse(split.path.name, position, "byte", why, record))
                continue
            held.articles.append({"record": position, "url": url, "title": fields.text(record.get("title"), MAX_TITLE),
                             "published": fields.dated(record.get("date"), held.counts), "language": LANGUAGE})
            qids = _qids(record.get("names"))
            for number, quotation in sorted(enumerate(quotations, start=1), key=_offset):
                found = quotation if isinstance(quotation, dict) else {}
                gist = fields.text(found.get("quotation"), MAX_GIST)
                if not gist:
                    why = f"quotation {number} has no text"
                    held.rejects.append(fields.refuse(split.path.name, position, "byte", why, quotation))
                    continue
                speaker = fields.text(found.get("localTopSpeaker"), fields.MAX_NAME)
                named = speaker if speaker != NOBODY else None
                held.statements.append({"record": position, "url": url, "speaker": named,
                                   "speaker_id": qids.get(named) if named else None, "form": "direct", "gist": gist})
        yield held.batch()
    yield held.batch()


def _offset(numbered: tuple[int, object]) -> tuple[int, int]:
    number, quotation = numbered
    at = quotation.get("quotationOffset") if isinstance(quotation, dict) else None
    return (at if isinstance(at, int) else 0, number)


def _qids(names: object) -> dict[str, str]:
    """The Wikidata identifiers of an article's names, put together with semicolons."""
    listed = [one for one in names if isinstance(one, dict)] if isinstance(names, list) else []
    found = {fields.text(one.get("name"), fields.MAX_NAME): ";".join(re.findall(r"Q\d+", str(one.get("ids"))))
             for one in listed}
    return {name: qids for name, qids in found.items() if name and qids}


def _is_article_centric(split: Split) -> bool:
    head = next((chunk for chunk in lines.chunks(split.path, []) if chunk), b"")
    return bool(_ARTICLE_CENTRIC.search(head))


def _refused(split: Split, why: str) -> Batch:
    """Nothing of a file; told once, however many parts it is read in."""
    empty = split.path.stat().st_size == 0
    rejects = [Reject(split.path.name, 0, "byte", why)] if split.start == 0 and not empty else []
    return Batch(ARTICLES.empty_table(), STATEMENTS.empty_table(), rejects)


READER = Reader(
    name="quotebank",
    title="Quotebank, quotation-centric (JSON lines)",
    suffixes=(".json", ".json.bz2", ".jsonl", ".jsonl.bz2", ".json.gz", ".jsonl.gz"),
    read=read,
    lacks=(*fields.NEVER, "articles.subject", "outlets.name", "outlets.country", "sources.outlet_id",
           "attributions.position", "attributions.via"),
    split=lines.splits,
    whole=False,
    dates="latest",
    speakers="person",
)

ARTICLE_READER = Reader(
    name="quotebank-articles",
    title="Quotebank, article-centric (JSON lines)",
    suffixes=READER.suffixes,
    read=read_articles,
    lacks=(*fields.NEVER, "outlets.name", "outlets.country", "sources.outlet_id", "attributions.via"),
    split=lines.splits,
    speakers="person",
)
