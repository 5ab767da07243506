"""Every test of digits has a cache of its own."""

import pytest


@pytest.fixture(autouse=True)
def always(own_cache):
    return own_cache
