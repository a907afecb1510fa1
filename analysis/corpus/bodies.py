"""The last step: who was met in the archive becomes the tables of outlets and sources, with the outlets' countries.

An outlet's country comes from the record, else from the user's list of domains, else from the format, else its domain's
last label; which of them is told for each.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather

from analysis import places
from analysis.corpus import identify
from analysis.corpus.stage import summed
from analysis.dataset import Dataset, Fault, DatasetError
from analysis.intake.outlets import guessed_country

# Where an outlet's country is from, best first.
FROM = ("the record", "list of domains", "the format", "guess from the domain", "unknown")
MAX_NAME = 200
FIPS = Path(__file__).with_name("fips.csv")


def countries_of(path: Path) -> dict[str, str]:
    """A list of domains with the country of each, as GDELT publishes it, or with a header `domain,country`.

    GDELT's file (https://blog.gdeltproject.org/mapping-the-media-a-geographic-lookup-of-gdelts-sources/) has no header;
    its columns, parted by tabs or commas, are the domain, a FIPS 10-4 country code, and more that is not looked at (the
    country's name, or how often it is mentioned). With a header, countries are ISO 3166-1 alpha-2.

    Returns
    -------
    ISO 3166-1 alpha-2 code of each domain (lower case). A domain that stands again keeps its first country.

    Raises
    ------
    DatasetError: where the file cannot be read, or lines have no domain or no known country code; it names them all.
    """
    def fault(line: int, column: str, value: str, rule: str) -> Fault:
        return Fault(path.name, line, column, value, rule)

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DatasetError([fault(0, "", "", "must be UTF-8")]) from None
    except OSError as error:
        raise DatasetError([fault(0, "", "", f"cannot be read: {error.strerror}")]) from None
    rows = list(csv.reader(text.splitlines(), delimiter="\t" if "\t" in text[:10_000] else ","))
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    iso = header[:1] == ["domain"]
    if iso and "country" not in header:
        rule = "a header must name the columns domain and country"
        raise DatasetError([fault(1, "country", ",".join(rows[0]), rule)])
    column = header.index("country") if iso else 1
    known = _fips() if not iso else {code: code for code in places.countries().index if len(code) == 2}
    found: dict[str, str] = {}
    faults = []
    for line, row in enumerate(rows, start=1):
        if not row or (iso and line == 1):
            continue
        cells = [cell.strip() for cell in row] + [""] * (column + 1)
        code = known.get(cells[column].upper())
        if not cells[0] or "." not in cells[0]:
            faults.append(fault(line, "domain", cells[0], "must be a domain"))
        elif code is None and not iso and re.fullmatch("[A-Z]{2}", cells[column]):
            continue  # GDELT has codes for seas and territories that are no country of ISO 3166-1
        elif code is None:
            faults.append(fault(line, "country", cells[column], "must be a country code of "
                                + ("ISO 3166-1 alpha-2" if iso else "FIPS 10-4, or the file have a header")))
        else:
            found.setdefault(cells[0].lower().removeprefix("www."), code)
    if faults:
        raise DatasetError(faults)
    return found


@cache
def _fips() -> dict[str, str]:
    """FIPS 10-4 country codes and their ISO 3166-1 ones (as GeoNames' countryInfo pairs them)."""
    with open(FIPS, encoding="utf-8", newline="") as file:
        return {row["fips"]: row["country"] for row in csv.DictReader(file)}


def met(parts: list[Path], name: str, columns: list[str]) -> pd.DataFrame:
    """Who was met in all parts: `identifier`, `columns`, `n`; by identifier, of one most often first, then by what
    was found."""
    tables: list[pa.Table] = []
    for part in parts:
        tables.append(feather.read_table(str(part / f"{name}.arrow")))
        if len(tables) > 32:
            tables = [summed(tables)]
    table = summed(tables).sort_by([("identifier", "ascending"), ("n", "descending"), ("parts", "ascending")])
    told = pc.split_pattern(table["parts"], identify.SEPARATOR)
    found = table.drop_columns("parts").to_pandas()
    for i, column in enumerate(columns):
        found[column] = pc.list_element(told, i).to_pandas().astype("str")
    return found


def outlets(found: pd.DataFrame, others: set[str], record: Dataset, listed: dict[str, str]) -> pd.DataFrame:
    """The table of outlets.

    Parameters
    ----------
    found: of `met`, columns `domain`, `name`, `country`. others: identifiers that sources have and may be outlets'.
    listed: of `countries_of`.

    Returns
    -------
    DataFrame, by `outlet_id`: the columns of `outlets` (those of the record as they stand there; of others `kind` is
    missing) and `country_from`, one of `FROM`.
    """
    ours = record.outlets.set_index("outlet_id", drop=False)
    old = ours.loc[sorted({*ours.index} & {*found["identifier"].tolist(), *others})]
    old = old.assign(country_from=old["country"].notna().map({True: FROM[0], False: FROM[-1]}))

    new = found[~found["identifier"].isin(ours.index)]
    by = new.groupby("identifier", sort=True)
    first = by.first()
    domain = first["domain"]
    # The most frequent name, if any way in which it was found has one.
    named = new[new["name"] != ""].drop_duplicates("identifier").set_index("identifier")["name"].reindex(first.index)
    told = new[new["country"] != ""].drop_duplicates("identifier").set_index("identifier")["country"]
    name = named.where(named.notna(), domain.where(domain != "", None))
    name = name.where(name.notna(), first.index.to_series().map({identify.NO_OUTLET: "Outlet unknown"}))
    name = name.where(name.notna(), first.index.to_series())
    sources = {
        FROM[0]: domain.map(_shared_country(record)),
        FROM[1]: domain.map(listed),
        FROM[2]: told.reindex(first.index),
        FROM[3]: domain.map(lambda d: guessed_country(d) or None),
    }
    country = pd.Series([None] * len(first), index=first.index, dtype=object)
    where = pd.Series(FROM[-1], index=first.index, dtype=object)
    for origin, codes in sources.items():
        take = country.isna() & codes.notna()
        country[take], where[take] = codes[take], origin
    table = pd.DataFrame({
        "outlet_id": first.index.astype(object), "name": name.str.slice(0, MAX_NAME).array,
        "native_names": [[]] * len(domain), "domains": [[d] if d else [] for d in domain.tolist()],
        "country": country.array, "kind": None, "owner": "unknown", "coded": False, "country_from": where.array,
    })
    together = pd.concat([old.astype(object), table.astype(object)], ignore_index=True)
    return together.sort_values("outlet_id", ignore_index=True)


def _shared_country(record: Dataset) -> dict[str, str]:
    """The country of domains that several outlets of the record share, if it is one."""
    rows = record.outlets[["domains", "country"]].explode("domains").dropna()
    one = rows.groupby("domains")["country"].agg(["nunique", "first"])
    return one.loc[one["nunique"] == 1, "first"].to_dict()


def sources(found: pd.DataFrame, record: Dataset, kind: str | None) -> pd.DataFrame:
    """The table of sources.

    Parameters
    ----------
    found: of `met`, columns `speaker`, `speaker_id`, `known`. kind: of all sources that the record does not know.

    Returns
    -------
    DataFrame, by `source_id`, with the columns of `sources`. What is not known of a source is missing: `sector` of all
    but those of the record. Where a format leaves open which of several people speaks, `role` says so.
    """
    ours = record.sources.set_index("source_id", drop=False)
    outlets = record.outlets.set_index("outlet_id")
    ids = {*found["identifier"].tolist()}  # Python's strings at once, not one by one
    old = ours.loc[sorted(ids & {*ours.index})]
    media = sorted(ids & {*outlets.index} - {*ours.index})
    as_source = pd.DataFrame({
        "source_id": media, "name": [outlets.at[i, "name"] for i in media],
        "native_names": [outlets.at[i, "native_names"] for i in media], "kind": "outlet", "role": None,
        "affiliation": None, "country": [outlets.at[i, "country"] for i in media], "sector": "media",
        "outlet_id": media})
    new = found[~found["identifier"].isin([*ours.index, *media])].drop_duplicates("identifier")
    several = new["speaker_id"].str.contains(";", regex=False)
    nobody = new["identifier"] == identify.NO_SPEAKER
    name = new["speaker"].mask(nobody, "Speaker unknown")
    name = name.where(name != "", new["speaker_id"])
    role = ("one of " + new["speaker_id"].str.replace(";", ", ")).str.slice(0, 500).where(several, None)
    table = pd.DataFrame({
        "source_id": new["identifier"].array, "name": name.str.slice(0, MAX_NAME).array,
        "native_names": [[]] * len(name), "kind": pd.Series(kind, index=new.index, dtype=object).mask(nobody).array,
        "role": role.array, "affiliation": None, "country": None, "sector": None, "outlet_id": None})
    together = pd.concat([part.astype(object) for part in (old, as_source, table)], ignore_index=True)
    return together.sort_values("source_id", ignore_index=True)
