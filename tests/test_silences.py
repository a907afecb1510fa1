"""Silences against plain loops over the CSV files, and on planted records in which it is known who is silent.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import replace

import pandas as pd
import pytest

from records import read_tables

from analysis.echoes import silences, without_critics
from analysis.echoes.silences import VOICES, voice

UNKNOWN = ("all", "unknown", "INT", "too few articles")
STANCES = ("supportive", "neutral", "mixed", "critical")
Z = 1.959963984540054


TABLES = read_tables()
OUTLETS = {row["outlet_id"]: row for row in TABLES["outlets"]}
ARTICLES = {row["article_id"]: row for row in TABLES["articles"]}
SOURCES = {row["source_id"]: row for row in TABLES["sources"]}


def voice_of(sector: str, country: str, home: str) -> str:
    if sector in ("government", "law enforcement"):
        if country == "INT":
            return "intergovernmental bodies"
        if not country or not home:
            return "officials, home or foreign unknown"
        return "home officials" if country == home else "foreign officials"
    return {"intergovernmental": "intergovernmental bodies", "civil society": "civil society",
            "civil society and industry": "civil society", "company": "industry", "industry body": "industry",
            "media": "media"}.get(sector, "academia and others")


STATEMENTS = []
for row in TABLES["attributions"]:
    article, source = ARTICLES[row["article_id"]], SOURCES[row["source_id"]]
    outlet = OUTLETS[article["outlet_id"]]
    body = OUTLETS.get(source["outlet_id"] or row["source_id"], {})  # a source that is an outlet is based where that is
    STATEMENTS.append({
        "article": row["article_id"], "outlet": article["outlet_id"], "stance": row["stance"],
        "country": outlet["country"] or "unknown", "language": article["language"],
        "voice": voice_of(source["sector"], body.get("country") or source["country"], outlet["country"])})


def effective(cells: list[tuple[int, int]]) -> float:
    """Statements over the design effect of Rao and Scott, which is at least 1, of clusters (counted, all)."""
    n, x, m = sum(s for _, s in cells), sum(c for c, _ in cells), len(cells)
    if m == 1 or x in (0, n):
        return n / max(sum(s * s for _, s in cells) / n, 1)
    p = x / n
    return n / max(m / (m - 1) * sum((c - s * p) ** 2 for c, s in cells) / n**2 / (p * (1 - p) / n), 1)


def wilson(p: float, n: float) -> tuple[float, float]:
    middle, half = p + Z * Z / 2 / n, Z * math.sqrt(p * (1 - p) / n + Z * Z / 4 / n / n)
    return (middle - half) / (1 + Z * Z / n), (middle + half) / (1 + Z * Z / n)


def parts(by: str, least: int) -> dict[str, list[dict]]:
    groups = defaultdict(list)
    for said in STATEMENTS:
        groups[said[by]].append(said)
    few = [said for part in groups.values() if len({s["article"] for s in part}) < least for said in part]
    groups = {key: part for key, part in groups.items() if len({s["article"] for s in part}) >= least}
    return {"all": STATEMENTS, **groups, **({"too few articles": few} if few else {})}


@pytest.mark.parametrize("by, least", [("country", 5), ("language", 5), ("country", 1), ("language", 20)])
def test_shares_of_voices_and_stances(data, by, least):
    table = silences(data, by, least)
    groups = parts(by, least)
    assert table["value"].tolist() == [*VOICES, *STANCES] * len(groups) and set(table["group"]) == set(groups)
    for row in table.to_dict("records"):
        part = groups[row["group"]]
        cells = Counter(said["outlet"] for said in part)
        count = Counter(said["outlet"] for said in part if said[row["measure"]] == row["value"])
        assert [row[c] for c in ("statements", "total", "articles", "outlets")] == [
            count.total(), len(part), len({said["article"] for said in part}), len(cells)]
        n = effective([(count[outlet], size) for outlet, size in cells.items()])
        assert row["effective"] == pytest.approx(n) and row["share"] == pytest.approx(count.total() / len(part))
        assert (row["share_low"], row["share_high"]) == pytest.approx(wilson(count.total() / len(part), n), abs=1e-9)
        assert row["known"] == (row["group"] not in UNKNOWN)
    order = table.drop_duplicates("group")
    key = [(not row.known, -row.articles, row.name) for row in order[1:].itertuples()
           if row.group != "too few articles"]
    assert order["group"].iloc[0] == "all" and key == sorted(key)
    assert (order["group"].iloc[-1] == "too few articles") == ("too few articles" in groups)
    assert order["total"][1:].sum() == len(STATEMENTS)
    sums = table.groupby(["group", "measure"])["statements"].sum().unstack()
    assert (sums["voice"] == sums["stance"]).all()


def hypergeometric_none(silent: int, outlets: int, critical: int) -> float:
    """Of `outlets`, `critical` carry a critic; how likely `silent` drawn at random are all without."""
    return math.comb(outlets - critical, silent) / math.comb(outlets, silent)


@pytest.mark.parametrize("by, least", [("country", 5), ("language", 5), ("country", 2)])
def test_groups_without_critics(data, by, least):
    table = without_critics(data, by, least)
    groups = {key: part for key, part in parts(by, least).items() if key not in UNKNOWN}
    silent = {key for key, part in groups.items() if not any(said["stance"] == "critical" for said in part)}
    assert set(table["group"]) == silent and silent and len(table) == len(silent)
    cells = {(said["outlet"], said[by]) for said in STATEMENTS}
    critical = {(said["outlet"], said[by]) for said in STATEMENTS if said["stance"] == "critical"}
    every = sum(said["stance"] == "critical" for said in STATEMENTS)
    for row in table.to_dict("records"):
        part = groups[row["group"]]
        outlets = {said["outlet"] for said in part}
        n = effective([(0, size) for size in Counter(said["outlet"] for said in part).values()])
        assert (row["statements"], row["outlets"]) == (len(part), len(outlets))
        assert row["share_high"] == pytest.approx(Z * Z / (n + Z * Z))
        assert row["elsewhere"] == pytest.approx(every / (len(STATEMENTS) - len(part)))
        assert row["outlets_elsewhere"] == pytest.approx(len(critical) / (len(cells) - len(outlets)))
        assert row["chance"] == pytest.approx(hypergeometric_none(len(outlets), len(cells), len(critical)))
        assert row["chance_holm"] >= row["chance"]
    assert table["chance"].is_monotonic_increasing


def test_names_are_those_of_countries_and_languages(data):
    assert dict(zip(*silences(data)[["group", "name"]].to_numpy().T))["VN"] == "Vietnam"
    assert dict(zip(*silences(data, "language")[["group", "name"]].to_numpy().T))["vi"] == "Vietnamese"


def test_the_order_of_rows_does_not_matter(data):
    mixed = replace(data, **{name: getattr(data, name).sample(frac=1, random_state=i) for i, name in enumerate(
        ("articles", "outlets", "sources", "attributions"))})
    for function in (silences, without_critics):
        for by in ("country", "language"):
            pd.testing.assert_frame_equal(function(mixed, by), function(data, by))


@pytest.mark.parametrize("sector, country, home, expected", [
    ("government", "VN", "VN", "home officials"), ("law enforcement", "RU", "VN", "foreign officials"),
    ("government", "unknown", "VN", "officials, home or foreign unknown"),
    ("government", "VN", "unknown", "officials, home or foreign unknown"),
    ("government", "unknown", "unknown", "officials, home or foreign unknown"),
    ("government", "VN", "INT", "foreign officials"), ("law enforcement", "INT", "INT", "intergovernmental bodies"),
    ("law enforcement", "INT", "unknown", "intergovernmental bodies"),
    ("intergovernmental", "INT", "FR", "intergovernmental bodies"), ("civil society", "VN", "VN", "civil society"),
    ("civil society and industry", "unknown", "VN", "civil society"), ("industry body", "US", "US", "industry"),
    ("company", "US", "VN", "industry"), ("media", "VN", "VN", "media"),
    ("academia", "VN", "VN", "academia and others"),
    ("other", "unknown", "VN", "academia and others"),
])
def test_voices(sector, country, home, expected):
    made = voice(*(pd.Series([value], index=[7]) for value in (sector, country, home)))
    assert made.to_dict() == {7: expected} and expected in VOICES


def test_a_silence_that_chance_cannot_explain_is_told_from_one_that_it_can(data):
    """Of 40 Vietnamese outlets none carries a critic, of two Cuban ones neither; all 60 of the others do."""
    places = ["VN"] * 40 + ["CU"] * 2 + ["FR"] * 60
    keys = [f"o{i:03}" for i in range(len(places))]
    outlets = pd.concat([data.outlets[:1]] * len(places), ignore_index=True).assign(outlet_id=keys, country=places)
    articles = pd.concat([data.articles[:1]] * len(places), ignore_index=True).assign(
        article_id=keys, outlet_id=keys, url=keys)
    stance = ["critical" if place == "FR" else "neutral" for place in places]
    said = pd.concat([data.attributions[:1]] * len(places), ignore_index=True).assign(
        attribution_id=keys, article_id=keys, stance=pd.Series(stance, dtype=data.attributions["stance"].dtype))
    made = replace(data, outlets=pd.concat([data.outlets, outlets]), articles=articles, attributions=said)
    table = without_critics(made, least=2).set_index("group")
    assert table.index.tolist() == ["VN", "CU"]
    assert table.at["VN", "chance_holm"] < 1e-9 and table.at["CU", "chance"] == pytest.approx(42 * 41 / 102 / 101)
    assert table.at["VN", "chance_holm"] == pytest.approx(3 * table.at["VN", "chance"])
    assert table.at["VN", "share_high"] == pytest.approx(Z * Z / (40 + Z * Z))
    assert table.at["VN", "elsewhere"] == table.at["VN", "outlets_elsewhere"] == 60 / 62
    assert table.at["CU", "share_high"] > 0.6


def test_an_outlet_that_speaks_often_tells_little_more_than_once(data):
    """Ten statements of one outlet, and ten of ten outlets: the second silence says more."""
    keys = [f"x{i:02}" for i in range(20)]
    at = ["one"] * 10 + keys[10:]
    outlets = pd.concat([data.outlets[:1]] * 11, ignore_index=True).assign(
        outlet_id=["one", *keys[10:]], country=["VN"] + ["CU"] * 10)
    articles = pd.concat([data.articles[:1]] * 20, ignore_index=True).assign(article_id=keys, outlet_id=at, url=keys)
    said = pd.concat([data.attributions[:1]] * 20, ignore_index=True).assign(attribution_id=keys, article_id=keys)
    made = replace(data, outlets=pd.concat([data.outlets, outlets]), articles=articles, attributions=said)
    table = without_critics(made).set_index("group")
    assert table["effective"].to_dict() == {"CU": 10, "VN": 1}
    assert table.at["CU", "share_high"] == pytest.approx(Z * Z / (10 + Z * Z)) and table.at["VN", "share_high"] > 0.79


@pytest.mark.parametrize("function", [silences, without_critics])
def test_what_cannot_be_asked(data, function):
    with pytest.raises(ValueError, match="by must be one of country, language, not 'region'"):
        function(data, by="region")
    with pytest.raises(ValueError, match="least must be at least 1, not 0"):
        function(data, least=0)


def test_no_statements_make_empty_tables(data):
    none = replace(data, attributions=data.attributions[:0])
    table = silences(none)
    assert table["group"].unique().tolist() == ["all"]
    assert table["statements"].sum() == 0 and table["share"].isna().all()
    assert table.dtypes.equals(silences(data).dtypes)
    assert without_critics(none).empty and without_critics(none).dtypes.equals(without_critics(data).dtypes)


def test_every_group_is_small(data):
    table = silences(data, least=10_000)
    assert table["group"].unique().tolist() == ["all", "too few articles"]
    assert without_critics(data, least=10_000).empty
