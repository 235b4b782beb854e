"""Shared fixtures: every test gets its own run store, and none sees the user's."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
from hypothesis import HealthCheck, settings
from IPython.core.interactiveshell import InteractiveShell

from tests.web import cache, server  # noqa: F401

# A busy machine is slow, not wrong: examples have no time limit.
settings.register_profile("book", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("book")


@pytest.fixture(autouse=True)
def own_run_store(tmp_path_factory, monkeypatch):
    """Give each test an empty run store and the default scale and seeds."""
    folder = tmp_path_factory.mktemp("runs")
    monkeypatch.setenv("TEXTLIB_RUNS", str(folder))
    monkeypatch.delenv("TEXTLIB_SCALE", raising=False)
    monkeypatch.delenv("TEXTLIB_SEED_OFFSET", raising=False)
    return folder


@pytest.fixture
def notebook():
    """Give an IPython session, as a notebook cell would see it."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()
