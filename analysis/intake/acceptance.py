"""From accepted rows of a draft to the record's tables: all of them or none, checked by the rules of `load_dataset`.

Old rows keep their bytes; new ones go where the tables' order puts them. Nothing that nobody accepted is written.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import transaction
from analysis.dataset import DESCRIPTOR, DatasetError, Fault, load_dataset, read_descriptor
from analysis.intake import outlets
from analysis.intake.drafts import _NEW, ACCEPT, DECISIONS, REJECT, UNDECIDED, WRITTEN, Draft

# Referenced rows first: at every moment of the replacement, what refers to them finds them.
_ORDER = ("outlets", "sources", "articles", "attributions")
_OURS = {"outlets": "outlet_id", "sources": "source_id"}


@dataclass(frozen=True)
class Accepted:
    """What was written: identifiers of the new rows of each table, and of the outlets that now have articles."""

    articles: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    now_coded: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = ((len(self.articles), "article"), (len(self.attributions), "attribution"),
                  (len(self.outlets), "outlet"), (len(self.sources), "source"))
        return ", ".join(f"{n:,} {word}{'s' * (n != 1)}" for n, word in counts)


@dataclass
class _New:
    """The rows to be written, each with the line of the draft's file that it comes from."""

    rows: dict[str, list[tuple[dict[str, str], int]]] = field(default_factory=lambda: {t: [] for t in _ORDER})
    faults: list[Fault] = field(default_factory=list)


def accept(draft: Draft, folder: str | Path) -> Accepted:
    """Write the articles that a person accepted, with their accepted statements and what these need, to a record.

    Articles that are undecided stay in the draft for another time. An accepted article must have no undecided
    statement. Accepted rows become "written" in the draft (save it, if it is a file's).

    Parameters
    ----------
    draft: with decisions; see `Draft`.
    folder: the record's folder, with its `datapackage.json`.

    Returns
    -------
    Accepted: empty where no article is accepted; then no file is touched.

    Raises
    ------
    DatasetError: every fault at once: of the draft (its file, its line) and of the record itself. No file is touched.
    OSError: the disk is full, a file is held by another program, ... The old files are whole.
    """
    folder = Path(folder)
    descriptor, faults = read_descriptor(folder)
    if faults:
        raise DatasetError(faults)
    resources = {resource["name"]: resource for resource in descriptor["resources"]}
    if not (draft.articles["decision"] == ACCEPT).any():
        strange = _strange_decisions(draft)
        if strange:
            raise DatasetError(strange)
        return Accepted()
    with transaction.change(folder) as change:
        files = {table: _File(folder / resources[table]["path"], resources[table]) for table in _ORDER}
        new = _rows(draft, files)
        made = {table: files[table].with_rows([row for row, _ in new.rows[table]]) for table in _ORDER}
        coded, now_coded = _mark_coded(files["outlets"], new)
        made["outlets"] = files["outlets"].with_rows([row for row, _ in new.rows["outlets"]], replaced=coded)
        changed = {resources[table]["path"]: made[table].content for table in _ORDER
                   if new.rows[table] or (table == "outlets" and coded)}
        staged = change.write(changed, beside=[DESCRIPTOR, *(r["path"] for r in descriptor["resources"])])
        faults = new.faults + _faults_of(staged, draft, new, made, resources)
        if faults:
            raise DatasetError(_in_order(faults, draft))
        change.commit()
    _mark_written(draft, new)
    ids = {"articles": "article_id", "attributions": "attribution_id", **_OURS}
    return Accepted(**{table: tuple(row[ids[table]] for row, _ in new.rows[table]) for table in _ORDER},
                    now_coded=now_coded)


def _line(index: int) -> int:
    """The line of a draft's file on which its row of that position stands: the header is line 1."""
    return index + 2


def _records(table: pd.DataFrame) -> list[tuple[int, dict[str, str]]]:
    return [(_line(i), {k: v if isinstance(v, str) else "" for k, v in row.items()})
            for i, row in enumerate(table.to_dict("records"))]


def _strange_decisions(draft: Draft) -> list[Fault]:
    return [Fault(draft.file_of(table), line, "decision", row["decision"],
                  f"must be {ACCEPT}, {REJECT} or empty")
            for table in ("articles", "attributions", "outlets", "sources")
            for line, row in _records(getattr(draft, table)) if row["decision"] not in DECISIONS]


def _rows(draft: Draft, files: dict[str, _File]) -> _New:
    """The rows that the draft's decisions ask for, and what is wrong with the decisions themselves."""
    new = _New(faults=_strange_decisions(draft))
    articles, statements = _records(draft.articles), _records(draft.attributions)
    renamed = {table: _renamed(draft, table) for table in _OURS}
    decisions = {row["article"]: row["decision"] for _, row in articles}
    numbers = _Numbers(files["articles"])
    ids: dict[str, str] = {}
    for line, row in articles:
        if row["decision"] == ACCEPT:
            outlet_id = renamed["outlets"].get(row["outlet_id"], row["outlet_id"])
            ids[row["article"]] = article_id = numbers.next(outlet_id)
            wire = _renamed_list(row["wire"], renamed["outlets"])
            made = {**row, "article_id": article_id, "outlet_id": outlet_id, "wire": wire}
            made["frames"] = _tidy_list(row["frames"], order=True)
            new.rows["articles"].append((_stripped(made), line))
    positions: dict[str, int] = {}
    here = draft.file_of("attributions")
    for line, row in statements:
        article, decision = row["article"], row["decision"]
        if article not in decisions:
            rule = f"must be an article in {draft.file_of('articles')}"
            new.faults.append(Fault(here, line, "article", article, rule))
        elif decisions[article] == ACCEPT and decision == UNDECIDED:
            rule = f"must be decided before its article is written: {ACCEPT} or {REJECT}"
            new.faults.append(Fault(here, line, "decision", "", rule))
        elif decisions[article] == REJECT and decision == ACCEPT:
            new.faults.append(Fault(here, line, "decision", decision, "its article is rejected"))
        elif decisions[article] == ACCEPT and decision == ACCEPT:
            positions[article] = positions.get(article, 0) + 1
            made = {**row, "article_id": ids[article], "position": str(positions[article]),
                    "attribution_id": f"{ids[article]}.{positions[article]}",
                    "source_id": renamed["sources"].get(row["source_id"], row["source_id"]),
                    "via": _renamed_list(row["via"], renamed["outlets"])}
            new.rows["attributions"].append((_stripped(made), line))
    _proposals(draft, files, new, renamed)
    return new


def _proposals(draft: Draft, files: dict[str, _File], new: _New, renamed: dict[str, dict[str, str]]) -> None:
    """Add the new outlets and sources that the accepted rows name; each must be accepted itself."""

    def sources_named() -> list[tuple[str, str, str, int]]:
        return [(row["source_id"], "source_id", "attributions", line) for row, line in new.rows["attributions"]]

    def outlets_named() -> list[tuple[str, str, str, int]]:
        found = [(row["outlet_id"], "outlet_id", "articles", line) for row, line in new.rows["articles"]]
        found += [(item, "wire", "articles", line) for row, line in new.rows["articles"]
                  for item in _items(row["wire"])]
        found += [(item, "via", "attributions", line) for row, line in new.rows["attributions"]
                  for item in _items(row["via"])]
        return found + [(row["outlet_id"], "outlet_id", "sources", line) for row, line in new.rows["sources"]]

    for table in ("sources", "outlets"):  # a new source may itself need a new outlet
        key, there = _OURS[table], draft.file_of(table)
        proposed = {renamed[table].get(row[key], row[key]): (row, line)
                    for line, row in _records(getattr(draft, table))}
        known = set(files[table].keys())
        done: set[str] = set()
        for identifier, column, where, line in sources_named() if table == "sources" else outlets_named():
            if identifier in known or identifier not in proposed:
                continue  # where it is nowhere, the record's own rules say so
            row, at = proposed[identifier]
            if row["decision"] != ACCEPT:
                rule = f"is proposed in {there}, line {at}, and must be accepted there first"
                new.faults.append(Fault(draft.file_of(where), line, column, identifier, rule))
            elif identifier not in done:
                done.add(identifier)
                new.rows[table].append((_stripped({**row, key: identifier}), at))


def _renamed(draft: Draft, table: str) -> dict[str, str]:
    """Identifiers that stood in for a name that was not known yet, and those made of the name now given."""
    key = _OURS[table]
    return {row[key]: made for _, row in _records(getattr(draft, table))
            if re.fullmatch(rf"{_NEW}[0-9]+", row[key]) and (made := outlets.slug(row["name"]))}


def _items(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def _tidy_list(cell: str, order: bool = False) -> str:
    """A list as a person types it ("rights; process") as the tables have it. Doubles stay, to be told of."""
    items = [item.strip() for item in cell.split(";")]
    items = [item for item in items if item]
    return ";".join(sorted(items) if order else items)


def _renamed_list(cell: str, names: dict[str, str]) -> str:
    return ";".join(names.get(item, item) for item in _items(_tidy_list(cell)))


def _stripped(row: dict[str, str]) -> dict[str, str]:
    """Cells without white space at their ends, which a person types without seeing it."""
    return {column: value.replace("\r\n", "\n").replace("\r", "\n").strip() for column, value in row.items()}


class _Numbers:
    """Running numbers of articles: the outlet's highest and one."""

    def __init__(self, articles: _File):
        self.ids = set(articles.keys())

    def next(self, outlet_id: str) -> str:
        pattern = re.compile(re.escape(outlet_id) + r"-([0-9]{1,6})")
        used = [int(match[1]) for known in self.ids if (match := pattern.fullmatch(known))]
        made = f"{outlet_id}-{max(used, default=0) + 1:02d}"
        self.ids.add(made)
        return made


def _mark_coded(file: _File, new: _New) -> tuple[dict[int, dict[str, str]], tuple[str, ...]]:
    """Outlets of the record that had no articles and now have one: by position, the cells to replace."""
    yes, no = file.fields["coded"]["trueValues"][0], file.fields["coded"].get("falseValues", ["false"])
    mine = {row["outlet_id"] for row, _ in new.rows["articles"]}
    at = [(i, row["outlet_id"]) for i, row in enumerate(file.rows()) if row["outlet_id"] in mine and row["coded"] in no]
    for row, _ in new.rows["outlets"]:
        if row["outlet_id"] in mine:
            row["coded"] = yes
    return {i: {"coded": yes} for i, _ in at}, tuple(sorted(outlet_id for _, outlet_id in at))


def _faults_of(staged: Path, draft: Draft, new: _New, made: dict[str, _Made],
               resources: dict[str, Any]) -> list[Fault]:
    """What the record's own rules say to the staged tables; a fault of a new row is told at its line of the draft."""
    try:
        load_dataset(staged)
    except DatasetError as error:
        origin = {(resources[table]["path"], line): (draft.file_of(table), at)
                  for table in _ORDER for (_, at), line in zip(new.rows[table], made[table].lines)}
        shifted = {resources[table]["path"]: made[table].lines for table in _ORDER}
        already = {(fault.file, fault.line, fault.column) for fault in new.faults}
        found = []
        for fault in error.faults:
            file, line = origin.get((fault.file, fault.line), ("", 0))
            if file:
                # A reference to a proposal that is not accepted has its own, plainer fault.
                if (file, line, fault.column) not in already:
                    found.append(Fault(file, line, fault.column, fault.value, fault.rule))
            else:
                before = sum(at < fault.line for at in shifted.get(fault.file, ()))
                found.append(Fault(fault.file, max(fault.line - before, 0), fault.column, fault.value, fault.rule))
        return found
    return []


def _in_order(faults: Iterable[Fault], draft: Draft) -> list[Fault]:
    order = {draft.file_of(table): i for i, table in enumerate(("articles", "attributions", "outlets", "sources"))}
    return sorted(dict.fromkeys(faults), key=lambda f: (order.get(f.file, 9), f.file, f.line, f.column, f.rule))


def _mark_written(draft: Draft, new: _New) -> None:
    for table, rows in new.rows.items():
        frame = getattr(draft, table)
        at = [frame.index[line - _line(0)] for _, line in rows]
        frame.loc[at, "decision"] = WRITTEN


# -- a table's file, to which rows are added without touching the others ---------------------------------------------


@dataclass(frozen=True)
class _Made:
    """A file's new bytes, and the lines on which the new rows begin, in the order in which they were given."""

    content: bytes
    lines: tuple[int, ...]


class _File:
    """A table's file as raw records."""

    def __init__(self, path: Path, resource: dict[str, Any]):
        self.fields = {f["name"]: f for f in resource["schema"]["fields"]}
        raw = path.read_bytes()
        self.mark = raw[:3] if raw.startswith(b"\xef\xbb\xbf") else b""
        text = raw[len(self.mark):].decode("utf-8", errors="surrogateescape")
        lines = list(io.StringIO(text, newline=""))
        self.newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
        self.records: list[str] = []
        self.cells: list[list[str]] = []
        limit = csv.field_size_limit(sys.maxsize)
        try:
            reader = csv.reader(lines, strict=True)
            begin = 0
            for row in reader:
                self.records.append("".join(lines[begin : reader.line_num]))
                self.cells.append(row)
                begin = reader.line_num
        except csv.Error as error:
            raise DatasetError([Fault(path.name, reader.line_num, "", "", f"must be CSV: {error}")]) from error
        finally:
            csv.field_size_limit(limit)
        self.header = self.cells[0] if self.cells else list(self.fields)
        missing = [name for name in self.fields if name not in self.header]
        if missing or not self.cells:
            raise DatasetError([Fault(path.name, 1, name, "", "missing column") for name in missing or self.header])
        self.order = _key_of(resource)

    def rows(self) -> list[dict[str, str]]:
        """The rows by column; one that is no row (blank, or too short) has empty cells."""
        return [dict(zip(self.header, [*row, *[""] * len(self.header)])) for row in self.cells[1:]]

    def keys(self) -> list[str]:
        """The first column's values: the tables' keys."""
        return [row[next(iter(self.fields))] for row in self.rows()]

    def with_rows(self, rows: Sequence[dict[str, str]], replaced: dict[int, dict[str, str]] | None = None) -> _Made:
        """The file with more rows, each before the first that sorts behind it (at the end, in a file without order)."""
        old = self.rows()
        keys = [self.order(row) for row in old]
        in_order = all(a <= b for a, b in zip(keys, keys[1:]))
        records = [record if record.endswith(("\n", "\r")) else record + self.newline for record in self.records]
        for i, cells in (replaced or {}).items():
            records[i + 1] = self._record({**old[i], **cells})
        # The new rows in their order, behind old ones of the same key.
        arranged = sorted(range(len(rows)), key=lambda i: self.order(rows[i])) if in_order else list(range(len(rows)))
        where = {i: bisect_left(keys, self.order(rows[i])) if in_order else len(keys) for i in arranged}
        text, at, number = [records[0]], {}, 1 + _breaks(records[0])
        waiting = list(arranged)
        for position in range(len(old) + 1):
            while waiting and where[waiting[0]] == position:
                i = waiting.pop(0)
                at[i] = number
                text.append(self._record(rows[i]))
                number += _breaks(text[-1])
            if position < len(old):
                text.append(records[position + 1])
                number += _breaks(text[-1])
        content = self.mark + "".join(text).encode("utf-8", errors="surrogateescape")
        return _Made(content, tuple(at[i] for i in range(len(rows))))

    def _record(self, row: dict[str, str]) -> str:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator=self.newline).writerow([row.get(name, "") for name in self.header])
        return out.getvalue()


def _breaks(record: str) -> int:
    """How many physical lines a record has, as the csv module counts them."""
    return len(list(io.StringIO(record, newline="")))


def _key_of(resource: dict[str, Any]) -> Callable[[dict[str, str]], tuple[Any, ...]]:
    """The order in which a table stands: by its key; what is numbered within something else by that and the number."""
    schema = resource["schema"]
    keys = schema.get("uniqueKeys") or [schema["primaryKey"]]
    names = [keys[0]] if isinstance(keys[0], str) else list(keys[0])
    numbers = {f["name"] for f in schema["fields"] if f["type"] == "integer"}

    def key(row: dict[str, str]) -> tuple[Any, ...]:
        return tuple(int(row[n]) if n in numbers and row[n].isdecimal() else (-1 if n in numbers else row[n])
                     for n in names)

    return key
