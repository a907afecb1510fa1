"""The coded record: load its tables as `data/datapackage.json` describes them, and check them against it.

The descriptor is the only definition of the columns; nothing here knows what a column is called.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from analysis import transaction

DATA = Path(__file__).resolve().parent.parent / "data"
DESCRIPTOR = "datapackage.json"

# A file is read into memory whole; past this size the archive readers are the right door, not this one.
MAX_FILE_BYTES = 256 * 2**20
# An exception's message is read on a screen: the whole list is in `.faults` and in `python -m analysis check`.
MAX_FAULTS_IN_MESSAGE = 100
MAX_VALUE_SHOWN = 60
_READS = 10

# C0 and C1 controls (but not tab and line feed) and lone surrogates; the last stand for bytes that are not UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
# What a descriptor that is JSON, but of another make, can raise while it is taken apart.
_MALFORMED = (TypeError, LookupError, AttributeError, ValueError, ArithmeticError, RecursionError, re.error)


def printable(text: str) -> str:
    """The text in one printable line of bounded length: what cannot be printed is escaped."""
    cut = f"... ({len(text):,} characters)" if len(text) > MAX_VALUE_SHOWN else ""
    text = text[:MAX_VALUE_SHOWN]
    # surrogateescape put a byte that is not UTF-8 at U+DC00 + byte: show the byte.
    text = re.sub("[\udc80-\udcff]", lambda m: f"\\x{ord(m[0]) - 0xDC00:02x}", text)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + cut


def one_line(text: object) -> str:
    """A text or path as it is, but for what would break the line or cannot be printed."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


@dataclass(frozen=True)
class Fault:
    """One place in the data that breaks one rule.

    `file` is the file's name; `line` counts physical lines from 1 (0: the file as a whole) and is where the row
    begins; `column` is the column's name ("" for the row or the file as a whole); `value` is what stands there, as
    found; `rule` says what should stand there. All but `value` can be printed as they are.
    """

    file: str
    line: int
    column: str
    value: str
    rule: str

    @property
    def shown(self) -> str:
        """The value in one printable line of bounded length."""
        return printable(self.value)

    def __str__(self) -> str:
        place = ":".join([self.file, *([str(self.line)] if self.line else []), *([self.column] if self.column else [])])
        return f"{place}: '{self.shown}': {self.rule}" if self.value else f"{place}: {self.rule}"


class DatasetError(ValueError):
    """The data break their description. `.faults` lists every `Fault`, by file, line and column."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults: tuple[Fault, ...] = tuple(faults)
        shown = [str(fault) for fault in self.faults[:MAX_FAULTS_IN_MESSAGE]]
        rest = len(self.faults) - len(shown)
        if rest:
            shown.append(f"... and {rest:,} more: see .faults, or run `python -m analysis check`")
        count = f"{len(self.faults):,} fault{'s' if len(self.faults) != 1 else ''} in the data"
        super().__init__("\n  ".join([f"{count}:", *shown]))


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """The record's six tables as pandas DataFrames, a row each as CODEBOOK.md says, and their descriptor.

    Dtypes follow the descriptor: `str` (missing: NaN), `category` for enumerations, `datetime64` for dates (missing:
    NaT), `int64`, `bool`, and Python lists of str for lists (none: an empty list). In an archive (`analysis.corpus`)
    `articles` and `attributions` are Dask frames with these dtypes.
    """

    articles: pd.DataFrame
    outlets: pd.DataFrame
    sources: pd.DataFrame
    attributions: pd.DataFrame
    signatures: pd.DataFrame
    recodes: pd.DataFrame
    descriptor: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        def size(table: Any) -> str:
            parts = getattr(table, "npartitions", None)  # of an archive's Dask frame, whose rows would have to be read
            return f"{len(table):,}" if parts is None else f"{parts:,} part{'s' if parts != 1 else ''} of"

        return f"Dataset({', '.join(f'{size(getattr(self, name))} {name}' for name in TABLES)})"


TABLES = tuple(f.name for f in fields(Dataset) if f.name != "descriptor")


def load_dataset(path: str | Path | None = None) -> Dataset:
    """Load and check the tables of a folder.

    Parameters
    ----------
    path: a folder that holds `datapackage.json` and the CSV files that it names; without one, the bundled `data/`.
        UTF-8, with or without a byte order mark, and any line ends.

    Returns
    -------
    Dataset

    Raises
    ------
    DatasetError: every fault of every file at once, each with file, line, column, value and the rule broken:
        types, enumerations, patterns, required cells, unique keys, references between tables, and form (encoding,
        columns, cells a row, sizes).

    >>> load_dataset()
    Dataset(721 articles, 643 outlets, 359 sources, 1,976 attributions, 74 signatures, 67 recodes)
    """
    folder = Path(path) if path is not None else DATA
    descriptor, faults = read_descriptor(folder)
    if faults:
        raise DatasetError(faults)
    files = [resource["path"] for resource in descriptor["resources"]]
    transaction.recover(folder)
    for _ in range(_READS):
        # Somebody may be writing: all of the tables are read as they were before, or as they are after.
        before = transaction.state(folder, files)
        tables, faults = _read_tables(folder, descriptor)
        if transaction.state(folder, files) == before:
            break
    else:
        faults = [Fault(folder.name, 0, "", "", "its tables change while they are read; try again")]
    if faults:
        raise DatasetError(faults)
    return Dataset(**{name: tables[name].frame() for name in TABLES}, descriptor=descriptor)


def _read_tables(folder: Path, descriptor: dict[str, Any]) -> tuple[dict[str, _Table], list[Fault]]:
    """The folder's tables as cells, and every fault of theirs, by file, line and column."""
    tables = {}
    for resource in descriptor["resources"]:
        tables[resource["name"]] = table = _Table(folder, resource)
        table.read()
        table.check_cells()
    for table in tables.values():
        table.check_references(tables)
    faults = [fault for table in tables.values() for fault in table.faults]
    faults += _shared_identifiers(descriptor, tables)
    order = {resource["path"]: i for i, resource in enumerate(descriptor["resources"])}
    return tables, sorted(faults, key=lambda f: (order.get(f.file, -1), f.line, f.column, f.rule))


def read_descriptor(folder: Path) -> tuple[dict[str, Any], list[Fault]]:
    """The folder's `datapackage.json`, and what is wrong with it (then the descriptor may be empty)."""

    def fault(rule: str, value: str = "", line: int = 0, column: str = "") -> tuple[dict[str, Any], list[Fault]]:
        return {}, [Fault(DESCRIPTOR, line, column, value, rule)]

    if not folder.is_dir():
        name = str(folder).encode(errors="backslashreplace").decode()  # a path may hold bytes that are not UTF-8
        return {}, [Fault(name, 0, "", "", "must be a folder that holds the tables and their datapackage.json")]
    try:
        descriptor = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8-sig"))
        json.dumps(descriptor, ensure_ascii=False).encode()  # "\\ud800" is JSON, but no text that could be printed
    except FileNotFoundError:
        return fault("missing: it describes the tables; copy the project's data/datapackage.json into the folder")
    except OSError as error:
        return fault(f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        return fault("must be UTF-8", value=repr(error.object[error.start : error.start + 1]))
    except UnicodeEncodeError as error:
        return fault("must be text, holds half a character", value=error.object[error.start : error.end])
    except json.JSONDecodeError as error:
        return fault(f"must be JSON: {error.msg} (at character {error.colno})", line=error.lineno)
    except RecursionError:
        return fault("must be JSON that is not nested this deeply")
    except ValueError as error:
        return fault(f"must be JSON: {printable(str(error))}")
    try:
        resources = {r["name"]: {f["name"] for f in r["schema"]["fields"]} for r in descriptor["resources"]}
        paths = [r["path"] for r in descriptor["resources"]]
        unsafe = [p for p in paths if PurePosixPath(p).is_absolute() or ".." in PurePosixPath(p).parts or "\\" in p]
        strange = [p for p in paths if not p.isprintable()]
    except _MALFORMED:
        return fault("must be a Data Package whose resources have a name, a path and a schema with named fields")
    if unsafe or strange:
        return fault("a resource's path must stay in the folder", value=[*unsafe, *strange][0])
    if len(resources) != len(paths):
        return fault("must describe a table once")
    # The modules of this package use the bundled descriptor's columns by name, so each must be described.
    if folder.resolve() != DATA:
        ours = json.loads((DATA / DESCRIPTOR).read_text(encoding="utf-8"))
        for resource in ours["resources"]:
            missing = [f["name"] for f in resource["schema"]["fields"]
                       if f["name"] not in resources.get(resource["name"], ())]
            if missing:
                return fault(f"must describe {', '.join(missing)} in {resource['name']}", column=resource["name"])
    try:
        tables = {resource["name"]: _Table(folder, resource) for resource in descriptor["resources"]}
        places = [(resource, column) for t in tables.values() for _, resource, column in t.references]
        for rule in descriptor.get("sharedIdentifiers", []):
            (a, b), (key_a, key_b), name = rule["resources"], rule["fields"], rule["name"]
            places += [(a, key_a), (b, key_b), (a, name), (b, name)]
        for resource, column in places:
            tables[resource].fields[column]
    except _MALFORMED as error:
        return fault(f"must be a descriptor as this package knows it: {type(error).__name__}: {printable(str(error))}")
    return descriptor, []


class _Table:
    """One resource's file while it is read and checked: cells as text, column by column, and the faults found."""

    def __init__(self, folder: Path, resource: dict[str, Any]):
        self.folder = folder
        self.file: str = resource["path"]
        self.schema: dict[str, Any] = resource["schema"]
        self.fields: dict[str, dict[str, Any]] = {f["name"]: f for f in self.schema["fields"]}
        if len(self.fields) != len(self.schema["fields"]):
            raise ValueError("a field stands twice")
        self.header = ",".join(self.fields)
        self.rules = {name: _rule_for(f) for name, f in self.fields.items()}
        unique = [name for name, f in self.fields.items() if f.get("constraints", {}).get("unique")]
        keys = [self.schema.get("primaryKey", []), *self.schema.get("uniqueKeys", []), *unique]
        self.keys: list[list[str]] = [[key] if isinstance(key, str) else list(key) for key in keys]
        references = [(_one(k["fields"]), k["reference"]) for k in self.schema.get("foreignKeys", [])]
        references += [(name, f["items"]["reference"]) for name, f in self.fields.items()
                       if "reference" in f.get("items", {})]
        # Each reference: a column here, and the table and column where its values must stand.
        self.references = [(name, r["resource"], _one(r["fields"])) for name, r in references]
        if unknown := {*(name for key in self.keys for name in key), *(r[0] for r in self.references)} - {*self.fields}:
            raise ValueError(f"a key has no field: {unknown}")
        self.torn = False  # whether rows are lost because they are no CSV
        self.lines: list[int] = []
        self.columns: dict[str, Sequence[str]] = {}
        self.faults: list[Fault] = []

    def fault(self, line: int, column: str, value: str, rule: str) -> None:
        self.faults.append(Fault(self.file, line, column, value, rule))

    # -- form: bytes to cells ---------------------------------------------------------------------------------------

    def read(self) -> None:
        """Fill `columns` and `lines` from the file, noting every fault of form."""
        text = self._text()
        if text is None:
            return
        rows = self._rows(text)
        header = next(rows, (1, []))[1]
        if self.torn:
            return  # the header itself is no CSV and has its fault; the row after it is no header
        if not header:
            return self.fault(1, "", "", f"must begin with the header {self.header}")
        for name, count in Counter(header).items():
            if count > 1:
                self.fault(1, printable(name), name, f"a column must stand once, stands {count} times")
            if name not in self.fields:
                self.fault(1, printable(name), name, "extra column: not in the descriptor")
        for name in self.fields:
            if name not in header:
                self.fault(1, name, "", "missing column")
        width = len(header)
        kept = []
        for line, row in rows:
            if not row:  # a blank line holds nothing that could be lost
                continue
            if len(row) != width:
                self.fault(line, "", ",".join(row), f"must have {width} cells as the header has, has {len(row)}")
                row = (row + [""] * width)[:width]
            self.lines.append(line)
            kept.append(row)
        cells = list(zip(*kept)) if kept else [()] * width
        # A name that stands twice keeps its first column; the fault above stops the load anyway.
        self.columns = {name: cells[i] for i, name in reversed(list(enumerate(header))) if name in self.fields}

    def _text(self) -> str | None:
        """The file's text without a byte order mark; bytes that are not UTF-8 become lone surrogates."""
        path = transaction.current(self.folder, self.file)
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                self.fault(0, "", "", f"must be at most {MAX_FILE_BYTES:,} bytes, has {path.stat().st_size:,}")
                return None
            raw = path.read_bytes()
        except FileNotFoundError:
            self.fault(0, "", "", "missing file")
            return None
        except OSError as error:
            self.fault(0, "", "", f"cannot be read: {error.strerror}")
            return None
        if not raw.strip():
            self.fault(0, "", "", f"empty file: must begin with the header {self.header}")
            return None
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self.fault(0, "", "", "must be UTF-8, is UTF-16 (save it as CSV UTF-8)")
            return None
        return raw.decode("utf-8-sig", errors="surrogateescape")

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The rows and the physical line on which each begins; a row that is no CSV is a fault, and reading goes on."""
        limit = csv.field_size_limit(sys.maxsize)  # a huge cell is a fault to report, not an exception
        try:
            reader = csv.reader(io.StringIO(text, newline=""), strict=True)
            line = 1
            while True:
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    rule = f"must be CSV: {error}"
                    if "unexpected end of data" in str(error):
                        rule = "must be CSV: a quotation mark that opens in this row is never closed"
                    self.fault(line, "", "", rule)
                    self.torn = True
                else:
                    yield line, row
                line = reader.line_num + 1
        finally:
            csv.field_size_limit(limit)

    # -- cells against the schema -----------------------------------------------------------------------------------

    def check_cells(self) -> None:
        """Hold every cell to its field's type and constraints, and the keys to their uniqueness."""
        for name, cells in self.columns.items():
            rule_of = self.rules[name]
            # Each distinct value is judged once: most columns repeat a few values.
            broken = {value: rule for value in set(cells) if (rule := rule_of(value))}
            if broken:
                for line, value in zip(self.lines, cells):
                    if value in broken:
                        self.fault(line, name, value, broken[value])
        for key in self.keys:
            self._check_unique(key)

    def _check_unique(self, key: list[str]) -> None:
        if not key or any(name not in self.columns for name in key):
            return
        values = self.columns[key[0]] if len(key) == 1 else list(zip(*(self.columns[name] for name in key)))
        if len(set(values)) == len(values):
            return
        first: dict[Any, int] = {}
        for line, value in zip(self.lines, values):
            if not all(value if isinstance(value, tuple) else [value]):
                continue  # what is empty is no key: it equals nothing (and may be a fault of its own)
            if value in first:
                shown = value if isinstance(value, str) else ", ".join(value)
                self.fault(line, ", ".join(key), shown, f"must be unique: already stands in line {first[value]}")
            else:
                first[value] = line

    def check_references(self, tables: dict[str, _Table]) -> None:
        """Hold every foreign key, and every list item that refers to a table, to that table's cells."""
        for name, resource, column in self.references:
            target = tables.get(resource)
            if name not in self.columns or target is None or column not in target.columns or target.torn:
                continue  # the missing column, file or rows have a fault of their own
            known = set(target.columns[column])
            listed = self.fields[name]["type"] == "list"
            split = _splitter(self.fields[name]) if listed else (lambda value: [value])
            rule = f"must be {_article(column)} {column} in {target.file}"
            lost = {value: [item for item in split(value) if item and item not in known]
                    for value in set(self.columns[name]) if value and value not in known}
            lost = {value: items for value, items in lost.items() if items}
            if lost:
                for line, value in zip(self.lines, self.columns[name]):
                    for item in lost.get(value, ()):
                        self.fault(line, name, item, rule)

    # -- cells to a DataFrame ---------------------------------------------------------------------------------------

    def frame(self) -> pd.DataFrame:
        """The checked cells as a DataFrame with the descriptor's dtypes, columns in the descriptor's order."""
        return pd.DataFrame({name: _series(f, self.columns[name]) for name, f in self.fields.items()})


def _one(names: str | list[str]) -> str:
    """Table Schema lets a single field stand as a string or as a list of one; the tables here have no wider keys."""
    return names if isinstance(names, str) else names[0]


def _article(word: str) -> str:
    return "an" if word.startswith(tuple("aeiou")) else "a"


def _splitter(f: dict[str, Any]) -> Callable[[str], list[str]]:
    delimiter = f.get("delimiter", ",")
    "".split(delimiter)  # raises now, not at the first value, if it cannot separate anything
    return lambda value: value.split(delimiter) if value else []


def _rule_for(f: dict[str, Any]) -> Callable[[str], str | None]:
    """A function from a cell's text to the rule that it breaks, or None: the field's type and constraints in one.

    Whatever of the field cannot be used raises here, so that judging a cell cannot.
    """
    constraints = f.get("constraints", {})
    kind = f["type"]
    if kind == "list":
        whole, each, split = _text_rule(constraints, None), _text_rule(*_item_rules(f)), _splitter(f)

        def judge(value: str) -> str | None:
            items = split(value)
            if "" in items:
                return f"must have no empty item between its separators ({f.get('delimiter', ',')})"
            if len(set(items)) != len(items):
                return "must not hold an item twice"
            return whole(value) or next((rule for item in items if (rule := each(item))), None)
    elif kind == "date":
        judge = _date_rule(constraints)
    elif kind == "integer":
        judge = _integer_rule(constraints)
    elif kind == "boolean":
        words = [*f.get("trueValues", ["true"]), *f.get("falseValues", ["false"])]
        judge = _text_rule({"enum": words}, None)
    elif kind == "string":
        judge = _text_rule(constraints, f.get("rule"))
    else:
        raise ValueError(f"no such type here: {kind}")

    def rule_of(value: str) -> str | None:
        if not value:
            return "required: must not be empty" if constraints.get("required") else None
        if found := _UNPRINTABLE.search(value):
            return ("must be UTF-8 text" if found[0] >= "\ud800"
                    else f"must hold no control character (has U+{ord(found[0]):04X})")
        return judge(value)

    return rule_of


def _item_rules(f: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    items = f.get("items", {})
    return items, items.get("rule")


def _text_rule(constraints: dict[str, Any], words: str | None) -> Callable[[str], str | None]:
    """Rules for text: enum, pattern and lengths. `words` says in plain language what the pattern asks for."""
    enum = constraints.get("enum")
    allowed, one_of = (frozenset(enum), f"must be one of: {', '.join(enum)}") if enum else (None, "")
    if enum and len(allowed) != len(enum):
        raise ValueError("an enumeration has a value twice")
    # Table Schema's patterns are XML Schema's: they match the whole value.
    pattern = re.compile(constraints["pattern"]) if "pattern" in constraints else None
    longest, shortest = int(constraints.get("maxLength", sys.maxsize)), int(constraints.get("minLength", 0))

    def judge(value: str) -> str | None:
        # Length first: a pattern is not run over a cell of any size.
        if len(value) > longest:
            return f"must have at most {longest:,} characters, has {len(value):,}"
        if len(value) < shortest:
            return f"must have at least {shortest:,} characters, has {len(value):,}"
        if allowed is not None and value not in allowed:
            return one_of
        if pattern is not None and not pattern.fullmatch(value):
            return f"must be {words}" if words else f"must match {pattern.pattern}"
        return None

    return judge


def _date_rule(constraints: dict[str, Any]) -> Callable[[str], str | None]:
    low, high = constraints.get("minimum", "0001-01-01"), constraints.get("maximum", "9999-12-31")
    date.fromisoformat(low), date.fromisoformat(high)

    def judge(value: str) -> str | None:
        try:
            valid = _ISO_DATE.fullmatch(value) and date.fromisoformat(value)
        except ValueError:
            valid = None
        if not valid:
            return "must be a date in the calendar, as YYYY-MM-DD"
        return None if low <= value <= high else f"must be a date from {low} to {high}"

    return judge


def _integer_rule(constraints: dict[str, Any]) -> Callable[[str], str | None]:
    low, high = int(constraints.get("minimum", -(10**18))), int(constraints.get("maximum", 10**18))

    def judge(value: str) -> str | None:
        if not _WHOLE_NUMBER.fullmatch(value):
            return "must be a whole number"
        if int(value) < low:
            return f"must be at least {low}"
        return None if int(value) <= high else f"must be at most {high}"

    return judge


def _series(f: dict[str, Any], cells: Sequence[str]) -> pd.Series:
    """A checked column in the dtype that its field asks for."""
    kind, constraints = f["type"], f.get("constraints", {})
    if kind == "list":
        split = _splitter(f)
        return pd.Series([split(value) for value in cells], dtype=object)
    if kind == "date":
        dates = pd.to_datetime(pd.Series([value or None for value in cells], dtype="str"), format="%Y-%m-%d")
        return dates.astype("datetime64[us]")  # a column without a date would have another unit
    if kind == "integer":
        dtype = "int64" if constraints.get("required") else "Int64"
        return pd.Series([int(value) if value else None for value in cells], dtype=dtype)
    if kind == "boolean":
        yes = set(f.get("trueValues", ["true"]))
        dtype = "bool" if constraints.get("required") else "boolean"
        return pd.Series([value in yes if value else None for value in cells], dtype=dtype)
    values = [value or None for value in cells]
    if "enum" in constraints:
        return pd.Series(pd.Categorical(values, categories=constraints["enum"]))
    return pd.Series(values, dtype="str")


def _shared_identifiers(descriptor: dict[str, Any], tables: dict[str, _Table]) -> list[Fault]:
    """Identifiers in two tables that name one body (the graphs make it one node) must come with one name."""
    faults = []
    for rule in descriptor.get("sharedIdentifiers", []):
        (a, b), name = (tables[t] for t in rule["resources"]), rule["name"]
        key_a, key_b = rule["fields"]
        if any(c not in t.columns for t, c in ((a, key_a), (b, key_b), (a, name), (b, name))):
            continue
        names = dict(zip(a.columns[key_a], a.columns[name]))
        for line, key, value in zip(b.lines, b.columns[key_b], b.columns[name]):
            if key in names and names[key] != value:
                rule_text = (f"must be '{printable(names[key])}' as in {a.file}: "
                             f"{printable(key)} stands in both tables and is one body")
                faults.append(Fault(b.file, line, name, value, rule_text))
    return faults
