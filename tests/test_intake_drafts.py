"""Drafts: what is proposed for a page, what is left to a person, and that their files lose nothing.

Who says what is handed in, so that a test here fails for the draft's faults and not for the engine's.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis import DatasetError, intake, load_dataset
from analysis.__main__ import app
from analysis.attribution import Attribution
from analysis.dataset import DATA
from analysis.intake import drafts, duplicates
from analysis.intake.drafts import COLUMNS, kept, restored, spans_of, spans_to_text

EXAMPLE = DATA.parent / "notebooks" / "examples" / "harbour-gazette.html"
TEXT = (
    "“It is a landmark,” said António Guterres on Saturday in the city of Hanoi.\n\n"
    "According to the Kiwi Herald, Mara Quill warned that the powers are too wide. Nobody else spoke.\n\n"
    "新华社 reported rain. 張三 agreed."
)


def at(text: str, words: str) -> tuple[int, int]:
    return text.index(words), text.index(words) + len(words)


def found(text: str, language: str | None = None) -> list[Attribution]:
    """What a perfect engine would find in TEXT."""
    if "landmark" not in text:
        return []
    span = lambda words: at(text, words)  # noqa: E731
    return [
        Attribution(
            span("António Guterres"),
            span("said"),
            (span("“It is a landmark,”"),),
            "direct",
            (),
            "António Guterres",
            "antonio-guterres",
        ),
        Attribution(
            span("Mara Quill"),
            span("warned"),
            (span("the powers"), span("too wide")),
            "mixed",
            (span("Kiwi Herald"), span("新华社")),
            "Mara Quill",
            None,
            (None, "xinhua"),
        ),
        Attribution(span("新华社"), span("reported"), (span("rain"),), "indirect", (), "新华社", "nikkei-asia"),
        Attribution(span("張三"), span("agreed"), (span("agreed"),), "indirect", (), "張三"),
        Attribution(None, None, (span("Nobody"),), "indirect", (), ""),
    ]


def write(folder: Path, name: str = "a.txt", url: str = "https://www.harbour.co.nz/a", text: str = TEXT) -> Path:
    path = folder / name
    path.write_text(f'URL: {url}\nTitle: =Harbours, "hackers"\nPublished: 2025-10-27\n\n{text}\n', encoding="utf-8")
    return path


@pytest.fixture
def made(tmp_path, copy_of_data):
    return intake.draft(write(tmp_path), copy_of_data, extract=found)


def test_an_article_with_what_was_found_and_nothing_that_is_a_judgement(made):
    (row,) = made.articles.to_dict("records")
    assert {**row, "note": ""} == {
        "article": "1",
        "decision": "",
        "place": "a.txt",
        "title": '=Harbours, "hackers"',
        "url": "https://www.harbour.co.nz/a",
        "outlet_id": "harbour-co-nz",
        "language": "en",
        "published": "2025-10-27",
        "genre": "",
        "subject": "",
        "frames": "",
        "tone": "",
        "wire": "",
        "read": "full",
        "guessed": "",
        "note": "",
    }
    assert made.texts == {"1": TEXT}
    for table, columns in {
        "attributions": ["decision", "stance", "gist"],
        "sources": ["decision", "role"],
        "outlets": ["decision", "kind", "owner"],
    }.items():
        assert len(getattr(made, table)) and (getattr(made, table)[columns] == "").all(axis=None)


def test_a_new_outlet_with_its_country_marked_as_a_guess(made):
    new = made.outlets.set_index("outlet_id")
    assert new.loc["harbour-co-nz", ["name", "domains", "country", "coded", "guessed"]].tolist() == [
        "harbour.co.nz",
        "harbour.co.nz",
        "NZ",
        "yes",
        "name;country",
    ]
    assert new.loc["kiwi-herald", ["name", "domains", "country", "coded"]].tolist() == ["Kiwi Herald", "", "", "no"]
    assert set(new.index) == {"harbour-co-nz", "kiwi-herald"}  # xinhua is known


def test_statements_with_the_sentence_and_the_offsets_they_came_from(made):
    first, second, third, fourth, fifth = made.attributions.to_dict("records")
    assert (first["source_id"], first["form"], first["via"]) == ("antonio-guterres", "direct", "")
    assert first["sentence"] == TEXT.split("\n")[0]
    assert (second["source_id"], second["via"]) == ("mara-quill", "kiwi-herald;xinhua")
    assert [TEXT[a:b] for a, b in spans_of(second["content_spans"], len(TEXT))] == ["the powers", "too wide"]
    for row, words in ((first, "António Guterres"), (second, "Mara Quill"), (third, "新华社"), (fourth, "張三")):
        assert [TEXT[a:b] for a, b in spans_of(row["source_span"], len(TEXT))] == [words]
    assert third["sentence"] == "新华社 reported rain." and fourth["sentence"] == "張三 agreed."
    assert third["source_id"] == "nikkei-asia"
    assert (fifth["source_id"], fifth["source_span"], fifth["note"]) == ("", "", "names no source")


def test_a_name_in_another_script_waits_for_a_person_to_give_its_english_one(made):
    row = made.sources.set_index("source_id").loc["new-1"]
    assert (row["name"], row["native_names"]) == ("", "張三") and "new-1" in set(made.attributions["source_id"])


def test_an_outlet_cited_for_the_first_time_becomes_a_source_of_the_same_identity(tmp_path, copy_of_data, data):
    outlet = next(
        o
        for o in data.outlets.itertuples()
        if o.outlet_id not in set(data.sources["source_id"])
        and o.outlet_id not in set(data.sources["outlet_id"])
        and isinstance(o.country, str)
    )

    def cites(text, language=None):
        return [Attribution((0, 3), None, ((4, 20),), "direct", (), "whoever", outlet.outlet_id)]

    made = intake.draft(write(tmp_path), copy_of_data, extract=cites)
    (row,) = made.sources.to_dict("records")
    assert made.attributions["source_id"].tolist() == [outlet.outlet_id]
    assert [row[c] for c in ("source_id", "name", "kind", "country", "outlet_id")] == [
        outlet.outlet_id,
        outlet.name,
        "outlet",
        outlet.country,
        outlet.outlet_id,
    ]


def test_a_known_name_spelled_otherwise_is_mentioned(tmp_path, copy_of_data):
    def misspelt(text, language=None):
        return [Attribution((0, 3), None, ((4, 20),), "direct", (), "Antonio Gutteres")]

    made = intake.draft(write(tmp_path), copy_of_data, extract=misspelt)
    assert "antonio-guterres" in made.attributions.loc[0, "note"] and "antonio-guterres" in made.sources.loc[0, "note"]


def test_new_names_are_proposed_once_for_all_pages(tmp_path, copy_of_data):
    made = intake.draft(
        [write(tmp_path), write(tmp_path, "b.txt", "https://harbour.co.nz/b")], copy_of_data, extract=found
    )
    assert made.articles["outlet_id"].tolist() == ["harbour-co-nz"] * 2
    assert made.sources["source_id"].is_unique and made.outlets["outlet_id"].is_unique and len(made.attributions) == 10


def test_addresses_of_the_record_are_skipped_and_named(tmp_path, copy_of_data, data):
    url = (
        data.articles.set_index("article_id").at["24h-com-vn-01", "url"].replace("https://www.", "http://")
        + "?utm_source=x"
    )
    made = intake.draft(write(tmp_path, url=url), copy_of_data, extract=found)
    assert not len(made.articles) and "24h-com-vn-01" in made.skipped[0].reason
    again = intake.draft(write(tmp_path, url=url), copy_of_data, extract=found, again=True)
    assert again.articles.loc[0, "outlet_id"] == "24h-com-vn" and "24h-com-vn-01" in again.articles.loc[0, "note"]


def test_one_address_twice_is_drafted_once(tmp_path, copy_of_data):
    paths = [write(tmp_path), write(tmp_path, "b.txt", "http://harbour.co.nz/a/")]
    made = intake.draft(paths, copy_of_data, extract=found)
    assert len(made.articles) == 1 and made.skipped == (("b.txt", "the same address as a.txt"),)


def test_near_duplicates_are_told_within_a_draft_and_across_drafts(tmp_path, copy_of_data):
    copied = write(tmp_path, "b.txt", "https://other.example/b", TEXT + " And one word more.")
    other = write(
        tmp_path, "c.txt", "https://other.example/c", "The weather is fine, and the harbour is open to ships. " * 3
    )
    made = intake.draft([write(tmp_path), copied, other], copy_of_data, extract=found)
    first, second, third = made.articles["note"]
    assert "nearly the same text as https://www.harbour.co.nz/a" in second and "nearly" not in first + third
    again = intake.draft([write(tmp_path)], copy_of_data, extract=found)
    assert "https://other.example/b" in again.articles.loc[0, "note"]  # and not its own earlier draft
    (copy_of_data / duplicates.FINGERPRINTS).unlink()
    assert "nearly" not in intake.draft([write(tmp_path)], copy_of_data, extract=found).articles.loc[0, "note"]


def test_not_to_remember_writes_nothing(tmp_path, copy_of_data):
    intake.draft([write(tmp_path)], copy_of_data, extract=found, remember=False)
    assert not [p for p in copy_of_data.iterdir() if p.name.startswith(".")]


def test_a_language_without_rules_is_told(tmp_path, copy_of_data):
    made = intake.draft(
        write(tmp_path, text="Umhlaba wonke uyazi ukuthi lesi sivumelwano sibalulekile kakhulu. " * 3),
        copy_of_data,
        extract=lambda text, language: None,
    )
    assert "no rules for language" in made.articles.loc[0, "note"] and not len(made.attributions)


def test_two_hundred_pages(tmp_path, copy_of_data):
    """That every page is there, in order; how long it takes is measured elsewhere."""
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(200):
        write(folder, f"{i:03}.txt", f"https://paper{i % 7}.example/{i}", f"Page {i}. " + TEXT)
    made = intake.draft(folder, copy_of_data, extract=found)
    assert made.articles["place"].tolist() == [f"in/{i:03}.txt" for i in range(200)]
    assert len(made.attributions) == 1000 and len(made.sources) == 2 and len(made.outlets) == 8


# -- files ------------------------------------------------------------------------------------------------------------


def same(a: intake.Draft, b: intake.Draft) -> None:
    for table in COLUMNS:
        pd.testing.assert_frame_equal(getattr(a, table), getattr(b, table), check_dtype=False)
    assert a.texts == b.texts


def test_files_lose_nothing_and_run_nothing(made, tmp_path):
    made.attributions.loc[0, "gist"] = '=HYPERLINK("http://x")\n+1'
    made.attributions.loc[1, "gist"] = "'=1"
    made.articles.loc[0, "subject"] = "'Tis"
    made.save(tmp_path / "out" / "draft.csv")
    same(intake.load(tmp_path / "out" / "draft.csv"), made)
    assert sorted(p.name for p in (tmp_path / "out").iterdir() if not p.name.startswith(".")) == [
        "draft.articles.csv",
        "draft.csv",
        "draft.outlets.csv",
        "draft.sources.csv",
        "draft.texts.json",
    ]
    for path in (tmp_path / "out").glob("*.csv"):
        for row in csv.reader(path.read_text(encoding="utf-8").splitlines()):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12), max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_cell_comes_back(tmp_path_factory, cells):
    for cell in cells:
        assert restored(kept(cell)) == cell and not kept(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    rows = [{**dict.fromkeys(COLUMNS["attributions"], ""), "article": "1", "gist": cell} for cell in cells]
    table = pd.DataFrame(rows, columns=list(COLUMNS["attributions"]), dtype=object)
    path = tmp_path_factory.mktemp("cells") / "d.csv"
    path.write_bytes(drafts._to_csv(table, COLUMNS["attributions"]))
    faults = []
    pd.testing.assert_frame_equal(
        drafts._from_csv(path, "d.csv", COLUMNS["attributions"], faults), table, check_dtype=False
    )
    assert not faults


def test_what_a_spreadsheet_makes_of_a_file_is_read(made, tmp_path):
    made.save(tmp_path / "draft.csv")
    path = tmp_path / "draft.articles.csv"
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    text = "\r\n".join(
        ";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows + [[""] * len(rows[0])]
    )
    path.write_bytes(text.encode("utf-8-sig"))
    same(intake.load(tmp_path / "draft.csv"), made)


def test_faults_of_form_are_told_all_at_once(made, tmp_path):
    made.save(tmp_path / "draft.csv")
    (tmp_path / "draft.csv").write_text("article,decision\n1,accept\n")
    (tmp_path / "draft.outlets.csv").unlink()
    (tmp_path / "draft.sources.csv").write_bytes(b"\xff\xfe")
    (tmp_path / "draft.texts.json").write_text('{"1": 2}')
    with pytest.raises(DatasetError) as caught:
        intake.load(tmp_path / "draft.csv")
    assert {f.file for f in caught.value.faults} == {
        "draft.csv",
        "draft.outlets.csv",
        "draft.sources.csv",
        "draft.texts.json",
    }
    assert {f.column for f in caught.value.faults if f.file == "draft.csv"} == set(COLUMNS["attributions"]) - {
        "article",
        "decision",
    }


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=5))
def test_spans_come_back_and_none_is_outside(pairs):
    spans = [(a, a + n) for a, n in pairs]
    assert spans_of(spans_to_text(spans), 100) == spans
    assert all(0 <= a < b <= 20 for a, b in spans_of(spans_to_text(spans), 20))
    assert spans_of("12-Dec;x;5..3;;7..9", 20) == [(7, 9)]


# -- the command line -------------------------------------------------------------------------------------------------


def run(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_the_command_drafts_the_example_and_says_what_it_skipped(tmp_path, copy_of_data):
    out = tmp_path / "draft.csv"
    (tmp_path / "[bold]no page.pdf").write_text("x")
    done = run(
        "draft",
        EXAMPLE,
        tmp_path / "[bold]no page.pdf",
        "ftp://paper.example/",
        tmp_path / "nothing",
        "--out",
        out,
        "--data",
        copy_of_data,
    )
    assert done.exit_code == 0, done.output
    for words in (
        "What a treaty signed in Hanoi means",
        "the-harbour-gazette",
        "[bold]no page.pdf",
        "its name must end in",
        "no http or https address",
        "no such file",
    ):
        assert words in done.output
    loaded = intake.load(out)
    assert loaded.articles.loc[0, "published"] == "2025-10-27" and {"antonio-guterres", "mara-quill"} <= set(
        loaded.attributions["source_id"]
    )


def test_the_command_does_not_overwrite_decisions(tmp_path, copy_of_data):
    out = tmp_path / "draft.csv"
    assert run("draft", EXAMPLE, "--out", out, "--data", copy_of_data).exit_code == 0
    before = out.read_bytes()
    done = run("draft", tmp_path / "nothing", "--out", out, "--data", copy_of_data)
    assert done.exit_code == 1 and out.read_bytes() == before
    assert run("draft", EXAMPLE, "--out", out, "--data", copy_of_data, "--overwrite").exit_code == 0
    assert out.read_bytes() == before  # the same page, the same draft
    assert run("draft", EXAMPLE, "--out", tmp_path / "draft.xlsx").exit_code == 2


def test_the_command_fails_on_a_faulty_record_and_when_nothing_could_be_read(tmp_path, copy_of_data):
    assert run("draft", tmp_path / "nothing", "--out", tmp_path / "d.csv", "--data", copy_of_data).exit_code == 1
    (copy_of_data / "outlets.csv").write_text("no header\n")
    done = run("draft", EXAMPLE, "--out", tmp_path / "e.csv", "--data", copy_of_data)
    assert done.exit_code == 1 and "outlets.csv" in done.output and not (tmp_path / "e.csv").exists()


def test_from_the_example_to_the_charts_by_spreadsheet(tmp_path, copy_of_data):
    """The README's path: draft, decide in the files, accept."""
    out = tmp_path / "draft.csv"
    run("draft", EXAMPLE, "--out", out, "--data", copy_of_data)
    assert "nothing to write" in run("accept", out, "--data", copy_of_data).output
    made = intake.load(out)
    made.articles.loc[0, ["decision", "genre", "subject", "frames", "tone"]] = [
        "accept",
        "news",
        "A harbour",
        "rights",
        "mixed",
    ]
    made.attributions[["decision", "stance", "gist"]] = ["reject", "", ""]
    made.attributions.loc[made.attributions["source_id"] == "antonio-guterres", ["decision", "stance", "gist"]] = [
        "accept",
        "supportive",
        "=A strong instrument",
    ]
    made.save(out)
    failed = run("accept", out, "--data", copy_of_data)
    assert failed.exit_code == 1 and "must be accepted there first" in failed.output
    made.outlets.loc[0, ["decision", "country", "kind", "owner"]] = ["accept", "IE", "newspaper", "private"]
    made.save(out)
    done = run("accept", out, "--data", copy_of_data)
    assert done.exit_code == 0 and "the-harbour-gazette-01" in done.output
    data = load_dataset(copy_of_data)
    assert (
        data.attributions.set_index("attribution_id").at["the-harbour-gazette-01.1", "gist"] == "=A strong instrument"
    )
    assert "nothing to write" in run("accept", out, "--data", copy_of_data).output  # written once
