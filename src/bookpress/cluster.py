"""Run pages on a Dask cluster, through the same interface as on this machine.

The workers need the book's folder at the same path (a shared file system) and the same Python
environment. Dask is optional: ``pip install 'textlib[dask]'``.
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
        If Dask is not installed, or nothing answers at the address.
    """
    try:
        from distributed import Client

        client = Client(address, timeout=CONNECT_SECONDS)
    except ImportError as error:
        raise ClusterError("Dask is not installed: pip install 'textlib[dask]'.") from error
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(f"no Dask scheduler answers at {address!r}: {error}") from error
    with client:
        executor = client.get_executor(pure=False, retries=1)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)


def run_on_worker(task: Task) -> Outcome:
    """Run a page on a worker; it stops when the scheduler takes it back."""
    return run_page(task, Watch(stop=_Cancellation()))


class _Cancellation:
    """Whether a task is no longer wanted, as its worker sees it.

    That is so when whoever asked for it cancels it or is gone, and when the worker closes.
    """

    def __init__(self) -> None:
        from distributed import get_worker

        self._worker = get_worker()
        self._key = self._worker.get_current_task()

    def is_set(self) -> bool:
        """Whether to stop."""
        task = self._worker.state.tasks.get(self._key)
        closing = self._worker.status.name not in ("init", "running", "paused")
        return closing or task is None or task.state == "cancelled"
