"""Training is a loop that yields one small record per step; what to do with it is the reader's.

for record in train(gan, data, steps=2000, batch=128, rng=rng):
    if record.step % 500 == 0:
        print(record)
"""

from typing import NamedTuple

from npgan import require
from npgan.distributions import distribution
from npgan.games import Diverged
from npgan.machine import keep_memory


class Record(NamedTuple):
    """One step of training, measured before its moves; means over the batch.

    V: what D maximised, in the unit of the game (nats). loss: what G minimised. d_real, d_fake: D(x)
    and D(G(z)), as the game reads them.
    """

    step: int
    V: float
    loss: float
    d_real: float
    d_fake: float

    def __str__(self):
        return (
            f"step {self.step:5d}   V {self.V:+.4f}   loss of G {self.loss:+.4f}   "
            f"D(x) {self.d_real:.3f}   D(G(z)) {self.d_fake:.3f}"
        )


# An order is one step of the game: real() and noise() draw a fresh x and z, k counts D's moves.


def d_first(gan, real, noise, k):
    for _ in range(k):
        V = gan.discriminator_step(real(), noise())
    return V, gan.generator_step(noise())


def g_first(gan, real, noise, k):
    loss = gan.generator_step(noise())
    for _ in range(k):
        V = gan.discriminator_step(real(), noise())
    return V, loss


def simultaneous(gan, real, noise, k):
    return gan.simultaneous_step(real(), noise(), noise())


def one_noise(gan, real, noise, k):
    return gan.one_noise_step(real(), noise())


ORDERS = {order.__name__: order for order in (d_first, g_first, simultaneous, one_noise)}


def train(
    gan, data, *, steps, batch, rng,
    d_steps=1, order="d_first", average=None, anneal=False, start=0,
):  # fmt: skip
    """Play the game: yield a Record after each of the steps start + 1 ... steps.

    data: a distribution (anything with sample(n, rng=) and d), or a table of finite numbers (n, d), whose
    rows are then visited in random order, each once per epoch. batch: real samples, and as
    many fakes, per update. d_steps: ascents of D per descent of G, the k of Algorithm 1, each with
    fresh x and z. order: "d_first" as in the paper; "g_first"; "simultaneous", where both
    gradients are taken before either moves; "one_noise", where G descends on the noise that D has just
    seen, as in many scripts: G runs forward once, and a step is a tenth faster. average: the decay
    (say 0.999) of a running average of G's parameters, which `gan.sample` then uses; None ends an average
    of earlier training, which would fall behind G. anneal: let the learning rates fall linearly to 0 over
    the steps. start: the steps already behind a resumed gan.

    ValueError for settings that make no sense, at once, and for data that give anything but batch rows of
    finite numbers; Diverged, naming the step, when V or the loss is no longer finite: both before the
    update that would spoil theta. Goodfellow et al. 2014, Algorithm 1.
    """
    require.generator(rng)
    steps, start = require.count("steps", steps), require.count("start", start, least=0)
    batch = require.count("batch", batch, least=getattr(gan, "least_batch", 1))
    d_steps = require.count("d_steps", d_steps)
    play, anneal = ORDERS[require.choice("order", order, ORDERS)], require.flag("anneal", anneal)
    if order in ("simultaneous", "one_noise") and d_steps > 1:
        more = "d_first and g_first can have more"
        raise ValueError(f"the order {order!r} has one D step per G step, got d_steps={d_steps}; {more}")
    if average is not None:
        require.number("average", average, 0, 1)
    data, dtype = distribution(data), gan.D.dtype
    if data.d != gan.D.n_in:
        labels = ", those of the label among them" if getattr(gan, "labelled", False) else ""
        raise ValueError(f"data has {data.d} columns, but D takes {gan.D.n_in}{labels}")
    keep_memory()

    def real():
        return require.drawn(data, data.sample(batch, rng=rng), (batch, data.d), dtype)

    def noise():
        return gan.noise(batch, rng=rng)

    def loop():
        try:
            for step in range(start + 1, steps + 1):
                if anneal:
                    gan.set_rate(1 - (step - 1) / steps)
                try:
                    V, loss = play(gan, real, noise, d_steps)
                except Diverged as error:
                    raise Diverged(f"step {step}: {error}") from None
                if average is None:
                    gan.average = None
                else:
                    gan.update_average(average, step)
                yield Record(step, V, loss, *gan.judged())
        finally:
            if anneal:
                gan.set_rate(1.0)

    return loop()
