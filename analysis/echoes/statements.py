"""One statement in many places: attributions of the same source that make the same point, and who credited whom for it.

Gists are a coder's words, so the same point is found by likeness of wording, at a threshold judged against labels.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage

from analysis import coverage, places, quoting
from analysis.dataset import DATA, Dataset
from analysis.shares import add_share

# Mean likeness to a group from which on a statement belongs to it: chosen on one half of tests/data/statement_pairs.csv
# and judged on the other, see `same_statement`.
THRESHOLD = 0.16

OWN, TO_OUTLET, AGENCY, NONE = CREDIT = (
    "the source's own outlet", "credited to an outlet", "in a credited agency text", "no credit visible")

# Words alone miss "defend" in "defence", pieces of words alone miss that two short words differ: the mean of both.
_LIKENESS = ({"stop_words": "english"}, {"analyzer": "char_wb", "ngram_range": (3, 5)})
# So alike that a "not" in only one of two gists turns it into the other's opposite, and is no aside.
_VERBATIM = 0.6
_NEVER = 1e12  # a distance that no average over a source's statements brings below any threshold
_ROWS = 512  # worked on at a time: bounds the memory, not the result

_NEGATION = re.compile(r"\b(?:not(?! only\b)|never|cannot|neither|nor|(?:refus|declin)\w+ to|\w+n[’']t)\b", re.I)
_UNITS = {word: i for i, word in enumerate(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen".split(), start=2)}
_TENS = {word: 10 * i for i, ty in enumerate("twen thir for fif six seven eigh nine".split(), start=2)
         for word in (f"{ty}ty", f"{ty}tieth")}
_AFTER_TENS = {"one": 1, "first": 1, "second": 2, "third": 3} | {word: n for word, n in _UNITS.items() if n < 10}
_NUMBER = re.compile(
    rf"(?P<digits>\d+(?:[.,]\d+)*)|\b(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<more>{'|'.join(_AFTER_TENS)}))?\b"
    rf"|\b(?P<unit>{'|'.join(_UNITS)})\b(?P<decades> decades)?")


def same_statement(data: Dataset, threshold: float = THRESHOLD) -> pd.DataFrame:
    """Attributions of one source that make the same point, found across outlets and languages.

    Likeness of two gists: the mean of the cosines of their words and of their character n-grams (3 to 5), weighted by
    TF-IDF (Salton and Buckley 1988, Information Processing & Management 24:513-523; scikit-learn). The weights rest on
    the bundled gists and the record's own, so that the likeness of two gists does not change when a record is cut.
    Within a source (a node: see `quoting.nodes`) statements are grouped by average linkage (UPGMA; Sokal and Michener
    1958): two groups become one where their mean likeness is at least `threshold`, so that no chain of weak likenesses
    joins what differs. Never joined, however alike: gists that both hold numbers and have none in common (70 states,
    40 ratifications); a supportive and a critical statement; wording that is nearly the same but for a "not".

    How far to trust it: 576 pairs of the bundled record were labelled, drawn by likeness and source, and weighted back
    to all 72,488 pairs of statements of one source. The threshold is the one with the best F0.5, which asks for
    precision first, on one half of them. On the other half, of the pairs that are put into one group 97 % (92 to 100)
    make the same point, and 73 % (62 to 85) of the pairs that make the same point are put into one group; F1 is 0.84
    (0.75 to 0.91; 95 % bootstrap intervals within strata). So more is missed than wrongly joined: numbers of outlets
    are lower bounds. One labeller saw the gists alone, not the articles, in the order of likeness.

    Where the source is a group without a name (`named` is false), the same point need not be the same people's.

    Parameters
    ----------
    threshold: mean likeness (over 0, up to 1) from which statements are one.

    Returns
    -------
    DataFrame, a row for each attribution whose statement stands in at least two articles; groups in the order of
    `repeated`, in a group by date (undated last), then by attribution_id: `group` (attribution_id of its first row),
    `source` (node), `source_name`, `named` (bool), `point` (the gist that is most like the group's others),
    `attribution_id`, `article_id`, `outlet` (outlet_id), `outlet_name`, `country` (of the outlet, `unknown` where it
    is), `language` (BCP 47), `published` (datetime64, NaT where undated), `form`, `stance` (categories), `gist` (its
    own), `via`, `wire` (lists of outlet_id: whom the article credits for the statement, and for its whole text),
    `credit` (ordered category: `the source's own outlet`, `credited to an outlet`, `in a credited agency text`,
    `no credit visible`; the first that applies), `earlier` (Int64: articles of other outlets in the group with an
    earlier date; missing where undated).

    `no credit visible` says what it says: the outlet may have heard the source itself, or have dropped the agency's
    name, or the name stood outside the excerpt; even with `earlier` articles it is no proof of a copy.

    Raises
    ------
    ValueError: for a threshold outside (0, 1].

    >>> from analysis import load_dataset
    >>> table = same_statement(load_dataset())
    >>> said = table[table.source == "human-rights-watch"].drop_duplicates("group")
    >>> said.point.tolist()[0]
    'At least 40 people were arrested in Vietnam this year, some for online dissent.'
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be over 0 and at most 1, not {threshold}")
    said = _statements(data)
    said["group"], said["point"] = _groups(said, threshold)
    said["point"] = said["point"].astype("str")
    articles = said.groupby("group")["article_id"].transform("nunique")
    said = said[articles > 1].copy()
    said = said.sort_values(["published", "attribution_id"], ignore_index=True)  # undated last
    said["group"] = said.groupby("group")["attribution_id"].transform("first").astype("str")
    said["earlier"] = _earlier(said)
    order = _summary(said)["group"]
    rank = pd.Series(range(len(order)), index=order)
    return said.sort_values("group", key=lambda group: group.map(rank), kind="stable", ignore_index=True)


def repeated(data: Dataset, threshold: float = THRESHOLD) -> pd.DataFrame:
    """The statements that were carried most: how far each went, how long, and how often with a credit.

    Parameters
    ----------
    threshold: as in `same_statement`, whose limits hold here too.

    Returns
    -------
    DataFrame, a row a group, by most outlets, then most articles, then by `group`: `group`, `source`, `source_name`,
    `named`, `point` (see `same_statement`), `statements`, `articles`, `outlets`, `countries` (of known states, where
    the outlets are based), `languages`, `first`, `last` (dates of the dated articles, datetime64), `days` (Int64, from
    first to last; missing where none is dated), `undated` (statements), `credited` (statements with a visible credit;
    those of the source's own outlet need none and are not among them) and its `share` of the statements that are not
    the source's own outlet's, with its 95 % Wilson interval `share_low`, `share_high` (NaN where there are none).

    Raises
    ------
    ValueError: as `same_statement`.

    >>> from analysis import load_dataset
    >>> table = repeated(load_dataset())
    >>> table.loc[[0], ["source_name", "outlets", "countries", "languages"]].values.tolist()
    [['António Guterres', 63, 32, 17]]
    """
    return _summary(same_statement(data, threshold))


def _summary(said: pd.DataFrame) -> pd.DataFrame:
    state = said["country"].where(~said["country"].isin(places.NO_STATE))
    said = said.assign(state=state, own=said["credit"] == OWN, is_credited=said["credit"].isin([TO_OUTLET, AGENCY]))
    table = said.groupby("group").agg(
        source=("source", "first"), source_name=("source_name", "first"), named=("named", "first"),
        point=("point", "first"), statements=("group", "size"), articles=("article_id", "nunique"),
        outlets=("outlet", "nunique"), countries=("state", "nunique"), languages=("language", "nunique"),
        first=("published", "min"), last=("published", "max"), dated=("published", "count"),
        credited=("is_credited", "sum"), own=("own", "sum"),
    ).reset_index()
    days = (table["last"] - table["first"]).dt.days.astype("Int64")
    table.insert(table.columns.get_loc("last") + 1, "days", days)
    table.insert(table.columns.get_loc("days") + 1, "undated", table["statements"] - table.pop("dated"))
    table = add_share(table, "credited", table["statements"] - table.pop("own"))
    order = ["outlets", "articles", "group"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True)


def _statements(data: Dataset) -> pd.DataFrame:
    """Attributions by identifier, with what `same_statement` says of each."""
    source = data.sources.set_index("source_id")
    node = source["outlet_id"].fillna(source.index.to_series())
    names = quoting.nodes(data)
    said = data.attributions.merge(coverage.published(data), on="article_id", validate="many_to_one")
    said = said.sort_values("attribution_id", ignore_index=True)
    said["source"] = said["source_id"].map(node)
    described = names.loc[said["source"]]
    said["source_name"] = described["name"].array
    # The codebook's word for groups without a name, and its kind of outlet for unnamed media.
    said["named"] = (~described["name"].str.startswith("unnamed ")
                     & (described["outlet_kind"] != "unnamed media")).array
    credit = np.select([said["source"] == said["outlet_id"], said["via"].map(len) > 0, said["wire"].map(len) > 0],
                       CREDIT[:3], NONE)
    said["credit"] = pd.Categorical(credit, categories=CREDIT, ordered=True)
    said = said.rename(columns={"outlet": "outlet_name", "outlet_id": "outlet"})
    return said.assign(group=-1, point="")[[
        "group", "source", "source_name", "named", "point", "attribution_id", "article_id", "outlet", "outlet_name",
        "country", "language", "published", "form", "stance", "gist", "via", "wire", "credit"]]


def _earlier(said: pd.DataFrame) -> pd.Series:
    """How many articles of other outlets in the group have an earlier date; missing where undated."""
    articles = said[said["published"].notna()].drop_duplicates(["group", "article_id"])
    before = (articles.groupby("group")["published"].rank("min")
              - articles.groupby(["group", "outlet"])["published"].rank("min"))
    counts = articles[["group", "article_id"]].assign(earlier=before.astype("Int64"))
    known = said[["group", "article_id"]].merge(counts, how="left", validate="many_to_one")
    return known["earlier"].set_axis(said.index)


@dataclass(frozen=True)
class _Tree:
    """One source's statements: their `rows`, the `place` of each's gist among the source's different gists `texts`, the
    gists' `vectors`, and the `linkage` by which they join (None where there is but one)."""

    rows: np.ndarray
    place: np.ndarray
    texts: np.ndarray
    vectors: sparse.csr_array
    linkage: np.ndarray | None

    def labels(self, threshold: float) -> np.ndarray:
        """For each different gist the number of its group, from 0."""
        if self.linkage is None:
            return np.zeros(1, dtype=np.int64)
        return fcluster(self.linkage, 1 - threshold, "distance") - 1

    def most_typical(self, label: np.ndarray) -> np.ndarray:
        """For each different gist the one of its group that is most like the others."""
        n = len(label)
        if label.max() + 1 == n:
            return self.texts
        # A gist's likeness to all of its group together is its product with the sum of their vectors.
        total = sparse.csr_array((np.ones(n), (label, np.arange(n)))) @ self.vectors
        like = np.asarray(total[label].multiply(self.vectors).sum(axis=1), dtype="float64").ravel()
        order = np.lexsort((np.arange(n), -like.round(5)))  # rounded: what is equal but for rounding is a tie
        return self.texts[pd.Series(order).groupby(label[order]).first()[label].to_numpy()]


def _groups(said: pd.DataFrame, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """For each statement the number of its group, and the gist that is most like the group's others."""
    number, point = np.empty(len(said), dtype=np.int64), np.empty(len(said), dtype=object)
    last = 0
    for tree in _trees(said):
        label = tree.labels(threshold)
        number[tree.rows] = label[tree.place] + last
        point[tree.rows] = tree.most_typical(label)[tree.place]
        last += label.max() + 1
    return number, point


def _trees(said: pd.DataFrame) -> Iterator[_Tree]:
    if said.empty:
        return
    texts, code = np.unique(said["gist"].to_numpy(dtype=object), return_inverse=True)
    vectors = _vectors(tuple(texts))
    stances = said["stance"].to_numpy(dtype=object)
    for rows in said.groupby("source").indices.values():
        # A wording that stands several times counts once: a hundred copies say no more of what it is like than one.
        own, place = np.unique(code[rows], return_inverse=True)
        stance: list[set[str]] = [set() for _ in own]
        for at, row in zip(place, rows):
            stance[at].add(stances[row])
        yield _Tree(rows, place, texts[own], vectors[own], _linkage(vectors[own], texts[own].tolist(), stance))


@lru_cache(maxsize=2)  # the same record is asked for its statements, and again for how far each went
def _vectors(texts: tuple[str, ...]) -> sparse.csr_array:
    """A row a text (in alphabetical order), such that the product of two rows is their likeness."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    corpus = np.array(sorted({*_bundled_gists(), *texts}), dtype=object)
    parts = [TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", dtype=np.float32, **options)
             .fit_transform(corpus) for options in _LIKENESS]
    vectors = sparse.csr_array(sparse.hstack(parts)) / np.float32(np.sqrt(len(parts)))
    return vectors[np.searchsorted(corpus, np.array(texts, dtype=object))]


@cache
def _bundled_gists() -> tuple[str, ...]:
    with open(DATA / "attributions.csv", encoding="utf-8-sig", newline="") as file:
        return tuple(row["gist"] for row in csv.DictReader(file))


def _linkage(vectors: sparse.csr_array, texts: list[str], stance: list[set[str]]) -> np.ndarray | None:
    """In which order, and at which mean distance (1 - likeness), one source's different gists join."""
    n = len(texts)
    if n == 1:
        return None
    distance = np.empty(n * (n - 1) // 2)
    turned, apart = vectors.T.tocsr(), _Apart(texts, stance)
    at = 0
    for begin in range(0, n, _ROWS):
        likeness = (vectors[begin:begin + _ROWS] @ turned).toarray()
        far = np.where(apart.rows(begin, likeness), _NEVER, np.clip(1 - likeness, 0, None))
        for i, row in enumerate(far, start=begin):
            distance[at:at + n - i - 1] = row[i + 1:]
            at += n - i - 1
    return linkage(distance, "average")


class _Apart:
    """Which of one source's gists can make no common point, however alike they are."""

    def __init__(self, texts: list[str], stance: list[set[str]]):
        kinds = [frozenset(_numbers(text)) for text in texts]
        different = sorted(set(kinds), key=sorted)
        self.kind = np.array([different.index(kind) for kind in kinds])
        self.unlike = np.array([[bool(a and b and not a & b) for b in different] for a in different])
        self.negated = np.array([bool(_NEGATION.search(text)) for text in texts])
        self.side = np.array([("supportive" in s) - ("critical" in s) for s in stance])

    def rows(self, begin: int, likeness: np.ndarray) -> np.ndarray:
        these = slice(begin, begin + len(likeness))
        return (self.unlike[np.ix_(self.kind[these], self.kind)]
                | (self.side[these, None] * self.side == -1)
                | ((self.negated[these, None] != self.negated) & (likeness >= _VERBATIM)))


def _numbers(text: str) -> set[float]:
    """The numbers in a text, in digits or, from two to ninety-nine, in English words; dates and years too."""
    found = set()
    for match in _NUMBER.finditer(text.lower()):
        if match["digits"]:
            # A comma before three digits groups them; of a date or version, 25.10.2025, the first two parts do.
            digits = re.sub(r",(?=\d{3}\b)", "", match["digits"]).replace(",", ".")
            found.add(float(".".join(digits.split(".")[:2])))
        elif match["tens"]:
            found.add(float(_TENS[match["tens"]] + _AFTER_TENS.get(match["more"], 0)))
        else:
            found.add(float(_UNITS[match["unit"]] * (10 if match["decades"] else 1)))
    return found
