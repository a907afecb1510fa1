"""One function a chart: it draws the table or graph that it is handed on an Axes that it takes or makes.

Titles state the finding and are computed from the table; sample and source stand below. Charts count nothing else.
"""

from analysis.charts.coverage import (
    country_bars, language_bars, outlet_kind_bars, signing_differences, timeline, world_map,
)
from analysis.charts.quoting import edge_table, home_voices, matrix, network, strongest, voices
from analysis.charts.style import STYLE, SVG_METADATA, use_in_notebook

__all__ = [
    "STYLE", "SVG_METADATA", "country_bars", "edge_table", "home_voices", "language_bars", "matrix", "network",
    "outlet_kind_bars", "signing_differences", "strongest", "timeline", "use_in_notebook", "voices", "world_map",
]
