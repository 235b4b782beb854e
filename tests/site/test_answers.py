"""Fields that check answers: with the keyboard, without a network, remembered in the browser."""

import re

import pytest

from bookpress.site import theme
from tests.site.conftest import SITE
from textlib._answers import Number, Shape, UnclearError, Word, digest

PAGE = "keras/tensorflow-basics"
BOX = "#ex-basics-drag"
POLICY = "script-src 'self'; connect-src 'none'"
KINDS = [
    Number(1024),
    Number(1024, unit="MB"),
    Number(0.125, tolerance=0.01),
    Number(-1, tolerance=0.01),
    Number(2.5, unit="%"),
    Shape((None, 28, 28)),
    Word(("overfitting",)),
]
TEXTS = """
1024|1,024|1_024|1 024|1 024|1024 MB|1,024mb|1024.|1024.0|1.024e3|1.024×10^3|1.024 x 10**3|-1|−1|–1
+0.125|.125|12.5%|12.5 percent|0,125|0.13|0.1301|1,0240|10,24|1,024,000|01,024|1e999|-0|0|nan|1/8
two|2 cats|MB|%|1 2|12 345.5|1,234.5|(None, 28, 28)|none×28×28|? x 28x28|[None,28,28]|None 28 28
TensorShape([None, 28, 28])|(28,)|28,|()|(28, 28|028,28|28.0|a,b|batch, 28, 28|Overfitting
over-fitting|the Over_Fitting.|“overfitting”|an 'overfitting'|  over  fitting |Über
ﬁt|...|!?|the|a b c|don't
""".replace("\n", "|")


def test_python_and_the_browser_read_answers_alike(browser):
    page = browser.new_page()
    page.add_script_tag(path=str(theme._STATIC / "answers.js"))
    for kind in KINDS:
        field = kind.spec("ex")
        for text in filter(None, TEXTS.split("|")):
            read = page.evaluate(
                "([field, text]) => {"
                " try { return digest('ex' + keyOf(field, text)); } catch { return null; } }",
                [field, text],
            )
            try:
                wanted = digest("ex", kind.key(text))
            except UnclearError:
                wanted = None
            assert read == wanted, (kind, text)
    page.close()


def fields(page):
    """Return the fields of the exercise by what a screen reader calls them."""
    form = page.get_by_role("form", name=re.compile(r"Answer of Exercise [\d.]+$"))
    box = page.locator(BOX).filter(has=form)
    names = ("at the start", "after four seconds")
    return [box.get_by_role("textbox", name=re.compile(name)) for name in names], box


def test_an_answer_is_checked_with_the_keyboard_alone_and_remembered(open_page):
    page = open_page(PAGE)
    asked = []
    page.on("request", lambda request: asked.append(request.resource_type))
    (first, second), box = fields(page)
    said = box.get_by_role("status")
    assert not page.get_by_text("✓ solved").count()
    first.focus()
    page.keyboard.type("9.8")
    page.keyboard.press("Tab")
    page.keyboard.type("seven")
    page.keyboard.press("Tab")
    assert box.get_by_role("button", name="Check").evaluate("(it) => it === document.activeElement")
    page.keyboard.press("Enter")
    assert "Write a number, in m/s²." in said.inner_text()
    assert second.evaluate("(field) => field === document.activeElement")
    assert second.get_attribute("aria-invalid") == "true"
    for answer, told in (("7", "Hint 1 of 2"), ("7", "Hint 2 of 2"), ("25.4", "That is the speed")):
        second.fill(answer)
        page.keyboard.press("Enter")
        assert told in said.inner_text()
        assert "2.3" not in said.inner_text()
    assert box.locator("details.answer-hint:visible").count() == 2
    second.fill("2.3 m/s²")
    page.keyboard.press("Enter")
    assert said.inner_text() == "✓ Right."
    assert not box.locator("[aria-invalid]").count()
    assert set(asked) <= {"image", "font", "other"}  # of what scrolls into view; favicon
    page.reload()
    assert box.get_by_text("✓ solved").is_visible()
    assert page.get_by_text("✓ solved").count() == 1


@pytest.mark.parametrize("kept", ["not json", "{}", "7", "null"])
def test_what_else_is_kept_under_the_same_name_breaks_nothing(open_page, kept):
    page = open_page(PAGE, script=f"localStorage.setItem('solved', '{kept}');")
    (first, second), box = fields(page)
    first.fill("9.8")
    second.fill("2.3")
    page.keyboard.press("Enter")
    assert box.get_by_role("status").inner_text() == "✓ Right."


def test_fields_work_where_only_scripts_of_the_site_are_allowed(open_page):
    page = open_page("start/notation")
    page.route(
        f"**/{PAGE}.html",
        lambda route: route.fulfill(
            path=SITE / f"{PAGE}.html",
            headers={"Content-Security-Policy": POLICY, "Content-Type": "text/html"},
        ),
    )
    page.goto(page.url.replace("start/notation", PAGE))
    (first, second), box = fields(page)
    first.fill("9.8")
    second.fill("2.3")
    page.keyboard.press("Enter")
    assert box.get_by_role("status").inner_text() == "✓ Right."


def test_a_page_opened_as_a_file_checks_answers(browser, site):
    page = browser.new_page()
    page.goto((site / f"{PAGE}.html").as_uri())
    (first, second), box = fields(page)
    first.fill("9.8")
    second.fill("2.3")
    page.keyboard.press("Enter")
    assert box.get_by_role("status").inner_text() == "✓ Right."
    page.close()


def test_without_javascript_hints_and_solution_remain(open_page):
    page = open_page(PAGE, java_script_enabled=False)
    box = page.locator(BOX)
    assert not box.locator("form").is_visible()
    box.locator("summary").first.click()
    assert box.locator(".answer-hint p").first.is_visible()
    assert page.locator(f"{BOX} + details.solution").count() == 1


def test_in_print_there_is_no_field(open_page):
    page = open_page(PAGE)
    assert page.locator(f"{BOX} form").is_visible()
    page.emulate_media(media="print")
    assert not page.locator(f"{BOX} .answer").is_visible()
