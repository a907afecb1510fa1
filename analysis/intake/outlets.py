"""From an address to its outlet: the longest domain of the tables that covers its host, never a public suffix.

Where there is none, a new outlet is proposed, with a country guessed from the domain and marked as a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import pandas as pd

# Two-letter domains that are sold to all the world: they say nothing about a place.
_SOLD_TO_ALL = frozenset("ac ag ai as bz cc co fm gg gl im io la li ly me ms nu pw sc sh so st su tk tl to tv vc vg vu "
                         "ws".split())
_COUNTRY = {"uk": "GB", "int": "INT", "gov": "US", "mil": "US"}


class Match(NamedTuple):
    """What the tables know of an address: `outlet_ids` (none, one, or several that share a domain) and its `domain`,
    the one registered under a public suffix."""

    outlet_ids: tuple[str, ...]
    domain: str


def host_of(url: str) -> str:
    """The host of an address in lower case and ASCII (Punycode), without `www.` and a dot at its end; "" if none."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except (ValueError, UnicodeError):
        return ""
    return host.lower().removeprefix("www.")


def domain_of(host: str) -> str:
    """The domain under which a host is registered, by the public suffix list; hosting services' customers count apart.

    >>> domain_of("news.bbc.co.uk"), domain_of("somebody.github.io"), domain_of("paper.example")
    ('bbc.co.uk', 'somebody.github.io', 'paper.example')
    """
    found = _suffixes()(host)
    if found.suffix:
        return found.top_domain_under_public_suffix or ""
    if re.fullmatch(r"[0-9.]+|.*:.*", host):
        return host  # an IP address
    # The list's rule for what it does not know: the last label is the suffix.
    return ".".join(host.split(".")[-2:]) if "." in host else ""


def by_domain(outlets: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """The outlets of each domain in `outlets`, sorted."""
    found: dict[str, set[str]] = {}
    for outlet_id, domains in zip(outlets["outlet_id"], outlets["domains"]):
        for domain in domains:
            found.setdefault(domain.removeprefix("www."), set()).add(outlet_id)
    return {domain: tuple(sorted(ids)) for domain, ids in found.items()}


def match(url: str, domains: Mapping[str, tuple[str, ...]]) -> Match:
    """The outlets whose domain covers the address's host: `hk.news.yahoo.com` before `yahoo.com`, `m.` and `www.`
    with them.

    Parameters
    ----------
    url: an address.
    domains: from `by_domain`.
    """
    return match_host(host_of(url), domains)


def match_host(host: str, domains: Mapping[str, tuple[str, ...]]) -> Match:
    """`match` of an address's host, as `host_of` gives it."""
    registered = domain_of(host) if host else ""
    labels = host.split(".")
    least = registered.count(".") + 1 if registered else len(labels)
    for i in range(max(1, len(labels) - least + 1)):
        if ids := domains.get(".".join(labels[i:])):
            return Match(ids, registered or host)
    return Match((), registered or host)


def guessed_country(domain: str) -> str:
    """The country of a domain's last label (ISO 3166-1 alpha-2, `INT`), "" where it says nothing. Only ever a guess.

    >>> guessed_country("stuff.co.nz"), guessed_country("bbc.co.uk"), guessed_country("startup.io")
    ('NZ', 'GB', '')
    """
    return _country_of_label(domain.rsplit(".", 1)[-1])


@lru_cache(maxsize=4_096)
def _country_of_label(last: str) -> str:
    from analysis import places

    if last in _COUNTRY:
        return _COUNTRY[last]
    code = last.upper()
    if len(code) == 2 and last not in _SOLD_TO_ALL and code != "EU" and code in places.countries().index:
        return code
    return ""


def slug(name: str) -> str:
    """An identifier made of a name: lower-case ASCII letters, digits, single hyphens; "" where nothing of it is left.

    >>> slug("António Guterres"), slug("1news.az"), slug("新华社")
    ('antonio-guterres', '1news-az', '')
    """
    if name.isascii():
        return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].rstrip("-")
    name = name.replace("đ", "d").replace("Đ", "D").replace("ß", "ss").replace("ø", "o").replace("ł", "l")
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    # Of a name in two scripts the Latin letters are a part, and no name.
    letters = sum(map(str.isalnum, name))
    kept = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return kept[:60].rstrip("-") if kept and sum(map(str.isalnum, plain)) * 2 >= letters else ""


@cache
def _suffixes():
    import tldextract

    # The list that comes with the package: nothing is fetched, nothing cached, results do not change overnight.
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)
