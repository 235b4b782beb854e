"""The names of the datasets, and how each is fetched, prepared and opened.

A dataset is one function, registered with its card. Data that come from elsewhere also have
recipes, tried in order: where the files are, and how they become arrays. All recipes of a set
must make the same content, to the bit; its digest is pinned.
"""

import importlib
import inspect
import logging
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textlib import folders
from textlib._errors import unknown
from textlib.datasets import store
from textlib.datasets._types import Dataset, Info
from textlib.fetching import opened, sources
from textlib.fetching.errors import FetchError, IntegrityError, readable

logger = logging.getLogger("textlib.datasets")

# Which module registers which datasets, so that asking for one loads no other module.
MODULES = {
    "images": "mnist fashion_mnist solar_cells silhouettes faces",
    "photos": "imagenet_photos sample_photos photographs paintings emoji",
    "composites": "cutouts composites scenes digit_scenes",
    "text": "imdb reuters newsgroups questions spam",
    "corpora": "shakespeare moby_dick speeches brown german_english spanish_english",
    "tabular": "housing boston iris wine breast_cancer diabetes digits",
    "series": "weather appliances sunspots",
    "vectors": "glove",
    "synthetic": "moons circles blobs spirals shapes clocks sketches",
    "sequences": "waves sine_sums latch reber cadences dates stories",
    "canonical": (
        "cifar10 cats_vs_dogs imdb_full reuters_keras tiny_shakespeare nietzsche "
        "california_housing jena_climate glove_100d"
    ),
}
Convert = Callable[..., Mapping[str, Any]]
Open = Callable[..., Dataset]


class UnknownDatasetError(ValueError):
    """No dataset has this name."""


@dataclass(frozen=True)
class Recipe:
    """One way to make a dataset.

    Attributes
    ----------
    resource
        Where the files are: one resource, or several.
    convert
        Turns the folders of the files, in the same order, into items to save.
    """

    resource: sources.Resource | tuple[sources.Resource, ...]
    convert: Convert

    @property
    def resources(self) -> tuple[sources.Resource, ...]:
        """The resources, as a tuple."""
        return self.resource if isinstance(self.resource, tuple) else (self.resource,)

    def describe(self) -> str:
        """Return the sources in words."""
        return "; ".join(resource.describe() for resource in self.resources)


@dataclass(frozen=True)
class Spec:
    """Everything that is known about a dataset before it is loaded.

    Attributes
    ----------
    info
        The card.
    open
        Makes the `Dataset`: ``open(info, saved, **options)``, or ``open(info, **options)`` for
        data that code makes.
    recipes
        The ways to make the prepared folder, in the order in which they are tried.
    digest
        SHA-256 of the prepared content (see `store.content_digest`).
    version
        Raised when the prepared items change; part of the folder's name.
    needs
        Names of the datasets that this one is composed of.
    """

    info: Info
    open: Open
    recipes: tuple[Recipe, ...] = ()
    digest: str = ""
    version: str = "1"
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the prepared folder's manifest must say."""
        return f"{self.info.name} {self.version} {self.digest}"

    @property
    def folder(self) -> Path:
        """The prepared folder, which may not exist yet."""
        return store.prepared_dir(self.info.name, self.version)

    def options(self) -> list[str]:
        """Return the options that `load` takes for this dataset."""
        names: list[str] = []
        for name, parameter in inspect.signature(self.open).parameters.items():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                names.append(name)
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:  # **options: Unpack[Options]
                names += typing.get_args(parameter.annotation)[0].__annotations__
        return names


_specs: dict[str, Spec] = {}


def register(
    info: Info,
    *recipes: Recipe,
    digest: str = "",
    version: str = "1",
    needs: tuple[str, ...] = (),
) -> Callable[[Open], Open]:
    """Register the function below as the dataset that ``info`` describes.

    Parameters
    ----------
    info, recipes, digest, version, needs
        See `Spec`.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def wrap(function: Open) -> Open:
        known = _specs.get(info.name)
        if known is not None and known.open.__module__ != function.__module__:
            raise ValueError(f"dataset {info.name!r} is registered twice.")
        _specs[info.name] = Spec(info, function, recipes, digest, version, needs)
        return function

    return wrap


def specs() -> dict[str, Spec]:
    """Return every dataset by name, in catalog order."""
    modules = [f"textlib.datasets.catalog.{module}" for module in MODULES]
    for module in modules:
        importlib.import_module(module)
    # Modules import each other, so the order of registration is not that of the catalog.
    place = {module: number for number, module in enumerate(modules)}
    return dict(sorted(_specs.items(), key=lambda item: place.get(item[1].open.__module__, 99)))


def get(name: str) -> Spec:
    """Return the dataset of this name.

    Raises
    ------
    UnknownDatasetError
        If there is none; the message has the nearest name.
    """
    for module, listed in MODULES.items():
        if name in listed.split():
            importlib.import_module(f"textlib.datasets.catalog.{module}")
            return _specs[name]
    known = specs()
    if name not in known:
        hint = "`textlib data list` shows what each is."
        raise UnknownDatasetError(unknown("dataset", name, known, hint=hint))
    return known[name]


def is_ready(spec: Spec) -> bool:
    """Say whether a dataset can be opened without fetching anything."""
    own = not spec.recipes or folders.complete(spec.folder, spec.key)
    return own and all(is_ready(get(name)) for name in spec.needs)


def prepare(spec: Spec) -> store.Saved:
    """Return the prepared items of a dataset, fetching and converting on first use.

    Raises
    ------
    FetchError
        If no source could be reached; lists what was tried.
    IntegrityError
        If a source served something else than what is pinned.
    textlib.paths.CacheError
        If the cache cannot be written.
    """
    opened["datasets"][spec.info.name] = spec.key
    if not folders.complete(spec.folder, spec.key):
        with folders.exclusive(spec.folder):
            if not folders.complete(spec.folder, spec.key):
                _make(spec)
    return store.Saved(spec.folder)


def _make(spec: Spec) -> None:
    attempts: list[str] = []
    altered: IntegrityError | None = None
    for recipe in spec.recipes:
        try:
            _cook(spec, recipe)
        except FetchError as error:
            attempts += error.attempts
        except IntegrityError as error:
            # The file is gone already. Another source may still have the true one.
            altered = error
            attempts.append(f"{recipe.describe()}: {error}")
            logger.warning("%s", error)
        else:
            return
    if altered is not None and len(spec.recipes) == 1:
        raise altered
    name = spec.info.name
    raise FetchError(f"dataset {name!r}", attempts, command=f"textlib data fetch {name}")


def _cook(spec: Spec, recipe: Recipe) -> None:
    raw = [sources.fetch_resource(resource) for resource in recipe.resources]
    entries: dict[str, dict[str, str]] = {}
    with folders.draft(spec.folder, spec.key, items=entries, source=recipe.describe()) as draft:
        logger.info("preparing %s", spec.info.name)
        try:
            with readable(f"what {recipe.describe()} served"):
                entries.update(store.write_items(draft, recipe.convert(*raw)))
            found = store.content_digest(entries)
            if spec.digest and found != spec.digest:
                raise IntegrityError(
                    f"{recipe.describe()} makes {spec.info.name!r} with content {found}, but "
                    f"{spec.digest} is pinned. It was discarded."
                )
        except IntegrityError:
            _discard(recipe, even_shared=True)
            raise
    _discard(recipe, even_shared=False)


def _discard(recipe: Recipe, *, even_shared: bool) -> None:
    """Remove raw files; those that other sets are made of stay, unless they proved wrong."""
    for resource in recipe.resources:
        users = [
            spec
            for spec in _specs.values()
            if any(resource in other.resources for other in spec.recipes)
        ]
        if even_shared or len(users) < 2:
            sources.discard_resource(resource)


def damage(spec: Spec) -> str:
    """Read every byte of a prepared dataset; return what is wrong with it, or an empty string."""
    if not folders.complete(spec.folder, spec.key):
        return "a file is missing, has another size, or is of another version"
    saved = store.Saved(spec.folder)
    if names := saved.damaged():
        return f"changed: {', '.join(names)}"
    if spec.digest and store.content_digest(saved.manifest["items"]) != spec.digest:
        return "the content is not the pinned one"
    return ""


def remove(spec: Spec) -> None:
    """Remove the prepared folder of a dataset from the cache, if it is there."""
    if spec.recipes and spec.folder.exists():
        with folders.exclusive(spec.folder):
            folders.discard(spec.folder)
