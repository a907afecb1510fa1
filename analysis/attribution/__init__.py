"""Who says what in a news text, through whom, in many languages: rules over language files, no trained model.

`extract(text)` gives the statements; languages/README.md tells how a language is described.
"""

from analysis.attribution.extract import extract, extract_many
from analysis.attribution.languages import LanguageError, available
from analysis.attribution.model import Attribution
from analysis.attribution.names import Names

__all__ = ["Attribution", "LanguageError", "Names", "available", "extract", "extract_many"]
