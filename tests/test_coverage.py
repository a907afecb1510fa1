"""Coverage against counts made by plain loops over the CSV files, and shares against Newcombe's published intervals.

Every table must add up to all articles: what is unknown stands in a row of its own.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from math import isnan, sqrt

import pandas as pd
import pytest

from analysis import coverage
from analysis.dataset import DATA, TABLES
from analysis.shares import add_share, wilson

TABLE_OF = {name: getattr(coverage, name)
            for name in ("by_country", "by_language", "by_outlet_kind", "by_day", "signers_and_others")}
NO_STATE = {"", "INT"}


def rows(table: str) -> list[dict[str, str]]:
    with open(DATA / f"{table}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


OUTLETS = {row["outlet_id"]: row for row in rows("outlets")}
ARTICLES = [row | {"outlet": OUTLETS[row["outlet_id"]]} for row in rows("articles")]
SIGNED = {row["country"] for row in rows("signatures")}
ALL = len(ARTICLES)


def grouped(key) -> dict[str, list[dict]]:
    groups = defaultdict(list)
    for article in ARTICLES:
        groups[key(article)].append(article)
    return groups


def states(articles: list[dict]) -> int:
    return len({a["outlet"]["country"] for a in articles} - NO_STATE)


def dates(articles: list[dict]) -> list[str]:
    return sorted(a["published"] for a in articles if a["published"])


def iso(moment: pd.Timestamp) -> str:
    return "" if pd.isna(moment) else f"{moment:%Y-%m-%d}"


def score_interval(count: int, total: int) -> tuple[float, float]:
    """Wilson's interval as Newcombe (1998) writes it, method 3."""
    z, p = 1.959963984540054, count / total
    middle, half = 2 * total * p + z**2, z * sqrt(z**2 + 4 * total * p * (1 - p))
    return (middle - half) / (2 * (total + z**2)), (middle + half) / (2 * (total + z**2))


def assert_shares(table: pd.DataFrame, count: str, total) -> None:
    for row, n in zip(table.to_dict("records"), total, strict=True):
        assert row["share"] == pytest.approx(row[count] / n)
        assert (row["share_low"], row["share_high"]) == pytest.approx(score_interval(row[count], n), abs=1e-12)


# -- shares ---------------------------------------------------------------------------------------------------------

# Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
@pytest.mark.parametrize("count, total, low, high", [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)])
def test_wilson_as_published(count, total, low, high):
    share, lower, upper = wilson(count, total)
    assert share == pytest.approx(count / total)
    assert (float(lower), float(upper)) == pytest.approx((low, high), abs=0.00005)


@pytest.mark.parametrize("total", [2, 5, 7, 12, 49, 721])
def test_an_interval_holds_its_share(total):
    """Error bars are the distances to the bounds, and none may be negative, not even by a rounding error."""
    share, low, high = wilson(range(total + 1), total)
    assert (0 <= low).all() and (low <= share).all() and (share <= high).all() and (high <= 1).all()


def test_no_share_of_nothing():
    share, low, high = wilson([0, 2], [0, 4])
    assert isnan(share[0]) and isnan(low[0]) and isnan(high[0])
    assert share[1] == 0.5 and low[1] < 0.5 < high[1]


def test_share_stands_behind_its_count():
    table = add_share(pd.DataFrame({"a": ["x"], "n": [1], "z": ["y"]}, index=[7]), "n", 2)
    assert list(table.columns) == ["a", "n", "share", "share_low", "share_high", "z"]
    assert table.loc[7, "share"] == 0.5


# -- tables against loops -------------------------------------------------------------------------------------------

def test_by_country(data):
    groups = grouped(lambda a: a["outlet"]["country"] or "unknown")
    table = coverage.by_country(data)
    assert sorted(table["country"]) == sorted(groups)
    for row in table.to_dict("records"):
        articles, code = groups[row["country"]], row["country"]
        assert row["articles"] == len(articles)
        assert row["outlets"] == len({a["outlet_id"] for a in articles})
        assert row["languages"] == len({a["language"] for a in articles})
        assert row["undated"] == sum(not a["published"] for a in articles)
        known = dates(articles) or [""]
        assert (iso(row["first"]), iso(row["last"])) == (known[0], known[-1])
        special = {"INT": "intergovernmental", "unknown": "country unknown"}
        assert row["signed"] == special.get(code, "signed" if code in SIGNED else "no signature found")
    assert_shares(table, "articles", [ALL] * len(table))
    key = list(zip(-table["articles"], table["name"]))
    assert key == sorted(key)


def test_what_has_no_country_is_a_row(data):
    table = coverage.by_country(data).set_index("country")
    assert table.loc["unknown", ["name", "region"]].tolist() == ["Country unknown", "Unknown"]
    assert table.loc["INT", ["name", "region"]].tolist() == ["Intergovernmental bodies", "Intergovernmental"]
    assert table.loc["unknown", "articles"] == sum(not a["outlet"]["country"] for a in ARTICLES) > 0
    assert table.loc["INT", "articles"] == sum(a["outlet"]["country"] == "INT" for a in ARTICLES) > 0
    assert table.loc["VN", ["name", "region", "signed"]].tolist() == ["Vietnam", "Asia", "signed"]
    assert table.loc["US", "signed"] == "no signature found"


def test_by_language(data):
    groups = grouped(lambda a: a["language"])
    table = coverage.by_language(data)
    assert sorted(table["language"]) == sorted(groups)
    for row in table.to_dict("records"):
        articles = groups[row["language"]]
        assert row["articles"] == len(articles)
        assert row["outlets"] == len({a["outlet_id"] for a in articles})
        assert row["countries"] == states(articles)
        assert row["undated"] == sum(not a["published"] for a in articles)
        known = dates(articles) or [""]
        assert (iso(row["first"]), iso(row["last"])) == (known[0], known[-1])
    assert_shares(table, "articles", [ALL] * len(table))
    names = table.set_index("language")["name"]
    assert names[["vi", "fil", "sr-Cyrl", "zh"]].tolist() == ["Vietnamese", "Filipino", "Serbian (Cyrillic)", "Chinese"]
    assert not set(names) & set(names.index)
    key = list(zip(-table["articles"], table["name"]))
    assert key == sorted(key)


@pytest.mark.parametrize("tag", ["tlh", "qaa", "xx"])
def test_a_language_without_a_name_keeps_its_tag(data, tag):
    """Klingon has no name in CLDR's English, `qaa` is for private use, `xx` is none."""
    table = coverage.by_language(replace(data, articles=data.articles.assign(language=tag)))
    assert table["articles"].tolist() == [ALL]
    assert table["name"].tolist() == [tag]


def test_by_outlet_kind(data):
    groups = grouped(lambda a: a["outlet"]["kind"])
    table = coverage.by_outlet_kind(data)
    assert sorted(table["kind"]) == sorted(groups)
    for row in table.to_dict("records"):
        articles = groups[row["kind"]]
        assert row["articles"] == len(articles)
        assert row["outlets"] == len({a["outlet_id"] for a in articles})
        assert row["countries"] == states(articles)
        assert row["languages"] == len({a["language"] for a in articles})
        assert row["undated"] == sum(not a["published"] for a in articles)
        known = dates(articles) or [""]
        assert (iso(row["first"]), iso(row["last"])) == (known[0], known[-1])
    assert_shares(table, "articles", [ALL] * len(table))
    key = list(zip(-table["articles"], table["kind"]))
    assert key == sorted(key)


def test_by_day(data):
    groups = grouped(lambda a: a["published"])
    table = coverage.by_day(data)
    days, undated = table[:-1], table.iloc[-1]
    for row in days.to_dict("records"):
        articles = groups.get(iso(row["date"]), [])
        assert row["articles"] == len(articles)
        assert row["outlets"] == len({a["outlet_id"] for a in articles})
        assert row["countries"] == states(articles)
    assert pd.isna(undated["date"]) and undated["milestone"] == "no date known"
    assert undated[["articles", "outlets", "countries"]].tolist() == [
        len(groups[""]), len({a["outlet_id"] for a in groups[""]}), states(groups[""])]
    assert undated["articles"] > 0


def test_by_day_has_no_gap(data):
    days = [moment.date() for moment in coverage.by_day(data)["date"][:-1]]
    known = [date.fromisoformat(day) for day in dates(ARTICLES)]
    first, last = min(*known, date(2024, 12, 24)), max(*known, date(2025, 10, 26))
    assert days == [first + timedelta(n) for n in range((last - first).days + 1)]


MILESTONES = {"2024-12-24": "Adopted by the UN General Assembly", "2025-10-25": "Opened for signature in Hanoi",
              "2025-10-26": "Second day of the signing in Hanoi"}


def marked(table: pd.DataFrame) -> dict[str, str]:
    return {iso(day): text for day, text in zip(table["date"], table["milestone"]) if text}


def test_milestones_stand_on_their_days(data):
    assert marked(coverage.by_day(data)) == MILESTONES | {"": "no date known"}


@pytest.mark.parametrize("name", ["by_country", "by_language", "by_outlet_kind", "by_day"])
def test_tables_add_up_to_all_articles(data, name):
    table = TABLE_OF[name](data)
    assert table["articles"].sum() == ALL
    if "undated" in table:
        assert table["undated"].sum() == sum(not a["published"] for a in ARTICLES)


def test_published_keeps_every_article_in_order(data):
    table = coverage.published(data)
    assert table["article_id"].tolist() == [a["article_id"] for a in ARTICLES]
    for column, key in (("outlet", "name"), ("outlet_kind", "kind"), ("owner", "owner")):
        assert table[column].tolist() == [a["outlet"][key] for a in ARTICLES]
    assert table["country"].tolist() == [a["outlet"]["country"] or "unknown" for a in ARTICLES]


# -- signers and others ---------------------------------------------------------------------------------------------

GROUPS = ["signed", "no signature found", "intergovernmental", "country unknown"]


def group_of(article: dict) -> str:
    country = article["outlet"]["country"]
    special = {"INT": "intergovernmental", "": "country unknown"}
    return special.get(country, "signed" if country in SIGNED else "no signature found")


def counts_of(table: pd.DataFrame, measure: str) -> dict[tuple[str, str], tuple[int, int]]:
    part = table[table["measure"] == measure]
    return {(group, value): (count, total)
            for group, value, count, total in zip(part["group"], part["value"], part["count"], part["total"])}


def test_signers_and_others(data):
    groups = grouped(group_of)
    table = coverage.signers_and_others(data)
    assert counts_of(table, "articles") == {(g, "of all articles"): (len(groups[g]), ALL) for g in GROUPS}
    assert counts_of(table, "tone") == {
        (g, tone): (sum(a["tone"] == tone for a in groups[g]), len(groups[g]))
        for g in GROUPS for tone in ("supportive", "neutral", "mixed", "critical")}
    assert counts_of(table, "frame") == {
        (g, "national"): (sum("national" in a["frames"].split(";") for a in groups[g]), len(groups[g]))
        for g in GROUPS}
    assert set(table["measure"]) == {"coverage", "articles", "tone", "frame"}
    assert_shares(table, "count", table["total"])


def test_states_with_an_article(data):
    covered = {a["outlet"]["country"] for a in ARTICLES} - NO_STATE
    signatories = SIGNED - {"EU"}
    assert "PS" in signatories  # signed, and is no member of the United Nations
    members = 193
    # Covered, and no signature found; of these only Hong Kong, Taiwan and the like are no members.
    not_members = {"HK", "TW", "MO", "XK", "VA", "PR", "EH"}
    others = covered - signatories - not_members
    assert counts_of(coverage.signers_and_others(data), "coverage") == {
        ("signed", "states with an article"): (len(covered & signatories), len(signatories)),
        ("no signature found", "states with an article"): (len(others), members - len(signatories - {"PS"}))}


def test_groups_add_up(data):
    table = coverage.signers_and_others(data)
    assert table.loc[table["measure"] == "articles", "count"].sum() == ALL
    tone = table[table["measure"] == "tone"].groupby("group", observed=True)
    assert (tone["count"].sum() == tone["total"].first()).all()
    assert table.loc[table["measure"] == "tone", "count"].sum() == ALL


# -- records that lack something ------------------------------------------------------------------------------------

def without_dates(data):
    day = data.articles["published"]
    return replace(data, articles=data.articles.assign(published=day.mask(day.notna())))


def without_articles(data):
    return replace(data, **{name: getattr(data, name)[:0] for name in ("articles", "attributions", "recodes")})


def test_no_article_has_a_date(data):
    bare = without_dates(data)
    table = coverage.by_day(bare)
    assert marked(table) == MILESTONES | {"": "no date known"}
    assert table["articles"].tolist() == [0] * (len(table) - 1) + [ALL]
    assert len(table) - 1 == (date(2025, 10, 26) - date(2024, 12, 24)).days + 1
    countries = coverage.by_country(bare)
    assert countries["undated"].tolist() == countries["articles"].tolist()
    assert countries["first"].isna().all() and countries["last"].isna().all()


def test_an_event_without_milestones_or_dates_has_one_row(data):
    table = coverage.by_day(replace(without_dates(data), descriptor={}))
    assert table["milestone"].tolist() == ["no date known"]
    assert table["articles"].tolist() == [ALL]
    assert {column: str(dtype) for column, dtype in table.dtypes.items()} == COLUMNS["by_day"]


def test_no_articles(data):
    bare = without_articles(data)
    for name in ("by_country", "by_language", "by_outlet_kind"):
        assert TABLE_OF[name](bare).empty
    days = coverage.by_day(bare)
    assert marked(days) == MILESTONES | {"": "no date known"}
    assert days[["articles", "outlets", "countries"]].to_numpy().sum() == 0
    compared = coverage.signers_and_others(bare)
    assert compared["count"].sum() == 0
    assert compared["share"].isna().tolist() == (compared["total"] == 0).tolist()
    assert compared.loc[compared["measure"] == "coverage", "total"].tolist() == [
        len(SIGNED - {"EU"}), 193 - len(SIGNED - {"EU", "PS"})]


def test_no_signatures(data):
    bare = replace(data, signatures=data.signatures[:0])
    assert Counter(coverage.by_country(bare)["signed"])["signed"] == 0
    table = coverage.signers_and_others(bare)
    assert counts_of(table, "coverage")["signed", "states with an article"] == (0, 0)
    assert counts_of(table, "coverage")["no signature found", "states with an article"][1] == 193


# -- form -----------------------------------------------------------------------------------------------------------

COUNTED = {"articles": "int64", "share": "float64", "share_low": "float64", "share_high": "float64", "outlets": "int64"}
SPAN = {"first": "datetime64[us]", "last": "datetime64[us]", "undated": "int64"}
COLUMNS = {
    "by_country": {"country": "str", "name": "str", "region": "str", **COUNTED, "languages": "int64", **SPAN,
                   "signed": "category"},
    "by_language": {"language": "str", "name": "str", **COUNTED, "countries": "int64", **SPAN},
    "by_outlet_kind": {"kind": "str", **COUNTED, "countries": "int64", "languages": "int64", **SPAN},
    "by_day": {"date": "datetime64[us]", "articles": "int64", "outlets": "int64", "countries": "int64",
               "milestone": "str"},
    "signers_and_others": {"group": "category", "measure": "str", "value": "str", "count": "int64", "share": "float64",
                           "share_low": "float64", "share_high": "float64", "total": "int64"},
}


@pytest.mark.parametrize("name", COLUMNS)
def test_docstring_names_the_columns_in_order(name):
    returns = TABLE_OF[name].__doc__.split("-------\n")[1]
    named = dict.fromkeys(word for word in re.findall(r"`(\w+)`", returns) if word in COLUMNS[name])
    assert list(named) == list(COLUMNS[name])


@pytest.mark.parametrize("change", [lambda data: data, without_dates, without_articles])
@pytest.mark.parametrize("name", COLUMNS)
def test_columns_and_dtypes(data, name, change):
    table = TABLE_OF[name](change(data))
    assert {column: str(dtype) for column, dtype in table.dtypes.items()} == COLUMNS[name]
    assert list(table.columns) == list(COLUMNS[name])
    assert table.index.tolist() == list(range(len(table)))


@pytest.mark.parametrize("name", COLUMNS)
def test_the_order_of_rows_does_not_matter(data, name):
    # The index is shuffled with the rows: nothing may rest on it either.
    other = replace(data, **{table: getattr(data, table).sample(frac=1, random_state=1) for table in TABLES})
    pd.testing.assert_frame_equal(TABLE_OF[name](other), TABLE_OF[name](data))


def test_two_milestones_on_one_day_are_both_named(data):
    event = {"milestones": [{"date": "2025-10-25", "label": "a"}, {"date": "2025-10-25", "label": "b"}]}
    table = coverage.by_day(replace(data, descriptor={"event": event}))
    assert table.loc[table["date"] == "2025-10-25", "milestone"].tolist() == ["a; b"]
