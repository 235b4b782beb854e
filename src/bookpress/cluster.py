"""Run pages on a Dask cluster, through the same interface as on this machine.

The workers need the book's folder at the same path (a shared file system) and the same Python
environment.
"""

import concurrent.futures
import contextlib
from collections.abc import Iterator

from bookpress.book import BookError
from bookpress.execute import Outcome, Task, Watch, run_page

CONNECT_SECONDS = 10


class ClusterError(BookError):
    """The Dask cluster cannot be used."""


@contextlib.contextmanager
def connected(address: str) -> Iterator[concurrent.futures.Executor]:
    """Give an executor over a Dask cluster; what waits is canceled at the end, the cluster stays.

    Parameters
    ----------
    address
        Address of the scheduler, such as ``tcp://10.0.0.5:8786``.

    Raises
    ------
    ClusterError
        If nothing answers at the address.
    """
    from distributed import Client  # takes a second to import

    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(f"no Dask scheduler answers at {address!r}: {error}") from error
    with client:
        executor = client.get_executor(pure=False, retries=1)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)


def run_on_worker(task: Task) -> Outcome:
    """Run a page on a worker, until whoever asked takes it back or is gone, or it closes."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def is_taken_back() -> bool:
        known = worker.state.tasks.get(key)
        closing = worker.status.name not in ("init", "running", "paused")
        return closing or known is None or known.state == "cancelled"

    return run_page(task, Watch(stops=is_taken_back))
