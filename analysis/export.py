"""The record for other programs: who quoted whom as GEXF, GraphML and CSV for Gephi, and the tables as Parquet.

The same input gives the same bytes, and what is read back is what went in; where a format cannot, its function says so.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import networkx as nx
import numpy as np
import pandas as pd

from analysis.dataset import DESCRIPTOR, TABLES, Dataset
from analysis.quoting import Level, quote_graph
from analysis.spreadsheet import csv_text

# Of 1.3 networkx writes another namespace for the schema's location than XML Schema has; Gephi reads both.
GEXF_VERSION = "1.2draft"
# All that XML 1.0 (section 2.2) does not let stand in a document, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOST = "\N{REPLACEMENT CHARACTER}"
# Names that GEXF, networkx or Gephi keep for something of their own; `weight` is theirs and ours alike.
_RESERVED = {
    "node": {"id", "label", "timeset", "start", "end", "pid", "parents", "spells", "slices", "viz", "key"},
    "edge": {"id", "label", "timeset", "start", "end", "source", "target", "type", "kind", "spells", "slices", "viz",
             "key"},
}


def gexf(graph: nx.DiGraph, description: str = "") -> bytes:
    """A quote graph as GEXF, with the dates for Gephi's timeline.

    An edge is there from `first` to `last`; an edge without dates has no limits and is always there (in Gephi as long
    as its time filter keeps what has no interval, as it does by default). A node is there from its first edge's first
    day to its last one's last, and always if one of its edges is. All attributes stand in the file as they are, `first`
    and `last` too, and are typed: long, double, boolean, string.

    Parameters
    ----------
    graph: of `quoting.quote_graph`, whole or in part. description: what the file says of itself.

    Returns
    -------
    bytes, a GEXF 1.2draft document. `networkx.read_gexf` gives the same graph, and besides: `label` (of nodes: the
    name, or the identifier where there is none), `id` (of edges), and `start` and `end` where there are dates; weights
    are floats. GEXF has no attributes of a graph: they stand in the document's keywords as `level=outlet`. Characters
    that XML cannot hold are U+FFFD.

    Raises
    ------
    ValueError: where a node has no identifier or shares it with another, an attribute has a name that the format keeps
        for itself, or is not of one type throughout. TypeError: for one that is no text, number or truth value.
    """
    from networkx.readwrite.gexf import GEXFWriter

    graph, nodes, edges = _prepared(graph)
    for node, (start, end) in nodes.items():
        graph.nodes[node].update(start=start, end=end)
    for edge, (start, end) in edges.items():
        graph.edges[edge].update(start=start, end=end)
    writer = GEXFWriter(encoding="utf-8", version=GEXF_VERSION)
    writer.add_graph(graph)
    writer.graph_element.attrib.pop("name")  # networkx's own, the schema knows none
    meta = writer.xml.find("meta")
    meta.attrib.clear()  # the day of writing: the same graph is the same file
    meta.find("creator").text = "hanoi-coverage"
    keywords = ", ".join(f"{name}={value}" for name, value in graph.graph.items())
    for tag, text in (("keywords", keywords), ("description", _text(description))):
        element = writer.xml.makeelement(tag, {})
        element.text = text
        meta.append(element)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def graphml(graph: nx.DiGraph) -> bytes:
    """A quote graph as GraphML, for programs that read no GEXF. It has no timeline: `first` and `last` are attributes.

    Parameters
    ----------
    graph: of `quoting.quote_graph`, whole or in part.

    Returns
    -------
    bytes, a GraphML document. `networkx.read_graphml` gives the same graph, and besides a `label` of the nodes (as in
    `gexf`). Gephi takes no attributes of a graph and says so in its import report. Characters that XML cannot hold are
    U+FFFD.

    Raises
    ------
    As `gexf`.
    """
    file = io.BytesIO()
    nx.write_graphml(_prepared(graph)[0], file)
    return file.getvalue()


def node_sheet(graph: nx.DiGraph) -> pd.DataFrame:
    """A quote graph's nodes as Gephi's spreadsheet import takes them.

    Returns
    -------
    DataFrame, a row a node, in the graph's order: `Id`, `Label`, `timeset` (the days between which it is there, as
    `<[2025-10-13, 2025-10-28]>`, or ""; see `gexf`), then the node's attributes.

    Raises
    ------
    As `gexf`.
    """
    graph, spans, _ = _prepared(graph)
    rows = [{"Id": node, "Label": d["label"], "timeset": _timeset(spans.get(node)),
             **{name: value for name, value in d.items() if name != "label"}} for node, d in graph.nodes(data=True)]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["Id", "Label", "timeset"])


def edge_sheet(graph: nx.DiGraph) -> pd.DataFrame:
    """A quote graph's edges as Gephi's spreadsheet import takes them.

    Returns
    -------
    DataFrame, a row an edge, in the graph's order: `Source`, `Target` (who quotes, who is quoted), `Type` ("Directed"),
    `Id` (a running number, the same as in GEXF), `Weight` (the attribute `weight`), `timeset` (as in `node_sheet`),
    then the edge's other attributes.

    Raises
    ------
    As `gexf`.
    """
    graph, _, spans = _prepared(graph)
    rows = [{"Source": a, "Target": b, "Type": "Directed", "Id": i, "Weight": d.pop("weight", 1),
             "timeset": _timeset(spans.get((a, b))), **d} for i, (a, b, d) in enumerate(graph.edges(data=True))]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["Source", "Target", "Type", "Id", "Weight", "timeset"])


def parquet(table: pd.DataFrame) -> bytes:
    """A table of the record as Parquet.

    Parameters
    ----------
    table: of a `Dataset`.

    Returns
    -------
    bytes, a Parquet file: text as string, enumerations as dictionary<string>, dates as timestamp (of midnight), lists
    as list<string>. `pandas.read_parquet` gives the same columns, rows and dtypes; a list comes back as a NumPy array.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = table.reset_index(drop=True)
    schema = pa.Schema.from_pandas(table, preserve_index=False)
    for i, name in enumerate(schema.names):
        if table[name].dtype == object:  # a list; an empty one would not tell of what
            schema = schema.set(i, pa.field(name, pa.list_(pa.string())))
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False), file, compression="zstd")
    return file.getvalue()


def write(data: Dataset, to: str | Path) -> Iterator[Path]:
    """Write the record for other programs into a folder (made where it is missing), yielding each file when it is done.

    For each level, outlet, country and sector: `who-quoted-whom-LEVEL.gexf`, `.graphml`, `-nodes.csv` and `-edges.csv`;
    then `tables/NAME.parquet` and a `tables/datapackage.json` that describes them. Files of the same name are replaced,
    each at once when it is complete; others are left alone.

    In the CSV files a cell that a spreadsheet would take for a formula has an apostrophe before it. To read the cells
    as they were (a country's code NA is Namibia's, and an empty cell is a missing value)::

        from analysis.spreadsheet import original
        pandas.read_csv(path, keep_default_na=False).map(original)

    Raises
    ------
    OSError: where the folder or a file cannot be written. ValueError: as `gexf`.
    """
    to = Path(to)
    to.mkdir(parents=True, exist_ok=True)
    for level in get_args(Level):
        graph = quote_graph(data, level)
        name = f"who-quoted-whom-{level}"
        yield _put(to / f"{name}.gexf", gexf(graph, _description(data, level)))
        yield _put(to / f"{name}.graphml", graphml(graph))
        for part, sheet in (("nodes", node_sheet(graph)), ("edges", edge_sheet(graph))):
            yield _put(to / f"{name}-{part}.csv", csv_text(sheet, exact=True).encode())
    tables = to / "tables"
    tables.mkdir(exist_ok=True)
    for name in TABLES:
        yield _put(tables / f"{name}.parquet", parquet(getattr(data, name)))
    yield _put(tables / DESCRIPTOR, _descriptor(data))


def _description(data: Dataset, level: str) -> str:
    title, version = data.descriptor.get("title", "media coverage"), data.descriptor.get("version", "")
    return (f"Who quoted whom, by {level}, from the one who quotes to the one quoted: {title}"
            f"{f', version {version}' if version else ''}. A convenience sample coded from excerpts. Edges last from "
            "the first to the last dated article; those without a date have no limits.")


def _descriptor(data: Dataset) -> bytes:
    """The record's descriptor, of Parquet files instead of CSV."""
    described = json.loads(json.dumps(data.descriptor))
    for resource in described.get("resources", []):
        resource |= {"path": f"{resource['name']}.parquet", "format": "parquet",
                     "mediatype": "application/vnd.apache.parquet"}
        for only_of_csv in ("encoding", "dialect", "bytes", "hash"):
            resource.pop(only_of_csv, None)
    return (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode()


def _put(path: Path, content: bytes) -> Path:
    """Write a file beside its place and move it there when it is whole: whatever happens, no half file stands there."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


# -- a graph as all formats take it ---------------------------------------------------------------------------------

Span = tuple[str, str]


def _prepared(graph: nx.DiGraph) -> tuple[nx.DiGraph, dict[str, Span], dict[tuple[str, str], Span]]:
    """A copy with clean, typed values and a `label` of every node, and the spans of its dated nodes and edges."""
    identifier = {node: _text(str(node)) for node in graph}
    if not all(identifier.values()):
        raise ValueError("every node must have an identifier, one has none")
    if len({*identifier.values()}) < len(identifier):
        raise ValueError("nodes must differ in their identifiers, also without characters that XML cannot hold")
    clean = nx.DiGraph(**{_text(str(name)): _value(value) for name, value in graph.graph.items()})
    nodes = _clean("node", [d for _, d in graph.nodes(data=True)])
    for node, d in zip(graph, nodes):
        clean.add_node(identifier[node], **d, label=str(d.get("name", "")).strip() or identifier[node])
    ends = [(identifier[a], identifier[b]) for a, b in graph.edges()]
    clean.add_edges_from((a, b, d) for (a, b), d in zip(ends, _clean("edge", [d for *_, d in graph.edges(data=True)])))

    spans = {(a, b): (d["first"], d["last"]) for a, b, d in clean.edges(data=True) if d.get("first") and d.get("last")}
    of_node = {}
    for node in clean:
        around = [spans.get(edge) for edge in (*clean.in_edges(node), *clean.out_edges(node))]
        if around and None not in around:
            of_node[node] = (min(first for first, _ in around), max(last for _, last in around))
    return clean, of_node, spans


def _clean(what: str, rows: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    """Attributes of nodes or edges: each of one type throughout, text where it is missing ("")."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if taken := sorted(name for name in names if str(name).lower() in _RESERVED[what]):
        raise ValueError(f"{what}s must have no attribute {', '.join(taken)}: the name is taken")
    columns = {}
    for name in names:
        values = [_value(row.get(name)) for row in rows]
        if len(types := {type(value).__name__ for value in values}) > 1:
            raise ValueError(f"an attribute must be of one type throughout, and text if it can be missing: {name} of "
                             f"{what}s is {' and '.join(sorted(types))}")
        columns[_text(str(name))] = values
    return [dict(zip(columns, row)) for row in zip(*columns.values())] if columns else [{} for _ in rows]


def _value(value: Any) -> str | int | float | bool:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, str):
        return _text(value)
    if not isinstance(value, bool | int | float):
        raise TypeError(f"an attribute must be text, a number or a truth value, is {type(value).__name__}")
    return value


def _text(text: str) -> str:
    return _NO_XML.sub(_LOST, text)


def _timeset(span: Span | None) -> str:
    return f"<[{span[0]}, {span[1]}]>" if span else ""
