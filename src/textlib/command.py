"""The ``textlib`` command: list, fetch and verify datasets."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="textlib")
def main() -> None:
    """Look after what the chapters use: datasets."""


@main.group()
def data() -> None:
    """List, fetch and check the book's datasets."""


@data.command("list")
@click.option("--family", help="Only this family: images, text, tabular, series, ...")
def list_(family: str | None) -> None:
    """Show every dataset: what it is, its size, and whether it is in the cache."""
    from rich.console import Console
    from rich.table import Table

    from textlib import datasets, paths
    from textlib.datasets import registry

    table = Table(title=f"Datasets (cache: {paths.data_dir()})", title_justify="left")
    for column in ("name", "family", "kind", "MB", "cached", "what it is"):
        table.add_column(column, justify="right" if column == "MB" else "left")
    with _errors_in_one_line():
        chosen = datasets.names(family=family)
    for name in chosen:
        spec = registry.get(name)
        info = spec.info
        cached = "made by code" if not spec.recipes else "yes" if registry.is_ready(spec) else "no"
        size = f"{info.size_mb:.0f}" if info.size_mb else ""
        kind = info.kind + ("" if info.offline else ", by URL only")
        table.add_row(name, info.family, kind, size, cached, info.summary)
    Console().print(table)


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
