"""How good are digits? What a judge, the nearest real ones, D and Parzen windows say, each beside its controls.

A control is a set whose worth is known: real digits, copies of them, blurs, noise. It shows what a measure
sees, and what it cannot see. Images are uint8 pixels (n, 784) here, to save memory.
"""

import copy
import math
from textwrap import wrap

import numpy as np

from npgan import digits, metrics, theory
from npgan.classifier import softmax
from npgan.judge import judge
from npgan.metrics import Estimate

FEW = 20  # images at least for a score with its error
NEIGHBOURS = 5000  # images at most whose neighbours are counted
LOOKED_AT = 1000  # images at most that are held against the training digits, or shown to D
WIDE = 104  # characters in a line of text
REAL = "real test digits"
ENDS = "", "_raw", "_real"  # the averaged G, G as it is, real training digits: in the names of
MEASURES = [name + end for end in ENDS for name in ("frechet", "shares")]
COLUMNS = {"classifier score": ".2f", "Frechet distance": ".2f", "shares off": ".3f", "precision": ".3f",
           "recall": ".3f"}  # fmt: skip


class Examiner:
    """The judge of training Digits, and the features of the test Digits, (m, w), in random order, to which
    those of samples, f (n, w), are compared."""

    def __init__(self, train, test):
        self.judge, self.train, rng = judge(train), train, np.random.default_rng(0)
        order = rng.permutation(len(test.images))
        self.features = self.judge.features(test.images)[order]
        self.accuracy = float((self.classes(self.features) == test.labels[order]).mean())
        self.n = min(len(test.images), len(train.images))  # how many are compared with the test digits
        self.some = rng.permutation(len(train.images))[: self.n]

    def seen(self, make):
        """The features of n images, 250 at a time: make(rows) gives the pixels of a slice of them."""
        f = np.empty((self.n, self.judge.layers[-1].n_in), self.judge.dtype)
        for start in range(0, self.n, 250):
            rows = slice(start, min(start + 250, self.n))
            f[rows] = self.judge.features(make(rows))
        return f

    def logits(self, f):
        return self.judge.layers[-1].predict(f)

    def classes(self, f):
        return self.logits(f).argmax(axis=1)

    def shares_off(self, f, g):
        """The total variation between the shares of the classes that the judge sees: a part of the samples."""
        one, other = (metrics.class_shares(self.classes(x)) for x in (f, g))
        return theory.total_variation(one, other)

    def row(self, f, g):
        """An Estimate for each of COLUMNS, of features f (n, w) held against g (m, w)."""
        n = min(len(f), len(g), NEIGHBOURS)
        precision, recall = metrics.precision_recall(f[:n], g[:n])
        return [
            metrics.with_error(metrics.classifier_score, softmax(self.logits(f))),
            metrics.with_error(lambda f: metrics.frechet_distance(f, g), f),
            metrics.with_error(lambda f: self.shares_off(f, g), f),
            *(Estimate(share, math.sqrt(share * (1 - share) / n)) for share in (precision, recall)),
        ]


def pixels_of(gan, n, *, rng, raw=False):
    """n samples of G as pixels, a thousand at a time; from the averaged G if there is one, unless raw."""
    images = np.empty((n, digits.PIXELS), np.uint8)
    for start in range(0, n, 1000):
        some = images[start : start + 1000]
        some[...] = digits.to_pixels(gan.sample(len(some), rng=rng, raw=raw))
    return images


def blurred(images):
    """Each pixel the mean of the nine around it."""
    total = np.zeros(images.shape, np.uint16)
    for right in (-1, 0, 1):
        for down in (-1, 0, 1):
            total += digits.shifted(images, right=right, down=down)
    return ((total + 4) // 9).astype(np.uint8)


def untrained(gan, *, rng):
    """The gan with a G whose layers start anew."""
    new = copy.copy(gan)
    new.G, new.average = copy.deepcopy(gan.G), None
    for layer in new.G.layers:
        if hasattr(layer, "init"):
            layer.init(rng)
    return new


def one_of_each(net, images):
    """Of each class the image that the classifier is surest of."""
    return images[np.unique(net.probabilities(images).argmax(axis=0))]


# --- during training ---


def examiner(train, load_test):
    """The Examiner of train Digits and those that load_test() gives; None without, or if they are too few."""
    try:
        test = load_test()
    except (digits.DataError, OSError):
        return None
    return Examiner(train, test) if min(len(train.images), len(test.images)) >= FEW else None


def due(epoch):
    """Is there a score after this epoch? It is one however long the run is to be: it may be made longer."""
    return epoch <= 2 or epoch % 5 == 0


def by_turns(examiner, draw, averaged):
    """Yield (end, features) for each of ENDS: those of the averaged G, of G as it is, of real training digits.

    draw(k, raw) makes k samples. averaged: is there an average? Else the first two are the same.
    """
    for end in ENDS[: 1 + averaged]:
        f = examiner.seen(lambda rows, raw=end == "_raw": digits.to_pixels(draw(rows.stop - rows.start, raw)))
        yield end, f
    if not averaged:
        yield "_raw", f
    f = None
    yield "_real", examiner.seen(lambda rows: examiner.train.images[examiner.some[rows]])


def numbers(examiner, draw, averaged):
    """{name: number} for each of MEASURES, for the arguments of `by_turns`; {} without an examiner."""
    found = {}
    for end, f in by_turns(examiner, draw, averaged) if examiner else ():
        found["frechet" + end] = metrics.frechet_distance(f, examiner.features)
        found["shares" + end] = examiner.shares_off(f, examiner.features)
    return found


def lines(examiner, draw, averaged):
    """The same in words, with standard errors: a list of lines."""
    if examiner is None:
        return [f"no scores: they want {FEW} test digits at least"]
    far, off, g = [], [], examiner.features
    kinds = "averaged G", "G as it is", "real training digits"
    for kind, (_, f) in zip(kinds, by_turns(examiner, draw, averaged), strict=True):
        if kind != "averaged G" or averaged:
            far.append(f"{kind} {metrics.with_error(lambda f: metrics.frechet_distance(f, g), f):.2f}")
            off.append(f"{kind} {metrics.with_error(lambda f: examiner.shares_off(f, g), f):.3f}")
    return [
        f"Frechet distance of {examiner.n:,} to {len(g):,} test digits: {', '.join(far)}",
        f"class shares off: {', '.join(off)}",
    ]


# --- the lines of `npgan score` ---


def score_lines(gan, train, test, *, n=10_000, rng):
    """Yield lines that say how good n samples are, by every measure, and the same for the controls."""
    raw = ({"running average of G": False} if gan.average else {}) | {"G as it is": True}
    models = {name: pixels_of(gan, n, rng=rng, raw=raw[name]) for name in raw}
    m = min(n, len(test.images), len(train.images))  # of each, held against the test digits
    kinds = {name: lambda images=images: images[:m] for name, images in models.items()}
    examiner, looked_at = Examiner(train, test), {}
    yield from judged_lines(examiner, kinds | controls(gan, examiner, test, m, rng=rng), looked_at)
    if labelled := getattr(gan, "labelled", False):
        yield from obeyed_lines(gan, examiner, raw, m, rng=rng)
    yield from nearest_lines(looked_at, train)
    if not labelled:  # a D that judges an image together with a label has no word for images alone
        yield from d_lines(gan, looked_at)
    yield from parzen_lines(models, train, test)


def controls(gan, examiner, test, m, *, rng):
    """{name: a function that makes m images of it}; those of the test digits are as they come."""
    train = examiner.train
    copies = train.images[rng.permutation(len(train.images))[:m]]
    which = rng.integers(10, size=m)

    def ten():
        return one_of_each(examiner.judge, copies).take(which, axis=0, mode="wrap")

    return {
        REAL: lambda: test.images[:m],
        "exact copies": lambda: copies,
        "copies, a pixel to the right": lambda: digits.shifted(copies, right=1),
        "copies, blurred": lambda: blurred(copies),
        "ten digits, again and again": ten,
        "an untrained G": lambda: pixels_of(untrained(gan, rng=rng), m, rng=rng),
    }


def judged_lines(examiner, kinds, looked_at):
    """The table of the judge for kinds of images, {name: function that makes them}; some of each are left in
    looked_at, {name: images}."""
    real, rows, shares = examiner.features, {}, {}
    half = len(real) // 2
    yield f"A judge, a classifier that has learned the training digits, gets {examiner.accuracy:.1%} of"
    yield f"{len(real):,} test digits right. How samples look to it, beside the test digits:"
    yield f"  {'':28s}" + "".join(f"{title:>17s}" for title in COLUMNS)
    for name, make in kinds.items():
        images = make()
        looked_at[name] = images[:LOOKED_AT].copy()
        if name == REAL:
            f, g = real[:half], real[half:]
        else:
            f, g = examiner.judge.features(images), real
        shares[name] = metrics.class_shares(examiner.classes(real if name == REAL else f))
        if min(len(f), len(g)) < FEW:
            yield f"  {name:28s} nothing to say of fewer than {FEW} images"
            continue
        rows[name] = examiner.row(f, g)
        cells = map(format, rows[name], COLUMNS.values())
        yield f"  {name:28s}" + "".join(f"{cell:>17s}" for cell in cells)
    yield f"{len(images):,} of each kind; {REAL}: {half:,} against the other {half:,}."
    if len(rows) == len(kinds):
        yield from blind_lines({name: [value for value, _ in row] for name, row in rows.items()})
    yield "\nShare of each class, in the eyes of the judge:"
    yield f"  {'':28s} {'  '.join(f'{digit:4d}' for digit in range(10))}"
    for name, share in shares.items():
        yield f"  {name:28s} {'  '.join(f'{s:4.0%}' for s in share)}"


def blind_lines(rows):
    """What each score asks, and what it cannot see, by the numbers of the controls: {name: one per column}."""
    real, copies, moved, blurs, ten, _ = (rows[name] for name in list(rows)[-6:])
    for text in (
        "Classifier score (Salimans et al. 2016), at most 10: is each image surely of one class, and is every "
        "class there? It sees nothing within a class: ten digits, again and again, have "
        f"{ten[0]:.2f}, real ones {real[0]:.2f}.",
        "Frechet distance of features of the judge (Heusel et al. 2017): are they spread as those of the test "
        "digits? Sets of one kind are not at 0; the fewer the images, the further: only distances of as many "
        f"compare. It sees no copying: copies have {copies[1]:.2f}. And it minds what no eye does: moved by a "
        f"pixel, they have {moved[1]:.2f}.",
        "Shares off: what part of the images is of the wrong class? It sees nothing else: blurs have "
        f"{blurs[2]:.3f}; ten digits, again and again, {ten[2]:.3f}.",
        "Precision: what part of the images lies among the test digits? Recall: and of those among the images? "
        f"(Kynkaanniemi et al. 2019; at most {NEIGHBOURS:,} of each.) Precision hardly sees sameness or blur, "
        f"which recall sees: ten digits, again and again, have {ten[3]:.3f} and {ten[4]:.3f}, blurs "
        f"{blurs[3]:.3f} and {blurs[4]:.3f}. Neither sees copying: {copies[3]:.3f} and {copies[4]:.3f}.",
        "A standard error says what other images of the same kind would change. Another judge, or other test "
        "digits, would move every row.",
    ):
        yield from wrap(text, WIDE)


def obeyed_lines(gan, examiner, raw, m, *, rng):
    """How often m samples of a conditional G are of the class that it was asked for, in the eyes of the judge.
    raw: {name: is it G as it is?}"""
    asked = np.arange(m) % gan.k
    yield f"\nShare of {m:,} samples that are of the class asked for, and, as a control, of the next one:"
    for name in raw:
        images = digits.to_pixels(gan.sample(m, rng=rng, raw=raw[name], labels=asked))
        seen = examiner.judge.classes(images)
        right, next_one = (float((seen == (asked + step) % gan.k).mean()) for step in (0, 1))
        yield f"  {name:28s} {Estimate(right, math.sqrt(right * (1 - right) / m)):.3f}   {next_one:.3f}"


def nearest_lines(looked_at, train):
    """What the nearest training digits say. looked_at: {name: (n, 784) pixels}, models and controls."""
    yield f"\nMean distance to the nearest of {len(train.images):,} training digits, pixels in [0, 1]:"
    means = []
    for name, images in looked_at.items():
        found, n = metrics.nearest(images, train.images), len(images)
        means.append(found.distance.mean())
        yield f"  {name:28s} {means[-1]:.2f} +- {found.distance.std() / math.sqrt(n):.2f}"
    real, copies, moved, blurs, _, noise = means[-6:]
    text = (
        f"It tells an exact copy ({copies:.2f}) and noise ({noise:.2f}) from a new digit ({real:.2f}). It "
        f"cannot tell that from a copy that was moved by a pixel ({moved:.2f}), nor a sharp digit from a blur, "
        f"which may lie nearer ({blurs:.2f}). Theis et al. 2016. Whether G copies is for the eye: nearest.png."
    )
    yield from wrap(text, WIDE)


def d_lines(gan, looked_at):
    """What D says of the same."""
    reads = gan.game.reads
    says = "the chance of being real in D's eyes" if gan.game.limits else "what D makes of them"
    yield f"\nMean of {reads}(x), {says}; D has learned against G as it is:"
    means = []
    for name, images in looked_at.items():
        means.append(gan.probability(digits.from_pixels(images)).mean())
        yield f"  {name:28s} {means[-1]:.3f}"
    real, copies, moved, blurs, ten, _ = means[-6:]
    text = (
        f"It knows the faults of G, and no others: of copies it says {copies:.3f}, moved by a pixel "
        f"{moved:.3f}, blurred {blurs:.3f}, of ten digits, again and again, {ten:.3f}, of real test digits "
        f"{real:.3f}."
    )
    yield from wrap(text, WIDE)


def parzen_lines(models, train, test):
    """The score of 2014. models: {name: (n, 784) pixels}."""
    n = len(next(iter(models.values())))
    fit = len(train.images) - len(train.images) // 6  # the last sixth chooses sigma: MNIST's 10,000
    real, scores = train.images[:fit][:n], []
    yield f"\nParzen log-likelihood of {len(test.images):,} test digits, {n:,} samples as centres:"
    beside = {f"{len(real):,} real training digits": lambda: real, "the same, blurred": lambda: blurred(real)}
    for name, make in ({name: lambda x=x: x for name, x in models.items()} | beside).items():
        scores.append(metrics.parzen_log_likelihood(make(), train.images[fit:][:1000], test.images))
        yield f"  {name:28s} {scores[-1]}"
    yield f"  {'the 2014 paper, on MNIST':28s} 225 +- 2 nats"
    text = (
        "This measure is only historical: it rewards covering the data with blurs, and real digits have "
        f"{scores[-2].mean:.1f}, their blurs {scores[-1].mean:.1f}. Look above, and at pictures."
    )
    yield from wrap(text, WIDE)
