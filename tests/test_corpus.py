"""Archives from their files to tables and graphs, against plain loops over the same files; killed and resumed.

Which functions count archives as they count records is not listed: all public ones of `coverage` and `quoting` must.
"""

from __future__ import annotations

import bz2
import hashlib
import inspect
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import dask
import networkx as nx
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from analysis import Dataset, DatasetError, corpus, coverage, load_dataset, partitions, quoting
from analysis.__main__ import app
from analysis.corpus import bodies, identify, job
from analysis.dataset import DATA, TABLES
from analysis.intake.outlets import domain_of, host_of

DAYS = [f"2019-0{1 + i % 9}-1{i % 10}" for i in range(40)]


@pytest.fixture(autouse=True)
def _in_this_process():
    with dask.config.set(scheduler="synchronous"):
        yield


# -- one implementation ---------------------------------------------------------------------------------------------

def _public(module) -> dict:
    return {name: f for name, f in vars(module).items()
            if inspect.isfunction(f) and f.__module__ == module.__name__ and not name.startswith("_")}


# Those that take something else than a record, and what they are tried with here or elsewhere.
NOT_OF_RECORDS = {"signing": "tests/test_coverage.py", "sector_group": "tests/test_quoting.py",
                  "edges": "a record in memory, as it says", "degrees": "graphs of quote_graph, below"}
FUNCTIONS = [(module, name, {}) for module in (coverage, quoting) for name in _public(module)
             if name not in NOT_OF_RECORDS and name not in ("quote_graph", "voice_matrix", "home_share")]
FUNCTIONS += [(quoting, "voice_matrix", {"count": count}) for count in ("statements", "articles", "outlets")]
FUNCTIONS += [(quoting, "quote_graph", {"level": level}) for level in ("outlet", "country", "sector")]
FUNCTIONS += [(quoting, "home_share", {"permutations": 99})]


@pytest.fixture(scope="module", params=[1, 7])
def parts(request, data) -> Dataset:
    return partitions.split(data, request.param)


@pytest.mark.parametrize(("module", "name", "arguments"), FUNCTIONS,
                         ids=lambda value: value if isinstance(value, str) else None)
def test_records_and_archives_are_counted_alike(data, parts, module, name, arguments):
    function = getattr(module, name)
    assert list(inspect.signature(function).parameters)[0] == "data"
    plain, parted = function(data, **arguments), function(parts, **arguments)
    if isinstance(plain, nx.Graph):
        assert parted.graph == plain.graph
        assert list(parted.nodes(data=True)) == list(plain.nodes(data=True))
        assert list(parted.edges(data=True)) == list(plain.edges(data=True))
    elif isinstance(plain, quoting.Chains):
        assert Counter(map(tuple, parted.paths())) == Counter(map(tuple, plain.paths()))
        assert sorted(parted.step.tolist()) == sorted(plain.step.tolist())
        assert parted.article.max() == plain.article.max()
    elif hasattr(parted, "compute"):
        by = [c for c in ("attribution_id", "article_id", "step") if c in plain]
        pd.testing.assert_frame_equal(parted.compute().sort_values(by, ignore_index=True),
                                      plain.sort_values(by, ignore_index=True))
        pd.testing.assert_frame_equal(parted._meta, plain.head(0), check_index_type=False)
    elif isinstance(plain, pd.Series):
        pd.testing.assert_series_equal(parted, plain)
    else:
        pd.testing.assert_frame_equal(parted, plain)


@pytest.mark.parametrize("level", ["outlet", "country", "sector"])
def test_a_graph_too_large_for_networkx_is_the_same_in_igraph(data, level):
    small, large = quoting.quote_graph(data, level), quoting.quote_graph(data, level, most_edges=0)
    assert large.vs["name"] == list(small)
    assert [(large.vs[e.source]["name"], large.vs[e.target]["name"]) for e in large.es] == list(small.edges)
    for edge, attributes in zip(large.es, small.edges.values()):
        assert edge.attributes() == attributes
    for vertex, attributes in zip(large.vs, small.nodes.values()):
        assert vertex["label"] == attributes["name"]
        assert {k: v for k, v in vertex.attributes().items() if k not in ("name", "label")} == {
            k: v for k, v in attributes.items() if k != "name"}
    assert {name: large[name] for name in large.attributes()} == small.graph
    pd.testing.assert_frame_equal(quoting.degrees(large), quoting.degrees(small))
    assert isinstance(quoting.quote_graph(data, level, most_edges=small.number_of_edges()), nx.DiGraph)
    assert not isinstance(quoting.quote_graph(data, level, most_edges=small.number_of_edges() - 1), nx.DiGraph)


def test_degrees_against_networkx(data):
    graph = quoting.quote_graph(data)
    table = quoting.degrees(graph)
    assert table.index.tolist() == list(graph)
    for node, row in table.iterrows():
        assert (row["quoted_by"], row["quotes"]) == (graph.in_degree(node), graph.out_degree(node))
        assert row["quoted_in"] == graph.in_degree(node, weight="weight")
        assert row["quoting_in"] == graph.out_degree(node, weight="weight")
        assert row["mutual"] == len(({*graph.successors(node)} & {*graph.predecessors(node)}) - {node})


def test_parts_that_do_not_belong_together_are_refused(data):
    one, two = partitions.split(data, 2), partitions.split(data, 3)
    mixed = Dataset(**{name: getattr(one, name) for name in TABLES if name != "attributions"},
                    attributions=two.attributions)
    with pytest.raises(ValueError, match="articles have 2 partitions and attributions 3"):
        coverage.by_country(mixed)
    with pytest.raises(ValueError, match="at least 1"):
        partitions.split(data, 0)


def test_an_archive_says_how_it_is_stored(data, parts):
    n = parts.articles.npartitions
    word = "part" if n == 1 else "parts"
    assert repr(parts).startswith(f"Dataset({n} {word} of articles, {len(data.outlets)} outlets")


# -- Quotebank's form, by plain loops -------------------------------------------------------------------------------

HOSTS = ["www.alpha.com", "news.alpha.com", "beta.co.uk", "www.bbc.co.uk", "gamma-x.de", "vietnamplus.vn", "delta.io"]
SPEAKERS = [("None", []), ("Ann Alpha", ["Q11"]), ("Ann Alpha", ["Q12"]), ("Bo Beta", ["Q21", "Q22"]),
            ("Cy Gamma", ["Q31"]), ("C. Gamma", ["Q31"]), ("Cy Gamma", ["Q31"])]


def quotations(seed: int, number: int) -> list[dict]:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(number):
        name, qids = SPEAKERS[rng.integers(len(SPEAKERS))]
        urls = sorted({f"http://{HOSTS[rng.integers(len(HOSTS))]}/a/{rng.integers(12)}"
                       for _ in range(1 + rng.integers(3))})
        rows.append({"quoteID": f"x-{seed}-{i}", "quotation": f"Words {seed} {i}", "speaker": name, "qids": qids,
                     "date": f"{DAYS[rng.integers(40)]} 00:00:00", "numOccurrences": len(urls),
                     "probas": [[name, "0.9"]], "urls": urls, "phase": "E"})
    return rows


@pytest.fixture(scope="module")
def quotebank(tmp_path_factory) -> Path:
    """Six files, two of them compressed; one has two lines that are no records."""
    folder = tmp_path_factory.mktemp("quotebank")
    for i in range(6):
        lines = [json.dumps(row) for row in quotations(i, 30)]
        if i == 2:
            lines[10:10] = ['{"quotation": "cut of', "[]"]
        text = "\n".join(lines).encode() + b"\n"
        name = f"quotes-{i}.json"
        (folder / (name + ".bz2" if i % 3 == 1 else name)).write_bytes(bz2.compress(text) if i % 3 == 1 else text)
    return folder


def expected() -> tuple[dict, dict]:
    """Article -> outlet's domain and latest date; article -> its statements in the input's order."""
    articles: dict[str, list] = {}
    said = defaultdict(list)
    for i in range(6):
        for row in quotations(i, 30):
            for url in row["urls"]:
                known = articles.setdefault(url, [domain_of(host_of(url)), ""])
                known[1] = max(known[1], row["date"][:10])
                said[url].append((row["speaker"], tuple(row["qids"]), row["quotation"]))
    return articles, said


@pytest.fixture(scope="module")
def undisturbed(quotebank, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built") / "archive"
    with pytest.MonkeyPatch.context() as patch:
        _small_parts(patch)
        corpus.build("quotebank", [quotebank], out)
    return out


def _small_parts(patch) -> None:
    """So that a few kilobytes come in many splits and buckets."""
    patch.setattr(job, "SPLIT", 2_000)
    patch.setattr(job, "BUCKET", 10_000)


def everything(folder: Path) -> dict[str, str]:
    """Every file of a folder with its contents' hash."""
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_quotebank_against_plain_loops(undisturbed):
    data = corpus.load(undisturbed)
    assert data.articles.npartitions == data.attributions.npartitions > 3
    whole = corpus.in_memory(data)
    articles, said = expected()
    outlets = whole.outlets.set_index("outlet_id")
    assert len(whole.articles) == len(articles) == whole.articles["article_id"].nunique()
    for row in whole.articles.itertuples():
        domain, latest = articles[row.url]
        assert outlets.at[row.outlet_id, "domains"][0] == domain or row.outlet_id in ("bbc", "bbc-news", "vietnamplus")
        assert str(row.published.date()) == latest
        assert row.language == "en"
        assert row.article_id == hashlib.blake2b(row.url.encode(), digest_size=10).hexdigest()
    sources = whole.sources.set_index("source_id")
    url = whole.articles.set_index("article_id")["url"]
    found = defaultdict(list)
    for row in whole.attributions.itertuples():
        assert row.attribution_id == f"{row.article_id}.{row.position}"
        assert row.form == "direct"
        assert row.via == []
        found[url[row.article_id]].append((row.position, row.source_id, row.gist))
    assert found.keys() == said.keys()
    for address, statements in said.items():
        assert [position for position, *_ in found[address]] == list(range(1, len(statements) + 1))
        assert [gist for *_, gist in found[address]] == [words for *_, words in statements]
        for (_, source_id, _), (speaker, qids, _) in zip(found[address], statements):
            if speaker == "None":
                assert source_id == identify.NO_SPEAKER
            elif len(qids) == 1:
                assert source_id == qids[0].lower()
            else:
                assert source_id.startswith("bo-beta-")
                assert sources.at[source_id, "role"] == "one of Q21, Q22"
    # One identifier with two names goes by the more frequent one; two people of one name are two.
    assert sources.at["q31", "name"] == "Cy Gamma"
    assert sources.loc[["q11", "q12"], "name"].tolist() == ["Ann Alpha", "Ann Alpha"]
    assert len(sources) == 5


def test_the_graph_of_an_archive_against_a_plain_loop(undisturbed):
    graph = quoting.quote_graph(corpus.load(undisturbed))
    data = corpus.in_memory(corpus.load(undisturbed))
    outlet = data.articles.set_index("article_id")["outlet_id"]
    edges = Counter((outlet[row.article_id], row.source_id) for row in data.attributions.itertuples())
    assert {(a, b): w for a, b, w in graph.edges(data="weight")} == edges
    assert sum(edges.values()) == sum(len(row["urls"]) for i in range(6) for row in quotations(i, 30))
    for module, name, arguments in FUNCTIONS:
        if name not in ("coded_chains", "published", "hops", "quote_graph", "home_share"):
            plain = getattr(module, name)(data, **arguments)
            parted = getattr(module, name)(corpus.load(undisturbed), **arguments)
            check = pd.testing.assert_frame_equal if isinstance(plain, pd.DataFrame) else pd.testing.assert_series_equal
            check(parted, plain)


def test_frames_have_the_dtypes_of_a_record(undisturbed, data):
    loaded = corpus.load(undisturbed)
    for name in TABLES:
        ours, theirs = getattr(data, name).dtypes, getattr(loaded, name).dtypes
        for column, dtype in ours.items():
            assert theirs[column] == dtype or (dtype == "int64" and theirs[column] == "Int64"), (name, column)
    for name in partitions.PARTITIONED:
        frame = getattr(loaded, name)
        pd.testing.assert_series_equal(frame.partitions[0].compute().dtypes, frame._meta.dtypes)
    one = loaded.articles[["outlet_id"]].compute()
    assert one.columns.tolist() == ["outlet_id"]


def test_what_could_not_be_read_is_set_aside_and_counted(undisturbed):
    rejects = pq.read_table(undisturbed / "rejects.parquet").to_pylist()
    assert [(r["file"], r["record"]) for r in rejects] == [
        ("quotes-2.json", '{"quotation": "cut of'), ("quotes-2.json", "[]")]
    lines = [json.dumps(row) for row in quotations(2, 30)]
    assert rejects[0]["position"] == sum(len(line) + 1 for line in lines[:10])
    assert rejects[1]["position"] == rejects[0]["position"] + len('{"quotation": "cut of') + 1
    told = corpus.load(undisturbed).descriptor["archive"]
    assert sum(told["rejects"].values()) == 2
    assert any("no JSON" in reason for reason in told["rejects"])
    assert told["rows"]["articles"] == len(expected()[0])
    assert {"articles.tone", "attributions.stance"} <= {*told["lacks"]}
    assert "milestones" not in told
    assert "event" not in corpus.load(undisturbed).descriptor  # the archive is of other years


@pytest.mark.parametrize(("split", "bucket"), [(500, 3_000), (10**9, 10**9)])
def test_the_rows_do_not_depend_on_the_parts(quotebank, undisturbed, tmp_path, monkeypatch, split, bucket):
    monkeypatch.setattr(job, "SPLIT", split)
    monkeypatch.setattr(job, "BUCKET", bucket)
    corpus.build("quotebank", [quotebank], tmp_path / "other")
    ours, theirs = (corpus.in_memory(corpus.load(folder)) for folder in (tmp_path / "other", undisturbed))
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(ours, name), getattr(theirs, name))


# -- killed and resumed ---------------------------------------------------------------------------------------------

def test_a_killed_worker_and_a_killed_run_leave_no_trace(quotebank, undisturbed, tmp_path, monkeypatch):
    """A worker is killed in each of the two steps; then the run itself, and it is started again."""
    _small_parts(monkeypatch)
    out = tmp_path / "archive"
    killed = []
    with corpus.cluster(workers=2) as client:
        assert len(client.scheduler_info()["workers"]) == 2

        def kill(what: str, done: int, of: int) -> None:
            if done == 2 and what not in killed:
                killed.append(what)
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        corpus.build("quotebank", [quotebank], out, client=client, progress=kill)
    assert killed == ["read", "write"]
    assert everything(out) == everything(undisturbed)


def test_a_killed_run_goes_on_where_it_stopped(quotebank, undisturbed, tmp_path, monkeypatch):
    out = tmp_path / "archive"
    program = ("import sys; from analysis.corpus import job; job.SPLIT, job.BUCKET = 2_000, 10_000; "
               "job.build('quotebank', [sys.argv[1]], sys.argv[2])")
    run = subprocess.Popen([sys.executable, "-c", program, str(quotebank), str(out)])
    read = out / job.WORK / "read"
    end = time.monotonic() + 60
    while not (read / "000003").exists() and run.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    run.kill()
    run.wait()
    done = {path.name: path.stat().st_mtime_ns for path in read.iterdir() if not path.name.startswith(".")}
    assert 3 < len(done) < 40
    assert not (out / "datapackage.json").exists()
    with pytest.raises(FileNotFoundError, match="goes on where it stopped"):
        corpus.load(out)
    (read / ".000009-left").mkdir()
    _small_parts(monkeypatch)
    steps = []
    corpus.build("quotebank", [quotebank], out, progress=lambda *step: steps.append(step))
    assert steps[0][:2] == ("read", len(done))
    assert everything(out) == everything(undisturbed)
