"""What the report says in figures and sentences: computed from the record, right for any record.

Pure: the record in, text out. Nothing here is HTML.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from analysis import agreement, coverage, places, quoting
from analysis.charts.style import counted, day, percent
from analysis.dataset import Dataset
from analysis.gallery import ENDS, NEEDS
from analysis.shares import wilson

MOST_NAMED = 12  # variables that a sentence names


class Figure(NamedTuple):
    """A number and what it counts, in the right grammatical number."""

    number: int
    noun: str


def _figure(number: int, noun: str) -> Figure:
    return Figure(int(number), counted(int(number), noun).split(" ", 1)[1])


def figures(data: Dataset) -> list[Figure]:
    """The record in six numbers: articles, countries, languages, outlets, statements, and sources that are quoted.

    Countries are states where an outlet with an article is based; intergovernmental bodies and the unknown are none.
    """
    return [_figure(len(data.articles), "article"),
            _figure(len(_states(data)), "country"),
            _figure(data.articles["language"].nunique(), "language"),
            _figure(data.articles["outlet_id"].nunique(), "outlet"),
            _figure(len(data.attributions), "statement"),
            _figure(quoting.most_quoted(data)["source"].nunique(), "quoted source")]


def _states(data: Dataset) -> pd.DataFrame:
    """The rows of `coverage.by_country` that are states."""
    table = coverage.by_country(data)
    return table[~table["country"].isin(places.NO_STATE)].reset_index(drop=True)


def first(table: pd.DataFrame, column: str) -> tuple[list[str], int]:
    """Who comes first by a column, all of them where several are level, and their number.

    table: sorted, not empty, with a column `name`.
    """
    most = int(table[column].iloc[0])
    return table.loc[table[column] == most, "name"].tolist(), most


def listed(names: list[str], most: int = 3) -> str:
    """Names in a sentence.

    >>> listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C", "D", "E"])
    ('A', 'A and B', 'A, B, C and 2 others')
    """
    if len(names) > most + 1:
        names = [*names[:most], f"{len(names) - most:,} others"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def share(count: int, total: int) -> str:
    """A share with its 95 % Wilson interval, in whole per cent.

    >>> share(254, 721).replace("\N{NO-BREAK SPACE}", " ")
    '35 %, 95 % interval 32 to 39'
    """
    part, low, high = (float(value) for value in wilson(count, total))
    return f"{percent(part)}, {percent(0.95)} interval {low * 100:.0f} to {high * 100:.0f}"


def coverage_facts(data: Dataset) -> list[str]:
    """Sentences that answer which countries' media covered it; none that the record cannot bear."""
    if data.articles.empty:
        return ["The record holds no article."]
    said = []
    states = _states(data)
    if len(states):
        names, most = first(states, "articles")
        if len(states) == 1:
            said.append(f"Every article whose outlet has a known country is from {names[0]}: {most:,} of "
                        f"{len(data.articles):,}.")
        elif len(names) > 1:
            said.append(f"{listed(names)} have the most articles, {most:,} each.")
        else:
            said.append(f"{names[0]} has the most articles, {most:,}{_second(states.iloc[1:])}.")
        few = int((states["articles"] <= 2).sum())
        if few and len(states) > 1:
            said.append(f"{few:,} of {counted(len(states), 'country')} are there with one or two articles: enough to "
                        "show that somebody wrote, too little to say how.")
    languages = coverage.by_language(data)
    top = languages.iloc[0]
    said.append(f"{counted(top['articles'], 'article')} ({share(top['articles'], len(data.articles))}) "
                f"{'is' if top['articles'] == 1 else 'are'} in {top['name']}" + (
        f"; {counted(len(languages), 'language')} in all." if len(languages) > 1 else ", the only language."))
    return [*said, *_dates(data), *_apart(data)]


def _second(rest: pd.DataFrame) -> str:
    names, number = first(rest, "articles")
    return f", before {listed(names)} with {number:,}{' each' if len(names) > 1 else ''}"


def _dates(data: Dataset) -> list[str]:
    published = data.articles["published"]
    dated = published.dropna()
    if dated.empty:
        return ["No article carries a date."]
    counts = coverage.by_day(data).dropna(subset=["date"])
    most = counts["articles"].max()
    days = counts[counts["articles"] == most]
    said = f"The dated articles appeared from {day(dated.min())} to {day(dated.max())}"
    if len(days) == 1 and dated.nunique() > 1:
        row = days.iloc[0]
        happened = f" ({row['milestone'][0].lower()}{row['milestone'][1:]})" if row["milestone"] else ""
        said += f", most of them, {most:,} of {len(dated):,}, on {day(row['date'])}{happened}" if (
            most > len(dated) / 2) else f", {most:,} of {len(dated):,} on {day(row['date'])}{happened}"
    if dated.nunique() == 1:
        said = f"Every dated article appeared on {day(dated.min())}"
    undated = int(published.isna().sum())
    return [f"{said}; {counted(undated, 'article')} {'carries' if undated == 1 else 'carry'} no date." if undated
            else f"{said}."]


def _apart(data: Dataset) -> list[str]:
    number = coverage.by_country(data).set_index("country")["articles"]
    unknown, bodies = (int(number.get(code, 0)) for code in places.NO_STATE)
    said = []
    if unknown:
        said.append(f"Where the outlet is based is unknown for {counted(unknown, 'article')}.")
    if bodies:
        said.append(f"{counted(bodies, 'article')} {'is' if bodies == 1 else 'are'} by intergovernmental bodies.")
    return said


def quoting_facts(data: Dataset) -> list[str]:
    """Sentences that answer who quoted whom; none that the record cannot bear."""
    total = len(data.attributions)
    if not total:
        return ["The record holds no statement."]
    said = []
    voices = quoting.most_quoted(data)
    names, most = first(voices, "statements")
    if len(names) > 1:
        said.append(f"{listed(names)} are quoted most, in {counted(most, 'statement')} each of {total:,}.")
    else:
        reach = int(voices["countries"].iloc[0])
        media = f", in media of {counted(reach, 'country')}" if reach else ""
        said.append(f"{names[0]} is quoted most: {most:,} of {counted(total, 'statement')}{media}.")
    if NEEDS[ENDS](data):
        home = quoting.home_share(data).iloc[0]
        said.append(f"Media quote voices of their own country in {home['home']:,} of the {home['statements']:,} "
                    f"statements whose two ends have a known country ({share(home['home'], home['statements'])}); if "
                    f"the countries were shuffled over the articles it would be {percent(home['expected'])}.")
    relayed = int(data.attributions["via"].map(len).gt(0).sum())
    said.append(f"For {counted(relayed, 'statement')} the article names the outlet from which it has it." if relayed
                else "No article names another outlet from which it has a statement.")
    critical = int((data.attributions["stance"] == "critical").sum())
    said.append(f"{counted(critical, 'statement')} ({share(critical, total)}) {'is' if critical == 1 else 'are'} "
                "critical." if critical else "No statement is critical.")
    return said


def limits(data: Dataset) -> list[str]:
    """What a reader must know before quoting a figure."""
    articles = data.articles
    said = []
    if origin := data.descriptor.get("event", {}).get("source"):
        said.append(f"This is a convenience sample from {origin}. No share in it estimates the world’s media; the "
                    "intervals only say how little a small number can tell.")
    said.append("“No article found” is not “no coverage”: a country without articles here may well have had some.")
    if len(data.signatures):
        said.append("“No signature found” is not “did not sign”: signatures are as the cited pages state.")
    excerpts = int((articles["read"] == "excerpt").sum())
    if excerpts:
        said.append(f"{excerpts:,} of {counted(len(articles), 'article')} were coded from excerpts: a voice that "
                    "speaks only in a later paragraph is missing.")
    undated, unknown = int(articles["published"].isna().sum()), int(
        (coverage.published(data)["country"] == places.UNKNOWN).sum())
    for number, what in ((undated, "without a date"), (unknown, "of outlets whose country is unknown")):
        if number:
            said.append(f"{number:,} of {counted(len(articles), 'article')} {what}: counted as unknown, not left out.")
    said.append("Only visible credits make a chain of quotation: a copy of an agency’s text that shows none is not seen.")
    if len(data.recodes):
        low = agreement.low_agreement(data)
        caveat = agreement.caveat(data, low)
        if len(low) > MOST_NAMED:
            caveat = (f"On {counted(len(low), 'variable')} the two agree too little, or too few articles were coded twice "
                      "to tell: see the chart of agreement.")
        said.append(f"{counted(len(data.recodes), 'article')}, drawn at random, were coded by a second coder who did "
                    f"not know the first coding. {caveat or 'The two agree well enough on every variable.'}")
    else:
        said.append("No article was coded twice: how far the coding can be trusted is not known.")
    return said
