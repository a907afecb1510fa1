"""Echoes: how one statement travels from outlet to outlet, and whose voice a country's readers never hear.

One module answers one question; their functions are collected here."""

from analysis.echoes.silences import silences, without_critics
from analysis.echoes.statements import repeated, same_statement

__all__ = [
    "repeated",
    "same_statement",
    "silences",
    "without_critics",
]
