"""``textlib data`` on the command line."""

import pytest
from click.testing import CliRunner

from tests.datasets.conftest import card, open_numbers, url_recipe
from textlib import command, datasets
from textlib.command import data
from textlib.datasets import registry
from textlib.fetching import download

BODY = b"3 1 4"


@pytest.fixture
def run(cache, server, monkeypatch):
    """Run the command over a catalog of two small sets, one of which has no server."""
    monkeypatch.setattr(download, "PAUSE", 0.0)
    good = url_recipe("good", server.serve("good.txt", BODY), BODY)
    dead = url_recipe("dead", "http://127.0.0.1:9/x.txt", BODY)
    catalog = {
        "good": registry.Spec(card("good"), open_numbers, (good,)),
        "dead": registry.Spec(card("dead", offline=False), open_numbers, (dead,)),
        "made": registry.Spec(card("made"), lambda info: None),
    }
    monkeypatch.setattr(registry, "specs", lambda: catalog)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(data, arguments, catch_exceptions=False)


def test_the_list_shows_what_is_cached(run):
    def shown():
        return {line.split()[0]: line.split()[-2] for line in run("list").output.splitlines()[1:]}

    assert shown() == {"good": "no", "dead": "no", "made": "code"}
    run("fetch", "good")
    assert shown()["good"] == "yes"


@pytest.fixture
def on_terminal(monkeypatch):
    """Run the command over the whole catalog on a terminal of a given width."""

    def invoke(width, *arguments):
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(command, "_isatty", lambda: True)
        return CliRunner().invoke(data, arguments, catch_exceptions=False).output

    return invoke


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_shows_whole_names_and_one_line_for_each(on_terminal, width):
    lines = on_terminal(width, "list").splitlines()
    assert [line.split()[0] for line in lines] == ["name", *datasets.names()]
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("arguments", [["list"], ["list", "-v"], ["describe", "mnist", "weather"]])
def test_a_pipe_gets_every_text_whole_and_on_one_line(arguments):
    output = CliRunner(env={"COLUMNS": "40"}).invoke(data, arguments).output
    for name in datasets.names()[: 2 if arguments[0] == "describe" else None]:
        card = datasets.describe({"fashion_mnist": "weather"}.get(name, name))
        assert card.title in output
        assert "-v" not in arguments or card.citation in output


def test_a_card_tells_everything_and_the_options(on_terminal):
    card = datasets.describe("weather")
    text = " ".join(on_terminal(60, "describe", "weather").split())
    for fact in (card.summary, card.license, card.citation, card.notes, card.stands_for):
        assert fact in text
    assert "options form, num_words, length" in " ".join(
        on_terminal(80, "describe", "imdb").split()
    )


def test_an_unknown_name_is_described_by_the_nearest(run):
    result = run("describe", "goood")
    assert result.exit_code == 1
    assert "did you mean 'good'" in result.output


def test_fetching_everything_leaves_out_what_only_an_address_serves(run, server):
    result = run("fetch", "--all")
    assert result.exit_code == 0
    assert "good: ready" in result.output
    assert "dead" not in result.output
    assert len(server.files["good.txt"].requests) == 1


def test_a_failed_fetch_goes_on_with_the_others_and_fails_at_the_end(run):
    result = run("fetch", "dead", "good")
    assert result.exit_code == 1
    assert "good: ready" in result.output
    assert "no server listens" in result.output
    assert "1 of 2 failed: dead" in result.output


def test_an_unknown_name_is_refused_before_anything_is_fetched(run, server):
    result = run("fetch", "good", "goood")
    assert result.exit_code == 1
    assert "did you mean 'good'" in result.output
    assert not server.files["good.txt"].requests


def test_fetch_without_names_says_what_to_do(run):
    result = run("fetch")
    assert result.exit_code == 2
    assert "--all" in result.output


def test_verify_finds_and_removes_a_changed_byte(run, cache):
    run("fetch", "good")
    assert "good: good" in run("verify").output
    path = cache / "good-1" / "x.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    result = run("verify")
    assert result.exit_code == 1
    assert "damaged (changed: x)" in result.output
    assert not path.exists()
    assert run("fetch", "good").exit_code == 0
    assert run("verify", "good").exit_code == 0


def test_verify_names_a_set_that_is_not_there(run):
    result = run("verify", "good")
    assert result.exit_code == 1
    assert "not in the cache" in result.output
    assert run("verify").exit_code == 0
