"""Ctrl-C ends the npgan command in one line, also while Python still imports NumPy or is about to leave.

In any other process that imports npgan, signals are left alone.
"""

import _signal as signal  # the part of it that is there at once
import os
import sys


def is_the_command():
    """Was this process started as `npgan`, or as `python -m npgan`?"""
    if sys.argv[:1] == ["-m"]:  # Python is still looking for the module
        return sys.orig_argv[-len(sys.argv)] in ("npgan", "-mnpgan")
    return os.path.basename("".join(sys.argv[:1])) in ("npgan", "npgan.exe")


def leave(number, frame):
    """End the process at once, wherever it is."""
    try:
        os.write(2, b"npgan: error: interrupted\n")
    finally:
        os._exit(130)


def noticed(unraisable):
    """Python goes on after a Ctrl-C that hits it while it clears something away: not so the command."""
    if unraisable.exc_type is KeyboardInterrupt:
        leave(None, None)
    sys.__unraisablehook__(unraisable)


class Raised:
    """A context in which Ctrl-C raises KeyboardInterrupt, as usual."""

    def __enter__(self):
        self.ours = signal.getsignal(signal.SIGINT) is leave
        if self.ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def __exit__(self, *_):
        if self.ours:
            signal.signal(signal.SIGINT, leave)


if is_the_command() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    try:
        signal.signal(signal.SIGINT, leave)
        sys.unraisablehook = noticed
    except ValueError:  # not the main thread
        pass
