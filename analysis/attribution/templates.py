"""The little pattern language of the language files: templates are parsed once and become regular expressions.

A text is seen as a string of word classes, one character a word (tokens.py). A template describes the words around a
reporting cue; it is cut at the cue and matched outwards from there: its right half forwards, its left half, mirrored,
backwards. So the work grows with the number of cues, not with the length of the text times the number of templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache

MAX_REPEAT = 12  # what * and + mean for a class
MAX_CLAUSE = 250  # words in an indirect statement

_LEXEME = re.compile(r"""
    \{[svqn](?=\s) | \{\d+,\d+\}\?? | \{\d+\} | [(){}|\[\]] | [?*+]\?? | !
    | -?\w+ | [,:;.^-] | (?P<space>\s+) | (?P<bad>.)
""", re.VERBOSE)
_QUANTIFIER = re.compile(r"\{\d+,\d+\}\??|\{\d+\}|[?*+]\??")
# Symbols that stand for a whole phrase.
SHORTHANDS = {"S": "{s np }", "R": "{v np }", "N": "np", "C": "{q clause }", "K": "{q piece }", "Q": "{q quote }",
              "P": "{q line+ }"}
PUNCTUATION = {",": "comma", ":": "colon", ";": "semicolon", ".": "stop", "-": "dash", "^": "edge"}
FLAGS = {"@subject", "@last", "@next", "@none", "@report", "@sentence"}


class TemplateError(ValueError):
    """A template that cannot be read; the message says where and why."""


@dataclass
class Node:
    """A piece of a template: `kind` is set, group, role or look; `items` are alternatives of sequences."""

    kind: str
    chars: str = ""
    items: list[list["Node"]] = field(default_factory=list)
    role: str = ""
    quantifier: str = ""
    anchor: bool = False
    attitude: str = ""  # of chars, those that only lists of attitudes bring in
    many: int = MAX_REPEAT


@dataclass(frozen=True)
class Template:
    """A compiled template. `left` is matched on the mirrored classes, backwards from the cue."""

    text: str
    group: str
    anchor: str  # the classes at which it may stand
    attitude: frozenset[str]  # those of them that report a belief or an intention only
    left: re.Pattern[str]
    right: re.Pattern[str]
    flags: frozenset[str]
    names: tuple[tuple[str, str], ...]  # (side, name) of each group, in the order of the template
    left_first: bool  # the shorter half is tried first: it fails sooner


class Compiler:
    """Compiles the templates of one language.

    `sets`: name -> the class characters that it stands for (words lists and the built-in classes); `phrases`: name ->
    source of a named sub-pattern; `cues`, `attitudes`: the names that may anchor a template.
    """

    def __init__(self, sets: dict[str, str], phrases: dict[str, str], cues: set[str], attitudes: set[str]):
        self.sets, self.phrases, self.cues, self.attitudes = sets, phrases, cues | attitudes, attitudes
        self._depth = 0
        # A language's templates name the same few classes and phrases over and over. What is handed out is a copy, for
        # what follows a node is put down in it; what is within it stays as it is.
        self._sets: dict[tuple[str, ...], Node] = {}
        self._phrases: dict[str, Node] = {}

    def compile(self, text: str, group: str) -> Template:
        flags = frozenset(flag for flag in re.findall(r"@\w+", text))
        if flags - FLAGS:
            raise TemplateError(f"unknown flag {', '.join(sorted(flags - FLAGS))}")
        alternatives = self.parse(re.sub(r"@\w+", " ", text))
        if len(alternatives) != 1:
            raise TemplateError("alternatives at the top of a template belong in brackets")
        sequence = alternatives[0]
        marked = [i for i, node in enumerate(sequence) if node.anchor]
        if not marked:
            marked = [i for i, node in enumerate(sequence) if node.kind == "set" and not node.quantifier
                      and node.role == "cue"][:1]
        if len(marked) != 1:
            raise TemplateError("a template needs one cue at its top level, outside brackets and not repeated "
                                "(mark it with ! if there are several)")
        at = marked[0]
        names: list[tuple[str, str]] = []
        left = self.render(sequence[:at], mirrored=True, names=names, side="left")
        right = self.render(sequence[at + 1:], mirrored=False, names=names, side="right")
        roles = {name[0] for _, name in names}
        if "q" not in roles and "@sentence" not in flags:
            raise TemplateError("a template needs a content: C, K, P, Q, {q ...} or @sentence")
        if "s" not in roles and not flags & {"@subject", "@last", "@none"}:
            raise TemplateError("a template needs a source: S, {s ...}, @subject, @last or @none")
        return Template(text, group, sequence[at].chars, frozenset(sequence[at].attitude), re.compile(left),
                        re.compile(right), flags, tuple(names), len(left) < len(right))

    def phrase(self, name: str) -> re.Pattern[str]:
        """A phrase by itself, matched forwards."""
        return re.compile(self.render([self._phrase(self.phrases[name])], mirrored=False, names=[], side=""))

    def between(self, name: str) -> re.Pattern[str]:
        """A phrase between commas or dashes, these included; the sentence may end with it instead (group `last`)."""
        comma, dash, stop, edge = (_charset(self.sets[mark]) for mark in ("comma", "dash", "stop", "edge"))
        divided = f"(?:{comma}?{dash}|{comma})"
        phrase = self.render([self._phrase(self.phrases[name])], mirrored=False, names=[], side="")
        return re.compile(f"{divided}(?:{phrase})(?:{divided}|{stop}{edge}?{dash}|(?P<last>{stop}?(?={edge})))")

    # Reading

    def parse(self, text: str) -> list[list[Node]]:
        lexemes = list(self._lex(text))
        nodes, rest = self._alternatives(lexemes, 0)
        if rest != len(lexemes):
            raise TemplateError(f"'{lexemes[rest]}' closes nothing")
        return nodes

    @staticmethod
    def _lex(text: str) -> Iterator[str]:
        for match in _LEXEME.finditer(text):
            if match["bad"]:
                raise TemplateError(f"'{match[0]}' means nothing here")
            if not match["space"]:
                yield match[0]

    def _alternatives(self, lexemes: list[str], at: int) -> tuple[list[list[Node]], int]:
        found: list[list[Node]] = [[]]
        while at < len(lexemes) and lexemes[at] not in (")", "}"):
            lexeme = lexemes[at]
            if lexeme == "|":
                found.append([])
                at += 1
                continue
            node, at = self._node(lexemes, at)
            if at < len(lexemes) and _QUANTIFIER.fullmatch(lexemes[at]):
                node.quantifier = lexemes[at]
                at += 1
            if at < len(lexemes) and lexemes[at] == "!":
                node.anchor = True
                at += 1
            found[-1].append(node)
        return found, at

    def _node(self, lexemes: list[str], at: int) -> tuple[Node, int]:
        lexeme = lexemes[at]
        if lexeme == "(" or (lexeme[0] == "{" and len(lexeme) == 2):
            items, end = self._alternatives(lexemes, at + 1)
            closing = ")" if lexeme == "(" else "}"
            if end >= len(lexemes) or lexemes[end] != closing:
                raise TemplateError(f"'{lexeme}' is not closed")
            return Node("group" if lexeme == "(" else "role", items=items, role=lexeme[1:]), end + 1
        if lexeme == "[":
            try:
                end = lexemes.index("]", at)
            except ValueError:
                raise TemplateError("'[' is not closed") from None
            return self._set(lexemes[at + 1:end]), end + 1
        if _QUANTIFIER.fullmatch(lexeme) or lexeme in ("]", "!"):
            raise TemplateError(f"'{lexeme}' follows nothing")
        if lexeme in SHORTHANDS:
            return self._phrase(SHORTHANDS[lexeme]), at + 1
        if lexeme in self.phrases:
            return self._phrase(self.phrases[lexeme]), at + 1
        return self._set([lexeme]), at + 1

    def _phrase(self, text: str) -> Node:
        if text not in self._phrases:
            self._phrases[text] = self._new_phrase(text)
        return copy(self._phrases[text])

    def _new_phrase(self, text: str) -> Node:
        self._depth += 1
        if self._depth > 20:
            raise TemplateError("phrases contain each other")
        items = self.parse(text)
        self._depth -= 1
        if len(items) == 1 and len(items[0]) == 1:
            return items[0][0]
        return Node("group", items=items)

    def _set(self, names: list[str]) -> Node:
        key = tuple(names)
        if key not in self._sets:
            self._sets[key] = self._new_set(names)
        return copy(self._sets[key])

    def _new_set(self, names: list[str]) -> Node:
        chars: dict[str, None] = {}
        cue = False
        sure: set[str] = set()  # classes that no list of attitudes brings in alone
        for name in names:
            minus = name[0] == "-" and len(name) > 1
            known = PUNCTUATION.get(name.lstrip("-") if minus else name, name[1:] if minus else name)
            members = self._members(known)
            if minus:
                for char in members:
                    chars.pop(char, None)
            else:
                chars.update(dict.fromkeys(members))
                sure.update(members if known not in self.attitudes else ())
                cue = cue or known in self.cues
        many = MAX_CLAUSE if names[0] in ("any", "inside", "line") else MAX_REPEAT
        return Node("set", chars="".join(chars), role="cue" if cue else "", many=many,
                    attitude="".join(char for char in chars if char not in sure))

    def _members(self, name: str) -> str:
        """The classes of a name within square brackets: a list, a built-in class, or a phrase that is one word."""
        if name in self.sets:
            return self.sets[name]
        if name in self.phrases:
            node = self._phrase(self.phrases[name])
            if node.kind == "set" and not node.quantifier:
                return node.chars
            raise TemplateError(f"the phrase '{name}' is more than one word: it cannot stand in square brackets")
        raise TemplateError(f"no word list, phrase or built-in class is called '{name}'")

    # Writing

    def render(self, sequence: list[Node], mirrored: bool, names: list[tuple[str, str]], side: str) -> str:
        # Groups are numbered in the order of the template, whichever way they are matched.
        parts = [self._render_node(node, mirrored, names, side) for node in sequence]
        return "".join(reversed(parts) if mirrored else parts)

    def _render_node(self, node: Node, mirrored: bool, names: list[tuple[str, str]], side: str) -> str:
        if node.kind == "set":
            return (_charset(node.chars) if node.chars else "(?!)") + _repeat(node)
        opening = "(?:"
        if node.kind == "role" and node.role != "n":
            name = f"{node.role}{sum(1 for _, other in names if other[0] == node.role)}"
            names.append((side, name))
            opening = f"(?P<{name}>"
        body = "|".join(self.render(items, mirrored, names, side) for items in node.items)
        return f"{opening}{body}){_repeat(node)}"


def _repeat(node: Node) -> str:
    quantifier = node.quantifier
    if quantifier[:1] in ("*", "+"):
        least = 0 if quantifier[0] == "*" else 1
        return f"{{{least},{node.many}}}{quantifier[1:]}"
    return quantifier


@lru_cache(maxsize=4096)
def _charset(chars: str) -> str:
    """A set of characters as a regular expression; neighbours as a range, which compiles much faster."""
    runs: list[list[int]] = []
    for code in sorted(map(ord, set(chars))):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "[" + "".join(re.escape(chr(first)) + (f"-{re.escape(chr(last))}" if last > first else "")
                         for first, last in runs) + "]"

