"""The one style of all figures, made of the palette; one call at the top of a page."""

from typing import Any, cast

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure

from textlib.plotting import palette, rendering

WIDTH = 6.4  # inches: narrower than the column, so that text stays large on a phone


def rc_parameters() -> dict[str, Any]:
    """Return the Matplotlib settings of the book as a new dictionary."""
    return {
        "figure.figsize": (WIDTH, 3.6),
        "figure.dpi": 100,
        "figure.facecolor": palette.BACKGROUND,
        "figure.constrained_layout.use": True,
        "savefig.facecolor": palette.BACKGROUND,
        "savefig.dpi": 160,
        "savefig.bbox": None,
        "axes.facecolor": palette.BACKGROUND,
        "axes.edgecolor": palette.MUTED,
        "axes.labelcolor": palette.INK,
        "axes.titlesize": 12,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 8,
        "axes.labelsize": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=palette.CATEGORICAL),
        "grid.color": palette.GRID,
        "grid.linewidth": 0.8,
        "xtick.color": palette.MUTED,
        "ytick.color": palette.MUTED,
        "xtick.labelsize": 11,
        "ytick.labelsize": 11,
        "text.color": palette.INK,
        "font.family": ["DejaVu Sans"],
        "font.size": 11,
        "legend.frameon": False,
        "legend.fontsize": 10,
        "lines.linewidth": 1.8,
        "lines.markersize": 4.5,
        "image.cmap": palette.SEQUENTIAL_CMAP,
        "image.interpolation": "nearest",
    }


def use_style() -> None:
    """Set the book's style for every figure of this session."""
    mpl.rcParams.update(cast(Any, rc_parameters()))
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("png")
        shell.display_formatter.formatters["image/png"].for_type(Figure, rendering.png)
