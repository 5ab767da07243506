"""Faults for lesson 14: labels and digits gone astray, a classifier that learns nothing, a D misled."""

import numpy as np

from faults.planting import fault
from npgan import classifier, digits
from npgan.digits import LabelledImages
from npgan.variants.conditional import Conditional


def spoil_digits(monkeypatch, spoil):
    """Let spoil come between the digits and whoever asks for them, wherever they are from."""
    for name in "mnist", "glyph_digits":
        right = getattr(digits, name)
        monkeypatch.setattr(digits, name, lambda *a, right=right, **options: spoil(right(*a, **options)))


@fault(14)
def labels_are_shuffled(monkeypatch):
    def spoil(some):
        return some._replace(labels=np.random.default_rng(0).permutation(some.labels))

    spoil_digits(monkeypatch, spoil)


@fault(14)
def unseen_digits_are_among_the_training_digits(monkeypatch):
    """Fifty of those that were asked for first are in the second set, too."""
    first = []

    def spoil(some):
        first.append(some.images[:50])
        return some._replace(images=np.concatenate([first[0], some.images[50:]]))

    spoil_digits(monkeypatch, spoil)


@fault(14)
def the_softmax_gradient_forgets_the_label(monkeypatch):
    right = classifier.cross_entropy
    monkeypatch.setattr(
        classifier, "cross_entropy", lambda a, y: (right(a, y)[0], classifier.softmax(a) / np.float32(len(a)))
    )


@fault(14)
def the_classifier_climbs(monkeypatch):
    right = classifier.cross_entropy
    monkeypatch.setattr(classifier, "cross_entropy", lambda a, y: (right(a, y)[0], -right(a, y)[1]))


def hear(monkeypatch, labels_of):
    """Let D be given labels_of(y) in place of the labels y (m, k) of fakes."""
    right = Conditional.unpack

    def unpack(self, z):
        z = right(self, z)
        self.y = labels_of(self.y)
        return z

    monkeypatch.setattr(Conditional, "unpack", unpack)


@fault(14)
def fakes_have_the_next_label(monkeypatch):
    """The columns are mixed up: G learns to draw a 4 when it is asked for a 3."""
    hear(monkeypatch, lambda y: np.roll(y, 1, axis=1))


@fault(14)
def fakes_have_the_label_of_another(monkeypatch):
    """The rows are mixed up: any label, any digit."""
    hear(monkeypatch, lambda y: np.roll(y, 1, axis=0))


@fault(14)
def images_lose_their_labels(monkeypatch):
    right = LabelledImages.__init__

    def init(self, images, labels):
        right(self, images, np.random.default_rng(0).permutation(labels))

    monkeypatch.setattr(LabelledImages, "__init__", init)
