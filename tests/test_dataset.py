"""The record loads whole and in the descriptor's dtypes, and every fault seeded into a copy is reported where it is.

Places are chosen by a random generator with a fixed seed; what is right and wrong is read from the descriptor.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis import Dataset, DatasetError, Fault, load_dataset
from analysis import dataset as module
from analysis.__main__ import app
from analysis.dataset import DATA, DESCRIPTOR, MAX_FAULTS_IN_MESSAGE, TABLES

DESCRIBED = json.loads((DATA / DESCRIPTOR).read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in DESCRIBED["resources"]}
FIELDS = {(name, f["name"]): f for name, resource in RESOURCES.items() for f in resource["schema"]["fields"]}
STATED = {"articles": 721, "outlets": 643, "sources": 359, "attributions": 1976, "signatures": 74, "recodes": 67}


def file_of(table: str) -> str:
    return RESOURCES[table]["path"]


def faults_of(folder: Path) -> tuple[Fault, ...]:
    """The faults that loading the folder reports; the test fails if it loads."""
    with pytest.raises(DatasetError) as caught:
        load_dataset(folder)
    return caught.value.faults


def assert_equal(a: Dataset, b: Dataset) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(a, name), getattr(b, name))


class Rows(dict[str, list[list[str]]]):
    """Tables by name, each read when first asked for: what no test asks for is not written either."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __missing__(self, table: str) -> list[list[str]]:
        with (self.folder / file_of(table)).open(encoding="utf-8", newline="") as file:
            self[table] = list(csv.reader(file))
        return self[table]


class Copy:
    """The tables of a folder as rows of text, to damage in random places, no line twice, and to write back."""

    def __init__(self, folder: Path, seed: int | str):
        self.folder, self.rng, self.taken, self.rows = folder, random.Random(seed), set(), Rows(folder)

    def line(self, table: str, among: Callable[[dict[str, str]], bool] = lambda row: True) -> int:
        """A random line of a table that no other fault has taken. No cell of the record spans lines."""
        header, *rows = self.rows[table]
        free = [i for i, row in enumerate(rows, 2) if (table, i) not in self.taken and among(dict(zip(header, row)))]
        line = self.rng.choice(free)
        self.taken.add((table, line))
        return line

    def get(self, table: str, line: int, column: str) -> str:
        return self.rows[table][line - 1][self.rows[table][0].index(column)]

    def put(self, table: str, line: int, column: str, value: str) -> None:
        self.rows[table][line - 1][self.rows[table][0].index(column)] = value

    def write(self) -> Path:
        for name, rows in self.rows.items():
            # surrogateescape: "\udce9" is the byte E9. All quoted: else the writer leaves a lone carriage return bare.
            path = self.folder / file_of(name)
            with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
        return self.folder

    def raw(self, table: str, line: int, change: Callable[[str], str]) -> None:
        """Change one line of a written file as text, past the csv module."""
        path = self.folder / file_of(table)
        lines = path.read_text(encoding="utf-8").split("\n")
        lines[line - 1] = change(lines[line - 1])
        path.write_text("\n".join(lines), encoding="utf-8", newline="")


Expected = tuple[str, int, str, str, str]  # file, line, column, value, and words of the rule


def assert_faults(found: tuple[Fault, ...], expected: list[Expected]) -> None:
    """Exactly the expected faults, each with its place, value and rule."""
    places = [(f.file, f.line, f.column, f.value) for f in found]
    assert sorted(places) == sorted(e[:4] for e in expected)
    for *place, words in expected:
        assert any(words in f.rule for f in found if (f.file, f.line, f.column, f.value) == tuple(place)), words


# -- the bundled record ---------------------------------------------------------------------------------------------


def test_counts_are_those_stated(data: Dataset) -> None:
    assert {name: len(getattr(data, name)) for name in TABLES} == STATED
    articles = data.articles.merge(data.outlets, on="outlet_id")
    assert articles["country"].replace("INT", None).nunique() == 100
    assert articles["language"].nunique() == 41
    assert str(STATED["articles"]) in repr(data) and f"{STATED['attributions']:,}" in repr(data)


def test_tables_are_those_described(data: Dataset) -> None:
    assert set(TABLES) == set(RESOURCES)
    for name in TABLES:
        assert list(getattr(data, name)) == [f["name"] for f in RESOURCES[name]["schema"]["fields"]]


def has_dtype_of(field: dict[str, Any], column: pd.Series) -> bool:
    if field["type"] == "list":
        return all(type(cell) is list and all(type(item) is str for item in cell) for cell in column)
    if enum := field.get("constraints", {}).get("enum"):
        return column.dtype == pd.CategoricalDtype(enum, ordered=False)
    dtypes = {"string": "str", "date": "datetime64[us]", "integer": "int64", "boolean": "bool"}
    return column.dtype == dtypes[field["type"]]


@pytest.mark.parametrize(("table", "column"), FIELDS, ids=map(".".join, FIELDS))
def test_dtype_follows_the_descriptor(data: Dataset, table: str, column: str) -> None:
    assert has_dtype_of(FIELDS[table, column], getattr(data, table)[column])


def as_text(field: dict[str, Any], cell: Any) -> str:
    """A loaded cell as the file has it."""
    if field["type"] == "list":
        return field["delimiter"].join(cell)
    if pd.isna(cell):
        return ""
    if field["type"] == "date":
        return cell.date().isoformat()
    if field["type"] == "boolean":
        return (field["trueValues"] if cell else field["falseValues"])[0]
    return str(cell)


@pytest.mark.parametrize("table", TABLES)
def test_every_cell_survives_the_load(data: Dataset, table: str) -> None:
    with (DATA / file_of(table)).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    frame = getattr(data, table)
    columns = [[as_text(FIELDS[table, name], cell) for cell in frame[name]] for name in header]
    assert [list(row) for row in zip(*columns)] == rows


def test_a_dataset_is_frozen(data: Dataset) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.articles = data.outlets  # type: ignore[misc]


def test_a_copy_loads_from_a_path_as_text_or_path(data: Dataset, copy_of_data: Path) -> None:
    assert_equal(load_dataset(copy_of_data), data)
    assert_equal(load_dataset(str(copy_of_data)), data)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_byte_order_mark_and_line_ends_are_simply_read(
    data: Dataset, copy_of_data: Path, mark: bytes, ends: bytes
) -> None:
    for name in TABLES:
        path = copy_of_data / file_of(name)
        path.write_bytes(mark + path.read_bytes().replace(b"\n", ends))
    descriptor = copy_of_data / DESCRIPTOR
    descriptor.write_bytes(mark + descriptor.read_bytes().replace(b"\n", ends))
    assert_equal(load_dataset(copy_of_data), data)


# -- faults of one cell ---------------------------------------------------------------------------------------------

CELLS = {
    "wrong enum": ("articles", "tone", "positive", "must be one of: supportive"),
    "enum in another case": ("articles", "genre", "News", "must be one of: news"),
    "bad date": ("articles", "published", "25 October 2025", "must be a date in the calendar"),
    "date not in the calendar": ("articles", "published", "2025-02-29", "must be a date in the calendar"),
    "date in other digits": ("articles", "published", "٢٠٢٥-١٠-٢٥", "must be a date in the calendar"),
    "date with a time": ("signatures", "signed", "2025-10-25T09:00", "must be a date in the calendar"),
    "date out of bounds": ("articles", "published", "1925-10-25", "must be a date from"),
    "neither date nor word": ("signatures", "ratified", "soon", "the word undated"),
    "unknown outlet": ("articles", "outlet_id", "no-such-outlet", "must be an outlet_id in outlets.csv"),
    "unknown outlet in via": ("attributions", "via", "no-such-outlet", "must be an outlet_id in outlets.csv"),
    "unknown source": ("attributions", "source_id", "no-such-source", "must be a source_id in sources.csv"),
    "unknown article": ("recodes", "article_id", "no-such-article", "must be an article_id in articles.csv"),
    "not a number": ("attributions", "position", "first", "must be a whole number"),
    "not a whole number": ("attributions", "position", "1.0", "must be a whole number"),
    "number of 30 digits": ("attributions", "position", "9" * 30, "must be a whole number"),
    "position zero": ("attributions", "position", "0", "must be at least 1"),
    "number below zero": ("recodes", "critical", "-1", "must be at least 0"),
    "country code UK": ("outlets", "country", "UK", "must be an ISO 3166-1"),
    "country in lower case": ("sources", "country", "vn", "must be an ISO 3166-1"),
    "country's name": ("outlets", "country", "Viet Nam", "must be an ISO 3166-1"),
    "language's name": ("articles", "language", "Vietnamese", "must be a BCP 47"),
    "language with an underscore": ("articles", "language", "pt_BR", "must be a BCP 47"),
    "boolean word": ("outlets", "coded", "TRUE", "must be one of: yes, no"),
    "required cell empty": ("attributions", "gist", "", "required"),
    "required list empty": ("articles", "frames", "", "required"),
    "list with an empty item": ("articles", "frames", "rights;;process", "must have no empty item"),
    "list that ends in its separator": ("attributions", "via", "jiji-press;", "must have no empty item"),
    "list item twice": ("articles", "frames", "rights;process;rights", "must not hold an item twice"),
    "wrong item": ("articles", "frames", "rights;privacy", "must be one of: capacity"),
    "address as a domain": ("outlets", "domains", "https://example.org/", "must be a domain"),
    "address of another kind": ("articles", "url", "ftp://example.org/a", "must be an http or https address"),
    "white space at an end": ("articles", "subject", "Leaders sign ", "must be text without white space"),
    "line feed": ("attributions", "gist", "one\ntwo", "must be text without white space at its ends, on one line"),
    "line feed at the end": ("attributions", "gist", "one\n", "must be text without white space at its ends"),
    "carriage return": ("attributions", "gist", "one\rtwo", "must hold no control character (has U+000D)"),
    "NUL": ("sources", "role", "Mini\x00ster", "must hold no control character (has U+0000)"),
    "escape character": ("articles", "subject", "\x1b[31mred", "must hold no control character (has U+001B)"),
    "byte of Latin-1": ("articles", "subject", "R\udce9union", "must be UTF-8 text"),
    "half a character": ("sources", "affiliation", "Minist\udcc3", "must be UTF-8 text"),
    "long cell": ("attributions", "gist", "x" * 501, "must have at most 500 characters, has 501"),
    "cell of 10 MB": ("attributions", "gist", "x" * 10 * 2**20, "must have at most 500 characters, has 10,485,760"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_fault_in_a_cell(copy_of_data: Path, name: str) -> None:
    table, column, value, words = CELLS[name]
    copy = Copy(copy_of_data, name)
    line = copy.line(table)
    copy.put(table, line, column, value)
    assert_faults(faults_of(copy.write()), [(file_of(table), line, column, value, words)])


def test_white_space_round_an_identifier_breaks_its_form_and_its_reference(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    line = copy.line("attributions")
    value = f" {copy.get('attributions', line, 'source_id')} "
    copy.put("attributions", line, "source_id", value)
    place = file_of("attributions"), line, "source_id", value
    found = faults_of(copy.write())
    assert_faults(found, [(*place, "lower-case letters"), (*place, "must be a source_id in sources.csv")])


@pytest.mark.parametrize("text", ["=HYPERLINK(\"http://example.org\")", "+1", "-1", "@SUM(A1)", "[red]x[/red]", "<b>",
                                  "{0} %s \\n", "‏مرحبا", "null", "NA", "nan", "007", "tab\there"])
def test_text_that_only_looks_like_something_else_is_text(copy_of_data: Path, text: str) -> None:
    copy = Copy(copy_of_data, text)
    line = copy.line("articles")
    copy.put("articles", line, "subject", text)
    assert load_dataset(copy.write()).articles["subject"][line - 2] == text


def breaking(field: dict[str, Any]) -> list[str]:
    """Values that break each rule of a field, one a rule."""
    values = []
    for rules in (field.get("constraints", {}), field.get("items", {})):
        values += [""] if rules.get("required") else []
        values += ["no such word"] if "enum" in rules else []
        values += [" \\ "] if "pattern" in rules else []
        values += ["x" * (rules["maxLength"] + 1)] if "maxLength" in rules else []
        values += ["no-such-key"] if "reference" in rules else []
        if field["type"] == "integer" and "minimum" in rules:
            values.append(str(rules["minimum"] - 1))
        if field["type"] == "date" and "minimum" in rules:
            values += ["1000-01-01", "9000-01-01"]
    values += {"date": ["2025-13-01"], "integer": ["many"], "boolean": ["maybe"], "list": [";a"]}.get(field["type"], [])
    return values


@pytest.mark.parametrize(("table", "column"), FIELDS, ids=map(".".join, FIELDS))
def test_every_rule_of_every_column_is_held(copy_of_data: Path, table: str, column: str) -> None:
    values = breaking(FIELDS[table, column])
    assert values, "a column that nothing can break is not described"
    copy = Copy(copy_of_data, f"{table} {column}")
    places = []
    for value in values:
        line = copy.line(table)
        copy.put(table, line, column, value)
        places.append((file_of(table), line, column, value))
    # Other faults may follow: whoever refers to a key that is gone.
    found = {(f.file, f.line, f.column, f.value) for f in faults_of(copy.write())}
    assert found >= set(places)


# -- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_a_key_that_stands_twice(copy_of_data: Path, table: str) -> None:
    copy = Copy(copy_of_data, table)
    line, key = copy.line(table), RESOURCES[table]["schema"]["primaryKey"][0]
    copy.rows[table].append(copy.rows[table][line - 1])
    last = len(copy.rows[table])
    found = faults_of(copy.write())
    expected = (file_of(table), last, key, copy.get(table, line, key), f"already stands in line {line}")
    assert_faults(tuple(f for f in found if f.column == key), [expected])
    # A whole row twice breaks every other key of the table too, and nothing else.
    assert all((f.file, f.line) == (file_of(table), last) and f"already stands in line {line}" in f.rule for f in found)


def test_an_address_that_stands_twice(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    first, second = sorted([copy.line("articles"), copy.line("articles")])
    value = copy.get("articles", first, "url")
    copy.put("articles", second, "url", value)
    expected = (file_of("articles"), second, "url", value, f"must be unique: already stands in line {first}")
    assert_faults(faults_of(copy.write()), [expected])


def test_two_attributions_in_one_place(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    second = copy.line("attributions", lambda row: row["position"] == "2")
    article = copy.get("attributions", second, "article_id")
    first = next(i for i, row in enumerate(copy.rows["attributions"], 1) if row[1:3] == [article, "1"])
    copy.put("attributions", second, "position", "1")
    assert_faults(faults_of(copy.write()), [(file_of("attributions"), max(first, second), "article_id, position",
                                             f"{article}, 1", f"already stands in line {min(first, second)}")])


def test_an_empty_key_is_missing_but_not_twice_there(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    lines = [copy.line("signatures"), copy.line("signatures")]
    for line in lines:
        copy.put("signatures", line, "country", "")
    expected = [(file_of("signatures"), line, "country", "", "required") for line in lines]
    assert_faults(faults_of(copy.write()), expected)


def test_a_body_with_two_names(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    outlets = {row[0]: row[1] for row in copy.rows["outlets"]}
    line = copy.line("sources", lambda row: row["source_id"] in outlets)
    name = outlets[copy.get("sources", line, "source_id")]
    copy.put("sources", line, "name", "Another Name")
    assert_faults(faults_of(copy.write()), [(file_of("sources"), line, "name", "Another Name", f"must be '{name}'")])


# -- faults of form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_column(copy_of_data: Path, table: str) -> None:
    copy = Copy(copy_of_data, table)
    at = copy.rng.randrange(len(copy.rows[table][0]))
    column = copy.rows[table][0][at]
    for row in copy.rows[table]:
        del row[at]
    assert_faults(faults_of(copy.write()), [(file_of(table), 1, column, "", "missing column")])


@pytest.mark.parametrize("table", TABLES)
def test_a_column_that_stands_twice(copy_of_data: Path, table: str) -> None:
    copy = Copy(copy_of_data, table)
    at = copy.rng.randrange(len(copy.rows[table][0]))
    column = copy.rows[table][0][at]
    for row in copy.rows[table]:
        row.append(row[at])
    assert_faults(faults_of(copy.write()), [(file_of(table), 1, column, column, "a column must stand once")])


@pytest.mark.parametrize("name", ["note", "", "[/red]"])
@pytest.mark.parametrize("table", TABLES)
def test_an_extra_column(copy_of_data: Path, table: str, name: str) -> None:
    copy = Copy(copy_of_data, f"{table} {name}")
    at = copy.rng.randrange(len(copy.rows[table][0]))
    for i, row in enumerate(copy.rows[table]):
        row.insert(at, "more" if i else name)
    assert_faults(faults_of(copy.write()), [(file_of(table), 1, name, name, "extra column")])


def test_a_column_name_that_cannot_be_printed(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    name = "\udce9\x00" + "x" * 10 * 2**20
    copy.rows["recodes"][0].append(name)
    for row in copy.rows["recodes"][1:]:
        row.append("")
    fault, = faults_of(copy.write())
    assert fault.value == name
    assert str(fault).isprintable() and len(str(fault)) < 1000
    assert "\\xe9\\x00x" in fault.column


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda raw: b"", "empty file"),
    "only blank lines": (lambda raw: b"\n\n\r\n", "empty file"),
    "UTF-16": (lambda raw: raw.decode().encode("utf-16"), "must be UTF-8, is UTF-16"),
    "UTF-16, other end first": (lambda raw: b"\xfe\xff" + raw.decode().encode("utf-16-be"), "must be UTF-8, is UTF-16"),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", DAMAGE)
def test_a_file_that_is_no_table(copy_of_data: Path, name: str, table: str) -> None:
    change, words = DAMAGE[name]
    path = copy_of_data / file_of(table)
    path.write_bytes(change(path.read_bytes()))
    assert_faults(faults_of(copy_of_data), [(path.name, 0, "", "", words)])


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_file_and_a_folder_in_its_place(copy_of_data: Path, table: str) -> None:
    path = copy_of_data / file_of(table)
    path.unlink()
    assert_faults(faults_of(copy_of_data), [(path.name, 0, "", "", "missing file")])
    path.mkdir()
    assert_faults(faults_of(copy_of_data), [(path.name, 0, "", "", "cannot be read: Is a directory")])


def test_a_file_past_the_limit_is_not_read(copy_of_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = {name: (copy_of_data / file_of(name)).stat().st_size for name in TABLES}
    largest = max(size, key=size.__getitem__)
    monkeypatch.setattr(module, "MAX_FILE_BYTES", size[largest] - 1)
    assert_faults(faults_of(copy_of_data), [(file_of(largest), 0, "", "", f"has {size[largest]:,}")])


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\nname\n"], ids=["only a BOM", "blank first line"])
def test_a_file_without_a_header(copy_of_data: Path, content: bytes) -> None:
    (copy_of_data / file_of("recodes")).write_bytes(content)
    assert_faults(faults_of(copy_of_data), [(file_of("recodes"), 1, "", "", "must begin with the header")])


@pytest.mark.parametrize("table", ["signatures", "recodes"])
def test_a_table_without_rows_is_valid_if_nothing_refers_to_it(data: Dataset, copy_of_data: Path, table: str) -> None:
    copy = Copy(copy_of_data, 1)
    del copy.rows[table][1:]
    loaded = load_dataset(copy.write())
    frame = getattr(loaded, table)
    assert len(frame) == 0
    pd.testing.assert_series_equal(frame.dtypes, getattr(data, table).dtypes)


def test_a_table_without_rows_leaves_every_reference_to_it_without_an_end(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    del copy.rows["sources"][1:]
    found = faults_of(copy.write())
    assert_faults(found, [(file_of("attributions"), line, "source_id", copy.get("attributions", line, "source_id"),
                           "must be a source_id in sources.csv") for line in range(2, STATED["attributions"] + 2)])


@pytest.mark.parametrize("table", TABLES)
def test_a_short_row(copy_of_data: Path, table: str) -> None:
    copy = Copy(copy_of_data, table)
    line, width = copy.line(table), len(copy.rows[table][0])
    last = RESOURCES[table]["schema"]["fields"][-1]
    copy.rows[table][line - 1].pop()
    value = ",".join(copy.rows[table][line - 1])
    expected = [(file_of(table), line, "", value, f"must have {width} cells as the header has, has {width - 1}")]
    if last.get("constraints", {}).get("required"):  # the cell that is not there is empty
        expected.append((file_of(table), line, last["name"], "", "required"))
    assert_faults(faults_of(copy.write()), expected)


@pytest.mark.parametrize("table", TABLES)
def test_a_long_row(copy_of_data: Path, table: str) -> None:
    copy = Copy(copy_of_data, table)
    line, width = copy.line(table), len(copy.rows[table][0])
    copy.rows[table][line - 1].append("more")
    value = ",".join(copy.rows[table][line - 1])
    expected = (file_of(table), line, "", value, f"must have {width} cells as the header has, has {width + 1}")
    assert_faults(faults_of(copy.write()), [expected])


@pytest.mark.parametrize("table", ["signatures", "recodes"])
def test_a_quotation_mark_never_closed(copy_of_data: Path, table: str) -> None:
    copy = Copy(copy_of_data, table)
    line = copy.line(table)
    copy.raw(table, line, lambda text: '"' + text)
    assert_faults(faults_of(copy_of_data), [(file_of(table), line, "", "", "is never closed")])


@pytest.mark.parametrize("table", TABLES)
def test_text_after_a_closing_quotation_mark(copy_of_data: Path, table: str) -> None:
    # The row is lost, but what refers to it is not accused of that.
    copy = Copy(copy_of_data, table)
    line = copy.line(table)
    copy.raw(table, line, lambda text: f'"so" {text}')
    assert_faults(faults_of(copy_of_data), [(file_of(table), line, "", "", "must be CSV")])


def test_a_header_that_is_no_csv(copy_of_data: Path) -> None:
    Copy(copy_of_data, 1).raw("articles", 1, lambda text: f'"so" {text}')
    assert_faults(faults_of(copy_of_data), [(file_of("articles"), 1, "", "", "must be CSV")])


def test_a_lone_carriage_return_ends_a_row(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    line = copy.line("recodes")
    copy.raw("recodes", line, lambda text: text.replace(",", ",\r", 1))
    found = faults_of(copy_of_data)
    width = [(f.line, f.value) for f in found if "cells as the header has" in f.rule]
    first, *rest = copy.rows["recodes"][line - 1]
    assert width == [(line, f"{first},"), (line + 1, ",".join(rest))]
    assert {(f.file, f.line) for f in found} == {(file_of("recodes"), line), (file_of("recodes"), line + 1)}


def test_blank_lines_hold_nothing_and_count_as_lines(data: Dataset, copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    first, second = sorted([copy.line("articles"), copy.line("articles")])
    copy.raw("articles", first, lambda text: "\n" + text)
    assert_equal(load_dataset(copy_of_data), data)
    copy.put("articles", second, "tone", "positive")
    copy.write()
    copy.raw("articles", first, lambda text: "\n\n" + text)
    assert_faults(faults_of(copy_of_data), [(file_of("articles"), second + 2, "tone", "positive", "must be one of")])


def test_a_line_break_in_a_cell_keeps_later_lines_right(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    first, second = sorted([copy.line("articles"), copy.line("articles")])
    copy.put("articles", first, "subject", "one\ntwo\r\nthree")
    copy.put("articles", second, "tone", "positive")
    file = file_of("articles")
    assert_faults(faults_of(copy.write()), [(file, first, "subject", "one\ntwo\r\nthree", "U+000D"),
                                            (file, second + 2, "tone", "positive", "must be one of")])


def test_loading_leaves_the_csv_module_as_it_was(copy_of_data: Path) -> None:
    limit = csv.field_size_limit(1234)
    try:
        (copy_of_data / file_of("recodes")).write_text("\n", encoding="utf-8")
        faults_of(copy_of_data)
        load_dataset()
        assert csv.field_size_limit() == 1234
    finally:
        csv.field_size_limit(limit)


# -- the descriptor -------------------------------------------------------------------------------------------------


def field(descriptor: dict[str, Any], table: str, column: str) -> dict[str, Any]:
    resource = next(r for r in descriptor["resources"] if r["name"] == table)
    return next(f for f in resource["schema"]["fields"] if f["name"] == column)


TEXTS = {
    "not JSON": (b"{'name': 1}", "must be JSON"),
    "empty": (b"", "must be JSON"),
    "deeply nested": (b"[" * 200_000 + b"]" * 200_000, "not nested this deeply"),
    "a number of 10,000 digits": (b"9" * 10_000, "must be JSON"),
    "not UTF-8": (b'{"name": "R\xe9union"}', "must be UTF-8"),
    "half a character": (b'{"name": "\\ud800"}', "must be text"),
    "a list": (b"[]", "must be a Data Package"),
    "a word": (b'"resources"', "must be a Data Package"),
    "nothing in it": (b"{}", "must be a Data Package"),
}

CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no table": (lambda d: d["resources"].clear(), "must describe article_id"),
    "a table less": (lambda d: d["resources"].pop(), "in recodes"),
    "a table twice": (lambda d: d["resources"].append(d["resources"][0]), "must describe a table once"),
    "a column less": (lambda d: d["resources"][0]["schema"]["fields"].pop(), "must describe read in articles"),
    "a path out of the folder": (lambda d: d["resources"][0].update(path="../articles.csv"), "must stay in the folder"),
    "an absolute path": (lambda d: d["resources"][0].update(path="/etc/passwd"), "must stay in the folder"),
    "a Windows path out": (lambda d: d["resources"][0].update(path="..\\articles.csv"), "must stay in the folder"),
    "NUL in a path": (lambda d: d["resources"][0].update(path="a\x00"), "must stay in the folder"),
    "a list of paths": (lambda d: d["resources"][0].update(path=["articles.csv"]), "must be a Data Package"),
    "an unknown type": (lambda d: field(d, "articles", "tone").update(type="wurst"), "no such type here: wurst"),
    "no type": (lambda d: field(d, "articles", "tone").pop("type"), "KeyError: 'type'"),
    "a pattern that is none": (lambda d: field(d, "articles", "url")["constraints"].update(pattern="("), "error"),
    "a length that is none": (lambda d: field(d, "articles", "url")["constraints"].update(maxLength="long"), "long"),
    "an enumeration of numbers": (lambda d: field(d, "articles", "tone")["constraints"].update(enum=[1]), "TypeError"),
    "an enumeration with a value twice": (
        lambda d: field(d, "articles", "tone")["constraints"]["enum"].append("neutral"), "a value twice"),
    "a bound that is no date": (
        lambda d: field(d, "articles", "published")["constraints"].update(minimum="May"), "May"),
    "nothing to separate items": (lambda d: field(d, "articles", "frames").update(delimiter=""), "empty separator"),
    "a key without a field": (lambda d: d["resources"][0]["schema"].update(primaryKey=["id"]), "a key has no field"),
    "a reference to nowhere": (
        lambda d: field(d, "articles", "wire")["items"]["reference"].update(resource="media"), "'media'"),
    "a name shared with nobody": (lambda d: d["sharedIdentifiers"][0].update(name="title"), "'title'"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_descriptor_that_is_none(copy_of_data: Path, name: str) -> None:
    text, words = TEXTS[name]
    (copy_of_data / DESCRIPTOR).write_bytes(text)
    fault, = faults_of(copy_of_data)
    assert fault.file == DESCRIPTOR and words in fault.rule


@pytest.mark.parametrize("name", CHANGES)
def test_a_descriptor_that_cannot_be_used(copy_of_data: Path, name: str) -> None:
    change, words = CHANGES[name]
    descriptor = json.loads((copy_of_data / DESCRIPTOR).read_text(encoding="utf-8"))
    change(descriptor)
    (copy_of_data / DESCRIPTOR).write_text(json.dumps(descriptor), encoding="utf-8")
    fault, = faults_of(copy_of_data)
    assert fault.file == DESCRIPTOR and words in fault.rule


def test_a_missing_descriptor_and_a_missing_folder(copy_of_data: Path) -> None:
    (copy_of_data / DESCRIPTOR).unlink()
    assert_faults(faults_of(copy_of_data), [(DESCRIPTOR, 0, "", "", "missing: it describes the tables")])
    nowhere = copy_of_data / "nowhere"
    assert_faults(faults_of(nowhere), [(str(nowhere), 0, "", "", "must be a folder")])


def test_the_descriptor_beside_the_files_decides(copy_of_data: Path) -> None:
    descriptor = json.loads((copy_of_data / DESCRIPTOR).read_text(encoding="utf-8"))
    field(descriptor, "articles", "tone")["constraints"]["enum"].append("ironic")
    (copy_of_data / DESCRIPTOR).write_text(json.dumps(descriptor), encoding="utf-8")
    copy = Copy(copy_of_data, 1)
    line = copy.line("articles")
    copy.put("articles", line, "tone", "ironic")
    assert load_dataset(copy.write()).articles["tone"][line - 2] == "ironic"


# -- many faults, and how they are told -----------------------------------------------------------------------------


@pytest.fixture
def ruin(copy_of_data: Path) -> tuple[Path, list[Expected]]:
    """A copy with every fault of a cell, and some of form, all at once; and what should be said of it."""
    copy, expected = Copy(copy_of_data, "all at once"), []
    for table, column, value, words in CELLS.values():
        if table in ("signatures", "recodes"):
            continue  # these go as whole files, below
        # No cell may lose what another row's key or name hangs on; a cell with a line break moves what is below it.
        line = copy.line(table)
        copy.put(table, line, column, value)
        expected.append((file_of(table), line, column, value, words))
    first, second = sorted([copy.line("articles"), copy.line("articles")])
    address = copy.get("articles", first, "url")
    copy.put("articles", second, "url", address)
    expected.append((file_of("articles"), second, "url", address, "must be unique"))
    for i, row in enumerate(copy.rows["outlets"]):
        row.append("" if i else "note")
    expected.append((file_of("outlets"), 1, "note", "note", "extra column"))
    line = copy.line("sources")
    copy.rows["sources"][line - 1].append("more")
    expected.append((file_of("sources"), line, "", ",".join(copy.rows["sources"][line - 1]), "cells as the header has"))
    copy.write()
    below = [at for at, row in enumerate(copy.rows["attributions"], 1) if any(set(cell) & {*"\n\r"} for cell in row)]
    expected = [(file, line + sum(at < line for at in below) if file == file_of("attributions") else line, *rest)
                for file, line, *rest in expected]
    (copy_of_data / file_of("signatures")).unlink()
    expected.append((file_of("signatures"), 0, "", "", "missing file"))
    (copy_of_data / file_of("recodes")).write_bytes("article_id".encode("utf-16"))
    expected.append((file_of("recodes"), 0, "", "", "UTF-16"))
    return copy_of_data, expected


def test_all_faults_at_once(ruin: tuple[Path, list[Expected]]) -> None:
    folder, expected = ruin
    found = faults_of(folder)
    assert_faults(found, expected)
    order = [file_of(table) for table in RESOURCES]
    assert list(found) == sorted(found, key=lambda f: (order.index(f.file), f.line, f.column))


def test_the_message_is_bounded_and_the_faults_are_whole(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    for line in range(2, STATED["articles"] + 2):
        copy.put("articles", line, "tone", "x" * 1000)
    with pytest.raises(ValueError) as caught:
        load_dataset(copy.write())
    assert len(caught.value.faults) == STATED["articles"]
    first, *lines, last = str(caught.value).split("\n")
    assert first == f"{STATED['articles']} faults in the data:"
    assert len(lines) == MAX_FAULTS_IN_MESSAGE and max(map(len, lines)) < 300
    assert f"{STATED['articles'] - MAX_FAULTS_IN_MESSAGE} more" in last


def test_a_rule_that_cites_the_data_is_bounded(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    sources = {row[0] for row in copy.rows["sources"]}
    line = copy.line("outlets", lambda row: row["outlet_id"] in sources)
    copy.put("outlets", line, "name", "x" * 2**20)
    assert all(len(fault.rule) < 1000 for fault in faults_of(copy.write()))


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_check_passes_good_data() -> None:
    for result in (run(), run(str(DATA))):
        assert result.exit_code == 0
        assert result.output.strip() == f"{load_dataset()!r}: no fault"


def test_check_prints_every_fault(ruin: tuple[Path, list[Expected]]) -> None:
    folder, expected = ruin
    result = run(str(folder))
    assert result.exit_code == 1
    lines = result.output.splitlines()
    for fault in faults_of(folder):
        start = rf"{re.escape(fault.file)} +{fault.line or ''} +{re.escape(fault.column)} +{re.escape(fault.shown)}"
        assert any(re.match(start, line) for line in lines), fault
    assert lines[-1] == f"{len(expected)} faults"


@pytest.mark.parametrize("value", ["[red]x[/red]", "[/]", "<script>alert(1)</script>", ":smile:", "https://example.org",
                                   "back\\slash"])
def test_check_prints_what_looks_like_markup_as_text(copy_of_data: Path, value: str) -> None:
    copy = Copy(copy_of_data, value)
    copy.put("articles", copy.line("articles"), "tone", value)
    result = run(str(copy.write()))
    assert result.exit_code == 1
    assert f" {value} " in result.output
    assert result.output.rstrip().endswith("1 fault")


def test_check_writes_any_character_to_any_terminal(copy_of_data: Path) -> None:
    copy = Copy(copy_of_data, 1)
    copy.put("articles", copy.line("articles"), "tone", "độc\udce9")
    result = subprocess.run([sys.executable, "-m", "analysis", "check", str(copy.write())], cwd=DATA.parent,
                            env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (1, b"")
    assert b" \\u0111\\u1ed9c\\xe9 " in result.stdout


# -- any bytes at all -----------------------------------------------------------------------------------------------

SMALL = {
    "articles": ["one-01,https://one.example/a,one,vi,2025-10-25,news,Leaders sign,host;process,supportive,two,full",
                 'one-02,https://one.example/b,one,en,,opinion,"A view, with a comma",rights,critical,,excerpt',
                 "two-01,https://two.example/a,two,zh-Hant,2025-10-26,news,签署,host,neutral,,full"],
    "outlets": ["one,One,Một;Uno,one.example,VN,newspaper,state,yes",
                "two,Two,,two.example;2.example,,blog,unknown,yes",
                "three,Three,,,INT,unnamed media,unknown,no"],
    "sources": ["speaker,A Speaker,,person,Minister,Ministry,VN,government,", "three,Three,,outlet,,,INT,media,three",
                'paper,"The ""Paper""",,document,,,,other,'],
    "attributions": ["one-01.1,one-01,1,speaker,direct,supportive,,said so",
                     "one-01.2,one-01,2,paper,mixed,mixed,two;three,x",
                     "two-01.1,two-01,1,three,indirect,critical,three,said otherwise"],
    "signatures": ["VN,Viet Nam,2025-10-25,undated,https://one.example/a", "AO,Angola,,,https://one.example/a",
                   "EU,European Union,2025-10-25,2026-02-10,https://one.example/a;https://one.example/b"],
    "recodes": ["one-01,vi,2025-10-25,VN,newspaper,state,news,host,neutral,Two,full,1,0,A Speaker",
                "one-02,en,,VN,newspaper,state,news,rights,critical,,full,0,0,",
                "two-01,zh,,,blog,unknown,news,host,neutral,,full,1,1,Three;Paper"],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of three rows a table, so that many damaged copies are soon read."""
    folder = tmp_path_factory.mktemp("small")
    (folder / DESCRIPTOR).write_text(json.dumps(DESCRIBED), encoding="utf-8")
    for name, rows in SMALL.items():
        header = ",".join(f["name"] for f in RESOURCES[name]["schema"]["fields"])
        (folder / file_of(name)).write_text("\n".join([header, *rows, ""]), encoding="utf-8", newline="")
    assert [len(getattr(load_dataset(folder), name)) for name in TABLES] == [3] * len(TABLES)
    return folder


def loads_or_says_why(folder: Path) -> Iterator[Fault]:
    """The faults, if any. Anything but a DatasetError, or faults that cannot be printed, fail the test."""
    try:
        load_dataset(folder)
    except DatasetError as error:
        assert error.faults
        for fault in error.faults:
            assert (fault.file + fault.column + fault.shown + fault.rule).isprintable()
            yield fault


bytes_of_trouble = st.binary(max_size=8) | st.sampled_from(
    [b'"', b'""', b'"\n', b",", b";", b"\n", b"\r", b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe9", b"\xed\xa0\x80",
     b" ", b"0"])
damage = st.lists(st.tuples(st.sampled_from(TABLES), st.integers(0, 2**16), st.booleans(), bytes_of_trouble),
                  min_size=1, max_size=4)
quick = settings(max_examples=50, derandomize=True, deadline=None, database=None)


@quick
@given(damage)
def test_any_bytes_in_any_file_load_or_are_faults(small: Path, damage: list[tuple[str, int, bool, bytes]]) -> None:
    whole = {name: (small / file_of(name)).read_bytes() for name in TABLES}
    try:
        for name, at, over, put in damage:
            raw = (small / file_of(name)).read_bytes()
            at %= len(raw) + 1
            (small / file_of(name)).write_bytes(raw[:at] + put + raw[at + (len(put) if over else 0):])
        for fault in loads_or_says_why(small):
            assert (small / fault.file).is_file()
            assert 0 <= fault.line <= 1 + (small / fault.file).read_bytes().count(b"\n") + (
                small / fault.file).read_bytes().count(b"\r")
    finally:
        for name, raw in whole.items():
            (small / file_of(name)).write_bytes(raw)


anything = st.sampled_from([None, True, 0, -1, 1e999, "", "x", ";", "(", "\x00", "\ud800", "é", [], [[]], ["x"], {},
                            {"x": 1}])


@quick
@given(st.randoms(use_true_random=False), anything, st.booleans())
def test_any_descriptor_loads_or_is_a_fault(small: Path, rng: random.Random, value: Any, remove: bool) -> None:
    descriptor = json.loads((DATA / DESCRIPTOR).read_text(encoding="utf-8"))
    node: Any = descriptor
    while True:  # down to a random place, and there something else or nothing
        key = rng.choice(sorted(node) if isinstance(node, dict) else range(len(node)))
        if not isinstance(node[key], dict | list) or not node[key] or rng.random() < 0.15:
            break
        node = node[key]
    if remove:
        del node[key]
    else:
        node[key] = value
    try:
        (small / DESCRIPTOR).write_text(json.dumps(descriptor), encoding="utf-8")
        for fault in loads_or_says_why(small):
            assert fault.rule
    finally:
        (small / DESCRIPTOR).write_text(json.dumps(DESCRIBED), encoding="utf-8")
