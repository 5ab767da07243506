"""The commands: each is a module with add(commands), which says what it takes, and run(args), which does it."""

from npgan.app.commands import fetch, gradcheck, lessons, sample, score, train

COMMANDS = train, sample, score, gradcheck, lessons, fetch
