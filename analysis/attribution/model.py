"""What attribution hands out: one `Attribution` a statement, with spans that count characters of the given text.

A span is (start, end), a half-open pair of str indices; it is never empty and never outside the text.
"""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Attribution:
    """One statement and who is said to have made it.

    `source`: the span that names the speaker as it stands in the text (a pronoun stays a pronoun), or None where the
    text names nobody ("it is said that"). `cue`: the reporting verb or phrase, or None (transcripts, signatures).
    `content`: the spans of what was said, in the order of the text; a quotation has its marks inside. `form`: "direct"
    (all of it quoted), "indirect" (nothing quoted), or "mixed". `via`: the spans of outlets that relayed it, nearest
    to the article first. `source_text`: the best name of the source, a pronoun or short form replaced by the last
    full name that fits ("" without a source). `source_id`: `source_id` or `outlet_id` of the record's tables, where the
    name is known there. `via_ids`: the same for each of `via`.
    """

    source: Span | None
    cue: Span | None
    content: tuple[Span, ...]
    form: str
    via: tuple[Span, ...]
    source_text: str
    source_id: str | None = None
    via_ids: tuple[str | None, ...] = ()
