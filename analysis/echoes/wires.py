"""How far a country's or a language's coverage rests on agencies: articles that credit one for the whole piece.

Only visible credits are in the record and coders agree little on them: every figure here is a lower bound.
"""

from __future__ import annotations

from typing import Literal, get_args

import pandas as pd

from analysis import coverage, places
from analysis.dataset import Dataset
from analysis.quoting import nodes
from analysis.shares import add_share, effective

By = Literal["country", "language"]

ALL = "all"
AGENCY = "news agency"


def wire_dependence(data: Dataset, by: By = "country") -> pd.DataFrame:
    """The share of articles that carry a text credited to a news agency, in every group, and which agency.

    Counted is `articles.wire`, the outlets that the text itself credits for the whole piece, where they are news
    agencies; a credit to the outlet itself is none, and an agency named for a single statement is in `relays`. Excerpts
    often cut the credit off and most copies show none: a lower bound, and one on which two coders agree little
    (`agreement.caveat(data, ["any_wire"])`).

    Articles of one outlet are not independent: the interval is Wilson's at the effective number of articles (see
    `shares.design_effect`, outlets as clusters).

    Parameters
    ----------
    by: "country" (of the outlet) or "language" (of the article).

    Returns
    -------
    DataFrame, first the group `all`, then by most articles, then by name, and last the groups that are unknown or no
    state's: `group`, `name` (of the country or language), `known` (bool), `articles` (with a credited agency's text),
    `share` of the group's articles (0-1) with its 95 % interval `share_low`, `share_high`, `total` (articles of the
    group), `outlets` (of the group), `effective` (number of articles, see above), `abroad` (of `articles`: an agency is
    based in another state than the outlet), `home` (all agencies in the outlet's own; the rest of `articles` is of
    outlets or agencies without a known state), `other` (articles that credit only outlets of another kind for the
    whole, a newspaper's say), `agency` (the one with most articles, then by name; "" for none), `agency_name`,
    `agency_articles`. Groups other than `all` add up to all articles.

    Raises
    ------
    ValueError: for another `by`.

    >>> from analysis import load_dataset
    >>> table = wire_dependence(load_dataset()).set_index("group")
    >>> table.loc[["all", "VN"], ["articles", "total", "agency_name", "agency_articles"]].values.tolist()
    [[66, 721, 'VNA', 17], [15, 101, 'VNA', 15]]
    """
    articles = _grouped(data, by)
    credits = _credits(data, articles)
    agencies = credits[credits["kind"] == AGENCY]
    one = agencies.groupby("article_id").agg(abroad=("abroad", "any"), home=("at_home", "all"))
    articles["wire_text"] = articles["article_id"].isin(one.index)
    articles["abroad"] = articles["article_id"].map(one["abroad"]).fillna(False).astype("bool")
    articles["home"] = articles["article_id"].map(one["home"]).fillna(False).astype("bool")
    articles["other"] = articles["article_id"].isin(credits["article_id"]) & ~articles["wire_text"]
    everything = articles.assign(group=ALL, name=ALL, known=False)
    most = _ranked(pd.concat([agencies.assign(group=ALL), agencies])).drop_duplicates("group").set_index("group")

    rows = []
    for group, part in [(ALL, everything), *((group, articles[articles["group"] == group])
                                             for group in _order(articles))]:
        by_outlet = part.groupby("outlet_id")["wire_text"].agg(["sum", "size"])
        rows.append({
            "group": group, "name": part["name"].iloc[0] if len(part) else ALL,
            "known": bool(part["known"].iloc[0]) if len(part) else False,
            "articles": int(part["wire_text"].sum()), "total": len(part), "outlets": len(by_outlet),
            "effective": effective(by_outlet["sum"].to_numpy(), by_outlet["size"].to_numpy()),
            **{column: int(part[column].sum()) for column in ("abroad", "home", "other")},
            "agency": most["agency"].get(group, ""), "agency_name": most["agency_name"].get(group, ""),
            "agency_articles": int(most["articles"].get(group, 0)),
        })
    text = dict.fromkeys(["group", "name", "agency", "agency_name"], "str")
    table = pd.DataFrame(rows).astype(text)
    return add_share(table, "articles", table["total"], table["effective"])


def wires(data: Dataset, by: By = "country") -> pd.DataFrame:
    """Whose texts each group's media carry: every outlet credited for whole pieces, agency or not.

    Parameters
    ----------
    by: as in `wire_dependence`.

    Returns
    -------
    DataFrame, groups in the order of `wire_dependence` (first `all`), in each by most articles, then by name: `group`,
    `name`, `agency` (outlet_id), `agency_name`, `kind` (of outlet), `agency_country`, `articles` (that credit it; an
    article can credit several), `outlets` (that published them), `total` (articles of the group). Groups without a
    credit have no row.

    Raises
    ------
    ValueError: for another `by`.

    >>> from analysis import load_dataset
    >>> wires(load_dataset()).loc[:2, ["group", "agency_name", "articles", "outlets"]].values.tolist()
    [['all', 'VNA', 17, 8], ['all', 'AFP', 11, 11], ['all', 'Reuters', 9, 8]]
    """
    articles = _grouped(data, by)
    credits = _credits(data, articles)
    table = _ranked(pd.concat([credits.assign(group=ALL), credits]))
    groups = [ALL, *_order(articles)]
    names = {ALL: ALL} | dict(zip(articles["group"], articles["name"]))
    totals = {ALL: len(articles)} | articles["group"].value_counts().to_dict()
    place = table["group"].map({group: i for i, group in enumerate(groups)})
    table = table.iloc[place.argsort(kind="stable")].reset_index(drop=True)
    table.insert(1, "name", table["group"].map(names).astype("str"))
    table["total"] = table["group"].map(totals).astype("int64")
    return table


def _grouped(data: Dataset, by: str) -> pd.DataFrame:
    """Published articles with `group`, its `name`, and whether it is `known`."""
    if by not in get_args(By):
        raise ValueError(f"by must be one of {', '.join(get_args(By))}, not {by!r}")
    articles = coverage.published(data)
    articles["group"] = articles[by]
    if by == "country":
        articles["name"] = places.name(articles["group"])
    else:
        languages = coverage.by_language(data)
        articles["name"] = articles["group"].map(dict(zip(languages["language"], languages["name"]))).astype("str")
    articles["known"] = ~articles["group"].isin(places.NO_STATE)
    return articles


def _order(articles: pd.DataFrame) -> list[str]:
    table = articles.groupby("group").agg(name=("name", "first"), known=("known", "first"), total=("group", "size"))
    order = ["known", "total", "name", "group"]
    return table.reset_index().sort_values(order, ascending=[False, False, True, True])["group"].tolist()


def _credits(data: Dataset, articles: pd.DataFrame) -> pd.DataFrame:
    """A row for each article and other outlet that it credits for the whole piece."""
    known = nodes(data)
    table = articles[["article_id", "outlet_id", "country", "group", "wire"]].rename(columns={"wire": "agency"})
    table = table.explode("agency").dropna(subset=["agency"]).astype({"agency": "str"})
    table = table[table["agency"] != table["outlet_id"]]
    for column, of in {"agency_name": "name", "kind": "outlet_kind", "agency_country": "country"}.items():
        table[column] = table["agency"].map(known[of]).astype("str")
    states = ~table["country"].isin(places.NO_STATE) & ~table["agency_country"].isin(places.NO_STATE)
    table["abroad"] = states & (table["country"] != table["agency_country"])
    table["at_home"] = states & (table["country"] == table["agency_country"])
    return table


def _ranked(credits: pd.DataFrame) -> pd.DataFrame:
    """Credits counted by group and outlet; in each group most articles first."""
    keys = ["group", "agency", "agency_name", "kind", "agency_country"]
    table = credits.groupby(keys).agg(articles=("article_id", "nunique"), outlets=("outlet_id", "nunique"))
    return table.reset_index().sort_values(["group", "articles", "agency_name", "agency"],
                                           ascending=[True, False, True, True], ignore_index=True)
