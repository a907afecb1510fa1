"""Same statements: against a person's labels, against clustering by hand, and on planted cases that must be told apart.

tests/data/statement_pairs.csv holds the labels: pairs of attribution_id that tools/sample_statement_pairs.py draws, and
whether both make the same point. Rule: "yes" where one would say that both articles carried this statement, that is,
where the point of the shorter gist stands in the other one too, or both give the same main claim; "no" where only the
topic, an aside or a bare judgement (a milestone, historic) is common, where numbers differ, where one is too vague to
be a point, or where the words belong to two occasions. `reason` says why where it is close.
"""

from __future__ import annotations

import importlib.util
import math
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from records import read_tables

from analysis import Dataset
from analysis.echoes import repeated, same_statement
from analysis.echoes import statements as module
from analysis.echoes.statements import CREDIT, THRESHOLD

HERE = Path(__file__).resolve().parent
LABELS = pd.read_csv(HERE / "data" / "statement_pairs.csv", keep_default_na=False)


TABLES = read_tables()
OUTLETS = {row["outlet_id"]: row for row in TABLES["outlets"]}
ARTICLES = {row["article_id"]: row for row in TABLES["articles"]}
SOURCES = {row["source_id"]: row for row in TABLES["sources"]}
STATEMENTS = {row["attribution_id"]: row for row in TABLES["attributions"]}
NODE = {key: row["outlet_id"] or key for key, row in SOURCES.items()}


@pytest.fixture(scope="module")
def table(data) -> pd.DataFrame:
    return same_statement(data)


@pytest.fixture(scope="module")
def groups(data):
    """Every statement's group at a threshold; the tree is made once."""
    said = module._statements(data)
    trees = list(module._trees(said))

    def at(threshold: float) -> dict[str, tuple[int, int]]:
        found = {}
        for number, tree in enumerate(trees):
            label = tree.labels(threshold)[tree.place]
            found |= {name: (number, k) for name, k in zip(said["attribution_id"].to_numpy()[tree.rows], label)}
        return found

    return at


# -- against labels -------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("sample_statement_pairs",
                                                  HERE.parent / "tools" / "sample_statement_pairs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_labelled_pairs_are_those_that_the_tool_draws(data, tool):
    pairs = tool.population(data)
    sizes = Counter(NODE[said["source_id"]] for said in STATEMENTS.values())
    assert len(pairs) == sum(n * (n - 1) // 2 for n in sizes.values())
    columns = ["a", "b", "stratum", "pairs", "half"]
    assert tool.draw(pairs)[columns].values.tolist() == LABELS[columns].values.tolist()


def test_labels_are_complete():
    assert set(LABELS["same"]) == {"yes", "no"} and set(LABELS["half"]) == {"tune", "held out"}
    assert not LABELS.duplicated(["a", "b"]).any()
    for pair in LABELS.itertuples():
        a, b = STATEMENTS[pair.a], STATEMENTS[pair.b]
        assert NODE[a["source_id"]] == NODE[b["source_id"]]
        assert pair.same == "yes" or a["gist"] != b["gist"]


def cells(half: str, found: dict) -> tuple[np.ndarray, np.ndarray]:
    """Of each stratum its pairs, and how many of its labelled pairs are (joined and same, joined, same, labelled)."""
    part = LABELS[LABELS["half"] == half]
    hit = np.array([found[a] == found[b] for a, b in zip(part["a"], part["b"])])
    same = (part["same"] == "yes").to_numpy()
    kind = pd.Series(np.where(hit & same, 0, np.where(hit, 1, np.where(same, 2, 3))), index=part.index)
    counts = pd.crosstab(part["stratum"], kind).reindex(columns=range(4), fill_value=0)
    return part.groupby("stratum")["pairs"].first().to_numpy(dtype=float), counts.to_numpy()


def quality(pairs: np.ndarray, counts: np.ndarray, beta: float = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F of the pairs joined, weighted to all pairs; counts: (..., stratum, kind)."""
    right, wrong, missed, _ = np.moveaxis((counts / counts.sum(axis=-1, keepdims=True)
                                           * pairs[:, None]).sum(axis=-2), -1, 0)
    precision, recall = right / (right + wrong), right / (right + missed)
    return precision, recall, (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def test_the_threshold_is_the_best_of_the_tuning_half(groups):
    """F0.5 weighs precision over recall: to join two statements is worse than to miss that they are one."""
    score = {t: float(quality(*cells("tune", groups(t)), beta=0.5)[2]) for t in [i / 100 for i in range(8, 41)]}
    assert max(score, key=score.get) == THRESHOLD


def test_what_the_documentation_says_of_the_held_out_half(groups):
    pairs, counts = cells("held out", groups(THRESHOLD))
    rng = np.random.default_rng(20251025)
    samples = np.stack([rng.multinomial(row.sum(), row / row.sum(), size=10_000) for row in counts], axis=1)
    words = re.sub(r"\s+", " ", same_statement.__doc__)
    said = re.search(r"into one group (\d+) % \((\d+) to (\d+)\) .*?, and (\d+) % \((\d+) to (\d+)\) .*?; F1 is "
                     r"([\d.]+) \(([\d.]+) to ([\d.]+);", words).groups()
    for i, (value, sampled) in enumerate(zip(quality(pairs, counts), quality(pairs, samples))):
        unit = 1 if i == 2 else 100
        low, high = np.quantile(sampled, [0.025, 0.975])
        assert [round(float(v) * unit, 2 if i == 2 else 0) for v in (value, low, high)] == [
            float(x) for x in said[3 * i: 3 * i + 3]]
    assert f"{len(LABELS)} pairs" in words and f"{LABELS.drop_duplicates('stratum')['pairs'].sum():,} pairs" in words


def test_two_statements_of_one_article_are_seldom_joined(groups):
    """By the codebook they are two points, which no label was needed to know."""
    found = groups(THRESHOLD)
    inside = defaultdict(list)
    for key, row in STATEMENTS.items():
        inside[row["article_id"], NODE[row["source_id"]]].append(key)
    pairs = [pair for keys in inside.values() for pair in combinations(keys, 2)
             if STATEMENTS[pair[0]]["gist"] != STATEMENTS[pair[1]]["gist"]]
    joined = sum(found[a] == found[b] for a, b in pairs)
    assert len(pairs) > 800 and joined / len(pairs) < 0.03


# -- against plain loops --------------------------------------------------------------------------------------------

GISTS = sorted({row["gist"] for row in STATEMENTS.values()})
PIECES = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), strip_accents="unicode").build_analyzer()


def word_list(text: str) -> list[str]:
    return [word for word in re.findall(r"\w\w+", text.lower()) if word not in ENGLISH_STOP_WORDS]


def weights(terms) -> dict[str, dict[str, float]]:
    """TF-IDF as Salton and Buckley have it: 1 + ln of the count, times 1 + ln of (1 + n) / (1 + texts that have it)."""
    counted = {gist: Counter(terms(gist)) for gist in GISTS}
    having = Counter(term for count in counted.values() for term in count)
    found = {}
    for gist, count in counted.items():
        row = {t: (1 + math.log(k)) * (1 + math.log((1 + len(GISTS)) / (1 + having[t]))) for t, k in count.items()}
        length = math.sqrt(sum(v * v for v in row.values())) or 1
        found[gist] = {t: v / length for t, v in row.items()}
    return found


@pytest.mark.parametrize("source", ["unodc", "human-rights-watch", "ghada-waly", "philemon-yang", "yilmaz-tunc"])
def test_groups_are_those_of_average_linkage_by_hand(groups, table, source):
    names = [key for key, row in STATEMENTS.items() if NODE[row["source_id"]] == source]
    texts = sorted({STATEMENTS[name]["gist"] for name in names})
    kinds = [weights(word_list), weights(PIECES)]
    like = {(a, b): sum(sum(v * kind[b].get(t, 0) for t, v in kind[a].items()) for kind in kinds) / 2
            for a in texts for b in texts}

    def mean(one: list[str], other: list[str]) -> float:
        if any(unlike(a, b) for a in one for b in other):
            return -1
        return sum(like[a, b] for a in one for b in other) / len(one) / len(other)

    def unlike(a: str, b: str) -> bool:
        numbers = [set(re.findall(r"\d+", text)) for text in (a, b)]
        return bool(numbers[0] and numbers[1] and not numbers[0] & numbers[1])

    clusters = [[text] for text in texts]
    while len(clusters) > 1:
        best, i, j = max((mean(clusters[i], clusters[j]), -i, -j) for i, j in combinations(range(len(clusters)), 2))
        if best < THRESHOLD:
            break
        clusters[-i] += clusters.pop(-j)
    expected = {frozenset(name for name in names if STATEMENTS[name]["gist"] in cluster) for cluster in clusters}
    found = groups(THRESHOLD)
    got = defaultdict(set)
    for name in names:
        got[found[name]].add(name)
    assert {frozenset(group) for group in got.values()} == expected and 3 < len(expected) < len(texts)
    points = table[table["source"] == source].drop_duplicates("group").set_index("point")["attribution_id"]
    for point, name in points.items():
        cluster = next(cluster for cluster in clusters if STATEMENTS[name]["gist"] in cluster)
        total = {text: sum(like[text, other] for other in cluster) for text in cluster}
        assert total[point] == pytest.approx(max(total.values()), abs=1e-5)


def test_rows_say_what_the_record_says(table, groups):
    found = groups(THRESHOLD)
    members = defaultdict(set)
    for name, group in found.items():
        members[group].add(name)
    several = {frozenset(group) for group in members.values()
               if len({STATEMENTS[name]["article_id"] for name in group}) > 1}
    assert {frozenset(part) for _, part in table.groupby("group")["attribution_id"]} == several
    for row in table.itertuples():
        said, article = STATEMENTS[row.attribution_id], ARTICLES[row.article_id]
        outlet, source = OUTLETS[article["outlet_id"]], SOURCES[said["source_id"]]
        assert (row.article_id, row.gist, row.stance, row.form) == (
            said["article_id"], said["gist"], said["stance"], said["form"])
        assert (row.outlet, row.outlet_name, row.country) == (
            article["outlet_id"], outlet["name"], outlet["country"] or "unknown")
        assert row.source == NODE[said["source_id"]] and row.language == article["language"]
        assert ("" if pd.isna(row.published) else f"{row.published:%Y-%m-%d}") == article["published"]
        assert ";".join(row.via) == said["via"] and ";".join(row.wire) == article["wire"]
        expected = (CREDIT[0] if row.source == row.outlet else CREDIT[1] if said["via"]
                    else CREDIT[2] if article["wire"] else CREDIT[3])
        assert row.credit == expected
        if not source["outlet_id"]:
            assert row.source_name == source["name"] and row.named != source["name"].startswith("unnamed ")
    assert {"Vietnamese media"}.isdisjoint(table.loc[table["named"], "source_name"])


def test_groups_begin_with_their_first_article_and_count_the_earlier_ones(table):
    for name, part in table.groupby("group", sort=False):
        day = {row.article_id: row.published for row in part.itertuples()}
        outlet = {row.article_id: row.outlet for row in part.itertuples()}
        key = [(pd.isna(row.published), "" if pd.isna(row.published) else str(row.published), row.attribution_id)
               for row in part.itertuples()]
        assert key == sorted(key) and name == part["attribution_id"].iloc[0]
        assert part["point"].nunique() == 1 and part["point"].iloc[0] in set(part["gist"])
        for row in part.itertuples():
            earlier = sum(day[a] < row.published and outlet[a] != row.outlet for a in day)
            assert row.earlier is pd.NA if pd.isna(row.published) else row.earlier == earlier


def test_repeated_counts_the_rows(data, table):
    summary = repeated(data)
    assert summary["group"].tolist() == table["group"].drop_duplicates().tolist()
    for row in summary.to_dict("records"):
        part = table[table["group"] == row["group"]]
        days = [date.fromisoformat(f"{day:%Y-%m-%d}") for day in part["published"].dropna()]
        own = (part["credit"] == CREDIT[0]).sum()
        credited = part["credit"].isin(CREDIT[1:3]).sum()
        assert [row[c] for c in ("statements", "articles", "outlets", "languages", "credited", "undated")] == [
            len(part), part["article_id"].nunique(), part["outlet"].nunique(), part["language"].nunique(), credited,
            len(part) - len(days)]
        assert row["countries"] == len(set(part["country"]) - {"unknown", "INT"})
        if days:
            assert (row["first"].date(), row["last"].date(), row["days"]) == (
                min(days), max(days), (max(days) - min(days)).days)
        else:
            assert pd.isna(row["days"]) and pd.isna(row["first"])
        n, p, z = len(part) - own, credited / (len(part) - own), 1.959963984540054
        middle, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
        assert row["share"] == pytest.approx(p)
        assert (row["share_low"], row["share_high"]) == pytest.approx(
            ((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)), abs=1e-9)
    key = [(-row.outlets, -row.articles, row.group) for row in summary.itertuples()]
    assert key == sorted(key)


def test_the_order_of_rows_does_not_matter(data, table):
    mixed = replace(data, **{name: getattr(data, name).sample(frac=1, random_state=i) for i, name in enumerate(
        ("articles", "outlets", "sources", "attributions"))})
    pd.testing.assert_frame_equal(same_statement(mixed), table)


# -- planted cases --------------------------------------------------------------------------------------------------

def record(data: Dataset, *said: dict) -> Dataset:
    """A record of these statements: gist, and what differs from an undated neutral one of António Guterres in an outlet
    of its own. `article` puts several into one article."""
    articles, outlets, attributions = {}, {}, []
    for i, row in enumerate(said):
        article = row.get("article", f"a{i:02}")
        outlet = row.get("outlet", f"o-{article}")
        articles[article] = {"article_id": article, "url": f"https://{article}.test", "outlet_id": outlet,
                             "language": "en", "published": pd.Timestamp(row.get("day")), "genre": "news",
                             "subject": "", "frames": [], "tone": "neutral", "wire": row.get("wire", []),
                             "read": "excerpt"} | articles.get(article, {})
        outlets[outlet] = {"outlet_id": outlet, "name": outlet, "native_names": [], "domains": [],
                           "country": "VN", "kind": "online news", "owner": "private", "coded": True}
        attributions.append({"attribution_id": f"{article}.{i}", "article_id": article, "position": 1,
                             "source_id": row.get("source", "antonio-guterres"), "form": "indirect",
                             "stance": row.get("stance", "neutral"), "via": row.get("via", []), "gist": row["gist"]})
    others = data.outlets[~data.outlets["outlet_id"].isin(outlets)]
    made = {"articles": pd.DataFrame(articles.values()).astype(data.articles.dtypes),
            "outlets": pd.concat([others, pd.DataFrame(outlets.values()).astype(data.outlets.dtypes)]),
            "attributions": pd.DataFrame(attributions).astype(data.attributions.dtypes)}
    return replace(data, **made)


def grouped(data: Dataset, *said: dict | str) -> list[list[int]]:
    """The groups that are found, each as the numbers of its statements."""
    found = same_statement(record(data, *({"gist": row} if isinstance(row, str) else row for row in said)))
    found["number"] = found["attribution_id"].str.split(".").str[1].astype(int)
    return sorted(sorted(part) for _, part in found.groupby("group")["number"])


SCAMS = "Scams destroy families and drain billions; a strong connected response is needed."
FRAUD = "Daily fraud ruins families and takes billions from the economy, so a connected answer is needed"
START = "The signing is an important milestone yet only the beginning."


def test_the_same_point_in_other_words_is_one_statement(data):
    assert grouped(data, SCAMS, FRAUD, START) == [[0, 1]]
    assert grouped(data, SCAMS, FRAUD, START, "An important milestone, but only a start") == [[0, 1], [2, 3]]


def test_the_same_words_of_another_source_are_another_statement(data):
    assert grouped(data, SCAMS, {"gist": SCAMS, "source": "ghada-waly"}) == []


def test_a_source_that_is_an_outlet_is_that_outlet(data):
    more = data.sources[data.sources["source_id"] == "ghada-waly"].assign(source_id="waly-again", outlet_id="vna")
    first = data.sources[data.sources["source_id"] == "ghada-waly"].assign(source_id="waly-too", outlet_id="vna")
    wide = replace(data, sources=pd.concat([data.sources, more, first], ignore_index=True))
    made = record(wide, {"gist": SCAMS, "source": "waly-again"}, {"gist": SCAMS, "source": "waly-too"},
                  {"gist": SCAMS, "source": "waly-too", "outlet": "vna"})
    table = same_statement(made)
    assert table["source"].unique().tolist() == ["vna"] and len(table) == 3
    assert table.set_index("outlet").at["vna", "credit"] == CREDIT[0]
    assert repeated(made).loc[0, ["statements", "credited"]].tolist() == [3, 0]


PAIRS = [
    ("70 states signed the convention in Hanoi.", "40 states signed the convention in Hanoi.", False),
    ("70 states signed the convention in Hanoi.", "The convention was signed in Hanoi by 70 states.", True),
    ("Sixty-eight states have signed so far.", "So far 68 states have signed.", True),
    ("Sixty-eight states have signed so far.", "So far 65 states have signed.", False),
    ("Enters into force after the fortieth ratification.", "In force after 40 ratifications.", True),
    ("First criminal justice treaty in two decades.", "First criminal justice treaty in over 20 years.", True),
    ("Cybercrime costs 10.5 trillion dollars a year.", "Cybercrime costs eight trillion dollars a year.", False),
    ("72 states signed; 40 must ratify.", "72 states signed in all.", True),
    ("Many states signed the convention in Hanoi.", "70 states signed the convention in Hanoi.", True),
    ("The United States will sign the treaty.", "The United States will not sign the treaty.", False),
    ("The United States will sign the treaty.", "The United States won’t sign the treaty.", False),
    ("The United States agreed to sign the treaty.", "The United States refused to sign the treaty.", False),
    ("The treaty not only helps police but protects victims.", "The treaty helps police and protects victims.", True),
    ("A powerful, binding tool that strengthens joint defences.",
     "A binding tool for joint defence that cannot be used for surveillance or rights violations.", True),
]


@pytest.fixture(scope="module")
def pairs(data) -> set[int]:
    """Which of the pairs are one statement; each pair is said by a source of its own, in one record."""
    people = data.sources.loc[data.sources["outlet_id"].isna(), "source_id"]
    sides = [{"gist": gist, "source": source} for source, pair in zip(people, PAIRS) for gist in pair[:2]]
    return {number // 2 for group in grouped(data, *sides) for number in group}


@pytest.mark.parametrize("number", range(len(PAIRS)), ids=[" / ".join(pair[:2]) for pair in PAIRS])
def test_numbers_and_negation(pairs, number):
    assert (number in pairs) == PAIRS[number][2]


def test_numbers_that_differ_stay_apart_in_however_large_a_crowd(data):
    crowd = [f"{who} states have signed the convention in Hanoi" for who in (
        "Many", "Most", "More", "Several", "Numerous", "Some", "Various", "Other", "Asian", "African", "Arab")]
    found = grouped(data, *crowd, "70 states have signed the convention in Hanoi",
                    "40 states have signed the convention in Hanoi")
    assert not any({11, 12} <= set(group) for group in found) and any(len(group) >= 11 for group in found)


def test_a_supporter_and_a_critic_make_no_common_point(data):
    point = "The convention changes how states fight cybercrime."
    for stance, expected in (("critical", []), ("neutral", [[0, 1]]), ("mixed", [[0, 1]])):
        assert grouped(data, {"gist": point, "stance": "supportive"},
                       {"gist": f"{point[:-1]} now.", "stance": stance}) == expected


def test_an_article_that_says_it_twice_does_not_repeat_it(data):
    assert grouped(data, {"gist": SCAMS, "article": "x"}, {"gist": SCAMS, "article": "x"}) == []
    made = record(data, *({"gist": gist, "article": article} for gist, article in (
        (SCAMS, "x"), (SCAMS, "x"), (FRAUD, "y"))))
    assert repeated(made).loc[0, ["statements", "articles", "outlets"]].tolist() == [3, 2, 2]


def test_a_chain_of_weak_likenesses_does_not_join_its_ends(data):
    """Each has half of the next one's words; single linkage would make them one."""
    parts = ["ransomware hospitals", "evidence prosecutors", "children images", "Vietnam hosting", "ratification forty",
             "privacy journalists", "sovereignty Budapest", "banks fraud"]
    links = [f"{a} {b}" for a, b in zip(parts, parts[1:])]
    found = grouped(data, *links)
    assert found and max(map(len, found)) < len(links) and not any({0, len(links) - 1} <= set(g) for g in found)


def test_who_credited_whom(data):
    made = record(data, {"gist": SCAMS, "day": "2025-10-25", "wire": ["afp"]},
                  {"gist": SCAMS, "day": "2025-10-26", "via": ["reuters"], "wire": ["afp"]},
                  {"gist": SCAMS, "day": "2025-10-26", "outlet": "again"}, {"gist": SCAMS},
                  {"gist": SCAMS, "outlet": "again"}, {"gist": SCAMS, "day": "2025-10-28", "outlet": "again"})
    table = same_statement(made).set_index("attribution_id")
    assert table.index.tolist() == ["a00.0", "a01.1", "a02.2", "a05.5", "a03.3", "a04.4"]  # undated last
    assert table["credit"].tolist() == [CREDIT[2], CREDIT[1], *[CREDIT[3]] * 4]
    assert table["earlier"].fillna(-1).tolist() == [0, 1, 1, 2, -1, -1]  # not its own outlet's article
    row = repeated(made).iloc[0]
    assert (row["credited"], row["days"], row["undated"], row["outlets"]) == (2, 3, 2, 4)
    assert row["share"] == pytest.approx(2 / 6)


def test_the_point_is_the_gist_most_like_the_others(data):
    made = record(data, {"gist": "Scams destroy families."}, {"gist": SCAMS}, {"gist": SCAMS},
                  {"gist": "A strong connected response is needed, as scams drain billions."})
    assert same_statement(made)["point"].tolist() == [SCAMS] * 4


def test_two_gists_are_as_alike_in_a_cut_record_as_in_the_whole(data, groups):
    """So a threshold that was judged on the whole record holds for a part of it, or for a record of three articles."""
    names = LABELS.loc[LABELS["stratum"].between(9, 14), ["a", "b"]].to_numpy()[::12]
    part = replace(data, attributions=data.attributions[data.attributions["attribution_id"].isin(names.ravel())])
    texts = {tree.texts[k]: tree.vectors[[k]] for tree in module._trees(module._statements(part))
             for k in range(len(tree.texts))}
    whole = {tree.texts[k]: tree.vectors[[k]] for tree in module._trees(module._statements(data))
             for k in range(len(tree.texts))}
    for a, b in names:
        one, other = STATEMENTS[a]["gist"], STATEMENTS[b]["gist"]
        assert (texts[one] @ texts[other].T).sum() == pytest.approx((whole[one] @ whole[other].T).sum(), abs=1e-6)


def test_gists_without_a_word_are_no_error(data):
    assert grouped(data, "?", "!", "国連", "国連 条約") in ([[2, 3]], [])
    assert grouped(data, "?", "?") == [[0, 1]]


@pytest.mark.parametrize("text, numbers", [
    ("70 states, 1,976 statements, 10.5 trillion.", {70, 1976, 10.5}), ("Sixty-eight; fortieth; ninety", {68, 40, 90}),
    ("twenty-first century, two decades, five years", {21, 20, 5}), ("someone often eightfold, once", set()),
    ("on 25.10.2025", {25.1}), ("1,234,567 and nineteen", {1234567, 19}), ("", set()),
])
def test_numbers(text, numbers):
    assert module._numbers(text) == numbers


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01])
def test_a_threshold_must_be_a_likeness(data, threshold):
    with pytest.raises(ValueError, match="threshold"):
        same_statement(data, threshold)


def test_at_the_highest_threshold_only_the_same_words_are_one(data):
    table = same_statement(data, 1)
    assert (table["gist"] == table["point"]).mean() > 0.95 and len(table) > 100
    assert len(same_statement(data, 0.01)) > len(same_statement(data)) > len(table)


def test_no_statements_make_empty_tables(data, table):
    none = replace(data, attributions=data.attributions[:0])
    pd.testing.assert_frame_equal(same_statement(none), table[:0])
    assert repeated(none).dtypes.equals(repeated(data).dtypes) and repeated(none).empty


def test_the_record_stays_as_it_is(data):
    before = {name: getattr(data, name).copy() for name in ("articles", "outlets", "sources", "attributions")}
    repeated(data)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(getattr(data, name), frame)
