"""The same weights, batches and Adam in PyTorch end at the same theta: an independent autograd agrees.

Skipped where PyTorch is not installed.
"""

import copy
import math
import re
from pathlib import Path

import numpy as np
import pytest

from npgan import (
    GAN,
    SGD,
    Adam,
    Dense,
    Gaussian,
    LeakyReLU,
    Network,
    RMSProp,
    Sigmoid,
    Tanh,
    checkpoint,
    digits,
    games,
    models,
    train,
)
from npgan.classifier import Classifier, cross_entropy
from npgan.variants.conditional import Conditional
from npgan.variants.energy import AutoEncoder, Energy, PullingAway
from npgan.variants.improved import FeatureMatching, MinibatchDiscrimination, Smoothed, smoothed
from npgan.variants.regularised import R1, InstanceNoise
from npgan.variants.wasserstein import Clipped, GradientPenalty, Wasserstein

torch = pytest.importorskip("torch")


class Folded(torch.nn.Sequential):
    """An auto-encoder as an energy; the target is not detached."""

    def forward(self, x):
        return ((super().forward(x) - x) ** 2).mean(dim=1, keepdim=True)


class Comparing(torch.nn.Module):
    """Minibatch discrimination with one array (m, m, B, C); T lies as `state_dict` has it, (C, B, A)."""

    def __init__(self, shape):
        super().__init__()
        self.T = torch.nn.Parameter(torch.empty(shape[::-1]))

    def forward(self, x):
        M = torch.einsum("ia,cba->ibc", x, self.T)
        c = torch.exp(-(M[:, None] - M[None]).abs().sum(dim=3))  # (m, m, B)
        return torch.cat([x, c.sum(dim=1) - 1], dim=1)


def torch_net(net):
    """The same layers as a torch Sequential, with the same numbers."""
    make = {
        Dense: lambda layer: torch.nn.Linear(layer.n_in, layer.n_out),
        LeakyReLU: lambda layer: torch.nn.LeakyReLU(layer.slope),
        Tanh: lambda layer: torch.nn.Tanh(),
        Sigmoid: lambda layer: torch.nn.Sigmoid(),
        MinibatchDiscrimination: lambda layer: Comparing(layer.T.shape),
    }
    dtype = {np.dtype(np.float64): torch.float64, np.dtype(np.float32): torch.float32}[net.dtype]
    kind = Folded if isinstance(net, AutoEncoder) else torch.nn.Sequential
    other = kind(*(make[type(layer)](layer) for layer in net.layers)).to(dtype)
    other.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in checkpoint.state_dict(net).items()})
    return other


def theta_of(net, other):
    """The torch net's parameters in the order and layout of net.theta."""
    copied = copy.deepcopy(net)
    state = other.state_dict()
    for name, view in checkpoint.state_dict(copied).items():
        view[...] = state[name].numpy()
    return copied.theta


def torch_losses(game, D, x, fake):
    """(what D descends, what G descends), straight from the formulas, on logits."""
    F = torch.nn.functional
    a_real, a_fake = D(x), D(fake)
    if game is games.least_squares:
        return ((a_real - 1) ** 2).mean() / 2 + (a_fake**2).mean() / 2, ((a_fake - 1) ** 2).mean() / 2
    if isinstance(game, Energy):
        return a_real.mean() + F.relu(game.margin - a_fake).mean(), a_fake.mean()
    if isinstance(game, Wasserstein):
        return a_fake.mean() - a_real.mean(), -a_fake.mean()
    if isinstance(game, Smoothed):
        soft = torch.full_like(a_real, game.target)
        real = F.binary_cross_entropy_with_logits(a_real, soft)
        return real - F.logsigmoid(-a_fake).mean(), -F.logsigmoid(a_fake).mean()
    V = F.logsigmoid(a_real).mean() + F.logsigmoid(-a_fake).mean()
    return -V, F.logsigmoid(-a_fake).mean() if game is games.minimax else -F.logsigmoid(a_fake).mean()


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("game", [games.minimax, games.non_saturating, games.least_squares, smoothed])
def test_fifty_alternating_steps_end_at_the_same_theta(game, k):
    rng = np.random.default_rng(0)
    G = Network(Dense(3, 16), LeakyReLU(0.2), Dense(16, 16), Tanh(), Dense(16, 2), rng=rng)
    D = Network(Dense(2, 16), LeakyReLU(0.2), Dense(16, 16), Sigmoid(), Dense(16, 1), rng=rng)
    gan = GAN(G, D, Adam(G, lr=1e-3, betas=(0.5, 0.999)), Adam(D, lr=2e-3), game=game)
    tG, tD = torch_net(G), torch_net(D)
    opt_g = torch.optim.Adam(tG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(tD.parameters(), lr=2e-3, betas=(0.9, 0.999))
    start = G.theta.copy()
    for _ in range(50):
        for _ in range(k):
            x, z = 1 + rng.standard_normal((32, 2)), gan.noise(32, rng=rng)
            V = gan.discriminator_step(x, z)
            opt_d.zero_grad()
            loss, _ = torch_losses(game, tD, torch.from_numpy(x), tG(torch.from_numpy(z)).detach())
            loss.backward()
            opt_d.step()
            assert math.isclose(V, -loss.item(), rel_tol=1e-10)
        z = gan.noise(32, rng=rng)
        ours = gan.generator_step(z)
        opt_g.zero_grad()
        _, loss = torch_losses(game, tD, torch.from_numpy(x), tG(torch.from_numpy(z)))
        loss.backward()
        opt_g.step()
        assert math.isclose(ours, loss.item(), rel_tol=1e-10)
    for net, other in (G, tG), (D, tD):
        theirs = theta_of(net, other)
        assert np.linalg.norm(net.theta - theirs) <= 1e-10 * np.linalg.norm(theirs)
    assert np.linalg.norm(G.theta - start) > 1e-2


def slope(D, x):
    """grad_x of D's logits, row by row, as a graph that can be differentiated again."""
    x = x.detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return g


def torch_d_loss(gan, D, x, fake, z):
    """What D descends in a variant. z: all columns of our noise."""
    n_z, d = gan.G.n_in, gan.G.n_out
    if isinstance(gan, Conditional):
        x = torch.cat([x[:, :d], gan.loud * x[:, d:]], dim=1)
        fake = torch.cat([fake, gan.loud * z[:, 3:]], dim=1)
    if isinstance(gan, InstanceNoise):
        x, fake = x + gan.sigma * z[:, n_z + d :], fake + gan.sigma * z[:, n_z : n_z + d]
    loss, _ = torch_losses(gan.game, D, x, fake)
    if isinstance(gan, R1):
        loss = loss + gan.gamma / 2 * (slope(D, x) ** 2).sum(dim=1).mean()
    if isinstance(gan, GradientPenalty):
        norm = slope(D, z[:, n_z:] * x + (1 - z[:, n_z:]) * fake).norm(dim=1)
        loss = loss + gan.weight * ((norm - 1) ** 2).mean()
    return loss


def torch_g_loss(gan, D, x, fake, z):
    """What G descends in a variant. x: the real samples of D's latest step."""
    n_z, d = gan.G.n_in, gan.G.n_out
    if isinstance(gan, FeatureMatching):
        below = torch.nn.Sequential(*list(D)[: gan.layer + 1])
        return ((below(x).mean(dim=0) - below(fake).mean(dim=0)) ** 2).sum()
    if isinstance(gan, Conditional):
        fake = torch.cat([fake, gan.loud * z[:, 3:]], dim=1)
    if isinstance(gan, InstanceNoise):
        fake = fake + gan.sigma * z[:, n_z : n_z + d]
    _, loss = torch_losses(gan.game, D, x, fake)
    if isinstance(gan, PullingAway):
        u = torch.nn.functional.normalize(torch.nn.Sequential(*list(D)[: gan.D.code + 1])(fake), dim=1)
        cosine, m = u @ u.T, len(fake)
        loss = loss + gan.pull * ((cosine**2).sum() - (cosine.diagonal() ** 2).sum()) / (m * (m - 1))
    return loss


CASES = {  # variants of `npgan train`, and their settings, with the optimisers of both
    "smoothed": {}, "feature-matching": {}, "feature-matching, first layer": {"layer": 0},
    "minibatch": {"kernels": 4, "dims": 3}, "ebgan": {"margin": 0.3, "code": 3},
    "ebgan-pt": {"margin": 0.3, "code": 3, "pull": 0.5}, "wgan": {"clip": 0.05}, "wgan-gp": {"weight": 2.0},
    "r1": {"gamma": 0.5}, "instance-noise": {"sigma": 0.3}, "wgan-gp, non_saturating": {"weight": 2.0},
    "conditional": {"loud": 2.0},
}  # fmt: skip


@pytest.mark.parametrize("optimiser", ["Adam", "RMSProp"])
@pytest.mark.parametrize("case", CASES)
def test_fifty_steps_of_each_variant_end_at_the_same_theta(case, optimiser):
    """Two updates of D for one of G; penalties by double backward; curved and bent activations."""
    rng, (variant, *more) = np.random.default_rng(0), case.split(", ")
    game, k = "non_saturating" if "non_saturating" in more else None, 4 if variant == "conditional" else 0
    gan = models.pair(
        (3 + k, 12, 12, 2), (2 + k, 12, 12, 1), rng=rng, lr=1e-3, d_lr=2e-3, activation=Tanh, variant=variant,
        game=game, optimiser=optimiser, g_activation=lambda: LeakyReLU(0.2), **CASES[case],
    )  # fmt: skip
    tG, tD = torch_net(gan.G), torch_net(gan.D)
    kind = {"Adam": torch.optim.Adam, "RMSProp": torch.optim.RMSprop}[optimiser]
    opt_g, opt_d = kind(tG.parameters(), lr=1e-3), kind(tD.parameters(), lr=2e-3)
    start = gan.G.theta.copy()
    for _ in range(50):
        for _ in range(2):
            x, z = 1 + rng.standard_normal((16, 2)), gan.noise(16, rng=rng)
            if k:
                x = np.column_stack([x, np.eye(k)[rng.integers(k, size=16)]])
            V, tx, tz = gan.discriminator_step(x, z), torch.from_numpy(x), torch.from_numpy(z)
            opt_d.zero_grad()
            loss = torch_d_loss(gan, tD, tx, tG(tz[:, : gan.G.n_in]).detach(), tz)
            loss.backward()
            opt_d.step()
            if isinstance(gan, Clipped):
                for p in tD.parameters():
                    p.data.clamp_(-gan.clip, gan.clip)
            assert math.isclose(V, -loss.item(), rel_tol=1e-9, abs_tol=1e-11)
        z = gan.noise(16, rng=rng)
        ours, tz = gan.generator_step(z), torch.from_numpy(z)
        opt_g.zero_grad()
        loss = torch_g_loss(gan, tD, tx, tG(tz[:, : gan.G.n_in]), tz)
        loss.backward()
        opt_g.step()
        assert math.isclose(ours, loss.item(), rel_tol=1e-9, abs_tol=1e-11)
    for net, other in (gan.G, tG), (gan.D, tD):
        theirs = theta_of(net, other)
        assert np.linalg.norm(net.theta - theirs) <= 1e-9 * np.linalg.norm(theirs)
    assert np.linalg.norm(gan.G.theta - start) > 1e-2
    assert {case.split(", ")[0] for case in CASES} == models.RECIPES.keys() - {"gan"}


@pytest.mark.parametrize(
    "ours, theirs",
    [
        (lambda net: SGD(net, lr=0.05, momentum=0.7), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.7)),
        (lambda net: RMSProp(net, lr=1e-3, decay=0.9), lambda p: torch.optim.RMSprop(p, lr=1e-3, alpha=0.9)),
        (lambda net: Adam(net, lr=1e-3), lambda p: torch.optim.Adam(p, lr=1e-3)),
    ],
    ids=["SGD", "RMSProp", "Adam"],
)
def test_optimisers(ours, theirs):
    rng = np.random.default_rng(1)
    net = models.mlp((3, 8, 1), rng=rng)
    other = torch_net(net)
    one, two = ours(net), theirs(other.parameters())
    for _ in range(50):
        x, y = rng.standard_normal((2, 16, 3))
        y = y[:, :1]
        net.backward(2 * (net.forward(x) - y) / 16)
        one.descend()
        two.zero_grad()
        ((other(torch.from_numpy(x)) - torch.from_numpy(y)) ** 2).mean().backward()
        two.step()
    theirs = theta_of(net, other)
    assert np.linalg.norm(net.theta - theirs) <= 1e-10 * np.linalg.norm(theirs)


def test_twenty_steps_of_a_classifier_end_at_the_same_theta():
    rng = np.random.default_rng(5)
    net = Classifier(Dense(6, 12), LeakyReLU(0.2), Dense(12, 4), rng=rng)
    other, start = torch_net(net), net.theta.copy()
    one, two = Adam(net, lr=1e-2), torch.optim.Adam(other.parameters(), lr=1e-2)
    for _ in range(20):
        x, labels = rng.standard_normal((32, 6)), rng.integers(4, size=32)
        loss, da = cross_entropy(net.forward(x), labels)
        net.backward(da, inputs=False)
        one.descend()
        a = other(torch.from_numpy(x))
        a.retain_grad()
        theirs = torch.nn.CrossEntropyLoss()(a, torch.from_numpy(labels))
        two.zero_grad()
        theirs.backward()
        two.step()
        assert math.isclose(loss, theirs.item(), rel_tol=1e-12) and abs(da - a.grad.numpy()).max() < 1e-14
    theirs = theta_of(net, other)
    assert np.linalg.norm(net.theta - theirs) <= 1e-10 * np.linalg.norm(theirs)
    assert np.linalg.norm(net.theta - start) > 0.1


@pytest.mark.parametrize("layer", [Dense(3, 4), LeakyReLU(0.2), Tanh(), Sigmoid()], ids=repr)
def test_layers(layer):
    rng = np.random.default_rng(2)
    net = Network(layer, rng=rng)
    other = torch_net(net)
    x = rng.standard_normal((5, 3))
    y = net.forward(x)
    dy = rng.standard_normal(y.shape)
    dx = net.backward(dy)
    tx = torch.from_numpy(x).requires_grad_()
    ty = other(tx)
    ty.backward(torch.from_numpy(dy))
    assert abs(y - ty.detach().numpy()).max() < 1e-14 and abs(dx - tx.grad.numpy()).max() < 1e-14
    for name, parameter in other.named_parameters():
        mine = {"0.weight": "dW", "0.bias": "db"}[name]
        assert abs(getattr(layer, mine).T - parameter.grad.numpy()).max() < 1e-13


def readme_lines(path, net):
    """Run the three lines of the README that load the averaged generator of a checkpoint into net."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(file = np.load.*?)```", text, flags=re.DOTALL)
    assert block.count("\n") == 3 and "runs/mnist/checkpoint.npz" in block
    exec(block.replace("runs/mnist/checkpoint.npz", path.as_posix()), {"np": np, "torch": torch, "net": net})


def test_a_checkpoint_moves_to_torch_with_three_lines(tmp_path):
    rng = np.random.default_rng(3)
    gan = models.pair((1, 16, 16, 1), (1, 16, 1), rng=rng, lr=1e-3)
    for _ in train(gan, Gaussian(4, 1.25), steps=20, batch=16, rng=rng, average=0.9):
        pass
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, gan, step=20, rng=rng)

    act = torch.nn.LeakyReLU(0.2)
    net = torch.nn.Sequential(
        torch.nn.Linear(1, 16), act, torch.nn.Linear(16, 16), act, torch.nn.Linear(16, 1)
    ).double()
    readme_lines(path, net)

    z = gan.noise(10, rng=rng)
    assert abs(net(torch.from_numpy(z)).detach().numpy() - gan.generate(z)).max() < 1e-13


def test_a_checkpoint_of_digits_moves_to_torch_with_three_lines(tmp_path):
    rng = np.random.default_rng(4)
    gan, images = models.digits_pair(rng=rng), digits.Images(rng.integers(256, size=(40, 784), dtype=np.uint8))
    for _ in train(gan, images, steps=5, batch=16, rng=rng, average=0.5):
        pass
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, gan, step=5, rng=rng, data=images)

    act, Linear = torch.nn.LeakyReLU(0.2), torch.nn.Linear
    G = torch.nn.Sequential(
        Linear(100, 256), act, Linear(256, 512), act, Linear(512, 1024), act, Linear(1024, 784), torch.nn.Tanh()
    )
    readme_lines(path, G)
    z = gan.noise(10, rng=rng)
    made = G(torch.from_numpy(z)).detach().numpy()
    assert made.dtype == np.float32 and abs(made - gan.generate(z)).max() < 1e-5
    assert abs(made - gan.generate(z, raw=True)).max() > 1e-3  # and it is not G itself

    D = torch.nn.Sequential(Linear(784, 512), act, Linear(512, 256), act, Linear(256, 1))
    file = np.load(path)
    D.load_state_dict({k[2:]: torch.from_numpy(file[k]) for k in file.files if k.startswith("D.")})
    a = D(torch.from_numpy(made)).detach().numpy()
    assert abs(a - gan.D.predict(gan.generate(z))).max() < 1e-5
