"""Records of a list, whatever it is written in: CSV with a header, JSON lines, or a JSON document with a list in it.

What it is shows in the first bytes, not in the name. One bad record does not spoil its neighbours.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from analysis.corpus import lines
from analysis.corpus.model import Reject, Split, shown

MAX_FIELD = 2**20  # characters
MAX_ROW_LINES = 5_000  # a row of more lines has a quotation mark too many
MAX_HEAD = 2**16
MAX_RECORD = 8 * 2**20  # bytes of one JSON object
TORN = "a part of a record, where the file breaks off"
UNCLOSED = "a quotation mark is opened that no other one closes"
MAX_TRIES = 200  # how many ends of an object are tried before it is given up
_DELIMITERS = ",;\t"
_ESCAPED = re.compile("[\udc80-\udcff]")  # a byte that is not UTF-8
_LIST = re.compile(rb"\[")
_MARK = re.compile(rb"[{\]]")
_BEGIN = re.compile(rb"\{")
_BETWEEN = b" \t\r\n,"
_END = re.compile(rb"\}(?=\s*[,\]])")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Record(NamedTuple):
    """One record: where it is, its fields by their names in small letters, and what stands there."""

    position: int
    unit: str
    values: dict[str, Any]
    raw: Any


def read(split: Split, needed: Collection[str], lists: Collection[str], rejects: list[Reject]) -> Iterator[Record]:
    """The records of a file.

    Parameters
    ----------
    needed: the fields without which a CSV is not of this format.
    lists: the keys under which a JSON document of this format has its list.
    """
    head = _head(split)
    if head.startswith(_UTF16):
        rejects.append(Reject(split.path.name, 1, "line", "UTF-16; only UTF-8 is read: save it as that"))
        return
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    key = re.compile(rb'"(?:' + b"|".join(re.escape(name.encode()) for name in sorted(lists)) + rb')"\s*:\s*\[')
    if start[:1] == b"[" or start[:1] == b"{" and key.search(start):
        yield from _document(split, _LIST if start[:1] == b"[" else key, rejects)
    elif start[:1] == b"{" and start.split(b"\n", 1)[0].strip() != b"{":
        for block in lines.blocks(split, rejects):
            for position, found in lines.objects(block, split.path.name, rejects):
                if found:  # {} is how GDELT says that nothing was found
                    yield Record(position, "byte", _small(found), found)
    elif start[:1] == b"{":
        why = f"a JSON document without a list ({', '.join(sorted(lists))})"
        rejects.append(Reject(split.path.name, 0, "byte", why, shown(start)))
    else:
        yield from _rows(split, needed, rejects)


def _head(split: Split) -> bytes:
    """The first bytes of a file; whatever is wrong with it shows again, and is told, where it is read."""
    head = b""
    for chunk in lines.chunks(split.path, [], MAX_HEAD):
        head += chunk or b""
        if chunk is None or len(head) >= MAX_HEAD:
            break
    return head[:MAX_HEAD]


def _small(found: dict[str, Any]) -> dict[str, Any]:
    return {name.strip().lower(): value for name, value in found.items()}


# --- CSV (RFC 4180) ---

def _rows(split: Split, needed: Collection[str], rejects: list[Reject]) -> Iterator[Record]:
    """The rows of a CSV file. A header that comes again, as when files are put together, is read as a header."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD))  # for full texts
    name, header, delimiter = split.path.name, [], ","
    waiting: deque[Line] = deque()
    source = _lines(split, rejects)
    while group := _group(waiting, source):
        number, text = group[0].number, "".join(line.text for line in group).rstrip("\r\n")
        if not header:
            delimiter = max(_DELIMITERS, key=text.count)
        row, fault = _cells(text, delimiter)
        small = [cell.strip().lower() for cell in row]
        if not header and not set(needed) <= set(small):
            missing = ", ".join(field for field in needed if field not in small)
            rejects.append(Reject(name, number, "line", f"the header has no column {missing}", shown(text)))
            return
        if set(needed) <= set(small):  # no article's address is "url"
            header = small
            continue
        if not text.strip():
            continue
        if text.count('"') % 2:
            fault = UNCLOSED
        fault = fault or (len(row) != len(header) and f"has {len(row):,} fields, the header {len(header):,}")
        if fault and len(group) > 1:  # a quotation mark that is not closed: the lines after it are records of their own
            waiting.extendleft(reversed(group[1:]))
            text = group[0].text.rstrip("\r\n")
            fault = UNCLOSED
        if not fault and not text.isascii() and _ESCAPED.search(text):
            fault = "not UTF-8"
        if fault:
            rejects.append(Reject(name, number, "line", fault, shown(text)))
        else:
            yield Record(number, "line", dict(zip(header, row)), text)


class Line(NamedTuple):
    """A line of a file of text, counted from 1, with its end."""

    number: int
    text: str


def _lines(split: Split, rejects: list[Reject]) -> Iterator[Line]:
    """The lines of a file; bytes that are not UTF-8 as single surrogates."""
    number = 0
    for block in lines.blocks(split, rejects, 2**20):
        text = block.data.decode("utf-8", errors="surrogateescape")
        for line in (text.removeprefix("\ufeff") if not number else text).split("\n")[:-1]:
            number += 1
            yield Line(number, f"{line}\n")


def _group(waiting: deque[Line], source: Iterator[Line]) -> list[Line]:
    """The lines of the next row: as many as it takes to close its quotation marks, or one, where none does."""
    group: list[Line] = []
    quotes = size = 0
    while len(group) < MAX_ROW_LINES and size < MAX_FIELD:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            break
        group.append(line)
        quotes += line.text.count('"')
        size += len(line.text)
        if quotes % 2 == 0:
            return group
    waiting.extendleft(reversed(group[1:]))
    return group[:1]


def _cells(text: str, delimiter: str) -> tuple[list[str], str]:
    """A row's cells, or why it is none."""
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return [], f"no CSV: {error}"
    return (rows[0], "") if len(rows) == 1 else ([], "")


# --- a JSON document ---

def _document(split: Split, opening: re.Pattern[bytes], rejects: list[Reject]) -> Iterator[Record]:
    """The objects of the lists that a file has, document after document."""
    name, source = split.path.name, lines.chunks(split.path, rejects)
    buffer, base, at = b"", 0, 0  # what is read, where in the file it begins, and how much of it is done with
    inside = ended = torn = False
    while True:
        mark = (_MARK if inside else opening).search(buffer, at)
        if mark and inside and (stray := buffer[at:mark.start()].strip(_BETWEEN)):
            rejects.append(Reject(name, base + buffer.index(stray, at), "byte", "stands between objects, is none",
                                  shown(stray)))
        if mark and (not inside or mark[0] == b"]"):
            inside, at = not inside, mark.end()
            continue
        if mark:
            at = mark.start()
            found, length = _object(buffer, at, ended)
            if length:
                torn = torn or found == TORN
                if isinstance(found, dict):
                    yield Record(base + at, "byte", _small(found), found)
                else:
                    rejects.append(Reject(name, base + at, "byte", found, shown(buffer[at:at + length])))
                at += length
                continue
        elif not inside:
            at = max(at, len(buffer) - MAX_HEAD)  # an opening may be cut in two
        if ended:
            break
        chunk = next(source, b"")
        torn, ended, chunk = torn or chunk is None, not chunk, chunk or b""
        buffer, base, at = buffer[at:] + chunk, base + at, 0
    if inside and not torn:
        rejects.append(Reject(name, base + at, "byte", "the file ends within a list"))


def _object(buffer: bytes, at: int, ended: bool) -> tuple[dict[str, Any] | str, int]:
    """The object that begins somewhere, or why it is none; and its length, 0 if that takes more bytes.

    Where an object ends is tried: at each brace that a comma or the list's end follows.
    """
    why, first, tries = "", 0, 0
    for match in _END.finditer(buffer, at):
        found = lines.parsed(buffer[at:match.end()])
        if isinstance(found, dict):
            return found, match.end() - at
        why, first, tries = why or str(found), first or match.end(), tries + 1
        if tries == MAX_TRIES:
            break
    if not ended and tries < MAX_TRIES and len(buffer) - at < MAX_RECORD:
        return "", 0
    if not first:
        return TORN, len(buffer) - at
    for begin in [match.start() for match in _BEGIN.finditer(buffer, at + 1, first)][:-MAX_TRIES:-1]:
        if isinstance(lines.parsed(buffer[begin:first]), dict):  # the one after it is whole
            return why, begin - at
    return why, first - at
