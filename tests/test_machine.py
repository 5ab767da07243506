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


@pytest.fixture(autouse=True)
def two_workers(monkeypatch):
    """As where nothing was said: the environment of these tests may ask for one thread."""
    monkeypatch.setattr(machine, "workers", 2)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("n", [1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 5])
def test_every_entry_is_met_once_beside_its_own(n, workers, rng, monkeypatch):
    monkeypatch.setattr(machine, "workers", workers)
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


FORKED = """
import multiprocessing, os, threading
import numpy as np
from npgan import Adam, Dense, Network, machine
from npgan.machine import BLOCK, in_blocks

machine.workers = 2

def update(a):
    a += 1

def move():
    rng = np.random.default_rng(0)
    net = Network(Dense(500, 600), rng=rng)
    assert net.theta.size > 2 * BLOCK
    opt = Adam(net, lr=0.1)
    net.grad[...] = rng.normal(size=net.grad.size)
    for _ in range(3):
        opt.ascend()
    return net.theta.tobytes()

a = np.zeros(2 * BLOCK)
in_blocks(update, a)
"""
FORKS = {
    "os.fork": """
child = os.fork()
in_blocks(update, a)
if child:
    assert os.waitpid(child, 0)[1] == 0
assert (a == 2).all()
""",
    "a fork of a fork": """
if child := os.fork():
    os._exit(os.waitpid(child, 0)[1] != 0)
in_blocks(update, a)
if child := os.fork():
    os._exit(os.waitpid(child, 0)[1] != 0)
in_blocks(update, a)
assert (a == 3).all()
""",
    "multiprocessing": """
with multiprocessing.get_context("fork").Pool(2) as pool:
    there = pool.starmap(move, [()] * 4)
assert there == [move()] * 4
""",
    "the threads at work for another": """
stop, b = threading.Event(), np.zeros(4 * BLOCK)

def work():
    while not stop.is_set():
        in_blocks(update, b)

worker = threading.Thread(target=work)
worker.start()
for _ in range(20):
    child = os.fork()
    if not child:
        in_blocks(update, a)
        os._exit(not (a == 2).all())
    assert os.waitpid(child, 0)[1] == 0
stop.set()
worker.join()
assert b.min() == b.max() > 0
""",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("how", FORKS)
def test_a_forked_process_has_threads_of_its_own(how):
    """The threads of its parent are not in it: waiting for them would last for ever."""
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED + FORKS[how]], check=True, timeout=20)


@pytest.mark.parametrize("to_be_had", [0, 1])
def test_where_no_two_threads_can_be_started_one_meets_every_entry_once(to_be_had, monkeypatch):
    started, start = [], threading.Thread.start

    def start_few(thread):
        if len(started) == to_be_had:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    machine._share_out.cache_clear()
    monkeypatch.setattr(threading.Thread, "start", start_few)
    a, seen = np.zeros(3 * BLOCK), []

    def update(a):
        seen.append(threading.current_thread())
        a += 1

    in_blocks(update, a)
    monkeypatch.undo()
    for thread in started:
        thread.join(10)  # it finds nothing to do
    assert (a == 1).all() and seen == [threading.current_thread()] * 3 and len(started) == to_be_had
    assert not any(thread.is_alive() for thread in started)
    machine._share_out.cache_clear()


def test_where_the_system_has_no_room_for_a_thread():
    code = """
import threading
import numpy as np
from npgan import machine
from npgan.machine import BLOCK, in_blocks

machine.workers = 2

def update(a):
    a += 1

threading.stack_size(2**46)
a = np.zeros(3 * BLOCK)
in_blocks(update, a)
assert (a == 1).all()
try:
    threading.Thread(target=print).start()
    print("a thread could be started all the same")
except RuntimeError:
    pass
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True)
    if done.stdout:
        pytest.skip(done.stdout)


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


def test_blocks_stay_in_their_thread_where_the_matrix_library_has_one():
    seen, here = [], threading.current_thread()
    with machine.threads(1):
        in_blocks(lambda a: seen.append(threading.current_thread()), np.zeros(3 * BLOCK))
        with machine.threads(2):
            in_blocks(lambda a: seen.append(threading.current_thread()), np.zeros(3 * BLOCK))
        with machine.threads(None):
            in_blocks(lambda a: seen.append(threading.current_thread()), np.zeros(3 * BLOCK))
    assert seen[:3] == seen[6:] == [here] * 3 and here not in seen[3:6] and len(seen) == 9
    assert machine.workers == 2


@pytest.mark.parametrize("told, workers", [(None, 2), ("1", 1), ("2", 2)])
def test_who_asks_the_matrix_library_for_one_thread_gets_one_altogether(told, workers):
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    environment |= {"OPENBLAS_NUM_THREADS": told} if told else {}
    code = "from npgan import machine; print(machine.workers)"
    out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert int(out.stdout) == workers


def test_threads_are_timed_in_turn_after_a_round_to_warm_up():
    ticks = {1: [90.0, 3.0, 5.0, 4.0], 2: [90.0, 1.0, 50.0, 2.0]}  # seconds of each round
    played, now = [], [0.0]

    def work():
        played.append(machine.workers)
        now[0] += ticks[machine.workers][(len(played) - 1) // 2]

    assert machine.time_threads(work, [1, 2], rounds=3, clock=lambda: now[0]) == {1: 4.0, 2: 2.0}
    assert played == [1, 2] * 4


def test_the_fewest_threads_that_are_about_as_quick_as_any():
    assert machine.quickest({1: 20.0, 2: 12.0}) == 2
    assert machine.quickest({1: 20.0, 2: 19.0}) == 1  # a difference that passes
    assert machine.quickest({1: 20.0, 2: 85.0, 4: 300.0}) == 1
    assert machine.quickest({1: 20.0, 2: 12.0, 4: 11.5}) == 2
    assert machine.quickest({1: 3.0}) == 1


@pytest.mark.parametrize("most, wanted", [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_the_numbers_of_threads_to_choose_from(most, wanted, monkeypatch):
    libraries = [{"user_api": "openmp", "num_threads": 99}, {"user_api": "blas", "num_threads": most}]
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: libraries)
    assert machine.choices() == wanted
