"""Write environment.yml's pip section: pyproject.toml's direct packages, at requirements.lock's versions.

Run by `make lock`; what stands above the section is kept as it is.
"""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def pip_section() -> list[str]:
    """The section's lines, in alphabetical order and the project itself last."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    direct = project["dependencies"] + extras["report"] + extras["test"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, flags=re.MULTILINE))
    names = sorted(canonicalize_name(Requirement(line).name) for line in direct)
    return [f"{name}=={locked[name]}" for name in names] + ["-e ."]


def main() -> None:
    path = ROOT / "environment.yml"
    head, mark, _ = path.read_text(encoding="utf-8").partition("  - pip:\n")
    if not mark:
        raise SystemExit(f"{path.name} has no line '  - pip:' to write the packages under")
    lines = "".join(f"      - {line}\n" for line in pip_section())
    path.write_text(head + mark + lines, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
