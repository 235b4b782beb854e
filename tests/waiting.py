"""How tests wait: for a condition, and so long that only what never comes is missed."""

import time

#: Seconds. No test waits so long, on however slow a machine, unless something is broken.
PATIENCE = 600


def wait_for(condition):
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found
