"""What makes it fast and changes no number: idle threads, memory at hand, long vectors in blocks."""

import os

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


def keep_memory():
    """Linux: freeing one large array tells malloc to keep memory at hand, and not to fetch and return
    pages at every step: mid-sized nets gain a third."""
    np.empty(31 * 2**20, np.uint8)
