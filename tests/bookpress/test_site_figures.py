"""Figures of the site: dark renditions, links to them, widths on a phone, and their numbers."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image, PngImagePlugin

from bookpress.site import dark, figures, numbering
from textlib import paths
from textlib.plotting import palette
from textlib.plotting.rendering import NOTES


def rgb(color):
    return np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)])


def on_dark(color):
    """Return the color that an area of a color takes on dark paper."""
    image = Image.new("RGB", (4, 4), tuple(rgb(color)))
    return np.asarray(dark.rendition(image, []))[0, 0]


def luminance(color):
    shares = np.asarray(color) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(color, ground):
    first, second = sorted((luminance(color), luminance(ground)))
    return (second + 0.05) / (first + 0.05)


def hue(color):
    _, a, b = dark._to_lab(np.asarray(color)[None] / 255)[0]
    return np.degrees(np.arctan2(b, a))


NAMED = ["#ff0000", "#008000", "#fde725", "#00ffff", "#ff00ff", "#8b4513"]


class TestDark:
    def test_paper_becomes_the_page(self):
        assert (on_dark(palette.BACKGROUND) == rgb(palette.DARK_BACKGROUND)).all()

    def test_ink_becomes_light(self):
        assert contrast(on_dark(palette.INK), rgb(palette.DARK_BACKGROUND)) > 10

    @pytest.mark.parametrize("color", [*palette.CATEGORICAL, *NAMED])
    def test_a_color_keeps_its_hue_and_can_be_seen(self, color):
        found = on_dark(color)
        assert contrast(found, rgb(palette.DARK_BACKGROUND)) >= 3
        assert abs((hue(found) - hue(rgb(color)) + 180) % 360 - 180) < 6

    @pytest.mark.parametrize("level", [96, 128, 160])
    def test_gray_stays_gray(self, level):
        found = on_dark(f"#{level:02x}{level:02x}{level:02x}").astype(int)
        assert np.ptp(found) < 16
        assert 60 < found.mean() < 200

    def test_pictures_stay_as_they_are(self):
        pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
        found = np.asarray(dark.rendition(Image.fromarray(pixels), [[0.5, 0, 1, 0.5]]))
        assert (found[:10, 10:] == pixels[:10, 10:]).all()
        assert (found[10:] != pixels[10:]).any()

    @pytest.mark.parametrize("shift", [-3, 0, 3])
    def test_no_light_paper_is_left_around_a_picture_beside_its_note(self, shift):
        figure = Image.new("RGB", (60, 60), palette.BACKGROUND)
        figure.paste("#000000", (20, 20 + shift, 40, 40 + shift))
        found = np.array(dark.rendition(figure, [[1 / 3, 1 / 3, 2 / 3, 2 / 3]]))
        assert (found[20 + shift : 40 + shift, 20:40] == 0).all()
        found[20 + shift : 40 + shift, 20:40] = rgb(palette.DARK_BACKGROUND)
        assert (found == rgb(palette.DARK_BACKGROUND)).all()

    def test_a_picture_without_notes_has_none(self):
        assert dark.notes(Image.new("RGB", (2, 2))) is None


def plot(**noted):
    """Return a PNG of 5 by 3 inches with notes, if there are any."""
    image = Image.new("RGB", (960, 576), palette.BACKGROUND)
    image.paste(palette.BLUE, (100, 100, 400, 300))
    text = PngImagePlugin.PngInfo()
    if noted:
        text.add_text(NOTES, json.dumps({"width": 5, "smallest": 10, "pictures": []} | noted))
    stream = io.BytesIO()
    image.save(stream, "PNG", pnginfo=text, dpi=(192, 192))
    return stream.getvalue()


@pytest.fixture
def adapted(tmp_path):
    """Return a function that gives a page's text after its figures were prepared."""
    app = SimpleNamespace(
        builder=SimpleNamespace(images={"a.png": "a.png"}, format="html"),
        srcdir=tmp_path,
        outdir=paths.make_dir(tmp_path / "out"),
        doctreedir=tmp_path / "doctrees",
    )

    def adapt(content, *, caption="Blue: training.", before=""):
        (tmp_path / "a.png").write_bytes(content)
        soup = BeautifulSoup(
            f'<p>{before}</p><figure id="fig-a"><img alt="A plot." src="../_images/a.png">'
            f"<figcaption>{caption}</figcaption></figure>",
            "html.parser",
        )
        figures.adapt(app, soup)
        return soup

    return adapt


class TestFigures:
    def test_a_plot_stands_in_both_themes_and_only_one_is_fetched(self, adapted):
        light, night = adapted(plot(width=5)).find_all("img")
        assert (light["class"], night["class"]) == ("on-light", "on-dark")
        assert light["alt"] == night["alt"]
        assert light["loading"] == night["loading"] == "lazy"
        assert night["src"] == "../_images/a.dark.png.webp"

    def test_it_is_a_link_to_itself(self, adapted):
        soup = adapted(plot(width=5))
        assert soup.select_one("a.zoom")["href"] == "../_images/a.png"
        assert len(soup.select("a.zoom > img")) == 2

    def test_it_says_how_wide_it_must_be_to_be_read(self, adapted):
        image = adapted(plot(width=5, smallest=10)).img
        assert image["style"] == "--least:324px"  # 10 points of 480 pixels are 13.3, 9 of 324

    @pytest.mark.parametrize(
        "words", [{"caption": "Black: the line."}, {"before": "Darker rows are later."}]
    )
    def test_a_plot_keeps_its_paper_where_words_name_shades(self, adapted, words):
        assert len(adapted(plot(width=5), **words).find_all("img")) == 1

    def test_shades_of_a_picture_inside_are_kept_on_dark_paper(self, adapted):
        soup = adapted(plot(pictures=[[0, 0, 0.5, 0.5]]), caption="White: frequent.")
        assert len(soup.find_all("img")) == 2

    def test_a_photograph_stays_as_it_is(self, adapted):
        soup = adapted(plot())
        assert len(soup.find_all("img")) == 1
        assert soup.select_one("a.zoom") is not None


class TestNumbering:
    @pytest.fixture
    def env(self):
        return SimpleNamespace(
            toc_secnumbers={"chapter": {"": (3,)}, "setup": {}},
            toc_fignumbers={
                "start": {"figure": {"a": (1,), "b": (2,)}},
                "setup": {"figure": {"c": (3,), "d": (4,)}, "exercise": {"e": (7,)}},
                "chapter": {"figure": {"f": (3, 1)}},
            },
        )

    def test_each_page_without_a_number_starts_at_one(self, env):
        numbering.start_anew(None, env)
        assert env.toc_fignumbers["setup"] == {
            "figure": {"c": (1,), "d": (2,)},
            "exercise": {"e": (1,)},
        }
        assert env.toc_fignumbers["start"]["figure"] == {"a": (1,), "b": (2,)}
        assert env.toc_fignumbers["chapter"]["figure"] == {"f": (3, 1)}

    def test_sphinx_finds_its_own_numbers_in_the_next_build(self, env):
        before = env.toc_fignumbers
        numbering.start_anew(None, env)
        numbering.recall(None, env)
        assert env.toc_fignumbers == before
