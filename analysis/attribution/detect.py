"""In which of the languages that have a file a text is written."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from analysis.attribution.languages import available

MAX_CHARACTERS = 4_000  # more does not change the answer


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import LanguageIdentifier, MODEL_FILE  # half a second, so only where it is needed

    # One of our own: py3langid's shared one may have been restricted to some languages by somebody else.
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def language(text: str) -> str | None:
    """The code of the text's language, or None where it has no file (or the text no letters).

    It is looked for among all that the identifier knows: a text in another language must not pass for one of ours.
    """
    sample = text[:MAX_CHARACTERS]
    if not any(character.isalpha() for character in sample):
        return None
    code = _identifier().classify(sample)[0]
    return code if code in available() else None
