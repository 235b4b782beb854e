"""The checks of the published site, on a site of a few lines."""

import pytest

from bookpress.checks import LARGEST_BYTES, MEMORY_BYTES, base_of, check, memory

PAGE = '<html><body id="top"><h1 id="title">A page</h1>{}</body></html>'


@pytest.fixture
def site(tmp_path):
    """Return a function that makes a site with one page and says what is wrong with it."""

    def make(body, files=None, **options):
        contents = {
            "index.html": PAGE.format(body),
            "part/two.html": PAGE.format(""),
            **(files or {}),
        }
        for name, text in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [str(problem) for problem in check(tmp_path, **options)]

    return make


@pytest.mark.parametrize(
    "body",
    [
        '<a href="part/two.html#title">two</a> <a href="#title">here</a>',
        '<a href="https://example.org/">out</a> <a href="mailto:x@example.org">mail</a>',
        '<a href="/book/part/two.html">absolute</a>',
        '<img src="a%20b.png" alt="A line that rises.">',
        '<img src="a%20b.png" alt="" role="presentation">',
        '<link rel="canonical" href="https://example.org/"><meta property="og:image" content="x">',
    ],
)
def test_a_good_page_has_no_problem(site, body):
    assert site(body, {"a b.png": "x"}, base="/book/") == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="three.html">x</a>', "index.html: link: three.html does not exist"),
        (
            '<a href="part/two.html#no">x</a>',
            "index.html: link: part/two.html#no: the page has no #no",
        ),
        ('<a href="#no">x</a>', "index.html: link: #no: the page has no #no"),
        ('<a href="../../">x</a>', "index.html: link: ../../ leads out of the site"),
        ('<img src="a.png">', "index.html: image: no alternative text: a.png"),
        ('<img src="a.png" alt=" ">', "index.html: image: no alternative text: a.png"),
        (
            '<img src="_images/a.webp" alt="../_build/jupyter_execute/a.png">',
            "index.html: image: no alternative text: _images/a.webp",
        ),
        ('<img src="a.png" alt="a">', "index.html: image: no alternative text: a.png"),
        (
            '<img src="two%20words.png" alt="two words.png">',
            "index.html: image: no alternative text: two%20words.png",
        ),
        (
            '<script src="https://cdn.example/x.js"></script>',
            "index.html: third party: https://cdn.example/x.js",
        ),
        (
            '<link rel="stylesheet" href="//cdn.example/x.css">',
            "index.html: third party: //cdn.example/x.css",
        ),
        (
            "<style>@import 'https://cdn.example/y.css';</style>",
            "index.html: third party: https://cdn.example/y.css",
        ),
    ],
)
def test_what_is_wrong_is_named(site, body, problem):
    assert problem in site(body, {"a.png": "x"})


@pytest.mark.parametrize("body", ["<script>run()</script>", '<button onclick="run()">x</button>'])
def test_a_script_that_the_policy_of_its_page_stops_is_named(site, body):
    policy = '<meta http-equiv="Content-Security-Policy" content="script-src \'self\'">'
    assert site(body) == []
    (problem,) = site(policy + body)
    assert problem.startswith("index.html: script: ")
    assert site(policy + '<script src="part/two.html"></script>') == []


@pytest.mark.parametrize(
    "address",
    ["http://[server]:8786/status", "http://host:port/", "http://host:99999/", "//[::1"],
)
@pytest.mark.parametrize("tag", ['<a href="{}">x</a>', '<img src="{}" alt="Words.">'])
def test_what_is_no_address_is_named(site, tag, address):
    assert f"index.html: link: {address} is not an address" in site(tag.format(address))


def test_an_address_that_can_be_no_file_leads_nowhere(site):
    assert "index.html: link: a%00b does not exist" in site('<a href="a%00b">x</a>')
    long = "x" * 5000
    assert f"index.html: link: {long} does not exist" in site(f'<a href="{long}">x</a>')
    assert base_of("http://[server]") == "/"


def test_a_page_is_read_again_only_when_it_changes(site, tmp_path, monkeypatch):
    cache = tmp_path / "kept" / "checked.json"
    wrong = ["index.html: link: #no: the page has no #no"]
    assert site('<a href="#no">x</a>', cache=cache) == wrong

    def fail(path):
        raise AssertionError(path)

    with monkeypatch.context() as patched:
        patched.setattr("bookpress.checks._read", fail)
        assert [str(each) for each in check(tmp_path, cache=cache)] == wrong
        assert [str(each) for each in check(tmp_path, cache=cache)] == wrong
    assert site('<a href="#title">x</a>', cache=cache) == []
    cache.write_text("damaged")
    assert [str(each) for each in check(tmp_path, cache=cache)] == []


def test_a_style_sheet_that_asks_another_host_is_found(site):
    css = "@font-face { src: url('https://fonts.example/f.woff2') }"
    body = '<link rel="stylesheet" href="a.css">'
    assert site(body, {"a.css": css}) == ["index.html: third party: https://fonts.example/f.woff2"]


def test_a_heavy_page_is_named_with_its_weight(site):
    heavy = site('<img src="a.png" alt="x">', {"a.png": "x" * (LARGEST_BYTES + 1)})
    assert heavy[0].startswith("index.html: weight: 1.50 MB")
    assert site("", weight=False) == []


def test_a_page_that_takes_more_memory_than_binder_has_is_named_with_a_remedy():
    assert memory({"part/one": MEMORY_BYTES, "part/two": 0}) == []
    (problem,) = memory({"part/one": 3000 * 2**20, "part/two": 400 * 2**20})
    assert str(problem).startswith("part/one: memory: 3000 MB at its peak; at most 1792 MB")
    assert "uint8" in str(problem)


def test_the_base_of_a_site_is_the_path_of_its_address():
    assert base_of("https://example.org/book/") == "/book/"
    assert base_of("https://example.org") == base_of("") == "/"
