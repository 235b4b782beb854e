"""The ``textlib`` command: list, describe, fetch and verify datasets."""

import dataclasses
import logging
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from textlib.datasets import registry

_FACTS = (
    "summary", "task", "family", "kind", "stands_for", "shapes", "size", "options", "license",
    "citation", "source", "url", "notes", "cached",
)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="textlib")
def main() -> None:
    """Look after what the chapters use: datasets."""


@main.group()
def data() -> None:
    """List, fetch and check the book's datasets."""


@data.command("list")
@click.option("--family", help="Only this family: images, text, tabular, series, ...")
@click.option("-v", "--verbose", is_flag=True, help="The whole card of each, as `describe`.")
def list_(family: str | None, *, verbose: bool) -> None:
    """Show every dataset in a line: its name, kind and size, whether it is in the cache."""
    from textlib import datasets
    from textlib.datasets import registry

    with _errors_in_one_line():
        specs = [registry.get(name) for name in datasets.names(family=family)]
    if verbose:
        _print_cards(specs)
    else:
        _print_table(specs)


@data.command()
@click.argument("names", nargs=-1, required=True)
def describe(names: tuple[str, ...]) -> None:
    """Show the card of a dataset: what it is, its license, its source, its options."""
    from textlib.datasets import registry

    with _errors_in_one_line():
        specs = [registry.get(name) for name in names]
    _print_cards(specs)


@data.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every set that a registry serves.")
def fetch(names: tuple[str, ...], *, everything: bool) -> None:
    """Bring datasets into the cache, so that they load without network.

    Sets that exist only at their canonical address are fetched when named.
    """
    from textlib import datasets

    if not names and not everything:
        raise click.UsageError("name at least one dataset, or pass --all.")
    with _errors_in_one_line():
        for name in names:
            datasets.describe(name)
    chosen = list(dict.fromkeys([*(datasets.names(offline=True) if everything else ()), *names]))
    failed = []
    for name in chosen:
        with _messages():
            try:
                datasets.fetch(name)
            except (OSError, ValueError) as error:
                failed.append(name)
                click.secho(f"{name}: {error}", fg="red", err=True)
            else:
                click.echo(f"{name}: ready")
    if failed:
        raise click.ClickException(f"{len(failed)} of {len(chosen)} failed: {', '.join(failed)}.")


@data.command()
@click.argument("names", nargs=-1)
def verify(names: tuple[str, ...]) -> None:
    """Read every byte of cached datasets and compare with the recorded digests.

    Damaged sets are removed, so that the next load fetches them again. Without names, whatever
    is in the cache is checked.
    """
    from textlib import datasets
    from textlib.datasets import registry

    with _errors_in_one_line():
        chosen = [registry.get(name) for name in names or datasets.names()]
    bad = []
    for spec in chosen:
        name = spec.info.name
        if not spec.recipes:
            continue
        if not spec.folder.exists():
            if names:
                click.echo(f"{name}: not in the cache")
                bad.append(name)
            continue
        if damage := registry.damage(spec):
            bad.append(name)
            with _errors_in_one_line():
                registry.remove(spec)
            click.secho(f"{name}: damaged ({damage}); removed", fg="red", err=True)
        else:
            click.echo(f"{name}: good")
    if bad:
        again = " ".join(bad)
        raise click.ClickException(f"not verified: {again}. Run `textlib data fetch {again}`.")


def _cached(spec: "registry.Spec") -> str:
    from textlib.datasets import registry

    if not (spec.recipes or spec.needs):
        return "code"
    return "yes" if registry.is_ready(spec) else "no"


def _print_table(specs: Sequence["registry.Spec"]) -> None:
    """Print datasets in columns, a line each; a terminal's edge cuts off the end of a title."""
    rows = [("name", "kind", "  MB", "cached", "title")]
    rows += [
        (spec.info.name, str(spec.info.kind), f"{spec.info.size_mb:4.0f}", _cached(spec),
         spec.info.title)
        for spec in specs
    ]  # fmt: skip
    edge = _width()
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(map(str.ljust, row, widths)).rstrip()
        click.echo(line if len(line) <= edge else f"{line[: edge - 3]}...")


def _print_cards(specs: Sequence["registry.Spec"]) -> None:
    """Print all that is known about datasets, a fact in a line, or on a terminal in a block."""
    for spec in specs:
        info = spec.info
        click.secho(f"{info.name}: {info.title}", bold=True)
        facts = dataclasses.asdict(info) | {
            "size": f"{info.size_mb:g} MB" if info.size_mb else "",
            "options": ", ".join(spec.options()),
            "cached": _cached(spec) + ("" if info.offline else "; served by its own address only"),
        }
        for name in _FACTS:
            if facts[name]:
                label = f"  {name.replace('_', ' '):<12}"
                lines = textwrap.wrap(facts[name], max(20, _width() - len(label)))
                click.echo(label + f"\n{' ' * len(label)}".join(lines))
        click.echo()


def _width() -> int:
    """Return the columns of the terminal; without one nothing is wrapped or cut off."""
    return shutil.get_terminal_size().columns if _isatty() else sys.maxsize


def _isatty() -> bool:
    return sys.stdout.isatty()


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _messages() -> Iterator[None]:
    """Show what the data door logs, such as which source is being read."""
    logger = logging.getLogger("textlib.datasets")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("  %(message)s"))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


if __name__ == "__main__":
    main()
