"""What the command says: results on standard output, and what went wrong in one line on standard error."""

import sys
from contextlib import contextmanager, redirect_stdout, suppress

from npgan import require
from npgan.files import about


class Output:
    """Standard output, whose errors say that it is standard output, and are not forgotten before the end."""

    def __init__(self, stream):
        self.stream, self.error = stream, None

    def write(self, text):
        try:
            with about("standard output"):
                return self.stream.write(text)
        except OSError as error:
            self.error = error  # argparse would take no notice of it
            raise

    def flush(self):
        if self.error:
            raise self.error
        with about("standard output"):
            self.stream.flush()

    def __getattr__(self, name):
        return getattr(self.stream, name)


@contextmanager
def output():
    """A context at the end of which everything that was printed has been written, or an OSError comes out."""
    with redirect_stdout(Output(sys.stdout)):
        try:
            yield
        finally:
            sys.stdout.flush()


def complain(message):
    """One line on standard error, if there is somebody to read it."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"npgan: {require.one_line(message)}", file=sys.stderr, flush=True)
