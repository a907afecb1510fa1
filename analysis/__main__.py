"""The command line, `python -m analysis COMMAND`; each command only calls a module and prints what it returns.

check     hold the tables to their description
charts    draw every chart
export    write the graphs for Gephi and the tables as Parquet
codebook  bring the codebook's tables up to date
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from analysis.dataset import DATA, DatasetError, load_dataset

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Which countries' media covered the Hanoi Convention, and who quoted whom.")

DataFolder = Annotated[Path, typer.Argument(help="The folder with the tables and their datapackage.json.",
                                            show_default="the bundled data")]


def console(*, stderr: bool = False) -> Console:
    """A console that keeps every column whole where the output is a pipe or a file, and can write every character."""
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # names in 41 languages, a terminal perhaps in ASCII
    plain = Console(stderr=stderr)
    return plain if plain.is_terminal else Console(stderr=stderr, width=240)


def one_line(path: object) -> str:
    """A path as it is, but for what would break the line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(path))


def report(error: DatasetError) -> None:
    """Print every fault as a table row. What stands in the data is shown as text, never as markup."""
    table = Table("file", "line", "column", "value", "rule", title=None, box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for fault in error.faults:
        line = str(fault.line) if fault.line else ""
        table.add_row(*(Text(cell) for cell in (fault.file, line, fault.column, fault.shown, fault.rule)))
    out = console()
    out.print(table)
    out.print(f"{len(error.faults):,} fault{'s' if len(error.faults) != 1 else ''}", style="bold red")


@app.command()
def check(path: DataFolder = DATA) -> None:
    """Check the tables against their description; print every fault, and exit with 1 if there is one."""
    try:
        data = load_dataset(path)
    except DatasetError as error:
        report(error)
        raise typer.Exit(1) from None
    console().print(f"{data!r}: no fault", highlight=False)


@app.command()
def charts(
    out: Annotated[Path, typer.Option(help="Where the pictures and tables go.")] = Path("charts"),
    data: Annotated[Path, typer.Option(help="The folder with the tables.", show_default="the bundled data")] = DATA,
) -> None:
    """Draw every chart: SVG and PNG, and the small CSV behind each."""
    from analysis import gallery

    try:
        record = load_dataset(data)
    except DatasetError as error:
        report(error)
        raise typer.Exit(1) from None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        task = progress.add_task("charts", total=len(gallery.CHARTS))
        for name, paths in gallery.render(record, out):
            progress.update(task, advance=1, description=f"{name:<18}")
    console().print(f"{len(gallery.CHARTS)} charts in {out}", highlight=False)


@app.command()
def export(
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the files go; those of the same name are replaced.")],
    data: Annotated[Path, typer.Option(help="The folder with the tables.", show_default="the bundled data")] = DATA,
) -> None:
    """Write who quoted whom for Gephi (GEXF, GraphML, CSV), and the tables as Parquet."""
    from analysis.export import write

    try:
        record = load_dataset(data)
    except DatasetError as error:
        report(error)
        raise typer.Exit(1) from None
    try:
        files = list(write(record, to))
    except OSError as error:
        why = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
        message = f"cannot write {one_line(error.filename or to)}: {why}"
        console(stderr=True).print(Text(message, style="bold red"), soft_wrap=True)
        raise typer.Exit(2) from None
    console().print(Text(f"{len(files)} files in {one_line(to)}"), soft_wrap=True)


@app.command()
def codebook() -> None:
    """Write the tables of data/CODEBOOK.md anew from data/datapackage.json."""
    from analysis.codebook import CODEBOOK, refresh

    changed = refresh()
    console().print(f"{CODEBOOK.name} {'written anew' if changed else 'is up to date'}", highlight=False)


if __name__ == "__main__":
    app(prog_name="python -m analysis")
