"""Whose voices a country's or a language's readers do not hear: shares of statements by who speaks and by stance.

Where no critical statement was found, the tables say how many could still be there, and how easily chance finds none.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis import coverage, places, quoting
from analysis.dataset import Dataset
from analysis.shares import add_share, effective

By = Literal["country", "language"]

ALL, FEW = "all", "too few articles"
CRITICAL = "critical"

HOME, FOREIGN, UNPLACED = "home officials", "foreign officials", "officials, home or foreign unknown"
BODIES = "intergovernmental bodies"
# Who speaks: `quoting.SECTOR_GROUPS`, with the states' officials told apart by the outlet's country.
VOICES = ("civil society", "industry", HOME, FOREIGN, UNPLACED, BODIES, "media", "academia and others")
_STATES = "States"


def voice(sector: pd.Series, country: pd.Series, outlet_country: pd.Series) -> pd.Series:
    """The group of voices that a source belongs to, as seen from an outlet's country.

    Six groups of sectors (`quoting.SECTOR_GROUPS`) with two changes. Officials (government, law enforcement) speak for
    the outlet's own country (`home officials`), for another (`foreign officials`; to an intergovernmental outlet every
    state is another), or it is not known (`officials, home or foreign unknown`: the source's or the outlet's country
    is not known). Officials of an intergovernmental body (Interpol; country `INT`) count with the bodies.

    Parameters
    ----------
    sector, country: of the source (see `quoting.nodes`). outlet_country: of the outlet. Country codes, `INT` or
        `unknown`; all three with the same index.

    Returns
    -------
    Series of str, each one of `VOICES`.
    """
    group = sector.map(quoting.sector_group)
    official = group == _STATES
    of_body = official & (country == places.INTERGOVERNMENTAL)
    unknown = official & ((country == places.UNKNOWN) | (outlet_country == places.UNKNOWN))
    home = official & (country == outlet_country)
    value = np.select([of_body, unknown, home, official], [BODIES, UNPLACED, HOME, FOREIGN], group.str.lower())
    return pd.Series(value, index=sector.index, dtype="str")


def silences(data: Dataset, by: By = "country", least: int = 5) -> pd.DataFrame:
    """How the statements of each country's, or language's, media divide among voices and among stances.

    Statements of one article, and articles of one outlet, are not independent: intervals are Wilson's at the effective
    number of statements (`shares.effective`, outlets as clusters). Where all statements of a group are alike, as
    where none is critical, that number is the smallest possible, and the interval the widest.

    Parameters
    ----------
    by: "country" (where the outlet is based) or "language" (of the article). least: articles with a statement that a
        group must have for rows of its own; smaller ones are put together in the group `too few articles`.

    Returns
    -------
    DataFrame in long form, a row for each group, measure and value: `group` (country code or BCP 47 tag; first `all`,
    then by most articles, then by name; last those without a state and `too few articles`), `name`, `known` (bool:
    whether it is one country or language), `measure` (`voice` or `stance`), `value` (`VOICES`; or supportive, neutral,
    mixed, critical), `statements`, `share` of the group's statements (0-1) with its 95 % interval `share_low`,
    `share_high`, `total` (statements of the group), `effective` (number of them, see above; float), `articles` (of
    the group, with a statement), `outlets` (of these articles). Shares of a measure add up to 1; groups other than
    `all` add up to all statements.

    Raises
    ------
    ValueError: for another `by`, or a `least` below 1.

    >>> from analysis import load_dataset
    >>> table = silences(load_dataset())
    >>> table.loc[(table.group == "VN") & (table.value == "critical"), ["statements", "total"]].values.tolist()
    [[4, 336]]
    """
    said, groups = _statements(data, by, least)
    columns = [("voice", value) for value in VOICES]
    columns += [("stance", value) for value in data.attributions["stance"].cat.categories]
    flags = pd.DataFrame({column: said[column[0]] == column[1] for column in columns}).astype("int64")
    flags["size"] = 1
    pieces = []
    for group in groups.itertuples():
        inside = slice(None) if group.Index == ALL else said["shown"] == group.Index
        # Clusters: an outlet's statements in this group.
        cells = flags[inside].groupby(said.loc[inside, "outlet"].to_numpy()).sum().to_numpy()
        pieces += [(group.Index, group.name, group.known, measure, value, int(cells[:, i].sum()), group.total,
                    effective(cells[:, i], cells[:, -1]), group.articles, group.outlets)
                   for i, (measure, value) in enumerate(columns)]
    dtypes = {"group": "str", "name": "str", "known": "bool", "measure": "str", "value": "str", "statements": "int64",
              "total": "int64", "effective": "float64", "articles": "int64", "outlets": "int64"}
    table = pd.DataFrame(pieces, columns=list(dtypes)).astype(dtypes)
    return add_share(table, "statements", table["total"], table["effective"])


def without_critics(data: Dataset, by: By = "country", least: int = 5) -> pd.DataFrame:
    """The countries or languages in whose sampled coverage no critical statement was found, and how little that says.

    Two measures keep the silence from being over-read. `share_high`: the share of critical statements that could
    still be there (Wilson's upper bound at the effective number of statements; with independent statements it is near
    the rule of three, Hanley and Lippman-Hand 1983, JAMA 249:1743-1745). `chance`: if the critics were spread over
    outlets at random, how likely so few of the group's outlets, here none, carried one (hypergeometric, over outlets,
    each once in every group that it has articles in). It takes outlets with many and with few statements alike. Of a
    group whose `chance_holm` is large, the data cannot say that it differs from the others.

    Parameters
    ----------
    by, least: as in `silences`.

    Returns
    -------
    DataFrame, a row a known group without a critical statement, by the lowest `chance`, then by most statements, then
    by name: `group`, `name`, `statements`, `effective` (see `silences`), `share_high` (0-1), `articles`, `outlets`,
    `elsewhere` (critical share of all other statements), `outlets_elsewhere` (share of the other outlets that carried
    a critical statement), `chance` (0-1), `chance_holm` (corrected for the number of known groups of `silences`, with
    and without critics; Holm 1979).

    Raises
    ------
    ValueError: as `silences`.

    >>> from analysis import load_dataset
    >>> table = without_critics(load_dataset())
    >>> table.loc[[0], ["name", "statements", "outlets"]].values.tolist()
    [['Morocco', 18, 7]]
    """
    from scipy.stats import hypergeom
    from statsmodels.stats.multitest import multipletests

    table = silences(data, by, least)
    critical = table[(table["measure"] == "stance") & (table["value"] == CRITICAL)]
    every, critical = critical.iloc[0], critical[critical["known"]].drop(columns=["measure", "value", "known"])
    said, _ = _statements(data, by, least)
    # By the group itself and not as pooled: two small countries' outlets are not one.
    carries = (said["stance"] == CRITICAL).groupby([said["outlet"], said["group"]]).any().reset_index(name="any")
    own = carries.groupby("group")["any"].agg(["sum", "size"]).reindex(critical["group"])
    found, outlets = own["sum"].to_numpy(), own["size"].to_numpy()
    chance = hypergeom.cdf(found, len(carries), int(carries["any"].sum()), outlets)
    others = len(carries) - outlets
    critical = critical.assign(
        elsewhere=_ratio(every["statements"] - critical["statements"], every["total"] - critical["total"]),
        outlets_elsewhere=_ratio(carries["any"].sum() - found, others),
        chance=chance, chance_holm=multipletests(chance, method="holm")[1] if len(chance) else chance)
    silent = critical[critical["statements"] == 0].sort_values(
        ["chance", "total", "name"], ascending=[True, False, True], ignore_index=True)
    silent = silent.drop(columns=["statements", "share", "share_low"]).rename(columns={"total": "statements"})
    return silent[["group", "name", "statements", "effective", "share_high", "articles", "outlets", "elsewhere",
                   "outlets_elsewhere", "chance", "chance_holm"]]


def _statements(data: Dataset, by: By, least: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Statements with `outlet`, `voice`, `stance`, `group` and that under which it is `shown`; and these groups."""
    if by not in get_args(By):
        raise ValueError(f"by must be one of {', '.join(get_args(By))}, not {by!r}")
    if least < 1:
        raise ValueError(f"least must be at least 1, not {least}")
    hops = quoting.hops(data)
    last = hops[hops["step"] == hops["steps"]]  # at which the source itself is quoted
    articles = coverage.published(data)[["article_id", "outlet_id", "country", "language"]]
    said = last.merge(articles, on="article_id", validate="many_to_one")
    said = pd.DataFrame({
        "article": said["article_id"], "outlet": said["outlet_id"], "stance": said["stance"].astype("str"),
        "group": said[by], "voice": voice(said["quoted_sector"], said["quoted_country"], said["country"]),
    })
    names = coverage.by_country(data) if by == "country" else coverage.by_language(data)
    name = names.set_index(by)["name"]
    counts = {"total": ("article", "size"), "articles": ("article", "nunique"), "outlets": ("outlet", "nunique")}
    groups = said.groupby("group").agg(**counts)
    groups.insert(0, "name", name.reindex(groups.index))
    groups.insert(1, "known", ~groups.index.isin(places.NO_STATE))
    said["shown"] = said["group"].where(said["group"].map(groups["articles"]) >= least, FEW)
    groups = groups[groups["articles"] >= least].reset_index()
    groups = groups.sort_values(["known", "articles", "name", "group"], ascending=[False, False, True, True])
    rest = said[said["shown"] == FEW]
    every, few = (pd.DataFrame({"group": [group], "name": group, "known": False, "total": len(part),
                                "articles": part["article"].nunique(), "outlets": part["outlet"].nunique()})
                  for group, part in ((ALL, said), (FEW, rest)))
    return said, pd.concat([every, groups, few[few["total"] > 0]]).astype(every.dtypes).set_index("group")


def _ratio(count, total):
    return np.divide(count, total, out=np.full(len(total), np.nan), where=np.asarray(total) > 0)
