"""The book's colors: one palette for figures and for the pages around them.

Only constants live here, so that Matplotlib styles, diagrams, and the site's style sheet agree.
The six categorical colors have a contrast of at least 3:1 on the page and stay apart (CIEDE2000
of at least 9.8) for readers with protanopia, deuteranopia, or tritanopia. Still, a figure never
tells two things apart by color alone: vary the line style or the marker as well.
"""

from typing import Final

BLUE: Final = "#2453a6"
ORANGE: Final = "#d0590f"
TEAL: Final = "#109e86"
PLUM: Final = "#8a2a5e"
VIOLET: Final = "#a277d0"
OLIVE: Final = "#4f5b1e"

#: The order in which series take their colors.
CATEGORICAL: Final = (BLUE, ORANGE, TEAL, PLUM, VIOLET, OLIVE)

#: Matplotlib names: magnitudes, values around a meaningful zero, and raw gray images.
SEQUENTIAL_CMAP: Final = "cividis"
DIVERGING_CMAP: Final = "RdBu_r"
IMAGE_CMAP: Final = "gray"

#: The page and everything drawn on it (light theme; figures keep it in the dark theme).
BACKGROUND: Final = "#fffdfa"
SURFACE: Final = "#f5f2ec"  # filled boxes, code, table stripes
GRID: Final = "#e3ded4"  # grid lines and hairlines
MUTED: Final = "#61697a"  # secondary text, axes, reference lines (5.5:1)
INK: Final = "#1d2330"  # text and outlines (15:1)
ACCENT: Final = BLUE

#: The dark theme of the pages.
DARK_BACKGROUND: Final = "#14171f"
DARK_SURFACE: Final = "#1d212c"
DARK_GRID: Final = "#343a48"
DARK_MUTED: Final = "#a3abbb"
DARK_INK: Final = "#e4e6eb"
DARK_ACCENT: Final = "#8fb4f5"
DARK_CATEGORICAL: Final = ("#8fb4f5", "#f09a5e", "#4cc9b0", "#e08bb8", "#c6a6ec", "#b9c66b")
