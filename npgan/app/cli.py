"""The command line: parse, call, print. `npgan --help` lists the commands."""

import argparse
import sys

from npgan import __version__
from npgan.app.commands import COMMANDS


def main(argv=None):
    """Run one command; return its exit code: 0, 1 (a check failed, a run diverged), 2 (bad input)."""
    args = parser().parse_args(argv)
    try:
        return args.run(args)
    except KeyboardInterrupt:
        return complain("interrupted", 130)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return complain(f"{place}{error.strerror or error}", 2)
    except ValueError as error:
        return complain(error, 2)
    except MemoryError as error:
        return complain(f"not enough memory: {str(error) or 'try smaller numbers'}", 2)


def complain(message, code):
    print(f"npgan: error: {message}", file=sys.stderr)
    return code


def parser():
    about = "Generative adversarial nets from scratch in NumPy."
    top = argparse.ArgumentParser(prog="npgan", description=about)
    top.add_argument("--version", action="version", version=f"npgan {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return top
