"""A built archive as a data set: articles and attributions as Dask frames, the other tables in memory.

The frames have the columns and dtypes of a record that `load_dataset` loads; what the format lacks is missing.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.dataset import DESCRIPTOR, TABLES, Dataset
from analysis.partitions import AS_THEY_ARE, PARTITIONED


def load(folder: str | Path) -> Dataset:
    """A built archive.

    Parameters
    ----------
    folder: what `build` wrote.

    Returns
    -------
    Dataset whose `articles` and `attributions` are Dask frames, partition by partition belonging together; the
    functions of `coverage` and `quoting` take it as they take any record. Its descriptor has `archive`: what was read
    and counted, and under `lacks` the columns for which the format has nothing.

    Raises
    ------
    FileNotFoundError: where no finished archive is in the folder.
    """
    folder = Path(folder)
    try:
        descriptor = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{folder} holds no finished archive (no {DESCRIPTOR}): run the same "
                                "`python -m analysis corpus` again, it goes on where it stopped") from None
    fields = {r["name"]: r["schema"]["fields"] for r in descriptor["resources"]}
    tables: dict[str, Any] = {}
    for name in TABLES:
        tables[name] = _partitioned(folder / name, fields[name]) if name in PARTITIONED else typed(
            pq.read_table(folder / f"{name}.parquet"), fields[name])
    return Dataset(**tables, descriptor=descriptor)


def in_memory(data: Dataset) -> Dataset:
    """A partitioned record with all of its tables in memory, sorted by identifier."""
    keys = {"articles": ["article_id"], "attributions": ["article_id", "position"]}
    return replace(data, **{name: getattr(data, name).compute().sort_values(keys[name], ignore_index=True)
                            for name in PARTITIONED})


def _partitioned(folder: Path, fields: list[dict[str, Any]]) -> Any:
    import dask
    import dask.dataframe as dd

    files = sorted(str(path) for path in folder.glob("part-*.parquet"))
    empty = typed(pa.table({}), fields)
    with dask.config.set(AS_THEY_ARE):
        return dd.from_map(_part, files, fields=fields, meta=empty)


def _part(file: str, fields: list[dict[str, Any]], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A part of a table; Dask names the columns, if it needs only some."""
    wanted = [f for f in fields if columns is None or f["name"] in columns]
    with pq.ParquetFile(file) as parquet:
        there = [f["name"] for f in wanted if f["name"] in parquet.schema_arrow.names]
        rows = parquet.metadata.num_rows
        table = parquet.read(columns=there)
    return typed(table, wanted, rows)


def typed(table: pa.Table, fields: list[dict[str, Any]], rows: int | None = None) -> pd.DataFrame:
    """An Arrow table as a frame with the dtypes of a record; a column that it has not is missing throughout."""
    rows = table.num_rows if rows is None else rows
    made = {f["name"]: _column(table[f["name"]].combine_chunks() if f["name"] in table.column_names else None, f, rows)
            for f in fields}
    more = {name: table[name].to_pandas() for name in table.column_names if name not in made}
    return pd.DataFrame(made | more, index=pd.RangeIndex(rows))


def _column(values: pa.Array | None, f: dict[str, Any], rows: int) -> pd.Series | Any:
    """A column in the dtype that its field asks for, as `analysis.dataset` reads it."""
    kind, constraints = f["type"], f.get("constraints", {})
    if kind == "list":
        lists = np.empty(rows, dtype=object)
        lists[:] = _lists(values, rows)
        return lists
    if kind == "date":
        days = pa.nulls(rows, pa.date32()) if values is None else values
        return pd.Series(days.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)).astype("datetime64[us]")
    if kind == "integer":
        numbers = pa.nulls(rows, pa.int64()) if values is None else values
        required = constraints.get("required") and not numbers.null_count
        return numbers.to_numpy() if required else pd.array(numbers.to_pylist(), dtype="Int64")
    if kind == "boolean":
        flags = [None] * rows if values is None else values.to_pylist()
        return pd.array(flags, dtype="bool" if constraints.get("required") and None not in flags else "boolean")
    if "enum" in constraints:
        categories = pd.CategoricalDtype(constraints["enum"])
        if values is None:
            return pd.Categorical.from_codes(np.full(rows, -1), dtype=categories)
        coded = values.dictionary_encode()
        code = categories.categories.get_indexer(coded.dictionary.to_pylist())
        index = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return pd.Categorical.from_codes(np.append(code, -1)[index], dtype=categories)
    return pd.Series(pd.array([None] * rows if values is None else values, dtype="str"))


def _lists(values: pa.Array | None, rows: int) -> list[list[str]]:
    """Lists of text; a missing one is empty."""
    if values is None or len(values) == values.null_count or not len(values.flatten()):
        collecting = gc.isenabled()
        gc.disable()  # a million empty lists are no garbage; looking for some takes ten times as long as making them
        try:
            return [[] for _ in range(rows)]
        finally:
            if collecting:
                gc.enable()
    flat = values.flatten().to_pylist()
    ends = np.cumsum(values.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)).tolist()
    return [flat[begin:end] for begin, end in zip([0, *ends[:-1]], ends)]
