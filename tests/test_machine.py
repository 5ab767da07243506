"""What makes it fast changes no number: long vectors in blocks, on two threads."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import threadpoolctl

from npgan import machine
from npgan.machine import BLOCK, in_blocks


@pytest.mark.parametrize("n", [1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 5])
def test_every_entry_is_met_once_beside_its_own(n, rng):
    a, b = rng.random(n), rng.random(n)
    wanted, sizes = a + 2 * b, []

    def update(a, b):
        sizes.append(len(a))
        a += 2 * b

    in_blocks(update, a, b)
    assert (a == wanted).all() and sum(sizes) == n and max(sizes) <= BLOCK
    assert len(sizes) == -(-n // BLOCK)


def test_a_short_vector_stays_in_its_thread():
    seen = []
    in_blocks(lambda a: seen.append(threading.current_thread()), np.zeros(BLOCK))
    assert seen == [threading.current_thread()]
    in_blocks(lambda a: seen.append(threading.current_thread()), np.zeros(2 * BLOCK))
    assert len(seen) == 3 and threading.current_thread() not in seen[1:]


def test_an_exception_in_a_piece_comes_out():
    def update(a):
        if a[0] == 1:
            raise ValueError("the second piece")

    with pytest.raises(ValueError, match="the second piece"):
        in_blocks(update, np.repeat([0.0, 1.0, 2.0], BLOCK))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_has_threads_of_its_own():
    """The threads of its parent are not in it: waiting for them would last for ever."""
    code = """
import os, numpy as np
from npgan import machine
from npgan.machine import BLOCK, in_blocks

def update(a):
    a += 1

a = np.zeros(2 * BLOCK)
in_blocks(update, a)
child = os.fork()
in_blocks(update, a)
if child:
    assert os.waitpid(child, 0)[1] == 0
assert (a == 2).all()
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("given", [None, "25"])
def test_idle_threads_of_the_matrix_library_give_up_soon_unless_told_otherwise(given):
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_THREAD_TIMEOUT"}
    environment |= {"OPENBLAS_THREAD_TIMEOUT": given} if given else {}
    code = "import npgan, os; print(os.environ['OPENBLAS_THREAD_TIMEOUT'])"
    out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert out.stdout.decode().strip() == (given or "18")


def test_so_many_threads_and_then_as_many_as_before():
    def now():
        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]

    before = now()
    with machine.threads(1):
        assert set(now()) <= {1}
    assert now() == before
    with machine.threads(None):
        assert now() == before
