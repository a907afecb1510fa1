"""Which countries' media covered the convention: articles counted by country, language, day and kind of outlet.

What is unknown is counted in a row that says so; every table adds up to all articles. Tables in memory and archives in
partitions (`analysis.corpus`) are counted by the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from analysis import partitions, places
from analysis.dataset import Dataset
from analysis.shares import add_share

# A state's part in the convention as far as the record's pages tell. "No signature found" is not "did not sign".
SIGNED, NOT_FOUND = "signed", "no signature found"
SIGNING = (SIGNED, NOT_FOUND, "intergovernmental", "country unknown")

NO_DATE = "no date known"


def published(data: Dataset) -> pd.DataFrame:
    """Articles with what is known of their outlet.

    Returns
    -------
    DataFrame, a row an article in the record's order: the columns of `articles`, and `outlet` (name), `country`
    (`unknown` where the outlet's is), `outlet_kind`, `owner`, `signed` (category, see `signing`). Of a partitioned
    record a Dask frame.
    """
    return partitions.each(data, _published)


# What `_published` needs of the other tables.
_OF_PUBLISHED = {"outlets": ["outlet_id", "name", "country", "kind", "owner"], "signatures": ["country"]}


def _published(data: Dataset) -> pd.DataFrame:
    outlets = data.outlets[_OF_PUBLISHED["outlets"]]
    outlets = outlets.rename(columns={"name": "outlet", "kind": "outlet_kind"})
    articles = data.articles.merge(outlets, on="outlet_id", how="left", validate="many_to_one")
    articles["country"] = places.or_unknown(articles["country"])
    articles["signed"] = signing(articles["country"], data.signatures)
    return articles


def signing(countries: pd.Series, signatures: pd.DataFrame) -> pd.Series:
    """Whether the state of each country code signed: `signed`, `no signature found`, `intergovernmental` or
    `country unknown` (ordered category)."""
    state = countries.isin(signatures["country"]).map({True: SIGNED, False: NOT_FOUND})
    state = state.mask(countries == places.INTERGOVERNMENTAL, SIGNING[2]).mask(countries == places.UNKNOWN, SIGNING[3])
    return state.astype(pd.CategoricalDtype(SIGNING, ordered=True))


def by_country(data: Dataset) -> pd.DataFrame:
    """Articles and outlets by the country where the outlet is based.

    Returns
    -------
    DataFrame, most articles first, then by name: `country` (ISO 3166-1 alpha-2, `INT`, `unknown`), `name`, `region`
    (UN M49), `articles`, `share` of all articles with its 95 % Wilson interval `share_low`, `share_high`, `outlets`,
    `languages` (how many), `first` and `last` (dates of the dated articles), `undated` (articles without a date),
    `signed` (category, see `signing`). The rows add up to all articles.
    """
    table = _count(data, "country")
    table.insert(1, "name", places.name(table["country"]))
    table.insert(2, "region", places.region(table["country"]))
    table["signed"] = signing(table["country"], data.signatures)
    return table.drop(columns="countries").sort_values(["articles", "name"], ascending=[False, True], ignore_index=True)


def by_language(data: Dataset) -> pd.DataFrame:
    """Articles by language.

    Returns
    -------
    DataFrame, most articles first, then by name: `language` (BCP 47), `name` (English, from CLDR), `articles`, `share`,
    `share_low`, `share_high`, `outlets`, `countries` (of known states), `first`, `last`, `undated`.
    """
    from babel import Locale, UnknownLocaleError

    def name(tag: str) -> str:
        try:
            return Locale.parse(tag, sep="-").get_display_name("en") or tag
        except (UnknownLocaleError, ValueError):
            return tag

    table = _count(data, "language")
    table.insert(1, "name", table["language"].map(name))
    return table.drop(columns="languages").sort_values(["articles", "name"], ascending=[False, True], ignore_index=True)


def by_outlet_kind(data: Dataset) -> pd.DataFrame:
    """Articles by kind of outlet (newspaper, news agency, aggregator ...).

    Returns
    -------
    DataFrame, most articles first: `kind`, `articles`, `share`, `share_low`, `share_high`, `outlets`, `countries`,
    `languages`, `first`, `last`, `undated`. Kinds without an article are left out.
    """
    table = _count(data, "outlet_kind").rename(columns={"outlet_kind": "kind"})
    table["kind"] = table["kind"].astype("str").fillna(places.UNKNOWN)
    return table.sort_values(["articles", "kind"], ascending=[False, True], ignore_index=True)


def by_day(data: Dataset) -> pd.DataFrame:
    """Articles by day of publication, with the event's milestones.

    Returns
    -------
    DataFrame, a row for every calendar day from the first article or milestone to the last, without gaps: `date`
    (datetime64), `articles`, `outlets`, `countries` (of known states), `milestone` (what happened that day, or "").
    A last row without a date (NaT), milestone "no date known", counts the undated articles.
    """
    # An unpublished event has no milestones: users' own records need none.
    milestones: dict[pd.Timestamp, str] = {}
    for milestone in data.descriptor.get("event", {}).get("milestones", []):
        day = pd.Timestamp(milestone["date"])
        milestones[day] = "; ".join(filter(None, [milestones.get(day), milestone["label"]]))
    counts = _count(data, "published")[["published", "articles", "outlets", "countries"]]
    known = pd.Index([*counts["published"].dropna(), *milestones])
    days = pd.date_range(known.min(), known.max()) if len(known) else pd.DatetimeIndex(counts["published"][:0])
    undated = counts[counts["published"].isna()]
    dated = counts.set_index("published").reindex(days, fill_value=0)
    table = dated.rename_axis("date").reset_index()
    table["milestone"] = table["date"].map(milestones).fillna("").astype("str")
    last = pd.DataFrame({"date": [pd.NaT], "articles": 0, "outlets": 0, "countries": 0, "milestone": NO_DATE})
    for column in ("articles", "outlets", "countries"):
        last[column] = int(undated[column].sum())
    return pd.concat([table, last.astype(table.dtypes)], ignore_index=True)


def signers_and_others(data: Dataset) -> pd.DataFrame:
    """How coverage, tone and national framing differ by whether the outlet's state signed.

    Returns
    -------
    DataFrame in long form, `group` (see `signing`) by `measure`: `group`, `measure`, `value`, `count`, `share`,
    `share_low`, `share_high` (Wilson, 95 %), `total`:

    - measure `coverage`, value "states with an article": of the states in the group (signatories on record; other
      members of the United Nations), how many have an article in the sample. For states only.
    - measure `articles`, value "of all articles": the group's articles out of all.
    - measure `tone`, a row a tone: articles of that tone out of the group's.
    - measure `frame`, value "national": articles that dwell on their own country's part, out of the group's.

    Articles of one outlet are not independent and the sample is one of convenience: the intervals say how little a
    small group can tell, not how the world's media behave.
    """
    cells = partitions.reduce(data, _signing_cells, _add_up, articles=["outlet_id", "tone", "frames"],
                              **_OF_PUBLISHED)
    in_group = cells.groupby("signed", observed=False)["articles"].sum().reindex(SIGNING, fill_value=0)

    known = places.countries()
    signatories = data.signatures.loc[data.signatures["country"] != "EU", "country"]
    others = known.index[known["un_member"] & ~known.index.isin(signatories)]
    covered = set(cells["country"])
    rows = [(state, "coverage", "states with an article", sum(c in covered for c in states), len(states))
            for state, states in ((SIGNED, signatories), (NOT_FOUND, others))]
    total = in_group.sum()
    rows += [(g, "articles", "of all articles", n, total) for g, n in in_group.items()]
    # An archive's articles have no tone and no frames until somebody codes them: they are in no total.
    toned = cells.groupby(["signed", "tone"], observed=False)["articles"].sum()
    rows += [(g, "tone", tone, toned[g, tone], toned[g].sum()) for g in SIGNING for tone in toned.index.levels[1]]
    framed = cells[cells["framed"]].groupby("signed", observed=False)["articles"].sum()
    national = cells[cells["national"]].groupby("signed", observed=False)["articles"].sum()
    rows += [(g, "frame", "national", national[g], framed[g]) for g in SIGNING]
    table = pd.DataFrame(rows, columns=["group", "measure", "value", "count", "total"])
    table["group"] = table["group"].astype(pd.CategoricalDtype(SIGNING, ordered=True))
    return add_share(table, "count", table["total"])


def _count(data: Dataset, by: str) -> pd.DataFrame:
    """Articles, their share, and what else is counted of them, for each value of column `by`; none is left out."""
    columns = ["article_id", "outlet_id", "language", "published"]
    cells = partitions.reduce(data, partial(_cells, by=by), _add_up, articles=columns, **_OF_PUBLISHED)
    state = cells["country"].where(~cells["country"].isin(places.NO_STATE))
    table = cells.assign(state=state).groupby(by, observed=True, dropna=False).agg(
        articles=("articles", "sum"),
        outlets=("outlet_id", "nunique"),
        countries=("state", "nunique"),
        languages=("language", "nunique"),
        first=("first", "min"),
        last=("last", "max"),
        dated=("dated", "sum"),
    ).reset_index()
    table["undated"] = table["articles"] - table.pop("dated")
    return add_share(table, "articles", table["articles"].sum())


def _cells(data: Dataset, by: str) -> pd.DataFrame:
    """Articles and their dates for each value of `by`, outlet and language."""
    keys = list(dict.fromkeys([by, "outlet_id", "country", "language"]))
    articles = _published(data)
    # The column of dates is a key and what is counted, when articles are counted by day.
    return articles.assign(day=articles["published"]).groupby(keys, observed=True, dropna=False).agg(
        articles=("day", "size"), first=("day", "min"), last=("day", "max"), dated=("day", "count")).reset_index()


def _signing_cells(data: Dataset) -> pd.DataFrame:
    """Articles for each country by tone, and by whether they have frames and the national one."""
    articles = _published(data)
    articles["framed"] = articles["frames"].map(len) > 0
    articles["national"] = articles["frames"].map(lambda frames: "national" in frames).astype(bool)
    keys = ["signed", "country", "tone", "framed", "national"]
    return articles.groupby(keys, observed=True, dropna=False).agg(articles=("outlet_id", "size")).reset_index()


def _add_up(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Cells of several parts of a record as cells of all of them."""
    cells = pd.concat(parts, ignore_index=True)
    how = {"articles": "sum", "dated": "sum", "first": "min", "last": "max"}
    keys = [column for column in cells.columns if column not in how]
    how = {column: way for column, way in how.items() if column in cells.columns}
    return cells.groupby(keys, observed=True, dropna=False).agg(how).reset_index()
