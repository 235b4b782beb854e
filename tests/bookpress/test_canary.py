"""What the nightly and the weekly run tell of failed pages and of sources that are gone."""

import os
from dataclasses import dataclass

from bookpress import canary
from textlib.fetching.errors import SourceError
from textlib.fetching.sources import Resource, Wanted

GOOD = {"name": "good", "sentence": "it holds", "holds": True, "numbers": {}}
BAD = {"name": "bad", "sentence": "1% is enough", "holds": False, "numbers": {"share": 0.01}}
SLOW = {**BAD, "name": "slow", "kind": "timing"}
VERSIONS = {"python": "3.12.1", "keras": "4.0.0"}


def told(fixture_book, *pages):
    """Return what is said of a build."""
    made = {"pages": list(pages), "versions": VERSIONS}
    return "\n".join(canary.failures(fixture_book.book, made))


def test_a_failed_page_is_named_with_its_claim_and_the_versions(fixture_book):
    failure = {"kind": "claim", "line": 12, "error": "the claim 'bad' failed"}
    page = {"name": "part/one", "claims": [GOOD, BAD], "failure": failure}
    said = told(fixture_book, page, {"name": "part/two", "claims": [GOOD]})
    assert "### part/one, line 12: claim" in said
    assert "- claim `bad` fails: 1% is enough (share = 0.01)" in said
    assert "part/two" not in said
    assert "`good`" not in said
    assert "Ran with python 3.12.1, keras 4.0.0." in said


def test_a_slow_machine_is_no_failure(fixture_book):
    assert "###" not in told(fixture_book, {"name": "part/one", "claims": [SLOW]})


def test_libraries_of_other_versions_than_pinned_are_listed(fixture_book):
    fixture_book.write("requirements.txt", "click==0.1 \\\n    --hash=sha256:00\nnot-here==1.0\n")
    said = told(fixture_book)
    assert "| click | 0.1 | " in said
    assert "not-here" not in said


@dataclass(frozen=True)
class Origin:
    """A source that serves a file, or is gone."""

    serves: bool

    def describe(self):
        return "somewhere"

    def get(self, wanted, into):
        if not self.serves:
            raise SourceError("404 Not Found")
        (into / "file.txt").write_text("here")


def test_each_origin_is_asked_whatever_is_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTLIB_CACHE", str(tmp_path))
    wanted = {
        name: Resource(name, Origin(serves=name == "there"), Wanted(("file.txt",)))
        for name in ("there", "gone")
    }
    for _ in range(2):
        found = dict(canary.unreachable(wanted))
        assert found["there"] == ""
        assert "404 Not Found" in found["gone"]
    assert os.environ["TEXTLIB_CACHE"] == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_recipe_and_all_weights_are_among_the_origins():
    found = canary.resources()
    assert len(found) > 20
    assert all(key == each.key for key, each in found.items())
