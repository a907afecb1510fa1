"""Agreement against the `krippendorff` package called directly, against alpha worked out by hand, and against loops.

The examples are Krippendorff's own (2011, "Computing Krippendorff's Alpha-Reliability"), each with its working.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import permutations
from math import isnan

import krippendorff
import numpy as np
import pandas as pd
import pytest

from analysis import agreement
from analysis.agreement import (
    _alpha, _distances, _sampled, alphas, caveat, disagreements, low_agreement, source_agreement, unmatched_names,
)
from analysis.dataset import DATA, TABLES

FEW = 199
FRAMES = ("capacity", "children", "cooperation", "economy", "host", "national", "process", "research", "rights",
          "sovereignty")
TONES = ("supportive", "neutral", "mixed", "critical")
NO_SAMPLES = np.zeros((0, 0))


def rows(table: str) -> list[dict[str, str]]:
    with open(DATA / f"{table}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SECOND = sorted(rows("recodes"), key=lambda row: row["article_id"])
FIRST = {row["article_id"]: row for row in rows("articles")}
OUTLETS = {row["outlet_id"]: row for row in rows("outlets")}
SOURCES = {row["source_id"]: row for row in rows("sources")}
STATEMENTS = rows("attributions")
N = len(SECOND)


# -- the literature -------------------------------------------------------------------------------------------------

def by_definition(codings: list[list], level: str) -> Fraction:
    """alpha = 1 - Do / De from the pairs of values, as defined: a list a coder, None where a coder gave no value."""
    units = [[value for value in unit if value is not None] for unit in zip(*codings)]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    number = Counter(values)

    def apart(c, k) -> Fraction:
        if level == "nominal":
            return Fraction(c != k)
        if level == "ordinal":
            between = sum(number[g] for g in number if min(c, k) <= g <= max(c, k))
            return (between - Fraction(number[c] + number[k], 2)) ** 2
        if level == "interval":
            return Fraction((c - k) ** 2)
        return Fraction(c - k, c + k) ** 2 if c + k else Fraction(0)

    n = len(values)
    observed = sum(apart(c, k) / (len(unit) - 1) for unit in units for c, k in permutations(unit, 2)) / n
    expected = sum(number[c] * (number[k] - (c == k)) * apart(c, k) for c in number for k in number)
    return 1 - observed / (Fraction(expected) / (n * (n - 1)))


# Section A, two observers, ten units, no or yes. They differ in 4 units, so the matrix of coincidences has o01 = 4;
# of the 20 values 14 are 0 and 6 are 1. alpha = 1 - (n - 1) o01 / (n0 n1) = 1 - 19 * 4 / (14 * 6) = 1 - 76/84 = 0.095.
MEG = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
OWEN = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]

# Section B, two observers, twelve units, five categories. They agree on 9 units: a 1, b 2, c 3, d 2, e 1 times, and
# the coincidences on the diagonal, twice that, add up to 18. Of the 24 values 4 are a, 6 b, 6 c, 6 d, 2 e, so that
# sum n_c (n_c - 1) = 12 + 30 + 30 + 30 + 2 = 104.
# alpha = (23 * 18 - 104) / (24 * 23 - 104) = 310 / 448 = 0.692.
BEN = list("aabbdcccedda")
GERRY = list("babbbccceddd")

# Sections C and D, four observers, twelve units with gaps, of which the last has one value only and falls out. Of the
# 40 values n1 = 9, n2 = 13, n3 = 10, n4 = 5, n5 = 3. They differ in the units 2 (2 2 3 2), 6 (1 2 3 4) and 8
# (1 1 2 1), where a pair counts 1/3: o12 = 1/3 + 3/3, o23 = 3/3 + 1/3, o13 = o14 = o24 = o34 = 1/3. With both sides
# of the diagonal the nominal disagreement is 2 * (4/3 + 4/3 + 4 * 1/3) = 8; by chance it would be
# (40^2 - (81 + 169 + 100 + 25 + 9)) / 39 = 1216 / 39. alpha = 1 - 8 * 39 / 1216 = 1 - 312/1216 = 0.743.
FOUR = [[1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]]


def made(data, **columns: tuple[list, list]):
    """A record in which two coders gave these values, and agree on all else; an article each, outlets one each."""
    n = len(next(iter(columns.values()))[1])
    articles = data.articles[data.articles["wire"].map(len) == 0][:n].reset_index(drop=True)
    articles = articles.assign(published=pd.NaT)
    outlets = data.outlets.set_index("outlet_id").loc[articles["outlet_id"]]
    recodes = pd.DataFrame({
        "article_id": articles["article_id"], "language": articles["language"], "published": articles["published"],
        "outlet_country": outlets["country"].to_numpy(), "outlet_kind": outlets["kind"].to_numpy(),
        "outlet_owner": outlets["owner"].to_numpy(), "genre": articles["genre"], "frames": articles["frames"],
        "tone": articles["tone"], "wire": [[] for _ in range(n)], "read": articles["read"], "attributions": 0,
        "critical": 0, "sources": [[] for _ in range(n)]})
    for column, (first, second) in columns.items():
        if column in articles:
            articles[column] = pd.Series(first, dtype=articles[column].dtype)
        recodes[column] = pd.Series(second, dtype=data.recodes[column].dtype)
    return replace(data, articles=articles, recodes=recodes, attributions=data.attributions[:0])


def only(table: pd.DataFrame, variable: str, level: str | None = None) -> dict:
    part = table[(table["variable"] == variable) & ((table["level"] == level) if level else table["primary"])]
    assert len(part) == 1
    return part.iloc[0].to_dict()


def test_section_a(data):
    frames = [[["rights"] if value else ["process"] for value in coder] for coder in (MEG, OWEN)]
    row = only(alphas(made(data, frames=frames), FEW), "frame_rights")
    assert row["alpha"] == pytest.approx(float(1 - Fraction(19 * 4, 14 * 6))) == pytest.approx(0.095, abs=0.0005)
    assert (row["agree"], row["n"], row["share"], row["first"], row["second"]) == (6, 10, 0.6, 2, 4)
    assert row["under_667"] and row["under_800"]


def test_section_b(data):
    record = made(data, language=[["xx-" + letter for letter in coder] for coder in (BEN, GERRY)])
    row = only(alphas(record, FEW), "language")
    assert row["alpha"] == pytest.approx(310 / 448) == pytest.approx(0.692, abs=0.0005)
    assert (row["agree"], row["n"], row["level"]) == (9, 12, "nominal")
    assert (row["under_667"], row["under_800"]) == (False, True)


@pytest.mark.parametrize("level, published", [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849),
                                              ("ratio", 0.797)])
def test_sections_c_and_d_hold_the_library_and_the_definition_here(level, published):
    """Four observers; this module has two, but leaves alpha to the library, which must be Krippendorff's."""
    values = [[np.nan if value is None else value for value in coder] for coder in FOUR]
    found = krippendorff.alpha(reliability_data=values, level_of_measurement=level)
    assert found == pytest.approx(published, abs=0.0005)
    assert float(by_definition(FOUR, level)) == pytest.approx(published, abs=0.0005)
    assert level != "nominal" or by_definition(FOUR, level) == 1 - Fraction(8 * 39, 1216)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_two_coders_against_the_definition(level):
    rng = np.random.default_rng(5)
    first = [int(value) for value in rng.integers(0, 6, 40)]
    second = [value if rng.random() < 0.6 else int(rng.integers(0, 6)) for value in first]
    expected = by_definition([first, second], level)
    assert _alpha(first, second, level, np.zeros((0, 40)))[0] == pytest.approx(float(expected), abs=1e-12)
    assert 0.2 < expected < 0.95


# Passonneau 2006: Jaccard's overlap, times 1 for equal sets, 2/3 where one holds the other, 1/3 where they overlap.
@pytest.mark.parametrize("a, b, masi, jaccard", [
    ("ab", "ab", 0, 0), ("a", "ab", 1 - Fraction(2, 3) / 2, Fraction(1, 2)),
    ("ab", "bc", 1 - Fraction(1, 3) / 3, Fraction(2, 3)), ("a", "b", 1, 1), ("", "a", 1, 1), ("", "", 0, 0)])
def test_distances_of_sets(a, b, masi, jaccard):
    for level, expected in (("MASI", masi), ("Jaccard", jaccard)):
        between = _distances([frozenset(a), frozenset(b)], np.arange(2), level)
        assert between[0, 1] == between[1, 0] == pytest.approx(float(expected)) and between[0, 0] == between[1, 1] == 0


def test_alpha_of_sets_by_hand(data):
    """Three articles: equal, one holding the other, disjoint. Observed MASI distances 0, 2/3, 1: Do = 5/9. The six
    sets are p p | p r, p | h, r: pairs of one with another, by MASI: p-p 0, p-pr 2/3, p-h 1, p-r 1, pr-h 1,
    pr-r 2/3, h-r 1. Of 15 pairs: three p-p 0; three p-pr 2; three p-h 3; three p-r 3; pr-h 1; pr-r 2/3; h-r 1; 32/3 in
    all, De = 32/45. alpha = 1 - (5/9) / (32/45) = 1 - 25/32 = 7/32."""
    frames = ([["process"], ["process", "rights"], ["host"]], [["process"], ["process"], ["rights"]])
    assert only(alphas(made(data, frames=frames), 0), "frames")["alpha"] == pytest.approx(7 / 32)


# -- the record -----------------------------------------------------------------------------------------------------

def counted(article: str, critical: bool = False) -> int:
    return sum(s["article_id"] == article and (not critical or s["stance"] == "critical") for s in STATEMENTS)


def outlet_named(name: str) -> str:
    found = [o["outlet_id"] for o in OUTLETS.values() if name in (o["name"], *o["native_names"].split(";"))]
    assert len(found) == 1, name
    return found[0]


def both_codings() -> dict[str, tuple[list, list]]:
    """The values of every variable by the CSV files alone; sets as sorted strings."""
    first = [FIRST[row["article_id"]] for row in SECOND]
    outlet = [OUTLETS[row["outlet_id"]] for row in first]
    found = {name: ([row[name] for row in first], [row[name] for row in SECOND])
             for name in ("language", "published", "genre", "read", "tone", "frames")}
    for name in ("country", "kind", "owner"):
        found[f"outlet_{name}"] = [row[name] for row in outlet], [row[f"outlet_{name}"] for row in SECOND]
    wires = [[outlet_named(name) for name in row["wire"].split(";") if name] for row in SECOND]
    found["wire"] = [";".join(sorted(row["wire"].split(";"))) for row in first], [";".join(sorted(w)) for w in wires]
    found["attributions"] = [counted(row["article_id"]) for row in SECOND], [int(row["attributions"]) for row in SECOND]
    found["critical"] = [counted(row["article_id"], True) for row in SECOND], [int(row["critical"]) for row in SECOND]
    for frame in FRAMES:
        found[f"frame_{frame}"] = tuple([frame in value.split(";") for value in side] for side in found["frames"])
    for tone in TONES:
        found[f"tone_{tone}"] = tuple([value == tone for value in side] for side in found["tone"])
    found["any_wire"] = tuple([value != "" for value in side] for side in found["wire"])
    found["any_critical"] = tuple([value > 0 for value in side] for side in found["critical"])
    return found


CODINGS = both_codings()


@pytest.fixture(scope="module")
def table(data) -> pd.DataFrame:
    return alphas(data, FEW)


def test_every_variable_is_there_once(table):
    assert table.loc[table["primary"], "variable"].tolist() == [
        "language", "published", "outlet_country", "outlet_kind", "outlet_owner", "genre", "read", "tone",
        *(f"tone_{tone}" for tone in TONES), "wire", "any_wire", "attributions", "critical", "any_critical", "frames",
        *(f"frame_{frame}" for frame in FRAMES)]
    assert set(table["variable"]) == set(CODINGS)
    assert table["why"].str.len().min() > 5


def direct(first: list, second: list, level: str) -> float:
    """The library on the two codings as numbers; sets with a distance worked out here."""
    if level in ("MASI", "Jaccard"):
        domain = sorted({*first, *second})
        sets = [set(filter(None, value.split(";"))) for value in domain]

        def metric(v1, v2, i1, i2, n_v, dtype=float):
            def one(i, j):
                a, b = sets[int(i)], sets[int(j)]
                overlap = len(a & b) / len(a | b) if a | b else 1.0
                weight = 1 if a == b or level == "Jaccard" else 2 / 3 if a < b or b < a else 1 / 3
                return 1 - overlap * weight
            return np.vectorize(one)(*np.broadcast_arrays(i1, i2))
    else:
        domain = list(TONES) if level == "ordinal" else sorted({*first, *second})
        metric = level
    if level in ("interval", "ratio"):
        values = [[float(value) for value in side] for side in (first, second)]
    else:
        values = [[float(domain.index(value)) for value in side] for side in (first, second)]
    return krippendorff.alpha(reliability_data=values, level_of_measurement=metric)


def test_alphas_equal_the_library_called_directly(table):
    compared = 0
    for row in table.to_dict("records"):
        first, second = CODINGS[row["variable"]]
        if (row["variable"], row["level"]) == ("published", "interval"):
            dated = [(date.fromisoformat(a).toordinal(), date.fromisoformat(b).toordinal())
                     for a, b in zip(first, second) if a and b]
            first, second = map(list, zip(*dated))
        assert row["alpha"] == pytest.approx(direct(first, second, row["level"]), abs=1e-12), row["variable"]
        assert row["n"] == len(first) == N - row["left_out"]
        assert row["agree"] == sum(a == b if row["level"] not in ("MASI", "Jaccard") else
                                   set(a.split(";")) == set(b.split(";")) for a, b in zip(first, second))
        assert row["share"] == row["agree"] / row["n"] and row["share_low"] <= row["share"] <= row["share_high"]
        assert row["under_667"] == (row["alpha"] < 0.667) and row["under_800"] == (row["alpha"] < 0.8)
        compared += 1
    assert compared == 28 + 5  # every variable, and five at another level


def test_the_levels_of_measurement(table):
    level = table.set_index(["variable", "primary"])["level"]
    assert (level["tone", True], level["tone", False]) == ("nominal", "ordinal")
    assert level["attributions", True] == level["critical", True] == "ratio"
    assert level["frames", True] == level["wire", True] == "MASI"
    others = set(table.loc[table["primary"], "variable"]) - {"attributions", "critical", "frames", "wire"}
    assert {level[name, True] for name in others} == {"nominal"}


def test_yes_and_no_are_counted_in_both_codings(table):
    for row in table.to_dict("records"):
        first, second = CODINGS[row["variable"]]
        if isinstance(first[0], bool):
            assert (row["first"], row["second"]) == (sum(first), sum(second))
        else:
            assert pd.isna(row["first"]) and pd.isna(row["second"])


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio", "MASI", "Jaccard"])
def test_the_sampled_alphas_equal_the_librarys(level):
    """Each sample drawn with replacement, handed to the library unit by unit."""
    rng = np.random.default_rng(11)
    sets = ["", "a", "a;b", "b;c", "c"]
    codes = np.array([rng.integers(0, 5, 25), rng.integers(0, 5, 25)])
    codes[1, :15] = codes[0, :15]
    domain = [frozenset(filter(None, s.split(";"))) for s in sets] if level in ("MASI", "Jaccard") else list(range(5))
    counts = np.zeros((25, 5), int)
    for coder in codes:
        counts[np.arange(25), coder] += 1
    weights = rng.multinomial(25, np.full(25, 1 / 25), size=20)
    between = _distances(domain, np.arange(5.0), level)
    found = _sampled(*codes, counts, weights, between)
    for value, weight in zip(found, weights):
        again = np.repeat(codes, weight, axis=1)
        metric = level if level not in ("MASI", "Jaccard") else lambda v1, v2, i1, i2, n_v, dtype=None: between[
            v1.astype(int), v2.astype(int)]
        assert value == pytest.approx(krippendorff.alpha(reliability_data=again, level_of_measurement=metric), abs=1e-9)


def test_a_sample_without_variation_has_no_alpha():
    counts = np.array([[2, 0], [2, 0], [0, 2]])
    weights = np.array([[2, 1, 0], [1, 1, 1]])
    for between in (np.array([[0.0, 1], [1, 0]]), None):
        nothing, one = _sampled(np.array([0, 0, 1]), np.array([0, 0, 1]), counts, weights, between)
        assert isnan(nothing) and one == 1


def test_intervals_hold_their_alpha(table):
    assert (table["alpha_low"] <= table["alpha"]).all() and (table["alpha"] <= table["alpha_high"]).all()
    uncertain = table[table["agree"] < table["n"]]
    assert len(uncertain) > 20 and (uncertain["alpha_low"] < uncertain["alpha"]).all()


def test_the_interval_covers(data):
    """Made codings whose long-run alpha is known: two coders who each read a fair yes or no right with 0.9. They
    differ with 2 * 0.9 * 0.1 = 0.18, chance with 0.5: alpha tends to 0.64. 95 % intervals hold it nearly as often."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.random(67) < 0.5
        first, second = (list(map(bool, truth ^ (rng.random(67) < 0.1))) for _ in range(2))
        weights = rng.multinomial(67, np.full(67, 1 / 67), size=400)
        _, low, high = _alpha(first, second, "nominal", weights)
        held += low <= 0.64 <= high
    assert 86 <= held <= 100


def test_perfect_agreement_is_one(data):
    record = agreeing(data)
    found = alphas(record, FEW)
    assert (found["alpha"] == 1).all() and (found["share"] == 1).all() and not found["under_667"].any()
    assert (found["alpha_low"] == 1).all() and (found["share_low"] < 1).all()
    assert low_agreement(record) == [] and disagreements(record).empty
    assert (source_agreement(record, FEW)["value"] == 1).all()


def agreeing(data):
    """A record whose second coding says what the first says."""
    articles = data.articles.set_index("article_id").loc[data.recodes["article_id"]]
    outlets = data.outlets.set_index("outlet_id")
    names = dict(zip(data.outlets["outlet_id"], data.outlets["name"]))
    source = data.sources.set_index("source_id")["name"]
    said = data.attributions.groupby("article_id")
    parts = [said.get_group(key) if key in said.groups else data.attributions[:0] for key in articles.index]
    recodes = data.recodes.assign(
        **{name: articles[name].array for name in ("language", "published", "genre", "read", "tone", "frames")},
        **{f"outlet_{name}": outlets.loc[articles["outlet_id"], name].array for name in ("country", "kind", "owner")},
        wire=[[names[outlet] for outlet in wire] for wire in articles["wire"]],
        attributions=[len(part) for part in parts],
        critical=[int((part["stance"] == "critical").sum()) for part in parts],
        sources=[source[part["source_id"]].drop_duplicates().tolist() for part in parts])
    return replace(data, recodes=recodes)


def test_what_does_not_vary_has_no_alpha_and_is_no_proof(data):
    record = made(data, tone=(["neutral"] * 8, ["neutral"] * 8))
    row = only(alphas(record, FEW), "tone")
    assert isnan(row["alpha"]) and isnan(row["alpha_low"]) and row["share"] == 1
    assert pd.isna(row["under_667"]) and pd.isna(row["under_800"])
    assert "tone" in low_agreement(record)
    assert "the tone (none)" in caveat(record, ["tone"])


def test_no_date_and_no_country_are_values(data):
    day = pd.to_datetime(["2025-10-25", "2025-10-25", None, None]).astype("datetime64[us]")
    other = pd.to_datetime(["2025-10-25", None, None, "2025-10-27"]).astype("datetime64[us]")
    found = alphas(made(data, published=(day, other)), 0)
    assert only(found, "published")["alpha"] == pytest.approx(float(by_definition(
        [["a", "a", "", ""], ["a", "", "", "b"]], "nominal")))
    assert (only(found, "published")["agree"], only(found, "published")["left_out"]) == (2, 0)
    days = only(found, "published", "interval")
    assert (days["n"], days["left_out"]) == (1, 3) and isnan(days["alpha"])  # one day alone does not vary
    record = made(data, tone=(["neutral"] * 4, ["neutral"] * 4))
    record = replace(record, recodes=record.recodes.assign(outlet_country=pd.Series([None] * 4, dtype="str")))
    row = only(alphas(record, 0), "outlet_country")
    known = [data.outlets.set_index("outlet_id").at[outlet, "country"] for outlet in record.articles["outlet_id"]]
    assert row["left_out"] == 0 and row["agree"] == sum(pd.isna(code) for code in known) < 4


def test_wire_is_found_by_any_name_and_kept_if_by_none(data):
    outlet = data.outlets[data.outlets["native_names"].map(len) > 0].iloc[0]
    native = outlet["native_names"][0]
    record = made(data, wire=([[outlet["outlet_id"]]] * 3 + [[]], [[native.upper()], [f" {outlet['name']} "],
                                                                   ["Nobody's News"], []]))
    row = only(alphas(record, 0), "wire")
    assert (row["agree"], row["n"]) == (3, 4)
    assert unmatched_names(record).values.tolist() == [[record.recodes["article_id"][2], "wire", "Nobody's News"]]
    told = disagreements(record)
    assert told[["variable", "first", "second"]].values.tolist() == [["wire", outlet["name"], "Nobody's News"]]


def test_an_article_that_is_not_there(data):
    lost = replace(data, articles=data.articles[data.articles["article_id"] != SECOND[0]["article_id"]])
    for function in (alphas, low_agreement, source_agreement, disagreements):
        with pytest.raises(ValueError, match=f"recoded, but not in articles: {SECOND[0]['article_id']}$"):
            function(lost)


def test_nothing_recoded(data):
    bare = replace(data, recodes=data.recodes[:0])
    assert alphas(bare, FEW)["alpha"].isna().all() and alphas(bare, FEW)["n"].eq(0).all()
    assert source_agreement(bare, FEW)["value"].isna().all()
    assert disagreements(bare).empty and unmatched_names(bare).empty


# -- what to say of it ----------------------------------------------------------------------------------------------

def test_low_agreement(data, table):
    low = table[table["primary"] & (table["alpha"] < 0.667)]["variable"].tolist()
    assert low_agreement(data) == low
    assert {"tone", "wire", "frame_children", "frame_process", "frame_research"} <= set(low)
    assert not {"language", "attributions", "frame_rights"} & set(low)


def test_caveat(data, table):
    value = table[table["primary"]].set_index("variable")["alpha"].map("{:.3f}".format)
    said = caveat(data, ["frame_rights", "frame_process", "tone", "frame_children", "wire"])
    assert said == (f"Two coders agree too little on the frames process ({value['frame_process']}) and children "
                    f"({value['frame_children']}), the tone ({value['tone']}) and the credited agency "
                    f"({value['wire']}): Krippendorff’s alpha (in brackets) is under 0.667.")
    assert caveat(data, ["frame_rights", "language"]) == caveat(data, []) == ""
    with pytest.raises(ValueError, match="no such variable: colour; there are language, "):
        caveat(data, ["tone", "colour"])


# -- sources --------------------------------------------------------------------------------------------------------

def node(source: dict[str, str]) -> str:
    return source["outlet_id"] or source["source_id"]


def sources_of_both() -> list[tuple[set, set]]:
    by_name = {}
    for table, key in ((OUTLETS, lambda row: row["outlet_id"]), (SOURCES, node)):
        for row in sorted(table.values(), key=lambda row: list(row.values())[0], reverse=True):
            by_name |= {name: key(row) for name in row["native_names"].split(";") if name}
        for row in sorted(table.values(), key=lambda row: list(row.values())[0], reverse=True):
            by_name[row["name"]] = key(row)
    first = {row["article_id"]: set() for row in SECOND}
    for row in STATEMENTS:
        if row["article_id"] in first:
            first[row["article_id"]].add(node(SOURCES[row["source_id"]]))
    return [(first[row["article_id"]], {by_name.get(name, name) for name in row["sources"].split(";") if name})
            for row in SECOND]


PAIRS = sources_of_both()


def is_named(value: str) -> bool:
    unnamed = {node(s) for s in SOURCES.values() if s["name"].startswith("unnamed ")}
    unnamed |= {o["outlet_id"] for o in OUTLETS.values() if o["kind"] == "unnamed media"}
    return value not in unnamed and not value.startswith("unnamed ")


@pytest.mark.parametrize("which", ["all", "named"])
def test_source_agreement(data, which):
    pairs = [({x for x in a if which == "all" or is_named(x)}, {x for x in b if which == "all" or is_named(x)})
             for a, b in PAIRS]
    table = source_agreement(data, FEW)
    table = table[table["sources"] == which].set_index(["average", "measure"])
    a, b, both = (sum(map(len, part)) for part in zip(*[(x, y, x & y) for x, y in pairs]))
    assert table[["first", "second", "both"]].drop_duplicates().values.tolist() == [[a, b, both]]
    assert table["none"].unique().tolist() == [sum(not x | y for x, y in pairs)]
    expected = {("pooled", "precision"): both / b, ("pooled", "recall"): both / a, ("pooled", "f1"): 2 * both / (a + b)}
    for measure, part in {"precision": lambda x, y: len(y), "recall": lambda x, y: len(x),
                          "f1": lambda x, y: (len(x) + len(y)) / 2}.items():
        values = [len(x & y) / part(x, y) for x, y in pairs if part(x, y)]
        expected["article", measure] = sum(values) / len(values)
        assert table.loc[("article", measure), "articles"] == table.loc[("pooled", measure), "articles"] == len(values)
    assert table["value"].to_dict() == pytest.approx(expected)
    assert (table["low"] < table["value"]).all() and (table["value"] < table["high"]).all()


def test_source_agreement_by_hand(data):
    """Guterres and Kaye against Guterres and Nobody; two against none; none against none."""
    two = data.sources[data.sources["outlet_id"].isna() & (data.sources["kind"] == "person")][:2]
    record = made(data, sources=([], [[two["name"].iloc[0], "Nobody", "unnamed nobodies"], [], []]),
                  tone=(["neutral"] * 3, ["neutral"] * 3))
    ids = record.articles["article_id"]
    said = pd.DataFrame({"article_id": [ids[0], ids[0], ids[0], ids[1], ids[1]], "stance": "neutral",
                         "source_id": [two["source_id"].iloc[i] for i in (0, 1, 0, 0, 1)]})
    record = replace(record, attributions=said.astype({"article_id": "str", "source_id": "str"}))
    value = source_agreement(record, 0).groupby(["sources", "average"])["value"].agg(list)
    assert value["all", "pooled"] == pytest.approx([1 / 3, 1 / 4, 2 / 7])
    assert value["all", "article"] == pytest.approx([1 / 3, 1 / 4, 1 / 5])  # recall 1/2 and 0; f1 2/5 and 0
    assert value["named", "pooled"] == pytest.approx([1 / 2, 1 / 4, 2 / 6])
    assert source_agreement(record, 0)["low"].isna().all()
    assert unmatched_names(record)["name"].tolist() == ["Nobody", "unnamed nobodies"]


def test_f1_does_not_ask_who_was_first(data):
    table = source_agreement(data, 0).set_index(["sources", "average", "measure"])["value"]
    p, r, f = (table["all", "pooled", m] for m in ("precision", "recall", "f1"))
    assert f == pytest.approx(2 * p * r / (p + r))


def test_unmatched_names(data):
    known = {x for row in (*OUTLETS.values(), *SOURCES.values())
             for x in (row["name"], *row["native_names"].split(";"))}
    lost = [[row["article_id"], "sources", name] for row in SECOND for name in row["sources"].split(";")
            if name and name not in known]
    assert unmatched_names(data).values.tolist() == sorted(lost) and len(lost) > 0


# -- disagreements --------------------------------------------------------------------------------------------------

def test_disagreements(data, table):
    told = disagreements(data)
    whole = [name for name in table.loc[table["primary"], "variable"]
             if not name.startswith(("frame_", "tone_", "any_"))]
    count = told.groupby("variable").size()
    expected = {row["variable"]: row["n"] - row["agree"] for row in table.to_dict("records")
                if row["primary"] and row["variable"] in whole}
    expected["sources"] = sum(a != b for a, b in PAIRS)
    assert count.to_dict() == {name: number for name, number in expected.items() if number}
    order = [(list([*whole, "sources"]).index(v), a) for v, a in zip(told["variable"], told["article_id"])]
    assert order == sorted(order)
    for row in told.to_dict("records"):
        article = FIRST[row["article_id"]]
        assert (row["url"], row["subject"]) == (article["url"], article["subject"])
        assert row["first"] != row["second"]
    frames = told[told["variable"] == "frames"].set_index("article_id")
    for row in SECOND:
        a, b = ("; ".join(sorted(x["frames"].split(";"))) for x in (FIRST[row["article_id"]], row))
        assert a == b or frames.loc[row["article_id"], ["first", "second"]].tolist() == [a, b]


def test_disagreements_show_names_and_numbers(data):
    day = pd.to_datetime([None, "2025-10-25"]).astype("datetime64[us]")
    record = made(data, published=(day, day[::-1]), attributions=([], [0, 3]))
    told = disagreements(record)[["variable", "first", "second"]].values.tolist()
    assert told == [["published", "no date", "2025-10-25"], ["published", "2025-10-25", "no date"],
                    ["attributions", "0", "3"]]


# -- form -----------------------------------------------------------------------------------------------------------

COLUMNS = {
    "alphas": {"variable": "str", "level": "str", "why": "str", "primary": "bool", "alpha": "float64",
               "alpha_low": "float64", "alpha_high": "float64", "agree": "int64", "share": "float64",
               "share_low": "float64", "share_high": "float64", "n": "int64", "left_out": "int64", "first": "Int64",
               "second": "Int64", "under_667": "boolean", "under_800": "boolean"},
    "source_agreement": {"sources": "str", "average": "str", "measure": "str", "value": "float64", "low": "float64",
                         "high": "float64", "first": "int64", "second": "int64", "both": "int64", "articles": "int64",
                         "none": "int64"},
    "disagreements": dict.fromkeys(["article_id", "variable", "first", "second", "url", "subject"], "str"),
    "unmatched_names": dict.fromkeys(["article_id", "variable", "name"], "str"),
}


def called(name: str, data) -> pd.DataFrame:
    more = {"resamples": FEW} if name in ("alphas", "source_agreement") else {}
    return getattr(agreement, name)(data, **more)


@pytest.mark.parametrize("name", COLUMNS)
def test_docstring_names_the_columns(name):
    returns = getattr(agreement, name).__doc__.split("Returns\n")[1].split("Raises")[0]
    assert set(COLUMNS[name]) <= set(re.findall(r"`(\w+)`", returns))


@pytest.mark.parametrize("change", [lambda data: data, lambda data: replace(data, recodes=data.recodes[:0]), agreeing])
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


def test_the_seed_decides_the_intervals_and_nothing_else(data):
    for function, low, high in ((alphas, "alpha_low", "alpha_high"), (source_agreement, "low", "high")):
        first, again, other = (function(data, FEW, seed) for seed in (1, 1, 2))
        pd.testing.assert_frame_equal(first, again)
        pd.testing.assert_frame_equal(first.drop(columns=[low, high]), other.drop(columns=[low, high]))
        assert (first[low] != other[low]).any()
