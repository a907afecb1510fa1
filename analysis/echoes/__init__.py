"""Echoes: through whose hands a statement travelled, whose words come home as foreign coverage, who is never heard.

One module a question; all take the record and return a tidy table or a graph."""

from analysis.echoes.chains import chains
from analysis.echoes.loops import loops
from analysis.echoes.relays import relay_graph, relayed, relays
from analysis.echoes.silences import silences, without_critics
from analysis.echoes.statements import repeated, same_statement
from analysis.echoes.wires import wire_dependence, wires

__all__ = [
    "chains",
    "loops",
    "relay_graph",
    "relayed",
    "relays",
    "repeated",
    "same_statement",
    "silences",
    "wire_dependence",
    "wires",
    "without_critics",
]
