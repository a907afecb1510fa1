"""In which of the languages that have a file a text is written."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from analysis.attribution.languages import available

MAX_CHARACTERS = 4_000  # more does not change the answer


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import LanguageIdentifier, MODEL_FILE

    return LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)


def language(text: str) -> str | None:
    """The code of the text's language, or None where it has no file (or the text no letters)."""
    sample = text[:MAX_CHARACTERS]
    if not any(character.isalpha() for character in sample):
        return None
    code = _identifier().classify(sample)[0]
    return code if code in available() else None
