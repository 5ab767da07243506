"""The controls: what can be set while a session goes on, the values each can take, and what it does."""

from dataclasses import dataclass
from typing import Any

from npgan import models
from npgan.app.demos import DEMOS
from npgan.latent import LATENTS
from npgan.optim import OPTIMISERS
from npgan.training import ORDERS

RATES = [m * 10**e for e in range(-5, 0) for m in (1, 2, 5)]
WIDTHS = [4, 8, 16, 32, 64, 128, 256, 512, 1024]
SPEEDS = ["stages", 1, 2, 5, 10, 20, 50]  # steps a frame; or one step in stages
NOBODY = "nobody"


@dataclass
class Control:
    """name: as --hide has it. label: what stands on the screen. values(session): what it can be. get(session):
    what it is. settings(session, value): what `Session.change` is told."""

    name: str
    label: str
    values: Any
    get: Any = None
    settings: Any = None

    def __post_init__(self):
        self.get = self.get or (lambda session: session.config[self.name])
        self.settings = self.settings or (lambda session, value: {self.name: value})

    def after(self, session, way):
        """The value after (way 1) or before (-1) the one that it has; the same at an end of a row of numbers,
        the other end's for words."""
        values, now = list(self.values(session)), self.get(session)
        if now not in values and all(isinstance(value, (int, float)) for value in [*values, now]):
            values = sorted([*values, now])
        if now not in values:
            values = [now, *values]
        i = values.index(now) + way
        return values[i % len(values)] if isinstance(now, str) else values[min(max(i, 0), len(values) - 1)]


def games_of(session):
    """The games that the variant can play."""
    recipe = models.RECIPES[session.config["variant"]]
    return ([recipe.game.name] if recipe.game else []) + list(recipe.others)


def width(session):
    """The one width of all hidden layers, or that of G's first."""
    return session.config["g_hidden"][0]


def all_widths(session, value):
    return {name: [value] * len(session.config[name]) for name in ("g_hidden", "d_hidden")}


def data_sets(session):
    return [*DEMOS, *([] if session.config["demo"] in DEMOS else [session.config["demo"]])]


CONTROLS = [
    Control("data", "data", data_sets, lambda s: s.config["demo"], lambda s, name: {"demo": name}),
    Control("variant", "variant", lambda s: s.demo.variants),
    Control("game", "game", games_of),
    Control("order", "order", lambda s: list(ORDERS)),
    Control("k", "k: D steps", lambda s: range(1, 11), lambda s: s.config["d_steps"],
            lambda s, k: {"d_steps": k}),
    Control("freeze", "does not move", lambda s: [NOBODY, "D", "G"], lambda s: s.frozen or NOBODY,
            lambda s, who: {"freeze": None if who == NOBODY else who}),
    Control("lr", "rate of G", lambda s: RATES),
    Control("d_lr", "rate of D", lambda s: RATES),
    Control("optimiser", "optimiser", lambda s: list(OPTIMISERS)),
    Control("latent", "law of z", lambda s: list(LATENTS)),
    Control("n_z", "size of z", lambda s: [1, 2, 3, 5, 10, 20, 50, 100]),
    Control("width", "width", lambda s: WIDTHS, width, all_widths),
    Control("average", "average of G", lambda s: [0, 0.9, 0.99, 0.999], lambda s: s.config["average"] or 0,
            lambda s, decay: {"average": decay or None}),
]  # fmt: skip


def told(value):
    """A value as the screen says it."""
    if value == 0:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
