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
from dataclasses import replace
from pathlib import Path

import dask
import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from analysis import Dataset, DatasetError, corpus, coverage, load_dataset, partitions, quoting
from analysis.__main__ import app
from analysis.corpus import bodies, identify, job, workers
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


@pytest.fixture(scope="module", params=[1, 20])
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


@pytest.mark.parametrize("function", [quoting.quote_graph, quoting.most_quoted, quoting.home_share])
def test_a_statement_in_another_part_than_its_article_is_refused(data, function):
    """Of as many parts, but dealt out otherwise: counting on would make it another article's statement."""
    one, two = partitions.split(data, 2), partitions.split(
        replace(data, articles=data.articles.iloc[::-1].reset_index(drop=True)), 2)
    with pytest.raises(ValueError, match="is not among the articles"):
        function(replace(one, attributions=two.attributions))


def test_a_part_is_handed_the_columns_that_are_named(data):
    def seen(part: Dataset) -> set:
        return {name: None if (table := getattr(part, name)) is None else tuple(table.columns) for name in TABLES}

    parts = partitions.split(data, 3)
    named = partitions.reduce(parts, seen, lambda many: many[0], articles=["outlet_id"], outlets=["outlet_id", "name"])
    assert named == {**dict.fromkeys(TABLES), "articles": ("outlet_id",), "outlets": ("outlet_id", "name")}
    assert partitions.reduce(parts, seen, lambda many: many[0]) == seen(data)


@pytest.mark.parametrize("level", ["outlet", "country"])
def test_the_graph_does_not_depend_on_the_order_of_rows(data, level):
    mixed = replace(data, **{name: getattr(data, name).sample(frac=1, random_state=3)
                             for name in ("articles", "attributions", "outlets", "sources")})
    one, two = quoting.quote_graph(data, level), quoting.quote_graph(mixed, level)
    assert list(one.nodes(data=True)) == list(two.nodes(data=True))
    assert list(one.edges(data=True)) == list(two.edges(data=True))


@pytest.mark.parametrize("number", [3, 40])  # fewer than there are identifiers, and more
def test_positions_of_identifiers(number):
    ids = [f"id-{i}" for i in range(20)]
    values = [ids[i * 7 % 20] for i in range(number)]
    assert quoting._codes(values, pa.array(ids), "there").tolist() == [ids.index(v) for v in values]
    for odd, told in (("id-20", "'id-20'"), (None, "None")):
        with pytest.raises(ValueError, match=f"{told} is not there"):
            quoting._codes([*values, odd], pa.array(ids), "there")


def test_a_statement_without_an_article_is_refused(data):
    torn = data.attributions.assign(article_id=data.attributions["article_id"].where(
        data.attributions.index != 5))
    with pytest.raises(ValueError, match="None is not among the articles"):
        quoting.quote_graph(replace(data, attributions=torn))


def test_edges_are_added_up_however_large_their_numbers_are():
    """Outlets of edges are sorted as one number where that number is not too large."""
    rng = np.random.default_rng(5)
    publishing, publisher = rng.integers(0, 40, 500), rng.integers(0, 30, 500).astype(np.int32)
    pairs = sorted(set(zip(publishing.tolist(), publisher.tolist())))
    for far in (1, 2**57):  # the second is beyond 64 bits, with 30 outlets
        found = quoting._each_once(publishing * far, publisher)
        assert list(zip((found[0] // far).tolist(), found[1].tolist())) == pairs


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


# -- the other formats, from file to tables -------------------------------------------------------------------------

FIXTURES = Path(__file__).parent / "data" / "corpus"
FILES = {"media-cloud": "media_cloud.csv", "gdelt-articles": "gdelt_articles.json",
         "gdelt-quotes": "gdelt_quotes.gqg.json", "quotebank": "quotebank.json",
         "quotebank-articles": "quotebank_articles.json", "warc": "cc_news.warc"}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, tuple[corpus.Built, Dataset]]:
    folder = tmp_path_factory.mktemp("formats")
    made = {name: corpus.build(name, [FIXTURES / file], folder / name) for name, file in FILES.items()}
    return {name: (one, corpus.in_memory(corpus.load(folder / name))) for name, one in made.items()}


def test_every_reader_is_tried():
    assert FILES.keys() == corpus.READERS.keys()


@pytest.mark.parametrize("name", FILES)
def test_tables_hold_together(built, name):
    """Keys are unique and references resolve, as the codebook wants of a record; what the format lacks is empty."""
    made, data = built[name]
    assert made.rows == {t: len(getattr(data, t)) for t in ("articles", "attributions", "outlets", "sources")}
    assert made.rows["articles"] > 5
    for table, key in (("articles", "article_id"), ("articles", "url"), ("outlets", "outlet_id"),
                       ("sources", "source_id"), ("attributions", "attribution_id")):
        assert getattr(data, table)[key].is_unique
    assert {*data.articles["outlet_id"]} <= {*data.outlets["outlet_id"]}
    assert {*data.attributions["article_id"]} <= {*data.articles["article_id"]}
    assert {*data.attributions["source_id"]} == {*data.sources["source_id"]}
    assert {*data.attributions["via"].explode().dropna()} <= {*data.outlets["outlet_id"]}
    assert {*data.sources["outlet_id"].dropna()} <= {*data.outlets["outlet_id"]}
    patterns = {(r["name"], f["name"]): f["constraints"]["pattern"] for r in data.descriptor["resources"]
                for f in r["schema"]["fields"] if "pattern" in f.get("constraints", {})}
    for (table, column), pattern in patterns.items():
        assert getattr(data, table)[column].dropna().str.fullmatch(pattern).all(), (table, column)
    for lacked in made.lacks:
        table, column = lacked.split(".")
        if table in partitions.PARTITIONED and column != "position":
            values = getattr(data, table)[column]
            assert not values.map(lambda v: v if isinstance(v, list) else not pd.isna(v)).any(), lacked
    assert made.countries["articles"].sum() == len(data.articles)
    assert made.countries["share_of_articles"].sum() == pytest.approx(1)


@pytest.mark.parametrize("name", FILES)
def test_the_functions_take_every_format(built, name):
    _, data = built[name]
    assert coverage.by_country(data)["articles"].sum() == len(data.articles)
    assert coverage.by_outlet_kind(data)["articles"].sum() == len(data.articles)
    assert coverage.by_day(data)["articles"].sum() == len(data.articles)
    assert quoting.most_quoted(data)["statements"].sum() == len(data.attributions)
    compared = coverage.signers_and_others(data)
    assert (compared.loc[compared["measure"] == "tone", "total"] == 0).all()  # not coded, so in no total
    graph = quoting.quote_graph(data)
    assert sum(quoting.hops(data)["step"] == 1) == len(data.attributions)
    assert all(d["stance_neutral"] == 0 for *_, d in graph.edges(data=True))
    quoted = [d["kind"] for node, d in graph.nodes(data=True) if node not in {*data.outlets["outlet_id"]}]
    assert "outlet" not in quoted


def test_texts_give_chains_with_known_people(built):
    _, data = built["gdelt-quotes"]
    hops = quoting.hops(data)
    paths = set(zip(hops["quoting"], hops["quoted"]))
    assert {("nikkei-asia", "vna"), ("vna", "antonio-guterres"), ("jiji-press", "luong-cuong")} <= paths
    people = data.sources.set_index("source_id")
    assert people.at["antonio-guterres", "country"] == "INT"


def test_names_are_those_of_the_record_that_is_given(tmp_path, copy_of_data):
    """Of a record without Guterres he is a name like any other."""
    for file, column in (("sources.csv", 0), ("attributions.csv", 3)):
        rows = (copy_of_data / file).read_text(encoding="utf-8").splitlines(keepends=True)
        (copy_of_data / file).write_text("".join(r for r in rows if "antonio-guterres" not in r), encoding="utf-8")
    recodes = pd.read_csv(copy_of_data / "recodes.csv", dtype=str, keep_default_na=False)
    recodes["sources"] = [";".join(s for s in cell.split(";") if s != "antonio-guterres")
                          for cell in recodes["sources"]]
    recodes.to_csv(copy_of_data / "recodes.csv", index=False)
    corpus.build("gdelt-quotes", [FIXTURES / FILES["gdelt-quotes"]], tmp_path / "out", record=copy_of_data)
    sources = corpus.load(tmp_path / "out").sources
    assert "antonio-guterres" not in {*sources["source_id"]}
    assert sources["name"].str.contains("Guterres").any()


def test_a_second_record_of_an_article_is_a_duplicate(tmp_path, built):
    """A story list that names an address again, with another date and outlet: the first stays, the second is told."""
    text = (FIXTURES / "media_cloud.csv").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (tmp_path / "b.csv").write_text(lines[0] + "".join(lines[3:5]), encoding="utf-8")
    made = corpus.build("media-cloud", [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "out")
    ours = corpus.in_memory(corpus.load(tmp_path / "out"))
    pd.testing.assert_frame_equal(ours.articles, built["media-cloud"][1].articles)
    rejects = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    assert [(r["file"], r["position"], r["unit"], r["reason"]) for r in rejects] == [
        ("b.csv", 2, "line", "its address stands before"), ("b.csv", 3, "line", "its address stands before")]
    assert made.rejects == {"its address stands before": 2}
    assert all(r["record"] in {*ours.articles["url"]} for r in rejects)


def test_statements_of_a_duplicate_are_not_counted_twice(tmp_path, built):
    (tmp_path / "a.gqg.json").write_bytes((FIXTURES / FILES["gdelt-quotes"]).read_bytes())
    (tmp_path / "b.gqg.json").write_bytes((FIXTURES / FILES["gdelt-quotes"]).read_bytes())
    made = corpus.build("gdelt-quotes", [tmp_path], tmp_path / "out")
    pd.testing.assert_frame_equal(corpus.in_memory(corpus.load(tmp_path / "out")).attributions,
                                  built["gdelt-quotes"][1].attributions)
    assert made.rejects["its address stands before"] == made.rows["articles"]


# -- outlets and their countries ------------------------------------------------------------------------------------

def test_where_an_outlets_country_is_from(built, tmp_path):
    _, data = built["media-cloud"]
    outlets = data.outlets.set_index("outlet_id")
    assert outlets.loc["reuters", ["country", "country_from"]].tolist() == ["GB", "the record"]
    assert outlets.loc["example-com-au", ["country", "country_from"]].tolist() == ["AU", "guess from the domain"]
    assert outlets.loc["kompas-com", "country_from"] == "unknown"
    _, data = built["gdelt-articles"]
    assert data.outlets.set_index("outlet_id").loc["example-ba", ["country", "country_from"]].tolist() == [
        "BA", "the format"]
    (tmp_path / "gdelt.txt").write_text("kompas.com\tID\tIndonesia\nexample.com.au\tNZ\tNew Zealand\nreuters.com\tRS\n"
                                        "nowhere.com\tOS\tOceans\n", encoding="utf-8")
    corpus.build("media-cloud", [FIXTURES / FILES["media-cloud"]], tmp_path / "out", domains=tmp_path / "gdelt.txt")
    outlets = corpus.load(tmp_path / "out").outlets.set_index("outlet_id")
    assert outlets.loc["kompas-com", ["country", "country_from"]].tolist() == ["ID", "list of domains"]
    assert outlets.loc["example-com-au", ["country", "country_from"]].tolist() == ["NZ", "list of domains"]
    assert outlets.loc["reuters", ["country", "country_from"]].tolist() == ["GB", "the record"]


@pytest.mark.parametrize(("code", "country"), [("RS", "RU"), ("GM", "DE"), ("SP", "ES"), ("VM", "VN"), ("CH", "CN"),
                                               ("SZ", "CH"), ("AS", "AU"), ("AU", "AT"), ("UK", "GB")])
def test_gdelts_codes_are_fips_10_4(tmp_path, code, country):
    """Codes that mean another country in ISO 3166-1, or none."""
    (tmp_path / "list.txt").write_text(f"a.com\t{code}\n", encoding="utf-8")
    assert bodies.countries_of(tmp_path / "list.txt") == {"a.com": country}
    (tmp_path / "list.csv").write_text(f"domain,note,country\nwww.A.com,x,{country}\n", encoding="utf-8")
    assert bodies.countries_of(tmp_path / "list.csv") == {"a.com": country}


def test_faults_of_a_list_of_domains_are_told_together(tmp_path):
    (tmp_path / "list.csv").write_text("domain,country\na.com,VN\nnodot,VN\nb.com,XX\n,\n", encoding="utf-8")
    with pytest.raises(DatasetError) as error:
        bodies.countries_of(tmp_path / "list.csv")
    assert [(f.line, f.column, f.value) for f in error.value.faults] == [
        (3, "domain", "nodot"), (4, "country", "XX"), (5, "domain", "")]
    (tmp_path / "list.csv").write_text("domain,land\na.com,VN\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="must name the columns domain and country"):
        bodies.countries_of(tmp_path / "list.csv")
    (tmp_path / "list.csv").write_text("a.com,Vietnam\nb.com,\nc.com,VM\n", encoding="utf-8")
    with pytest.raises(DatasetError) as error:
        bodies.countries_of(tmp_path / "list.csv")
    assert [(f.line, f.value) for f in error.value.faults] == [(1, "Vietnam"), (2, "")]
    (tmp_path / "latin").write_bytes(b"a.com\tVM\tVi\xeat Nam\n")
    for name, rule in (("latin", "must be UTF-8"), ("none", "cannot be read")):
        with pytest.raises(DatasetError, match=rule):
            bodies.countries_of(tmp_path / name)


KNOWN = identify.known(DATA)


@pytest.mark.parametrize(("host", "outlet_id"), [
    ("www.reuters.com", "reuters"), ("REUTERS.com:443", "reuters"), ("user:pass@reuters.com", "reuters"),
    ("asia.nikkei.com", "nikkei-asia"), ("paper.example.co.uk", "example-co-uk"), ("paper.com.br", "paper-com-br"),
    ("", identify.NO_OUTLET), ("192.0.2.1", "192-0-2-1")])
def test_outlets_are_known_or_domains(host, outlet_id):
    assert KNOWN.outlet(host, "")[0] == outlet_id


def test_hosts_stand_behind_the_scheme_if_there_is_one():
    found = {"http://a.example/c": "a.example", "https://a.example": "a.example", "a.example/c/d/e": "a.example",
             "a.example": "a.example", "HTTPS://A.example/x": "A.example", "": "", "http://": "", "https:///x": "",
             "http:/x/y/z": "http:", "//a.example/": "", None: None}
    addresses = pa.array([*found], pa.string())
    assert identify.hosts(addresses).to_pylist() == [*found.values()]
    in_chunks = pa.chunked_array([addresses.slice(0, 2), addresses.slice(2)])
    assert identify.hosts(in_chunks).to_pylist() == [*found.values()]
    assert identify.hosts(addresses.slice(0, 2)).to_pylist() == ["a.example", "a.example"]
    assert identify.hosts(addresses.slice(0, 0)).to_pylist() == []


def test_columns_are_joined_by_row():
    first, none = pa.array(["a", None, "b", "a"]), pa.nulls(4, pa.string())
    for others in ([none, none], [none, pa.array([None, "x", None, None])], []):
        joined = identify.joined(first, *others).to_pylist()
        assert joined == [identify.SEPARATOR.join(column[i].as_py() or "" for column in (first, *others))
                          for i in range(4)]


def test_two_bodies_never_share_an_identifier():
    outlets = [KNOWN.outlet(host, "")[0] for host in (
        "a-b.com", "a.b-com.net", "ab.com", "a--b.com", "xn--bcher-kva.com", "reuters.co", f"{'x' * 61}.com",
        f"{'x' * 61}y.com")]
    assert len({*outlets}) == len(outlets) and "reuters" not in outlets
    speakers = [KNOWN.source(*parts, "") for parts in (("Ann", ""), ("Ann", "Q1"), ("Ann", "Q1;Q2"), ("Ann", "Q1;Q3"),
                                                       ("Añn", ""), ("安", ""), ("ann", ""), ("", ""))]
    assert len({*speakers}) == len(speakers)
    assert KNOWN.source("Reuters", "reuters", "") != "reuters"  # a format's word must not pass for the record's
    assert KNOWN.source("x", "", "antonio-guterres") == "antonio-guterres"
    assert KNOWN.source("Somebody", "", "not-in-the-record").startswith("somebody-")
    assert KNOWN.outlet_named("Jiji Press") == KNOWN.outlet_named("jiji-press") == "jiji-press"


def test_articles_whose_hashes_begin_alike_stay_apart(tmp_path, monkeypatch):
    """All addresses get the same first 64 bits: only the rest tells them apart."""
    keys = identify.keys
    monkeypatch.setattr(identify, "keys", lambda urls: (np.zeros(len(urls), np.uint64), keys(urls)[1]))
    made = corpus.build("quotebank", [FIXTURES / FILES["quotebank"]], tmp_path / "out")
    ours = corpus.in_memory(corpus.load(tmp_path / "out"))
    assert ours.articles["url"].is_unique and made.rows["articles"] == len(ours.articles)
    rows = [json.loads(line) for line in (FIXTURES / FILES["quotebank"]).read_text(encoding="utf-8").splitlines()]
    said = Counter(url for row in rows for url in row["urls"])
    url = ours.articles.set_index("article_id")["url"]
    assert Counter(ours.attributions["article_id"].map(url)) == said


# -- what is read, and where it goes --------------------------------------------------------------------------------

def test_files_folders_and_globs(tmp_path, monkeypatch):
    for name in ("a.json", "sub/b.json.bz2", "sub/.hidden.json", ".secret/c.json", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    reader = corpus.READERS["quotebank"]
    found = [path.relative_to(tmp_path).as_posix() for path in job.find([tmp_path, tmp_path / "a.json"], reader)]
    assert found == ["a.json", "sub/b.json.bz2"]
    assert job.find([tmp_path / "notes.txt"], reader) == [tmp_path / "notes.txt"]  # named, so wanted
    assert len(job.find([f"{tmp_path}/**/*.bz2"], reader)) == 1
    (tmp_path / "empty").mkdir()
    with pytest.raises(corpus.CorpusError) as error:
        job.find([tmp_path / "no\nsuch", tmp_path / "empty", f"{tmp_path}/*.zip"], reader)
    assert len(str(error.value).splitlines()) == 3
    with pytest.raises(corpus.CorpusError, match="nothing to read"):
        job.find([], reader)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(corpus.CorpusError, match="holds something else"):
        corpus.build("quotebank", [FIXTURES / FILES["quotebank"]], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(corpus.CorpusError, match="there are media-cloud"):
        corpus.build("quote", [FIXTURES / FILES["quotebank"]], tmp_path / "out")


def test_input_that_has_changed_is_noticed(tmp_path):
    file = tmp_path / "q.json"
    file.write_bytes((FIXTURES / FILES["quotebank"]).read_bytes())
    first = corpus.build("quotebank", [file], tmp_path / "out")
    before = everything(tmp_path / "out")
    again = corpus.build("quotebank", [file], tmp_path / "out")
    assert again.rows == first.rows and everything(tmp_path / "out") == before
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(corpus.CorpusError, match="changed since"):
        corpus.build("quotebank", [file], tmp_path / "out")


def test_a_record_or_list_that_has_changed_is_noticed(tmp_path, copy_of_data):
    """What is half done with one must not go on with another."""
    file, listed = FIXTURES / FILES["quotebank"], tmp_path / "list.csv"
    listed.write_text("domain,country\nexample.com,VN\n", encoding="utf-8")
    for changed in (copy_of_data / "outlets.csv", listed):
        out = tmp_path / changed.stem
        corpus.prepare("quotebank", [file], out, record=copy_of_data, domains=listed)
        changed.write_bytes(changed.read_bytes() + b"\n")
        with pytest.raises(corpus.CorpusError, match="changed since"):
            corpus.prepare("quotebank", [file], out, record=copy_of_data, domains=listed)


def test_what_a_run_killed_at_its_very_end_leaves_goes(tmp_path):
    corpus.build("quotebank", [FIXTURES / FILES["quotebank"]], tmp_path / "out")
    before = everything(tmp_path / "out")
    (tmp_path / "out" / job.WORK / "read").mkdir(parents=True)
    corpus.build("quotebank", [FIXTURES / FILES["quotebank"]], tmp_path / "out")
    assert everything(tmp_path / "out") == before and not (tmp_path / "out" / job.WORK).exists()


def test_the_finish_may_be_killed_at_any_step(tmp_path, monkeypatch):
    """Each replacement of a file fails in its turn; the next run goes on, and the result is the same."""
    file = FIXTURES / FILES["gdelt-quotes"]
    corpus.build("gdelt-quotes", [file], tmp_path / "whole")
    replace, step = os.replace, 0
    while True:
        step += 1
        calls = []

        def failing(source, target):
            calls.append(target)
            if len(calls) == step:
                raise OSError("killed")
            replace(source, target)

        monkeypatch.setattr(job.os, "replace", failing)
        try:
            corpus.build("gdelt-quotes", [file], tmp_path / f"{step}")
            break
        except OSError:
            monkeypatch.setattr(job.os, "replace", replace)
            if len(calls) == 1:  # not even planned
                continue
            corpus.build("gdelt-quotes", [file], tmp_path / f"{step}")
            assert everything(tmp_path / f"{step}") == everything(tmp_path / "whole")
    assert step > 6


def test_milestones_of_the_record_only_within_the_archives_days(built):
    data = built["media-cloud"][1]
    days = data.articles["published"].dropna()
    milestones = [m["date"] for m in data.descriptor["event"]["milestones"]]
    ours = [m["date"] for m in load_dataset().descriptor["event"]["milestones"]]
    assert milestones == [d for d in ours if str(days.min().date()) <= d <= str(days.max().date())] != []
    assert "event" not in built["quotebank"][1].descriptor


# -- the command ----------------------------------------------------------------------------------------------------

def test_the_command_says_what_it_did(tmp_path, monkeypatch):
    from contextlib import nullcontext

    monkeypatch.setattr(corpus, "cluster", lambda *arguments: nullcontext(None))
    (tmp_path / "torn.csv").write_text((FIXTURES / FILES["media-cloud"]).read_text(encoding="utf-8")
                                       + "[bold]evil[/bold],x\n", encoding="utf-8")
    command = ["corpus", "media-cloud", str(tmp_path / "torn.csv"), "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(app, command)
    assert run.exit_code == 0, run.output
    assert "24 articles" in run.output and "guess from the domain" in run.output and "87.5%" in run.output
    assert "articles.tone" in run.output and "rejects.parquet" in run.output
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 0 and "24 articles" in again.output
    wrong = CliRunner().invoke(app, ["corpus", "nothing", str(tmp_path), "--out", str(tmp_path / "new")])
    assert wrong.exit_code == 2 and "there are" in wrong.output and not (tmp_path / "new").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="settings of glibc")
def test_workers_keep_their_memory():
    with corpus.cluster(workers=1) as client:
        (environment,), (pool,) = (client.run(f).values() for f in (_environment, _pool))
    assert workers.MEMORY.items() <= environment.items()
    told = (Path(corpus.__file__).parent / "README.md").read_text(encoding="utf-8")
    assert "export " + " ".join(f"{name}={value}" for name, value in workers.MEMORY.items()) in told
    assert pool == "system"


def _environment() -> dict[str, str]:
    return dict(os.environ)


def _pool() -> str:
    return pa.default_memory_pool().backend_name


def test_no_scheduler_there(monkeypatch):
    monkeypatch.setattr("analysis.corpus.workers.WAIT", 0.5)
    with pytest.raises(corpus.CorpusError, match="no Dask scheduler answers"):
        with corpus.cluster("tcp://127.0.0.1:9"):
            pass
