"""Files of lines: every line once, whatever the compression, the split and the block; what is broken is told."""

import bz2
import gzip
import json
import lzma
import random

import pyarrow as pa
import pytest

from analysis.corpus import lines
from analysis.corpus.model import Split

PACK = {"plain": lambda raw: raw, "gz": gzip.compress, "bz2": lambda raw: bz2.compress(raw, 1), "xz": lzma.compress}
SCHEMA = pa.schema([("a", pa.string()), ("n", pa.int64()), ("many", pa.list_(pa.string()))])


def read(path, raw, split=None, size=lines.BLOCK):
    path.write_bytes(raw)
    rejects = []
    found = list(lines.blocks(split or Split(path), rejects, size))
    return found, rejects


def texts(blocks):
    return [line for block in blocks for line in block.data.split(b"\n")[:-1]]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lines"


@pytest.mark.parametrize("how", PACK)
def test_every_line_comes_once_with_its_place(path, how):
    some = random.Random(1)
    expected = [b"x" * some.choice((0, 1, 7, 50, 400)) + str(i).encode() for i in range(300)]
    plain = b"\n".join(expected)  # the last one is not ended
    for size in (16, 100, 1000, 10**6):
        blocks, rejects = read(path, PACK[how](plain), size=size)
        assert texts(blocks) == expected and rejects == []
        assert all(plain[block.offset:].startswith(block.data[:-1]) for block in blocks)
        assert all(block.data.endswith(b"\n") for block in blocks)


@pytest.mark.parametrize("how", ["gz", "bz2", "xz"])
def test_members_one_after_the_other_are_one_file(path, how):
    blocks, rejects = read(path, PACK[how](b"one\ntw") + PACK[how](b"o\nthree\n"), size=10)
    assert texts(blocks) == [b"one", b"two", b"three"] and rejects == []


def test_splits_share_the_lines_out(path):
    some = random.Random(2)
    expected = [b"%d" % i + b"y" * some.choice((0, 3, 90)) for i in range(200)]
    path.write_bytes(b"\n".join(expected) + b"\n")
    for size in (1, 2, 5, 64, 1000, 10**6):
        splits = lines.splits(path, size)
        rejects = []
        assert [line for split in splits for line in texts(lines.blocks(split, rejects, 50))] == expected
        assert rejects == [] and splits[0].start == 0 and splits[-1].stop == path.stat().st_size
    path.write_bytes(gzip.compress(b"a\n"))
    assert lines.splits(path, 1) == [Split(path)]


@pytest.mark.parametrize("how", ["gz", "bz2", "xz"])
def test_a_cut_file_gives_what_stands_before_the_cut(path, how):
    some = random.Random(3)
    expected = ["".join(some.choices("abcdefgh", k=60)).encode() for _ in range(6_000)]
    plain = b"\n".join(expected) + b"\n"
    packed = PACK[how](plain)
    blocks, rejects = read(path, packed[: len(packed) // 2])
    found = texts(blocks)
    assert 100 < len(found) < len(expected) and found == expected[:len(found)]
    ending = rejects[0]
    assert "the file ends within its" in ending.reason and ending.unit == "byte"
    if torn := plain[len(b"\n".join(found)) + 1:ending.position]:
        assert rejects[1].record.encode() == torn and "breaks off" in rejects[1].reason
        assert rejects[1].position == ending.position - len(torn)


def test_bytes_that_are_spoilt_are_told(path):
    raw = bytearray(gzip.compress(random.Random(4).randbytes(50_000).hex().encode(), compresslevel=9))
    raw[len(raw) // 2] ^= 0xFF
    _, rejects = read(path, b"".join([gzip.compress(b"good\n"), bytes(raw)]))
    assert "gzip compression is broken here" in rejects[0].reason


def test_a_line_that_is_too_long_is_left_out(path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE", 100)
    plain = b"before\n" + b"z" * 1000 + b"\nafter\n"
    blocks, rejects = read(path, plain, size=20)
    assert texts(blocks) == [b"before", b"after"]
    assert [(r.position, r.unit) for r in rejects] == [(7, "byte")] and "more than 100 bytes" in rejects[0].reason
    assert plain[blocks[-1].offset:].startswith(b"after")


def table(*records, **options):
    rejects = []
    raw = b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in records)
    found, at = lines.json_table(lines.Block(raw, 1000), SCHEMA, "f", rejects)
    assert len(found) == len(at)
    for row, place in zip(found.to_pylist(), at.tolist()):  # each row is where it is said to be
        assert raw[place - 1000:place - 999] == b"{"
    return found.to_pylist(), at.tolist(), rejects


def test_records_are_read_with_the_fields_that_are_asked_for():
    rows, at, rejects = table({"a": "é", "n": 1, "many": ["x", "y"], "other": {"b": 1}}, b"", b"  \r", {"n": None})
    assert rows == [{"a": "é", "n": 1, "many": ["x", "y"]}, {"a": None, "n": None, "many": None}]
    assert rejects == [] and at[0] == 1000


@pytest.mark.parametrize(("bad", "why"), [
    (b'{"a": "x"', "no JSON: "),
    (b'{"a": "x"} {"a": "y"}', "no JSON: Extra data"),
    (b'{"a": "\xff"}', "not UTF-8: byte 7 of the record is b'\\xff'"),
    (b'{"a": 5}', "field a must be text, is a number"),
    (b'{"many": ["x", 5]}', "field many must be a list, each item text"),
    (b'{"many": "x"}', "field many must be a list, each item text, is text"),
    (b'{"n": "1"}', "field n must be a whole number, is text"),
    (b'["a"]', "must be a JSON object"),
    (b"[" * 100_000, "nested too deeply"),
])
@pytest.mark.parametrize("small", [1, 10**6])
def test_a_bad_line_does_not_spoil_the_others(bad, why, small, monkeypatch):
    monkeypatch.setattr(lines, "_SMALL", small)  # halved, or read line by line
    good = [{"a": f"r{i}", "n": i, "many": []} for i in range(7)]
    rows, at, rejects = table(*good[:3], bad, *good[3:5], bad, *good[5:])
    assert rows == good
    raw = b"".join(json.dumps(record).encode() + b"\n" for record in good[:3])
    assert rejects[0].position == 1000 + len(raw) and len(rejects) == 2
    assert why in rejects[0].reason and rejects[0].record.startswith(bad[:20].decode("utf-8", "backslashreplace"))


def test_halves_of_surrogate_pairs_are_replaced():
    rows, _, rejects = table(b'{"a": "x\\ud800y \\ud83d\\ude00 \\\\ud800", "many": ["\\udfff"]}')
    assert rows == [{"a": "x\ufffdy \U0001f600 \\ud800", "n": None, "many": ["\ufffd"]}] and rejects == []


def test_objects_are_taken_as_exports_write_them():
    rejects = []
    raw = b'{"t": "tab\there \\q"}\n\n7\n{"t": \n{"u": {"v": [1]}}\n{"t": "\xe9"}\n'
    found = list(lines.objects(lines.Block(raw, 10), "f", rejects))
    assert found == [(10, {"t": "tab\there \\q"}), (41, {"u": {"v": [1]}})]
    assert [(r.position, r.reason.split(":")[0]) for r in rejects] == [
        (32, "must be a JSON object, is none"), (34, "no JSON"), (59, "not UTF-8")]
