"""The command line, `python -m analysis COMMAND`; each command only calls a module and prints what it returns.

check     hold the tables to their description
charts    draw every chart
draft     draft the rows of new articles, for a person to review
accept    write the accepted rows of a draft to the tables
report    write the report, a site to open from disk
corpus    build the tables of an archive: Media Cloud, GDELT, Quotebank, WARC
export    write the graphs for Gephi and the tables as Parquet
codebook  bring the codebook's tables up to date
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from analysis.dataset import DATA, Dataset, DatasetError, load_dataset, one_line, printable

if TYPE_CHECKING:
    from analysis.corpus import Built
    from analysis.intake import Draft

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Which countries' media covered the Hanoi Convention, and who quoted whom.")

_SOURCES = ("Saved HTML pages, text files (they may begin with lines URL:, Title:, Published:, Language:), folders of "
            "these, CSV files (columns: text; and, if known, url, title, published, language), or http(s) addresses.")

DataFolder = Annotated[Path, typer.Argument(help="The folder with the tables and their datapackage.json.",
                                            show_default="the bundled data")]


def console(*, stderr: bool = False) -> Console:
    """A console that keeps every column whole where the output is a pipe or a file, and can write every character."""
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # names in 41 languages, a terminal perhaps in ASCII
    plain = Console(stderr=stderr)
    return plain if plain.is_terminal else Console(stderr=stderr, width=240)


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


def loaded(path: Path) -> Dataset:
    """The record of a folder; where it has faults they are printed, and the command ends with 1."""
    try:
        return load_dataset(path)
    except DatasetError as error:
        report(error)
        raise typer.Exit(1) from None


@app.command()
def check(path: DataFolder = DATA) -> None:
    """Check the tables against their description; print every fault, and exit with 1 if there is one."""
    data = loaded(path)
    console().print(f"{data!r}: no fault", highlight=False)


@app.command()
def charts(
    out: Annotated[Path, typer.Option(help="Where the pictures and tables go.")] = Path("charts"),
    data: Annotated[Path, typer.Option(help="The folder with the tables.", show_default="the bundled data")] = DATA,
) -> None:
    """Draw every chart: SVG and PNG, and the small CSV behind each."""
    from analysis import gallery

    record = loaded(data)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        task = progress.add_task("charts", total=len(gallery.CHARTS))
        for name, paths in gallery.render(record, out):
            progress.update(task, advance=1, description=f"{name:<18}")
    console().print(f"{len(gallery.CHARTS)} charts in {out}", highlight=False)


@app.command()
def draft(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", show_default=False, help=_SOURCES)],
    out: Annotated[Path, typer.Option(help="Where the draft goes, with its companions.")] = Path("draft.csv"),
    data: Annotated[Path, typer.Option(help="The record that it is for.", show_default="the bundled data")] = DATA,
    again: Annotated[bool, typer.Option("--again", help="Draft pages whose address the record has, too.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a draft that is there.")] = False,
) -> None:
    """Draft the rows of new articles: who says what, through whom. A person reviews them; the record stays as it is.

    Addresses are fetched one by one, slowly, as robots.txt allows. The draft holds text of articles: keep it local.
    """
    from analysis import intake

    say, progress = console(), console(stderr=True)
    if out.suffix != ".csv":
        raise typer.BadParameter("must end in .csv", param_hint="--out")
    # Before anything is fetched, not after.
    if not overwrite and out.exists():
        word = f"{out} exists, perhaps with somebody's decisions in it: --overwrite replaces it"
        progress.print(Text(word, "bold red"))
        raise typer.Exit(1)
    try:
        with progress.status("reading") as status:
            made = intake.draft(sources, data, again=again,
                                progress=lambda place: status.update(Text(f"reading {printable(place)}")))
        made.save(out, overwrite=overwrite)
    except DatasetError as error:
        report(error)
        raise typer.Exit(1) from None
    except OSError as error:
        progress.print(Text(f"the draft cannot be saved: {error}", "bold red"))
        raise typer.Exit(1) from None
    _show_draft(made, say)
    say.print(Text.assemble((f"{made!r}", "bold"), f" in {out}"), highlight=False)
    if len(made.articles):
        say.print(Text(f"Now decide: in notebooks/06_add_an_article.ipynb, or in a spreadsheet; then "
                       f"python -m analysis accept {out}"))
    elif made.skipped:
        raise typer.Exit(1)


def _show_draft(made: Draft, say: Console) -> None:
    """What was drafted, and what was skipped and why. Names and titles come from pages: text, never markup."""
    table = Table("article", "page", "title", "language", "published", "outlet", "statements", "note", box=None,
                  pad_edge=False)
    counts = made.attributions["article"].value_counts()
    for row in made.articles.to_dict("records"):
        cells = [row["article"], row["place"], row["title"], row["language"], row["published"], row["outlet_id"],
                 str(counts.get(row["article"], 0))]
        table.add_row(*(Text(printable(cell)) for cell in cells), Text(one_line(row["note"])))
    if len(made.articles):
        say.print(table)
    if made.skipped:
        skipped = Table("skipped", "why", box=None, pad_edge=False)
        for place, reason in made.skipped:
            skipped.add_row(Text(printable(place)), Text(one_line(reason)))
        say.print(skipped)


@app.command()
def accept(
    draft: Annotated[Path, typer.Argument(help="A draft with decisions: `accept` or `reject` in its column decision.")],
    data: Annotated[Path, typer.Option(help="The record to write to.", show_default="the bundled data")] = DATA,
) -> None:
    """Write a draft's accepted articles to the tables, all or none; print every fault if there is one."""
    from analysis import intake

    try:
        reviewed = intake.load(draft)
        done = intake.accept(reviewed, data)
        if done.articles:
            reviewed.save(draft)
    except DatasetError as error:
        report(error)
        raise typer.Exit(1) from None
    except OSError as error:
        console(stderr=True).print(Text(f"nothing was written: {error}", "bold red"))
        raise typer.Exit(1) from None
    if not done.articles:
        console().print("nothing to write: no article is accepted", highlight=False)
        return
    table = Table("written", "", box=None, pad_edge=False)
    for word in ("articles", "attributions", "outlets", "sources"):
        table.add_row(word, Text(", ".join(getattr(done, word)) or "none"))
    console().print(table)
    console().print(f"{done} written to {data}", highlight=False, markup=False)


@app.command()
def export(
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the files go; those of the same name are replaced.")],
    data: Annotated[Path, typer.Option(help="The folder with the tables.", show_default="the bundled data")] = DATA,
) -> None:
    """Write who quoted whom for Gephi (GEXF, GraphML, CSV), and the tables as Parquet."""
    from analysis.export import write

    record = loaded(data)
    try:
        files = list(write(record, to))
    except OSError as error:
        why = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
        message = f"cannot write {one_line(error.filename or to)}: {why}"
        console(stderr=True).print(Text(message, style="bold red"), soft_wrap=True)
        raise typer.Exit(2) from None
    console().print(Text(f"{len(files)} files in {one_line(to)}"), soft_wrap=True)


@app.command("report")
def write_report(
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the site goes; a report that is there is replaced."
                                     )] = Path("build/report"),
    data: Annotated[Path, typer.Option(help="The folder with the tables.", show_default="the bundled data")] = DATA,
) -> None:
    """Write the report: a site that answers the two questions, to open from disk without a server or the internet."""
    from analysis.report import NotAReport, build

    record, problem = loaded(data), console(stderr=True)
    try:
        with problem.status("writing the report"):
            files = build(record, to, folder=data)
    except NotAReport as error:
        problem.print(Text(one_line(error), style="bold red"), soft_wrap=True)
        raise typer.Exit(2) from None
    except OSError as error:
        message = f"cannot write {one_line(error.filename or to)}: {error.strerror}"
        problem.print(Text(message, style="bold red"), soft_wrap=True)
        raise typer.Exit(2) from None
    console().print(Text(f"{len(files)} files: open {one_line(to / 'index.html')} in a browser"), soft_wrap=True)


@app.command()
def corpus(
    reader: Annotated[str, typer.Argument(metavar="READER", help="The format: media-cloud, gdelt-articles, "
                                          "gdelt-quotes, quotebank, quotebank-articles or warc.")],
    paths: Annotated[list[str], typer.Argument(metavar="PATHS...", help="Files, folders, or globs in quotes.",
                                               show_default=False)],
    out: Annotated[Path, typer.Option(metavar="DIR",
                                      help="Where the tables go: a new folder, or one left unfinished.")],
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", show_default=False,
                         help="Your Dask cluster (tcp://host:8786); without it, this machine's cores.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, show_default="a core each",
                       help="How many processes of this machine work.")] = None,
    domains: Annotated[Path | None, typer.Option(metavar="FILE", show_default=False,
                       help="Domains with their countries, as GDELT has them or with a header domain,country.")] = None,
    data: Annotated[Path, typer.Option(help="The record whose outlets and sources are recognised.",
                                       show_default="the bundled data")] = DATA,
) -> None:
    """Build an archive's tables: read, attribute, write as Parquet. What was done before an interruption stays done."""
    from analysis import corpus as archives

    say, progress = console(), console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        job = archives.prepare(reader, paths, out, record=data, domains=domains)
        with archives.cluster(scheduler, workers) if not job.done else nullcontext() as client, Progress(
                *columns, console=progress) as bar:
            tasks: dict[str, TaskID] = {}

            def tell(what: str, done: int, of: int) -> None:
                if what not in tasks:
                    tasks[what] = bar.add_task(f"{what:<6}", total=of)
                bar.update(tasks[what], completed=done, total=of)

            made = job.run(client, tell)
    except DatasetError as error:
        report(error)
        raise typer.Exit(1) from None
    except archives.CorpusError as error:
        progress.print(Text(str(error), "bold red"), soft_wrap=True)
        raise typer.Exit(2) from None
    except OSError as error:
        message = f"stopped: {error}; the same command goes on where it stopped"
        progress.print(Text(one_line(message), "bold red"), soft_wrap=True)
        raise typer.Exit(1) from None
    _show_built(made, say)


def _show_built(made: Built, say: Console) -> None:
    """What an archive holds, what was set aside and why, and how well its outlets' countries are known."""
    say.print(Text(f"{one_line(made.folder)}: " + ", ".join(f"{n:,} {name}" for name, n in made.rows.items())),
              soft_wrap=True)
    origin = Table("country of the outlet from", "articles", "share", "outlets", box=None, pad_edge=False)
    for row in made.countries.itertuples():
        origin.add_row(row.Index, f"{row.articles:,}", f"{row.share_of_articles:.1%}", f"{row.outlets:,}")
    say.print(origin)
    for title, counts in (("set aside in rejects.parquet", made.rejects), ("besides", made.counts)):
        if counts:
            table = Table(title, "", box=None, pad_edge=False)
            for reason, n in counts.items():
                table.add_row(Text(one_line(reason)), f"{n:,}")
            say.print(table)
    say.print(Text(f"the format has nothing for: {', '.join(made.lacks)}"))


@app.command()
def codebook() -> None:
    """Write the tables of data/CODEBOOK.md anew from data/datapackage.json."""
    from analysis.codebook import CODEBOOK, refresh

    changed = refresh()
    console().print(f"{CODEBOOK.name} {'written anew' if changed else 'is up to date'}", highlight=False)


if __name__ == "__main__":
    app(prog_name="python -m analysis")
