"""The palette as CSS: variables for both themes, and the colors of code.

The themes follow the reader's system until the reader chooses one; a chosen theme is the
``data-theme`` attribute of the root element.
"""

from pygments.token import STANDARD_TYPES

from textlib.plotting import palette

#: Alternative names under which other style sheets know our colors.
_ALIASES = {
    "--pst-color-border": "grid",
    "--pst-color-surface": "surface",
    "--pst-color-background": "paper",
    "--pst-color-primary": "accent",
    "--pst-color-text-base": "ink",
    "--pst-color-text-muted": "muted",
    "--sd-color-primary": "accent",
    "--sd-color-card-border": "grid",
    "--sd-color-card-background": "paper",
    "--sd-color-card-text": "ink",
    "--sd-color-card-border-hover": "accent",
    "--sd-color-card-header": "surface",
    "--sd-color-card-footer": "surface",
    "--sd-color-tabs-label-active": "accent",
    "--sd-color-tabs-label-hover": "ink",
    "--sd-color-tabs-label-inactive": "muted",
    "--sd-color-tabs-underline-active": "accent",
    "--sd-color-tabs-underline-hover": "muted",
    "--sd-color-tabs-underline-inactive": "grid",
    "--sd-color-tabs-overline": "grid",
    "--sd-color-tabs-underline": "grid",
    "--sd-color-shadow": "grid",
}

LIGHT = {
    "paper": palette.BACKGROUND,
    "surface": palette.SURFACE,
    "grid": palette.GRID,
    "muted": "#5b6373",
    "ink": palette.INK,
    "accent": palette.ACCENT,
    "good": "#0b6b5b",
    "bad": "#a4310f",
    "warm": "#9a4a06",
    "plum": palette.PLUM,
    "violet": "#6b3fa8",
    "olive": palette.OLIVE,
    "good-wash": "#e8f3ef",
    "bad-wash": "#faebe4",
    "accent-wash": "#eaf0fa",
    "warm-wash": "#fbf0e3",
    "figure": palette.BACKGROUND,
}
DARK = {
    "paper": palette.DARK_BACKGROUND,
    "surface": palette.DARK_SURFACE,
    "grid": palette.DARK_GRID,
    "muted": palette.DARK_MUTED,
    "ink": palette.DARK_INK,
    "accent": palette.DARK_ACCENT,
    "good": "#4cc9b0",
    "bad": "#f4a07c",
    "warm": "#f0b06a",
    "plum": "#e69cc2",
    "violet": "#c6a6ec",
    "olive": "#b9c66b",
    "good-wash": "#16302d",
    "bad-wash": "#352219",
    "accent-wash": "#1b2740",
    "warm-wash": "#33281a",
    "figure": palette.BACKGROUND,
}

#: Classes of Pygments' tokens and the variable that colors them.
_TOKENS = {
    "muted": "c ch cm c1 cs cpf gp",
    "accent": "k kc kd kn kp kr kt ow nt",
    "good": "s sa sb sc dl sd s2 se sh si sx sr s1 ss",
    "warm": "m mb mf mh mi mo il",
    "plum": "nb bp nd ne ni",
    "violet": "nf fm nc",
    "bad": "gr gt err",
}
#: Classes of tokens that look like plain text.
UNCOLORED = (
    set(STANDARD_TYPES.values())
    - {"", "ge", "gs"}
    - {name for names in _TOKENS.values() for name in names.split()}
)


def style_sheet() -> str:
    """Return the variables of both themes and the colors of code."""
    dark = _variables(DARK)
    tokens = "\n".join(
        f"{','.join('.highlight .' + name for name in names.split())}{{color:var(--{color})}}"
        for color, names in _TOKENS.items()
    )
    aliases = "".join(f"{name}:var(--{color});" for name, color in _ALIASES.items())
    return (
        f":root{{color-scheme:light;{_variables(LIGHT)}}}html:root{{{aliases}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
        "@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light])"
        f"{{color-scheme:dark;{dark}}}}}\n"
        f"{tokens}\n.highlight .c,.highlight .c1,.highlight .sd{{font-style:italic}}\n"
        ".highlight .ge{font-style:italic}.highlight .gs{font-weight:600}\n"
    )


def _variables(colors: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colors.items())
