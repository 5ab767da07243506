"""The commands: each is a module with add(commands), which says what it takes, and run(args), which does it."""

from npgan.app.commands import fetch, gradcheck, lessons, play, record, sample, score, train

COMMANDS = train, play, record, sample, score, gradcheck, lessons, fetch
