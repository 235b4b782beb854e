"""Demos that run in the reader's browser: on a click, from this site alone, and as in Keras.

What every demo must do is tested for every ``{demo}`` of the book, found in its pages. Below that,
each kind has a test of what its reader does; a new demo adds one.
"""

import contextlib
import importlib.resources
import json
import math
import re
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from bookpress.site import demo as demo_directive
from tests.payloads import published, unpack
from tests.site.conftest import BOOK, PHONE, PHONE_OPTIONS, SITE, new_context, until
from tests.waiting import wait_for
from textlib import language, scale
from textlib.demos import TOLERANCE, WEIGHT

FENCE = re.compile(r"^`{3,}\{demo\} +(\S+)$", re.MULTILINE)
DEMOS = [
    (page.name, name)
    for page in BOOK.pages
    for name in FENCE.findall(page.path.read_text(encoding="utf8"))
]
every_demo = pytest.mark.parametrize(("page", "name"), DEMOS, ids=[f"{p}:{n}" for p, n in DEMOS])

DIGITS = ("vision/convnets", "draw")

# A 3 as a hand draws it: corners of a line, as shares of the drawing area.
THREE = [
    *((0.30, 0.25), (0.50, 0.17), (0.66, 0.25), (0.64, 0.40), (0.48, 0.48)),
    *((0.66, 0.56), (0.70, 0.72), (0.52, 0.84), (0.30, 0.76)),
]


def selector(page, name):
    """Return where a demo of a page is."""
    return f".demo[data-src$='demos/{page}/{name}/']"


@pytest.fixture
def visit(browser, base):
    """Return a function that opens a demo's page and records every request that it makes."""
    with contextlib.ExitStack() as stack:

        def visit_(page, name, *, start=True, **options):
            context = new_context(browser, **options)
            stack.callback(context.close)
            opened = context.new_page()
            opened.requests, opened.errors = [], []
            opened.on("request", lambda request: opened.requests.append(request.url))
            opened.on("requestfailed", lambda request: opened.errors.append(request.url))
            opened.on("pageerror", lambda error: opened.errors.append(str(error)))
            opened.on("console", lambda message: listen(opened, message))
            opened.goto(f"{base}{page}.html")
            demo = opened.locator(selector(page, name))
            if start:
                demo.locator(".demo-start").click()
                opened.wait_for_selector(f"{selector(page, name)}[data-state]")
            return opened, demo

        yield visit_


def listen(opened, message):
    """Note what the page complains about."""
    if message.type in ("error", "warning"):
        opened.errors.append(message.text)


def files(page, name):
    """Return the folder of a demo's model."""
    return SITE / "_static" / "demos" / page / name


def compute(demo, **inputs):
    """Return what the model of a started demo computes in the browser, by name of output."""
    feeds = {name: [values.ravel().tolist(), values.shape] for name, values in inputs.items()}
    found = demo.evaluate(
        "async (demo, feeds) => {"
        " const found = await demo.textlibDemo.run(feeds);"
        " return Object.fromEntries(Object.entries(found).map("
        "([name, {data, dims}]) => [name, [Array.from(data, Number), Array.from(dims)]])); }",
        feeds,
    )
    return {name: np.reshape(data, shape) for name, (data, shape) in found.items()}


def has_model(page, name):
    """Return whether a demo runs a model."""
    return (files(page, name) / "model.onnx").is_file()


def test_the_book_has_live_demos_wherever_it_can(site):
    assert DEMOS
    if shutil.which("npm") is None:
        pytest.skip("without npm the demos are static figures")
    for page, name in DEMOS:
        text = (site / f"{page}.html").read_text(encoding="utf8")
        assert f"demos/{page}/{name}/" in text, f"{page}: the demo {name!r} is not live"


@every_demo
def test_a_demo_loads_on_a_click_from_here_and_computes_what_keras_computed(
    visit, base, page, name
):
    opened, demo = visit(page, name, start=False)
    opened.wait_for_load_state("networkidle")
    assert demo.locator(".demo-start").is_visible()
    assert re.search(r"loads \d+ [kM]B once", demo.locator(".demo-offer").inner_text())
    starter = {f"{base}_static/demos/{file}" for file in ("demo.js", "demo.css")}
    early = {url.partition("?")[0] for url in opened.requests if "/demos/" in url}
    assert early <= starter

    demo.locator(".demo-start").click()
    opened.wait_for_selector(f"{selector(page, name)}[data-state]")
    assert demo.get_attribute("data-state") == "ready"
    assert not demo.locator(".demo-static").is_visible()
    assert opened.errors == []
    elsewhere = [url for url in opened.requests if not url.startswith((base, "data:", "blob:"))]
    assert elsewhere == []

    if not has_model(page, name):
        assert not [url for url in opened.requests if "/ort/" in url]
        return
    sample = json.loads((files(page, name) / "demo.json").read_text(encoding="utf8"))["sample"]
    found = compute(demo, **{key: unpack(packed) for key, packed in sample["inputs"].items()})
    assert set(found) == set(sample["outputs"][0])
    for key, packed in sample["outputs"][0].items():
        expected = unpack(packed)
        assert np.ptp(expected) > 10 * TOLERANCE, f"{key} says nothing"
        np.testing.assert_allclose(found[key], expected, atol=TOLERANCE, rtol=0)
    assert demo.evaluate("(demo) => demo.textlibDemo.check()") <= TOLERANCE


@every_demo
def test_a_demo_weighs_less_than_a_megabyte(site, page, name):
    assert sum(path.stat().st_size for path in files(page, name).iterdir()) < WEIGHT


@every_demo
def test_an_open_demo_is_accessible_and_fits_a_phone(visit, page, name):
    opened, demo = visit(page, name, viewport=PHONE, has_touch=True)
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert opened.evaluate("document.activeElement.tagName") in (
        "BUTTON",
        "CANVAS",
        "INPUT",
    )  # no keyboard opens
    for control in demo.locator(":is(button, textarea, input, select):visible").all():
        assert control.bounding_box()["height"] >= 40
    package = importlib.resources.files("axe_playwright_python")
    opened.evaluate(package.joinpath("axe.min.js").read_text())
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        result = opened.evaluate(
            "(place) => axe.run(place, {resultTypes: ['violations']})", selector(page, name)
        )
        assert [violation["id"] for violation in result["violations"]] == [], scheme


@every_demo
def test_a_demo_that_cannot_load_says_so_and_can_be_tried_again(visit, page, name):
    opened, demo = visit(page, name, start=False)
    opened.route("**/demo.json", lambda route: route.abort())
    demo.locator(".demo-start").click()
    opened.wait_for_selector(f"{selector(page, name)}[data-state=failed]")
    assert "could not be loaded" in demo.locator(".demo-status").inner_text()
    opened.unroute("**/demo.json")
    demo.locator(".demo-start").click()
    opened.wait_for_selector(f"{selector(page, name)}[data-state=ready]")


def test_without_javascript_the_static_part_remains(visit):
    _, demo = visit(*DEMOS[0], start=False, java_script_enabled=False)
    assert demo.locator(".demo-static").inner_text().strip()
    assert not demo.locator(".demo-offer").is_visible()


def from_a_file(opened):
    """Open the page as a file, not from a server."""
    opened.goto((SITE / f"{DIGITS[0]}.html").as_uri())


def without_webassembly(opened):
    """Open the page as a browser without WebAssembly does."""
    opened.add_init_script("delete window.WebAssembly")
    opened.reload()


def without_its_script(opened):
    """Open the page while the demos' script does not come."""
    opened.route("**/demos/demo.js*", lambda route: route.abort())
    opened.reload()


@pytest.mark.parametrize(
    ("open_badly", "reason"),
    [
        (from_a_file, "opened as a file"),
        (without_webassembly, "lacks WebAssembly"),
        (without_its_script, "could not be loaded"),
    ],
)
def test_a_demo_that_stays_static_says_why(visit, open_badly, reason):
    opened, demo = visit(*DIGITS, start=False)
    open_badly(opened)
    demo.locator(".demo-status", has_text=reason).wait_for()
    assert demo.locator(".demo-static").is_visible()
    assert not demo.locator(".demo-offer").is_visible()


# What kinds can build on ---------------------------------------------------------------------

#: Walks through three tokens, and hands over all that it has got.
PROBE = """
import { pixels } from "../parts.js";
export async function mount(stage, live) {
  const step = live.stepper();
  const chances = [];
  for (const token of [1, 3, 2]) {
    chances.push(Array.from((await step({ token: [[token], [1, 1]] })).chances.data));
  }
  const { values, shape } = pixels(live.pictures.cat);
  const vectors = Array.from(live.arrays.vectors.values, Number);
  return { chances, levels: Array.from(values), shape, vectors, settings: live.settings };
}
"""
PROBE_PAGE = """<!doctype html><title>Probe</title>
<section class="demo" data-kind="probe" data-src="probe/" data-model="">
<p class="demo-offer" hidden><button type="button" class="demo-start">Start</button></p>
<p class="demo-status"></p><div class="demo-stage" hidden></div></section>
<script type="module" src="_static/demos/demo.js"></script>"""
POLICY = "script-src 'self' 'wasm-unsafe-eval'"


@pytest.fixture
def probe(browser, base, tmp_path):
    """Return a function that starts a demo of what was published, below a strict policy."""
    with contextlib.ExitStack() as stack:

        def probe_(payload):
            demo_directive._write(tmp_path, payload)
            context = new_context(browser)
            stack.callback(context.close)
            page = context.new_page()
            headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html"}
            page.route("**/probe.html", lambda way: way.fulfill(body=PROBE_PAGE, headers=headers))
            script = {"body": PROBE, "content_type": "text/javascript"}
            page.route("**/kinds/probe.js", lambda way: way.fulfill(**script))
            page.route(
                "**/probe/*",
                lambda way: way.fulfill(path=tmp_path / way.request.url.rpartition("/")[2]),
            )
            page.goto(f"{base}probe.html")
            demo = page.locator(".demo")
            demo.locator(".demo-start").click()
            page.wait_for_selector(
                ".demo[data-state=ready]", state="attached"
            )  # with nothing in it
            return demo

        yield probe_


def test_states_arrays_and_pictures_reach_a_kind(probe, notebook):
    keras.utils.set_random_seed(0)
    token = keras.Input((1,), dtype="int32", name="token")
    before = keras.Input((4,), name="before")
    after = keras.layers.GRU(4)(keras.layers.Embedding(5, 3)(token), initial_state=before)
    chances = keras.layers.Dense(5, activation="softmax")(after)
    model = keras.Model([token, before], {"chances": chances, "after": after})
    levels = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    demo = probe(
        published(
            "probe",
            model,
            kind="probe",
            sample={"token": np.array([[1], [4]]), "before": np.ones((2, 4))},
            states={"after": "before"},
            arrays={"vectors": np.array([3, 2**40])},
            pictures={"cat": levels},
            unit="words",
        )
    )
    assert demo.evaluate("(demo) => demo.textlibDemo.check()") <= TOLERANCE
    shown = demo.evaluate("(demo) => demo.textlibDemo.shown")
    state, expected = np.zeros((1, 4)), []
    for code in (1, 3, 2):
        found = model({"token": np.array([[code]]), "before": state})
        expected.append(np.asarray(found["chances"])[0])
        state = np.asarray(found["after"])
    np.testing.assert_allclose(shown["chances"], expected, atol=TOLERANCE)
    assert shown["shape"] == [1, 2, 4, 3]
    np.testing.assert_allclose(np.multiply(shown["levels"], 255), levels.ravel(), atol=1e-3)
    assert shown["vectors"] == [3, 2**40]
    assert shown["settings"] == {"unit": "words"}


# Digits --------------------------------------------------------------------------------------


def answer(demo):
    """Return what the network says about the drawing, when it says something."""
    said = demo.locator(".demo-answer")
    said.filter(has_text="Read as").wait_for()
    return said.inner_text()


def chances(demo):
    """Return the shown probabilities in percent, in the order of the classes."""
    return [int(text.rstrip("%")) for text in demo.locator(".demo-value").all_inner_texts()]


def on_pad(demo, points):
    """Turn shares of the drawing area into places in the window."""
    pad = demo.locator(".demo-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def test_a_drawn_three_is_read_as_three(visit):
    opened, demo = visit(*DIGITS)
    draw_by_mouse(opened, on_pad(demo, THREE), steps=8)
    demo.locator(".demo-answer", has_text="Read as 3").wait_for()
    shown = chances(demo)
    assert len(shown) == 10
    assert int(np.argmax(shown)) == 3
    assert abs(sum(shown) - 100) <= 5  # rounded
    maps = demo.locator(".demo-maps canvas")
    assert maps.count() == 1 + 16
    assert opened.errors == []


def test_an_empty_sheet_shows_no_chances(visit):
    _, demo = visit(*DIGITS)
    assert "Nothing drawn" in demo.locator(".demo-answer").inner_text()
    widths = demo.locator(".demo-bar").evaluate_all("(bars) => bars.map((bar) => bar.offsetWidth)")
    assert len(widths) == 10
    assert max(widths) <= 1


def draw_by_mouse(opened, places, *, steps=1):
    """Draw a line with the button down, in so many moves to each place."""
    first, *others = places
    opened.mouse.move(*first)
    opened.mouse.down()
    for place in others:
        opened.mouse.move(*place, steps=steps)
    opened.mouse.up()


def draw_by_touch(opened, places):
    """Draw a line with a finger."""
    session = opened.context.new_cdp_session(opened)

    def touch(kind, *places):
        points = [{"x": x, "y": y} for x, y in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    first, *others = places
    touch("touchStart", first)
    for place in others:
        touch("touchMove", place)
    touch("touchEnd")


def test_a_three_drawn_by_touch_is_read_as_three(visit):
    opened, demo = visit(*DIGITS, **PHONE_OPTIONS)
    before = opened.evaluate("scrollY")
    draw_by_touch(opened, on_pad(demo, THREE))
    demo.locator(".demo-answer", has_text="Read as 3").wait_for()
    assert opened.evaluate("scrollY") == before, "drawing scrolled the page"


def test_a_one_drawn_with_the_keyboard_is_read_as_one(visit):
    opened, demo = visit(*DIGITS)
    assert opened.evaluate("document.activeElement.className") == "demo-pad"
    for key, times in (("ArrowUp", 9), ("Space", 1), ("ArrowDown", 18)):
        for _ in range(times):
            opened.keyboard.press(key)
    demo.locator(".demo-answer", has_text="Read as 1").wait_for()
    assert int(np.argmax(chances(demo))) == 1
    opened.keyboard.press("Space")
    assert demo.locator(".demo-cursor").is_visible()
    demo.locator(".demo-answer", has_text="Pen up").wait_for()
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Clear"
    opened.keyboard.press("Enter")
    demo.locator(".demo-answer", has_text="Nothing drawn").wait_for()
    assert demo.locator(".demo-maps canvas").count() == 0


def test_misread_digits_are_misread_in_the_browser_too(visit):
    _, demo = visit(*DIGITS)
    settings = json.loads((files(*DIGITS) / "demo.json").read_text(encoding="utf8"))["settings"]
    picture = np.array(settings["examples"][0], dtype="float32").reshape(1, 28, 28, 1) / 255
    expected = compute(demo, input=picture)["probabilities"][0]
    demo.locator(".demo-example").click()
    shown = answer(demo)
    best = int(np.argmax(expected))
    assert shown.startswith(f"Read as {best}, with probability")
    assert math.isclose(int(re.search(r"(\d+)%", shown)[1]), 100 * expected[best], abs_tol=1)
    label = settings["example_classes"][0]
    assert shown.endswith(f"; its label is {label}")
    assert label != best


def test_a_temperature_softens_the_answer_and_keeps_its_first_class(visit):
    place = ("keras/distillation", "temperature")
    _, demo = visit(*place)
    demo.locator(".demo-example").click()
    first = answer(demo).partition(",")[0]
    settings = json.loads((files(*place) / "demo.json").read_text(encoding="utf8"))["settings"]
    picture = np.array(settings["examples"][0], dtype="float32").reshape(1, 28, 28, 1) / 255
    logits = compute(demo, input=picture)["logits"][0]
    for temperature in (1, 5):
        demo.locator("input[type=range]").fill(str(temperature))
        powers = np.exp((logits - logits.max()) / temperature)
        expected = 100 * powers / powers.sum()
        top = f"with probability {expected.max():.0f}%"
        demo.locator(".demo-answer", has_text=top).wait_for()
        np.testing.assert_allclose(chances(demo), expected, atol=1)
        assert answer(demo).startswith(first)
    assert not demo.locator(".demo-caption").is_visible(), "it has no maps to explain"


# Descent ------------------------------------------------------------------------------------------

DESCENT = ("foundations/gradients", "descent")
SURFACES = ("A bowl", "A narrow valley", "A saddle", "Two minima")
PATH = "(demo) => demo.textlibDemo.shown.path()"


def by_keras(surface, start, learning_rate, momentum, updates):
    """Return the places that Keras's SGD visits, ``(updates + 1, 2)``."""
    place = keras.Variable(start, dtype="float64")
    optimizer = keras.optimizers.SGD(learning_rate, momentum=momentum)
    path = [start]
    for _ in range(updates):
        with tf.GradientTape() as tape:
            u, v = tf.unstack(place.value)
            loss = sum(factor * u**i * v**j for factor, i, j in surface["terms"])
        optimizer.apply([tape.gradient(loss, place.value)], [place])
        path.append(place.numpy().tolist())
    return np.array(path)


def knobs(demo):
    """Return the learning rate and the momentum that the reader sees."""
    return [float(text) for text in demo.locator(".demo-shown").all_inner_texts()]


@pytest.mark.parametrize("momentum", [0.0, 0.8])
@pytest.mark.parametrize("name", SURFACES)
def test_the_path_is_that_of_keras(visit, name, momentum):
    opened, demo = visit(*DESCENT, reduced_motion="reduce")
    demo.locator("select").select_option(name)
    demo.locator("input").nth(1).fill(f"{momentum:g}")
    demo.locator(".demo-pad").press("ArrowRight")
    demo.locator(".demo-run").click()
    path = np.array(demo.evaluate(PATH))
    assert len(path) > 20
    facts = json.loads((files(*DESCENT) / "demo.json").read_text(encoding="utf8"))
    (surface,) = (each for each in facts["settings"]["surfaces"] if each["name"] == name)
    rate, shown = knobs(demo)
    assert (rate, shown) == (surface["learning_rate"], momentum)
    expected = by_keras(surface, path[0].tolist(), rate, momentum, min(len(path) - 1, 150))
    np.testing.assert_allclose(path[: len(expected)], expected, atol=1e-5)
    said = demo.locator(".demo-answer").inner_text()
    assert said.startswith(f"{len(path) - 1} updates: at (")
    assert opened.errors == []


def test_the_start_is_chosen_by_mouse_and_by_touch(visit):
    for options in ({}, PHONE_OPTIONS):
        opened, demo = visit(*DESCENT, **options)
        demo.locator(".demo-step").click()
        ((x, y),) = on_pad(demo, [(0.75, 0.25)])
        if options:
            opened.touchscreen.tap(x, y)
        else:
            draw_by_mouse(opened, [(x - 60, y), (x, y)], steps=4)
        demo.locator(".demo-answer", has_text="Start at (").wait_for()
        (start,) = demo.evaluate(PATH)
        np.testing.assert_allclose(start, [1, 1], atol=0.05)


def test_it_is_used_by_keyboard_alone(visit):
    opened, demo = visit(*DESCENT)
    said = demo.locator(".demo-answer[role=status]")
    before = demo.evaluate(PATH)[0]
    for key in ("ArrowLeft", "ArrowUp", "Space", "Space"):
        opened.keyboard.press(key)
    assert said.inner_text().startswith("2 updates: at (")
    start = demo.evaluate(PATH)[0]
    assert start[0] < before[0]
    assert start[1] > before[1]
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    assert said.inner_text().startswith("3 updates: at (")
    for key in ("Tab", "Tab", "Enter"):
        opened.keyboard.press(key)
    assert said.inner_text().startswith("Start at (")
    opened.keyboard.press("Tab")
    opened.keyboard.press("Home")
    assert knobs(demo)[0] == 0.001


def test_a_divergence_is_said_and_can_be_reset(visit):
    _, demo = visit(*DESCENT, reduced_motion="reduce")
    demo.locator("input").first.press("End")
    demo.locator(".demo-run").click()
    demo.locator(".demo-answer", has_text="Diverged").wait_for()
    assert demo.locator(".demo-run").is_disabled()
    assert demo.locator(".demo-step").is_disabled()
    demo.locator(".demo-reset").click()
    assert demo.locator(".demo-run").is_enabled()
    assert len(demo.evaluate(PATH)) == 1


def test_a_run_can_be_paused_and_speaks_at_its_end(visit):
    _, demo = visit(*DESCENT)
    run, said = demo.locator(".demo-run"), demo.locator(".demo-answer")
    demo.locator("input").first.fill("-0.3")
    run.click()
    assert said.get_attribute("aria-live") == "off"
    run.click()
    assert run.inner_text() == "Run"
    assert said.get_attribute("aria-live") is None
    run.click()
    said.filter(has_text="Settled").wait_for()
    assert said.get_attribute("aria-live") is None
    assert run.inner_text() == "Run"


def test_the_map_follows_the_theme(visit):
    opened, demo = visit(*DESCENT, color_scheme="light")
    light = demo.locator(".demo-pad").evaluate("(canvas) => canvas.toDataURL()")
    for scheme, same in (("dark", "!=="), ("light", "===")):
        opened.emulate_media(color_scheme=scheme)
        until(
            opened,
            f"([place, light]) => document.querySelector(place).toDataURL() {same} light",
            arg=[f"{selector(*DESCENT)} .demo-pad", light],
        )


# Shuffle -----------------------------------------------------------------------------------------

SHUFFLE = ("keras/data-pipelines", "buffer")


@pytest.mark.parametrize("size", [1, 7, 64, 200])
def test_a_buffer_hands_out_the_order_of_tensorflow(visit, size):
    opened, demo = visit(*SHUFFLE)
    demo.locator("input").first.fill(str(size))
    order = demo.evaluate("(demo) => demo.textlibDemo.shown.order()")
    tf.random.set_seed(scale.seed())
    rows = tf.data.Dataset.range(200)
    assert order == [
        int(row) for row in rows.shuffle(size, seed=42, reshuffle_each_iteration=False)
    ]
    moved = np.subtract(order, np.arange(200))
    classes = [len(set(batch)) for batch in np.reshape(order, (10, 20)) // 20]
    said = demo.locator(".demo-answer").inner_text()
    batch, mixed, all_classes, places, early = map(float, re.findall(r"\d+(?:\.\d+)?", said))
    assert (batch, all_classes, early) == (20, 10, moved.max())
    np.testing.assert_allclose(
        [mixed, places], [np.mean(classes), np.abs(moved).mean()], atol=0.051
    )
    assert opened.errors == []


def test_the_rows_handed_out_are_chosen_by_keyboard_and_told_in_words(visit):
    opened, demo = visit(*SHUFFLE)
    opened.keyboard.press("ArrowRight")
    assert demo.locator(".demo-shown").all_inner_texts() == ["21", "200"]
    opened.keyboard.press("Tab")
    opened.keyboard.press("Home")
    for _ in range(3):
        opened.keyboard.press("ArrowRight")
    told = demo.locator(".demo-file").get_attribute("aria-label")
    assert told.endswith("3 handed out, 21 in the buffer.")
    first, *_ = demo.evaluate("(demo) => demo.textlibDemo.shown.order()")
    told = demo.locator(".demo-batches").get_attribute("aria-label")
    assert re.search(rf": {first // 20} \d \d\.$", told)


# Latent plane ------------------------------------------------------------------------------------

PLANE = ("generative/variational-autoencoders", "latent")
SHOWN = (
    "(canvas) => Array.from(canvas.getContext('2d')"
    ".getImageData(0, 0, canvas.width, canvas.height).data).filter((_, index) => index % 4 === 0)"
)


def shown_picture(demo):
    """Return the gray levels that the reader sees, and the code that they are said to be of."""
    levels = np.array(demo.locator(".demo-picture").evaluate(SHOWN), dtype=float)
    numbers = re.findall(r"-?\d+\.\d+", demo.locator(".demo-answer").inner_text())
    return levels, np.array(numbers[:2], dtype="float32")[None]


#: Whether the code under the picture is another than before, and near to the one awaited.
ARRIVED = """([demo, before, wanted, near]) => {
  const said = document.querySelector(demo).querySelector(".demo-answer").innerText;
  const code = said.match(/-?\\d+\\.\\d+/g).map(Number);
  return said !== before && wanted.every((value, axis) => Math.abs(code[axis] - value) <= near);
}"""


def move_to_and_read(opened, demo, act, *wanted, near=0.01):
    """Do something, and return the picture and the code once the code is the one awaited."""
    before = demo.locator(".demo-answer").inner_text()
    act()
    until(opened, ARRIVED, arg=[selector(*PLANE), before, wanted, near])
    return shown_picture(demo)


def test_the_picture_follows_the_slider_and_is_the_decoders(visit):
    opened, demo = visit(*PLANE)
    before, center = shown_picture(demo)
    np.testing.assert_allclose(center, 0, atol=0.01)
    slider = demo.locator("input[type=range]").first
    slider.scroll_into_view_if_needed()
    after, code = move_to_and_read(opened, demo, lambda: slider.fill("1.5"), 1.5, 0)
    assert np.abs(after - before).mean() > 5
    (expected,) = compute(demo, input=code).values()
    # Levels are whole numbers, and the code is shown with two decimals.
    np.testing.assert_allclose(after, 255 * expected.ravel(), atol=2)


def test_the_ring_is_dragged_by_mouse_and_by_touch(visit):
    opened, demo = visit(*PLANE)
    start, end = on_pad(demo, [(0.5, 0.5), (0.25, 0.25)])

    def drag():
        draw_by_mouse(opened, [start, end], steps=5)

    move_to_and_read(opened, demo, drag, -1.5, 1.5, near=0.1)
    opened, demo = visit(*PLANE, **PHONE_OPTIONS)
    (place,) = on_pad(demo, [(0.75, 0.5)])
    move_to_and_read(opened, demo, lambda: opened.touchscreen.tap(*place), 1.5, 0, near=0.1)


def test_arrow_keys_walk_and_stop_at_the_border(visit):
    opened, demo = visit(*PLANE)
    assert "demo-plane" in opened.evaluate("document.activeElement.className")
    _, code = move_to_and_read(opened, demo, lambda: opened.keyboard.press("ArrowUp"))
    assert code[0, 0] == pytest.approx(0)
    assert 0 < code[0, 1] < 0.5

    def far():
        for _ in range(40):
            opened.keyboard.press("ArrowRight")

    move_to_and_read(opened, demo, far, 3, code[0, 1].item())
    move_to_and_read(opened, demo, demo.get_by_role("button", name="To the center").click, 0, 0)


def test_a_drawn_code_is_inside_the_plane_and_names_its_neighbors(visit):
    opened, demo = visit(*PLANE)
    _, code = move_to_and_read(opened, demo, demo.locator(".demo-random").click)
    assert np.abs(code).max() <= 3
    said = demo.locator(".demo-answer").inner_text()
    assert re.search(r"5 nearest known: (\d, ){4}\d$", said)


# Text ----------------------------------------------------------------------------------------

TEXT = ("language/character-models", "writer")
LENGTH = 200
HALF = "Math.random = () => 0.5;"  # every draw takes the character in the middle


def settings():
    """Return the settings of the text demo."""
    return json.loads((files(*TEXT) / "demo.json").read_text(encoding="utf8"))["settings"]


def continuation(prompt, cut):
    """Write on as the page's package does, when every draw is 0.5."""
    import onnxruntime

    facts = settings()
    session = onnxruntime.InferenceSession(files(*TEXT) / "model.onnx")
    name = session.get_inputs()[0].name
    codes = [facts["vocabulary"].index(character) for character in prompt]

    def choose(chances):
        return (np.cumsum(cut(chances)) <= 0.5).sum()

    def predict(codes):
        return session.run(None, {name: codes[None]})[0][0]

    written = language.generate(predict, codes, LENGTH, choose=choose, window=facts["window"])
    return "".join(facts["vocabulary"][code] for code in written)


def write(demo):
    """Press the button and return the text when it is finished."""
    demo.locator(".demo-write").click()
    demo.locator(".demo-said", has_text=f"{LENGTH} characters written").wait_for()
    return demo.locator(".demo-text").text_content()


def tempered(temperature, cut=lambda chances: chances):
    return lambda chances: cut(language.temper(chances, temperature))


@pytest.mark.parametrize(
    ("rule", "sliders", "cut"),
    [
        ("from all characters", {"Temperature": (1, "0.1")}, tempered(0.1)),
        ("from all characters", {"Temperature": (13, "1.3")}, tempered(1.3)),
        ("always the most likely", {}, tempered(1, lambda chances: language.top_k(chances, 1))),
        (
            "from the k most likely",
            {"Temperature": (10, "1.0"), "How many": (3, "3")},
            tempered(1, lambda chances: language.top_k(chances, 3)),
        ),
        (
            "from a nucleus",
            {"Temperature": (15, "1.5"), "Their probability": (60, "60%")},
            tempered(1.5, lambda chances: language.nucleus(chances, 0.6)),
        ),
    ],
)
def test_it_writes_what_the_package_writes(visit, rule, sliders, cut):
    opened, demo = visit(*TEXT)
    opened.evaluate(HALF)
    demo.locator(".demo-seed").fill("King Lear:\n")
    demo.locator("select").select_option(label=rule)
    assert demo.locator("input[type=range]:visible").count() == len(sliders)
    for name, (place, shown) in sliders.items():
        slider = demo.get_by_label(name)
        slider.fill(str(place))
        assert slider.get_attribute("aria-valuetext") == shown
    assert write(demo) == continuation("king lear:\n", cut)
    assert opened.errors == []


def test_it_writes_on_from_what_stands_there(visit):
    _, demo = visit(*TEXT)
    first = write(demo)
    demo.locator(".demo-onward").click()
    demo.locator(".demo-stop:disabled").wait_for()
    longer = demo.locator(".demo-text").text_content()
    assert longer.startswith(first)
    assert len(longer) == len(first) + LENGTH


def test_two_draws_differ_and_begin_alike(visit):
    _, demo = visit(*TEXT)
    first, second = write(demo), write(demo)
    assert first != second
    seed = settings()["seed"]
    assert first.startswith(seed)
    assert second.startswith(seed)
    assert len(first) == len(second) == len(seed) + LENGTH


def test_the_slider_changes_the_chances_by_keyboard(visit):
    opened, demo = visit(*TEXT)
    values = demo.locator(".demo-value")
    demo.locator(".demo-value", has_text="%").first.wait_for()
    slider = demo.get_by_label("Temperature")
    slider.focus()
    shares = []
    for key, temperature in (("Home", "0.1"), ("End", "2.0")):
        opened.keyboard.press(key)
        demo.locator(".demo-caption", has_text=f"at temperature {temperature}").wait_for()
        shares.append([int(text.rstrip("%")) for text in values.all_inner_texts()])
    cold, hot = shares
    assert cold[0] > hot[0] + 10
    assert cold == sorted(cold, reverse=True)
    assert hot == sorted(hot, reverse=True)
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.className") == "demo-write"
    opened.keyboard.press("Enter")
    demo.locator(".demo-said", has_text="characters written").wait_for()


def test_it_says_what_the_model_cannot_read(visit):
    _, demo = visit(*TEXT)
    demo.locator(".demo-seed").fill("1 and 2")
    assert "does not know it: 1 2" in demo.locator(".demo-said").inner_text()
    assert demo.locator(".demo-text").text_content() == " and "
    demo.locator(".demo-seed").fill("12")
    assert demo.locator(".demo-write").is_disabled()
    first = demo.locator(".demo-value").first.filter(has_not_text="%")
    first.wait_for(state="attached")
    assert set(demo.locator(".demo-value").all_inner_texts()) == {""}


def test_it_can_be_stopped(visit):
    _, demo = visit(*TEXT)
    demo.evaluate(
        # After the fifth character the model thinks until it is stopped.
        "(demo) => { const { run } = demo.textlibDemo; let asked = 0;"
        " const stopped = new Promise((done) => demo.querySelector('.demo-stop')"
        ".addEventListener('click', done));"
        " demo.textlibDemo.run = async (...given) => {"
        " if (++asked > 5) await stopped; return run(...given); }; }"
    )
    demo.locator(".demo-write").click()
    demo.locator(".demo-stop").click()
    demo.locator(".demo-said", has_text="characters written").wait_for()
    written = demo.locator(".demo-text").text_content()
    assert len(written) < len(settings()["seed"]) + LENGTH
    assert demo.locator(".demo-write").is_enabled()
    assert demo.locator(".demo-stop").is_disabled()


# Message ------------------------------------------------------------------------------------------

MESSAGE = ("keras/tfrecords", "message")
BYTES = "(demo) => demo.textlibDemo.shown.bytes()"


def person_class():
    """Return the message of the page, as the library of protocol buffers makes it."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="typed.proto", syntax="proto3")
    message = file.message_type.add(name="Person")
    for number, (name, kind, label) in enumerate(
        [
            ("name", kinds.TYPE_STRING, kinds.LABEL_OPTIONAL),
            ("id", kinds.TYPE_INT32, kinds.LABEL_OPTIONAL),
            ("email", kinds.TYPE_STRING, kinds.LABEL_REPEATED),
        ],
        start=1,
    ):
        message.field.add(name=name, number=number, type=kind, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Person"))


def test_a_typed_message_has_the_bytes_of_the_library(visit):
    opened, demo = visit(*MESSAGE)
    person = person_class()
    for name, number, emails in [
        ("Alice", 123, ["a@b.com", "c@d.com"]),
        ("Zoë", -1, []),
        ("", 0, ["", "x" * 200]),
        ("λ", 2**31 - 1, ["one"]),
    ]:
        demo.locator("[name=name]").fill(name)
        demo.locator("[name=id]").fill(str(number))
        demo.locator("[name=email]").fill("\n".join(emails))
        expected = person(name=name, id=number, email=emails).SerializeToString()
        assert bytes(demo.evaluate(BYTES)) == expected
        assert demo.locator(".demo-bytes li").count() == len(expected)
    assert opened.errors == []


def test_the_slider_explains_each_byte_of_a_message(visit):
    opened, demo = visit(*MESSAGE)
    said = demo.locator(".demo-answer")
    assert said.inner_text().startswith("27 bytes. Byte 1, 0a, tag: 8 · 1 + 2: field 1, name")
    demo.locator("input[type=range]").focus()
    opened.keyboard.press("ArrowRight")
    assert "Byte 2, 05, length: 5 bytes follow" in said.inner_text()
    demo.locator(".demo-bytes li").nth(8).click()
    assert "7b, value: the number 123" in said.inner_text()


def test_a_number_that_does_not_fit_a_message_is_refused(visit):
    _, demo = visit(*MESSAGE)
    demo.locator("[name=id]").fill(str(2**31))
    assert "is an int32" in demo.locator(".demo-answer").inner_text()
    assert demo.evaluate(BYTES) == []
    demo.locator("[name=id]").fill("")
    assert len(demo.evaluate(BYTES)) == 25


# Raw row ------------------------------------------------------------------------------------------

ROW = ("keras/preprocessing-layers", "price")


def prices_after(demo, act, *, waits_for):
    """Do something, and return the prices that are shown once a text is."""
    act()
    demo.locator(".demo-answer", has_text=waits_for).wait_for()
    prices = re.findall(r"\$([\d,]+)", demo.locator(".demo-answer").inner_text())
    return [int(price.replace(",", "")) for price in prices]


def test_stale_statistics_change_the_price_of_the_same_row(visit):
    opened, demo = visit(*ROW)
    (price,) = prices_after(demo, lambda: None, waits_for="of the training rows.")
    switch = demo.locator(".demo-stale")
    stale, still = prices_after(demo, switch.click, waits_for="of today's requests.")
    assert still == price
    assert abs(stale - price) > 1000
    assert switch.get_attribute("aria-pressed") == "true"
    assert prices_after(demo, switch.click, waits_for="of the training rows.") == [price]
    assert opened.errors == []


def test_a_larger_house_costs_more_and_the_network_reads_a_larger_number(visit):
    _, demo = visit(*ROW)
    slider = demo.get_by_label("Living area")
    read = demo.locator(".demo-value").nth(2)
    found = []
    for area in ("1000", "2000"):
        slider.fill(area)
        demo.locator(".demo-shown").nth(2).filter(has_text=f"{area} square feet").wait_for()
        found.append(
            (
                *prices_after(demo, lambda: None, waits_for="$"),
                float(read.inner_text().replace("−", "-")),
            )
        )
    (small, low), (large, high) = found
    assert large > small
    assert high > low


def test_a_name_that_is_unknown_has_a_price_too(visit):
    opened, demo = visit(*ROW)
    before = demo.locator(".demo-answer").inner_text()
    demo.locator("select").select_option(label="Atlantis (unknown)")
    until(
        opened,
        "([place, before]) => document.querySelector(place).innerText !== before",
        arg=[f"{selector(*ROW)} .demo-answer", before],
    )
    (price,) = prices_after(demo, lambda: None, waits_for="$")
    assert price > 10_000


# Music --------------------------------------------------------------------------------------------

MUSIC = ("sequences/sequence-projects", "listen")


def sounding(demo):
    """Return the notes of the chord that the reader sees named, by voice from above."""
    told = re.findall(r"([A-G][♯♭]?)(-?\d)", demo.locator(".demo-answer").inner_text())
    names = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
    return [names.index(name) + 12 * (int(octave) + 1) for name, octave in told]


def test_the_chord_that_is_named_is_the_chord_that_is_heard(visit):
    opened, demo = visit(*MUSIC)
    notes = sounding(demo)
    assert len(notes) == 4
    samples = demo.evaluate("(demo, notes) => demo.textlibDemo.shown.rendered(notes)", notes)
    loudness = np.abs(np.fft.rfft(samples))  # one second, so the places are hertz
    for note in notes:
        pitch = 440 * 2 ** ((note - 69) / 12)
        near = slice(round(pitch) - 1, round(pitch) + 2)
        assert loudness[near].max() > 0.1 * loudness.max()
    assert np.abs(samples).max() < 1
    assert opened.errors == []


def test_it_plays_after_a_click_and_stops_at_once(visit):
    opened, demo = visit(*MUSIC)
    place, answer = selector(*MUSIC), f"{selector(*MUSIC)} .demo-answer"
    level_of = "(place) => document.querySelector(place).textlibDemo.shown.level"
    assert demo.evaluate("(demo) => demo.textlibDemo.shown.level()") == 0
    demo.locator(".demo-play").click()
    until(opened, f"{level_of}() > 0.01", arg=place)
    until(opened, "(place) => document.querySelector(place).innerText[6] > '1'", arg=answer)
    demo.locator(".demo-stop").click()
    until(opened, f"{level_of}() === 0", arg=place)
    assert demo.locator(".demo-said").inner_text().startswith("Stopped at chord")
    assert demo.locator(".demo-play").is_enabled()
    assert opened.errors == []


def test_chords_are_chosen_by_keyboard_and_pieces_by_name(visit):
    opened, demo = visit(*MUSIC)
    slider = demo.get_by_label("Chord:")
    slider.focus()
    opened.keyboard.press("End")
    assert demo.locator(".demo-answer").inner_text().startswith("Chord 32 of 32")
    last = sounding(demo)
    demo.locator("select").select_option(index=1)
    assert demo.locator(".demo-answer").inner_text().startswith("Chord 1 of 32")
    slider.focus()
    opened.keyboard.press("End")
    assert sounding(demo) != last
    assert demo.locator("canvas").get_attribute("aria-label").endswith("chord 32 is outlined.")


def test_without_sound_the_chords_can_still_be_read(visit):
    opened, demo = visit(*MUSIC)
    opened.evaluate("delete window.AudioContext")
    demo.locator(".demo-play").click()
    said = f"{selector(*MUSIC)} .demo-said"
    until(
        opened, "(place) => document.querySelector(place).innerText.includes('no sound')", arg=said
    )
    assert demo.locator(".demo-play").is_enabled()
    demo.get_by_label("Chord:").focus()
    opened.keyboard.press("End")
    assert demo.locator(".demo-answer").inner_text().startswith("Chord 32 of 32")
    assert demo.locator("canvas").get_attribute("aria-label").endswith("chord 32 is outlined.")
    assert opened.errors == []


# Past values --------------------------------------------------------------------------------------

PAST = ("sequences/convolutions-over-time", "past")


def shifted_forecasts(demo):
    """Return the series, and how far the model moves each step's forecasts, by network."""
    series = np.array(demo.evaluate("(demo) => demo.textlibDemo.shown.series()"))
    packed = json.loads((files(*PAST) / "demo.json").read_text(encoding="utf8"))["arrays"]["series"]
    both = (compute(demo, input=values.reshape(1, -1, 1)) for values in (unpack(packed), series))
    before, after = both
    shifts = [np.abs(after[key] - before[key])[0].max(axis=-1) for key in ("first", "second")]
    return series, shifts


def test_forecasts_move_from_the_changed_value_on_and_as_the_networks_say(visit):
    opened, demo = visit(*PAST)
    pad = demo.locator(".demo-series")
    pad.press("ArrowRight")
    for _ in range(4):
        pad.press("ArrowUp")
    answer = f"{selector(*PAST)} .demo-answer"
    until(
        opened, "(place) => document.querySelector(place).innerText.startsWith('Step 11')", answer
    )
    opened.wait_for_load_state("networkidle")
    _, expected = shifted_forecasts(demo)
    found = demo.evaluate("(demo) => demo.textlibDemo.shown.moves()")
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    first, second = np.array(found)
    assert first[:11].max() < TOLERANCE < min(first[11], second[:11].max())
    assert first[42:].max() < TOLERANCE


def test_a_past_value_is_dragged(visit):
    opened, demo = visit(*PAST)
    box = demo.locator(".demo-series").bounding_box()
    x = box["x"] + 0.61 * box["width"]
    draw_by_mouse(opened, [(x, box["y"] + share * box["height"]) for share in (0.5, 0.05)])
    answer = f"{selector(*PAST)} .demo-answer"
    until(opened, "(place) => document.querySelector(place).innerText.includes('→ 1.00')", answer)
    assert demo.locator(".demo-answer").inner_text().startswith("Step 30")


# Forecast ----------------------------------------------------------------------------------------

WAVE = ("sequences/forecasting-synthetic", "draw")


def shown_wave(demo):
    """Return the wave on the sheet, and what the reader is shown as its continuation."""
    shown = "(demo) => [demo.textlibDemo.shown.values(), demo.textlibDemo.shown.forecasts()]"
    values, forecasts = demo.evaluate(shown)
    return np.array(values), np.array(forecasts)


def settled(demo):
    """Wait until the forecasts shown are those of the wave on the sheet, and return both."""

    def computed():
        values, forecasts = shown_wave(demo)
        expected = compute(demo, input=values[None])["output"].ravel()
        return np.allclose(forecasts, expected, atol=TOLERANCE)

    wait_for(computed)
    return shown_wave(demo)


def test_a_wave_is_continued_with_bands_that_are_counted_in_words(visit):
    opened, demo = visit(*WAVE)
    _, forecasts = settled(demo)
    arrays = json.loads((files(*WAVE) / "demo.json").read_text(encoding="utf8"))["arrays"]
    radius, waves = (unpack(arrays[name]) for name in ("radius", "waves"))
    truth = waves[0, -radius.shape[1] :]
    hits = (np.abs(truth - forecasts.reshape(radius.shape)) <= radius).sum(axis=1)
    said = demo.locator(".demo-answer").inner_text()
    assert [int(each) for each in re.findall(r"(\d+) of 10 values", said)] == hits.tolist()
    demo.locator(".demo-another").click()
    wait_for(lambda: demo.locator(".demo-answer").inner_text() != said)
    np.testing.assert_allclose(settled(demo)[0], waves[1, :-10], atol=1e-6)
    assert opened.errors == []


@pytest.mark.parametrize("options", [{}, PHONE_OPTIONS], ids=["mouse", "touch"])
def test_a_drawn_stretch_replaces_the_wave_and_its_truth(visit, options):
    opened, demo = visit(*WAVE, **options)
    before, forecasts = settled(demo)
    sheet = demo.locator(".demo-sheet")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    start, end = [(box["x"] + x * box["width"], box["y"] + box["height"] / 4) for x in (0.51, 0.81)]
    if options:
        draw_by_touch(opened, [start, end])
    else:
        draw_by_mouse(opened, [start, end])
    values, others = settled(demo)
    np.testing.assert_allclose(values[30:48], 0.5, atol=0.02)
    np.testing.assert_array_equal(values[:29], before[:29])
    assert np.abs(others - forecasts).max() > 0.01
    assert "values in its band" not in demo.locator(".demo-answer").inner_text()
    assert opened.errors == []


def test_a_wave_is_changed_by_keyboard_alone(visit):
    opened, demo = visit(*WAVE)
    before, _ = settled(demo)
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp"):
        opened.keyboard.press(key)
    values, _ = settled(demo)
    np.testing.assert_allclose(np.flatnonzero(values - before), [48])
    assert values[48] - before[48] == pytest.approx(0.1, abs=1e-6)
    assert re.search(r"^Step 49: ", demo.locator(".demo-answer").inner_text())


def test_a_forecaster_can_be_hidden(visit):
    _, demo = visit(*WAVE)
    line = demo.get_by_role("button", name="Least squares")
    line.click()
    assert line.get_attribute("aria-pressed") == "false"
    assert "Least squares" not in demo.locator(".demo-answer").inner_text()


# Letters ------------------------------------------------------------------------------------------

LETTERS = ("sequences/recurrent-trials", "letters")


def letters_read(opened, demo, text):
    """Return the answers and the cells once a text is read."""
    until(
        opened,
        "([place, length]) => document.querySelector(place).textlibDemo.shown.steps().length"
        " === length",
        arg=[selector(*LETTERS), len(text)],
    )
    demo.locator(".demo-answer", has_text=f"After {text} ").wait_for()
    steps = demo.evaluate("(demo) => demo.textlibDemo.shown.steps()")
    return [[step["answer"]] for step in steps], [step["cells"] for step in steps]


def onnx_steps(page, name, key, rows):
    """Return what a published LSTM answers to one input after the other, by name of output."""
    import onnxruntime

    session = onnxruntime.InferenceSession(files(page, name) / "model.onnx")
    inputs = {feed.name: feed for feed in session.get_inputs()}
    whole = {"tensor(int32)": "int32", "tensor(int64)": "int64"}
    units = {state: inputs[state].shape[-1] for state in ("h", "c")}
    held = {state: np.zeros((1, size), "float32") for state, size in units.items()}
    found = []
    for row in rows:
        feeds = held | {key: np.asarray(row, whole.get(inputs[key].type, "float32"))}
        names = [output.name for output in session.get_outputs()]
        found.append(dict(zip(names, session.run(None, feeds), strict=True)))
        held = {state: found[-1][f"new_{state}"] for state in held}
    return found


def test_a_typed_string_is_answered_as_by_the_network_step_by_step(visit):
    opened, demo = visit(*LETTERS)
    demo.locator(".demo-seed").fill("bpbtx")
    answers, cells = letters_read(opened, demo, "BPBTX")
    facts = json.loads((files(*LETTERS) / "demo.json").read_text(encoding="utf8"))
    codes = [facts["settings"]["alphabet"].index(character) + 1 for character in "BPBTX"]
    found = onnx_steps(*LETTERS, "letter", [[[code]] for code in codes])
    for at, step in enumerate(found):
        np.testing.assert_allclose(answers[at], step["answer"][0], atol=TOLERANCE)
        np.testing.assert_allclose(cells[at], step["cells"][0], atol=TOLERANCE)
    assert opened.errors == []


def test_a_twin_is_chosen_by_touch_and_is_not_valid(visit):
    _, demo = visit(*LETTERS, **PHONE_OPTIONS)
    said = demo.locator(".demo-answer")
    said.filter(has_text="this string is valid").wait_for()
    demo.get_by_role("button", name="Its twin").tap()
    said.filter(has_text="no valid string begins like this").wait_for()
    assert "and P stands there" in said.inner_text()


def test_letters_are_taken_back_with_the_keyboard_and_others_left_out(visit):
    opened, demo = visit(*LETTERS)
    demo.locator(".demo-seed").fill("bt7b")
    demo.locator(".demo-answer", has_text="After BTB ").wait_for()
    assert "Left out: 1" in demo.locator(".demo-said").inner_text()
    demo.get_by_label("Letters read").focus()
    opened.keyboard.press("ArrowLeft")
    demo.locator(".demo-answer", has_text="After BT ").wait_for()
    demo.locator(".demo-seed").fill("")
    demo.locator(".demo-answer", has_text="Type some letters").wait_for()


# Pen ----------------------------------------------------------------------------------------------

PEN = ("sequences/sequence-projects", "pen")


def drawn(opened, demo):
    """Return movements and answers once all that is drawn has been read."""
    until(
        opened,
        "(place) => document.querySelector(place).textlibDemo.shown.settled()",
        arg=selector(*PEN),
    )
    shown = "(demo) => [demo.textlibDemo.shown.moves(), demo.textlibDemo.shown.steps()]"
    return map(np.array, demo.evaluate(shown))


def test_a_drawing_is_read_movement_by_movement_as_by_the_network(visit):
    opened, demo = visit(*PEN)
    strokes = [[(0.2, 0.3), (0.2, 0.8), (0.8, 0.8)], [(0.8, 0.3), (0.4, 0.2)]]
    demo.get_by_role("button", name="Clear").click()
    for stroke in strokes:
        draw_by_mouse(opened, on_pad(demo, stroke), steps=6)
    moves, answers = drawn(opened, demo)
    assert moves[:, 2].sum() == 2
    assert moves[-1, 2] == 1
    steps = moves[1:, 0] + 1j * moves[1:, 1]
    assert np.abs(steps).sum() == pytest.approx(6)
    assert abs(steps[0].real) < 0.1 * abs(steps[0].imag)
    assert steps[0].imag < 0  # drawn downward
    way = steps / np.abs(steps)
    turn = np.concatenate([[0], way[1:] * way[:-1].conj()])
    rows = np.stack([4 * np.abs(steps), turn.real, turn.imag, moves[1:, 2]], axis=1)
    padded = np.concatenate([np.zeros((4, 4)), rows])
    windows = [[padded[at : at + 5]] for at in range(len(rows))]
    found = [step["probabilities"][0] for step in onnx_steps(*PEN, "rows", windows)]
    np.testing.assert_allclose(answers, found, atol=TOLERANCE)
    assert opened.errors == []


def test_one_stroke_is_cut_in_two_and_a_touch_draws_it(visit):
    opened, demo = visit(*PEN, **PHONE_OPTIONS)
    demo.get_by_role("button", name="Clear").tap()
    draw_by_touch(opened, on_pad(demo, [(0.2, 0.5), (0.5, 0.5), (0.8, 0.5)]))
    moves, _ = drawn(opened, demo)
    assert list(np.flatnonzero(moves[:, 2])) == [13, 27]
    assert moves[14, :2] == pytest.approx([0.03, 0.03])


def test_a_test_drawing_is_followed_with_the_slider(visit):
    opened, demo = visit(*PEN)
    demo.get_by_role("button", name="star", exact=True).click()
    _, answers = drawn(opened, demo)
    said = demo.locator(".demo-answer")
    said.filter(has_text=f"After {len(answers)} of {len(answers)} movements: star").wait_for()
    demo.get_by_label("Movements read").focus()
    opened.keyboard.press("Home")
    said.filter(has_text="Nothing read yet").wait_for()
    opened.keyboard.press("ArrowRight")
    said.filter(has_text="After 1 of ").wait_for()


def test_the_pen_is_led_by_keyboard_and_the_sheet_cleared(visit):
    opened, demo = visit(*PEN)
    demo.get_by_role("button", name="Clear").click()
    said = demo.locator(".demo-answer")
    said.filter(has_text="Nothing drawn yet").wait_for()
    for key in ("Space", "ArrowRight", "ArrowRight", "ArrowDown"):
        opened.keyboard.press(key)
    moves, _ = drawn(opened, demo)
    assert moves[1:, 0].sum() == pytest.approx(-2 * moves[1:, 1].sum(), rel=0.1)
    said.filter(has_text="After 27 of 27").wait_for()
