"""The ``press`` command: how authors and CI make the book.

Each subcommand reads its options, calls one function of the press, and shows what came back.
Heavy imports stay inside the subcommands, so that ``press --help`` is instant.
"""

import contextlib
import gc
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textlib import claims as statements

if TYPE_CHECKING:
    from rich.console import Console

    from bookpress.book import Book
    from bookpress.build import Result
    from bookpress.execute import Outcome

INTERRUPTED = 130
PAGES = click.argument("pages", nargs=-1, metavar="[PAGE]...")
JOBS = click.option("--jobs", "-j", type=click.IntRange(1), help="Pages at once (default: cores).")
SCALE = click.option(
    "--scale",
    type=click.Choice(["quick", "full"]),
    default="quick",
    envvar="TEXTLIB_SCALE",
    show_default=True,
    help="Size of the experiments.",
)
TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Limit for one page.",
)
DASK = click.option("--dask", metavar="ADDRESS", help="Run pages on this Dask cluster.")


class Group(click.Group):
    """The command; an error of the book is one line, not a traceback."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command, in UTF-8 whatever the locale says: pages and their names are."""
        if not sys.flags.utf8_mode and sys.getfilesystemencoding() != "utf-8":
            command = [sys.executable, *sys.orig_argv[1:]]
            os.execve(command[0], command, {**os.environ, "PYTHONUTF8": "1"})
        for stream in (sys.stdout, sys.stderr):  # PYTHONIOENCODING may ask for less
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8")
        return super().main(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand."""
        from bookpress.files import BookError
        from textlib.paths import CacheError

        try:
            return super().invoke(ctx)
        except (BookError, CacheError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--root", type=click.Path(file_okay=False, path_type=Path), help="The book's folder.")
@click.version_option(package_name="bookpress")
@click.pass_context
def main(ctx: click.Context, root: Path | None) -> None:
    """Make the book: execute its pages, publish it, and check it."""
    gc.set_threshold(100_000)  # pages and modules that were read stay; looking at them costs time
    ctx.obj = root


@main.command()
@PAGES
@JOBS
@SCALE
@TIMEOUT
@DASK
@click.option("--no-publish", is_flag=True, help="Only execute.")
@click.option("--warm/--no-warm", default=True, help="Fork kernels from one warm process.")
@click.option("--force", is_flag=True, help="Execute fresh pages too.")
@click.option(
    "--strict/--no-strict",
    default=None,
    help="Warnings are errors (default: when the whole book is built).",
)
@click.pass_obj
def build(root: Path | None, pages: tuple[str, ...], **options: Any) -> None:
    """Execute stale pages in parallel and publish the book.

    PAGE is a name such as vision/convnets, a file, or a folder such as vision. Without any, the
    whole book is built and warnings are errors. With some, only they execute, and the site is
    published with whatever the other pages have.
    """
    from bookpress.build import Options, build

    console = _console()
    publish = not options.pop("no_publish")
    result = build(_book(root), Options(pages=pages, publish=publish, **options), console)
    _show_result(console, result)
    if result.interrupted:
        sys.exit(INTERRUPTED)
    sys.exit(0 if result.ok else 1)


@main.command()
@click.argument("page")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--fresh", is_flag=True, help="Train anew what the run store has.")
@SCALE
@TIMEOUT
@click.pass_obj
def execute(
    root: Path | None,
    page: str,
    output: Path,
    fresh: bool,
    scale: str,
    timeout: float | None,
) -> None:
    """Execute one page into a notebook, without touching the book's outputs.

    The notebook is written even if a claim or a cell fails; the exit code is then 1. The cells that
    took longest are listed.
    """
    from tempfile import TemporaryDirectory

    from bookpress.running import RunOptions
    from bookpress.trial import trials

    console, book = _console(), _book(root)
    names = [each.name for each in book.select((page,)) if each.executes]
    if len(names) > 1:
        named = f"{page!r} is {len(names)} pages, one file takes only one: {', '.join(names)}."
        raise click.ClickException(named)
    with _written(output):
        output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="textlib-runs-") as empty:
        runs = Path(empty) if fresh else None
        settings = RunOptions(scale=scale, timeout=timeout)
        found = trials(book, (page,), settings, seeds=1, runs=runs)
        outcome = next(iter(found))
    if outcome.notebook is not None:
        import nbformat

        with _written(output):
            nbformat.write(outcome.notebook, str(output))
    _show_slowest(console, outcome)
    if outcome.failure:
        _show_failure(console, outcome)
        sys.exit(1)
    failed = _failing(outcome)
    for claim in failed:
        console.print(f"FAILS  {claim['name']}: {claim['sentence']}")
    held = f"{len(outcome.claims) - len(failed)} of {len(outcome.claims)} claims hold"
    console.print(f"{output}: {outcome.seconds:.1f} s, {held}.")
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("pages", nargs=-1, required=True, metavar="PAGE...")
@click.option("--seeds", type=click.IntRange(0), default=3, show_default=True)
@click.option("--untrained", is_flag=True, help="Also run each page without any training.")
@click.option("--shuffled", is_flag=True, help="Also run each page with shuffled labels.")
@click.option("--record", is_flag=True, help="Keep what came out in book/_records/claims.")
@JOBS
@SCALE
@TIMEOUT
@click.pass_obj
def claims(
    root: Path | None,
    pages: tuple[str, ...],
    seeds: int,
    untrained: bool,
    shuffled: bool,
    record: bool,
    **options: Any,
) -> None:
    """Execute pages on several seeds and show whether their claims hold on each.

    As a control, --untrained leaves every update of a Keras optimizer out, and --shuffled deals
    the labels of every dataset out anew; the measured claims that hold all the same are listed.
    The book's stored outputs are not touched. The exit code is 1 if a claim fails on any seed.
    """
    from bookpress import claim_checks, claim_records
    from bookpress.running import RunOptions
    from bookpress.trial import trials

    console, book = _console(), _book(root)
    controls = ("untrained",) * untrained + ("shuffled",) * shuffled
    if not seeds and not controls:
        raise click.UsageError("ask for at least one seed, --untrained, or --shuffled.")
    found: dict[str, list[Outcome]] = {}
    settings = RunOptions(**options)
    for outcome in trials(book, pages, settings, seeds=seeds, controls=controls):
        _show_trial(console, outcome)
        outcomes = found.setdefault(outcome.page, [])
        outcomes.append(outcome)
        usable = claim_checks.controls_for(book.select((outcome.page,))[0])
        if len(outcomes) < seeds + len({*controls} & {*usable}):
            continue
        _show_claims(console, outcome.page, [each for each in outcomes if not each.control])
        _show_survivors(console, outcomes)
        if record:
            path = claim_records.update(book, outcome.page, outcomes)
            console.print(f"recorded in {path}")
    plain = [each for outcomes in found.values() for each in outcomes if not each.control]
    sys.exit(1 if any(each.failure or _failing(each) for each in plain) else 0)


@main.command()
@PAGES
@SCALE
@click.option("--graph", is_flag=True, help="Draw pages and modules as a Mermaid graph.")
@click.pass_obj
def status(root: Path | None, pages: tuple[str, ...], scale: str, graph: bool) -> None:
    """Show which pages are fresh and why the others are not, and which claims lack a record."""
    from bookpress import claim_records, parsed, plan

    book = _book(root)
    parsed.load(book)
    states = plan.make(book, book.select(pages) if pages else book.pages, scale=scale)
    if graph:
        click.echo(plan.mermaid(states))
        return
    for state in states:
        mark = "fresh" if state.fresh else "stale"
        reasons = f"  ({'; '.join(state.reasons)})" if state.reasons else ""
        click.echo(f"{mark}  {state.page.name}{reasons}")
    lacking = 0
    for state in states:
        problems = claim_records.problems(book, state.page)
        lacking += bool(problems)
        if problems:
            click.echo(f"claims  {state.page.name}  ({'; '.join(problems)})")
    stale = sum(not state.fresh for state in states)
    claims = f", {lacking} with claims that lack a record or a reason" if lacking else ""
    click.echo(f"{len(states)} pages with code, {stale} stale{claims}.")


@main.command()
@PAGES
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.pass_obj
def serve(root: Path | None, pages: tuple[str, ...], port: int) -> None:
    """Show the book on 127.0.0.1 and build it again when a file changes.

    With PAGE, only these are executed again; without, the pages that changed.
    """
    from bookpress.serve import serve

    try:
        serve(_book(root), port=port, pages=pages, console=_console())
    except OSError as error:
        message = f"cannot listen on port {port}: {error.strerror}. Try --port 0."
        raise click.ClickException(message) from error


@main.command()
@click.option("--weight/--no-weight", default=True, help="Hold pages to their budget of bytes.")
@click.pass_obj
def check(root: Path | None, weight: bool) -> None:
    """Check the published site: links, alternative texts, weight, no third-party requests.

    And the memory that its pages took when they ran at quick scale.
    """
    from bookpress import checks

    book = _book(root)
    if not (book.html_dir / "index.html").is_file():
        raise click.ClickException("the book is not published yet; run 'press build'.")
    problems = checks.of_book(book, weight=None if weight else False)
    problems += checks.memory(_peaks(book))
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(problems)} problems." if problems else "All checks hold.")
    sys.exit(1 if problems else 0)


@main.command()
@click.option("--package", metavar="REQUIREMENT", help="What the first cell installs.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def notebooks(root: Path | None, package: str | None, output: Path | None) -> None:
    """Write the notebook of every page that runs (publishing does so as well)."""
    from bookpress import notebooks

    written = notebooks.write(_book(root), package=package, folder=output)
    click.echo(f"{len(written)} notebooks in {output or _book(root).notebooks_dir}")


@main.command()
@click.option("--yes", is_flag=True, help="Remove it.")
@click.option("-v", "--verbose", is_flag=True, help="Name every file and folder.")
@click.pass_obj
def clean(root: Path | None, yes: bool, verbose: bool) -> None:
    """Show what takes space and is of no use any more, and remove it with --yes.

    Nothing that a page uses is among it. Runs of full scale always stay.
    """
    from rich.filesize import decimal

    from bookpress import clean

    book = _book(root)
    found = clean.find(book)
    for kind in dict.fromkeys(waste.kind for waste in found):
        group = [waste for waste in found if waste.kind == kind]
        click.echo(f"{decimal(sum(waste.size for waste in group)):>9}  {len(group)} {kind}")
        for waste in group if verbose else ():
            click.echo(f"{decimal(waste.size):>20}  {waste.path}")
    if unknown := clean.without_stamp(book):
        many = f"{unknown[0]} and {len(unknown) - 1} other pages have" if unknown[1:] else ""
        click.echo(f"All runs stay until {many or f'{unknown[0]} has'} been executed.")
    for waste in found if yes else ():
        clean.remove(waste)
    total = decimal(sum(waste.size for waste in found))
    click.echo(f"{total} freed." if yes else f"{total} in all; 'press clean --yes' frees it.")


@main.command()
@PAGES
@click.option(
    "--constraints",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What the machine has (default: hosted/colab.txt).",
)
@click.option("--memory", type=click.IntRange(1), default=2048, show_default=True, metavar="MB")
@click.pass_obj
def hosted(
    root: Path | None, pages: tuple[str, ...], constraints: Path | None, memory: int
) -> None:
    """Execute notebooks from their first cell with what a hosted service has, and its memory.

    The exit code is 1 if one fails: a cell, a claim, or the memory.
    """
    from bookpress import hosted

    book = _book(root)
    failed = 0
    given = constraints or book.root / hosted.CONSTRAINTS
    for ran in hosted.run(book, pages, constraints=given, memory=memory):
        failed += bool(ran.error)
        state = "failed" if ran.error else "ok"
        click.echo(f"{state:<7}{ran.page}  {ran.seconds:.0f} s, {ran.peak / 2**20:.0f} MB")
        if ran.error:
            click.echo(ran.error)
    click.echo(f"{failed} failed." if failed else "All notebooks run.")
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("kinds", nargs=-1, metavar="[notebooks|epub|pdf|cards]...")
@click.pass_obj
def takeaway(root: Path | None, kinds: tuple[str, ...]) -> None:
    """Make of the published book what readers can take away; all of it by default.

    The next build offers it on the home page.
    """
    from rich.filesize import decimal

    from bookpress.takeaway import KINDS

    book, known = _book(root), {kind.name: kind for kind in KINDS}
    if strange := [name for name in kinds if name not in known]:
        raise click.UsageError(f"{strange[0]!r} is none of {', '.join(known)}.")
    for name in kinds or known:
        path = known[name].make(book, known[name].path(book))
        click.echo(f"{decimal(path.stat().st_size):>9}  {path}")


@main.command()
@click.argument("target", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def pdf(root: Path | None, target: Path | None) -> None:
    """Print the published book into one PDF, _build/takeaway/book.pdf by default."""
    from bookpress.pdf import write

    book = _book(root)
    written = write(book, target or book.build_dir / "takeaway/book.pdf")
    click.echo(f"{written} ({written.stat().st_size / 1e6:.1f} MB)")


@main.command()
@click.pass_obj
def failures(root: Path | None) -> None:
    """Show as Markdown what failed in the last build, and which versions are not as pinned."""
    from bookpress import canary, report

    book = _book(root)
    made = report.read(book)
    if made is None:
        raise click.ClickException("there is no report of a build; run 'press build'.")
    click.echo("\n".join(canary.failures(book, made)))


@main.command()
def origins() -> None:
    """Fetch all data and weights anew from each of their origins; exit code 1 if one is gone."""
    from bookpress import canary

    wanted = canary.resources()
    gone = 0
    for key, why in canary.unreachable(wanted):
        gone += bool(why)
        place = wanted[key].describe()
        click.echo(f"- {key} ({place}): {why or 'good'}")
    click.echo(f"\n{gone} of {len(wanted)} origins are gone.")
    sys.exit(1 if gone else 0)


@main.command("edition")
@click.argument("version")
@click.pass_obj
def edition_(root: Path | None, version: str) -> None:
    """Make the sources those of an edition (2026.12.0) or of a draft (2027.1.0.dev0).

    The version is written into both packages and CITATION.cff, an edition's into CHANGELOG.md.
    """
    import datetime

    from bookpress import edition

    book = _book(root)
    today = datetime.datetime.now(datetime.UTC).date()
    for path in edition.begin(book.root, version, date=today):
        click.echo(str(path))
    if found := edition.of(book.root):
        click.echo(f"Now commit, tag with 'git tag -a {found.tag}', and push the tag.")


@main.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def archive(root: Path | None, target: Path) -> None:
    """Write the archive of the built book into the folder TARGET."""
    from rich.filesize import decimal

    from bookpress.archive import write

    for path in write(_book(root), target):
        click.echo(f"{decimal(path.stat().st_size):>9}  {path}")


@main.group("records")
def records_group() -> None:
    """Full-scale results: make them, and see which are still current."""


@records_group.command("run")
@PAGES
@JOBS
@click.option("--scale", type=click.Choice(["quick", "full"]), default="full", show_default=True)
@TIMEOUT
@DASK
@click.pass_obj
def records_run(root: Path | None, pages: tuple[str, ...], **options: Any) -> None:
    """Execute experiments at full scale (on a GPU if there is one) and write their records.

    Without PAGE, every page that trains something runs. The book's outputs are not touched.
    """
    from bookpress import records
    from bookpress.running import RunOptions

    console = _console()
    options["jobs"] = options["jobs"] or 1
    settings = RunOptions(**options)
    failed = 0
    for outcome, path in records.make(_book(root), pages, settings):
        if path is None:
            failed += 1
            _show_failure(console, outcome)
        else:
            console.print(f"{outcome.page}: {outcome.seconds:.0f} s, {path}")
    sys.exit(1 if failed else 0)


@records_group.command("check")
@click.pass_obj
def records_check(root: Path | None) -> None:
    """Show which records are those of the pages as they stand; exit code 1 if any is stale."""
    from bookpress import records

    found = list(records.check(_book(root)))
    for record, current in found:
        state = "current" if current else "stale  "
        click.echo(f"{state}  {record.page}  {record.scale}, {record.device}, {record.date[:10]}")
    stale = sum(not current for _, current in found)
    if not found:
        click.echo("There are no records yet; 'press records run PAGE --scale full' makes them.")
    else:
        click.echo(f"{stale} stale." if stale else "All records are current.")
    sys.exit(1 if stale else 0)


# What the reader of the terminal sees --------------------------------------------------------


def _console() -> "Console":
    from rich.console import Console

    # What is said is never markup: names, code and errors may have brackets in them.
    return Console(markup=False, highlight=False, soft_wrap=not sys.stdout.isatty())


def _book(root: Path | None) -> "Book":
    from bookpress.book import Book

    return Book.find(root)


@contextlib.contextmanager
def _written(output: Path) -> Iterator[None]:
    """Say in a line why a file cannot be written."""
    try:
        yield
    except OSError as error:
        message = f"cannot write {str(output)!r}: {error.strerror}. Choose another file with -o."
        raise click.ClickException(message) from error


def _peaks(book: "Book") -> dict[str, int]:
    """Return the peak memory of the pages that the store holds at quick scale, in bytes."""
    from bookpress.page_cache import PageCache

    store = PageCache(book)
    stamps = [stamp for page in book.pages if (stamp := store.stamp(page.name))]
    return {s.page: s.peak_memory for s in stamps if s.inputs.get("scale", "quick") == "quick"}


def _show_result(console: "Console", result: "Result") -> None:
    from rich.table import Table

    for outcome in result.failures:
        if outcome.failure and outcome.failure.kind != "canceled":
            _show_failure(console, outcome)
    table = Table("page", "state", "seconds", "claims", box=None, header_style="bold")
    for column in table.columns[2:]:
        column.justify = "right"
    total, claims = 0.0, 0
    for state in result.states:
        name, seconds, state_word, count = _row(result, state)
        table.add_row(name, state_word, f"{seconds:.1f}" if seconds else "-", str(count or "-"))
        total, claims = total + seconds, claims + count
    table.add_section()
    table.add_row(f"{len(result.states)} pages", "", f"{total:.1f}", str(claims))
    console.print(table)
    _show_memory(console, result)
    _show_published(console, result)
    if result.interrupted:
        console.print("Interrupted: finished pages are stored, the others will run again.")
    elif result.failures:
        console.print(f"{len(result.failures)} page(s) failed; the site was not published.")


def _show_memory(console: "Console", result: "Result") -> None:
    """Warn of pages that ran just now and took more than a free hosted machine has."""
    from bookpress import checks

    quick = {s.page.name for s in result.states if s.inputs.get("scale", "quick") == "quick"}
    peaks = {o.page: o.peak_memory for o in result.outcomes.values() if o.page in quick}
    for problem in checks.memory(peaks):
        console.print(f"warning: {problem}")


def _row(result: "Result", state: Any) -> tuple[str, float, str, int]:
    outcome = result.outcomes.get(state.page.name)
    if outcome is not None:
        claims = outcome.stamp.claims if outcome.stamp else outcome.claims
        return state.page.name, outcome.seconds, outcome.state, sum(c["holds"] for c in claims)
    stamp = state.stamp
    return state.page.name, stamp.seconds, "fresh", len(stamp.claims)


def _show_published(console: "Console", result: "Result") -> None:
    published = result.published
    if published is None:
        return
    for line in published.warnings:
        console.print(line)
    if not published.ok:
        console.print(f"Publishing failed; everything Sphinx said is in {published.log}.")
    elif published.skipped:
        console.print("The site is up to date.")
    for note in published.notes:
        console.print(f"note: {note}")
    for problem in result.problems:
        console.print(str(problem))
    if result.problems:
        console.print(f"{len(result.problems)} problems on the published pages.")
    if published.ok:
        console.print(f"{result.seconds:.1f} s in all.")
        click.echo(str(published.index))


def _show_slowest(console: "Console", outcome: "Outcome", *, count: int = 8) -> None:
    """List the cells that took longest, from half a second up, by their lines in the page."""
    slow = [time for time in outcome.times if time.seconds >= 0.5]
    for time in sorted(slow, key=lambda time: -time.seconds)[:count]:
        line = f"{time.seconds:7.1f} s  line {time.line}: {time.code[:70]}"
        console.print(line)


def _show_failure(console: "Console", outcome: "Outcome") -> None:
    from rich.rule import Rule

    failure = outcome.failure
    if failure is None:
        return
    console.print(Rule(f"{outcome.page} failed", style="red"))
    console.print(f"{failure.path}:{failure.line}")
    for title, text in (("cell", failure.source), ("traceback", failure.traceback)):
        if text:
            console.print(f"--- {title}", style="dim")
            console.print(text)
    console.print(failure.error, style="bold red")


def _failing(outcome: "Outcome") -> list[dict[str, Any]]:
    return [claim for claim in outcome.claims if statements.fails(claim)]


def _show_trial(console: "Console", outcome: "Outcome") -> None:
    """Say in a line how one run of a page went; claims are expected to fail under a control."""
    run = outcome.control or f"seed +{outcome.seed}"
    failed = len(_failing(outcome))
    state = "failed" if outcome.failure or (failed and not outcome.control) else "ok"
    held = f"{len(outcome.claims) - failed} of {len(outcome.claims)} claims hold"
    console.print(f"{outcome.page} {run}: {state}, {outcome.seconds:.1f} s, {held}")
    if outcome.failure:
        _show_failure(console, outcome)


def _show_claims(console: "Console", page: str, outcomes: list["Outcome"]) -> None:
    outcomes = sorted(outcomes, key=lambda outcome: outcome.seed)
    names = dict.fromkeys(claim["name"] for each in outcomes for claim in each.claims)
    console.print(f"\n{page}: {len(names)} claims", style="bold")
    for name in names:
        for outcome in outcomes:
            for claim in outcome.claims:
                if claim["name"] == name:
                    mark = "FAILS" if statements.fails(claim) else "holds"
                    numbers = ", ".join(f"{k}={float(v):.5g}" for k, v in claim["numbers"].items())
                    line = f"  {mark}  +{outcome.seed}  {name}: {claim['sentence']}  [{numbers}]"
                    console.print(line)


def _show_survivors(console: "Console", outcomes: list["Outcome"]) -> None:
    """List the measured claims that hold although nothing was learned."""
    from bookpress.claim_records import survivors

    for outcome in outcomes:
        for claim in survivors(outcome) if outcome.control else ():
            reason = f" ({claim['survives']})" if claim.get("survives") else ""
            line = f"  holds {outcome.control}: {claim['name']}: {claim['sentence']}{reason}"
            console.print(line)


if __name__ == "__main__":
    main()
