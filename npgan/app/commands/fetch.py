"""npgan fetch: download a data set, once."""

from npgan import digits, require
from npgan.app.commands.options import add_data


def add(commands):
    command = commands.add_parser("fetch", help="download a data set, once")
    command.add_argument("data_set", choices=["mnist"], help="which")
    add_data(command)
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.set_defaults(run=run)


def run(args):
    for path, url in digits.fetch(args.data, quiet=args.quiet):
        print(f"{require.one_line(path)}: {f'from {url}' if url else 'already there'}")
    return 0
