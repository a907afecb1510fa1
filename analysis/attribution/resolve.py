"""Whose words: matches become statements with a speaker, also where a template leaves him open; then attributions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from analysis.attribution import contents
from analysis.attribution.languages import Language
from analysis.attribution.match import Match, Words
from analysis.attribution.mentions import Mentions
from analysis.attribution.model import Attribution, Span
from analysis.attribution.names import Names
from analysis.attribution.view import View
from analysis.attribution.vocabulary import EDGE

MAX_SENTENCES_BACK = 8  # how far a speaker who is not named again is carried,
MAX_FREE_BACK = 3  # and how far to a sentence without a word of reporting


@dataclass(slots=True)
class Statement:
    """An attribution in the making."""

    match: Match
    source: Words | None
    content: tuple[Span, ...]
    form: str
    via: list[Words] = field(default_factory=list)
    carried: bool = False  # the template left the source open


def speakers(found: list[Match], view: View, language: Language) -> list[Statement]:
    """One statement a match that has a content; sources that the templates leave open filled in."""
    statements: list[Statement] = []
    claimed = {at for match in found for start, end in match.contents for at in range(start, end)
               if at in view.quotations}
    taken: set[Words] | None = None
    for index, match in enumerate(found):
        flags = match.template.flags
        if "@sentence" in flags:
            sentence = view.sentence(match.cue)
            if taken is None:
                taken = _sentences_taken(found, view)
            if "@last" in flags and sentence in taken:
                continue
            taken.add(sentence)
            match.contents = [contents.sentence_before_next(match, found[index + 1:index + 4], view, language)]
        content = contents.spans(match, view, language)
        if not content:
            continue
        source = _trim(match.sources[0], view, language) if match.sources else None
        carried = source is None and "@none" not in flags
        if carried:
            source = _open_source(match, statements, view, language)
            if source is None and "@last" in flags:
                continue
        if statements and _goes_on(statements[-1], match, view, source):
            statements[-1].content += content
            statements[-1].match.contents += match.contents
            continue
        form = contents.form(match, view)
        if form == "direct":
            content = contents.continued(content, match, view, claimed)
        statements.append(Statement(match, source, content, form, list(match.via), carried))
    for statement in statements[::-1]:  # She said it was late. “We must go.”
        if statement.source and statement.form != "direct":
            statements += [_quoted_alone(at, statement, view, language)
                           for at in contents.alone(statement.match, view, claimed)]
    return sorted(statements, key=lambda statement: statement.match.cue)


def _quoted_alone(at: int, statement: Statement, view: View, language: Language) -> Statement:
    match = replace(statement.match, start=at, end=at + 1, cue=at, contents=[(at, at + 1)])
    return Statement(match, statement.source, contents.spans(match, view, language), "direct",
                     list(statement.via), True)


def attributions(statements: Iterable[Statement], view: View, language: Language, names: Names
                 ) -> list[Attribution]:
    """The statements with their spans, best names and identifiers."""
    mentions = Mentions(view, language)
    result = []
    for statement in statements:
        span = _span(statement.source, view)
        text = mentions.best_name(statement.source) if statement.source else ""
        cue = view.span(statement.match.cue, statement.match.cue + 1)
        is_cue = view.vocabulary.has("cue", view.classes[statement.match.cue])
        via = tuple(found for words in statement.via if (found := _span(words, view)))
        result.append(Attribution(
            source=span, cue=cue if is_cue and cue[0] < cue[1] else None, content=statement.content,
            form=statement.form, via=via, source_text=text,
            source_id=mentions.identify(statement.source, text, names) if text else None,
            via_ids=tuple(names.identify(view.text[start:end]) for start, end in via)))
    return result


def _goes_on(last: Statement, match: Match, view: View, source: Words | None) -> bool:
    """Whether a sentence without a cue of its own goes on with another such sentence, directly before it."""
    free = {"@sentence", "@last"}
    return (free <= match.template.flags and free <= last.match.template.flags and source == last.source
            and view.classes[last.match.contents[-1][1]:match.contents[0][0]] == EDGE)


def _sentences_taken(found: list[Match], view: View) -> set[Words]:
    """The sentences that a match with a speaker of its own is about: nobody goes on speaking there."""
    return {view.sentence(at) for match in found if "@last" not in match.template.flags
            for at in (match.cue, *(start for start, _ in match.contents))}


def _open_source(match: Match, earlier: list[Statement], view: View, language: Language) -> Words | None:
    """The source of a template that names none: @subject of the sentence or the @last speaker."""
    flags = match.template.flags
    sentence = view.sentence(match.cue)
    last = next((one for one in reversed(earlier) if one.source and _speaks(one, earlier, view)), None)
    if "@subject" in flags:
        here = [one for one in earlier[-MAX_SENTENCES_BACK:] if one.source and one.match.cue >= sentence[0]]
        for one in reversed(here):
            if _speaks(one, here, view):
                return one.source
        found = language.np.search(view.classes, sentence[0], max(match.start, sentence[0]))
        return _trim(found.span(), view, language) if found else None
    before = view.sentence(max(sentence[0] - 2, 0))
    if "@next" in flags and (last is None or view.classes[sentence[0] - 1] != EDGE
                             or max(last.match.cue, last.match.contents[-1][1] - 1) < before[0]):
        return None
    if last and last.match.cue < before[0]:  # nobody speaks in the sentence before: whom is it about?
        subject = _person_at(before, earlier, view, language)
        if subject:
            return subject
    if last:
        between = bisect_left(view.edges, sentence[0]) - bisect_left(view.edges, last.match.cue)
        return last.source if between <= (MAX_FREE_BACK if "@sentence" in flags else MAX_SENTENCES_BACK) else None
    return None


def _speaks(statement: Statement, earlier: list[Statement], view: View) -> bool:
    """Whether its source may go on speaking: not who is quoted within another's words, nor "who", nor a rumour."""
    start, end = statement.source
    if "@report" in statement.match.template.flags or (
            end - start == 1 and view.vocabulary.has("relative", view.classes[start])):
        return False
    at = statement.match.cue
    return not any(first <= at < last and "@sentence" not in other.match.template.flags
                   for other in earlier[-4:] if other is not statement for first, last in other.match.contents)


def _person_at(sentence: Words, earlier: list[Statement], view: View, language: Language) -> Words | None:
    """The subject at the beginning of a sentence, if it is a speaker: known as one, or by its role or full name."""
    prepositions = language.vocabulary.members("prep")
    found = next((found for found in language.np.finditer(view.classes, *sentence)
                  if view.classes[found.start() - 1] not in prepositions), None)
    words = _trim(found.span(), view, language) if found else None
    if words is None:
        return None
    classes = view.classes[words[0]:words[1]]
    if (any(language.vocabulary.has(name, classes) for name in ("role", "pronoun", "body", "plural"))
            or language.vocabulary.full_name.fullmatch(classes)):
        return words
    sets = language.vocabulary.sets
    spoken = {view.words(at) for one in earlier[-12:] if one.source
              for at in range(*one.source) if view.classes[at] in sets["cap"]}
    return words if any(view.words(at) in spoken for at in range(*words)) else None


def _trim(words: Words, view: View, language: Language) -> Words | None:
    trim = language.vocabulary.trimmed
    start, end = words
    while start < end and view.classes[start] in trim:
        start += 1
    while end > start and view.classes[end - 1] in trim:
        end -= 1
    return (start, end) if start < end else None


def _span(words: Words | None, view: View) -> Span | None:
    if words is None:
        return None
    span = view.span(*words)
    return span if span[0] < span[1] else None
