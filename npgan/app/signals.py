"""Ctrl-C ends a training after its step: the first one is noted, a second one interrupts."""

import signal
from contextlib import contextmanager


@contextmanager
def stop_signals():
    """A list that becomes non-empty at the first Ctrl-C (or SIGTERM), so that a loop can end its step.

    A second one interrupts at once, as usual. Outside the main thread signals are left alone.
    """
    stopped, old = [], {}

    def note(number, frame):
        stopped.append(number)
        for number, handler in old.items():
            signal.signal(number, handler)

    try:
        for number in signal.SIGINT, signal.SIGTERM:
            old[number] = signal.signal(number, note)
    except ValueError:  # not the main thread
        pass
    try:
        yield stopped
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
