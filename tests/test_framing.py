"""Frames and tone against plain loops over the CSV files, and the tests of difference against exact distributions.

Effects that are planted must be found; what outlets that repeat themselves only seem to show must not.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from math import comb, isnan, sqrt

import numpy as np
import pandas as pd
import pytest

from analysis import framing, places
from analysis.dataset import DATA, TABLES
from analysis.framing import co_occurrence, critics_over_time, frame_differences, tone_differences
from analysis.shares import design_effect

FEW = 199  # shuffles, where the number does not matter
BY = ("region", "language", "signed", "country", "outlet_kind", "owner", "genre", "read")
FRAMES = ("capacity", "children", "cooperation", "economy", "host", "national", "process", "research", "rights",
          "sovereignty")
TONES = ("supportive", "neutral", "mixed", "critical")
UNCOMPARED = {"region": {"Unknown", "Intergovernmental"}, "country": {"unknown", "INT"},
              "signed": {"intergovernmental", "country unknown"}, "owner": {"unknown"}}


def rows(table: str) -> list[dict[str, str]]:
    with open(DATA / f"{table}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


OUTLETS = {row["outlet_id"]: row for row in rows("outlets")}
ARTICLES = [row | {"outlet": OUTLETS[row["outlet_id"]]} for row in rows("articles")]
STATEMENTS = rows("attributions")
SIGNED = {row["country"] for row in rows("signatures")}
ALL = len(ARTICLES)


def group_of(article: dict, by: str) -> str:
    country = article["outlet"]["country"]
    if by == "region":
        return places.countries().at[country or "unknown", "region"]
    if by == "signed":
        special = {"INT": "intergovernmental", "": "country unknown"}
        return special.get(country, "signed" if country in SIGNED else "no signature found")
    return {"country": country or "unknown", "outlet_kind": article["outlet"]["kind"],
            "owner": article["outlet"]["owner"], "language": article["language"], "genre": article["genre"],
            "read": article["read"]}[by]


def has(article: dict, what: str, value: str) -> bool:
    return value in article["frames"].split(";") if what == "frame" else article["tone"] == value


def score_interval(count: float, total: float) -> tuple[float, float]:
    """Wilson's interval as Newcombe (1998) writes it, method 3."""
    z, p = 1.959963984540054, count / total
    middle, half = 2 * total * p + z**2, z * sqrt(z**2 + 4 * total * p * (1 - p))
    return (middle - half) / (2 * (total + z**2)), (middle + half) / (2 * (total + z**2))


def newcombe(a: float, m: float, b: float, n: float) -> tuple[float, float]:
    """The interval of a/m - b/n as Newcombe (1998, 17:873-890) writes it, method 10."""
    (l1, u1), (l2, u2), p1, p2 = score_interval(a, m), score_interval(b, n), a / m, b / n
    return (p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2), p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2))


def deff(cells: list[tuple[int, int]]) -> float:
    """Rao and Scott's design effect, written out."""
    n, x, m = sum(s for _, s in cells), sum(c for c, _ in cells), len(cells)
    if m == 1 or x in (0, n):
        return sum(s * s for _, s in cells) / n
    p = x / n
    return m / (m - 1) * sum((c - s * p) ** 2 for c, s in cells) / n**2 / (p * (1 - p) / n)


# -- shares ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("what, values", [("frame", FRAMES), ("tone", TONES)])
@pytest.mark.parametrize("by", BY)
def test_shares_of_groups(data, by, what, values):
    groups = defaultdict(list)
    for article in ARTICLES:
        groups[group_of(article, by)].append(article)
    table = {"frame": framing.frames, "tone": framing.tone}[what](data, by)
    assert table[what].tolist() == list(values) * (len(groups) + 1)
    assert set(table["group"]) == {"all", *groups}
    for row in table.to_dict("records"):
        articles = ARTICLES if row["group"] == "all" else groups[row["group"]]
        count = sum(has(a, what, row[what]) for a in articles)
        assert (row["articles"], row["total"]) == (count, len(articles))
        assert row["outlets"] == len({a["outlet_id"] for a in articles})
        assert row["share"] == pytest.approx(count / len(articles))
        assert (row["share_low"], row["share_high"]) == pytest.approx(score_interval(count, len(articles)), abs=1e-12)
        assert row["known"] == (row["group"] not in UNCOMPARED.get(by, set()) | {"all"})
    order = table.drop_duplicates("group")[1:]
    key = [(not known, -total, name) for known, total, name in zip(order["known"], order["total"], order["name"])]
    assert table["group"].iloc[0] == "all" and key == sorted(key)
    assert order["total"].sum() == ALL  # what is unknown stands in a row of its own


def test_tones_of_a_group_add_up(data):
    table = framing.tone(data, "owner")
    assert table.groupby("group")["articles"].sum().to_dict() == table.groupby("group")["total"].first().to_dict()


def test_groups_have_names(data):
    by_country = framing.frames(data, "country").set_index("group")["name"]
    by_language = framing.frames(data, "language").set_index("group")["name"]
    assert by_country["VN"].unique().tolist() == ["Vietnam"] and by_language["vi"].unique().tolist() == ["Vietnamese"]


def test_a_frame_that_no_article_has_is_a_row_of_none(data):
    only = data.articles[[frames == ["process"] for frames in data.articles["frames"]]]
    table = framing.frames(replace(data, articles=only), "read")
    counts = table[table["group"] == "all"].set_index("frame")["articles"]
    assert counts["process"] == len(only) > 0 and counts.drop("process").eq(0).all() and len(counts) == 10


def test_a_frame_that_the_descriptor_does_not_know_is_counted(data):
    articles = data.articles.assign(frames=[["zebra"], *data.articles["frames"][1:]])
    assert framing.frame_names(replace(data, articles=articles, descriptor={})) == sorted([*FRAMES, "zebra"])


@pytest.mark.parametrize("function", [framing.frames, framing.tone, frame_differences, tone_differences])
def test_groups_that_there_are_not(data, function):
    with pytest.raises(ValueError, match="by must be one of region.*not 'colour'"):
        function(data, by="colour")


def test_clusters_and_periods_that_there_are_not(data):
    with pytest.raises(ValueError, match="cluster must be one of outlet, country, not 'planet'"):
        frame_differences(data, cluster="planet")
    with pytest.raises(ValueError, match="freq must be one of day, week, month, not 'hour'"):
        critics_over_time(data, "hour")


# -- design effect --------------------------------------------------------------------------------------------------

# Weil's rats (1970), as Rao and Scott analyse them: pups that survived of those born, a pair a litter. The R package
# PF gives the design effects of their table 1 as 1.232495 and 3.952861.
CONTROL = [(13, 13), (12, 12), (9, 9), (9, 9), (8, 8), (8, 8), (12, 13), (11, 12), (9, 10), (9, 10), (8, 9), (11, 13),
           (4, 5), (5, 7), (7, 10), (7, 10)]
TREATED = [(12, 12), (11, 11), (10, 10), (9, 9), (10, 11), (9, 10), (9, 10), (8, 9), (8, 9), (4, 5), (7, 9), (4, 7),
           (5, 10), (3, 6), (3, 10), (0, 7)]


@pytest.mark.parametrize("litters, expected", [(CONTROL, 1.232495), (TREATED, 3.952861)])
def test_design_effect_as_published(litters, expected):
    assert design_effect(*np.array(litters).T) == pytest.approx(expected, abs=5e-7) == deff(litters)


def test_design_effect_where_nothing_varies():
    assert design_effect(np.array([0, 0]), np.array([3, 1])) == (9 + 1) / 4  # none of 4 in 2 clusters: 1.6 in effect
    assert design_effect(np.array([2]), np.array([5])) == 5  # one cluster is one case
    assert isnan(design_effect(np.array([]), np.array([])))


# -- differences: made records --------------------------------------------------------------------------------------

OWNERS = ("state", "private", "public", "party", "nonprofit", "intergovernmental", "unknown")


def made(data, outlets: list[tuple[str, list[list[str]]]], country: list[str] | None = None):
    """A record from outlets, each an owner and the frames of its articles; tone critical where it dwells on rights."""
    ids = [f"o{i:03}" for i in range(len(outlets))]
    table = pd.DataFrame({
        "outlet_id": pd.Series(ids, dtype="str"), "name": pd.Series(ids, dtype="str"),
        "native_names": [[] for _ in ids], "domains": [[] for _ in ids],
        "country": pd.Series(country or ["FR"] * len(ids), dtype="str"),
        "kind": pd.Categorical(["newspaper"] * len(ids)),
        "owner": pd.Categorical([owner for owner, _ in outlets], categories=OWNERS), "coded": True})
    cells = [(f"{i}-{j}", i, frames) for i, (_, articles) in zip(ids, outlets) for j, frames in enumerate(articles)]
    n = len(cells)
    articles = pd.DataFrame({
        "article_id": pd.Series([c[0] for c in cells], dtype="str"),
        "outlet_id": pd.Series([c[1] for c in cells], dtype="str"), "language": pd.Series(["fr"] * n, dtype="str"),
        "published": pd.Series([pd.NaT] * n, dtype="datetime64[us]"), "frames": [c[2] for c in cells],
        "genre": pd.Categorical(["news"] * n), "read": pd.Categorical(["full"] * n),
        "tone": pd.Categorical(["critical" if "rights" in c[2] else "neutral" for c in cells], categories=TONES)})
    return replace(data, articles=articles, outlets=table, attributions=data.attributions[:0], descriptor={},
                   recodes=data.recodes[:0], signatures=data.signatures[:0])


R, P = ["rights"], ["process"]


def only(table: pd.DataFrame, frame: str = "rights") -> dict:
    part = table[table["frame"] == frame]
    assert len(part) == 1
    return part.iloc[0].to_dict()


# Published: Newcombe 1998, 17:873-890, table II, examples (a), (b) and (h), method 10.
@pytest.mark.parametrize("cells, low, high", [
    ((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090), ((10, 10, 0, 10), 0.6075, 1.0)])
def test_the_formula_of_the_interval_here_is_newcombes(cells, low, high):
    assert newcombe(*cells) == pytest.approx((low, high), abs=0.00005)


def test_one_article_an_outlet(data):
    """56 of 70 and 48 of 80: clusters of one have a design effect of n / (n - 1), and n - 1 articles in effect."""
    record = made(data, [("state", [R if i < 56 else P]) for i in range(70)]
                  + [("private", [R if i < 48 else P]) for i in range(80)])
    row = only(frame_differences(record, "owner", permutations=FEW))
    assert (row["group"], row["against"], row["clusters"]) == ("private", "state", 80)
    assert (row["articles"], row["total"], row["rest_articles"], row["rest_total"]) == (48, 80, 56, 70)
    assert row["difference"] == pytest.approx(48 / 80 - 56 / 70)
    expected = newcombe(48 / 80 * 79, 79, 56 / 70 * 69, 69)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(expected, abs=1e-9)


def test_the_interval_widens_as_outlets_repeat_themselves(data):
    state, private = [(4, 5), (0, 5), (5, 5), (1, 1)], [(0, 3), (1, 4), (2, 2), (0, 1)]
    outlets = [(owner, [R] * x + [P] * (n - x)) for owner, cells in (("state", state), ("private", private))
               for x, n in cells]
    row = only(frame_differences(made(data, outlets), "owner", least=2, permutations=FEW))
    (x, n), (y, m) = (tuple(map(sum, zip(*cells))) for cells in (state, private))
    few, rest = n / deff(state), m / deff(private)
    assert deff(state) > 3 and deff(private) > 1
    expected = newcombe(x / n * few, few, y / m * rest, rest)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(expected, abs=1e-9)


def test_outlets_that_vary_less_than_chance_are_taken_as_chance(data):
    half = [R, P]
    record = made(data, [("state", half)] * 12 + [("private", half)] * 12)
    row = only(frame_differences(record, "owner", permutations=FEW))
    assert deff([(1, 2)] * 12) == 0
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(newcombe(12, 24, 12, 24), abs=1e-9)
    assert row["p"] == 1


def test_p_against_the_exact_distribution(data):
    """Seven outlets of different sizes: all 35 ways to deal three owners' labels out are walked."""
    cells = [(3, 3), (2, 2), (1, 1), (0, 4), (0, 1), (1, 2), (0, 1)]
    outlets = [("state" if i < 3 else "private", [R] * x + [P] * (n - x)) for i, (x, n) in enumerate(cells)]

    def difference(inside) -> float:
        a = [cells[i] for i in inside]
        b = [cells[i] for i in range(7) if i not in inside]
        return sum(x for x, _ in a) / sum(n for _, n in a) - sum(x for x, _ in b) / sum(n for _, n in b)

    ways = {tuple(sorted(way[:3])) for way in permutations(range(7))}
    exact = sum(abs(difference(way)) >= abs(difference((0, 1, 2))) - 1e-12 for way in ways) / len(ways)
    assert len(ways) == comb(7, 3) and 0 < exact < 0.2
    row = only(frame_differences(made(data, outlets), "owner", least=3, permutations=9_999))
    assert row["p"] == pytest.approx(exact, abs=4 * sqrt(exact * (1 - exact) / 9_999))


def test_planted_differences_are_found_and_only_these(data):
    rng = np.random.default_rng(7)

    def articles(rights: float) -> list[list[str]]:
        return [[*(R if rng.random() < rights else []), *(["host"] if rng.random() < 0.4 else []), "process"]
                for _ in range(rng.integers(1, 4))]

    record = made(data, [(owner, articles(rights)) for owner, rights in
                         (("state", 0.1), ("private", 0.6), ("party", 0.1)) for _ in range(40)])
    table = frame_differences(record, "owner").set_index(["group", "frame"])
    assert len(table) == 9 and (table["against"] == "the rest").all()
    found = table[table["p_holm"] < 0.05]["difference"]
    assert {(group, frame): value > 0 for (group, frame), value in found.items()} == {
        ("state", "rights"): False, ("private", "rights"): True, ("party", "rights"): False}
    sure = table.loc["private", "difference_low"]["rights"]
    assert sure > 0.2
    tones = tone_differences(record, "owner").set_index(["group", "tone"])
    assert tones.loc[("private", "critical"), "p_holm"] < 0.01 < tones.loc[("private", "mixed"), "p_holm"]
    assert tones.loc[("private", "critical"), "difference"] == pytest.approx(
        table.loc[("private", "rights"), "difference"])  # in these records an article is critical if it is on rights


def test_outlets_that_repeat_themselves_are_no_evidence(data):
    """Eight articles an outlet, all alike, owners by lot: 40 such records. A test that took articles for independent
    would cry out in most of them; p under 0.05 may come in about two."""
    cried, naive = 0, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        frame = rng.random(24) < 0.5
        owner = rng.permutation([*["state"] * 12, *["private"] * 12])
        row = only(frame_differences(made(data, [(o, [R if f else P] * 8) for o, f in zip(owner, frame)]), "owner",
                                     permutations=99, seed=seed))
        cried += row["p"] < 0.05
        z = row["difference"] / sqrt(2 * 0.25 / 96)
        naive += abs(z) > 1.96
    assert cried <= 6  # more has a probability of 0.3 %
    assert naive >= 14


def test_one_big_country_is_not_a_group_of_states(data):
    """All of Asia's difference comes from one country: true of its outlets, but not of Asia's countries."""
    asia = ["VN", "JP", "IN", "TH", "KR", "ID", "MY", "PH", "LA", "KH"]
    europe = ["FR", "DE", "IT", "ES", "PT", "PL", "SE", "FI", "NO", "AT"]
    country = ["VN"] * 40 + asia[1:] * 3 + europe * 3
    outlets = [("private", [["host"]] if c == "VN" else [P]) for c in country]
    record = made(data, outlets, country)
    by_outlet = only(frame_differences(record, "region"), "host")
    by_country = only(frame_differences(record, "region", cluster="country"), "host")
    assert by_outlet["difference"] == by_country["difference"] == pytest.approx(40 / 67)
    assert (by_outlet["clusters"], by_country["clusters"]) == (67, 10)
    assert by_outlet["p_holm"] < 0.01 and by_country["p"] > 0.2
    # Wider, if not wide enough: the docstring says so.
    assert by_country["difference_low"] < by_outlet["difference_low"] / 3


def test_of_two_groups_one_speaks(data):
    record = made(data, [("state", [R])] * 10 + [("private", [R, P])] * 12)
    table = frame_differences(record, "owner", permutations=FEW)
    assert table["group"].unique().tolist() == ["private"] and table["against"].unique().tolist() == ["state"]
    with_third = made(data, [("state", [R])] * 10 + [("private", [R, P])] * 12 + [("party", [P])])
    table = frame_differences(with_third, "owner", permutations=FEW)
    assert table["group"].unique().tolist() == ["private", "state"]
    assert table["against"].unique().tolist() == ["the rest"]
    # The rest of the state's: two articles of each of twelve outlets, and the small group's one.
    assert table.loc[table["group"] == "state", "rest_total"].unique().tolist() == [25]


def test_what_is_not_known_is_left_out_and_counted(data):
    record = made(data, [("state", [R])] * 10 + [("private", [P])] * 10 + [("unknown", [R, R, R])] * 11)
    row = only(frame_differences(record, "owner", permutations=FEW))
    assert (row["total"], row["rest_total"], row["left_out"]) == (10, 10, 33)


@pytest.mark.parametrize("by", BY)
def test_differences_of_the_record(data, by):
    """Every count and share by loops; the rest is what can be compared and is not in the group."""
    known = [a for a in ARTICLES if group_of(a, by) not in UNCOMPARED.get(by, set())]
    clusters = Counter(group for group, _ in {(group_of(a, by), a["outlet_id"]) for a in known})
    table = frame_differences(data, by, permutations=FEW)
    expected = {group for group, number in clusters.items() if number >= 10}
    assert set(table["group"]) <= expected and len(table) % 10 == 0
    assert len(expected) - table["group"].nunique() == (by in ("signed", "read"))  # two groups: one speaks
    for row in table.to_dict("records"):
        inside = [a for a in known if group_of(a, by) == row["group"]]
        outside = [a for a in known if group_of(a, by) != row["group"]]
        x, y = (sum(has(a, "frame", row["frame"]) for a in part) for part in (inside, outside))
        assert (row["articles"], row["total"], row["rest_articles"], row["rest_total"]) == (
            x, len(inside), y, len(outside))
        assert (row["share"], row["rest_share"]) == pytest.approx((x / len(inside), y / len(outside)))
        assert row["difference"] == pytest.approx(x / len(inside) - y / len(outside))
        assert -1 <= row["difference_low"] <= row["difference"] <= row["difference_high"] <= 1
        assert (row["clusters"], row["left_out"]) == (clusters[row["group"]], ALL - len(known))
    assert_holm(table)


def assert_holm(table: pd.DataFrame) -> None:
    """Holm 1979: the k-th smallest of m, times m - k + 1, never falling, at most 1."""
    p, m = sorted(table["p"].dropna()), table["p"].notna().sum()
    steps = np.minimum(np.maximum.accumulate([(m - k) * value for k, value in enumerate(p)]), 1)
    assert sorted(table["p_holm"].dropna()) == pytest.approx(list(steps))
    assert (table["p_holm"].dropna() >= table["p"].dropna()).all()


def test_nothing_to_compare(data):
    for record in (made(data, []), made(data, [("state", [R])] * 3)):
        table = frame_differences(record, "owner", permutations=FEW)
        assert table.empty and list(table.columns) == list(COLUMNS["frame_differences"])


# -- pairs ----------------------------------------------------------------------------------------------------------

def test_pairs_of_the_record(data):
    table = co_occurrence(data, permutations=FEW)
    assert len(table) == comb(10, 2)
    for row in table.to_dict("records"):
        a, b = ([has(x, "frame", row[side]) for x in ARTICLES] for side in ("frame_a", "frame_b"))
        both = sum(x and y for x, y in zip(a, b))
        assert row["frame_a"] < row["frame_b"]
        assert (row["both"], row["a"], row["b"], row["total"]) == (both, sum(a), sum(b), ALL)
        assert row["expected"] == pytest.approx(sum(a) * sum(b) / ALL)
        assert row["lift"] == pytest.approx(both / (sum(a) * sum(b) / ALL))
        assert row["phi"] == pytest.approx(np.corrcoef(a, b)[0, 1])
        assert row["phi_low"] < row["phi"] < row["phi_high"]
    key = list(zip(-table["phi"], table["frame_a"], table["frame_b"]))
    assert key == sorted(key)
    assert_holm(table)


def test_p_of_a_pair_against_the_exact_distribution(data):
    """One article an outlet, 6 of 12 on rights, 5 on hosts, 5 on both: the hypergeometric distribution, two-sided."""
    record = made(data, [("state", [["host", "rights"]])] * 5 + [("state", [R])] + [("state", [P])] * 6)
    chance = {k: comb(6, k) * comb(6, 5 - k) / comb(12, 5) for k in range(6)}
    exact = sum(p for k, p in chance.items() if abs(k - 2.5) >= 2.5)
    table = co_occurrence(record)
    row = table[(table["frame_a"] == "host") & (table["frame_b"] == "rights")].iloc[0]
    assert row["p"] == pytest.approx(exact, abs=4 * sqrt(exact / 9_999))


def test_planted_pairs_are_found_and_only_these(data):
    rng = np.random.default_rng(3)

    def frames() -> list[str]:
        host, rights, capacity = rng.random(3) < 0.4
        found = {"host": host, "rights": rights, "capacity": capacity,
                 "children": rights if rng.random() < 0.8 else rng.random() < 0.4,
                 "sovereignty": not host and rng.random() < 0.7}
        return [name for name, there in found.items() if there] or P

    record = made(data, [("state", [frames() for _ in range(rng.integers(1, 4))]) for _ in range(150)])
    table = co_occurrence(record, permutations=1_999).set_index(["frame_a", "frame_b"])
    table = table[~table.index.to_series().map(lambda pair: "process" in pair)]  # stands where nothing else does
    found = table[table["p_holm"] < 0.05]["phi"]
    assert {pair: value > 0 for pair, value in found.items()} == {
        ("children", "rights"): True, ("host", "sovereignty"): False}
    for pair, sign in ((("children", "rights"), 1), (("host", "sovereignty"), -1)):
        assert min(sign * table.loc[pair, ["phi_low", "phi_high"]]) > 0.2
    assert table.loc[("capacity", "host"), "phi_low"] < 0 < table.loc[("capacity", "host"), "phi_high"]


def test_pairs_in_outlets_that_repeat_themselves_are_no_evidence(data):
    """Two frames by lot, but the same in all eight articles of an outlet: taken one by one they would be evidence."""
    cried, naive = 0, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        record = made(data, [("state", [[*(["host"] if a else []), *(R if b else []), "process"]] * 8)
                             for a, b in rng.random((24, 2)) < 0.5])
        table = co_occurrence(record, permutations=99, seed=seed)
        row = table[(table["frame_a"] == "host") & (table["frame_b"] == "rights")].iloc[0]
        cried += row["p"] < 0.05
        naive += abs(row["phi"]) * sqrt(192) > 1.96
    assert cried <= 6
    assert naive >= 14


def test_frames_that_never_part(data):
    record = made(data, [("state", [["host", "rights"]])] * 10 + [("state", [P])] * 10)
    row = co_occurrence(record, permutations=FEW).iloc[0]
    assert row[["frame_a", "frame_b", "phi", "phi_low", "phi_high", "lift"]].tolist() == ["host", "rights", 1, 1, 1, 2]


def test_a_frame_in_no_or_every_article_has_no_phi(data):
    record = replace(made(data, [("state", [["host", "process"], P])] * 9), descriptor=data.descriptor)
    table = co_occurrence(record, permutations=FEW)
    assert len(table) == comb(10, 2)
    assert table[["phi", "phi_low", "phi_high", "p", "p_holm"]].isna().all(axis=None)
    assert table.set_index(["frame_a", "frame_b"]).loc[("host", "process"), ["both", "lift"]].tolist() == [9, 1]


# -- critics over time ----------------------------------------------------------------------------------------------

DATES = {a["article_id"]: a["published"] for a in ARTICLES}
OUTLET_OF = {a["article_id"]: a["outlet_id"] for a in ARTICLES}


def start_of(day: str, freq: str) -> str:
    moment = date.fromisoformat(day)
    if freq == "month":
        return f"{day[:7]}-01"
    return (moment - timedelta(moment.weekday() if freq == "week" else 0)).isoformat()


@pytest.mark.parametrize("freq", ["day", "week", "month"])
def test_critics_over_time(data, freq):
    periods = defaultdict(list)
    for row in STATEMENTS:
        day = DATES[row["article_id"]]
        periods[start_of(day, freq) if day else ""].append(row)
    table = critics_over_time(data, freq)
    keys = ["" if pd.isna(moment) else f"{moment:%Y-%m-%d}" for moment in table["period"]]
    assert set(periods) <= set(keys) and keys[-1] == ""
    for key, row in zip(keys, table.to_dict("records")):
        said = periods.get(key, [])
        by_outlet = defaultdict(lambda: [0, 0])
        for statement in said:
            by_outlet[OUTLET_OF[statement["article_id"]]][0] += statement["stance"] == "critical"
            by_outlet[OUTLET_OF[statement["article_id"]]][1] += 1
        critical = sum(x for x, _ in by_outlet.values())
        assert (row["statements"], row["critical"]) == (len(said), critical)
        assert (row["articles"], row["outlets"]) == (len({s["article_id"] for s in said}), len(by_outlet))
        if not said:
            assert isnan(row["share"]) and isnan(row["share_low"]) and row["effective"] == 0
            continue
        effective = len(said) / max(deff(list(map(tuple, by_outlet.values()))), 1)
        assert row["effective"] == pytest.approx(effective)
        assert row["share"] == pytest.approx(critical / len(said))
        assert (row["share_low"], row["share_high"]) == pytest.approx(
            score_interval(critical / len(said) * effective, effective), abs=1e-9)
    assert table["statements"].sum() == len(STATEMENTS)


@pytest.mark.parametrize("freq, step", [("day", 1), ("week", 7)])
def test_no_period_is_missing(data, freq, step):
    moments = critics_over_time(data, freq)["period"][:-1]
    assert (moments.diff().dropna() == pd.Timedelta(days=step)).all()
    months = critics_over_time(data, "month")["period"][:-1].dt.to_period("M")
    assert months.tolist() == list(pd.period_range(months.iloc[0], months.iloc[-1], freq="M"))


def test_milestones_stand_in_their_periods(data):
    by_day = critics_over_time(data, "day")
    marked = {f"{m:%Y-%m-%d}": text for m, text in zip(by_day["period"][:-1], by_day["milestone"]) if text}
    assert marked == {"2024-12-24": "Adopted by the UN General Assembly", "2025-10-25": "Opened for signature in Hanoi",
                      "2025-10-26": "Second day of the signing in Hanoi"}
    by_month = critics_over_time(data, "month").set_index("period")["milestone"]
    assert by_month["2025-10-01"] == "Opened for signature in Hanoi; Second day of the signing in Hanoi"
    assert by_month.iloc[-1] == "no date known"


def test_no_statements_at_all(data):
    bare = replace(data, attributions=data.attributions[:0], descriptor={})
    table = critics_over_time(bare)
    assert table["milestone"].tolist() == ["no date known"] and table["statements"].tolist() == [0]
    assert table["share"].isna().all()


# -- form -----------------------------------------------------------------------------------------------------------

SHARE = {"articles": "int64", "share": "float64", "share_low": "float64", "share_high": "float64", "total": "int64",
         "outlets": "int64"}
DIFFERENCE = {"articles": "int64", "total": "int64", "share": "float64", "rest_articles": "int64",
              "rest_total": "int64", "rest_share": "float64", "difference": "float64", "difference_low": "float64",
              "difference_high": "float64", "p": "float64", "p_holm": "float64", "clusters": "int64",
              "left_out": "int64"}
NAMES = {"group": "str", "name": "str"}
COLUMNS = {
    "frames": {**NAMES, "known": "bool", "frame": "str", **SHARE},
    "tone": {**NAMES, "known": "bool", "tone": "str", **SHARE},
    "frame_differences": {**NAMES, "against": "str", "frame": "str", **DIFFERENCE},
    "tone_differences": {**NAMES, "against": "str", "tone": "str", **DIFFERENCE},
    "co_occurrence": {"frame_a": "str", "frame_b": "str", "both": "int64", "a": "int64", "b": "int64",
                      "total": "int64", "expected": "float64", "lift": "float64", "phi": "float64",
                      "phi_low": "float64", "phi_high": "float64", "p": "float64", "p_holm": "float64"},
    "critics_over_time": {"period": "datetime64[us]", "statements": "int64", "critical": "int64", "share": "float64",
                          "share_low": "float64", "share_high": "float64", "effective": "float64", "articles": "int64",
                          "outlets": "int64", "milestone": "str"},
}


def called(name: str, data) -> pd.DataFrame:
    more = {"permutations": FEW} if "permutations" in getattr(framing, name).__code__.co_varnames else {}
    return getattr(framing, name)(data, **more)


@pytest.mark.parametrize("name", COLUMNS)
def test_docstring_names_the_columns(name):
    returns = getattr(framing, name).__doc__.split("Returns\n")[1].split("Raises")[0]
    assert set(COLUMNS[name]) <= set(re.findall(r"`(\w+)`", returns))


def without_articles(data):
    return replace(data, **{name: getattr(data, name)[:0] for name in ("articles", "attributions", "recodes")})


@pytest.mark.parametrize("change", [lambda data: data, without_articles])
@pytest.mark.parametrize("name", COLUMNS)
def test_columns_and_dtypes(data, name, change):
    table = called(name, change(data))
    assert {column: str(dtype) for column, dtype in table.dtypes.items()} == COLUMNS[name]
    assert list(table.columns) == list(COLUMNS[name])
    assert table.index.tolist() == list(range(len(table)))


@pytest.mark.parametrize("name", COLUMNS)
def test_the_order_of_rows_does_not_matter(data, name):
    other = replace(data, **{table: getattr(data, table).sample(frac=1, random_state=1) for table in TABLES})
    pd.testing.assert_frame_equal(called(name, other), called(name, data))


@pytest.mark.parametrize("name", ["frame_differences", "co_occurrence"])
def test_the_seed_decides_what_chance_does_and_nothing_else(data, name):
    first, again, other = (getattr(framing, name)(data, permutations=FEW, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    key = [c for c in ("group", "frame", "frame_a", "frame_b") if c in first]
    chance = [c for c in ("p", "p_holm", "phi_low", "phi_high") if c in first]
    pd.testing.assert_frame_equal(first.drop(columns=chance), other.drop(columns=chance))
    assert (first["p"] != other["p"]).any() and len(key) == 2
