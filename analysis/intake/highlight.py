"""A text with its statements marked: who (source), the word that says so (cue), what (content), through whom (via).

Colour is never alone: each has a line of its own kind below, so the marks hold in greyscale. Text is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from analysis.intake.drafts import Draft, spans_of

# Okabe and Ito's colours, told apart by colour-blind readers; the line's kind tells them apart without any.
STYLES = {
    "source": "font-weight:600;text-decoration:underline solid #0072b2 3px;text-underline-offset:3px",
    "via": "font-weight:600;text-decoration:underline double #00785a 3px;text-underline-offset:3px",
    "cue": "font-style:italic;text-decoration:underline wavy #b34700 1.5px;text-underline-offset:3px",
    "content": "background:#fdf0c4;box-shadow:inset 0 -1px 0 #a08a3c",
}
LEGEND = {"source": "source: who says it", "via": "via: the outlet that relayed it", "cue": "cue",
          "content": "content: what is said"}
_SELECTED = "background:#f5c542;box-shadow:inset 0 -2px 0 #5c4a00"
_LINES = ("source", "via", "cue")  # one line below a character; the first of these that applies
_PANE = "font:15px/1.75 'Source Sans Pro',system-ui,sans-serif;color:#1a1a1a;background:#fff"
_BADGE = ("font:600 11px/1 system-ui,sans-serif;color:#fff;background:#444;border-radius:8px;padding:1px 5px;"
          "margin:0 3px;vertical-align:3px;unicode-bidi:isolate")
MAX_SHOWN = 200_000  # characters


class Mark(NamedTuple):
    """One marked span, and the number of the statement to which it belongs."""

    start: int
    end: int
    kind: str
    number: int


def marks(draft: Draft, article: str) -> list[Mark]:
    """The marks of an article's statements, numbered from 1 in the draft's order."""
    length = len(draft.texts.get(article, ""))
    found = []
    for number, row in enumerate(draft.statements(article).to_dict("records"), start=1):
        for kind in ("source", "cue", "content", "via"):
            cell = row[f"{kind}_spans" if kind in ("content", "via") else f"{kind}_span"]
            found += [Mark(start, end, kind, number) for start, end in spans_of(cell, length)]
    return found


@dataclass(frozen=True, repr=False)
class Highlighted:
    """A marked text that a notebook shows."""

    data: str

    def __repr__(self) -> str:
        return f"Highlighted text ({len(self.data):,} characters of HTML)"

    def _repr_html_(self) -> str:
        return self.data


def highlighted(draft: Draft, article: str = "1", selected: int = 0) -> Highlighted:
    """An article's text as HTML, its statements marked and numbered, with a legend.

    Parameters
    ----------
    draft, article: the article of that number in the draft.
    selected: the number of a statement to set off, 0 for none.

    Raises
    ------
    KeyError: there is no such article.
    """
    return Highlighted(legend() + body(draft.texts[str(article)], marks(draft, str(article)), selected))


def legend() -> str:
    """What the marks mean, as HTML."""
    shown = " &ensp; ".join(f'<span style="{STYLES[kind]}">{html.escape(words)}</span>'
                            for kind, words in LEGEND.items())
    return f'<p style="{_PANE};font-size:13px;margin:0 0 6px;padding:4px 0;max-width:75ch">{shown}</p>'


def body(text: str, found: Iterable[Mark], selected: int = 0) -> str:
    """The text's paragraphs as HTML; each goes the way its script does. Marks may lie inside each other and overlap."""
    shown = text[:MAX_SHOWN]
    opens: dict[int, list[Mark]] = {}
    closes: dict[int, list[Mark]] = {}
    badges: dict[int, list[int]] = {}
    seen: set[int] = set()
    for mark in sorted(found):
        if mark.start >= len(shown):
            continue
        opens.setdefault(mark.start, []).append(mark)
        closes.setdefault(min(mark.end, len(shown)), []).append(mark)
        if mark.kind == "content" and mark.number not in seen:
            seen.add(mark.number)
            badges.setdefault(mark.start, []).append(mark.number)
    breaks = {i for i, c in enumerate(shown) if c == "\n"}
    cuts = sorted({0, len(shown), *opens, *closes, *breaks, *(i + 1 for i in breaks)})
    active: list[Mark] = []
    paragraphs: list[list[str]] = [[]]
    for start, end in zip(cuts, cuts[1:]):
        active = [mark for mark in active if mark not in closes.get(start, ())] + opens.get(start, [])
        paragraphs[-1] += [f'<span style="{_BADGE}" data-number="{n}">{n}</span>' for n in badges.get(start, ())]
        if shown[start:end] == "\n":
            paragraphs.append([])
        else:
            paragraphs[-1].append(_run(shown[start:end], active, selected))
    made = "".join(f'<p dir="auto" style="margin:0 0 10px">{"".join(parts)}</p>' for parts in paragraphs if parts)
    rest = len(text) - len(shown)
    note = f"<p><em>... and {rest:,} more characters that are not shown.</em></p>" if rest else ""
    return f'<div style="{_PANE};max-width:75ch;overflow-wrap:anywhere">{made}{note}</div>'


def _run(text: str, active: list[Mark], selected: int) -> str:
    """A run of text under the same marks."""
    words = html.escape(text)
    if not active:
        return words
    kinds = {mark.kind for mark in active}
    styles = []
    if "content" in kinds:
        chosen = any(mark.kind == "content" and mark.number == selected for mark in active)
        styles.append(_SELECTED if chosen else STYLES["content"])
    styles += [STYLES[kind] for kind in _LINES if kind in kinds][:1]
    # The innermost statement is the one that a click on these words means.
    number = min(active, key=lambda mark: mark.end - mark.start).number
    return f'<span style="{";".join(styles)}" data-number="{number}">{words}</span>'
