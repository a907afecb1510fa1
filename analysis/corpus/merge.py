"""The second step: a bucket's pieces from all parts of the input become a part of the tables, as Parquet.

An article stands once, its statements are numbered in the order of the input, and every part is sorted by article.
"""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq

from analysis.corpus import identify
from analysis.corpus.stage import TABLES, pieces

ARTICLES = pa.schema([
    ("article_id", pa.string()), ("url", pa.string()), ("outlet_id", pa.string()), ("language", pa.string()),
    ("published", pa.date32()), ("subject", pa.string())])
ATTRIBUTIONS = pa.schema([
    ("attribution_id", pa.string()), ("article_id", pa.string()), ("position", pa.int64()), ("source_id", pa.string()),
    ("form", pa.string()), ("via", pa.list_(pa.string())), ("gist", pa.string())])
_NO_DAY = {"earliest": np.iinfo(np.int32).max, "latest": np.iinfo(np.int32).min}


def merge(parts: list[Path], bucket: int, buckets: int, out: Path, whole: bool, dates: str) -> None:
    """Write a bucket's `articles.parquet` and `attributions.parquet` to a folder, in `outlets.arrow` how many articles
    each outlet has (`values`, `counts`), and what else is told of it in `told.json`.

    Parameters
    ----------
    parts: the folders that `stage.stage` filled, in the order of the input. bucket: its number, of `buckets`.
    whole, dates: of the `Reader`. Where a record is a whole article, later records of its address are duplicates: they
        are named in `told.json` by part, record and address, and none of their statements is kept.
    """
    articles, of_article = _pieces(parts, "articles", bucket, buckets)
    statements, of_statement = _pieces(parts, "statements", bucket, buckets)
    high, low = articles["high"].to_numpy(), articles["low"].to_numpy()
    order = np.lexsort((low, high))  # stable: records of one article stay in the input's order
    new = np.ones(len(order), dtype=bool)
    new[1:] = (high[order][1:] != high[order][:-1]) | (low[order][1:] != low[order][:-1])
    first = order[new]

    day = articles["published"].cast(pa.int32()).fill_null(_NO_DAY[dates]).to_numpy()[order]
    begin = np.flatnonzero(new)
    best = (np.minimum if dates == "earliest" else np.maximum).reduceat(day, begin) if len(begin) else day
    published = pa.array(best.astype(np.int32), mask=best == _NO_DAY[dates]).cast(pa.date32())
    kept = articles.take(first)
    ids = identify.article_ids(high[first], low[first])
    table = pa.table({"article_id": ids, "url": kept["url"], "outlet_id": kept["outlet_id"],
                      "language": kept["language"], "published": published, "subject": kept["title"]}, schema=ARTICLES)
    _write(table, out / "articles.parquet")

    # Which article of the table each statement belongs to.
    s_high, s_low = statements["high"].to_numpy(), statements["low"].to_numpy()
    if np.array_equal(s_high, high) and np.array_equal(s_low, low):  # a format with a row each for both
        at = np.empty(len(order), dtype=np.int64)
        at[order] = np.cumsum(new) - 1
    else:
        at = np.searchsorted(high[first], s_high)
        while len(wrong := np.flatnonzero(low[first][at] != s_low)):  # two addresses whose first 64 bits are the same
            at[wrong] += 1
    duplicates: list[list] = []
    if whole:
        record, part = articles["record"].to_numpy(), of_article
        same = ((statements["record"].to_numpy() == record[first][at]) & (of_statement == part[first][at]))
        statements, at = statements.filter(pa.array(same)), at[same]
        duplicates = [[int(part[i]), int(record[i]), articles["url"][i].as_py()] for i in sorted(order[~new].tolist())]
    order = np.argsort(at, kind="stable")
    statements, at = statements.take(order), at[order]
    begins = np.searchsorted(at, np.arange(len(ids)))
    position = np.arange(len(at)) - begins[at] + 1
    article_id = ids.take(pa.array(at))
    attribution_id = pc.binary_join_element_wise(article_id, pa.array(position).cast(pa.string()), ".")
    said = pa.table({"attribution_id": attribution_id, "article_id": article_id, "position": position,
                     "source_id": statements["source_id"], "form": statements["form"], "via": statements["via"],
                     "gist": statements["gist"]}, schema=ATTRIBUTIONS)
    _write(said, out / "attributions.parquet")

    outlets = pa.Table.from_struct_array(pc.value_counts(table["outlet_id"]))
    feather.write_feather(outlets, str(out / "outlets.arrow"), compression="uncompressed")
    dated = table["published"].drop_null()
    days = [str(f(dated).as_py()) for f in (pc.min, pc.max)] if len(dated) else []
    told = {"articles": len(table), "attributions": len(said), "days": days, "undated": table["published"].null_count,
            "duplicates": duplicates}
    (out / "told.json").write_text(json.dumps(told))


def _write(table: pa.Table, path: Path) -> None:
    """As Parquet, with dictionaries and statistics only of the columns that repeat themselves.

    What is said stays as it is: to compress it takes longer than to write all else, and saves a quarter of the disk.
    """
    few = [name for name in ("outlet_id", "language", "published", "source_id", "form") if name in table.column_names]
    packing = {name: "none" if name == "gist" else "lz4" for name in table.column_names}
    pq.write_table(table, path, compression=packing, use_dictionary=few, write_statistics=few)


def _pieces(parts: list[Path], name: str, bucket: int, buckets: int) -> tuple[pa.Table, np.ndarray]:
    """A bucket's rows in the order of the input, and the number of the part that each is from."""
    found = [pieces(part, name, bucket, buckets) for part in parts]
    table = pa.Table.from_batches(chain.from_iterable(found), schema=TABLES[name]).combine_chunks()
    return table, np.repeat(np.arange(len(parts)), [sum(batch.num_rows for batch in batches) for batches in found])
