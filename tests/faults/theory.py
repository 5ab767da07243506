"""Faults in the theory: a formula of the paper with a term, a factor, a sign or a unit that is wrong."""

import numpy as np

from faults.planting import fault
from npgan import theory


@fault(3)
def integral_ignores_the_spacing_of_the_grid(monkeypatch):
    monkeypatch.setattr(theory, "integral", lambda f, x=None: float(np.sum(f)))


# --- D* and V ---


@fault(3, 4)
def optimal_d_favours_the_fakes(monkeypatch):
    right = theory.optimal_d
    monkeypatch.setattr(theory, "optimal_d", lambda p, q: right(q, p))


@fault(1)
def value_has_log_d_in_its_second_term(monkeypatch):
    monkeypatch.setattr(theory, "value", lambda D, p, q, x: theory.integral(p * np.log(D) - q * np.log(D), x))


@fault(1)
def value_in_bits(monkeypatch):
    right = theory.value
    monkeypatch.setattr(theory, "value", lambda D, p, q, x=None: right(D, p, q, x) / np.log(2))


@fault(3)
def value_of_logit_forgets_the_fakes(monkeypatch):
    def value_of_logit(a, p, q, x=None):
        return theory.integral(-p * np.logaddexp(0, -a), x)

    monkeypatch.setattr(theory, "value_of_logit", value_of_logit)


@fault(3)
def value_of_logit_takes_d_for_a_logit_of_minus_a(monkeypatch):
    right = theory.value_of_logit
    monkeypatch.setattr(theory, "value_of_logit", lambda a, p, q, x=None: right(-a, p, q, x))


@fault(4)
def criterion_forgets_the_fakes(monkeypatch):
    monkeypatch.setattr(theory, "criterion", lambda p, q, x=None: theory.kl(p, np.add(p, q), x))


# --- distances between p and q ---


@fault(4)
def kl_the_wrong_way_round(monkeypatch):
    right = theory.kl
    monkeypatch.setattr(theory, "kl", lambda p, q, x=None: right(q, p, x))


@fault(4)
def kl_made_symmetric(monkeypatch):
    right = theory.kl
    monkeypatch.setattr(theory, "kl", lambda p, q, x=None: (right(p, q, x) + right(q, p, x)) / 2)


@fault(4)
def kl_skips_what_q_misses(monkeypatch):
    def kl(p, q, x=None):
        p, q = np.asarray(p, float), np.asarray(q, float)
        both = (p > 0) & (q > 0)
        return theory.integral(np.where(both, p * np.log(np.where(both, p, 1) / np.where(both, q, 1)), 0), x)

    monkeypatch.setattr(theory, "kl", kl)


@fault(8)
def kl_with_a_small_number_in_the_logarithm(monkeypatch):
    def kl(p, q, x=None):
        return theory.integral(p * np.log((p + 1e-8) / (q + 1e-8)), x)

    monkeypatch.setattr(theory, "kl", kl)


@fault(6)
def kl_in_bits(monkeypatch):
    right = theory.kl
    monkeypatch.setattr(theory, "kl", lambda p, q, x=None: right(p, q, x) / np.log(2))


@fault(4, 8)
def jsd_in_bits(monkeypatch):
    right = theory.jsd
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: right(p, q, x) / np.log(2))


@fault(4, 6)
def jsd_adds_the_two_kls(monkeypatch):
    right = theory.jsd
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: 2 * right(p, q, x))


@fault(4)
def jsd_off_by_log_2(monkeypatch):
    """KL against p + q, not against its half."""
    right = theory.jsd
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: right(p, q, x) - np.log(2))


@fault(4)
def jsd_is_only_its_first_half(monkeypatch):
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: theory.kl(p, np.add(p, q) / 2, x))


@fault(4, 8)
def total_variation_without_its_half(monkeypatch):
    right = theory.total_variation
    monkeypatch.setattr(theory, "total_variation", lambda p, q, x=None: 2 * right(p, q, x))


@fault(8)
def wasserstein_of_the_densities(monkeypatch):
    """Not of the distribution functions."""
    monkeypatch.setattr(theory, "wasserstein", lambda p, q, x: theory.integral(abs(p - q), x))
