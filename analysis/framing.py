"""What articles dwell on and in which tone: frames by group and in pairs, tone by group, the critics' share over time.

No p stands alone: each comes with an effect, its interval, and a correction for the number of comparisons.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis import coverage, places
from analysis.dataset import Dataset
from analysis.quoting import PERMUTATIONS, SEED
from analysis.shares import CONFIDENCE, add_share, effective

By = Literal["region", "language", "signed", "country", "outlet_kind", "owner", "genre", "read"]
Cluster = Literal["outlet", "country"]
Freq = Literal["day", "week", "month"]

ALL = "all"
# Groups that stand for no knowledge, or for no state where states are compared: counted, but compared with nothing.
_NOT_COMPARED = {
    "region": {"Unknown", "Intergovernmental"}, "country": set(places.NO_STATE), "signed": set(coverage.SIGNING[2:]),
    "owner": {places.UNKNOWN},
}
_PERIODS = {"day": "D", "week": "W-SUN", "month": "M"}
_BATCH = 250  # shuffles worked on at a time: bounds the memory, not the result


def frame_names(data: Dataset) -> list[str]:
    """Every frame that the descriptor allows or an article has, in alphabetical order."""
    found = {frame for frames in data.articles["frames"] for frame in frames}
    for resource in data.descriptor.get("resources", []):
        if resource["name"] == "articles":
            field = next(f for f in resource["schema"]["fields"] if f["name"] == "frames")
            found.update(field.get("items", {}).get("enum", []))
    return sorted(found)


def frames(data: Dataset, by: By = "region") -> pd.DataFrame:
    """How many articles dwell on each frame, in every group of articles.

    Articles of one outlet are not independent: the intervals here take them as if they were; `frame_differences`
    does not.

    Parameters
    ----------
    by: "region" (UN M49, of the outlet's country), "country", "signed" (see `coverage.signing`), "owner" or
        "outlet_kind" of the outlet; "language", "genre" or "read" (how much was visible) of the article.

    Returns
    -------
    DataFrame, a row for each group and frame. First the group `all`; then by most articles, then by name; last the
    groups that are unknown or, where states are compared, no state's. Frames in alphabetical order. `group`, `name`
    (of the country or language; else the group), `known` (bool: whether the group can be compared with others),
    `frame`, `articles` (of the group, with the frame), `share` of the group's articles (0-1) with its 95 % Wilson
    interval `share_low`, `share_high`, `total` (articles of the group), `outlets` (of the group). An article has
    several frames, so shares do not add up to 1; groups other than `all` add up to all articles.

    Raises
    ------
    ValueError: for another `by`.

    >>> from analysis import load_dataset
    >>> table = frames(load_dataset(), by="signed")
    >>> table.loc[(table.group == "all") & (table.frame == "rights"), ["articles", "total"]].values.tolist()
    [[250, 721]]
    """
    articles = _grouped(data, by)
    return _shares(articles, _frame_flags(data), "frame")


def tone(data: Dataset, by: By = "signed") -> pd.DataFrame:
    """How many articles have each tone, in every group of articles.

    Parameters
    ----------
    by: as in `frames`.

    Returns
    -------
    DataFrame as of `frames`, with `tone` (supportive, neutral, mixed, critical, in this order) instead of `frame`:
    `group`, `name`, `known`, `tone`, `articles`, `share`, `share_low`, `share_high`, `total`, `outlets`. An article has
    one tone: a group's shares add up to 1.

    Raises
    ------
    ValueError: for another `by`.
    """
    articles = _grouped(data, by)
    return _shares(articles, _tone_flags(data), "tone")


def frame_differences(data: Dataset, by: By = "region", cluster: Cluster = "outlet", least: int = 10,
                      permutations: int = PERMUTATIONS, seed: int = SEED) -> pd.DataFrame:
    """How much more, or less, each group dwells on each frame than the rest of the articles.

    Articles of one outlet resemble each other, and so they are taken together in both measures of chance:

    - The interval is Newcombe's for a difference of two shares (1998, Statistics in Medicine 17:873-890, method 10), at
      the effective number of articles: their number divided by the design effect of Rao and Scott (`shares.design_effect`;
      never below 1). Paul and Zaihra (2008, Statistics in Medicine 27:4207-4220) find this to hold for clustered data.
    - p: the groups are shuffled over the outlets, each of which keeps its articles together; p is the share of shuffles
      with a difference at least as far from 0, the observed one among them (Phipson and Smyth 2010,
      doi:10.2202/1544-6115.1585), two-sided. An outlet that has articles of several groups (languages, say) counts as
      one outlet in each.

    Neither knows that one agency's text stands in several outlets, nor that outlets of one country are alike. Where a
    group is a set of states (region, signed), `cluster="country"` shuffles whole countries, which is the stricter
    question: is it the group, or one big country in it? Where one cluster outweighs the others the interval is still
    too narrow: then believe p.

    Parameters
    ----------
    by: as in `frames`. cluster: what stays together, "outlet" or "country" (an outlet without a state is one by
        itself). least: a group of fewer clusters has no row of its own, but is part of the others' rest. permutations:
        how many shuffles. seed: of numpy's default generator.

    Returns
    -------
    DataFrame, a row for each group and frame, in the order of `frames`: `group`, `name`, `against` ("the rest"; where
    only two groups can be compared, the second group's name, and the second has no rows, which would mirror the
    first's), `frame`, `articles` (with the frame), `total` and `share` of the group; `rest_articles`, `rest_total` and
    `rest_share` likewise; `difference` of the two shares (-1 to 1; positive: more in the group) with its 95 % interval
    `difference_low`, `difference_high`; `p`, `p_holm` (corrected for the number of rows; Holm 1979), `clusters` (of the
    group), `left_out` (articles that are neither in the group nor in the rest, for their group is not known or no
    state's).

    Raises
    ------
    ValueError: for another `by` or `cluster`.
    """
    articles = _grouped(data, by)
    return _differences(articles, _frame_flags(data), "frame", cluster, least, permutations, seed)


def tone_differences(data: Dataset, by: By = "signed", cluster: Cluster = "outlet", least: int = 10,
                     permutations: int = PERMUTATIONS, seed: int = SEED) -> pd.DataFrame:
    """How much more, or less, often each group's articles have each tone than the rest of the articles.

    Parameters
    ----------
    As in `frame_differences`, and so are interval and p.

    Returns
    -------
    DataFrame as of `frame_differences`, with `tone` instead of `frame`: `group`, `name`, `against`, `tone`, `articles`,
    `total`, `share`, `rest_articles`, `rest_total`, `rest_share`, `difference`, `difference_low`, `difference_high`,
    `p`, `p_holm`, `clusters`, `left_out`.

    Raises
    ------
    ValueError: for another `by` or `cluster`.
    """
    articles = _grouped(data, by)
    return _differences(articles, _tone_flags(data), "tone", cluster, least, permutations, seed)


def co_occurrence(data: Dataset, permutations: int = PERMUTATIONS, seed: int = SEED) -> pd.DataFrame:
    """Which frames stand together in articles, and which keep apart.

    phi is the correlation of two frames over the articles (-1 to 1, 0: independent). Its interval is the central 95 %
    of `permutations` bootstrap samples of outlets, each with all its articles. p, two-sided: the outlets are put in
    random order, turned by a random number of articles, and one frame is laid beside the other in that order; so both
    frames keep their number of articles and their runs within outlets, and only what joins them is lost. p is the share
    of shuffles at least as far from independence, the observed one among them (Phipson and Smyth 2010). Coders gave an
    article about three frames of ten: a frame takes the room of others, so weak negative phi are no finding.

    Parameters
    ----------
    permutations: how many shuffles, and how many bootstrap samples. seed: of numpy's default generator.

    Returns
    -------
    DataFrame, a row for each pair of frames, by phi from the highest, then by name: `frame_a`, `frame_b` (a before b in
    the alphabet), `both` (articles with both), `a`, `b` (articles with each), `total` (articles), `expected` (articles
    with both if frames were independent), `lift` (both / expected), `phi` with its interval `phi_low`, `phi_high`, `p`,
    `p_holm` (corrected for the number of pairs; Holm 1979). NaN where a frame stands in no article or in every one.
    """
    names = frame_names(data)
    flags = _frame_flags(data)
    articles = data.articles[["article_id", "outlet_id"]].reset_index(drop=True)
    order = articles.sort_values(["outlet_id", "article_id"]).index
    x = flags.to_numpy()[order].astype(np.float32)
    outlet = pd.factorize(articles["outlet_id"][order])[0]
    n = len(x)
    a, b = np.triu_indices(len(names), k=1)
    each, both = x.sum(axis=0).astype(np.int64), (x.T @ x)[a, b].astype(np.int64)
    rng = np.random.default_rng(seed)

    # Sums over an outlet: both frames of each pair, then each frame, then its articles.
    cells = np.column_stack([x[:, a] * x[:, b], x, np.ones(n, np.float32)])
    size = np.bincount(outlet, minlength=1)
    by_outlet = np.zeros((len(size), cells.shape[1]))
    np.add.at(by_outlet, outlet, cells)
    times = rng.multinomial(len(size), np.full(len(size), 1 / len(size)), size=permutations)
    drawn = times.astype("float64") @ by_outlet
    k = len(a)
    samples = _phi(drawn[:, :k], drawn[:, k + a], drawn[:, k + b], drawn[:, -1:])

    expected = each[a] * each[b] / max(n, 1)
    begin = np.cumsum(size) - size
    extreme = np.zeros(k)
    for _ in range(permutations if n else 0):
        at = rng.permutation(len(size))
        shift = begin[at] - (np.cumsum(size[at]) - size[at])
        shuffled, turn = x[np.repeat(shift, size[at]) + np.arange(n)], rng.integers(n)
        turned = np.concatenate([shuffled[turn:], shuffled[:turn]])
        extreme += np.abs((x.T @ turned)[a, b] - expected) >= np.abs(both - expected) - 1e-9

    phi = _phi(both, each[a], each[b], n)
    table = pd.DataFrame({
        "frame_a": np.array(names, dtype=object)[a], "frame_b": np.array(names, dtype=object)[b],
        "both": both, "a": each[a], "b": each[b], "total": n,
        "expected": np.where(n > 0, expected, np.nan),
        "lift": np.divide(both, expected, out=np.full(k, np.nan), where=expected > 0),
        "phi": phi,
    }).astype({"frame_a": "str", "frame_b": "str"})
    table["phi_low"], table["phi_high"] = _quantiles(samples, np.isfinite(phi))
    table["p"] = np.where(np.isfinite(phi), (1 + extreme) / (1 + permutations), np.nan)
    table["p_holm"] = _holm(table["p"])
    return table.sort_values(["phi", "frame_a", "frame_b"], ascending=[False, True, True], ignore_index=True)


def critics_over_time(data: Dataset, freq: Freq = "month") -> pd.DataFrame:
    """How large a part of the statements is critical of the convention, period by period.

    Statements of one article, and articles of one outlet, are not independent: the interval is Wilson's at the
    effective number of statements (see `shares.design_effect`, outlets as clusters), and so much wider than n suggests.

    Parameters
    ----------
    freq: "day", "week" (from Monday) or "month".

    Returns
    -------
    DataFrame, a row for every period from the first statement or milestone to the last, without gaps: `period`
    (datetime64, its first day), `statements`, `critical` (of them), `share` (0-1; NaN where there is no statement) with
    its 95 % interval `share_low`, `share_high`, `effective` (number of statements, see above), `articles` and `outlets`
    (with statements), `milestone` (what happened in the period, or ""). A last row without a date (NaT), milestone
    "no date known", counts the statements of undated articles. The rows add up to all statements.

    Raises
    ------
    ValueError: for another `freq`.
    """
    if freq not in _PERIODS:
        raise ValueError(f"freq must be one of {', '.join(_PERIODS)}, not {freq!r}")
    known = data.articles[["article_id", "outlet_id", "published"]]
    said = data.attributions[["article_id", "stance"]].merge(known, on="article_id", validate="many_to_one")
    said["period"] = said["published"].dt.to_period(_PERIODS[freq])
    said["critical"] = (said["stance"] == "critical").astype("int64")
    events = data.descriptor.get("event", {}).get("milestones", [])
    milestones: dict[pd.Period, str] = {}
    for event in sorted(events, key=lambda event: event["date"]):
        at = pd.Period(event["date"], _PERIODS[freq])
        milestones[at] = f"{milestones[at]}; {event['label']}" if at in milestones else event["label"]
    dated = [*said["period"].dropna(), *milestones]
    periods = [*pd.period_range(min(dated), max(dated), freq=_PERIODS[freq]), pd.NaT] if dated else [pd.NaT]

    cells = said.groupby(["period", "outlet_id"], dropna=False).agg(
        statements=("critical", "size"), critical=("critical", "sum"), articles=("article_id", "nunique"))
    parts = {period: part for period, part in cells.groupby(level=0, dropna=False)}
    undated = cells[cells.index.get_level_values(0).isna()]
    rows = []
    for period in periods:
        part = undated if period is pd.NaT else parts.get(period, cells[:0])
        critical, statements = part["critical"].to_numpy(), part["statements"].to_numpy()
        rows.append({
            "period": pd.NaT if period is pd.NaT else period.start_time,
            "statements": int(statements.sum()), "critical": int(critical.sum()),
            "effective": effective(critical, statements),
            "articles": int(part["articles"].sum()), "outlets": len(part),
            "milestone": coverage.NO_DATE if period is pd.NaT else milestones.get(period, ""),
        })
    table = pd.DataFrame(rows).astype({"period": "datetime64[us]", "milestone": "str"})
    return add_share(table, "critical", table["statements"], table["effective"])


def _grouped(data: Dataset, by: str) -> pd.DataFrame:
    """Published articles, numbered from 0, with `group`, its `name`, and whether it is `known`."""
    if by not in get_args(By):
        raise ValueError(f"by must be one of {', '.join(get_args(By))}, not {by!r}")
    articles = coverage.published(data)
    value = places.region(articles["country"]) if by == "region" else articles[by].astype("str")
    articles["group"] = value.fillna(places.UNKNOWN)
    articles["name"] = articles["group"]
    if by == "country":
        articles["name"] = places.name(articles["group"])
    elif by == "language":
        languages = coverage.by_language(data)
        articles["name"] = articles["group"].map(dict(zip(languages["language"], languages["name"]))).astype("str")
    articles["known"] = ~articles["group"].isin(_NOT_COMPARED.get(by, ()))
    return articles


def _frame_flags(data: Dataset) -> pd.DataFrame:
    """A column a frame: whether the article dwells on it. Rows are numbered from 0."""
    lists = data.articles["frames"]
    return pd.DataFrame({name: np.fromiter((name in frames for frames in lists), bool, len(lists))
                         for name in frame_names(data)})


def _tone_flags(data: Dataset) -> pd.DataFrame:
    """A column a tone: whether it is the article's. Rows are numbered from 0."""
    tones = data.articles["tone"].reset_index(drop=True)
    return pd.DataFrame({name: tones == name for name in tones.cat.categories})


def _groups(articles: pd.DataFrame) -> pd.DataFrame:
    """The groups in order, indexed by `group`: `name`, `known`, `total` (articles), `outlets`."""
    table = articles.groupby("group").agg(name=("name", "first"), known=("known", "first"), total=("group", "size"),
                                          outlets=("outlet_id", "nunique"))
    return table.reset_index().sort_values(["known", "total", "name", "group"],
                                           ascending=[False, False, True, True]).set_index("group")


def _shares(articles: pd.DataFrame, flags: pd.DataFrame, what: str) -> pd.DataFrame:
    groups = _groups(articles)
    counts = flags.groupby(articles["group"]).sum().reindex(groups.index)
    every = pd.DataFrame({"name": [ALL], "known": False, "total": len(articles),
                          "outlets": articles["outlet_id"].nunique()}, index=[ALL])
    groups = pd.concat([every, groups])
    counts = np.vstack([flags.sum().to_numpy()[None], counts.to_numpy()])
    width = len(flags.columns)
    table = pd.DataFrame({
        "group": np.repeat(groups.index.to_numpy(dtype=object), width),
        "name": np.repeat(groups["name"].to_numpy(dtype=object), width),
        "known": np.repeat(groups["known"].to_numpy(dtype=bool), width),
        what: np.tile(flags.columns.to_numpy(dtype=object), len(groups)),
        "articles": counts.ravel().astype("int64"),
        "total": np.repeat(groups["total"].to_numpy(), width).astype("int64"),
        "outlets": np.repeat(groups["outlets"].to_numpy(), width).astype("int64"),
    }).astype({"group": "str", "name": "str", what: "str"})
    return add_share(table, "articles", table["total"])


def _differences(articles: pd.DataFrame, flags: pd.DataFrame, what: str, cluster: str, least: int, permutations: int,
                 seed: int) -> pd.DataFrame:
    from statsmodels.stats.proportion import confint_proportions_2indep

    if cluster not in get_args(Cluster):
        raise ValueError(f"cluster must be one of {', '.join(get_args(Cluster))}, not {cluster!r}")
    columns = list(flags.columns)
    known = articles["known"]
    unit = articles["outlet_id"]
    if cluster == "country":
        # Countries' codes are upper case and outlets' identifiers lower case: none is taken for the other.
        unit = articles["country"].where(~articles["country"].isin(places.NO_STATE), unit)
    cases = flags[known].astype("int64").assign(size=1)
    # A row a cluster, by identifier and not by row: the shuffles must not depend on the order of the articles.
    cells = cases.groupby([unit[known].rename("unit"), articles.loc[known, "group"]]).sum()
    label = cells.index.get_level_values("group").to_numpy(dtype=object)
    sums = cells.to_numpy(dtype="float64")

    groups = _groups(articles)
    number = pd.Series(label, dtype=object).value_counts()
    shown = [group for group in groups.index[groups["known"]] if number[group] >= least]
    against = dict.fromkeys(shown, "the rest")
    if len(shown) == 2 and len(number) == 2:
        # Two groups and nothing else: each is the other's rest.
        against = {shown[0]: groups.at[shown[1], "name"]}
        shown = shown[:1]
    total = sums.sum(axis=0)

    def share_of(part: np.ndarray) -> np.ndarray:
        return part[..., :-1] / part[..., -1:]

    def difference(inside: np.ndarray) -> np.ndarray:
        return share_of(inside) - share_of(total - inside)

    code = np.array([shown.index(group) if group in shown else -1 for group in label], dtype=np.int64)
    is_in = code == np.arange(len(shown))[:, None]
    observed = difference(is_in @ sums) if shown else np.empty((0, len(columns)))
    extreme = np.zeros(observed.shape)
    rng = np.random.default_rng(seed)
    for start in range(0, permutations if shown else 0, _BATCH):
        many = min(_BATCH, permutations - start)
        codes = rng.permuted(np.broadcast_to(code, (many, len(code))), axis=1)
        inside = (codes[:, None, :] == np.arange(len(shown))[:, None]).astype("float64") @ sums
        # A shuffle that equals the observed difference but for rounding is as extreme as it.
        extreme += (np.abs(difference(inside)) >= np.abs(observed) - 1e-12).sum(axis=0)

    rows = []
    left_out = int((~known).sum())
    for i, group in enumerate(shown):
        inside, outside = sums[is_in[i]], sums[~is_in[i]]
        for j, column in enumerate(columns):
            (x, n), (y, m) = ((part[:, j].sum(), part[:, -1].sum()) for part in (inside, outside))
            few, rest = (effective(part[:, j], part[:, -1]) for part in (inside, outside))
            low, high = confint_proportions_2indep(x / n * few, few, y / m * rest, rest, method="newcomb",
                                                   compare="diff", alpha=1 - CONFIDENCE)
            rows.append((group, groups.at[group, "name"], against[group], column, x, n, x / n, y, m, y / m,
                         observed[i, j], min(low, observed[i, j]), max(high, observed[i, j]),
                         (1 + extreme[i, j]) / (1 + permutations), len(inside), left_out))
    dtypes = {"group": "str", "name": "str", "against": "str", what: "str", "articles": "int64", "total": "int64",
              "share": "float64", "rest_articles": "int64", "rest_total": "int64", "rest_share": "float64",
              "difference": "float64", "difference_low": "float64", "difference_high": "float64", "p": "float64",
              "clusters": "int64", "left_out": "int64"}
    table = pd.DataFrame(rows, columns=list(dtypes)).astype(dtypes)
    table.insert(table.columns.get_loc("p") + 1, "p_holm", _holm(table["p"]))
    return table


def _phi(both, a, b, n):
    """The correlation of two yes-or-no variables from their counts; NaN where one does not vary."""
    spread = np.asarray(a * (n - a) * 1.0 * b * (n - b), dtype="float64")
    return np.divide(both * 1.0 * n - a * 1.0 * b, np.sqrt(spread), out=np.full(spread.shape, np.nan),
                     where=spread > 0)


def _quantiles(samples: np.ndarray, defined: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The central 95 % of each column; samples in which it is not defined are left out."""
    bounds = np.full((2, samples.shape[1]), np.nan)
    if defined.any() and len(samples):
        tail = (1 - CONFIDENCE) / 2
        bounds[:, defined] = np.nanquantile(samples[:, defined], [tail, 1 - tail], axis=0)
    return bounds[0], bounds[1]


def _holm(p: pd.Series) -> pd.Series:
    """p corrected for their number (Holm 1979); NaN are no comparison."""
    from statsmodels.stats.multitest import multipletests

    corrected = pd.Series(np.nan, index=p.index, dtype="float64")
    if p.notna().any():
        corrected[p.notna()] = multipletests(p.dropna(), method="holm")[1]
    return corrected
