"""The first step: a part of the input is read, its articles and statements identified, and dealt out into buckets.

A bucket gets all records of an article, from wherever they come: what is counted by article then adds up over buckets.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq

from analysis.corpus import identify
from analysis.corpus.model import REJECTS, Batch, Reader, Reject, Split

# What is held before it is written, in bytes: bounds the memory of a task, and how many pieces a bucket has.
HELD = 96 * 2**20
MANY = 1_000_000  # outlets and speakers that a process remembers

ARTICLES = pa.schema([
    ("high", pa.uint64()), ("low", pa.uint16()), ("record", pa.int64()), ("url", pa.string()),
    ("outlet_id", pa.string()), ("title", pa.string()), ("published", pa.date32()), ("language", pa.string())])
STATEMENTS = pa.schema([
    ("high", pa.uint64()), ("low", pa.uint16()), ("record", pa.int64()), ("source_id", pa.string()),
    ("form", pa.string()), ("gist", pa.string()), ("via", pa.list_(pa.string()))])
TABLES = {"articles": ARTICLES, "statements": STATEMENTS}

# Who was met in a part: identifiers, each with the ways in which it was found.
FOUND = ("outlets", "sources")
MET = pa.schema([("identifier", pa.string()), ("parts", pa.string()), ("n", pa.int64())])


def summed(tables: list[pa.Table]) -> pa.Table:
    """Who was met, in one table: each identifier with what it was found by, once, in any order."""
    together = pa.concat_tables([MET.empty_table(), *tables])
    grouped = together.group_by(["identifier", "parts"], use_threads=False).aggregate([("n", "sum")])
    return grouped.rename_columns(MET.names)


class Pieces:
    """Two files of record batches, a batch a flush, sorted by bucket; and where in each the buckets end.

    (`NAME.arrow`; `NAME.ends`, int64, for each batch the ends of all buckets.)
    """

    def __init__(self, folder: Path, buckets: int):
        self.folder, self.buckets = folder, buckets
        # Not compressed: they are read once, soon, and then are gone.
        self.writers = {name: pa.ipc.new_file(str(folder / f"{name}.arrow"), schema)
                        for name, schema in TABLES.items()}
        self.ends: dict[str, list[np.ndarray]] = {name: [] for name in TABLES}
        self.held: dict[str, list[pa.Table]] = {name: [] for name in TABLES}

    def add(self, name: str, table: pa.Table) -> None:
        self.held[name].append(table)
        if sum(t.nbytes for tables in self.held.values() for t in tables) > HELD:
            self.flush()

    def flush(self) -> None:
        for name, tables in self.held.items():
            if not tables:
                continue
            table = pa.concat_tables(tables).combine_chunks()
            bucket = bucket_of(table["high"].to_numpy(), self.buckets)
            order = np.argsort(bucket, kind="stable")
            (batch,) = table.take(order).combine_chunks().to_batches()
            self.writers[name].write_batch(batch)
            self.ends[name].append(np.cumsum(np.bincount(bucket, minlength=self.buckets)))
            self.held[name] = []

    def close(self) -> None:
        self.flush()
        for writer in self.writers.values():
            writer.close()
        for name, ends in self.ends.items():
            np.array(ends, dtype=np.int64).tofile(self.folder / f"{name}.ends")


def pieces(part: Path, name: str, bucket: int, buckets: int) -> list[pa.RecordBatch]:
    """The rows of a bucket in a part, in the order of the input. They are looked at where they lie: nothing is read."""
    ends = np.fromfile(part / f"{name}.ends", dtype=np.int64).reshape(-1, buckets)
    begins = ends[:, bucket - 1] if bucket else np.zeros(len(ends), dtype=np.int64)
    number = ends[:, bucket] - begins
    if not number.any():
        return []
    batches = mapped(part / f"{name}.arrow")
    return [batches[i].slice(begins[i], number[i]) for i in np.flatnonzero(number).tolist()]


@lru_cache(maxsize=4_096)
def mapped(file: Path) -> list[pa.RecordBatch]:
    """The batches of a file, where they lie. Remembered, for of many parts to open them takes as long as to merge them;
    who asks forgets them when he is done (`mapped.cache_clear()`), for what is mapped stays on the disk."""
    with pa.memory_map(str(file)) as source, pa.ipc.open_file(source) as reader:
        return [reader.get_batch(i) for i in range(reader.num_record_batches)]


def bucket_of(high: np.ndarray, buckets: int) -> np.ndarray:
    return (high % np.uint64(buckets)).astype(np.uint16)


def stage(reader: Reader, split: Split, folder: Path, buckets: int, record: Path) -> None:
    """Read a split and leave what it holds in a folder: its articles and statements in buckets, who was met
    (`outlets.arrow`, `sources.arrow`: tables of `MET`, that of one batch as it is), `rejects.parquet`, and in
    `counts.json` what else was counted.

    Parameters
    ----------
    folder: exists and is empty. record: the folder of the record whose outlets and sources are known.
    """
    who = _Who(record)
    pieces = Pieces(folder, buckets)
    rejects: list[Reject] = []
    counts: Counter[str] = Counter()
    unit = "byte"
    for batch in reader.read(split, record):
        rejects += batch.rejects
        counts.update(batch.counts)
        unit = batch.unit
        for name, table in zip(TABLES, _identified(batch, who)):
            if len(table):
                pieces.add(name, table)
    pieces.close()
    for name in FOUND:
        found = getattr(who, name)
        feather.write_feather(found[0] if len(found) == 1 else summed(found), str(folder / f"{name}.arrow"),
                              compression="uncompressed")
    pq.write_table(pa.Table.from_pylist([reject._asdict() for reject in rejects], REJECTS), folder / "rejects.parquet")
    (folder / "counts.json").write_text(json.dumps({"unit": unit, "counts": dict(sorted(counts.items()))}))


class _Who:
    """Outlets and sources met in a split: what each was found by, with its identifier, and how often."""

    def __init__(self, record: Path):
        self.ids = _identities(record)
        self.outlets: list[pa.Table] = []
        self.sources: list[pa.Table] = []

    def outlet_ids(self, articles: pa.Table) -> pa.Array:
        host = identify.hosts(pc.coalesce(articles["site"], articles["url"]))
        return _coded(identify.joined(host, articles["outlet"], articles["country"]), self.ids.outlet, self.outlets)

    def source_ids(self, statements: pa.Table) -> pa.Array:
        columns = (statements[name] for name in ("speaker", "speaker_id", "known"))
        return _coded(identify.joined(*columns), self.ids.source, self.sources)

    def relays(self, via: pa.ChunkedArray) -> pa.Array:
        """Relaying outlets by their identifiers."""
        via = via.combine_chunks()
        if not len(via.values):
            return via
        ids = _coded(via.values.dictionary_encode(), self.ids.relay, self.outlets)
        return pa.ListArray.from_arrays(via.offsets, ids, mask=via.is_null())


class _Identities:
    """Who is behind what was found: the key under which they are told, and their identifier. Remembered, for a process
    sees the same outlets and speakers over and over."""

    def __init__(self, record: Path):
        known = identify.known(record)

        def outlet(parts: str) -> tuple[str, str]:
            host, name, country = parts.split(identify.SEPARATOR)
            outlet_id, domain = known.outlet(host, name)
            return identify.SEPARATOR.join([domain, name, country]), outlet_id

        def relay(name: str) -> tuple[str, str]:
            outlet_id = known.outlet_named(name)
            return identify.SEPARATOR.join(["", "" if name == outlet_id else name, ""]), outlet_id

        def source(parts: str) -> tuple[str, str]:
            return parts, known.source(*parts.split(identify.SEPARATOR))

        self.outlet, self.relay, self.source = (_Remembered(f) for f in (outlet, relay, source))


class _Remembered(dict):
    """What a function gave before."""

    def __init__(self, function: Callable[[str], tuple[str, str]]):
        super().__init__()
        self.function = function

    def __missing__(self, parts: str) -> tuple[str, str]:
        if len(self) >= MANY:
            self.clear()
        self[parts] = found = self.function(parts)
        return found


_identities = lru_cache(maxsize=2)(_Identities)


def _coded(found: pa.DictionaryArray, identities: _Remembered, met: list[pa.Table]) -> pa.Array:
    """Identifiers of rows, each different value looked up once; whom they are is added to `met`."""
    told = [identities[parts] for parts in found.dictionary.to_pylist()]
    ids = pa.array([identifier for _, identifier in told], pa.string())
    often = np.bincount(found.indices.to_numpy(), minlength=len(told))
    met.append(pa.table({"identifier": ids, "parts": pa.array([parts for parts, _ in told], pa.string()), "n": often}))
    return ids.take(found.indices)


def _identified(batch: Batch, who: _Who) -> Iterator[pa.Table]:
    """A batch's articles and statements with the columns of `ARTICLES` and `STATEMENTS`."""
    articles, statements = batch.articles, batch.statements
    high, low = identify.keys(articles["url"].combine_chunks() if len(articles) else pa.array([], pa.string()))
    yield pa.table({
        "high": high, "low": low, "record": articles["record"], "url": articles["url"],
        "outlet_id": who.outlet_ids(articles), "title": articles["title"], "published": articles["published"],
        "language": articles["language"]}, schema=ARTICLES)
    if not statements["url"].equals(articles["url"]):  # of a format with a row each for both, they are hashed once
        high, low = identify.keys(pa.chunked_array(statements["url"].chunks, pa.string()).combine_chunks())
    yield pa.table({
        "high": high, "low": low, "record": statements["record"], "source_id": who.source_ids(statements),
        "form": statements["form"], "gist": statements["gist"], "via": who.relays(statements["via"])},
        schema=STATEMENTS)
