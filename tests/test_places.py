"""Countries: names, regions as the UN publishes them (M49), points that lie on land, and a map that keeps areas.

The regions are typed from the standard (https://unstats.un.org/unsd/methodology/m49/), not from the library.
"""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod, Transformer
from shapely import Polygon, STRtree, points, transform

from analysis import places
from analysis.dataset import DATA

NO_PLACE = {"INT", "EU", "unknown"}

M49 = {
    ("Africa", "Northern Africa"): "DZ EG EH LY MA SD TN",
    ("Africa", "Eastern Africa"): "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW",
    ("Africa", "Middle Africa"): "AO CD CF CG CM GA GQ ST TD",
    ("Africa", "Southern Africa"): "BW LS NA SZ ZA",
    ("Africa", "Western Africa"): "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
    ("Americas", "Caribbean"): "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    ("Americas", "Central America"): "BZ CR GT HN MX NI PA SV",
    ("Americas", "South America"): "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
    ("Americas", "Northern America"): "BM CA GL PM US",
    ("Asia", "Central Asia"): "KG KZ TJ TM UZ",
    ("Asia", "Eastern Asia"): "CN HK JP KP KR MN MO",
    ("Asia", "South-eastern Asia"): "BN ID KH LA MM MY PH SG TH TL VN",
    ("Asia", "Southern Asia"): "AF BD BT IN IR LK MV NP PK",
    ("Asia", "Western Asia"): "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    ("Europe", "Eastern Europe"): "BG BY CZ HU MD PL RO RU SK UA",
    ("Europe", "Northern Europe"): "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ",
    ("Europe", "Southern Europe"): "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA",
    ("Europe", "Western Europe"): "AT BE CH DE FR LI LU MC NL",
    ("Oceania", "Australia and New Zealand"): "AU CC CX HM NF NZ",
    ("Oceania", "Melanesia"): "FJ NC PG SB VU",
    ("Oceania", "Micronesia"): "FM GU KI MH MP NR PW UM",
    ("Oceania", "Polynesia"): "AS CK NU PF PN TK TO TV WF WS",
}


def codes_in_the_data() -> set[str]:
    found = set()
    for table, column in (("outlets", "country"), ("sources", "country"), ("signatures", "country"),
                          ("recodes", "outlet_country")):
        with open(DATA / f"{table}.csv", encoding="utf-8", newline="") as file:
            found |= {row[column] or "unknown" for row in csv.DictReader(file)}
    return found


# -- names and regions ----------------------------------------------------------------------------------------------

def test_regions_are_those_of_m49():
    published = {code: names for names, codes in M49.items() for code in codes.split()}
    table = places.countries().loc[sorted(published)]
    assert dict(zip(table.index, zip(table["region"], table["subregion"]))) == published


def test_what_m49_does_not_list():
    listed = {code for codes in M49.values() for code in codes.split()}
    table = places.countries().drop(index=sorted(listed))
    assert table["region"].to_dict() == {
        "AQ": "Antarctica", "TW": "Asia", "XK": "Europe", "EU": "Intergovernmental", "INT": "Intergovernmental",
        "unknown": "Unknown"}


def test_the_united_nations_have_193_members():
    table = places.countries()
    assert table["un_member"].sum() == 193
    assert not table.loc[["VA", "PS", "TW", "XK", "HK", "EU", "INT", "unknown"], "un_member"].any()


def test_every_code_in_the_data_has_a_name_and_a_region():
    codes = pd.Series(sorted(codes_in_the_data()))
    names, regions = places.name(codes), places.region(codes)
    assert len(codes) > 100
    assert not (names == codes).any() and not names.duplicated().any()
    assert set(regions[~codes.isin(NO_PLACE)]) == {"Africa", "Americas", "Asia", "Europe", "Oceania"}
    assert set(regions[codes.isin(["INT", "EU"])]) == {"Intergovernmental"}
    assert regions[codes == "unknown"].tolist() == ["Unknown"]


def test_an_intergovernmental_body_is_not_india():
    codes = pd.Series(["INT", "IN"])
    assert places.name(codes).tolist() == ["Intergovernmental bodies", "India"]
    assert places.region(codes).tolist() == ["Intergovernmental", "Asia"]


def test_namibia_is_not_a_missing_value():
    assert places.name(pd.Series(["NA"])).tolist() == ["Namibia"]


def test_a_code_of_no_country_stays_as_it_is():
    assert places.name(pd.Series(["QQ"])).tolist() == ["QQ"]
    assert places.region(pd.Series(["QQ"])).tolist() == ["Unknown"]


def test_missing_countries_become_unknown_and_are_no_state():
    codes = places.or_unknown(pd.Series(["VN", None, "INT", "VN", "JP"], dtype="str"))
    assert codes.tolist() == ["VN", "unknown", "INT", "VN", "JP"]
    assert places.number_of_states(codes) == 2


@pytest.mark.parametrize("function", [places.name, places.region, places.or_unknown])
def test_an_empty_column_stays_text(function):
    assert function(pd.Series([], dtype="str")).dtype == "str"


# -- places on the map ----------------------------------------------------------------------------------------------

def test_every_country_in_the_data_has_a_point_on_land():
    table = places.points()
    codes = sorted(codes_in_the_data() - NO_PLACE)
    assert not set(codes) - set(table.index)
    _, off = STRtree(places.land().geometry.to_numpy()).query_nearest(
        points(table.loc[codes].to_numpy()), return_distance=True, all_matches=False)
    # Both layers have the same coasts; a kilometre, for rounding, is less than a pixel of a world map.
    assert [code for code, metres in zip(codes, off, strict=True) if metres > 1_000] == []


# The largest piece of each: west, south, east, north. France's is not Guiana, Norway's not Svalbard.
BOXES = {"VN": (102, 8, 110, 24), "US": (-125, 24, -66, 50), "RU": (27, 41, 180, 78), "FR": (-5, 42, 9, 52),
         "NO": (4, 57, 32, 72), "JP": (130, 33, 142, 42), "NZ": (166, -48, 179, -34), "SG": (103, 1, 104.2, 1.6),
         "BR": (-74, -34, -34, 6), "ZA": (16, -35, 33, -22), "NA": (11, -29, 26, -16), "GB": (-7, 49, 2, 59)}


@pytest.mark.parametrize("code", BOXES)
def test_points_lie_in_their_countries(code):
    degrees = Transformer.from_crs(places.EQUAL_EARTH, "EPSG:4326", always_xy=True)
    east, north = degrees.transform(*places.points().loc[code, ["x", "y"]])
    west, south, to_east, to_north = BOXES[code]
    assert west < east < to_east and south < north < to_north


def test_each_country_has_one_point():
    table = places.points()
    assert table.index.is_unique and np.isfinite(table.to_numpy()).all()
    assert set(table.index) < set(places.countries().index)


# -- the projection -------------------------------------------------------------------------------------------------

WGS84 = Geod(ellps="WGS84")


def box(west: float, south: float, width: float, height: float) -> Polygon:
    """Ten degrees or so, with a corner every quarter degree: parallels are no straight lines on the map."""
    east, north = west + width, south + height
    along, up = np.linspace(west, east, 41), np.linspace(south, north, 41)
    return Polygon([*((x, south) for x in along), *((east, y) for y in up),
                    *((x, north) for x in along[::-1]), *((west, y) for y in up[::-1])])


def true_area(shape: Polygon) -> float:
    return abs(WGS84.geometry_area_perimeter(shape)[0])


def map_area(shape: Polygon) -> float:
    to_map = Transformer.from_crs("EPSG:4326", places.EQUAL_EARTH, always_xy=True)
    return transform(shape, to_map.transform, interleaved=False).area


@pytest.mark.parametrize("west, south", [(-170, 65), (100, 50), (20, -35), (-75, 30)])
def test_equal_areas_stay_equal(west, south):
    at_equator = box(0, 0, 10, 10)
    narrow = box(west, south, 10, 10)
    # As much wider as it takes to hold the same area; 65 degrees north, that is a factor of two and a half.
    elsewhere = box(west, south, 10 * true_area(at_equator) / true_area(narrow), 10)
    assert true_area(elsewhere) == pytest.approx(true_area(at_equator), rel=0.001)
    assert map_area(elsewhere) == pytest.approx(map_area(at_equator), rel=0.005)


def test_land_has_the_earths_land_area():
    """About 149 million square kilometres, Antarctica's ice included; a piece that wraps around the map adds none."""
    assert places.land().area.sum() / 1e12 == pytest.approx(149, rel=0.03)


def test_land_has_no_borders():
    """Pieces that overlapped or touched along a line would show as borders or be counted twice."""
    pieces = places.land().geometry
    assert pieces.is_valid.all()
    assert pieces.area.sum() == pytest.approx(pieces.union_all().area)
