"""What is exported comes back as it was, read by others: networkx, pandas, and Python's own csv and XML.

Names from articles are untrusted: those planted here would break XML, run in a spreadsheet or lose their quotes.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pandas as pd
import pandas.testing as pdt
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from analysis import Dataset, export
from analysis.__main__ import app
from analysis.dataset import DATA, TABLES
from analysis.export import edge_sheet, gexf, graphml, node_sheet, parquet
from analysis.quoting import quote_graph
from analysis.spreadsheet import original

LEVELS = ("outlet", "country", "sector")
FILES = {f"who-quoted-whom-{level}{ending}" for level in LEVELS
         for ending in (".gexf", ".graphml", "-nodes.csv", "-edges.csv")}
FILES |= {f"tables/{name}.parquet" for name in TABLES} | {"tables/datapackage.json"}
GEXF = "{http://www.gexf.net/1.2draft}"

# Every one is a name that an article can bring along, and comes back to the letter.
NASTY = [
    "=HYPERLINK(\"http://example.org\";\"x\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''+1", "'tis",
    "<img src=x onerror=alert(1)>", "a & b &amp; c", "]]>", "\"quoted\", and 'quoted'", "two\nlines", "a\rb",
    "tab\tbed", "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe", "\N{ARABIC LETTER ALEF}\N{RIGHT-TO-LEFT MARK}",
    "\N{POLICE CARS REVOLVING LIGHT}",
    "e\N{COMBINING ACUTE ACCENT}", "\N{NO-BREAK SPACE}", "  spaced  ", "", "NA", "nan", "None", "null", "true", "007",
    "1e5", "2025-10-25", "x;y", "x,y", "\N{LINE SEPARATOR}", "\x85", "\N{ZERO WIDTH NO-BREAK SPACE}bom",
]
# These XML cannot hold, escaped or not.
ILLEGAL = ["\x00", "\x08", "\x0b", "\x1b[31m", "\x1f", "\ud800", "\udfff", "\ufffe", "\uffff"]


@pytest.fixture(scope="module")
def graphs(data: Dataset) -> dict[str, nx.DiGraph]:
    return {level: quote_graph(data, level) for level in LEVELS}


@pytest.fixture(scope="module")
def written(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "made" / "on the way"
    assert {str(path.relative_to(out)) for path in export.write(data, out)} == FILES
    return out


def planted() -> nx.DiGraph:
    """A ring of nodes with nasty names and of every type of attribute; some edges dated, some not."""
    graph = nx.DiGraph(level="outlet", statements=7, articles=3, share=0.25, whole=False, note="<&>\"'\n")
    for i, name in enumerate(NASTY):
        graph.add_node(f"n{i}", name=name, said=name[::-1], size=i, weight=i / 3, known=i % 2 == 0)
    for i, name in enumerate(NASTY):
        first, last = [("2025-10-25", "2025-10-27"), ("", ""), ("2024-12-24", "2024-12-24")][i % 3]
        graph.add_edge(f"n{i}", f"n{(i + 1) % len(NASTY)}", weight=i + 1, gist=name, ratio=i / 7, direct=i % 2 == 1,
                       first=first, last=last)
    graph.add_edge("n0", "n0", weight=2, gist="itself", ratio=0.5, direct=True, first="", last="")
    return graph


def same(value: object, other: object) -> bool:
    """Equal and of one type: neither 1 for True nor '1' for 1."""
    return type(value) is type(other) and value == other


def assert_same(graph: nx.DiGraph, back: nx.DiGraph, weight: type) -> None:
    """The same nodes and edges in the same order, with the same attributes and not one more."""
    assert type(back) is nx.DiGraph
    assert list(back.nodes) == list(graph.nodes) and list(back.edges) == list(graph.edges)
    for node, d in graph.nodes(data=True):
        found = dict(back.nodes[node])
        assert found.keys() == d.keys()
        assert all(same(found[name], value) for name, value in d.items()), (d, found)
    for a, b, d in graph.edges(data=True):
        found, expected = dict(back.edges[a, b]), d | {"weight": weight(d["weight"])}
        assert found.keys() == expected.keys()
        assert all(same(found[name], value) for name, value in expected.items()), (expected, found)


def take_off(d: dict, *names: str) -> list:
    return [d.pop(name, None) for name in names]


def read_gexf(content: bytes) -> tuple[nx.DiGraph, dict, dict]:
    """What networkx reads without what GEXF adds, and the labels and spans that it adds."""
    back = nx.read_gexf(io.BytesIO(content))
    labels, spans = {}, {}
    for node, d in back.nodes(data=True):
        labels[node], *span = take_off(d, "label", "start", "end")
        spans[node] = tuple(span)
    for number, (a, b, d) in enumerate(back.edges(data=True)):
        identifier, *span = take_off(d, "id", "start", "end")
        assert identifier == str(number)
        spans[a, b] = tuple(span)
    return back, labels, spans


@pytest.mark.parametrize("level", [*LEVELS, "planted"])
def test_gexf_read_by_networkx_is_the_graph(graphs, level):
    graph = graphs[level] if level != "planted" else planted()
    content = gexf(graph, "Who <quoted> & whom")
    back, labels, spans = read_gexf(content)
    # Two attributes of one name and another type would be two columns in Gephi.
    assert_same(graph, back, float)
    assert labels == {node: d["name"].strip() or node for node, d in graph.nodes(data=True)}
    meta = ElementTree.fromstring(content).find(f"{GEXF}meta")
    assert meta.find(f"{GEXF}description").text == "Who <quoted> & whom"
    said = meta.find(f"{GEXF}keywords").text
    assert said == ", ".join(f"{name}={value}" for name, value in graph.graph.items())
    for a, b, d in graph.edges(data=True):
        assert spans[a, b] == ((d["first"], d["last"]) if d["first"] else (None, None))
    for node in graph:
        around = [d for a, b, d in graph.edges(data=True) if node in (a, b)]
        dated = all(d["first"] for d in around)
        assert spans[node] == ((min(d["first"] for d in around), max(d["last"] for d in around)) if dated
                               else (None, None))
    assert any(span[0] for span in spans.values()) and not all(span[0] for span in spans.values())


@pytest.mark.parametrize("level", [*LEVELS, "planted"])
def test_graphml_read_by_networkx_is_the_graph(graphs, level):
    graph = graphs[level] if level != "planted" else planted()
    before = nx.DiGraph(graph)
    back = nx.read_graphml(io.BytesIO(graphml(graph)))
    defaults = take_off(back.graph, "node_default", "edge_default")
    assert defaults == [{}, {}]
    assert back.graph == graph.graph and all(same(back.graph[name], value) for name, value in graph.graph.items())
    for node, d in back.nodes(data=True):
        assert d.pop("label") == (graph.nodes[node]["name"].strip() or node)
    assert_same(graph, back, int)
    assert nx.utils.graphs_equal(graph, before)  # what was handed in is as it was


@pytest.mark.parametrize("level", [*LEVELS, "planted"])
def test_sheets_read_by_pandas_are_the_graph(graphs, level, tmp_path):
    graph = graphs[level] if level != "planted" else planted()
    tables = []
    for sheet in (node_sheet(graph), edge_sheet(graph)):
        path = tmp_path / "sheet.csv"
        path.write_bytes(export.csv_text(sheet, exact=True).encode())
        tables.append(pd.read_csv(path, keep_default_na=False, dtype=dict.fromkeys(sheet.select_dtypes("str"), "str"),
                                  float_precision="round_trip").map(original))
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))
        assert len(rows) == len(sheet) + 1 and len({len(row) for row in rows}) == 1
        text = [i for i, name in enumerate(rows[0]) if name in sheet.select_dtypes("str")]
        assert not [row[i] for row in rows for i in text if row[i].startswith(("=", "+", "-", "@", "\t", "\r"))]
    nodes, edges = tables
    assert nodes.columns[:3].tolist() == ["Id", "Label", "timeset"]
    assert edges.columns[:6].tolist() == ["Source", "Target", "Type", "Id", "Weight", "timeset"]
    assert set(edges["Type"]) == {"Directed"} and edges["Id"].tolist() == list(range(len(edges)))
    back = nx.DiGraph(**graph.graph)
    back.add_nodes_from(zip(nodes["Id"], nodes.drop(columns=["Id", "Label", "timeset"]).to_dict("records")))
    kept = edges.drop(columns=["Source", "Target", "Type", "Id", "timeset"]).rename(columns={"Weight": "weight"})
    back.add_edges_from(zip(edges["Source"], edges["Target"], kept.to_dict("records")))
    assert_same(graph, back, int)


def test_the_days_in_a_sheet_are_those_of_gexf(graphs):
    graph = graphs["country"]
    spans = read_gexf(gexf(graph))[2]
    for sheet, keys in ((node_sheet(graph), list(graph)), (edge_sheet(graph), list(graph.edges))):
        assert sheet["timeset"].tolist() == [
            f"<[{spans[key][0]}, {spans[key][1]}]>" if spans[key][0] else "" for key in keys]
        assert "" in {*sheet["timeset"]} and len({*sheet["timeset"]}) > 2


@pytest.mark.parametrize("level", [*LEVELS, "planted"])
def test_gexf_is_as_its_schema_wants_it(graphs, level):
    graph = graphs[level] if level != "planted" else planted()
    root = ElementTree.fromstring(gexf(graph))
    meta, drawn = root
    assert (root.tag, root.get("version"), meta.tag, drawn.tag) == (f"{GEXF}gexf", "1.2", f"{GEXF}meta", f"{GEXF}graph")
    assert not meta.attrib and drawn.attrib == {"defaultedgetype": "directed", "mode": "dynamic", "timeformat": "date"}
    declared = {}
    for attributes in drawn.findall(f"{GEXF}attributes"):
        assert attributes.get("mode") == "static"
        found = {a.get("id"): (a.get("title"), a.get("type")) for a in attributes}
        assert len({title for title, _ in found.values()}) == len(found)
        assert {kind for _, kind in found.values()} <= {"long", "double", "boolean", "string"}
        assert not declared.keys() & found.keys()
        declared |= dict.fromkeys(found, attributes.get("class"))
    nodes, edges = drawn.find(f"{GEXF}nodes"), drawn.find(f"{GEXF}edges")
    ids = [node.get("id") for node in nodes]
    assert len(ids) == len({*ids}) == graph.number_of_nodes()
    assert len({edge.get("id") for edge in edges}) == len(edges) == graph.number_of_edges()
    assert all({edge.get("source"), edge.get("target")} <= {*ids} and float(edge.get("weight")) > 0 for edge in edges)
    lives = dict(zip(ids, nodes))
    for what, elements in (("node", nodes), ("edge", edges)):
        allowed = {"id", "label", "start", "end"} | ({"source", "target", "weight"} if what == "edge" else set())
        for element in elements:
            assert element.attrib.keys() <= allowed and element[0].tag == f"{GEXF}attvalues" and len(element) == 1
            assert all(declared[value.get("for")] == what and value.get("value") is not None for value in element[0])
            assert ("start" in element.attrib) == ("end" in element.attrib)
            if "start" in element.attrib:
                assert date.fromisoformat(element.get("start")) <= date.fromisoformat(element.get("end"))
    for edge in edges:
        # Whoever sees an edge must see both its ends.
        for end in (lives[edge.get("source")], lives[edge.get("target")]):
            if "start" in end.attrib:
                assert end.get("start") <= edge.get("start") and edge.get("end") <= end.get("end")


def test_a_graph_without_dates_has_no_timeline():
    graph = nx.DiGraph()
    graph.add_edge("a", "b", weight=1, first="", last="")
    root = ElementTree.fromstring(gexf(graph))
    assert root.find(f"{GEXF}graph").attrib == {"defaultedgetype": "directed", "mode": "static"}
    assert edge_sheet(graph)["timeset"].tolist() == [""]


@pytest.mark.parametrize("make", [gexf, graphml])
def test_an_empty_graph_is_a_document(make):
    read = nx.read_gexf if make is gexf else nx.read_graphml
    assert len(read(io.BytesIO(make(quote_graph_of_nothing())))) == 0
    assert node_sheet(quote_graph_of_nothing()).empty and edge_sheet(quote_graph_of_nothing()).empty


def quote_graph_of_nothing() -> nx.DiGraph:
    return nx.DiGraph(level="outlet", statements=0, articles=0)


@pytest.mark.parametrize("bad", ILLEGAL)
def test_what_xml_cannot_hold_is_replaced_and_seen_to_be(bad):
    graph = nx.DiGraph(note=f"n{bad}")
    graph.add_node(f"a{bad}", name=f"x{bad}y")
    graph.add_edge(f"a{bad}", "b", gist=bad, weight=1)
    lost = re.sub("[\x00-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", bad)
    for content in (gexf(graph, bad), graphml(graph)):
        ElementTree.fromstring(content)
        read = nx.read_gexf if content.find(b"gexf") >= 0 else nx.read_graphml
        back = read(io.BytesIO(content))
        node = "a" + lost
        assert back.nodes[node]["name"] == f"x{lost}y" and back.edges[node, "b"]["gist"] == lost
    assert node_sheet(graph)["Label"].tolist() == [f"x{lost}y", "b"]
    export.csv_text(node_sheet(graph)).encode()


def test_missing_values_are_empty_text_everywhere():
    graph = nx.DiGraph()
    graph.add_nodes_from([("a", {"name": "A", "owner": None}), ("b", {"name": "B", "owner": float("nan")}),
                          ("c", {"name": "C"}), ("d", {"name": "D", "owner": "state"})])
    assert node_sheet(graph)["owner"].tolist() == ["", "", "", "state"]
    for read, content in ((nx.read_gexf, gexf(graph)), (nx.read_graphml, graphml(graph))):
        assert [d["owner"] for _, d in read(io.BytesIO(content)).nodes(data=True)] == ["", "", "", "state"]


@pytest.mark.parametrize(("node", "attributes", "error", "match"), [
    ("", {}, ValueError, "identifier"),
    ("a\x01", {}, ValueError, "differ"),
    ("z", {"start": 1}, ValueError, "start: the name is taken"),
    ("z", {"Label": "x"}, ValueError, "Label"),
    ("z", {"size": "big"}, ValueError, "one type.*size of nodes is int and str"),
    ("z", {"size": True}, ValueError, "bool and int"),
    ("z", {"tags": ["x"]}, TypeError, "list"),
])
@pytest.mark.parametrize("make", [gexf, graphml, node_sheet, edge_sheet])
def test_what_a_format_would_lose_in_silence_is_an_error(make, node, attributes, error, match):
    graph = nx.DiGraph()
    graph.add_node("a\x02", size=1, tags="x")
    graph.add_node(node, **{"size": 2, "tags": "y"} | attributes)
    with pytest.raises(error, match=match):
        make(graph)


# -- the tables -----------------------------------------------------------------------------------------------------


def with_lists(table: pd.DataFrame) -> pd.DataFrame:
    """pandas reads a list as a NumPy array."""
    return table.assign(**{name: table[name].map(list) for name in table.columns[table.dtypes == object]})


@pytest.mark.parametrize("name", TABLES)
def test_parquet_read_by_pandas_is_the_table(data, written, name):
    table = getattr(data, name)
    back = pd.read_parquet(written / "tables" / f"{name}.parquet")
    lists = table.columns[table.dtypes == object]
    assert all(isinstance(item, str) for column in lists for cell in back[column] for item in cell)
    pdt.assert_frame_equal(with_lists(back), table, check_categorical=True, check_exact=True)
    assert [with_lists(back)[column].tolist() for column in lists] == [table[column].tolist() for column in lists]
    nothing = parquet(table[:0])
    pdt.assert_frame_equal(with_lists(pd.read_parquet(io.BytesIO(nothing))), table[:0], check_categorical=False)
    types = [str(pq.read_schema(io.BytesIO(nothing)).field(column).type) for column in lists]
    assert types == ["list<element: string>"] * len(lists)  # also where no list tells of what


def test_parquet_types_are_the_descriptors(data, written):
    expected = {"list": "list<element: string>", "date": "timestamp[us]", "integer": "int64", "boolean": "bool"}
    for resource in data.descriptor["resources"]:
        schema = pq.read_schema(written / "tables" / f"{resource['name']}.parquet")
        fields = resource["schema"]["fields"]
        assert schema.names == [f["name"] for f in fields]
        for f in fields:
            kind = str(schema.field(f["name"]).type)
            if "enum" in f.get("constraints", {}):
                assert kind.startswith("dictionary<values=") and "string" in kind
            else:
                assert kind == expected.get(f["type"], kind)
                assert f["type"] != "string" or kind.endswith("string")


def test_the_descriptor_describes_the_parquet_files(data, written):
    described = json.loads((written / "tables" / "datapackage.json").read_text(encoding="utf-8"))
    for resource, ours in zip(described["resources"], data.descriptor["resources"], strict=True):
        assert resource["path"] == f"{ours['name']}.parquet" and resource["format"] == "parquet"
        assert (written / "tables" / resource["path"]).is_file()
        assert resource["schema"] == ours["schema"] and "encoding" not in resource
    assert {k: v for k, v in described.items() if k != "resources"} == {
        k: v for k, v in data.descriptor.items() if k != "resources"}
    assert data.descriptor["resources"][0]["path"] == "articles.csv"


# -- the files ------------------------------------------------------------------------------------------------------


def test_a_second_run_gives_the_same_bytes_and_leaves_other_files_alone(data, written, tmp_path, monkeypatch):
    (tmp_path / "tables").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "who-quoted-whom-outlet.gexf").write_text("old")
    monkeypatch.setattr("time.strftime", lambda *_: "1999-12-31")  # networkx writes the day
    files = list(export.write(data, tmp_path))
    assert len(files) == len(FILES)
    assert {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()} == FILES | {"notes.txt"}
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not [path for path in FILES if (tmp_path / path).read_bytes() != (written / path).read_bytes()]


def test_a_nasty_name_in_the_record_comes_through(data, tmp_path):
    name = "=1+1\r\"<b>\N{RIGHT-TO-LEFT OVERRIDE}, 'x' & y"
    bare = "'=1\rand nothing that would have it quoted"
    outlets = data.outlets.assign(name=[bare, *data.outlets["name"][1:-1], name])
    first, last = outlets["outlet_id"].iloc[[0, -1]]
    sources = data.sources[data.sources["source_id"].isin([first, last])]
    assert sources.empty
    changed = Dataset(**{table: getattr(data, table) for table in TABLES if table != "outlets"}, outlets=outlets,
                      descriptor=data.descriptor)
    for _ in export.write(changed, tmp_path):
        pass
    nodes = pd.read_csv(tmp_path / "who-quoted-whom-outlet-nodes.csv", keep_default_na=False).map(original)
    found = [nx.read_gexf(tmp_path / "who-quoted-whom-outlet.gexf").nodes(data="name"),
             nx.read_graphml(tmp_path / "who-quoted-whom-outlet.graphml").nodes(data="name"),
             dict(zip(nodes["Id"], nodes["name"]))]
    for names in found:
        named = {node: value for node, value in dict(names).items() if node in (first, last)}
        assert named == {node: value for node, value in {first: bare, last: name}.items() if node in named}
        assert named and len(names) == len(found[0])
    assert pd.read_parquet(tmp_path / "tables" / "outlets.parquet")["name"].iloc[-1] == name


def test_the_order_of_the_rows_does_not_matter(data, written, tmp_path):
    turned = Dataset(**{name: getattr(data, name)[::-1].reset_index(drop=True) for name in TABLES},
                     descriptor=data.descriptor)
    graphs = [path for path in export.write(turned, tmp_path) if path.parent == tmp_path]
    assert len(graphs) == 12
    assert not [path.name for path in graphs if path.read_bytes() != (written / path.name).read_bytes()]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_crash_leaves_the_old_file_whole(tmp_path, monkeypatch, fails):
    path = tmp_path / "file.gexf"
    path.write_bytes(b"old and whole")

    def crash(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, crash)
    with pytest.raises(OSError, match="No space"):
        export._put(path, b"new")
    assert path.read_bytes() == b"old and whole" and list(tmp_path.iterdir()) == [path]


def test_files_can_be_read_by_whom_the_session_lets(tmp_path):
    umask = os.umask(0o022)
    try:
        assert stat.S_IMODE(export._put(tmp_path / "file", b"").stat().st_mode) == 0o644
    finally:
        os.umask(umask)


def test_the_command(written, tmp_path):
    result = CliRunner().invoke(app, ["export", "--to", str(tmp_path / "out"), "--data", str(DATA)])
    assert result.exit_code == 0 and "19 files in" in result.output
    path = "who-quoted-whom-country.gexf"
    assert (tmp_path / "out" / path).read_bytes() == (written / path).read_bytes()


def test_a_place_that_cannot_be_written_is_one_line_and_exit_code_2(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "taken" / "who-quoted-whom-outlet.gexf").mkdir(parents=True)
    for to, why in (("file", "it is no folder"), ("file/below", "Not a directory"), ("taken", "Is a directory")):
        result = CliRunner().invoke(app, ["export", "--to", str(tmp_path / to)])
        assert result.exit_code == 2 and len(result.output.splitlines()) == 1
        assert result.output.startswith("cannot write ") and why in result.output
    assert (tmp_path / "file").read_text() == "mine"

    def refuse(self, *_, **__):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    result = CliRunner().invoke(app, ["export", "--to", str(tmp_path / "no\nentry")])
    assert result.exit_code == 2 and result.output.endswith("no\\nentry: Permission denied\n")
    assert len(result.output.splitlines()) == 1


def test_faults_in_the_data_are_listed_and_nothing_is_written(copy_of_data, tmp_path):
    path = copy_of_data / "outlets.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",newspaper,", ",news paper,", 1), encoding="utf-8")
    result = CliRunner().invoke(app, ["export", "--to", str(tmp_path / "out"), "--data", str(copy_of_data)])
    assert result.exit_code == 1 and "news paper" in result.output and not (tmp_path / "out").exists()
