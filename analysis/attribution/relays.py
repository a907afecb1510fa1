"""Through whom: a statement that an outlet reports somebody to have made is that somebody's, relayed by the outlet."""

from __future__ import annotations

from analysis.attribution.languages import Language
from analysis.attribution.resolve import Statement
from analysis.attribution.view import View

NEAR = 12  # statements on either side that may contain one
COVERED = 0.6  # share of the outer content that the inner statement, its source and cue, must make up


def chains(statements: list[Statement], view: View, language: Language) -> list[Statement]:
    """Fold "X reported that Y said Z" into Y's statement Z via X, where X is an outlet; drop what is told twice."""
    media = language.vocabulary.sets.get("media", "")
    result: list[Statement] = []
    for index, outer in enumerate(statements):
        inner = statements[index + 1] if index + 1 < len(statements) else None
        if (inner and outer.source and inner.source and not inner.carried and outer.match.contents
                and any(char in media for char in view.classes[outer.source[0]:outer.source[1]])
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
    for index, statement in enumerate(statements):
        for other in range(max(0, index - NEAR), min(len(statements), index + NEAR + 1)):
            if other != index and other not in inner and any(
                    start <= statement.match.cue < end for start, end in statements[other].match.contents):
                inner.add(index)
                break
    return [statement for index, statement in enumerate(statements) if index not in inner]


def _length(statement: Statement) -> int:
    return sum(end - start for start, end in statement.match.contents)
