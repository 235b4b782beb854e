"""Full-scale records, source values, and the pages that show them."""

import json
import shutil

import pytest

from bookpress import records, sources
from bookpress.page_cache import PageCache
from bookpress.records import Record
from bookpress.source_tables import in_unit_of
from bookpress.sources import SourceValuesError

TRAIN = "import minilib.images\nclaims.number('accuracy', scale.pick(quick=0.9, full=0.99), '.0%')"


def record(book, page="part/one", **facts):
    """Return a record of a page as it was executed."""
    stored = PageCache(book)
    stamp = stored.stamp(page)
    return Record(
        page=page,
        inputs=records._meaning(stored.outputs(stamp).cells, stamp.inputs),
        scale="full",
        device="NVIDIA H100",
        date="2026-02-01T10:00:00+00:00",
        seconds=300.0,
        peak_memory=0,
        versions={"tensorflow": "2.21.0"},
        **facts,
    )


def test_a_record_comes_back_as_it_was_written(executed_book):
    book = executed_book.book
    made = record(book, numbers={"value": "99%"})
    records.save(book, made)
    assert records.load(book) == {"part/one": made}


def test_a_record_of_a_later_version_is_read_as_far_as_it_is_known(executed_book):
    book = executed_book.book
    path = records.save(book, record(book))
    content = json.loads(path.read_text(encoding="utf8"))
    path.write_text(json.dumps({**content, "energy": 3.0}), encoding="utf8")
    assert records.load(book) == {"part/one": record(book)}
    del content["device"]
    path.write_text(json.dumps(content), encoding="utf8")
    assert records.load(book) == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "current"),
    [
        ("book/part/one.md", "The value is", "Its value is", True),
        ("book/part/one.md", "import minilib.images", "import minilib.images  # now", True),
        ("src/minilib/colors.py", "RED = 'red'", '"""Colors."""\n\nRED = "red"  # a color', True),
        ("src/minilib/colors.py", "RED = 'red'", "RED = 'dark red'", False),
        ("book/part/one.md", "scale.seed(20) + 1", "scale.seed(20) + 2", False),
    ],
)
def test_only_a_change_of_meaning_makes_a_record_stale(executed_book, file, old, new, current):
    records.save(executed_book.book, record(executed_book.book))
    executed_book.edit(file, old, new)
    shutil.rmtree(executed_book.root / "_build")  # as in a fresh clone
    assert [state for _, state in records.check(executed_book.book)] == [current]


def test_long_curves_are_thinned_and_keep_their_ends():
    thin = records._thinned([float(n) for n in range(1000)])
    assert len(thin) == records.CURVE_POINTS
    assert (thin[0], thin[-1]) == (0.0, 999.0)
    assert records._thinned([0.123456789]) == [0.12346]


def test_source_values_are_read_and_mistakes_are_named(fixture_book):
    path = "book/_records/sources/part.yml"
    fixture_book.write(path, "DLR-one: {what: A thing, reports: 99 %, number: value}\n")
    assert sources.load(fixture_book.book)["DLR-one"].reports == "99 %"
    fixture_book.write(path, "DLR-one: {what: A thing, report: 99 %}\n")
    with pytest.raises(SourceValuesError, match="did you mean 'reports'"):
        sources.load(fixture_book.book)
    fixture_book.write(path, "DLR-one: {reports: 99 %}\n")
    with pytest.raises(SourceValuesError, match="'what'"):
        sources.load(fixture_book.book)


@pytest.mark.slow
def test_a_full_scale_run_writes_its_record_and_the_pages_show_it(fixture_book):
    fixture_book.page("part/one", TRAIN, extra="\n```{full-scale}\n```\n")
    fixture_book.page("back/results", "x = 1", extra="\n```{results}\n```\n")
    fixture_book.page("back/status", "x = 1", extra="\n```{build-status}\n```\n")
    entry = "{what: Test accuracy, reports: 99.2 %, number: accuracy, claim: positive}"
    fixture_book.write("book/_records/sources/part.yml", f"DLR-one: {entry}\n")
    assert "no records yet" in fixture_book.press("records", "check").stdout
    done = fixture_book.press("records", "run", "part/one", "--scale", "full")
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads((fixture_book.root / "book/_records/part-one.json").read_text())
    assert written["numbers"]["accuracy"] == "99%"
    assert written["claims"][0]["holds"]
    assert "current  part/one" in fixture_book.press("records", "check").stdout

    built = fixture_book.press("build")
    assert built.returncode == 0, built.stdout + built.stderr
    results = " ".join(fixture_book.shown("back/results").split())
    assert "DLR-one Test accuracy ✓ Claim holds: it is 20. 99.2 % 90% 99%" in results
    assert "4 of 4 claims hold" in fixture_book.shown("back/status")
    assert " ".join(fixture_book.shown("part/one").split()).count("accuracy 90% 99%") == 1

    fixture_book.edit("src/minilib/colors.py", "'red'", "'crimson'")
    assert fixture_book.press("records", "check").returncode == 1
    assert fixture_book.press("build").returncode == 0
    assert "99% (stale)" in fixture_book.shown("back/results")


@pytest.mark.parametrize(
    ("ours", "reported", "shown"),
    [
        ("96.0%", "0.9785", "97.85%"),
        ("96%", "0.9", "90%"),
        ("0.960", "0.9785", "0.9785"),
        ("96.0%", "about 0.9", "about 0.9"),
        ("", "0.9785", "0.9785"),
    ],
)
def test_what_a_source_reports_is_shown_in_the_unit_of_ours(ours, reported, shown):
    assert in_unit_of(ours, reported) == shown


@pytest.mark.slow
def test_the_tables_tell_what_is_run_what_is_described_and_what_became_of_each_claim(fixture_book):
    fixture_book.page("part/one", TRAIN)
    fixture_book.edit("book/part/one.md", "covers: [DLR-one]", "covers: [DLR-1.a]")
    for name in ("results", "claim-history", "source-map"):
        fixture_book.page(f"back/{name}", "x = 1", extra=f"\n```{{{name}}}\n```\n")
    fixture_book.edit("book/back/results.md", "covers: [DLR-results]", "describes: [DLR-1.b]")
    fixture_book.write(
        "book/_records/sources/part.yml",
        "DLR-1.a: {what: A sum, number: accuracy}\nDLR-1.b: {what: A picture}\n",
    )
    chapters = "{1: Sums, 2: Nothing}"
    fixture_book.write(
        "book/_records/books.yml",
        f"DLR: {{title: A book, chapters: {chapters}, left_out: [Its index.]}}\n",
    )
    fixture_book.write(
        "book/_records/systems.yml",
        "part/one: [DLR-1.a]\nback/results: [DLR-1.b]\npart/later: [DLR-1.c]\n",
    )
    done = fixture_book.press("claims", "part/one", "--seeds", "1", "--untrained", "--record")
    assert done.returncode == 0, done.stdout + done.stderr
    built = fixture_book.press("build")
    assert built.returncode == 0, built.stdout + built.stderr
    results, claims, places = (
        " ".join(fixture_book.shown(f"back/{name}").split())
        for name in ("results", "claim-history", "source-map")
    )
    assert "DLR-1.a A sum no number 90%" in results
    assert "Described or drawn, not run: DLR-1.b A picture." in results
    assert (
        "positive) v 20. Holds with nothing trained: no reason is given. measured 1 of 1" in claims
    )
    assert "1. Sums" in places
    assert "(1 described)" in places
    assert "1 on a page to be written: part/later" in places
    assert "Left out: Its index." in places
