"""The codebook says what the descriptor says, and the figures that stand in its prose hold in the data.

A figure is read from the text, so that whoever changes the text or the data is told where the two part.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis import Dataset, codebook
from analysis.__main__ import app
from analysis.codebook import CODEBOOK, filled
from analysis.dataset import DATA, DESCRIPTOR

TEXT = CODEBOOK.read_text(encoding="utf-8")
PROSE = " ".join(TEXT.split())  # a sentence runs over line ends
DESCRIBED = json.loads((DATA / DESCRIPTOR).read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in DESCRIBED["resources"]}
NUMBERS = {word: n for n, word in enumerate("no one two three four five six seven eight nine ten".split())}


def stated(pattern: str) -> list[int]:
    """The numbers in the one place of the codebook's prose that matches, in digits or as words; none: left out."""
    found, = re.finditer(pattern, PROSE)
    return [NUMBERS[n.lower()] if n.lower() in NUMBERS else int(n.replace(",", "")) for n in found.groups() if n]


# -- the tables -----------------------------------------------------------------------------------------------------


def test_the_tables_are_up_to_date() -> None:
    assert filled(TEXT, DESCRIBED) == TEXT


def block(table: str) -> list[list[str]]:
    """A table of the codebook as rows of cells, without its head."""
    found, = re.findall(rf"<!-- columns: {table} -->\n(.*?)<!-- end -->", TEXT, re.DOTALL)
    return [line.strip("| ").split(" | ") for line in found.splitlines()[2:]]


@pytest.mark.parametrize("table", RESOURCES)
def test_every_table_and_column_is_there_with_its_meaning(table: str) -> None:
    rows = [(name, meaning) for name, meaning, *values in block(table)]
    assert rows == [(f["name"], f["description"]) for f in RESOURCES[table]["schema"]["fields"]]
    assert re.search(rf"^### {table}: \S", TEXT, re.MULTILINE)


def test_a_stale_table_is_written_anew_and_only_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "CODEBOOK.md"
    path.write_text(TEXT.replace("| tone | ", "| mood | "), encoding="utf-8", newline="\n")
    monkeypatch.setattr(codebook, "CODEBOOK", path)
    assert codebook.refresh() is True
    assert path.read_bytes() == TEXT.encode()
    assert codebook.refresh() is False


def test_a_block_of_an_unknown_table_is_an_error() -> None:
    with pytest.raises(KeyError, match="media"):
        filled("<!-- columns: media -->\n<!-- end -->", DESCRIBED)


def test_a_bar_in_a_meaning_does_not_end_its_cell() -> None:
    field = {"name": "a", "type": "string", "description": "this | that"}
    schema = {"fields": [field], "primaryKey": ["a"]}
    assert codebook.columns({"schema": schema}).splitlines()[2] == r"| a | this \| that | key |"


def test_the_command_says_that_it_is_up_to_date() -> None:
    result = CliRunner().invoke(app, ["codebook"])
    assert (result.exit_code, result.output.strip()) == (0, "CODEBOOK.md is up to date")
    assert CODEBOOK.read_text(encoding="utf-8") == TEXT


def test_every_frame_is_explained() -> None:
    frames = next(f for f in RESOURCES["articles"]["schema"]["fields"] if f["name"] == "frames")
    explained = re.findall(r"([a-z]+) \([^()]+\)", frames["description"])
    assert sorted(explained) == sorted(frames["items"]["enum"])


# -- the figures ----------------------------------------------------------------------------------------------------


def test_shares_of_what_is_unknown(data: Dataset) -> None:
    assert "About half the articles carry no date" in PROSE
    assert 0.45 < data.articles["published"].isna().mean() < 0.55
    one, of = stated(r"about (\w+) outlet in (\w+) has no known country")
    assert round(one / data.outlets["country"].isna().mean()) == of


def test_articles_an_outlet(data: Dataset) -> None:
    most, at_home, more, top = stated(
        r"at most (\d+) articles an outlet, (\d+) in Viet Nam \((\w+) outlets have more, the most (\d+)\)")
    articles = data.articles["outlet_id"].value_counts()
    home = articles.index.map(data.outlets.set_index("outlet_id")["country"]) == "VN"
    assert (articles > pd.Series(home, articles.index).map({True: at_home, False: most})).sum() == more
    assert articles.max() == top


def test_languages(data: Dataset) -> None:
    least, = stated(r"in over (\d+) languages")
    assert data.articles["language"].nunique() > least


def test_oddities_kept_as_found(data: Dataset) -> None:
    homes, = stated(r"(\w+) addresses are home pages")
    parts = data.articles["url"].map(urlsplit)
    assert sum(part.path in ("", "/") and not part.query for part in parts) == homes
    undated, = stated(r'(\w+) ratifications are "undated"')
    assert (data.signatures["ratified"] == "undated").sum() == undated
    headlines, = stated(r'(\w+) subjects begin "Headline only:"')
    assert data.articles["subject"].str.startswith("Headline only:").sum() == headlines


def test_most_articles_were_seen_in_part(data: Dataset) -> None:
    assert "Most articles were seen in part" in PROSE
    assert (data.articles["read"] == "excerpt").mean() > 0.5


def test_over_represented_countries(data: Dataset) -> None:
    named = re.search(r"([\w ]+) and (\w+) are over-represented", PROSE)
    articles = data.articles.merge(data.outlets, on="outlet_id")["country"].value_counts()
    assert named and [name.strip() for name in named.groups()] == ["Viet Nam", "Russia"]
    assert list(articles.index[:2]) == ["VN", "RU"]


def test_agencies_that_appear_only_through_others(data: Dataset) -> None:
    names = re.search(r"index does not hold them: ([\w, ]+) appear mainly through others", PROSE)
    assert names
    outlets = data.outlets.set_index("name")["outlet_id"]
    relayed = {*data.attributions["via"].explode(), *data.articles["wire"].explode()}
    for name in re.split(r", | and ", names[1]):
        assert (data.articles["outlet_id"] == outlets[name]).sum() == 0
        assert outlets[name] in relayed
    absent = re.search(r"through others, ([\w ]+) not at all", PROSE)
    assert absent and not {*absent[1].split(" and ")} & {*data.outlets["name"], *data.sources["name"]}


def test_signatures_at_the_ceremony(data: Dataset) -> None:
    # Some dates of signature are not known: those states may have signed at the ceremony or later.
    ceremony, = stated(r"(\d+) signatures at the ceremony and later ones")
    days = [pd.Timestamp(m["date"]) for m in DESCRIBED["event"]["milestones"][1:]]
    signed = data.signatures["signed"]
    assert signed.isin(days).sum() <= ceremony <= signed.isin(days).sum() + signed.isna().sum()
    assert ceremony < len(signed)


def test_attributions_of_one_speaker(data: Dataset) -> None:
    most, = stated(r"at most (\d+) a speaker and article")
    assert data.attributions.groupby(["article_id", "source_id"]).size().max() == most


def test_a_body_that_publishes_and_is_quoted(data: Dataset) -> None:
    name = re.search(r"one node of the graphs: (?:the )?([\w ]+) publishes and is quoted", PROSE)
    assert name
    node = data.outlets.set_index("name")["outlet_id"][name[1]]
    assert (data.articles["outlet_id"] == node).any() and (data.attributions["source_id"] == node).any()


def test_the_period_is_from_the_adoption_on(data: Dataset) -> None:
    adopted = pd.Timestamp(DESCRIBED["event"]["milestones"][0]["date"])
    assert f"adopted by the UN General Assembly on {adopted.day} {adopted:%B %Y}" in PROSE
    assert data.articles["published"].min() >= adopted
    last, = stated(r"published between its adoption and (\d+)\.")
    assert data.articles["published"].max().year <= last


def test_lists_are_separated_as_stated() -> None:
    separator, = re.findall(r"lists inside a cell separated by `(.)`", PROSE)
    lists = [f for r in RESOURCES.values() for f in r["schema"]["fields"] if f["type"] == "list"]
    assert lists and {f["delimiter"] for f in lists} == {separator}
