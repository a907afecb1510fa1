"""Through whom: a statement that an outlet reports somebody to have made is that somebody's, relayed by the outlet."""

from __future__ import annotations

from bisect import bisect_left

from analysis.attribution.languages import Language
from analysis.attribution.resolve import Statement
from analysis.attribution.view import View

COVERED = 0.6  # share of the outer content that the inner statement, its source and cue, must make up


def chains(statements: list[Statement], view: View, language: Language) -> list[Statement]:
    """Fold "X reported that Y said Z" into Y's statement Z via X, where X is an outlet; drop what is told twice."""
    result: list[Statement] = []
    for index, outer in enumerate(statements):
        inner = statements[index + 1] if index + 1 < len(statements) else None
        if (inner and outer.source and inner.source and not inner.carried and outer.match.contents
                and language.vocabulary.has("media", view.classes[outer.source[0]:outer.source[1]])
                and outer.match.contents[0][0] <= inner.match.start and inner.match.end <= outer.match.contents[-1][1]
                and _length(outer) * COVERED <= inner.match.end - inner.match.start):
            inner.via = [outer.source, *outer.via, *inner.via]
            continue
        if result and outer.content == result[-1].content and outer.source == result[-1].source:
            continue
        result.append(outer)
    return result


def outermost(statements: list[Statement]) -> list[Statement]:
    """The statements whose cue is not part of what another one says: "X said that Y hopes ..." is X's statement."""
    inner: set[int] = set()
    spans = [span for statement in statements for span in statement.match.contents]
    owners = [index for index, statement in enumerate(statements) for _ in statement.match.contents]
    cues = [statement.match.cue for statement in statements]  # ascending
    for (start, end), owner in zip(spans, owners):
        if owner not in inner:
            # A sentence as a whole holds other statements, but does not say them.
            whole = "@sentence" in statements[owner].match.template.flags
            inner.update(index for index in range(bisect_left(cues, start), bisect_left(cues, end))
                         if index != owner and (not whole or "@sentence" in statements[index].match.template.flags))
    return [statement for index, statement in enumerate(statements) if index not in inner]


def _length(statement: Statement) -> int:
    return sum(end - start for start, end in statement.match.contents)
