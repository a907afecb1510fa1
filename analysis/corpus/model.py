"""What every reader hands on, whatever the format: articles, statements, and the records that could not be read.

Readers only read: identifiers, outlets and countries are made of this in `analysis.corpus.identify` and `bodies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

# What is kept of a statement's words, as long as the codebook lets a gist be.
MAX_GIST = 500
MAX_TITLE = 500
# A record that cannot be read is kept whole up to this many characters.
MAX_REJECT = 100_000

ARTICLES = pa.schema([
    ("record", pa.int64()),  # where the article's record begins in its file: orders and names it
    ("url", pa.string()),  # http(s), as found; a reader rejects a record without one
    ("site", pa.string()),  # an address or domain that tells the outlet; null: `url` does
    ("outlet", pa.string()),  # the outlet's name as the format has it, or null
    ("title", pa.string()),
    ("published", pa.date32()),
    ("language", pa.string()),  # BCP 47, or null
    ("country", pa.string()),  # where the format says that the outlet is based: ISO 3166-1 alpha-2, or null
])

STATEMENTS = pa.schema([
    ("record", pa.int64()),  # of the record that holds the statement
    ("url", pa.string()),  # of its article
    ("speaker", pa.string()),  # the source's name as the format or the text has it; null: nobody is named
    ("speaker_id", pa.string()),  # what identifies the speaker within the format, such as a Wikidata id, or null
    ("known", pa.string()),  # identifier of the source in the record whose names were looked for, or null
    ("form", pa.string()),  # direct, indirect, mixed
    ("gist", pa.string()),  # the statement's words, at most MAX_GIST characters
    ("via", pa.list_(pa.string())),  # outlets that relay it, nearest first: identifiers of the record, else names
])

REJECTS = pa.schema([("file", pa.string()), ("position", pa.int64()), ("unit", pa.string()), ("reason", pa.string()),
                     ("record", pa.string())])


class Reject(NamedTuple):
    """A record that was set aside: its file, where in it, in plain words why, and what stands there.

    `position` counts, from 0, bytes (`unit` "byte": of the uncompressed file, of a web archive as it is stored), or
    from 1 lines ("line").
    """

    file: str
    position: int
    unit: str
    reason: str
    record: str = ""


@dataclass
class Batch:
    """Some records of one file. `articles` and `statements` have the columns of `ARTICLES` and `STATEMENTS`; `counts`
    has, in plain words, what else should be told at the end ("articles in languages without rules": 12); `unit` is what
    `record` counts (see `Reject`)."""

    articles: pa.Table
    statements: pa.Table
    rejects: list[Reject] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    unit: str = "byte"


class Split(NamedTuple):
    """A part of an archive that one task reads: `path`, from byte `start` up to byte `stop` (-1: to the end).

    A record belongs to the split in which it begins. A compressed file is one split, unless it is a web archive, whose
    records are compressed one by one.
    """

    path: Path
    start: int = 0
    stop: int = -1


@dataclass(frozen=True)
class Reader:
    """A format: how its files are called, how they are split, and how a split is read.

    `suffixes` are endings of file names to look for in a folder; `read` gets a split and the folder of the record whose
    names may be recognised in texts; `lacks` names the columns that the format has nothing for, as `table.column`;
    `whole` says that a record is an article with all that it quotes, so that a second record of the same address is a
    duplicate (set aside), not more of the same article; `dates` says which of an article's records dates it, "earliest"
    or "latest"; `speakers` is the kind of all its sources, if they are of one ("person").
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Callable[[Split, Path], Iterator[Batch]]
    lacks: tuple[str, ...]
    split: Callable[[Path, int], list[Split]]
    whole: bool = True
    dates: str = "earliest"
    speakers: str | None = None


def shown(raw: bytes | str) -> str:
    """A record for the rejects: as text, what is not UTF-8 escaped, cut at `MAX_REJECT` characters."""
    text = raw[: 4 * MAX_REJECT].decode("utf-8", errors="backslashreplace") if isinstance(raw, bytes) else raw
    return text[:MAX_REJECT].encode("utf-8", errors="backslashreplace").decode()


def table(rows: list[dict], schema: pa.Schema) -> pa.Table:
    """Rows (a missing key is null) as a table of a schema."""
    return pa.Table.from_pylist(rows, schema=schema)
