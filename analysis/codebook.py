"""The codebook's tables, made from the descriptor, so that readers and code have one definition of the columns.

`data/CODEBOOK.md` is prose by hand; between its `<!-- columns: TABLE -->` marks stands what this module writes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from analysis.dataset import DATA, DESCRIPTOR

CODEBOOK = DATA / "CODEBOOK.md"
_BLOCK = re.compile(r"(<!-- columns: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def columns(resource: dict[str, Any]) -> str:
    """A resource's columns as a Markdown table: name, meaning, values."""
    schema = resource["schema"]
    targets = {_name(key["fields"]): key["reference"] for key in schema.get("foreignKeys", [])}
    lines = ["| column | meaning | values |", "| --- | --- | --- |"]
    for field in schema["fields"]:
        reference = targets.get(field["name"]) or field.get("items", {}).get("reference")
        cells = field["name"], field["description"], _values(field, schema["primaryKey"], reference)
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _values(field: dict[str, Any], key: list[str], reference: dict[str, Any] | None) -> str:
    constraints, items = field.get("constraints", {}), field.get("items", {})
    said = []
    if field["name"] in key:
        said.append("key")
    elif constraints.get("unique"):
        said.append("unique")
    elif not constraints.get("required"):
        said.append("may be empty")
    if field["type"] == "list":
        said.append(f"a list ({field['delimiter']})")
    elif field["type"] == "boolean":
        said.append(" or ".join(field["trueValues"] + field["falseValues"]))
    elif field["type"] == "date":
        said.append("a date, YYYY-MM-DD")
    elif field["type"] == "integer":
        said.append("a whole number")
    if reference:
        said.append(f"-> {reference['resource']}")
    elif enum := constraints.get("enum") or items.get("enum"):
        said.append(", ".join(enum))
    return "; ".join(said)


def _name(fields: str | list[str]) -> str:
    return fields if isinstance(fields, str) else fields[0]


def filled(text: str, descriptor: dict[str, Any]) -> str:
    """The codebook's text with every marked block written anew. Raises KeyError for a table that is not described."""
    resources = {resource["name"]: resource for resource in descriptor["resources"]}
    return _BLOCK.sub(lambda block: block[1] + columns(resources[block[2]]) + block[3], text)


def refresh() -> bool:
    """Write the codebook's blocks anew where they differ from the descriptor; True if they did."""
    text = CODEBOOK.read_text(encoding="utf-8")
    new = filled(text, json.loads((DATA / DESCRIPTOR).read_text(encoding="utf-8")))
    if new != text:
        CODEBOOK.write_text(new, encoding="utf-8", newline="\n")
    return new != text
