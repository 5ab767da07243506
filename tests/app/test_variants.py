"""Every variant on every data set, from the command line: it runs, resumes, and refuses what is not its own."""

import json
import os

import numpy as np
import pytest
from digit_runs import TINY
from small_runs import contents, refused

from npgan import checkpoint, models
from npgan.app.cli import main
from npgan.app.demos import DEMOS
from npgan.variants import VARIANTS

SMALL = "--batch", "8", "--g-hidden", "6", "--d-hidden", "6"
OWN = {  # another value for each setting that a variant has of its own
    "target": 0.8, "layer": 0, "kernels": 3, "dims": 2, "margin": 2.0, "code": 3, "pull": 0.2, "clip": 0.05,
    "weight": 0.5, "gamma": 0.3, "sigma": 0.2, "loud": 3.0,
}  # fmt: skip


def train(data, variant, out, *more):
    small = [*TINY, "--epochs", "1"] if data in ("mnist", "digits") else [*SMALL, "--steps", "6"]
    return main(["train", data, "--variant", variant, *small, "--quiet", "--out", str(out), *map(str, more)])


def typed(own):
    return [text for name, value in own.items() for text in (f"--{name}", value)]


@pytest.mark.parametrize(
    "data, variant", [(data, v) for data in ("gaussian", "ring", "grid", "mnist") for v in DEMOS[data].variants]
)
def test_every_variant_runs_on_every_data_set_and_says_all_its_settings(data, variant, elsewhere, capsys):
    own = {name: OWN[name] for name in models.RECIPES[variant].own}
    assert train(data, variant, "run", *typed(own)) == 0
    first = capsys.readouterr().out.splitlines()[0]
    config = json.loads((elsewhere / "run/config.json").read_text())
    assert {name: config[name] for name in own} == own and config["variant"] == variant
    assert config["demo"] == data and first.startswith(f"{data}: ")
    for name in config.keys() - {"demo"}:
        assert f" {name} " in f" {first}", name
    gan = checkpoint.load(elsewhere / "run/checkpoint.npz").gan
    assert type(gan) is models.RECIPES[variant].kind
    for name, value in own.items():
        has = [thing for thing in (gan, gan.game) if name in thing.settings]
        assert all(getattr(thing, name) == value for thing in has)
    names = set(os.listdir("run"))
    assert {"losses.png", "checkpoint.npz"} <= names and len(names) >= 6


def test_every_kind_of_gan_has_its_recipe_and_every_own_setting_its_option():
    assert {recipe.kind for recipe in models.RECIPES.values()} == set(VARIANTS.values())
    assert {name for recipe in models.RECIPES.values() for name in recipe.own} == OWN.keys()
    for variant, recipe in models.RECIPES.items():
        needs = {*recipe.kind.settings, *(recipe.game.settings if recipe.game else ())}
        assert needs <= recipe.own.keys(), variant


@pytest.mark.usefixtures("quick_files")
@pytest.mark.parametrize("variant", DEMOS["ring"].variants)
def test_resumed_it_ends_at_the_same_bytes(variant, elsewhere):
    """In the order in which G's step begins with what the last one left behind."""
    options = "--order", "g_first", "--no-anneal"
    assert train("ring", variant, "whole", *options) == 0
    assert train("ring", variant, "cut", *options, "--steps", 3) == 0
    assert main(["train", "ring", "--resume", "--steps", "6", "--quiet", "--out", "cut"]) == 0
    one, other = (checkpoint.load(elsewhere / name / "checkpoint.npz").gan for name in ("whole", "cut"))
    assert one.G.theta.tobytes() == other.G.theta.tobytes() and one.D.theta.tobytes() == other.D.theta.tobytes()
    assert contents(elsewhere / "whole")["history.csv"] == contents(elsewhere / "cut")["history.csv"]


@pytest.mark.parametrize(
    "variant, options, message",
    [
        ("gan", ["--clip", "0.1"], "clip is no setting of the variant gan: it has none of its own"),
        ("wgan-gp", ["--clip", "0.1"], "no setting of the variant wgan-gp: its own settings are weight"),
        ("ebgan", ["--pull", "0.1"], "no setting of the variant ebgan: its own settings are margin, code"),
        ("wgan", ["--clip", "0"], "clip must be a number with 0 < clip and finite, got 0.0"),
        ("wgan-gp", ["--weight", "-1"], "weight must be a number with 0 <= weight"),
        ("ebgan", ["--margin", "0"], "margin must be a number with 0 < margin"),
        ("ebgan", ["--code", "0"], "n_out must be a whole number >= 1, got 0"),
        ("ebgan", ["--game", "minimax"], "the variant ebgan plays energy, got the game 'minimax'"),
        ("gan", ["--game", "wasserstein"], "gan plays minimax or non_saturating or least_squares, got the"),
        ("smoothed", ["--target", "1"], "target must be a number with 0 < target < 1, got 1.0"),
        ("feature-matching", ["--layer", "9"], "index of a layer before the last, 0 to 3, or -5 to -2, got"),
        ("feature-matching", ["--layer", "-1"], "index of a layer before the last, 0 to 3, or -5 to -2, got"),
        ("minibatch", ["--kernels", "0"], "n_kernels must be a whole number >= 1, got 0"),
        ("minibatch", ["--batch", "1"], "batch must be a whole number >= 2, got 1"),
        ("ebgan-pt", ["--batch", "1"], "batch must be a whole number >= 2, got 1"),
        ("conditional", [], "the variant conditional needs data with labels, and ring has none"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_written(variant, options, message, capsys, elsewhere):
    refused(capsys, "train", "ring", "--variant", variant, *options, message=message)
    assert os.listdir(elsewhere) == []


def test_a_critic_may_play_another_game(elsewhere):
    assert train("ring", "wgan-gp", "run", "--game", "non_saturating") == 0
    gan = checkpoint.load(elsewhere / "run/checkpoint.npz").gan
    assert gan.game.name == "non_saturating" and gan.weight == DEMOS["ring"].settings_of("wgan-gp")["weight"]


@pytest.mark.usefixtures("quick_files")
def test_a_run_goes_on_with_its_own_settings_only(elsewhere, capsys):
    assert train("ring", "wgan", "run", "--clip", 0.2, "--no-anneal") == 0
    resume = "train", "ring", "--resume", "--out", "run", "--quiet"
    assert main([*resume, "--clip", "0.2", "--variant", "wgan", "--steps", "8"]) == 0
    for options, message in [
        (["--clip", "0.3"], "has clip = 0.2, and cannot go on with 0.3"),
        (["--variant", "gan"], "has variant = 'wgan', and cannot go on with 'gan'"),
        (["--weight", "1"], "has weight = none, and cannot go on with 1.0"),
        (["--optimiser", "SGD"], "and cannot go on with 'SGD'"),
    ]:
        refused(capsys, *resume, *options, message=message)


@pytest.mark.parametrize("optimiser", ["SGD", "RMSProp", "Adam"])
def test_both_players_have_the_optimiser_that_was_asked_for(optimiser, elsewhere):
    assert train("ring", "gan", "run", "--optimiser", optimiser, "--beta1", 0.25) == 0
    gan = checkpoint.load(elsewhere / "run/checkpoint.npz").gan
    for opt in gan.opt_g, gan.opt_d:
        assert type(opt).__name__ == optimiser
        assert getattr(opt, "momentum", 0.25) == getattr(opt, "betas", (0.25,))[0] == 0.25


def test_help_tells_the_flags_of_the_variants(capsys):
    with pytest.raises(SystemExit):
        main(["train", "ring", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for variant, recipe in models.RECIPES.items():
        assert variant in text
        for name in recipe.own:
            assert f"--{name} " in text and f"{variant}: {DEMOS['ring'].settings_of(variant)[name]}" in text


def test_d_of_each_variant_is_built_as_its_recipe_says(rng):
    options = {"rng": rng, "lr": 1e-3, "d_hidden": [7, 6]}
    D = models.mixture_pair(variant="minibatch", kernels=3, dims=2, **options).D
    assert repr(D.layers[-3:]) == "[LeakyReLU(0.2), MinibatchDiscrimination(6, 3, 2), Dense(9, 1)]"
    D = models.mixture_pair(variant="ebgan", code=4, **options).D
    widths = [(layer.n_in, layer.n_out) for layer in D.layers if hasattr(layer, "n_in")]
    assert widths == [(2, 7), (7, 6), (6, 4), (4, 6), (6, 7), (7, 2)] and D.n_out == 1
    D.forward(np.ones((3, 2)))
    assert D.S.shape == (3, 4)
    with pytest.raises(ValueError, match="unknown variant 'dcgan'; choose from gan, smoothed"):
        models.mixture_pair(variant="dcgan", **options)
