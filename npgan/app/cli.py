"""The command line: parse, call, print. `npgan --help` lists the commands."""

import argparse

from npgan import __version__, require
from npgan.app.commands import COMMANDS
from npgan.app.commands.options import flag, largest
from npgan.app.console import complain, output


def main(argv=None):
    """Run one command; return its exit code: 0, 1 (a check failed, a run diverged), 2 (bad input, or output
    that cannot be written), 130 (interrupted), 141 (nobody reads on)."""
    args = argparse.Namespace()
    try:
        with output():
            parser().parse_args(argv, args)
            check_given(args)
            return args.run(args)
    except KeyboardInterrupt:
        return fail("interrupted", 130)
    except BrokenPipeError:
        return 141
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return fail(f"{place}{error.strerror or error}", 2)
    except ValueError as error:
        return fail(error, 2)
    except RecursionError:
        return fail("more folders in folders, or brackets in brackets, than Python can follow", 2)
    except (MemoryError, OverflowError) as error:
        return fail(f"not enough memory: {str(error) or 'try smaller numbers'}{largest(args)}", 2)


def check_given(args):
    """ValueError for an option that got nothing, as --out=-- does in some versions of Python."""
    for key, value in vars(args).items():
        if value == []:
            raise ValueError(f"{flag(key)} got no value")


def fail(message, code):
    complain(f"error: {message}")
    return code


class Parser(argparse.ArgumentParser):
    """One that repeats a long or many-lined argument in one short line."""

    def error(self, message):
        super().error(require.one_line(message))


def parser():
    about = "Generative adversarial nets from scratch in NumPy."
    top = Parser(prog="npgan", description=about)
    top.add_argument("--version", action="version", version=f"npgan {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return top
