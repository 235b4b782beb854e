"""What a reader does: keyboard, menus, themes, quizzes, search, print, and no JavaScript."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from bs4 import BeautifulSoup

from tests.site.conftest import BOOK, DESKTOP, PAGES, PHONE, PHONE_OPTIONS, until

FIRST = "foundations/first-network"
PLOTS = "theory/optimizers"  # with terms, equations and sources too


def test_the_first_tab_offers_to_skip_to_the_text(open_page):
    page = open_page(FIRST)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_focus_is_visible_on_everything_that_takes_it(open_page):
    page = open_page(FIRST)
    for _ in range(25):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()"
        )
        assert outline, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_a_chosen_theme_is_kept_on_the_next_page(open_page):
    page = open_page("index", color_scheme="light")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    button = page.get_by_role("button", name=re.compile("Color theme"))
    button.click()
    button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.goto(page.url.replace("index", FIRST))
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_the_system_decides_the_theme_until_the_reader_does(open_page):
    colors = {
        scheme: open_page("index", color_scheme=scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert colors["light"] != colors["dark"]


def test_the_contents_open_and_close_with_the_keyboard_on_a_phone(open_page):
    page = open_page(FIRST, viewport=PHONE)
    contents = page.locator("#contents")
    assert not contents.is_visible()
    page.get_by_role("button", name="Table of contents", exact=True).focus()
    page.keyboard.press("Enter")
    assert contents.is_visible()
    assert contents.locator("[aria-current=page]").is_visible()
    page.keyboard.press("Escape")
    assert not contents.is_visible()


def test_a_quiz_explains_each_answer_with_the_keyboard_alone(open_page):
    page = open_page(FIRST)
    quiz = page.locator(".quiz").first
    answers = quiz.locator("details")
    assert answers.count() >= 2
    for number in range(answers.count()):
        answer = answers.nth(number)
        answer.locator("summary").focus()
        page.keyboard.press("Enter")
        explanation = answer.locator(".quiz-why")
        assert explanation.is_visible()
        assert explanation.inner_text().strip()
    assert quiz.locator(".quiz-right").count() == 1


def test_wide_code_can_be_scrolled_with_the_keyboard(open_page):
    page = open_page(FIRST, viewport=PHONE)
    until(page, "document.fonts.status === 'loaded'")
    until(page, "document.querySelector('pre[tabindex]') !== null")
    unreachable = page.evaluate(
        "[...document.querySelectorAll('pre, .table-scroll, .math-scroll')].filter("
        "(box) => box.scrollWidth > box.clientWidth + 1 && box.tabIndex < 0).length"
    )
    assert unreachable == 0


def test_no_gap_follows_a_root(open_page):
    page = open_page("theory/optimizers")
    until(page, "document.fonts.status === 'loaded'")
    gaps = page.evaluate(
        "[...document.querySelectorAll('msqrt')].map((root) =>"
        " (root.getBoundingClientRect().right"
        " - root.lastElementChild.getBoundingClientRect().right)"
        " / parseFloat(getComputedStyle(root).fontSize)).filter(Number.isFinite)"
    )
    assert len(gaps) > 5
    assert max(gaps) < 0.1


def test_code_is_copied_without_its_outputs(open_page):
    page = open_page(FIRST, permissions=["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input:visible").first  # that of the imports is folded
    code = cell.locator("pre").inner_text()
    cell.hover()
    copy = cell.get_by_role("button", name="Copy")
    copy.evaluate(
        "(copy) => { window.said = []; new MutationObserver(() => said.push(copy.textContent))"
        ".observe(copy, {childList: true}); }"
    )
    copy.click()
    until(page, "said.includes('Copied')")
    assert page.evaluate("navigator.clipboard.readText()").split() == code.split()


def test_everything_is_there_without_javascript(open_page):
    page = open_page(FIRST, java_script_enabled=False)
    assert page.locator("#contents a").count() > len(BOOK.pages) / 2
    answer = page.locator(".quiz details").first
    answer.locator("summary").click()
    assert answer.locator(".quiz-why").is_visible()
    solution = page.locator("details.solution").first
    assert solution.locator("summary").is_visible()
    solution.locator("summary").click()
    assert solution.locator("> div, > p, > .cell").first.is_visible()
    assert not page.locator("#theme").is_visible()
    assert page.locator("math").first.is_visible()


def test_motion_is_left_out_where_the_reader_asks_for_that(open_page):
    page = open_page(FIRST, reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize(("system", "chosen"), [("dark", ""), ("light", "dark")])
def test_only_the_dark_rendition_of_a_plot_is_fetched_in_the_dark_theme(open_page, system, chosen):
    choice = f"localStorage.setItem('theme', '{chosen}')" if chosen else ""
    page = open_page(PLOTS, color_scheme=system, script=choice)
    figure = page.locator("figure", has=page.locator(".on-dark")).first
    figure.scroll_into_view_if_needed()
    until(page, "[...document.querySelectorAll('.on-dark')].some((i) => i.naturalWidth)")
    assert figure.locator(".on-dark").is_visible()
    assert not figure.locator(".on-light").is_visible()
    assert page.evaluate("document.querySelector('.on-light').naturalWidth") == 0


def test_plots_are_printed_on_white(open_page):
    page = open_page(PLOTS, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator(".on-light").first.is_visible()
    assert not page.locator(".on-dark").first.is_visible()


@pytest.mark.parametrize("how", ["click", "Enter"])
@pytest.mark.parametrize("end", ["Escape", "click", "button"])
def test_a_figure_opens_in_large_and_gives_the_focus_back(open_page, how, end):
    page = open_page(PLOTS)
    link = page.locator("main a.zoom").first
    link.scroll_into_view_if_needed()
    if how == "click":
        link.click()
    else:
        link.focus()
        page.keyboard.press("Enter")
    large = page.get_by_role("dialog")
    assert large.is_visible()
    picture = large.locator("img:visible")
    assert picture.bounding_box()["width"] >= link.locator("img:visible").bounding_box()["width"]
    if end == "Escape":
        page.keyboard.press("Escape")
    elif end == "click":
        picture.click()
    else:
        large.get_by_role("button", name="Close").click()
    assert not large.is_visible()
    assert link.evaluate("(link) => link === document.activeElement")


def test_a_large_figure_scrolls_on_a_phone(open_page):
    page = open_page(PLOTS, **PHONE_OPTIONS)
    page.locator("main a.zoom").first.tap()
    view = page.locator("dialog .view")
    assert view.evaluate("(view) => view.scrollWidth > view.clientWidth")
    picture = page.locator("dialog img:visible").bounding_box()
    assert picture["width"] > PHONE["width"]


def test_without_a_script_a_figure_leads_to_its_picture(open_page):
    page = open_page(PLOTS, java_script_enabled=False)
    link = page.locator("main a.zoom").first
    assert link.get_attribute("href") == link.locator("img").first.get_attribute("src")


PREVIEWED = {
    "a[href*='#term-']": "",
    "a[href^='#fig-']:not(.headerlink)": "Figure",
    "a[href^='#equation-']": "",
    "a[href*='bibliography.html#']": "",
}


@pytest.mark.parametrize("selector", PREVIEWED)
def test_what_a_link_names_is_shown_beside_it_on_hover(open_page, selector):
    page = open_page(PLOTS)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    link = page.locator(f"main {selector}").first
    link.scroll_into_view_if_needed()
    link.hover()
    preview = page.get_by_role("tooltip")
    preview.wait_for()
    assert PREVIEWED[selector] in preview.inner_text()
    assert len(preview.inner_text()) > 5
    assert preview.locator("a, button").count() == 0
    assert link.get_attribute("aria-describedby") == preview.get_attribute("id")
    assert all(url.startswith(page.url.partition("theory")[0]) for url in asked)
    preview.hover()
    page.keyboard.press("Escape")
    assert not preview.is_visible()
    assert link.get_attribute("aria-describedby") is None


def test_a_preview_follows_the_keyboard_and_not_a_finger(open_page):
    page = open_page(PLOTS)
    page.keyboard.press("Tab")
    link = page.locator("main a[href*='#term-']").first
    link.focus()
    page.get_by_role("tooltip").wait_for()
    page.keyboard.press("Tab")
    assert page.locator("#preview").is_hidden()
    phone = open_page(PLOTS, **PHONE_OPTIONS)
    term = phone.locator("main a[href*='#term-']").first
    term.scroll_into_view_if_needed()
    term.dispatch_event("pointerenter", {"pointerType": "touch"})
    assert phone.locator("#preview").is_hidden()


@pytest.mark.parametrize("width", [360, 390, 800, 1100, 1280, 1400, 1900])
def test_the_sections_of_the_page_are_at_most_one_tap_away_and_the_one_read_is_marked(
    open_page, width
):
    page = open_page(FIRST, viewport={"width": width, "height": 800})
    page.locator("main h2").nth(2).evaluate("(heading) => heading.scrollIntoView()")
    wanted = page.locator("main section:has(> h2)").nth(2).get_attribute("id")
    until(page, f"document.querySelector(\"a[aria-current='true'][href='#{wanted}']\")")
    menu = page.get_by_role("button", name="Table of contents", exact=True)
    if menu.is_visible():
        menu.click()
    marked = page.locator("[aria-current='true']:visible")
    assert marked.count() == 1
    box = marked.bounding_box()
    assert 0 <= box["y"] < 800
    if menu.is_visible():
        marked.click()
        assert not page.locator("#contents").is_visible()


def test_front_and_back_matter_number_their_figures_anew(site):
    for name in ("start/how-this-book-works", "start/setup", "back/data"):
        page = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf8"), "html.parser")
        numbers = [number.get_text().strip() for number in page.select("figure .caption-number")]
        assert numbers == [f"Figure {place}" for place in range(1, len(numbers) + 1)]


def test_a_thumbnail_shows_the_whole_picture(open_page):
    page = open_page("index")
    for picture in page.locator(".part-picture img:visible").all():
        inner, outer = picture.bounding_box(), picture.locator("..").bounding_box()
        assert outer["y"] <= inner["y"]
        assert inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 1
        assert inner["width"] <= outer["width"] + 1


def test_output_wraps_on_a_phone(open_page):
    page = open_page(FIRST, viewport=PHONE)
    wide = "(boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth + 1).length"
    assert page.locator(".cell_output pre").evaluate_all(wide) == 0


def listen_to_errors(page):
    """Return the list of errors that a page is going to report."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def all_unfold_for_print(page):
    """Tell whether what is folded opens for the printer, and closes after it."""
    folded = "document.querySelectorAll('main details:not([open])').length"
    before = page.evaluate(folded)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    opened = page.evaluate(folded) == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    return before > 0 and opened and page.evaluate(folded) == before


def test_a_link_into_a_folded_box_opens_it(open_page):
    page = open_page(FIRST)
    inside = page.evaluate("document.querySelector('main details:not([open]) [id]').id")
    shown = f"document.getElementById({inside!r}).checkVisibility()"
    assert not page.evaluate(shown)
    page.evaluate("(id) => { location.hash = id; }", inside)
    until(page, shown)
    page.reload()
    until(page, shown)


@pytest.mark.parametrize("place", ["#50%", "#%E0%A4%A", "#%", "#", "#no-such-place"])
def test_any_address_leaves_the_page_working(open_page, place):
    page = open_page(FIRST, place=place)
    errors = listen_to_errors(page)
    assert all_unfold_for_print(page)
    page.reload()
    page.evaluate("(place) => { location.hash = ''; location.hash = place; }", place)
    assert all_unfold_for_print(page)
    assert errors == []


@pytest.mark.parametrize(
    "lacking",
    [
        "delete window.ResizeObserver;",
        "delete window.IntersectionObserver;",
        "Object.defineProperty(document, 'fonts', {get() { throw new Error('no fonts'); }});",
        "Object.defineProperty(navigator, 'clipboard', {get() { throw new Error('refused'); }});",
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused'); }});",
    ],
)
def test_a_comfort_that_a_browser_lacks_takes_no_other_with_it(open_page, lacking):
    page = open_page(FIRST, script=lacking)
    assert all_unfold_for_print(page)
    page.get_by_role("button", name=re.compile("Color theme")).click()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search-field"


def test_print_shows_the_text_and_opens_what_is_folded(open_page):
    page = open_page(FIRST, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator(".top").is_visible()
    assert not page.locator("#contents").is_visible()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main details:not([open])").count() == 0
    ink = page.evaluate("getComputedStyle(document.body).color.match(/\\d+/g).map(Number)")
    assert max(ink[:3]) < 80


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("confusion matrix", "foundations/"), ("convolutional network", "vision/")],
)
def test_search_finds_the_chapter_of_a_term_first(open_page, words, wanted):
    page = open_page("search")
    page.fill("#search-again", words)
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    until(page, "document.querySelectorAll('#search-results li').length > 1")
    first = page.locator("#search-results li a").first.get_attribute("href")
    assert wanted in first


def test_a_slash_jumps_to_the_search_field(open_page):
    page = open_page(FIRST)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search-field"


def test_a_missing_page_says_so_in_the_look_of_the_book(open_page):
    page = open_page("no/such/page")
    assert "not found" in page.title().lower()
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).position") == "sticky"
    assert page.get_by_role("link", name="Deep Learning, Executed").count() == 1


def test_each_page_with_code_can_be_launched_and_downloaded(open_page, site):
    page = open_page(FIRST)
    links = {link.inner_text().strip(): link for link in page.locator(".launch a").all()}
    assert set(links) == {"Colab", "Binder", "Notebook"}
    assert "colab.research.google.com/github/" in links["Colab"].get_attribute("href")
    assert "mybinder.org/v2/gh/" in links["Binder"].get_attribute("href")
    assert (site / FIRST / ".." / links["Notebook"].get_attribute("href")).resolve().is_file()


def test_the_home_page_offers_to_read_to_run_and_to_build_by_keyboard(open_page, site):
    page = open_page("index", viewport=PHONE)
    ways = page.get_by_role("list", name="Ways in")
    assert ways.bounding_box()["y"] < 900
    ways.get_by_role("link", name="Start reading").focus()
    reached = []
    for _ in range(6):
        reached.append(page.evaluate("document.activeElement.innerText"))
        page.keyboard.press("Tab")
    assert [name for name in reached if "network" not in name] == [
        *("Start reading", "Colab", "Binder", "Notebook", "Build it at home")
    ]
    for link in ways.locator(".buttons a").all():
        box = link.bounding_box()
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= PHONE["width"]
        href = link.get_attribute("href")
        if "://" not in href:
            assert (site / href.partition("#")[0]).is_file()


def test_the_sitemap_lists_every_page(site):
    tree = ElementTree.parse(site / "sitemap.xml")
    found = {element.text for element in tree.iter() if element.tag.endswith("loc")}
    base = BOOK.config["html"]["baseurl"]
    missing = {page.name for page in BOOK.pages if f"{base}{page.name}.html" not in found}
    assert not missing


def test_names_from_the_package_link_to_the_reference_and_back(site):
    page = (site / f"{FIRST}.html").read_text(encoding="utf8")
    assert re.search(r'href="\.\./back/api/datasets\.html#textlib\.datasets\.load"', page)
    reference = (site / "back/api/datasets.html").read_text(encoding="utf8")
    heading = BeautifulSoup(reference, "html.parser").find(id="textlib.datasets.load")
    source = heading.select_one("a[href*='/blob/main/src/textlib/datasets/']")["href"]
    assert re.search(r"\.py#L\d+-L\d+$", source)
    users = heading.find_next_sibling("dd").select(".used-in a")
    assert f"../../{FIRST}.html" in [link["href"] for link in users]


def test_pictures_for_the_eye(open_page):
    """Write screenshots of five pages, on both devices and in both themes."""
    folder = BOOK.build_dir / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = ["index", FIRST, "vision/convnets", "back/results", "search"]
    for name in (name for name in wanted if name in PAGES):
        for device, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
            page = open_page(name, viewport=viewport)
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                file = folder / f"{name.replace('/', '-')}-{device}-{theme}.png"
                page.screenshot(path=file)
                assert file.stat().st_size > 5_000
            page.context.close()
