"""Faults in the judge: a gradient checker that is blunt, or blind."""

from dataclasses import replace

from faults.planting import fault
from npgan import gradcheck


@fault(2)
def differences_to_one_side_only(monkeypatch):
    right = gradcheck._slope
    monkeypatch.setattr(gradcheck, "_slope", lambda f, theta, way, h, back=1.0: right(f, theta, way, h, 0.0))


@fault(2, "02b")
def a_checker_that_sees_nothing(monkeypatch):
    right = gradcheck.check
    monkeypatch.setattr(gradcheck, "check", lambda *args, **kwargs: replace(right(*args, **kwargs), error=0.0))
