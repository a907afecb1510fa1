"""Countries: their short English names, their UN M49 regions, and where they lie on the map.

Codes are ISO 3166-1 alpha-2 as in the tables, with `INT` for intergovernmental bodies and `unknown` for none.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from analysis.dataset import DATA

if TYPE_CHECKING:
    import geopandas

UNKNOWN = "unknown"
INTERGOVERNMENTAL = "INT"
NO_STATE = (UNKNOWN, INTERGOVERNMENTAL)

GEOMETRY = DATA / "geometry" / "countries-50m.json"
# Equal Earth: an equal-area projection made for thematic world maps (Šavrič, Patterson and Jenny 2019,
# doi:10.1080/13658816.2018.1504949).
EQUAL_EARTH = "EPSG:8857"

# UN M49 names its sub-regions after their region, but for Oceania's and the Caribbean.
_REGION_OF_LAST_WORD = {"America": "Americas", "Caribbean": "Americas", "Zealand": "Oceania", "Melanesia": "Oceania",
                        "Micronesia": "Oceania", "Polynesia": "Oceania"}


@cache
def countries() -> pd.DataFrame:
    """Every country code with its name and regions.

    Returns
    -------
    DataFrame indexed by `country` (ISO 3166-1 alpha-2, sorted; `INT` and `unknown` last), with `name` (short, English),
    `region` and `subregion` (UN M49; Taiwan and Kosovo, which M49 does not list, where country_converter puts them),
    `un_member` (bool) and `number` (ISO 3166-1 numeric, Int64). Do not change it: it is shared.
    """
    import country_converter

    logging.getLogger("country_converter").setLevel(logging.ERROR)
    known = country_converter.CountryConverter().data
    # The converter's own look-up matches by pattern and takes INT for India; an exact join cannot.
    code = known["ISO2"].str.split("|").str[0].str.strip("^$")
    # M49 lists Nauru (NR) in Micronesia; the converter has it in Polynesia.
    subregion = known["UNregion"].mask(code == "NR", "Micronesia")
    last_word = subregion.str.split().str[-1]
    table = pd.DataFrame({
        "country": code,
        "name": known["name_short"],
        "region": last_word.replace(_REGION_OF_LAST_WORD),
        "subregion": subregion,
        "un_member": known["UNmember"].notna(),
        "number": known["ISOnumeric"].astype("Int64"),
    }).sort_values("country")
    extra = pd.DataFrame({
        "country": ["EU", INTERGOVERNMENTAL, UNKNOWN],
        "name": ["European Union", "Intergovernmental bodies", "Country unknown"],
        "region": ["Intergovernmental", "Intergovernmental", "Unknown"],
        "subregion": ["Intergovernmental", "Intergovernmental", "Unknown"],
        "un_member": False,
        "number": pd.array([None] * 3, dtype="Int64"),
    })
    return pd.concat([table, extra]).set_index("country")


def name(codes: pd.Series) -> pd.Series:
    """Short English names of country codes (dtype str); a code that is no country's stays as it is."""
    return codes.map(countries()["name"]).astype("str").fillna(codes)


def region(codes: pd.Series) -> pd.Series:
    """UN M49 regions of country codes (dtype str), `Intergovernmental` or `Unknown`."""
    return codes.map(countries()["region"]).astype("str").fillna("Unknown")


def or_unknown(codes: pd.Series) -> pd.Series:
    """Country codes with `unknown` where there is none, so that nothing falls out of a count."""
    return codes.astype("str").fillna(UNKNOWN)


def number_of_states(codes: pd.Series) -> int:
    """How many different countries stand in a column of codes; `INT` and `unknown` are none."""
    return int(codes[~codes.isin(NO_STATE)].nunique())


@cache
def land() -> geopandas.GeoDataFrame:
    """The world's land without any border, a row an island or continent, in the Equal Earth projection (metres)."""
    import antimeridian
    import geopandas
    from shapely.geometry import shape

    pieces = _layer("land").explode(ignore_index=True).geometry
    # Natural Earth's land as TopoJSON runs on across the antimeridian; a flat map must cut it there.
    wide = pieces.bounds["maxx"] - pieces.bounds["minx"] > 180
    cut = [shape(antimeridian.fix_shape(piece, fix_winding=True)) for piece in pieces[wide]]
    return geopandas.GeoDataFrame(geometry=[*pieces[~wide], *cut], crs="EPSG:4326").to_crs(EQUAL_EARTH)


@cache
def points() -> pd.DataFrame:
    """A point on the largest piece of each country's land.

    Returns
    -------
    DataFrame indexed by `country` (ISO 3166-1 alpha-2) with `x` and `y` (Equal Earth, metres). It marks a place, it
    draws no border; territories that share a country's code in Natural Earth have no point of their own.
    """
    shapes = _layer("countries")
    known = countries().reset_index()
    by_number = known.dropna(subset=["number"]).set_index("number")["country"]
    by_name = known.set_index("name")["country"]
    shapes["country"] = pd.to_numeric(shapes["id"], errors="coerce").astype("Int64").map(by_number)
    shapes["country"] = shapes["country"].fillna(shapes["name"].map(by_name))
    pieces = shapes.dropna(subset=["country"]).to_crs(EQUAL_EARTH).explode()
    pieces["area"] = pieces.area
    largest = pieces.sort_values(["country", "area"]).drop_duplicates("country", keep="last").set_index("country")
    inside = largest.geometry.representative_point()
    return pd.DataFrame({"x": inside.x, "y": inside.y})


def _layer(layer: str) -> geopandas.GeoDataFrame:
    import geopandas

    return geopandas.read_file(GEOMETRY, layer=layer, engine="pyogrio").set_crs("EPSG:4326", allow_override=True)
