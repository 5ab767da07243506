"""How long does one iteration take (a D step and a G step), against PyTorch and bare matrix products?

    python -m benchmarks.steps                 every case, five rounds
    python -m benchmarks.steps digits -r 9     one case, nine rounds
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python -m benchmarks.steps        on one thread each

Contenders, all in float32 but for the one that says otherwise:

    npgan            the package: train() with Adam, drawing its own data and noise
    npgan float64    the same in the package's default dtype
    npgan averaged   npgan with a running average of G's parameters
    npgan one noise  npgan with both steps on the same noise, order="one_noise", as torch classic does it
    bare products    nothing but the matrix products of npgan's step, into arrays made beforehand
    torch classic    PyTorch as most scripts have it: sigmoid and BCELoss, two passes of D, G first; images
                     through a DataLoader, each turned into a tensor and normalised on its own
    torch in memory  torch classic, but with all its images ready in one float tensor
    torch tuned      PyTorch with care: in memory, one batch, logits, no unused gradient, fused Adam
    torch compiled   torch tuned with both losses and their gradients through torch.compile, which needs a C++
                     compiler; where that does not work, it says so and is left out

In the cases "digits" and "digits-256" all play on one noise: G makes its fakes once, for D's step and its own.
So do the classic script and `npgan train mnist`, which is "npgan averaged" at batch 256.

The case "penalty" is WGAN-GP, whose gradient of a gradient PyTorch finds by differentiating twice. "minibatch"
is one forward and backward of minibatch discrimination (B = 50, C = 5), in PyTorch with one array (m, m, B, C).

Each runs in its own process (two maths libraries in one process disturb each other), in turn, A B C
A B C; a round times many iterations after a warm-up, and the median round is printed. Machines
drift: quote the ratios of one run. Contenders that need PyTorch are left out where it is missing.
"""

import argparse
import importlib.util
import subprocess
import sys
import time

# isort: off
import npgan  # noqa: F401  before numpy, as in the command: it says how long idle threads of OpenBLAS spin
import numpy as np
# isort: on

MNIST_PAIR = (100, 256, 512, 1024, 784), (784, 512, 256, 1)
CASES = {  # sizes of G and D, batch, iterations per round
    "gaussian": ((1, 16, 16, 1), (1, 16, 16, 1), 64, 1500),
    "mixture": ((2, 64, 64, 2), (2, 64, 64, 1), 256, 600),
    "digits": (*MNIST_PAIR, 64, 60),
    "digits-256": (*MNIST_PAIR, 256, 30),
    "penalty": ((2, 64, 64, 2), (2, 64, 64, 1), 256, 600),
    "minibatch": ((), (64,), 128, 60),
}
CONTENDERS = (
    "npgan", "npgan float64", "npgan averaged", "npgan one noise", "bare products", "torch classic",
    "torch in memory", "torch tuned", "torch compiled",
)  # fmt: skip
OF_DIGITS = tuple(c for c in CONTENDERS if c not in ("npgan float64", "npgan one noise"))
OF_SMALL = tuple(c for c in CONTENDERS if c not in ("torch in memory", "torch compiled"))
OF = {  # the contenders of each case
    "gaussian": OF_SMALL, "mixture": OF_SMALL, "digits": OF_DIGITS, "digits-256": OF_DIGITS,
    "penalty": ("npgan", "torch classic", "torch tuned"), "minibatch": ("npgan", "torch tuned"),
}  # fmt: skip
LR, BETAS = 2e-4, (0.5, 0.999)


def images(case):
    """Is it a case of images? Then all contenders make their fakes once for both steps."""
    return case.startswith("digits")


def npgan_iterations(case, dtype=np.float32, average=None, order=None):
    from npgan import Mixture, Tanh, models, train
    from npgan.digits import Images

    g_sizes, d_sizes, batch, _ = CASES[case]
    rng = np.random.default_rng(0)
    end, order = ((Tanh(),), "one_noise") if images(case) else ((), order or "d_first")
    variant = "wgan-gp" if case == "penalty" else "gan"
    gan = models.pair(g_sizes, d_sizes, rng=rng, lr=LR, betas=BETAS, dtype=dtype, end=end, variant=variant)
    if images(case):
        data = Images(rng.integers(256, size=(10_000, 784), dtype=np.uint8))
    else:
        data = Mixture(np.zeros((1, d_sizes[0])), 1.0)
    yield from train(gan, data, steps=10**9, batch=batch, rng=rng, average=average, order=order)


def bare_iterations(case):
    """Per layer: forward of G (twice for two noises), of D on 2m and on m rows; the backward products that are
    needed."""
    g_sizes, d_sizes, m, _ = CASES[case]
    rng = np.random.default_rng(0)

    def array(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    products = []

    def add(a, b):
        products.append((a, b, np.dot(a, b)))

    def layers(sizes, rows, *, forward=True, params=True, inputs=True):
        for i, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
            x, W, dy = array(rows, n_in), array(n_in, n_out), array(rows, n_out)
            if forward:
                add(x, W)
            if params:
                add(x.T, dy)
            if inputs or i > 0:
                add(dy, W.T)

    for i in range(0 if images(case) else len(g_sizes) - 1):  # G.predict in the D step
        add(array(m, g_sizes[i]), array(g_sizes[i], g_sizes[i + 1]))
    layers(d_sizes, 2 * m, inputs=False)
    layers(d_sizes, m, params=False)
    layers(g_sizes, m, inputs=False)
    while True:
        for a, b, out in products:
            np.dot(a, b, out=out)
        yield


def torch_pair(case, sigmoid, loader=False, pixels=None, seed=0):
    """(torch, G, D, real(), noise(m)). pixels: the images for the loader, (n, 784) uint8; None: random ones."""
    import torch
    from torch import nn

    def mlp(sizes, *end):
        layers = []
        for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(n_in, n_out), nn.LeakyReLU(0.2)]
        return nn.Sequential(*layers[:-1], *end)

    torch.manual_seed(seed)
    g_sizes, d_sizes, batch, _ = CASES[case]
    G = mlp(g_sizes, *([nn.Tanh()] if images(case) else []))
    D = mlp(d_sizes, *([nn.Sigmoid()] if sigmoid else []))
    if not images(case):
        real = lambda: torch.randn(batch, d_sizes[0])  # noqa: E731
    elif loader:
        pictures = Pictures(torch, pixels)
        batches = cycle(lambda: torch.utils.data.DataLoader(pictures, batch_size=batch, shuffle=True))
        real = lambda: next(batches)[0].flatten(1)  # noqa: E731
    else:
        tensor = 2 * torch.rand(10_000, 784) - 1
        real = lambda: tensor[torch.randint(len(tensor), (batch,))]  # noqa: E731
    return torch, G, D, real, lambda m: torch.randn(m, g_sizes[0])


def cycle(make):
    while True:
        yield from make()


class Pictures:
    """What torchvision's MNIST gives with ToTensor and Normalize: a picture, a tensor, a normalised one."""

    def __init__(self, torch, pixels=None):
        if pixels is None:
            pixels = np.random.default_rng(0).integers(256, size=(10_000, 784), dtype=np.uint8)
        self.torch, self.pixels = torch, torch.from_numpy(pixels.reshape(-1, 28, 28))

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, i):
        from PIL import Image

        picture = np.array(Image.fromarray(self.pixels[i].numpy()), copy=True)
        tensor = self.torch.from_numpy(picture).view(28, 28, 1).permute(2, 0, 1).contiguous()
        tensor = tensor.to(self.torch.float32).div(255).clone()
        mean, std = (self.torch.as_tensor([0.5]).view(-1, 1, 1) for _ in range(2))
        return tensor.sub_(mean).div_(std), 0


def torch_classic_iterations(case, loader=True, **options):
    """Yield G after each iteration. options: pixels and seed, as in torch_pair."""
    torch, G, D, real, noise = torch_pair(case, sigmoid=True, loader=loader, **options)
    bce = torch.nn.BCELoss()
    opt_g = torch.optim.Adam(G.parameters(), lr=LR, betas=BETAS)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR, betas=BETAS)
    while True:
        x = real()
        z = noise(len(x))
        valid, fake = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        opt_g.zero_grad()
        made = G(z)
        g_loss = bce(D(made), valid)
        g_loss.backward()
        opt_g.step()
        opt_d.zero_grad()
        d_loss = (bce(D(x), valid) + bce(D(made.detach()), fake)) / 2
        d_loss.backward()
        opt_d.step()
        g_loss.item(), d_loss.item()  # for printing, as the scripts do
        yield G


def torch_tuned_iterations(case, compiled=False):
    torch, G, D, real, noise = torch_pair(case, sigmoid=False)
    softplus = torch.nn.functional.softplus
    opt_g = torch.optim.Adam(G.parameters(), lr=LR, betas=BETAS, fused=True)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR, betas=BETAS, fused=True)

    def loss_of_d(x, made):
        a = D(torch.cat([x, made]))
        return softplus(-a[: len(x)]).mean() + softplus(a[len(x) :]).mean()

    def loss_of_g(made):
        return softplus(-D(made)).mean()

    make = G
    if compiled:
        make, loss_of_d, loss_of_g = map(torch.compile, (make, loss_of_d, loss_of_g))
    while True:
        x = real()
        if images(case):
            made = make(noise(len(x)))
        else:
            with torch.no_grad():
                made = make(noise(len(x)))
        d_loss = loss_of_d(x, made.detach())
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        D.requires_grad_(False)
        g_loss = loss_of_g(made if images(case) else make(noise(len(x))))
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        D.requires_grad_(True)
        yield g_loss.item(), d_loss.item()


def torch_classic_penalty_iterations(case):
    """As most scripts have it: three passes of D, Adam as it comes."""
    torch, G, D, real, noise = torch_pair(case, sigmoid=False)
    opt_g = torch.optim.Adam(G.parameters(), lr=LR, betas=BETAS)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR, betas=BETAS)
    while True:
        x = real()
        made, alpha = G(noise(len(x))).detach(), torch.rand(len(x), 1)
        between = (alpha * x + (1 - alpha) * made).requires_grad_(True)
        a, ones = D(between), torch.ones(len(x), 1)
        g = torch.autograd.grad(a, between, ones, create_graph=True, retain_graph=True, only_inputs=True)[0]
        d_loss = D(made).mean() - D(x).mean() + 10 * ((g.norm(2, dim=1) - 1) ** 2).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        opt_g.zero_grad()
        g_loss = -D(G(noise(len(x)))).mean()
        g_loss.backward()
        opt_g.step()
        yield g_loss.item(), d_loss.item()


def torch_penalty_iterations(case):
    torch, G, D, real, noise = torch_pair(case, sigmoid=False)
    opt_g = torch.optim.Adam(G.parameters(), lr=LR, betas=BETAS, fused=True)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR, betas=BETAS, fused=True)
    while True:
        x = real()
        with torch.no_grad():
            made, alpha = G(noise(len(x))), torch.rand(len(x), 1)
        a = D(torch.cat([x, made]))
        between = torch.lerp(made, x, alpha).requires_grad_()
        (g,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
        d_loss = a[len(x) :].mean() - a[: len(x)].mean() + 10 * ((g.norm(dim=1) - 1) ** 2).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        D.requires_grad_(False)
        g_loss = -D(G(noise(len(x)))).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        D.requires_grad_(True)
        yield g_loss.item(), d_loss.item()


def minibatch_iterations(case):
    from npgan import Network
    from npgan.variants.improved import MinibatchDiscrimination

    _, (features,), m, _ = CASES[case]
    rng = np.random.default_rng(0)
    net = Network(MinibatchDiscrimination(features, 50, 5), rng=rng, dtype=np.float32)
    x = rng.standard_normal((m, features)).astype(np.float32)
    while True:
        yield net.backward(net.forward(x))


def torch_minibatch_iterations(case):
    import torch

    _, (features,), m, _ = CASES[case]
    T = (torch.randn(features, 50, 5) / 40).requires_grad_()
    x = torch.randn(m, features).requires_grad_()
    while True:
        M = torch.einsum("ia,abc->ibc", x, T)
        c = torch.exp(-(M[:, None] - M[None]).abs().sum(dim=3))
        y = torch.cat([x, c.sum(dim=1) - 1], dim=1)
        x.grad = T.grad = None
        y.backward(y)
        yield x.grad


def measure(contender, case):
    """Seconds per iteration of one contender, in this process."""
    special = {"penalty": (npgan_iterations, torch_classic_penalty_iterations, torch_penalty_iterations)}
    special["minibatch"] = minibatch_iterations, None, torch_minibatch_iterations
    usual = npgan_iterations, torch_classic_iterations, torch_tuned_iterations
    ours, classic, tuned = special.get(case, usual)
    iterations = {
        "npgan": lambda: ours(case),
        "npgan float64": lambda: npgan_iterations(case, dtype=np.float64),
        "npgan averaged": lambda: npgan_iterations(case, average=0.999),
        "npgan one noise": lambda: npgan_iterations(case, order="one_noise"),
        "bare products": lambda: bare_iterations(case),
        "torch classic": lambda: classic(case),
        "torch in memory": lambda: torch_classic_iterations(case, loader=False),
        "torch tuned": lambda: tuned(case),
        "torch compiled": lambda: tuned(case, compiled=True),
    }[contender]()
    n = CASES[case][-1]
    for _ in range(n // 3):
        next(iterations)
    start = time.perf_counter()
    for _ in range(n):
        next(iterations)
    return (time.perf_counter() - start) / n


def measure_elsewhere(contender, case):
    """The same in a process of its own. RuntimeError, with the last line that it wrote, if it fails."""
    command = [sys.executable, "-m", "benchmarks.steps", case, "--contender", contender]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or "no word").splitlines()[-1])
    return float(done.stdout)


def compare(case, rounds):
    contenders = [c for c in OF[case] if "torch" not in c or importlib.util.find_spec("torch")]
    times = {contender: [] for contender in contenders}
    for _ in range(rounds):
        for contender in list(times):
            try:
                times[contender].append(measure_elsewhere(contender, case))
            except RuntimeError as error:
                if contender != "torch compiled":
                    raise
                print(f"{contender} is left out of {case}: {error}")
                del times[contender]
    g_sizes, d_sizes, batch, _ = CASES[case]
    nets = f"G {'-'.join(map(str, g_sizes))}, D {'-'.join(map(str, d_sizes))}, " if g_sizes else ""
    print(f"\n{case}: {nets}batch {batch}")
    print(f"{'contender':16s} {'ms/iteration':>12s} {'lowest':>8s} {'highest':>8s} {'npgan / it':>11s}")
    ours = times["npgan"]
    for contender, seconds in times.items():
        ratio = np.median(np.divide(ours, seconds))  # round by round: the machine drifts
        print(
            f"{contender:16s} {1e3 * np.median(seconds):12.3f} {1e3 * min(seconds):8.3f} "
            f"{1e3 * max(seconds):8.3f} {ratio:11.2f}"
        )


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps", description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=list(CASES), metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("-r", "--rounds", type=int, default=5)
    parser.add_argument("--contender", choices=CONTENDERS, help="time this one here and print the seconds")
    args = parser.parse_args()
    if unknown := set(args.cases) - set(CASES):
        parser.error(f"unknown case {unknown.pop()!r}; choose from {', '.join(CASES)}")
    for case in args.cases:
        if args.contender:
            print(measure(args.contender, case))
        else:
            compare(case, args.rounds)


if __name__ == "__main__":
    main()
