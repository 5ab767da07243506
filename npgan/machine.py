"""What makes it fast and changes no number: idle threads, memory at hand, long vectors in blocks."""

import os
import statistics
import time

# OpenBLAS, the matrix library in most NumPys, lets its idle threads spin for some 20 ms, on processors
# that others could use. Let them give up after 2^18 ticks, about 0.1 ms. (In vain if numpy came first.)
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "18")

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Barrier

import numpy as np

BLOCK = 1 << 17  # entries: a piece of each array of an update fits into the processor's cache
workers = 1 if os.environ.get("OPENBLAS_NUM_THREADS") == "1" else 2  # threads that share out the blocks


def in_blocks(update, *arrays):
    """Call update(*pieces) on matching pieces of the arrays (n,): views, to be changed in place.

    A short vector is one piece. The pieces of a long one are shared out to two threads (NumPy computes
    outside Python's lock); as each entry depends on its own place only, no result depends on the order.
    Where the matrix library is to use one thread, so does this.
    """
    n = len(arrays[0])
    if n <= BLOCK:
        return update(*arrays)
    errors = np.geterr()  # how NumPy is to take an overflow: each thread has a setting of its own

    def every_other_piece(first):
        with np.errstate(**errors):
            for start in range(first * BLOCK, n, 2 * BLOCK):
                update(*(array[start : start + BLOCK] for array in arrays))

    share_out = _share_out(os.getpid()) if workers > 1 else map
    for _ in share_out(every_other_piece, (0, 1)):
        pass  # an exception in a thread comes out here


@cache
def _share_out(process):
    """The map of two threads, started when first used; that of Python if there are no two to be had.

    A process that was forked off needs its own: its parent's threads are not in it. Both are started before
    they get any work: what is left of a failed start must not be done later, and thus twice.
    """
    pool, both = ThreadPoolExecutor(2, thread_name_prefix="npgan"), Barrier(2)
    try:
        for _ in range(2):
            pool.submit(both.wait)
    except RuntimeError:  # can't start new thread
        both.abort()
        pool.shutdown(wait=False)
        return map
    return pool.map


@contextmanager
def threads(count):
    """A context in which the matrix library and in_blocks use so many threads (in_blocks two at most); None: as
    many as they would."""
    from threadpoolctl import threadpool_limits

    global workers
    before = workers
    with threadpool_limits(count, user_api="blas"):
        workers = min(count or before, 2)
        try:
            yield
        finally:
            workers = before


def choices():
    """The numbers of threads that the matrix library can be told to use: 1, 2, 4, ..., as many as it would."""
    from threadpoolctl import threadpool_info

    most = max((lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"), default=1)
    return [*(1 << i for i in range(most.bit_length()) if 1 << i < most), most]


def time_threads(work, counts, *, rounds=9, clock=time.perf_counter):
    """{count: the median of the seconds that work() takes on so many threads}, the counts in turn each round.

    A round before the first warms up. On a busy machine threads that wait for each other take much longer.
    """
    seconds = {count: [] for count in counts}
    for _ in range(1 + rounds):
        for count in counts:
            with threads(count):
                start = clock()
                work()
                seconds[count].append(clock() - start)
    return {count: statistics.median(taken[1:]) for count, taken in seconds.items()}


def quickest(seconds):
    """The fewest threads whose time in {count: seconds} is at most a tenth above the best."""
    return min(count for count, taken in seconds.items() if taken <= 1.1 * min(seconds.values()))


def keep_memory():
    """Linux: freeing one large array tells malloc to keep memory at hand, and not to fetch and return
    pages at every step: mid-sized nets gain a third."""
    np.empty(31 * 2**20, np.uint8)
