"""The command as a process: its streams, Ctrl-C, its exit code. `python -m npgan` is the same as `npgan`."""

import os
import sys

from npgan import interrupts
from npgan.app import cli


def main():
    """Run the command; return its exit code."""
    os.environ["MPLBACKEND"] = "agg"  # pictures are saved, never shown
    open_streams()
    try:
        with interrupts.Raised():
            return cli.main()
    except KeyboardInterrupt:
        return cli.fail("interrupted", 130)
    finally:
        close_streams()


def open_streams():
    """A closed stream leads nowhere, and no file gets its number, so that nothing is printed into that."""
    for name, mode in ("stdin", "r"), ("stdout", "w"), ("stderr", "w"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # takes the lowest number that is free
    sys.stdout.reconfigure(errors="backslashreplace")  # a name may hold what it cannot encode


def close_streams():
    """Write out what is left, and where that fails let Python not complain of it once more at its end."""
    for stream in sys.stdout, sys.stderr:
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())
