"""Files of lines, plain or compressed, in blocks of whole lines; JSON lines as tables, the bad lines told apart.

Memory is bounded: by a block, and by the longest line that is taken.
"""

from __future__ import annotations

import bz2
import json
import lzma
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.json

from analysis.corpus.model import Reject, Split, shown

BLOCK = 16 * 2**20
MAX_LINE = 64 * 2**20
# Below this, a block with a bad line is read line by line; above, it is halved until the bad line is found.
_SMALL = 64 * 2**10
_PARSED = 2**20  # what Arrow parses in one go: stays in a core's cache, which takes half the time

_DECODER = json.JSONDecoder(strict=False)
# A backslash with what it escapes, or one that escapes nothing.
_STRAY = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])|\\')
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF_BYTES = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")

_MAGIC = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))


class Block(NamedTuple):
    """Whole lines, and where the first begins: a byte of the uncompressed file."""

    data: bytes
    offset: int


def splits(path: Path, size: int) -> list[Split]:
    """A file in parts of about `size` bytes, for tasks of their own; a compressed file is one."""
    length = path.stat().st_size
    with open(path, "rb") as file:
        if packed(file.read(6)):
            return [Split(path)]
    return [Split(path, start, min(start + size, length)) for start in range(0, max(length, 1), size)]


def packed(head: bytes) -> str | None:
    """How a file is compressed, by its first bytes."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def blocks(split: Split, rejects: list[Reject], size: int = BLOCK) -> Iterator[Block]:
    """The lines that begin in a split, in blocks of about `size` bytes; lines are whole and end in a line feed.

    A file that ends or breaks within its compression gives all lines before that, and a reject; so do a line longer
    than `MAX_LINE` and a part of a line at the place where a compressed file breaks off.
    """
    with open(split.path, "rb") as file:
        how = packed(file.read(6))
        file.seek(split.start)
        if how:
            yield from _assembled(_unpacked(file, how, split.path.name, rejects, size), 0, split.path.name, rejects)
        else:
            yield from _assembled(_plain(file, split, size), _first_line(file, split), split.path.name, rejects)


def chunks(path: Path, rejects: list[Reject], size: int = 2**20) -> Iterator[bytes | None]:
    """The bytes of a file, unpacked; at its end None, with a reject, where it breaks off within its compression."""
    with open(path, "rb") as file:
        how = packed(file.read(6))
        file.seek(0)
        if how:
            yield from _unpacked(file, how, path.name, rejects, size)
        else:
            while chunk := file.read(size):
                yield chunk


def _first_line(file: BinaryIO, split: Split) -> int:
    """Where the first line that begins in the split begins; the file is left there."""
    if split.start == 0:
        file.seek(0)
        return 0
    at = split.start - 1  # a line begins at `start` if the byte before it ends one
    file.seek(at)
    while chunk := file.read(2**16):
        if (end := chunk.find(b"\n")) >= 0:
            at += end + 1
            break
        at += len(chunk)
    file.seek(at)
    return at


def _plain(file: BinaryIO, split: Split, size: int) -> Iterator[bytes]:
    """Bytes of an uncompressed file from where it stands up to the end of the last line that begins in the split."""
    stop = split.stop if split.stop >= 0 else 2**63
    at = file.tell()
    while at < stop:
        # Where the last line ends is looked up first: bytes that were read are not copied to have some put after them.
        end = at + min(size, stop - at) - 1
        file.seek(end)
        end += len(file.readline(MAX_LINE + 1))
        file.seek(at)
        chunk = file.read(end - at)
        if not chunk:
            return
        at += len(chunk)
        yield chunk


def _unpacked(file: BinaryIO, how: str, name: str, rejects: list[Reject], size: int) -> Iterator[bytes | None]:
    """The bytes inside a compressed file, member after member; None at its end where it breaks off."""
    make = {"gzip": lambda: zlib.decompressobj(wbits=31), "bzip2": bz2.BZ2Decompressor,
            "xz": lzma.LZMADecompressor}[how]
    at, raw, member, drained = 0, b"", None, True
    while True:
        if not raw and drained:
            raw = file.read(2**18)
        if not raw and drained:
            if member is not None:
                rejects.append(Reject(name, at, "byte", f"the file ends within its {how} compression"))
                yield None
            return
        if member is None:
            if not raw.strip(b"\0"):  # padding after a member
                raw = b""
                continue
            member = make()
        try:
            out = member.decompress(raw, size)
        except (OSError, zlib.error, lzma.LZMAError, EOFError) as error:
            rejects.append(Reject(name, at, "byte", f"its {how} compression is broken here: {error}"))
            yield None
            return
        if out:
            at += len(out)
            yield out
        if member.eof:
            raw, member, drained = member.unused_data, None, True
        else:  # zlib hands back what it has not taken; the others keep it
            raw = member.unconsumed_tail if how == "gzip" else b""
            drained = how == "gzip" or member.needs_input


def _assembled(chunks: Iterator[bytes | None], at: int, name: str, rejects: list[Reject]) -> Iterator[Block]:
    """Chunks of bytes as blocks of whole lines."""
    rest, too_long, torn = b"", False, False
    for chunk in chunks:
        if chunk is None:
            torn = True
            break
        end = chunk.rfind(b"\n") + 1
        if not end:
            rest += b"" if too_long else chunk
            if len(rest) > MAX_LINE:
                rejects.append(Reject(name, at, "byte", f"a line of more than {MAX_LINE:,} bytes", shown(rest)))
                at, rest, too_long = at + len(rest), b"", True
            elif too_long:
                at += len(chunk)
            continue
        if too_long:  # the long line ends in this chunk
            begin = chunk.find(b"\n") + 1
            at, too_long = at + begin, False
            if begin < end:
                yield Block(chunk[begin:end], at)
            at += end - begin
        else:
            yield Block(rest + chunk[:end], at)
            at += len(rest) + end
        rest = chunk[end:]
    if rest.strip():
        if torn:
            rejects.append(Reject(name, at, "byte", "a part of a record, where the file breaks off", shown(rest)))
        else:
            yield Block(rest + b"\n", at)


def json_table(block: Block, schema: pa.Schema, name: str, rejects: list[Reject]) -> tuple[pa.Table, np.ndarray]:
    """The JSON objects of a block's lines, and where each begins.

    Parameters
    ----------
    schema: the fields that are read, with their types; a missing field is null, other fields are left alone.
    name: the file's name, for the rejects.

    Returns
    -------
    A table, a row a line that holds an object with fields of these types; and int64 positions, bytes of the file. All
    other lines but blank ones are rejected.
    """
    begins = _line_starts(block.data)
    if not len(begins):
        return schema.empty_table(), begins
    made = _read(block.data, schema, begins)
    if made is not None:
        return made, begins + block.offset
    if len(block.data) > _SMALL and len(begins) > 1:
        middle = int(begins[len(begins) // 2])
        halves = [json_table(Block(block.data[:middle], block.offset), schema, name, rejects),
                  json_table(Block(block.data[middle:], block.offset + middle), schema, name, rejects)]
        return pa.concat_tables([half[0] for half in halves]), np.concatenate([half[1] for half in halves])
    tables, kept = [], []
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(block.data)]):
        line = block.data[begin:end]
        one = _read(line, schema, np.zeros(1, dtype=np.int64))
        if one is None and (mended := _without_halves(line)):
            one = _read(mended, schema, np.zeros(1, dtype=np.int64))
        if one is None:
            rejects.append(Reject(name, block.offset + begin, "byte", _why(line, schema), shown(line.rstrip(b"\r\n"))))
        else:
            tables.append(one)
            kept.append(block.offset + begin)
    return (pa.concat_tables(tables) if tables else schema.empty_table()), np.array(kept, dtype=np.int64)


def objects(block: Block, name: str, rejects: list[Reject]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a block's lines as they are, and where each begins, for records whose fields vary or nest.

    All other lines but blank ones are rejected. What a record's fields must be is for the caller to say.
    """
    begins = _line_starts(block.data)
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(block.data)]):
        line = block.data[begin:end].rstrip(b"\r\n")
        found = parsed(line)
        if isinstance(found, dict):
            yield block.offset + begin, found
        else:
            why = found if isinstance(found, str) else "must be a JSON object, is none"
            rejects.append(Reject(name, block.offset + begin, "byte", why, shown(line)))


def parsed(raw: bytes) -> dict[str, Any] | str | tuple[object]:
    """A JSON object; in plain words why it cannot be read; or, as (value,), another JSON value.

    Control characters in strings are taken (RFC 8259, section 7, has them escaped; exports have them as they are), and
    so is a backslash before a character that needs none.
    """
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8: byte {error.start} of the record is {raw[error.start:error.start + 1]!r}"
    try:
        try:
            found = _DECODER.decode(text.strip())
        except json.JSONDecodeError as error:
            if not error.msg.startswith("Invalid \\escape"):
                raise
            found = _DECODER.decode(_STRAY.sub(lambda match: match[0] if match[1] else r"\\", text.strip()))
    except json.JSONDecodeError as error:
        return f"no JSON: {error.msg} (character {error.pos} of the record)"
    except RecursionError:
        return "JSON that is nested too deeply"
    except ValueError as error:
        return f"no JSON that can be read: {error}"
    return found if isinstance(found, dict) else (found,)


def _without_halves(line: bytes) -> bytes | None:
    """A line with U+FFFD for each escaped half of a surrogate pair: JSON allows them (RFC 8259, 8.2), Arrow not.

    None where that is not what is wrong with it.
    """
    if not _HALF.search(line):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = json.dumps(found, ensure_ascii=False).encode("utf-8", errors="surrogatepass")
    return _HALF_BYTES.sub("\ufffd".encode(), whole) + b"\n"


def _line_starts(data: bytes) -> np.ndarray:
    """Where the lines that are not blank begin."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10)
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    begins = np.zeros(len(ends), dtype=np.int64)
    begins[1:] = ends[:-1] + 1
    short = np.flatnonzero(ends - begins < 8)  # a record is longer: only here can a line be blank
    blank = [i for i in short.tolist() if not data[begins[i]:ends[i]].strip()]
    return np.delete(begins, blank) if blank else begins


def _read(data: bytes, schema: pa.Schema, begins: np.ndarray) -> pa.Table | None:
    """Lines of JSON, which begin at `begins`, as a table, or None where one of them is not what it should be."""
    longest = int(np.diff(begins, append=len(data)).max())
    try:
        table = pa.json.read_json(
            pa.BufferReader(data), pa.json.ReadOptions(use_threads=False, block_size=max(2 * longest, _PARSED)),
            pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"))
        table = table.select(schema.names).cast(schema)
        table.validate(full=True)  # among others, that strings are UTF-8
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, pa.ArrowKeyError):
        return None
    # Two objects in one line are two rows to Arrow; to us they are a fault.
    return table.combine_chunks() if table.num_rows == len(begins) else None


def _why(line: bytes, schema: pa.Schema) -> str:
    """In plain words, why a line is not taken."""
    found = parsed(line)
    if isinstance(found, str):
        return found
    if not isinstance(found, dict):
        return f"must be a JSON object, is {kind_of(found[0])}"
    for name, kind in zip(schema.names, schema.types):
        value = found.get(name)
        if value is not None and not _fits(value, kind):
            return f"field {name} must be {_words(kind)}, is {kind_of(value)}"
    return "no record that can be read"


def _fits(value: object, kind: pa.DataType) -> bool:
    if pa.types.is_string(kind):
        return isinstance(value, str)
    if pa.types.is_list(kind):
        return isinstance(value, list) and all(v is None or _fits(v, kind.value_type) for v in value)
    if pa.types.is_struct(kind):
        return isinstance(value, dict) and all(
            value.get(f.name) is None or _fits(value[f.name], f.type) for f in kind.fields)
    if pa.types.is_integer(kind):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _words(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"a list, each item {_words(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "an object"
    return "text" if pa.types.is_string(kind) else "a whole number" if pa.types.is_integer(kind) else "a number"


def kind_of(value: object) -> str:
    """What a JSON value is, in plain words."""
    return {dict: "an object", list: "a list with other things in it", str: "text", bool: "true or false",
            int: "a number", float: "a number", type(None): "null"}[type(value)]
