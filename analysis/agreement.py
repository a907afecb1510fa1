"""How far the coding can be trusted: a second, blind coding of a random sample of articles against the first.

What neither coder could tell (no date, no country) is a decision too, and counted as a value of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import places
from analysis.dataset import Dataset
from analysis.framing import frame_names
from analysis.quoting import SEED
from analysis.shares import CONFIDENCE, add_share

# Krippendorff 2004, Content Analysis, 2nd ed., p. 241: rely on variables with alpha from 0.800; from 0.667 draw
# tentative conclusions; below, none.
TENTATIVE, RELIABLE = 0.667, 0.800

RESAMPLES = 9_999
NO_DATE = "no date"

Values = Sequence[Hashable]


class Variable(NamedTuple):
    """What two coders are compared on: its values by the first and the second coding, the level of measurement, and
    why it is this. `primary` is the level that fits the use that the record makes of it; one a name."""

    name: str
    first: Values
    second: Values
    level: str
    why: str
    primary: bool = True


_NOMINAL = "values without order"
_TONES = "neutral (no stance) and mixed (both) have no order between them, and the charts count each tone by itself"
_COUNT = "a count with a true zero: 1 against 2 is further apart than 11 against 12"
_SET = "a set: partly the same is more agreement than nothing in common"


def alphas(data: Dataset, resamples: int = RESAMPLES, seed: int = SEED) -> pd.DataFrame:
    """Krippendorff's alpha of every variable that was coded twice, with percent agreement beside it.

    alpha is 1 less the observed over the expected disagreement (Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability"; the `krippendorff` package): 1 is perfect agreement, 0 what chance would give. What disagreement
    weighs is set by the level of measurement: nominal (the same or not), ordinal, interval, ratio, or, for sets, MASI
    (Passonneau 2006, LREC: 1 less Jaccard's overlap, which counts whole if the sets are equal, 2/3 if one holds the
    other, 1/3 if they only overlap) and Jaccard. Its interval is the central 95 % of the alphas of samples of articles
    drawn with replacement, as Zapf, Castell, Morawietz and Karch (2016, doi:10.1186/s12874-016-0200-9) recommend; with
    few articles it is somewhat too narrow (Hughes 2022, arXiv:2210.13265). Samples without any variation have no alpha
    and are left out of it.

    A variable whose rare value decides (a frame in few articles) can have a high agreement and a low alpha: the coders
    agree on where it is not. Where the sample shows no disagreement the interval is a point, for want of evidence: read
    the interval of the share beside it.

    Of the first coding, what is known of outlets is joined, and statements are counted. "unknown", no country and no
    date are values; the dates on an interval scale leave out articles that a coder left undated.

    Parameters
    ----------
    resamples: how many samples; 0 for no interval. seed: of numpy's default generator.

    Returns
    -------
    DataFrame, a row for each variable and level of measurement, in this order: language, published, outlet_country,
    outlet_kind, outlet_owner, genre, read, tone, `tone_...` (each tone or not), wire, any_wire, attributions (how
    many), critical (how many), any_critical, frames, and `frame_...` (each frame or not). `variable`, `level`, `why`
    (this level), `primary` (bool, once a variable: the level that decides), `alpha` (NaN where no value varies) with
    its interval `alpha_low`, `alpha_high`, `agree` (articles with the same value), their `share` (0-1) with its 95 %
    Wilson interval `share_low`, `share_high`, `n` (articles compared), `left_out` (of the recoded articles), `first`,
    `second` (for yes or no: articles with yes in either coding; Int64, else missing), `under_667`, `under_800`
    (boolean: alpha is under the customary 0.667, 0.800; missing where there is no alpha).

    Raises
    ------
    ValueError: where an article was recoded that is not in `articles`.
    """
    variables = _variables(data)
    weights = _weights(len(data.recodes), resamples, seed)
    rows = []
    for v in variables:
        both = np.array([a is not None and b is not None for a, b in zip(v.first, v.second)], dtype=bool)
        first = [value for value, kept in zip(v.first, both) if kept]
        second = [value for value, kept in zip(v.second, both) if kept]
        value, low, high = _alpha(first, second, v.level, weights[:, both])
        yes_or_no = all(isinstance(value, bool) for value in (*first, *second))
        rows.append({
            "variable": v.name, "level": v.level, "why": v.why, "primary": v.primary,
            "alpha": value, "alpha_low": low, "alpha_high": high,
            "agree": sum(a == b for a, b in zip(first, second)), "n": len(first),
            "left_out": int((~both).sum()),
            "first": sum(first) if yes_or_no else None, "second": sum(second) if yes_or_no else None,
            "under_667": None if np.isnan(value) else value < TENTATIVE,
            "under_800": None if np.isnan(value) else value < RELIABLE,
        })
    table = pd.DataFrame(rows).astype({
        "variable": "str", "level": "str", "why": "str", "primary": "bool", "alpha": "float64", "alpha_low": "float64",
        "alpha_high": "float64", "agree": "int64", "n": "int64", "left_out": "int64", "first": "Int64",
        "second": "Int64", "under_667": "boolean", "under_800": "boolean"})
    return add_share(table, "agree", table["n"])


def low_agreement(data: Dataset) -> list[str]:
    """The variables that agree too little to build on: alpha under 0.667, or none for want of variation.

    Returns
    -------
    list of str: names as in `alphas`, in its order, each at its primary level.

    >>> from analysis import load_dataset
    >>> "frame_children" in low_agreement(load_dataset())
    True
    """
    table = alphas(data, resamples=0)
    return table.loc[table["primary"] & table["under_667"].fillna(True), "variable"].tolist()


def caveat(data: Dataset, variables: Iterable[str]) -> str:
    """What a chart that uses these variables should say of them: which have an alpha under 0.667; "" if none has.

    Parameters
    ----------
    variables: names as in `alphas`.

    Raises
    ------
    ValueError: for a name that is no variable's.

    >>> from analysis import load_dataset
    >>> caveat(load_dataset(), ["frame_children", "frame_rights"])
    'Two coders agree too little on the frame children (0.478): Krippendorff’s alpha (in brackets) is under 0.667.'
    """
    table = alphas(data, resamples=0)
    table = table[table["primary"]].set_index("variable")
    variables = list(dict.fromkeys(variables))
    if unknown := [name for name in variables if name not in table.index]:
        raise ValueError(f"no such variable: {', '.join(unknown)}; there are {', '.join(table.index)}")
    low = [name for name in variables if table["under_667"].fillna(True)[name]]
    if not low:
        return ""
    said: dict[str, list[str]] = {}
    for name in low:
        kind, value = _in_words(name)
        alpha = table.at[name, "alpha"]
        # Three decimals, as the bound has: 0.666 is under it, and 0.67 would not be.
        said.setdefault(kind, []).append(f"{value} ({'none' if np.isnan(alpha) else f'{alpha:.3f}'})".lstrip())
    parts = []
    for kind, words in said.items():
        parts += [f"the {kind}{'s' if len(words) > 1 else ''} {_listed(words)}"] if kind else words
    return f"Two coders agree too little on {_listed(parts)}: Krippendorff’s alpha (in brackets) is under {TENTATIVE}."


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _in_words(variable: str) -> tuple[str, str]:
    """A variable as a sentence names it: whose value it is ("frame", "tone", ""), and the name."""
    kind, _, value = variable.partition("_")
    if kind in ("frame", "tone") and value:
        return kind, value
    return "", {"attributions": "the number of statements", "critical": "the number of critical statements",
                "any_critical": "whether a statement is critical", "wire": "the credited agency",
                "any_wire": "whether an agency is credited", "outlet_country": "the outlet’s country",
                "outlet_kind": "the kind of outlet", "outlet_owner": "the outlet’s owner", "published": "the date",
                "read": "how much was visible", "frames": "the frames as a set"}.get(variable, f"the {variable}")


def source_agreement(data: Dataset, resamples: int = RESAMPLES, seed: int = SEED) -> pd.DataFrame:
    """How far the two codings agree on who is quoted: the sets of sources of each article against each other.

    The second coding holds names; they are looked up among the sources' and outlets' names and native names
    (`unmatched_names` lists those that are not there; each counts as a source of its own). Precision is the share of
    the second coding's sources that the first has too, recall the share of the first's that the second has; F1 is their
    harmonic mean (Dice), and does not change if the codings change places. "named" leaves out groups without a name
    ("unnamed rights groups"), for which the coders had to make up words.

    Parameters
    ----------
    resamples: how many samples of articles, drawn with replacement, the interval rests on (its central 95 %; 0 for
        none). seed: of numpy's default generator.

    Returns
    -------
    DataFrame, twelve rows: `sources` ("all", "named") by `average` ("pooled": over all sources; "article": mean of the
    articles for which it is defined, each counting the same) by `measure` ("precision", "recall", "f1"); `value` (0-1)
    with its interval `low`, `high`; `first`, `second`, `both` (sources in either coding and in both, counted once an
    article), `articles` (for which the measure is defined: the second, the first, or either has a source), `none`
    (recoded articles in which neither has one: agreement that the measures do not count).

    Raises
    ------
    ValueError: where an article was recoded that is not in `articles`.
    """
    first, second = _sources(data)
    unnamed = _unnamed(data)
    weights = np.vstack([np.ones((1, len(first)), np.int64), _weights(len(first), resamples, seed)])
    rows = []
    for which in ("all", "named"):
        pairs = list(zip(first, second))
        if which == "named":
            pairs = [(_named(a, unnamed), _named(b, unnamed)) for a, b in pairs]
        counts = np.array([(len(a), len(b), len(a & b)) for a, b in pairs], dtype="float64").reshape(-1, 3)
        in_first, in_second, in_both = counts.T
        parts = {"precision": (in_both, in_second), "recall": (in_both, in_first),
                 "f1": (2 * in_both, in_first + in_second)}
        totals = counts.sum(axis=0).astype(int)
        none = int((counts[:, :2].sum(axis=1) == 0).sum())
        for average in ("pooled", "article"):
            for measure, (part, whole) in parts.items():
                defined = whole > 0
                if average == "article":
                    part = np.divide(part, whole, out=np.zeros(len(part)), where=defined)
                    whole = defined.astype("float64")
                over = weights @ whole
                values = np.divide(weights @ part, over, out=np.full(len(over), np.nan), where=over > 0)
                low, high = _middle(values[1:])
                rows.append((which, average, measure, values[0], low, high, *totals, int(defined.sum()), none))
    dtypes = {"sources": "str", "average": "str", "measure": "str", "value": "float64", "low": "float64",
              "high": "float64", "first": "int64", "second": "int64", "both": "int64", "articles": "int64",
              "none": "int64"}
    return pd.DataFrame(rows, columns=list(dtypes)).astype(dtypes)


def disagreements(data: Dataset) -> pd.DataFrame:
    """Every value on which the two codings differ, to be read beside the article.

    Returns
    -------
    DataFrame, a row for each article and variable, by variable in the order of `alphas` (then sources), then by
    article: `article_id`, `variable` (each once, at its primary level; frames as a set, not one by one), `first`,
    `second` (str: the values; sets sorted and joined with "; ", outlets and sources by their usual names; "" for none),
    `url`, `subject` (of the article).

    Raises
    ------
    ValueError: where an article was recoded that is not in `articles`.
    """
    articles = _recoded(data)
    names = {**dict(zip(data.sources["source_id"], data.sources["name"])),
             **dict(zip(data.outlets["outlet_id"], data.outlets["name"]))}

    def shown(value: Hashable) -> str:
        if isinstance(value, frozenset):
            return "; ".join(sorted(names.get(item, item) for item in value))
        return str(value)

    variables = [v for v in _variables(data) if v.primary and not v.name.startswith(("frame_", "tone_", "any_"))]
    variables.append(Variable("sources", *_sources(data), level="MASI", why=_SET))
    rows = [(article, v.name, shown(a), shown(b), url, subject)
            for v in variables
            for article, a, b, url, subject in zip(articles["article_id"], v.first, v.second, articles["url"],
                                                   articles["subject"]) if a != b]
    columns = ["article_id", "variable", "first", "second", "url", "subject"]
    return pd.DataFrame(rows, columns=columns).astype("str")


def unmatched_names(data: Dataset) -> pd.DataFrame:
    """Names of the second coding that the record does not have: in `wire` no outlet's, in `sources` no source's either.

    They stay in every comparison, as bodies that the first coding does not have.

    Returns
    -------
    DataFrame, by article, variable and name: `article_id`, `variable` ("wire" or "sources"), `name` (all str).
    """
    known = {"wire": _outlets_by_name(data), "sources": _nodes_by_name(data)}
    rows = [(row.article_id, variable, name) for row in data.recodes.itertuples() for variable in known
            for name in getattr(row, variable) if _key(name) not in known[variable]]
    return pd.DataFrame(sorted(rows), columns=["article_id", "variable", "name"]).astype("str")


# -- what is compared -----------------------------------------------------------------------------------------------

def _recoded(data: Dataset) -> pd.DataFrame:
    """The recoded articles by identifier: the first coding, `r_...` the second, `o_...` the outlet."""
    recodes = data.recodes.sort_values("article_id", ignore_index=True).add_prefix("r_")
    lost = recodes.loc[~recodes["r_article_id"].isin(data.articles["article_id"]), "r_article_id"]
    if len(lost):
        raise ValueError(f"recoded, but not in articles: {', '.join(lost)}")
    table = recodes.merge(data.articles, left_on="r_article_id", right_on="article_id", validate="one_to_one")
    outlets = data.outlets.add_prefix("o_")
    return table.merge(outlets, left_on="outlet_id", right_on="o_outlet_id", how="left", validate="many_to_one")


def _variables(data: Dataset) -> list[Variable]:
    table = _recoded(data)
    said = data.attributions["article_id"]
    critics = said[(data.attributions["stance"] == "critical").to_numpy()]
    statements, critical = (part.value_counts().reindex(table["article_id"], fill_value=0) for part in (said, critics))

    def text(column: str) -> list[str]:
        return places.or_unknown(table[column]).tolist()

    def days(column: str) -> list[int | None]:
        return [None if pd.isna(day) else day.toordinal() for day in table[column]]

    def counts(column: pd.Series) -> list[int]:
        return [int(value) for value in column]

    def sets(column: str) -> list[frozenset[str]]:
        return [frozenset(items) for items in table[column]]

    tones = list(data.articles["tone"].cat.categories)
    by_name = _outlets_by_name(data)
    wires = [frozenset(by_name.get(_key(name), name) for name in names) for names in table["r_wire"]]
    iso = {side: [NO_DATE if pd.isna(day) else f"{day:%Y-%m-%d}" for day in table[side]]
           for side in ("published", "r_published")}
    both = {
        "language": (text("language"), text("r_language")),
        "published": (iso["published"], iso["r_published"]),
        "outlet_country": (text("o_country"), text("r_outlet_country")),
        "outlet_kind": (text("o_kind"), text("r_outlet_kind")),
        "outlet_owner": (text("o_owner"), text("r_outlet_owner")),
        "genre": (text("genre"), text("r_genre")),
        "read": (text("read"), text("r_read")),
        "tone": (text("tone"), text("r_tone")),
        "wire": (sets("wire"), wires),
        "attributions": (counts(statements), counts(table["r_attributions"])),
        "critical": (counts(critical), counts(table["r_critical"])),
        "frames": (sets("frames"), sets("r_frames")),
    }

    def variable(name: str, level: str, why: str, primary: bool = True) -> Variable:
        return Variable(name, *both[name], level, why, primary)

    def yes_no(name: str, of: str, holds: Callable[[Hashable], bool], why: str = "yes or no") -> Variable:
        return Variable(name, *([bool(holds(value)) for value in side] for side in both[of]), level="nominal", why=why)

    dates = Variable("published", days("published"), days("r_published"), "interval",
                     "days: a week off is further than a day; only articles that both coders dated", False)
    return [
        variable("language", "nominal", _NOMINAL),
        variable("published", "nominal", "the same day or not; no date is a value"),
        dates,
        variable("outlet_country", "nominal", f"{_NOMINAL}; unknown is one"),
        variable("outlet_kind", "nominal", _NOMINAL),
        variable("outlet_owner", "nominal", f"{_NOMINAL}; unknown is one"),
        variable("genre", "nominal", _NOMINAL),
        variable("read", "nominal", _NOMINAL),
        variable("tone", "nominal", _TONES),
        Variable("tone", *([tones.index(value) for value in side] for side in both["tone"]), level="ordinal",
                 why=f"if {', '.join(tones)} are taken as a scale", primary=False),
        *(yes_no(f"tone_{tone}", "tone", lambda value, tone=tone: value == tone)
          for tone in tones),
        variable("wire", "MASI", _SET),
        yes_no("any_wire", "wire", bool),
        variable("attributions", "ratio", _COUNT),
        variable("attributions", "interval", "if only the difference of the counts matters", False),
        variable("critical", "ratio", _COUNT),
        variable("critical", "interval", "if only the difference of the counts matters", False),
        yes_no("any_critical", "critical", lambda value: value > 0),
        variable("frames", "MASI", _SET),
        variable("frames", "Jaccard", "without MASI's weight for one set that holds the other", False),
        *(yes_no(f"frame_{frame}", "frames", lambda value, frame=frame: frame in value) for frame in frame_names(data)),
    ]


def _key(name: str) -> str:
    """A name for comparison: spelling variants of Unicode, case and white space do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _outlets_by_name(data: Dataset) -> dict[str, str]:
    """Outlets by their names: the usual name before native ones, and of two outlets of one name the first by id."""
    rows = sorted(zip(data.outlets["outlet_id"], data.outlets["name"], data.outlets["native_names"]))
    found: dict[str, str] = {}
    for names in ([(outlet, name) for outlet, name, _ in rows], [(o, n) for o, _, native in rows for n in native]):
        for outlet, name in names:
            found.setdefault(_key(name), outlet)
    return found


def _nodes_by_name(data: Dataset) -> dict[str, str]:
    """Sources, as nodes of `quoting.nodes`, by their names and those of outlets; ties as in `_outlets_by_name`."""
    sources = data.sources.assign(node=data.sources["outlet_id"].fillna(data.sources["source_id"]))
    rows = sorted(zip(sources["source_id"], sources["node"], sources["name"], sources["native_names"]))
    found: dict[str, str] = {}
    for names in ([(node, name) for _, node, name, _ in rows], [(d, n) for _, d, _, native in rows for n in native]):
        for node, name in names:
            found.setdefault(_key(name), node)
    return _outlets_by_name(data) | found


def _sources(data: Dataset) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
    """The sources of every recoded article, by identifier, in the first and the second coding."""
    table = _recoded(data)
    node = dict(zip(data.sources["source_id"], data.sources["outlet_id"].fillna(data.sources["source_id"])))
    quoted = data.attributions["source_id"].map(node).groupby(data.attributions["article_id"]).agg(frozenset)
    by_name = _nodes_by_name(data)
    first = [quoted.get(article, frozenset()) for article in table["article_id"]]
    second = [frozenset(by_name.get(_key(name), name) for name in names) for names in table["r_sources"]]
    return first, second


def _unnamed(data: Dataset) -> frozenset[str]:
    """The nodes of groups without a name, as the Codebook marks them."""
    sources = data.sources["outlet_id"].fillna(data.sources["source_id"])[data.sources["name"].map(_is_unnamed)]
    return frozenset([*sources, *data.outlets.loc[data.outlets["kind"] == "unnamed media", "outlet_id"]])


def _is_unnamed(name: str) -> bool:
    return _key(name).startswith("unnamed ")


def _named(nodes: frozenset[str], unnamed: frozenset[str]) -> frozenset[str]:
    # What stands here as a name, not as an identifier, is one that the record does not have.
    return frozenset(node for node in nodes if node not in unnamed and not _is_unnamed(node))


# -- alpha ----------------------------------------------------------------------------------------------------------

def _weights(articles: int, resamples: int, seed: int) -> np.ndarray:
    """How often each article stands in each sample drawn with replacement: the same samples for every variable."""
    if not articles:
        return np.zeros((resamples, 0), np.int64)
    return np.random.default_rng(seed).multinomial(articles, np.full(articles, 1 / articles), size=resamples)


def _middle(values: np.ndarray) -> tuple[float, float]:
    """The central 95 % of the values that are there."""
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _masi(a: frozenset, b: frozenset) -> float:
    if not a | b:
        return 0.0  # both say that there is none
    if not a & b:
        return 1.0
    weight = 1 if a == b else 2 / 3 if a <= b or b <= a else 1 / 3
    return 1 - weight * len(a & b) / len(a | b)


def _jaccard(a: frozenset, b: frozenset) -> float:
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


_METRICS: dict[str, Callable[[frozenset, frozenset], float]] = {"MASI": _masi, "Jaccard": _jaccard}


def _alpha(first: Values, second: Values, level: str, weights: np.ndarray) -> tuple[float, float, float]:
    """alpha of two codings, and the central 95 % of the alphas of samples of their articles.

    weights: a row a sample, a column an article: how often it stands in the sample.
    """
    import krippendorff

    nothing = float("nan"), float("nan"), float("nan")
    domain = sorted({*first, *second}, key=sorted if level in _METRICS else None)
    if len(domain) < 2:
        return nothing  # what does not vary cannot be told from guessing
    codes = {value: code for code, value in enumerate(domain)}
    a, b = (np.array([codes[value] for value in side]) for side in (first, second))
    row = np.arange(len(first))
    counts = np.zeros((len(first), len(domain)), np.int64)
    counts[row, a] += 1
    counts[row, b] += 1
    number = np.array(domain, dtype="float64") if level in ("ordinal", "interval", "ratio") else np.arange(len(domain))
    apart = _distances(domain, number, level)
    metric = (lambda v1, v2, i1, i2, n_v, dtype=None: apart[i1, i2]) if level in _METRICS else level
    value = krippendorff.alpha(value_counts=counts, value_domain=number, level_of_measurement=metric)
    return float(value), *_middle(_sampled(a, b, counts, weights, apart))


def _distances(domain: Values, number: np.ndarray, level: str) -> np.ndarray | None:
    """How far any two values are apart, squared (Krippendorff 2011); ordinal distances hang on the sample: None."""
    if level in _METRICS:
        return np.array([[_METRICS[level](x, y) for y in domain] for x in domain])
    x, y = number[:, None], number[None, :]
    if level == "nominal":
        return (x != y).astype("float64")
    if level == "ordinal":
        return None
    if level == "interval":
        return (x - y) ** 2
    return np.divide(x - y, x + y, out=np.zeros((len(number),) * 2), where=x + y != 0) ** 2


def _sampled(a: np.ndarray, b: np.ndarray, counts: np.ndarray, weights: np.ndarray, apart: np.ndarray | None
             ) -> np.ndarray:
    """alpha of every sample at once, which the library would need a call each for (a test holds the two together)."""
    weights = weights.astype("float64")
    number = weights @ counts  # a row a sample, a column a value: how often both coders gave it
    n = number.sum(axis=1)
    if apart is None:
        # The ordinal distance of two values is the number of values between their middles, squared.
        middle = np.cumsum(number, axis=1) - number / 2
        observed = (weights * (middle[:, a] - middle[:, b]) ** 2).sum(axis=1)
        expected = 2 * (n * (number * middle**2).sum(axis=1) - (number * middle).sum(axis=1) ** 2)
    else:
        observed = weights @ apart[a, b]
        expected = ((number @ apart) * number).sum(axis=1)
    # By the values, not by the sum, which rounding can leave just off 0.
    varies = (number > 0).sum(axis=1) > 1
    ratio = np.divide(2 * observed * (n - 1), expected, out=np.full(len(n), np.nan), where=varies)
    return 1 - ratio
