"""Records for tests: small ones made from rows, and the bundled one as plain rows, its chains walked by plain loops.

What is expected is computed here without the package's own functions.
"""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis import Dataset, load_dataset, places
from analysis.dataset import DATA, DESCRIPTOR, TABLES

Tables = dict[str, list[dict[str, str]]]  # as csv.DictReader gives them

# The cells that must not be empty and that nothing here looks at.
FILLED = {
    "articles": {"language": "en", "genre": "news", "subject": "A subject", "frames": "process", "tone": "neutral",
                 "read": "full"},
    "outlets": {"kind": "newspaper", "owner": "private", "coded": "yes"},
    "sources": {"kind": "person", "sector": "government"},
    "attributions": {"form": "indirect", "stance": "neutral", "gist": "What was said"},
}


def record(**tables: list[dict[str, str]]) -> tuple[Dataset, Tables]:
    """A data set from rows of which only what matters is given, and its tables as plain rows."""
    full: Tables = {}
    with TemporaryDirectory() as folder:
        shutil.copy(DATA / DESCRIPTOR, folder)
        for name in TABLES:
            with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
                header = next(csv.reader(file))
            full[name] = [dict.fromkeys(header, "") | FILLED.get(name, {}) | row for row in tables.get(name, [])]
            with open(Path(folder, f"{name}.csv"), "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, header)
                writer.writeheader()
                writer.writerows(full[name])
        return load_dataset(folder), full


def article(number: int, outlet: str, **cells: str) -> dict[str, str]:
    return {"article_id": f"a{number}", "url": f"https://example.org/{number}", "outlet_id": outlet, **cells}


def outlet(outlet_id: str, country: str, **cells: str) -> dict[str, str]:
    return {"outlet_id": outlet_id, "name": outlet_id.title(), "country": country, **cells}


def source(source_id: str, country: str, **cells: str) -> dict[str, str]:
    return {"source_id": source_id, "name": source_id.title(), "country": country, **cells}


def attribution(number: int, position: int, source_id: str, *via: str, **cells: str) -> dict[str, str]:
    return {"attribution_id": f"a{number}.{position}", "article_id": f"a{number}", "position": str(position),
            "source_id": source_id, "via": ";".join(via), **cells}


def read_tables() -> Tables:
    """The bundled tables, as they stand in their files."""
    def rows(name: str) -> list[dict[str, str]]:
        with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return {name: rows(name) for name in TABLES}


SECTOR_OF_KIND = {"government": "government", "intergovernmental": "intergovernmental", "company": "company",
                  "ngo": "civil society", "think tank": "civil society"}


def node_of(source: dict[str, str]) -> str:
    return source["outlet_id"] or source["source_id"]


def expected_nodes(tables: Tables) -> dict[str, dict[str, str]]:
    described = defaultdict(list)
    for row in tables["sources"]:
        described[node_of(row)].append(row)
    outlets = {row["outlet_id"]: row for row in tables["outlets"]}
    found = {}
    for node in {*outlets, *described}:
        here = outlets.get(node, {})
        # The source that carries the node's identifier describes it, else the first by identifier.
        there = min(described[node], key=lambda row: (row["source_id"] != node, row["source_id"]), default={})
        country = here.get("country") or there.get("country") or "unknown"
        found[node] = {
            "name": here.get("name") or there["name"],
            "kind": there.get("kind", "outlet"),
            "outlet_kind": here.get("kind", ""),
            "owner": here.get("owner", ""),
            "country": country,
            "country_name": places.countries().at[country, "name"],
            "region": places.countries().at[country, "region"],
            "sector": there.get("sector") or SECTOR_OF_KIND.get(here["kind"], "media"),
        }
    return found


def chains(tables: Tables) -> Iterator[tuple[dict[str, str], dict[str, str], list[str]]]:
    """Each attribution with its article and its path: the publisher, whom it goes through, the source."""
    articles = {row["article_id"]: row for row in tables["articles"]}
    node = {row["source_id"]: node_of(row) for row in tables["sources"]}
    for row in tables["attributions"]:
        published = articles[row["article_id"]]
        relays = row["via"].split(";") if row["via"] else []
        yield row, published, [published["outlet_id"], *relays, node[row["source_id"]]]
