"""A story is a recording with a point: one session, or two with the same seed, and what happens to them.

STORIES = {name: story(seed, frames)}. Every number that is told is computed from the sessions when it is told.
"""

import math
from dataclasses import dataclass

import numpy as np

from npgan import gradcheck, metrics, theory
from npgan.app.demos import DEMOS
from npgan.app.demos.own import OwnDemo
from npgan.app.live.record import Act, Recording, shown
from npgan.app.live.session import Session
from npgan.app.live.views import pushes
from npgan.gan import GAN


@dataclass
class Story:
    """sessions: {name: Session}, one without a name or two. acts: what is done. opening: said at first."""

    title: str
    about: str
    sessions: dict
    acts: list
    opening: str

    def recording(self, command):
        settings = {name: dict(session.config) for name, session in self.sessions.items()}
        return Recording(self.title, self.about, shown(self.sessions), settings, command)


def new(name, variant="gan", **settings):
    return Session({"demo": name} | DEMOS[name].settings_of(variant) | settings)


def share(frames, *parts):
    """The frames shared out to acts in these proportions, at least 2 for each."""
    return [max(2, round((frames - 1) * part / sum(parts))) for part in parts]


# --- numbers ---


def w1(session):
    return f"W1 {session.measure().get('w1', math.nan):.2f}"


def push(session):
    """The mean length of -dL/dx over the samples that are followed."""
    return float(np.linalg.norm(pushes(session.gan, session.fixed_z)[1], axis=1).mean())


def V(session, n=50):
    """The mean of V over the last n steps."""
    return float(np.mean([record.V for record in session.history[-n:]]))


def from_best(session):
    """How far D is from D*: the mean of |D - D*| over as many data as samples of G."""
    x = np.linspace(-8, 16, 601)
    fake = session.gan.sample(2000, rng=np.random.default_rng(1), raw=True)
    p, q = session.data.pdf(x), metrics.kernel_density(fake, x)
    D = session.gan.probability(x[:, None])
    return float(np.trapezoid(np.abs(D - theory.optimal_d(p, q)) * (p + q) / 2, x))


def crowd(session):
    """(the share of G's samples that the fullest mode has, how many modes have more than 5 %)"""
    x = session.gan.sample(1000, rng=np.random.default_rng(1))
    nearest = np.linalg.norm(x[:, None] - session.data.means, axis=2).argmin(axis=1)
    shares = np.bincount(nearest, minlength=len(session.data.means)) / len(x)
    return float(shares.max()), int((shares > 0.05).sum())


# --- the stories ---


def figure_1(seed, frames):
    session, n = new("gaussian", seed=seed, steps=6000, average=None, anneal=True), share(frames, 3, 3, 3, 4, 4)
    start = from_best(session)

    def closer(session):
        return f"(b) D has learned: its distance from D* fell from {start:.2f} to {from_best(session):.3f}."

    def moved(session):
        return f"(c) G has moved its samples along the arrows, to where D is higher: now {w1(session)} away."

    def going(session):
        return f"One D step, one G step, in turn: {w1(session)}, and D is {from_best(session):.2f} from D*."

    def met(session):
        x = session.data.sample(10_000, rng=np.random.default_rng(2))
        away = float(np.abs(session.gan.probability(x) - 0.5).mean())
        return f"(d) p_g is {w1(session)} from p_data; on the data D is {away:.2f} from 1/2, on average."

    acts = [
        Act("d_step", 400, n[0], closer, "D alone learns; G stands still."),
        Act("g_step", 150, n[1], moved, "G alone moves; D stands still."),
        Act("advance", 150, n[2], going, "Now both learn in turn."),
        Act("advance", 1200, n[3], going), Act("advance", 4500, n[4], met),
    ]  # fmt: skip
    opening = f"(a) Samples are {w1(session)} from the data; D (green) is {start:.2f} from D* (grey)."
    about = "Figure 1 of the paper: D approaches D* = p_data / (p_data + p_g), G follows D, and both meet."
    return Story("Figure 1: D learns, G follows", about, {"": session}, acts, opening)


def mode_collapse(seed, frames):
    settings = {
        "seed": seed, "steps": 1000, "batch": 64, "lr": 4e-3, "beta1": 0.5, "anneal": False, "average": None,
        "g_hidden": [32, 32], "d_hidden": [32, 32],
    }  # fmt: skip
    sessions = {
        "slow D": new("ring", d_lr=5e-4, **settings), "D as fast as G": new("ring", d_lr=4e-3, **settings),
    }  # fmt: skip

    def told(*both):
        (most, modes), (even, others) = map(crowd, both)
        left = f"Left {most:.0%} of the samples are nearest to the same mode ({modes} of 8 have over 5%)"
        return f"{left}; right {even:.0%} ({others} of 8)."

    n = share(frames, 3, 3, 3, 6)
    acts = [Act("advance", steps, frames, told) for steps, frames in zip((50, 100, 150, 700), n, strict=True)]
    opening = "The same start, but for D's learning rate: left it is an eighth of the one on the right."
    about = "A D that learns slowly is out of date: G goes where it was wrong, all of it, and hops on."
    return Story("Mode collapse: a G that hops from mode to mode", about, sessions, acts, opening)


def pushed(left, right):
    words = " and ".join(f"{record.d_fake:.3f}" for record in (left.pending, right.pending))
    return (
        f"D says {words} of the fakes. The arrows are {push(left):.3f} long on the left, on average, and "
        f"{push(right):.2f} on the right."
    )


def apart(left, right):
    return f"After {left.step} steps: left {w1(left)} from the data, right {w1(right)}."


def saturation(seed, frames):
    settings = {"seed": seed, "average": None, "optimiser": "SGD", "lr": 5e-3, "d_lr": 5e-2, "d_steps": 5}
    games = {"minimax: log(1 - D)": "minimax", "non-saturating: -log D": "non_saturating"}
    sessions = {name: new("gaussian", game=game, **settings) for name, game in games.items()}
    n = share(frames, 3, 4, 3)
    acts = [
        Act("d_step", 2000, n[0], pushed, "D alone learns, the same on both sides."),
        Act("advance", 100, n[1], apart, "Now G moves, too, by plain gradient descent: once in 5 D steps."),
        Act("advance", 300, n[2], apart),
    ]  # fmt: skip
    opening = f"The same start; G's samples are {w1(sessions['minimax: log(1 - D)'])} from the data."
    about = "Section 3 of the paper: a D that is sure leaves a minimax G without a gradient; -log D does not."
    return Story("Saturation: what a sure D tells G", about, sessions, acts, opening)


def disjoint(seed, frames):
    rows = np.random.default_rng([seed, 3]).normal(6, 0.3, (2000, 1))
    usual, settings = OwnDemo("N(6, 0.3^2)", rows), {"seed": seed, "average": None, "d_steps": 5}

    def one(variant, **more):
        return Session({"demo": usual.name} | usual.settings_of(variant) | settings | more, rows)

    sessions = {"GAN, minimax": one("gan", game="minimax"), "WGAN-GP": one("wgan-gp", weight=10.0)}

    def told(left, right):
        sure = f"Left D says {left.pending.d_real:.3f} of real ones and {left.pending.d_fake:.3f} of fakes"
        way = f"the critic's slope pulls with {push(right):.2f}"
        return f"{sure}, and its arrows are {push(left):.3f} long; right {way}."

    n = share(frames, 3, 4, 4)
    acts = [
        Act("d_step", 300, n[0], told, "D alone learns, left a D, right a critic."),
        Act("advance", 250, n[1], apart, "Now G moves, too; D or critic takes five steps to its one."),
        Act("advance", 250, n[2], apart),
    ]
    opening = f"Data at 6, fakes elsewhere: {w1(sessions['WGAN-GP'])}, on both sides."
    about = "Where p_g and p_data do not meet, the best D is flat and says nothing; a critic leads G on."
    return Story("Disjoint supports: a perfect D says nothing", about, sessions, acts, opening)


def wgan_vs_gan(seed, frames):
    settings = {"seed": seed, "steps": 3000, "average": None, "anneal": True, "d_steps": 5}
    wgan = new("gaussian", "wgan-gp", weight=1.0, **settings)
    sessions = {"GAN": new("gaussian", **settings), "WGAN-GP": wgan}

    def told(*both):
        left, right = (f"V {V(one, 20):.2f} at {w1(one)}" for one in both)
        return f"Left {left}; right {right}, after {both[0].step:,} steps."

    n = share(frames, 3, 4, 3, 3)
    acts = [Act("advance", steps, frames, told) for steps, frames in zip((100, 300, 600, 2000), n, strict=True)]
    opening = f"The same nets, start and rates; only the loss differs. {w1(wgan)} from the data."
    about = "A GAN's V is at most 0, however far p_g is from p_data; a critic's V grows with the distance."
    return Story("WGAN-GP beside a plain GAN", about, sessions, acts, opening)


class OneCache(GAN):
    """What many scripts do, for this story alone. Wrong: going back, D's layers remember the fakes alone."""

    def V_gradient(self, x, fake):
        self.a_real, self.a_fake = self.D.forward(x), self.D.forward(fake)
        V, da = self.game.discriminator(self.a_real, self.a_fake)
        self.D.backward(da[: len(x)], inputs=False)
        real_part = self.D.grad.copy()
        self.D.backward(da[len(x) :], inputs=False)
        self.D.grad = self.D.grad + real_part
        return V


def wrong_gradient(seed, frames):
    right, wrong = (new("gaussian", seed=seed, steps=2000, average=None) for _ in range(2))
    gan = wrong.gan
    parts = {"game": gan.game, "latent": gan.latent}
    wrong.gan = wrong.training.gan = OneCache(gan.G, gan.D, gan.opt_g, gan.opt_d, **parts)

    def told(*both):
        left, right = (f"V {V(one):.3f}, {w1(one)} from the data" for one in both)
        return f"Left {left}; right {right}. At equilibrium V is -log 4 = -1.386."

    def judged(*both):
        rng = np.random.default_rng(seed)
        x, z = wrong.data.sample(8, rng=rng), wrong.gan.noise(8, rng=rng)
        left, right = (gradcheck.check_discriminator_step(one.gan, x, z).error for one in both)
        return f"{told(*both)} Finite differences tell: error {left:.0e} left, {right:.0e} right."

    n = share(frames, 3, 3, 4)
    said = (100, n[0], told), (400, n[1], told), (1500, n[2], judged)
    acts = [Act("advance", *some) for some in said]
    opening = "The same start. Right, D goes back for real and fake after two forwards; layers remember one."
    about = "The one-cache bug, which six of ten public NumPy GANs have: V looks well, G misses the data."
    sessions = {"right gradient": right, "one-cache bug": wrong}
    return Story("A wrong gradient that looks right", about, sessions, acts, opening)


STORIES = {
    "figure-1": figure_1, "mode-collapse": mode_collapse, "saturation": saturation, "disjoint": disjoint,
    "wgan-vs-gan": wgan_vs_gan, "wrong-gradient": wrong_gradient,
}  # fmt: skip
