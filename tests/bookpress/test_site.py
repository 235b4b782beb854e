"""The site's building blocks: quizzes, formulas, pictures, tables, links to the reference, PDF."""

import io
import itertools
import queue
import re
from types import SimpleNamespace
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image, ImageCms, ImageOps
from sphinx import highlighting

from bookpress import files, pdf
from bookpress.repository import Repository
from bookpress.site import (
    answers,
    card,
    code,
    colors,
    finish,
    folding,
    fonts,
    images,
    logo,
    mathml,
    partmap,
    quiz,
    references,
    sitemap,
    tree,
)
from textlib import exercises, paths
from textlib.plotting import palette


def luminance(color):
    channels = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TEXT_COLORS = ("ink", "muted", "accent", "good", "bad", "warm", "plum", "violet", "olive")


class TestColors:
    @pytest.mark.parametrize("theme", [colors.LIGHT, colors.DARK], ids=["light", "dark"])
    @pytest.mark.parametrize("color", TEXT_COLORS)
    def test_text_and_code_can_be_read_on_page_and_surface(self, theme, color):
        for ground in ("paper", "surface"):
            assert contrast(theme[color], theme[ground]) >= 4.5

    @pytest.mark.parametrize("theme", [colors.LIGHT, colors.DARK], ids=["light", "dark"])
    @pytest.mark.parametrize("color", ["good", "bad", "accent", "warm"])
    def test_badges_can_be_read_on_their_wash(self, theme, color):
        assert contrast(theme[color], theme[f"{color}-wash"]) >= 4.5
        assert contrast(theme["ink"], theme[f"{color}-wash"]) >= 4.5

    @pytest.mark.parametrize("color", palette.CATEGORICAL)
    def test_series_stand_out_from_the_figure(self, color):
        assert contrast(color, palette.BACKGROUND) >= 3

    def test_both_themes_define_the_same_colors(self):
        assert set(colors.LIGHT) == set(colors.DARK)

    def test_code_uses_only_colors_that_exist(self):
        sheet = colors.style_sheet()
        used = {part.split(")")[0] for part in sheet.split("var(--")[1:]}
        assert used <= set(colors.LIGHT)


class TestQuiz:
    BODY = (
        "Which?",
        "",
        "- [ ] this",
        "  > No: **because**.",
        "- [x] that",
        "  and more",
        "  > Yes.",
    )

    def test_it_splits_question_answers_and_explanations(self):
        question, answers = quiz.parse_answers(list(self.BODY))
        assert question == ["Which?", ""]
        assert [answer.text for answer in answers] == ["this", "that and more"]
        assert [answer.right for answer in answers] == [False, True]
        assert answers[0].explanation == ["No: **because**."]

    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            (["- [x] only", "  > yes"], "at least two"),
            (["- [ ] a", "  > no", "- [ ] b", "  > no"], "exactly one right answer"),
            (["- [x] a", "  > yes", "- [x] b", "  > yes"], "exactly one right answer"),
            (["- [x] a", "  > yes", "- [ ] b"], "'b' has no explanation"),
        ],
    )
    def test_it_refuses_what_would_leave_the_reader_alone(self, lines, message):
        with pytest.raises(ValueError, match=message):
            quiz.parse_answers(lines)


class TestMath:
    def test_formulas_become_mathml(self):
        inline, block = mathml.convert([("x^2", False), (r"\frac{a}{b}", True)])
        assert inline.startswith("<math>")
        assert "<msup>" in inline
        assert 'display="block"' in block
        assert "<mfrac>" in block

    @pytest.mark.parametrize(
        "tex",
        [
            r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
            r"f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
            r"\operatorname*{arg\,max}_k p_k",
            r"\mathbb{E}_{x \sim p}[\log q(x)] - D_{\mathrm{KL}}(q \,\|\, p)",
            r"\underbrace{a + b}_{\text{two}}",
            r"\hat{\boldsymbol{\theta}} \leftarrow \boldsymbol{\theta} - \eta \nabla \mathcal{L}",
            r"\begin{align} a &= b \end{align}",
        ],
    )
    def test_what_chapters_write_is_understood(self, tex):
        (result,) = mathml.convert([(tex, True)])
        assert isinstance(result, str)

    def test_nonsense_is_an_error_that_quotes_the_formula(self):
        (result,) = mathml.convert([(r"\frac{a}{", False)])
        assert isinstance(result, mathml.MathError)
        assert r"\\frac{a}{" in str(result)

    def test_one_bad_formula_does_not_spoil_the_others(self):
        results = mathml.convert([(r"\nosuchcommand", False), ("y", False)])
        assert isinstance(results[0], mathml.MathError)
        assert "<mi>y</mi>" in results[1]


def picture(mode, pixels):
    return Image.fromarray(np.asarray(pixels, np.uint8), mode)


def as_bytes(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def published(image, kind, **options):
    """Return what a reader gets of a picture that an author saved."""
    with Image.open(io.BytesIO(as_bytes(image, kind, **options))) as saved:
        return Image.open(io.BytesIO(images.encode(saved)))


def half_clear(mode):
    """Return a picture whose left half is transparent, in the way of its mode."""
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 255))
    image.paste((255, 255, 255, 0), (0, 0, 10, 20))
    if mode in ("RGBA", "LA"):
        return image.convert(mode)
    levels = np.where(np.asarray(image)[..., 3], 0, 255)
    if mode == "I;16":
        found = Image.fromarray((levels * 257).astype(np.uint16))
    else:
        found = Image.fromarray(levels.astype(np.uint8)).convert(mode)
    clear = {"P": found.getpixel((5, 5)), "RGB": (255, 255, 255), "L": 255, "I;16": 65535}
    found.info["transparency"] = clear[mode]
    return found


class SiteApp(SimpleNamespace):
    """As much of Sphinx as the pictures ask."""

    def publish(self, content, name):
        (self.srcdir / name).write_bytes(content)
        self.builder.images[name] = name
        return images.publish(self, quote(name))

    def picture(self, file):
        return Image.open(self.outdir / "_images" / unquote(file))


@pytest.fixture
def site_app(tmp_path):
    return SiteApp(
        builder=SimpleNamespace(images={}, format="html"),
        srcdir=tmp_path,
        outdir=paths.make_dir(tmp_path / "out"),
        doctreedir=tmp_path / "doctrees",
    )


@pytest.mark.parametrize(
    ("sheet", "characters"),
    [
        ("book.css", fonts._ACCENTS),
        ("static/math.css", [code for block in fonts._ALPHABETS for code in block]),
    ],
)
def test_style_sheets_ask_for_a_font_where_it_has_the_characters(sheet, characters):
    text = (fonts.FOLDER.parents[1] / sheet).read_text(encoding="utf8")
    found = re.findall(r"unicode-range:([^;}]*)", text)
    assert found
    for ranges in found:
        bounds = [
            [int(end, 16) for end in each.split("-")] for each in re.findall(r"U\+([\w-]+)", ranges)
        ]
        named = {code for each in bounds for code in range(each[0], each[-1] + 1)}
        assert named == set(characters)


class TestImages:
    def test_a_plot_stays_as_it_is_but_gets_lighter(self):
        pixels = np.full((300, 400, 3), 250, np.uint8)
        pixels[100:104] = (36, 83, 166)
        pixels[:, 50:52] = (208, 89, 15)
        light = images.encode(picture("RGB", pixels))
        stream = io.BytesIO()
        picture("RGB", pixels).save(stream, "PNG")
        back = np.asarray(Image.open(io.BytesIO(light)).convert("RGB"), int)
        assert np.abs(back - pixels).max() <= 8
        assert len(light) < len(stream.getvalue())

    def test_no_small_mark_in_a_color_of_its_own_is_lost(self):
        pixels = np.full((400, 400, 3), 255, np.uint8)
        pixels[:, :300] = np.arange(300)[:, None] * [0.8, 0.5, 0.3]
        pixels[200:202, 350:352] = (208, 89, 15)
        back = Image.open(io.BytesIO(images.encode(picture("RGB", pixels)))).convert("RGB")
        assert np.abs(np.asarray(back, int) - pixels).max() <= 16

    def test_an_area_keeps_its_color_beside_many_others(self):
        rng = np.random.default_rng(0)
        paper = np.array([245, 242, 236])
        pixels = np.full((400, 400, 3), 255, np.uint8)
        pixels[0, :40] = rng.integers(0, 256, (40, 3))
        pixels[180:200, 340:380] = paper
        pixels[250, :300] = (paper + rng.integers(-12, 13, (300, 3))).clip(0, 255)
        back = Image.open(io.BytesIO(images.encode(picture("RGB", pixels)))).convert("RGB")
        assert (np.asarray(back)[190, 350] == paper).all()

    def test_a_photograph_stays_close(self):
        rng = np.random.default_rng(0)
        rows, columns = np.mgrid[0:200, 0:200]
        smooth = np.stack([rows, columns, (rows + columns) / 2], -1) + rng.normal(
            0, 12, (200, 200, 3)
        )
        pixels = smooth.clip(0, 255).astype(np.uint8)
        back = np.asarray(Image.open(io.BytesIO(images.encode(picture("RGB", pixels)))), int)
        assert np.abs(back - pixels).mean() < 8

    def test_what_is_wider_than_a_screen_needs_is_scaled_down(self):
        wide = Image.new("RGB", (4000, 1000))
        assert Image.open(io.BytesIO(images.encode(wide))).size == (1680, 420)

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L", "I;16"])
    def test_transparency_is_kept_however_a_picture_says_it(self, mode):
        back = published(half_clear(mode), "png")
        assert back.getpixel((5, 5))[3] == 0
        assert back.getpixel((15, 5))[3] == 255

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["jpeg", "mpo", "png"])
    def test_a_photograph_stands_upright_and_says_its_size(self, site_app, kind, orientation):
        # Seen upright, the picture is wide and its left half is red.
        upright = Image.new("RGB", (60, 20), "blue")
        upright.paste("red", (0, 0, 30, 20))
        undone = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what the camera did to it
        held = upright.transpose(undone[orientation]) if orientation > 1 else upright
        exif = Image.Exif()
        exif[0x0112] = orientation
        more = {"append_images": [held], "save_all": True} if kind == "mpo" else {}
        picture = site_app.publish(as_bytes(held, kind, exif=exif, **more), "photo.jpg")
        assert (picture.width, picture.height) == (60, 20)
        shown = ImageOps.exif_transpose(site_app.picture(picture.file)).convert("RGB")
        assert shown.size == (60, 20)
        assert shown.getpixel((5, 10))[0] > 200 > shown.getpixel((55, 10))[0]

    def test_gray_of_16_bits_keeps_its_shades(self):
        levels = np.linspace(0, 65535, 256).astype(np.uint16).repeat(4).reshape(1, -1)
        back = published(Image.fromarray(levels.repeat(40, axis=0)), "png").convert("L")
        assert np.abs(np.asarray(back, int)[5] - levels[0] // 257).max() <= 16

    def test_inks_of_a_printer_become_colors_of_a_screen(self):
        back = published(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "jpeg").convert("RGB")
        red, green, blue = back.getpixel((9, 9))
        assert red > 200 > 60 > max(green, blue)

    def test_a_profile_is_applied_and_one_of_another_kind_of_picture_passed_over(self):
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
        image = Image.new("RGB", (40, 40), (200, 128, 128))
        assert published(image, "png", icc_profile=lab).getpixel((9, 9))[:3] == (200, 128, 128)
        plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        kept = published(image, "png", icc_profile=plain)
        assert np.abs(np.subtract(kept.getpixel((9, 9))[:3], (200, 128, 128))).max() <= 2
        assert "icc_profile" not in kept.info

    @pytest.mark.parametrize("kind", ["png", "gif", "webp"])
    def test_what_moves_is_left_alone_and_says_its_size(self, site_app, kind):
        frames = [Image.new("RGB", (40, 30), color) for color in ("red", "green", "blue")]
        content = as_bytes(frames[0], kind, save_all=True, append_images=frames[1:])
        picture = site_app.publish(content, f"moving.{kind}")
        assert picture == images.Picture(f"moving.{kind}", 40, 30, len(content))
        assert (site_app.outdir / "_images" / picture.file).read_bytes() == content

    def test_what_is_no_picture_is_left_to_sphinx(self, site_app):
        assert site_app.publish(b"no picture", "broken.png") is None
        assert site_app.publish(as_bytes(Image.new("RGB", (99, 99)), "png")[:40], "cut.png") is None

    def test_pictures_that_differ_in_their_suffix_do_not_meet(self, site_app):
        rng = np.random.default_rng(0)
        noise = picture("RGB", rng.integers(0, 256, (80, 80, 3)))
        names = {
            site_app.publish(as_bytes(noise, kind), f"a plot.{suffix}").file
            for kind, suffix in (("png", "png"), ("bmp", "bmp"))
        }
        assert names == {"a%20plot.png.webp", "a%20plot.bmp.webp"}

    def test_only_what_the_site_refers_to_stays_in_its_folder(self, site_app):
        folder = paths.make_dir(site_app.outdir / "_images")
        kept = ["a.webp", "b c.png", "d&e.png", "ground.png", "link.png"]
        for name in [*kept, "a.png", "old.png"]:
            (folder / name).write_bytes(b"")
        page = site_app.outdir / "part/page.html"
        paths.make_dir(page.parent)
        page.write_text(
            '<meta content="https://host/book/_images/a.webp"><img src="../_images/b%20c.png">'
            '<meta property="og:image:alt" content="../_images/a.png">'
            '<img alt="../_images/old.png" src="x.png">'
            "<img src='../_images/d&amp;e.png'><a href=\"../_images/link.png?x#y\">a.png</a>"
        )
        (site_app.outdir / "own.css").write_text("p {background: url(../_images/ground.png)}")
        images.remove_unused(site_app, None)
        assert sorted(file.name for file in folder.iterdir()) == sorted(kept)

    def test_a_build_that_broke_off_removes_no_picture(self, site_app):
        folder = paths.make_dir(site_app.outdir / "_images")
        (folder / "a.png").write_bytes(b"")
        images.remove_unused(site_app, RuntimeError())
        assert (folder / "a.png").is_file()


class TestReferences:
    def test_names_are_found_through_imports_aliases_and_calls(self):
        code = [
            "import textlib\nfrom textlib import datasets as d, scale",
            "from textlib.training import fit",
            "x = d.load('mnist').train\nfit(x)\nscale.pick(quick=1, full=2)",
            "textlib.show_source(fit)",
        ]
        found = references.used_names(code)
        expected = {
            "textlib.datasets.load",
            "textlib.training.fit",
            "textlib.scale.pick",
            "textlib.show_source",
        }
        assert expected <= found

    def test_names_in_code_and_what_follows_them_are_linked_where_they_are_documented(self):
        known = {"data": "textlib.datasets"}
        addresses = {"textlib.datasets": "api.html#d", "textlib.datasets.load": "api.html#l"}
        shown = 'x.data = data.load(<span class="s">data</span>).train, metadata, data.other'
        assert references.linked(shown, known, addresses) == (
            'x.data = <a href="api.html#d">data</a>.<a href="api.html#l">load</a>'
            '(<span class="s">data</span>).train, metadata, <a href="api.html#d">data</a>.other'
        )

    def test_names_of_others_do_not_count(self):
        assert references.used_names(["import keras", "keras.datasets.load()"]) == set()

    def test_cells_with_magic_are_passed_over(self):
        code = ["%pip install x", "from textlib import scale\nscale.pick(quick=1, full=2)"]
        assert "textlib.scale.pick" in references.used_names(code)

    home = Repository("https://host", "main", "https://site/", "v2026.12.0")

    def test_the_source_of_a_function_has_an_address_with_lines(self):
        address = references.source_address("textlib.scale", "pick", self.home)
        assert address.startswith("https://host/blob/v2026.12.0/src/textlib/scale.py#L")

    def test_a_constant_has_none(self):
        assert references.source_address("textlib.plotting.palette", "BLUE", self.home) is None


class TestFinish:
    def soup(self, markup):
        return BeautifulSoup(markup, "html.parser")

    def test_a_folded_box_opens_without_a_script(self):
        soup = self.soup(
            '<div class="admonition tip dropdown"><p class="admonition-title">'
            '<a href="#x">Tip</a></p><p>Text</p></div>'
        )
        finish.fold(soup)
        assert soup.select_one("details.admonition.tip > summary").get_text() == "Tip"
        assert soup.select_one("summary a") is None

    def test_wide_tables_scroll_and_headers_say_what_they_head(self):
        soup = self.soup(
            '<table border="1"><thead><tr><th></th><th>a</th></tr></thead>'
            "<tbody><tr><th>0</th><td>1</td></tr></tbody></table>"
        )
        finish.mend_tables(soup)
        assert tree.classes(soup.table.parent) == ["table-scroll"]
        assert [header.get("scope") for header in soup.find_all("th")] == ["col", "row"]
        assert "border" not in soup.table.attrs

    def test_groups_of_columns_are_headers_in_valid_html(self):
        columns = pd.MultiIndex.from_product([["range"], ["nodes", "seconds"]])
        soup = self.soup(pd.DataFrame([[14, 0.1]], columns=columns).to_html())
        finish.mend_tables(soup)
        group = soup.find("th", colspan="2")
        assert group["scope"] == "colgroup"
        assert not group.has_attr("halign")

    def test_names_in_cells_break_at_their_joints_and_are_copied_whole(self):
        soup = self.soup("<table><tr><td><code>textlib.digit_scenes 1.5</code></td></tr></table>")
        finish.mend_tables(soup)
        assert str(soup.code) == "<code>textlib.<wbr/>digit_<wbr/>scenes 1.5</code>"
        assert soup.code.get_text() == "textlib.digit_scenes 1.5"

    @pytest.mark.parametrize(
        ("style", "kept"),
        [
            ("width: 50%;", "width:50%"),
            ("width: 300.0px; height: 200.0px", "width:300.0px"),
            ("height: 4em", "height:4em;width:auto"),
            ("max-width: 9px", None),
        ],
    )
    def test_a_picture_keeps_the_size_that_its_author_chose(self, style, kept):
        soup = self.soup(f'<img src="a.png" style="{style}">')
        finish.size_images(None, soup)
        assert soup.img.get("style") == kept

    def test_what_opens_a_folded_box_holds_no_blocks(self):
        soup = self.soup('<details><summary><p class="a">Show</p><p>x</p></summary></details>')
        finish.mend_nesting(soup)
        assert str(soup.summary) == ('<summary><span class="a">Show</span><span>x</span></summary>')

    def test_a_paragraph_holds_no_blocks(self):
        soup = self.soup("<p>Returns<ul><li>x</li></ul></p><p>y <b>z</b></p>")
        finish.mend_nesting(soup)
        assert str(soup) == "<div>Returns<ul><li>x</li></ul></div><p>y <b>z</b></p>"

    def test_styles_that_cells_write_go_to_the_head(self):
        drawing = "<svg><style>path{fill:red}</style></svg>"
        soup = self.soup(f'<p>t</p><style type="text/css">#T td{{color:red}}</style>{drawing}')
        assert finish.move_styles(soup) == "<style>#T td{color:red}</style>"
        assert str(soup) == f"<p>t</p>{drawing}"

    def test_noise_goes_and_meaning_stays(self):
        soup = self.soup('<div class="cell docutils container"><p class="docutils">x</p></div>')
        finish.drop_noise(soup)
        assert str(soup) == '<div class="cell"><p>x</p></div>'


class TestAnswers:
    BOX = (
        '<div class="exercise admonition" id="ex-a"><p class="admonition-title">'
        '<span class="caption-number">Exercise 3 </span>(A &amp; b)</p></div>'
    )

    def soup(self, monkeypatch, expected, **options):
        """Return a page with an exercise and the cell that checks it, as MyST-NB writes it."""
        shown = []
        monkeypatch.setattr(exercises, "_show", lambda markup, *rest: shown.append(markup))
        exercises.check("ex-a", expected, hints=["Look at `a < b`.", "Add."], **options)
        cell = '<div class="cell tag_check"><pre>exercises.check("ex-a", 48271)</pre>{}</div>'
        found = BeautifulSoup(self.BOX + cell.format(shown[0]), "html.parser")
        monkeypatch.setattr(answers.launch, "links", lambda *args, **kwargs: self.LINKS)
        answers.ask(SimpleNamespace(), found, "page")
        return found

    LINKS = ({"text": "Colab", "icon": "run", "url": "https://c/?a&b"},)

    def test_the_cell_becomes_a_field_in_the_exercise(self, monkeypatch):
        soup = self.soup(monkeypatch, 48271, unit="MB")
        form = soup.select_one("#ex-a > .answer > form[hidden]")
        assert form["aria-label"] == "Answer of Exercise 3"
        assert soup.find(id=form.label["for"]).name == "input"
        assert "a number in MB" in form.label.get_text()
        assert "48271" not in str(soup)
        assert not soup.select(".tag_check")

    def test_hints_are_folded_and_their_code_is_code(self, monkeypatch):
        first, second = self.soup(monkeypatch, 48271).select(".answer > details:not([open])")
        assert first.p.decode_contents() == "Look at <code>a &lt; b</code>."
        assert second.summary.get_text() == "Hint 2 for Exercise 3"

    def test_each_part_of_an_answer_has_a_field(self, monkeypatch):
        soup = self.soup(monkeypatch, {"width": 3, "its name": "w"})
        assert [label.contents[0].strip() for label in soup.select("label")] == [
            "width",
            "its name",
        ]
        assert len({field["id"] for field in soup.select("input")}) == 2

    def test_code_is_checked_in_the_notebook(self, monkeypatch):
        soup = self.soup(monkeypatch, abs, wrong=[0])
        assert soup.select_one("#ex-a .answer a")["href"] == "https://c/?a&b"
        assert not soup.form
        assert len(soup.select("details")) == 2

    def test_a_cell_that_was_not_executed_stays(self):
        soup = BeautifulSoup('<div class="cell tag_check"><pre>1</pre></div>', "html.parser")
        answers.ask(SimpleNamespace(), soup, "page")
        assert soup.pre


class TestPdf:
    def test_links_between_pages_stay_inside_and_others_lead_to_the_site(self):
        page = (
            '<article><h1 id="t">T</h1><a href="../a/b.html#x">1</a><a href="#t">2</a>'
            '<a href="../genindex.html">3</a><a href="https://k.io">4</a>'
            '<a href="../_images/f.png"><img src="../_images/f.webp" loading="lazy"></a>'
            "<details><summary>s</summary></details>"
            '<div class="answer"><form><input id="f"></form></div>'
            "</article>"
        )
        text = pdf.article(page, "c/d", known={"a/b", "c/d"}, site="https://s/")
        soup = BeautifulSoup(text, "html.parser")
        links = [link["href"] for link in soup.find_all("a")]
        assert links == ["#a-b--x", "#c-d--t", "https://s/genindex.html", "https://k.io"]
        assert soup.img["src"] == "_images/f.webp"
        assert "loading" not in soup.img.attrs
        assert soup.details.has_attr("open")
        assert not soup.find(["form", "input"])
        assert soup.h2["id"] == "c-d--t"

    def test_a_page_without_text_is_named_in_the_error(self):
        with pytest.raises(files.BookError, match="c/d"):
            pdf.article("<p>nothing</p>", "c/d", known=set(), site="")

    def test_no_browser_is_one_clear_error(self, monkeypatch):
        monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
        with pytest.raises(pdf.PdfError, match="apt install chromium"):
            pdf.browser()


class TestPictures:
    def test_the_mark_narrows_to_one_output(self):
        sizes = [len(layer) for layer in logo.layers()]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[-1] == 1

    def test_parts_without_a_figure_get_drawings_of_their_own(self):
        drawings = [partmap.drawing(name) for name in ("foundations", "theory", "keras", "vision")]
        assert drawings == [
            partmap.drawing(n) for n in ("foundations", "theory", "keras", "vision")
        ]
        assert all(one != other for one, other in itertools.combinations(drawings, 2))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "under 10 seconds"),
        (34, "about 30 seconds"),
        (70, "about 1 minute"),
        (200, "about 3 minutes"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds, words):
    assert card.human_time(seconds) == words


def test_code_loses_the_marks_that_have_no_color_and_keeps_its_text():
    shown = code.Highlighter("default").highlight_block("def f(x): return 1", "python")
    assert '<span class="nf">f</span>(x): <span class="k">return</span>' in shown
    assert BeautifulSoup(shown, "html.parser").pre.get_text() == "def f(x): return 1\n"


def test_code_that_is_highlighted_again_is_warned_of_again(monkeypatch):
    warned = []
    monkeypatch.setattr(highlighting.logger, "warning", lambda *said, **more: warned.append(said))
    highlighter = code.Highlighter("default")
    for _ in range(2):
        highlighter.highlight_block("a = $b", "python")
    assert len(warned) == 2


def test_formulas_and_code_come_back_as_they_were():
    formula = '<math display="block"><mi>x</mi><mo>&lt;</mo><mn>2</mn></math>'
    html = f'<h2>On {formula}</h2><div class="highlight"><pre><b>a</b> &amp; b</pre></div>'
    text = tree.Text(html)
    assert text.soup.h2.get_text(" ", strip=True) == "On x < 2"
    assert text.soup.pre.get_text() == "a & b"
    assert not tree.tags(text.soup, "mi", "b")
    assert str(text) == html


def test_the_sitemap_has_pages_that_this_build_did_not_write():
    links = queue.Queue()
    links.put(("one.html", "2026-01-01"))
    links.put(("search.html", None))
    app = SimpleNamespace(env=SimpleNamespace(found_docs={"one", "two"}), sitemap_links=links)
    sitemap.complete(app, None)
    assert list(links.queue) == [
        ("one.html", "2026-01-01"),
        ("search.html", None),
        ("two.html", None),
    ]


@pytest.mark.parametrize(
    ("code", "shows", "kind"),
    [
        ('claims.number("a", 1)\nclaims.check("b", True, "so")', "", "check"),
        ('last = losses[-1]\nclaims.check(\n    "b",\n    last < 1,\n    "so",\n)', "", "check"),
        ('run = training.fit(model, x)\nclaims.number("a", run.final("loss"))', "", ""),
        ('a = 1\nb = 2\nc = a + b\nclaims.number("c", c)', "", ""),
        ("for x in y:\n    print(x)\nclaims.number('a', 1)", "", ""),
        ("for x in y:\n    claims.number('a', x)\nclaims.check('b', z, 'so')", "", "check"),
        ("ax = plt.subplots()[1]\nax.plot(x)", "figure", "figure"),
        ("ax = plt.subplots()[1]\nax.plot(x)", "", ""),
        ("ax.plot(model.predict(x))", "figure", ""),
        ("%%time\nclaims.number('a', 1)", "", ""),
        ("import keras\nimport numpy as np\n\nplotting.use_style()", "", "imports"),
        ("import numpy as np\n\nrng = np.random.default_rng(scale.seed())", "", "imports"),
        ("import keras\nSEED = training.set_seed(0)\nmodel = keras.Sequential()", "", ""),
        ("rows = [losses, accuracies]\npd.DataFrame(rows)", "table", "table"),
        ("rows = [losses, accuracies]\npd.DataFrame(rows)", "", ""),
        ("rows = [keras.ops.relu(x)]\npd.DataFrame(rows)", "table", ""),
        ("def rows():\n    return 1\n\n\npd.DataFrame(rows())", "table", ""),
        ('exercises.hand_in("ex", answer)', "", "check"),
        ('a = 1\nb = a + 1\nexercises.hand_in("ex", b)', "", ""),
    ],
)
def test_code_is_folded_that_only_imports_checks_draws_or_tabulates(code, shows, kind):
    assert folding.kind_of(code, shows=shows) == kind


def test_a_folded_cell_opens_by_itself_and_its_author_can_keep_it_open():
    cell = (
        '<div class="cell{}"><div class="cell_input"><pre>claims.number("a", 1)</pre></div></div>'
    )
    soup = BeautifulSoup(cell.format("") + cell.format(" tag_show-input"), "html.parser")
    folding.fold_cells(soup)
    (details,) = soup.find_all("details")
    assert details.summary.get_text() == "Code of this check"
    assert details.pre.get_text() == 'claims.number("a", 1)'
