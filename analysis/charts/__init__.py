"""One function a chart: it draws the table or graph that it is handed on an Axes that it takes or makes.

Titles state the finding and are computed from the table; sample and source stand below. Charts count nothing else.
"""

from analysis.charts.agreement import alpha_dots
from analysis.charts.coverage import (
    country_bars, language_bars, outlet_kind_bars, signing_differences, timeline, world_map,
)
from analysis.charts.echoes import agency_dependence, chain_diagram, loops_chart
from analysis.charts.framing import critics_timeline, frame_matrix, frame_panels, tone_panels
from analysis.charts.quoting import edge_table, home_voices, matrix, network, strongest, voices
from analysis.charts.statements import silence_matrix, spread_dots
from analysis.charts.style import STYLE, SVG_METADATA, use_in_notebook

__all__ = [
    "STYLE", "SVG_METADATA", "agency_dependence", "alpha_dots", "chain_diagram", "country_bars", "critics_timeline",
    "edge_table", "frame_matrix", "frame_panels", "home_voices", "language_bars", "loops_chart", "matrix", "network",
    "outlet_kind_bars", "signing_differences", "silence_matrix", "spread_dots", "strongest", "timeline", "tone_panels",
    "use_in_notebook", "voices", "world_map",
]
