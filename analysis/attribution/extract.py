"""Who says what in a news text, through whom: the steps from a text to its attributions, as a table of contents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analysis.attribution import asides, contents, detect, relays, resolve
from analysis.attribution.languages import language as language_of
from analysis.attribution.match import matches
from analysis.attribution.model import Attribution
from analysis.attribution.names import Names, bundled
from analysis.attribution.view import clean, view


def extract(text: str, language: str | None = None, names: Names | None = None,
            attitudes: bool = True, quoted_parts: bool | None = None) -> list[Attribution]:
    """The statements of a text.

    Parameters
    ----------
    text: any str; a news text without its markup, paragraphs parted by empty lines.
    language: BCP 47 code of a language that there is a file for (`available()`); None: it is identified.
    names: known names (`Names.of(data)`); None: those of the bundled record.
    attitudes: also positions that somebody holds without a word of his being reported ("hopes that", "plans to").

    quoted_parts: also each quotation within an indirect statement, as a direct statement of its own ("The deal is “a
        disaster”, he said" is then two); None: as is the custom of the language's news coding (its file says).

    Returns
    -------
    list of Attribution, by the first offset of their contents. [] for a text in a language without a file.

    Raises
    ------
    KeyError: `language` is given and has no file.

    >>> text = "“It is a landmark,” said António Guterres. He added that states must ratify it."
    >>> [(a.source_text, a.form, text[slice(*a.content[0])]) for a in extract(text, "en")][1]
    ('António Guterres', 'indirect', 'states must ratify it')
    """
    cleaned = clean(text)
    code = language or detect.language(cleaned)
    if code is None:
        return []
    rules = language_of(code)
    known = bundled() if names is None else names
    spans = [] if rules.case else known.spans(cleaned)
    seen = view(cleaned, rules, spans, asides.settled(cleaned, rules))
    fitting = list(matches(seen, rules, attitudes))
    parts = asides.interrupted(seen, fitting, rules)
    if parts:
        seen = view(cleaned, rules, spans, parts)
        fitting = list(matches(seen, rules, attitudes))
    contents.cut_at_next(fitting, seen, rules)
    statements = relays.outermost(relays.chains(resolve.speakers(fitting, seen, rules), seen, rules))
    if rules.quoted_parts if quoted_parts is None else quoted_parts:
        statements += contents.quoted_parts(statements, seen, rules)
    found = resolve.attributions(statements, seen, rules, known)
    return sorted(found, key=lambda attribution: (attribution.content, attribution.source or (0, 0)))


def extract_many(texts: Iterable[str], languages: Sequence[str | None] | None = None,
                 names: Names | None = None, attitudes: bool = True, quoted_parts: bool | None = None
                 ) -> Iterator[list[Attribution]]:
    """`extract` of each text, in order, one after the other. `languages`: one for each text, or None."""
    for index, text in enumerate(texts):
        yield extract(text, languages[index] if languages is not None else None, names, attitudes,
                      quoted_parts)
