"""Accepting writes what a person accepted, all or nothing, as a minimal change; faults are told at the draft's lines.

Every test writes to a copy of the record; where the disk fails, the copy is old or new, and never a mixture.
"""

from __future__ import annotations

import csv
import dataclasses
import difflib
import io
import json
import os
import shutil
import threading
from pathlib import Path

import pandas as pd
import pytest
from faulty_disk import DIED, DONE, RAISED, attempt

from analysis import Dataset, DatasetError, coverage, intake, load_dataset, quoting, transaction
from analysis.dataset import DATA, TABLES
from analysis.intake.drafts import COLUMNS, Draft

FILES = ("articles.csv", "attributions.csv", "outlets.csv", "sources.csv", "signatures.csv", "recodes.csv")

ARTICLE = {
    "article": "1",
    "decision": "accept",
    "place": "a.html",
    "title": "T",
    "url": "https://www.harbour.example/a",
    "outlet_id": "harbour",
    "language": "en",
    "published": "2025-10-27",
    "genre": "news",
    "subject": "A harbour",
    "frames": "rights;cooperation",
    "tone": "mixed",
    "read": "full",
}
STATEMENT = {
    "article": "1",
    "decision": "accept",
    "source_id": "antonio-guterres",
    "form": "direct",
    "stance": "supportive",
    "gist": "A strong instrument",
}
OUTLET = {
    "decision": "accept",
    "outlet_id": "harbour",
    "name": "Harbour",
    "domains": "harbour.example",
    "country": "IE",
    "kind": "newspaper",
    "owner": "private",
    "coded": "yes",
}
SOURCE = {
    "decision": "accept",
    "source_id": "mara-quill",
    "name": "Mara Quill",
    "kind": "person",
    "sector": "academia",
    "country": "IE",
}


def draft(articles=(ARTICLE,), attributions=(STATEMENT,), outlets=(OUTLET,), sources=()) -> Draft:
    given = {"articles": articles, "attributions": attributions, "outlets": outlets, "sources": sources}
    rows = {table: [{**dict.fromkeys(COLUMNS[table], ""), **row} for row in given[table]] for table in given}
    return Draft(
        **{t: pd.DataFrame(rows[t], columns=list(COLUMNS[t]), dtype=object) for t in rows}, texts={"1": "text"}
    )


def read(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def added(before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, tuple[list[str], list[str]]]:
    """For each file that changed, the lines that are new and those that are gone."""
    found = {}
    for name in FILES:
        if before[name] != after[name]:
            lines = list(difflib.ndiff(before[name].decode().splitlines(True), after[name].decode().splitlines(True)))
            found[name] = ([x[2:] for x in lines if x[0] == "+"], [x[2:] for x in lines if x[0] == "-"])
    return found


def faults(draft: Draft, folder: Path) -> list[tuple[str, int, str]]:
    before = read(folder)
    with pytest.raises(DatasetError) as caught:
        intake.accept(draft, folder)
    assert read(folder) == before
    return [(f.file, f.line, f.column) for f in caught.value.faults]


# -- what is written --------------------------------------------------------------------------------------------------


def test_an_article_is_a_minimal_change(copy_of_data):
    before = read(copy_of_data)
    reviewed = draft(
        attributions=[
            STATEMENT,
            {**STATEMENT, "decision": "reject"},
            {**STATEMENT, "source_id": "mara-quill", "via": "jiji-press", "gist": "=Too, wide"},
        ],
        sources=[SOURCE],
    )
    done = intake.accept(reviewed, copy_of_data)
    assert done == intake.Accepted(("harbour-01",), ("harbour-01.1", "harbour-01.2"), ("harbour",), ("mara-quill",), ())
    assert str(done) == "1 article, 2 attributions, 1 outlet, 1 source"
    assert added(before, read(copy_of_data)) == {
        "articles.csv": (
            [
                "harbour-01,https://www.harbour.example/a,harbour,en,2025-10-27,news,A harbour,cooperation;rights,"
                "mixed,,full\n"
            ],
            [],
        ),
        "attributions.csv": (
            [
                "harbour-01.1,harbour-01,1,antonio-guterres,direct,supportive,,A strong instrument\n",
                'harbour-01.2,harbour-01,2,mara-quill,direct,supportive,jiji-press,"=Too, wide"\n',
            ],
            [],
        ),
        "outlets.csv": (["harbour,Harbour,,harbour.example,IE,newspaper,private,yes\n"], []),
        "sources.csv": (["mara-quill,Mara Quill,,person,,,IE,academia,\n"], []),
    }
    for name, key in (("articles.csv", "article_id"), ("outlets.csv", "outlet_id"), ("sources.csv", "source_id")):
        keys = pd.read_csv(copy_of_data / name, dtype=str, keep_default_na=False)[key].tolist()
        assert keys == sorted(keys)


def test_it_is_counted(copy_of_data, data):
    intake.accept(draft(attributions=[{**STATEMENT, "via": "jiji-press"}]), copy_of_data)
    after = load_dataset(copy_of_data)
    counts = coverage.by_country(after).set_index("country")["articles"]
    assert "IE" not in coverage.by_country(data)["country"].tolist() and counts["IE"] == 1
    hops = quoting.hops(after)
    assert len(hops) == len(quoting.hops(data)) + 2


def test_numbers_go_on_and_positions_sort_as_numbers(copy_of_data, data):
    """The record has an outlet with articles, and attributions of more than nine positions."""
    outlet = data.articles["outlet_id"].value_counts().idxmax()
    count = (data.articles["outlet_id"] == outlet).sum()
    done = intake.accept(
        draft([{**ARTICLE, "outlet_id": outlet}], [{**STATEMENT, "gist": f"Point {i}"} for i in range(12)]),
        copy_of_data,
    )
    highest = max(
        int(a.rsplit("-", 1)[1]) for a in data.articles.loc[data.articles["outlet_id"] == outlet, "article_id"]
    )
    assert done.articles == (f"{outlet}-{highest + 1:02}",) and highest >= count and done.outlets == ()
    after = load_dataset(copy_of_data).attributions
    keys = list(zip(after["article_id"], after["position"]))
    assert keys == sorted(keys) and len(after) == len(data.attributions) + 12


def test_an_outlet_that_had_no_article_is_coded_now(copy_of_data):
    before = read(copy_of_data)
    done = intake.accept(draft([{**ARTICLE, "outlet_id": "jiji-press"}], outlets=()), copy_of_data)
    assert done.now_coded == ("jiji-press",)
    new, gone = added(before, read(copy_of_data))["outlets.csv"]
    assert len(new) == len(gone) == 1 and new[0] == gone[0].replace(",no\n", ",yes\n")


def test_undecided_articles_wait_and_nothing_is_written_twice(copy_of_data):
    reviewed = draft(
        [ARTICLE, {**ARTICLE, "article": "2", "decision": "", "url": "https://harbour.example/b", "genre": ""}],
        [STATEMENT, {**STATEMENT, "article": "2", "decision": "", "stance": ""}],
    )
    assert intake.accept(reviewed, copy_of_data).articles == ("harbour-01",)
    assert reviewed.articles["decision"].tolist() == ["written", ""] and reviewed.outlets["decision"].tolist() == [
        "written"
    ]
    before = read(copy_of_data)
    assert intake.accept(reviewed, copy_of_data) == intake.Accepted() and read(copy_of_data) == before
    reviewed.articles.loc[1, ["decision", "genre"]] = ["accept", "news"]
    reviewed.attributions.loc[1, ["decision", "stance"]] = ["accept", "neutral"]
    assert intake.accept(reviewed, copy_of_data).articles == ("harbour-02",)


def test_what_nobody_accepted_and_what_nobody_names_is_not_written(copy_of_data):
    reviewed = draft(sources=[SOURCE], outlets=[OUTLET, {**OUTLET, "outlet_id": "unused", "domains": ""}])
    done = intake.accept(reviewed, copy_of_data)
    assert done.sources == () and done.outlets == ("harbour",)
    assert intake.accept(draft([{**ARTICLE, "decision": "reject"}]), copy_of_data) == intake.Accepted()


def test_a_name_now_given_makes_the_identifier(copy_of_data):
    done = intake.accept(
        draft(
            attributions=[{**STATEMENT, "source_id": "new-1", "via": "new-2"}],
            sources=[{**SOURCE, "source_id": "new-1", "name": "Zhang Sàn", "native_names": "張三"}],
            outlets=[
                OUTLET,
                {
                    **OUTLET,
                    "outlet_id": "new-2",
                    "name": "Rain News",
                    "native_names": "雨",
                    "domains": "",
                    "coded": "no",
                },
            ],
        ),
        copy_of_data,
    )
    assert done.sources == ("zhang-san",) and done.outlets == ("harbour", "rain-news")
    row = load_dataset(copy_of_data).attributions.set_index("attribution_id").loc["harbour-01.1"]
    assert row["source_id"] == "zhang-san" and row["via"] == ["rain-news"]


def test_a_source_may_need_a_new_outlet(copy_of_data):
    paper = {**OUTLET, "outlet_id": "kiwi-herald", "name": "Kiwi Herald", "domains": "", "coded": "no"}
    source = {
        **SOURCE,
        "source_id": "kiwi-herald",
        "name": "Kiwi Herald",
        "kind": "outlet",
        "sector": "media",
        "outlet_id": "kiwi-herald",
    }
    done = intake.accept(
        draft(attributions=[{**STATEMENT, "source_id": "kiwi-herald"}], outlets=[OUTLET, paper], sources=[source]),
        copy_of_data,
    )
    assert done.outlets == ("harbour", "kiwi-herald") and done.sources == ("kiwi-herald",)


def test_cells_as_people_type_them(copy_of_data):
    intake.accept(draft([{**ARTICLE, "frames": " rights ; cooperation;", "subject": " A harbour "}]), copy_of_data)
    row = load_dataset(copy_of_data).articles.set_index("article_id").loc["harbour-01"]
    assert row["frames"] == ["cooperation", "rights"] and row["subject"] == "A harbour"


@pytest.mark.parametrize("make", ["crlf", "bom", "no end of line", "other order of columns", "unsorted", "blank line"])
def test_files_keep_their_own_form(copy_of_data, make, data):
    path = copy_of_data / "articles.csv"
    raw = path.read_bytes()
    rows = list(csv.reader(io.StringIO(raw.decode(), newline="")))
    if make == "other order of columns":
        raw = b"".join(
            ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in reversed(row)).encode() + b"\n"
            for row in rows
        )
    lines = raw.splitlines(keepends=True)
    raw = {
        "crlf": raw.replace(b"\n", b"\r\n"),
        "bom": b"\xef\xbb\xbf" + raw,
        "no end of line": raw.rstrip(b"\n"),
        "other order of columns": raw,
        "unsorted": b"".join([lines[0], *reversed(lines[1:])]),
        "blank line": raw + b"\n",
    }[make]
    path.write_bytes(raw)
    intake.accept(draft(), copy_of_data)
    after = path.read_bytes()
    kept = after.replace(raw, b"") if after.startswith(raw) else after
    new = [x for x in after.splitlines(keepends=True) if b"harbour-01" in x]
    assert len(new) == 1 and len(after) >= len(raw) + len(new[0]) and kept
    assert after.replace(new[0], b"", 1).rstrip(b"\n") == raw.rstrip(b"\n")
    assert new[0].endswith(b"\r\n") == (make == "crlf")
    assert len(load_dataset(copy_of_data).articles) == len(data.articles) + 1
    if make == "unsorted":
        assert after.endswith(new[0])


# -- what is refused --------------------------------------------------------------------------------------------------


def test_all_faults_at_once_at_the_lines_of_the_draft(copy_of_data):
    reviewed = draft(
        [
            ARTICLE,
            {**ARTICLE, "article": "2", "genre": "gossip", "tone": "", "published": "27.10.2025", "url": "paper"},
        ],
        [
            STATEMENT,
            {**STATEMENT, "stance": ""},
            {**STATEMENT, "article": "2", "source_id": "nobody", "via": "jiji-press;no-such"},
            {**STATEMENT, "decision": ""},
            {**STATEMENT, "article": "9"},
            {**STATEMENT, "decision": "Ok"},
        ],
        [{**OUTLET, "kind": "gazette", "country": "XX"}],
    )
    assert faults(reviewed, copy_of_data) == [
        ("draft.articles.csv", 3, "genre"),
        ("draft.articles.csv", 3, "published"),
        ("draft.articles.csv", 3, "tone"),
        ("draft.articles.csv", 3, "url"),
        ("draft.csv", 3, "stance"),
        ("draft.csv", 4, "source_id"),
        ("draft.csv", 4, "via"),
        ("draft.csv", 5, "decision"),
        ("draft.csv", 6, "article"),
        ("draft.csv", 7, "decision"),
        ("draft.outlets.csv", 2, "country"),
        ("draft.outlets.csv", 2, "kind"),
    ]
    assert reviewed.articles["decision"].tolist() == ["accept", "accept"]


@pytest.mark.parametrize("decision", ["", "reject"])
def test_what_is_proposed_must_be_accepted_where_it_is_named(copy_of_data, decision):
    reviewed = draft(
        attributions=[{**STATEMENT, "source_id": "mara-quill"}],
        sources=[{**SOURCE, "decision": decision}],
        outlets=[{**OUTLET, "decision": decision}],
    )
    assert faults(reviewed, copy_of_data) == [("draft.articles.csv", 2, "outlet_id"), ("draft.csv", 2, "source_id")]


def test_a_known_address_and_a_name_that_differs_are_faults(copy_of_data, data):
    url = data.articles["url"].iloc[0]
    assert faults(draft([{**ARTICLE, "url": url}]), copy_of_data) == [("draft.articles.csv", 2, "url")]
    outlet = min(set(data.outlets["outlet_id"]) - set(data.sources["source_id"]))  # one body must have one name
    reviewed = draft(
        attributions=[{**STATEMENT, "source_id": outlet}], sources=[{**SOURCE, "source_id": outlet, "name": "Other"}]
    )
    assert faults(reviewed, copy_of_data) == [("draft.sources.csv", 2, "name")]


def test_a_statement_of_a_rejected_article_is_a_contradiction(copy_of_data):
    reviewed = draft(
        [ARTICLE, {**ARTICLE, "article": "2", "decision": "reject"}], [STATEMENT, {**STATEMENT, "article": "2"}]
    )
    assert faults(reviewed, copy_of_data) == [("draft.csv", 3, "decision")]


def test_the_records_own_faults_are_told_at_its_own_lines(copy_of_data):
    """A row behind the new one is not told a line too late."""
    path = copy_of_data / "articles.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[-1] = lines[-1].replace(b",full", b",half").replace(b",excerpt", b",half")
    path.write_bytes(b"".join(lines))
    assert faults(draft(), copy_of_data) == [("articles.csv", len(lines), "read")]
    path.write_bytes(b'article_id,"')
    assert faults(draft(), copy_of_data)[0][0] == "articles.csv"
    path.unlink()
    with pytest.raises((DatasetError, OSError)):
        intake.accept(draft(), copy_of_data)


@pytest.mark.parametrize("column", ["genre", "subject", "frames", "tone", "read", "language", "url", "outlet_id"])
def test_what_a_coder_must_judge_cannot_be_left_out(copy_of_data, column):
    assert ("draft.articles.csv", 2, column) in faults(draft([{**ARTICLE, column: ""}]), copy_of_data)


@pytest.mark.parametrize("gist", ["two\nlines", "two\r\nlines", "two\rlines", "a\0b"])
def test_a_cell_of_several_lines_is_told_and_tears_no_row(copy_of_data, gist):
    assert faults(draft(attributions=[{**STATEMENT, "gist": gist}, STATEMENT]), copy_of_data) == [
        ("draft.csv", 2, "gist")
    ]


@pytest.mark.parametrize("column", ["source_id", "form", "stance", "gist"])
def test_nor_of_a_statement(copy_of_data, column):
    assert ("draft.csv", 2, column) in faults(draft(attributions=[{**STATEMENT, column: ""}]), copy_of_data)


def test_every_rule_of_the_descriptor_applies_to_the_draft(copy_of_data):
    """Whatever enumeration the descriptor has, a word that is none of it is refused at its column."""
    described = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    tried = 0
    rows = {"articles": ARTICLE, "attributions": STATEMENT, "outlets": OUTLET, "sources": SOURCE}
    for resource in described["resources"]:
        for field in resource["schema"]["fields"]:
            if resource["name"] in rows and field.get("constraints", {}).get("enum"):
                given = {table: [dict(row)] for table, row in rows.items()}
                given["attributions"][0]["source_id"] = "mara-quill"
                given[resource["name"]][0][field["name"]] = "no such word"
                (fault,) = faults(draft(**given), copy_of_data)
                assert fault[1:] == (2, field["name"])
                tried += 1
    assert tried >= 9


# -- where the disk fails ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a child that dies is a fork")
@pytest.mark.parametrize("mode", ["die renaming", "full", "refuse", "refuse on"])
def test_a_crash_or_a_full_disk_leaves_the_old_record(copy_of_data, tmp_path, mode, data):
    """Where it ends early at each step, a loader finds the old record; where it got through, the new one."""
    reviewed = draft(attributions=[{**STATEMENT, "source_id": "mara-quill"}], sources=[SOURCE])
    old, outcomes = read(copy_of_data), []
    for step in range(1, 400):
        folder = tmp_path / f"{mode} {step}"
        shutil.copytree(copy_of_data, folder)
        ended, steps = attempt(folder, lambda: intake.accept(reviewed, folder), mode, step)
        if ended == DONE and steps < step:
            break
        assert ended in (DIED, RAISED, DONE)
        loaded = load_dataset(folder)
        new = "harbour-01" in set(loaded.articles["article_id"])
        assert [len(getattr(loaded, t)) - len(getattr(data, t)) for t in TABLES] == [
            new * (t in COLUMNS) for t in TABLES
        ]
        if not new:
            assert read(folder) == old  # the files themselves, after the load has put them right
        outcomes.append(new)
        shutil.rmtree(folder)
    else:
        pytest.fail("never got through")
    assert outcomes.count(False) > 3


def test_readers_beside_a_writer_see_the_old_record_or_a_new_one(copy_of_data):
    """No reader sees an article without its statement, its outlet or its source, while articles are added."""
    wrong, seen, stop = [], set(), threading.Event()

    def look() -> None:
        while not stop.is_set():
            loaded: Dataset = load_dataset(copy_of_data)
            mine = {t: {k for k in getattr(loaded, t).iloc[:, 0] if k.startswith("harbour")} for t in COLUMNS}
            n = len(mine["articles"])
            seen.add(n)
            if (len(mine["attributions"]), len(mine["outlets"]), len(mine["sources"])) != (n, n, n):
                wrong.append(mine)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for i in range(6):
            intake.accept(
                draft(
                    [{**ARTICLE, "outlet_id": f"harbour{i}", "url": f"https://harbour.example/{i}"}],
                    [{**STATEMENT, "source_id": f"harbour{i}-source"}],
                    [{**OUTLET, "outlet_id": f"harbour{i}"}],
                    [{**SOURCE, "source_id": f"harbour{i}-source"}],
                ),
                copy_of_data,
            )
    finally:
        stop.set()
        thread.join()
    assert not wrong and len(seen) > 1


def test_a_second_writer_is_turned_away(copy_of_data):
    with transaction.change(copy_of_data), pytest.raises(transaction.Busy):
        intake.accept(draft(), copy_of_data)
    assert intake.accept(draft(), copy_of_data).articles


def test_the_bundled_record_is_what_it_was(data):
    assert len(load_dataset().articles) == len(data.articles) and not (DATA / transaction.PENDING).exists()
    assert dataclasses.fields(intake.Accepted)
