"""The tables that readers search: every article with whom it quotes, and every statement.

Pure: the record in, tables out, in the record's order. Addresses that are none of the web's are left out.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import pandas as pd

from analysis import coverage, places, quoting
from analysis.dataset import Dataset
from analysis.explore.selection import readable


def web_address(address: str) -> str:
    """An address that a browser may follow as a link (http or https), else "".

    >>> web_address("https://example.org/a"), web_address("javascript:alert(1)"), web_address("http://[")
    ('https://example.org/a', '', '')
    """
    try:
        parts = urlsplit(address)
        return address if parts.scheme in ("http", "https") and parts.netloc else ""
    except ValueError:
        return ""


def articles(data: Dataset) -> pd.DataFrame:
    """Every article, to search.

    Returns
    -------
    DataFrame, a row an article in the record's order, all str: `date` (YYYY-MM-DD, "" where unknown), `outlet`,
    `country` (name), `language` (name), `tone`, `quoted` (the names of its sources in the order in which they first
    speak, joined by "; "), `subject` (in the coder's words), `url` ("" where it is no web address).
    """
    published = coverage.published(data)
    languages = coverage.by_language(data).set_index("language")["name"]
    name = quoting.nodes(data)["name"]
    source = quoting.node_of_source(data).set_axis(data.sources["source_id"]).map(name)
    said = data.attributions.sort_values(["article_id", "position"])
    names = said["source_id"].map(source).groupby(said["article_id"]).agg(lambda s: "; ".join(dict.fromkeys(s)))
    return pd.DataFrame({
        "date": published["published"].dt.strftime("%Y-%m-%d").fillna(""),
        "outlet": published["outlet"],
        "country": places.name(published["country"]),
        "language": published["language"].map(languages),
        "tone": published["tone"].astype("str"),
        "quoted": published["article_id"].map(names).fillna(""),
        "subject": published["subject"],
        "url": published["url"].map(web_address),
    }).astype("str")


def statements(data: Dataset) -> pd.DataFrame:
    """Every statement, to search.

    Returns
    -------
    DataFrame, a row an attribution in the record's order: `date`, `outlet`, `country` (name, of the outlet), `source`,
    `via` (relays, nearest first, joined by " > "), `form`, `stance`, `gist` (in the coder's words), all str, and
    `article` (the position of its article in `articles`, int).
    """
    table = readable(data)
    row = pd.Index(data.articles["article_id"]).get_indexer(data.attributions["article_id"])
    made = pd.DataFrame({
        "date": table["published"].dt.strftime("%Y-%m-%d").fillna(""),
        "outlet": table["outlet"],
        "country": places.name(table["outlet_country"]),
        "source": table["source"],
        "via": table["via"],
        "form": table["form"].astype("str"),
        "stance": table["stance"].astype("str"),
        "gist": table["gist"],
    }).astype("str")
    return made.assign(article=row)
