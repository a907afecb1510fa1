"""Echoes: through whose hands a statement travelled, and whose 'foreign coverage' is its own words coming home.

One module a question; all take the record and return a tidy table."""

from analysis.echoes.chains import chains
from analysis.echoes.loops import loops
from analysis.echoes.relays import relay_graph, relayed, relays
from analysis.echoes.wires import wire_dependence, wires

__all__ = [
    "chains",
    "loops",
    "relay_graph",
    "relayed",
    "relays",
    "wire_dependence",
    "wires",
]
