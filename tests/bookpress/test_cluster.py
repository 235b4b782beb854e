"""The same pages on a Dask cluster."""

import socket
import time

import distributed
import psutil
import pytest

from bookpress import plan, running
from bookpress.cluster import ClusterError, connected, run_on_worker
from bookpress.running import RunOptions
from tests.waiting import PATIENCE


@pytest.mark.slow
def test_pages_run_on_a_cluster_of_two_workers_and_are_kept(fixture_book):
    fixture_book.page("part/bad", "1 / 0")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        done = fixture_book.press(
            "build", "--no-publish", "--dask", cluster.scheduler_address, "--jobs", "2"
        )
    assert done.returncode == 1
    assert "FAILED part/bad: ZeroDivisionError" in done.stdout
    assert "] done   part/one" in done.stdout
    assert "] done   part/two" in done.stdout
    status = fixture_book.press("status").stdout
    assert "fresh  part/one" in status
    assert "fresh  part/two" in status


@pytest.mark.slow
def test_an_address_where_nothing_answers_is_one_clear_error(monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.setattr("bookpress.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match="no Dask scheduler answers"), connected(address):
        pass


@pytest.mark.slow
def test_a_page_that_is_taken_back_stops_on_its_worker_too(fixture_book):
    fixture_book.page("part/slow", "import time\nopen('started', 'w').close()\ntime.sleep(3600)")
    book = fixture_book.book
    (task,) = running.tasks(
        book, plan.make(book, book.select(("part/slow",))), RunOptions(), jobs=1
    )
    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, protocol="tcp://", dashboard_address=None,
            host="127.0.0.1",
        ) as local,
        connected(local.scheduler_address) as cluster,
    ):  # fmt: skip
        future = cluster.submit(run_on_worker, task)
        while not (fixture_book.root / "book/part/started").exists():
            assert not future.done(), future.result()
            time.sleep(0.1)
        children = psutil.Process().children(recursive=True)
        kernels = [child for child in children if "ipykernel_launcher" in child.cmdline()]
        assert kernels
        future.cancel()
        _, alive = psutil.wait_procs(kernels, timeout=PATIENCE)
        assert not alive
