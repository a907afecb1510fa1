"""Web archives, such as Common Crawl's news: each page's text, and by `analysis.attribution` who says what in it.

Formats: WARC 1.0 and 1.1 (ISO 28500:2009 and 28500:2017;
https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/), plain, or gzip with a member for each
record (its annex on compression) or for many. Read are `response` records that hold an HTTP answer with status 200 and
HTML, `resource` records of HTML or plain text, and `conversion` records of plain text (Common Crawl's WET files);
CC-News: https://commoncrawl.org/blog/news-dataset-available. Other records are counted, not read; ARC, the format
before WARC, and zstandard files are not read.

A page's `record` is the byte of the file as it is stored where its record begins; in a gzip member of several records,
where the member begins, and one more for each record after the first.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord

from analysis.corpus import lines
from analysis.corpus.model import MAX_TITLE, Batch, Reader, Reject, Split, shown
from analysis.corpus.readers import fields, speech
from analysis.intake import pages
from analysis.dataset import DATA

BATCH = 200  # pages
MAX_HEADER = 2**16
MAX_CONTENT = pages.MAX_BYTES + MAX_HEADER
MAX_REWINDS = 100
_CHUNK = 2**16

HTML = frozenset({"text/html", "application/xhtml+xml"})
PLAIN = frozenset({"text/plain"})

OTHER = "WARC records that hold no page (requests, metadata, revisits, ...)"
NO_PAGE = "answers that are no page (images, scripts, ...)"
NOT_OK = "answers with another status than 200"
CUT = "pages that the crawler cut off"
TOO_LATE = "dates of publication after the day when the page was fetched"
UNDATED = "pages without a date of publication"

_BEGIN = re.compile(rb"WARC/[01]\.\d{1,2}\r?\n")
_NEXT = re.compile(rb"(?<=\n)WARC/[01]\.\d{1,2}\r?\n(?=[A-Za-z-]+:)")
_BLANK = re.compile(rb"\r?\n\r?\n")
_GZIP = b"\x1f\x8b\x08"


def read(split: Split, known: Path = DATA) -> Iterator[Batch]:
    """A batch of some hundred pages with their statements after the other."""
    held = fields.Gathered()
    for record in _records(split, held.rejects):
        try:
            found = _page(record, held.counts)
        except pages.Refused as refusal:
            held.rejects.append(Reject(split.path.name, record.position, "byte", str(refusal), shown(record.header)))
            continue
        if found is None:
            continue
        url, page = found
        held.articles.append(_article(record, url, page, held.counts))
        rules = speech.rules(page.language)
        held.counts[fields.NO_RULES] += not rules
        if rules:
            held.statements += ({"record": record.position, "url": url, **row}
                                for row in speech.statements(_body(page), rules, held.counts, known))
        if len(held.articles) == BATCH:
            yield held.batch()
    yield held.batch()


def split(path: Path, size: int) -> list[Split]:
    """A file in parts of about `size` bytes that begin where a record does; a gzip file, where a member does."""
    with open(path, "rb") as file:
        length = file.seek(0, 2)
        file.seek(0)
        if (how := lines.packed(file.read(6))) == "gzip":
            starts = {found for start in range(size, length, size) if (found := _member_from(file, start)) is not None}
        else:
            starts = set() if how else set(_record_starts(file, size))
    cuts = [0, *sorted(starts - {0}), length]
    return [Split(path, start, stop) for start, stop in zip(cuts, cuts[1:])] if length else [Split(path)]


# --- from a record to a page ---

@dataclass
class Record:
    """One WARC record: where it begins, its header as it stands and by (small) names, and its content."""

    position: int
    header: bytes
    values: dict[str, str]
    content: bytes


def _page(record: Record, counts: Counter[str]) -> tuple[str, pages.Page] | None:
    """A record's address and page; None where it holds none, which is counted.

    Raises
    ------
    pages.Refused: it should be a page but cannot be read as one.
    """
    kind = record.values.get("warc-type", "").lower()
    media = record.values.get("content-type", "").split(";")[0].strip().lower()
    charset = None
    if kind == "response" and media in ("application/http", ""):
        raw, status, media, charset = _answer(record)
        if status != 200:
            counts[NOT_OK] += 1
            return None
        if not media and re.match(rb"\s*<(?:!doctype\s+html|html)\b", raw[:1024], re.IGNORECASE):
            media = "text/html"
    elif kind in ("resource", "conversion"):
        raw = record.content
    else:
        counts[OTHER] += 1
        return None
    if media not in HTML | PLAIN or media in PLAIN and kind == "response":
        counts[NO_PAGE] += 1
        return None
    url = fields.address(record.values.get("warc-target-uri", "").strip("<>"))  # WARC 1.0 puts it between < and >
    if not url:
        raise pages.Refused(fields.no_address(record.values.get("warc-target-uri")))
    counts[CUT] += "warc-truncated" in record.values
    try:
        return url, (pages.page if media in HTML else pages.plain)(raw, url, url, charset)
    except pages.Refused:
        raise
    except Exception as error:  # whatever a library trips over in one page of millions, the others are read
        raise pages.Refused(f"its main text cannot be found ({type(error).__name__})") from error


def _answer(record: Record) -> tuple[bytes, int | None, str, str | None]:
    """The body of an HTTP answer with its status, media type and charset."""
    whole = record.header + record.content + b"\r\n\r\n"
    for decoding in ("all", "none"):  # crawlers store bodies unpacked, and keep the header that says otherwise
        try:
            found: WarcRecord = next(iter(ArchiveIterator(io.BytesIO(whole), parse_http=True, stream_detect=False,
                                                          auto_decode=decoding)))
            if found.http_headers is None or found.http_headers.status_code is None:
                raise pages.Refused("its HTTP header cannot be read")
            raw = found.reader.read(pages.MAX_BYTES + 1)
            return (raw, found.http_headers.status_code, (found.http_content_type or "").strip().lower(),
                    found.http_charset)
        except (OSError, ValueError, StopIteration) as error:
            if isinstance(error, pages.Refused):
                raise
    raise pages.Refused("its HTTP answer cannot be read")


def _article(record: Record, url: str, page: pages.Page, counts: Counter[str]) -> dict:
    published = fields.dated(page.published, counts)
    fetched = fields.day(record.values.get("warc-date", ""))
    counts[UNDATED] += published is None
    if published and fetched and (published - fetched).days > 1:  # a day ahead is a time zone
        published = None
        counts[TOO_LATE] += 1
    return {"record": record.position, "url": url, "outlet": fields.text(page.site, fields.MAX_NAME),
            "title": fields.text(page.title, MAX_TITLE), "published": published, "language": page.language or None}


def _body(page: pages.Page) -> str:
    """A page's text without its headline, which says in short what the text says again."""
    first, _, rest = page.text.partition("\n")
    return rest.lstrip() if pages.line(first) == page.title and rest.strip() else page.text


# --- from bytes to records ---

class Stream:
    """Bytes that come in chunks, taken and looked through from the front without holding them all.

    `fault`: in plain words, why there are fewer than there should be.
    """

    def __init__(self, chunks: Callable[[Stream, int], Iterator[bytes]]):
        """`chunks`: makes the chunks from a byte on; it may be asked again."""
        self._chunks, self.rewinds = chunks, -1
        self.rewind(0)

    def look(self, size: int) -> bytes:
        """Up to `size` of the next bytes."""
        while len(self._buffer) < size and (chunk := next(self._source, b"")):
            self._buffer += chunk
        return self._buffer[:size]

    def take(self, size: int) -> bytes:
        taken = self.look(size)
        self._buffer = self._buffer[len(taken):]
        self.at += len(taken)
        return taken

    def skip(self, size: int) -> int:
        """Leave out `size` bytes; gives how many there were."""
        left = size
        while left and (taken := len(self.take(min(left, _CHUNK)))):
            left -= taken
        return size - left

    def rewind(self, at: int) -> None:
        """Go back to byte `at`."""
        self.rewinds += 1
        self.fault, self.at, self._buffer, self._source = "", at, b"", self._chunks(self, at)

    def seek_next(self) -> bool:
        """Go on to the next beginning of a record, a line of its own; gives whether there is one."""
        while len(window := self.look(2 * _CHUNK)) > 1:
            if found := _NEXT.search(window, 1):
                self.skip(found.start())
                return True
            self.skip(max(1, len(window) - MAX_HEADER) if len(window) == 2 * _CHUNK else len(window))
        return False


def _records(split: Split, rejects: list[Reject]) -> Iterator[Record]:
    """The records that begin in a split; what is none, or is broken, is rejected."""
    with open(split.path, "rb") as file:
        how = lines.packed(file.read(6))
        file.seek(0)
        stop = split.stop if split.stop >= 0 else file.seek(0, 2)
        if how not in (None, "gzip"):
            rejects.append(Reject(split.path.name, 0, "byte", f"compressed ({how}); WARC is plain or gzip"))
        elif how is None:
            yield from _in_stream(Stream(lambda stream, at: _plain(file, split.start + at)), split.path.name, rejects,
                                  lambda at, number: split.start + at, stop - split.start)
        else:
            at: int | None = split.start
            while at is not None and at < stop:
                at = yield from _in_member(file, at, split.path.name, rejects)


def _plain(file: BinaryIO, start: int) -> Iterator[bytes]:
    while True:
        file.seek(start)  # a rewound stream reads the same file
        chunk = file.read(_CHUNK)
        if not chunk:
            return
        start += len(chunk)
        yield chunk


def _in_member(file: BinaryIO, start: int, name: str, rejects: list[Reject]) -> Iterator[Record]:
    """The records of the gzip member at a byte; returns where the next one begins."""
    file.seek(start)
    if file.read(3) != _GZIP:
        after = _member_from(file, start)
        file.seek(start)
        stray = file.read(min((after or start + MAX_HEADER) - start, MAX_HEADER))
        if stray.strip(b"\0"):  # padding is none
            rejects.append(Reject(name, start, "byte", "no gzip member begins here", shown(stray)))
        return after
    ends: list[int] = []

    def unpacked(stream: Stream, skipped: int) -> Iterator[bytes]:
        member, at = zlib.decompressobj(wbits=31), start
        while not member.eof:
            raw = member.unconsumed_tail
            if not raw:
                file.seek(at)
                raw = file.read(_CHUNK)
                at += len(raw)
            if not raw:
                stream.fault = "the file ends within its gzip compression"
                return
            try:
                chunk = member.decompress(raw, _CHUNK)
            except zlib.error as error:
                stream.fault = f"its gzip compression is broken: {error}"
                return
            if len(chunk) > skipped:
                yield chunk[skipped:]
            skipped = max(0, skipped - len(chunk))
        ends.append(at - len(member.unused_data))

    stream = Stream(unpacked)
    yield from _in_stream(stream, name, rejects, lambda at, number: start + number)
    while stream.skip(2**20):  # to its end, which tells where the next one begins
        pass
    return ends[-1] if ends else _member_from(file, start + 1)


def _in_stream(stream: Stream, name: str, rejects: list[Reject], place: Callable[[int, int], int],
               stop: int | None = None) -> Iterator[Record]:
    """The records of a stream that begin before byte `stop`; `place` tells a record's position by where it begins and
    its number. A stream without a `stop` is read to its end."""
    number = 0
    while True:
        while stream.look(1) in (b"\r", b"\n"):
            stream.skip(1)
        begin, position = stream.at, place(stream.at, number)
        head = stream.look(MAX_HEADER)
        if not head or stop is not None and begin >= stop:
            break
        number += 1
        blank = _BLANK.search(head)
        why, record = "", None
        if not _BEGIN.match(head):
            why = "no WARC record begins here"
        elif not blank:
            why = f"its WARC header does not end within {MAX_HEADER:,} bytes" if len(head) == MAX_HEADER else (
                stream.fault or "the file ends within its WARC header")
        else:
            record, why = _one(stream, position, head[:blank.end()])
        if not why:
            if record:
                yield record
            continue
        if stop is None:  # what looks like a wrong length may be broken compression
            while stream.skip(2**20):
                pass
            why = stream.fault or why
        rejects.append(Reject(name, position, "byte", why, shown(head[:blank.end() if blank else 1000])))
        told = stream.fault
        if stream.rewinds < MAX_REWINDS:
            stream.rewind(begin)
        if not stream.seek_next():
            if told:
                return
            break
    if stream.fault:
        rejects.append(Reject(name, place(stream.at, number), "byte", stream.fault))


def _one(stream: Stream, position: int, header: bytes) -> tuple[Record | None, str]:
    """The record at the front of a stream, or why it is none; neither, where it is too large for a page."""
    stream.skip(len(header))
    values = _values(header)
    length = values.get("content-length", "")
    if not re.fullmatch(r"\d{1,18}", length):
        return None, f"has no Content-Length that can be read ({length!r})" if length else "has no Content-Length"
    content = stream.take(min(int(length), MAX_CONTENT))
    rest = int(length) - len(content)
    if len(content) < min(int(length), MAX_CONTENT) or stream.skip(rest) < rest:
        return None, stream.fault or "the file ends within the record, or its Content-Length is wrong"
    after = stream.look(20)
    if after.strip() and not _BEGIN.match(after.lstrip(b"\r\n")) and not _BLANK.match(after):
        return None, "its Content-Length is wrong: no record begins where it ends"
    if rest:
        return None, f"{int(length):,} bytes; at most {MAX_CONTENT:,} are read" if _may_be_page(values) else ""
    return Record(position, header, values, content), ""


def _may_be_page(values: dict[str, str]) -> bool:
    return values.get("warc-type", "").lower() in ("response", "resource", "conversion")


def _values(header: bytes) -> dict[str, str]:
    """The fields of a WARC header; one that goes on in an indented line is put together (as in HTTP)."""
    text = re.sub(r"\r?\n[ \t]+", " ", header.decode("utf-8", errors="replace"))
    pairs = (line.partition(":") for line in text.splitlines()[1:])
    return {key.strip().lower(): value.strip() for key, colon, value in pairs if colon}


# --- where records begin ---

def _member_from(file: BinaryIO, start: int) -> int | None:
    """The first gzip member at or after a byte that begins with a WARC record."""
    at, overlap = start, len(_GZIP) - 1
    while True:
        file.seek(at)
        window = file.read(2**20)
        for found in re.finditer(re.escape(_GZIP), window):
            file.seek(at + found.start())
            try:
                head = zlib.decompressobj(wbits=31).decompress(file.read(1024), 64)
            except zlib.error:
                continue
            if _BEGIN.match(head.lstrip(b"\r\n")):
                return at + found.start()
        if len(window) <= overlap:
            return None
        at += len(window) - overlap


def _record_starts(file: BinaryIO, size: int) -> Iterator[int]:
    """About every `size` bytes where a record of a plain file begins, by the lengths that the records tell."""
    at, next_cut = 0, size
    while True:
        file.seek(at)
        head = file.read(4096)
        lead = len(head) - len(head.lstrip(b"\r\n"))
        blank = _BLANK.search(head, lead)
        if not blank and len(head) == 4096:
            head += file.read(MAX_HEADER)
            blank = _BLANK.search(head, lead)
        if not blank or not _BEGIN.match(head, lead):
            return
        if at + lead >= next_cut:
            yield at + lead
            next_cut = (at + lead) // size * size + size
        length = _values(head[lead:blank.end()]).get("content-length", "")
        if not re.fullmatch(r"\d{1,18}", length):
            return
        at += blank.end() + int(length)


READER = Reader(
    name="warc",
    title="Web archives (WARC), such as CC-News",
    suffixes=(".warc", ".warc.gz", ".warc.wet.gz", ".warc.wet"),
    read=read,
    lacks=(*fields.NEVER, "outlets.country"),
    split=split,
)
