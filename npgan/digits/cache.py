"""The cache is a folder of the user's for what can be had again: MNIST's files, digits from fonts, judges."""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np

from npgan.files import clear_leftovers, whole_file

KEEP = 4  # of each kind, glyph digits and judges: how many the cache keeps


def cache_folder():
    """The folder npgan in the user's caches: XDG_CACHE_HOME or ~/.cache; on Windows %LOCALAPPDATA%.

    OSError if the user has no home.
    """
    variable, usual = "XDG_CACHE_HOME", ".cache"
    if sys.platform == "win32":
        variable, usual = "LOCALAPPDATA", "AppData/Local"
    given = os.environ.get(variable)
    if given and os.path.isabs(given):
        return Path(given) / "npgan"
    try:
        return Path.home() / usual / "npgan"
    except RuntimeError:
        raise OSError(f"there is no home folder for a cache: set {variable}, or NPGAN_DATA") from None


def cached(name, size, make):
    """make(), an array of `size` bytes, or the same from the cache, trusted only if its SHA-256 is right.

    name: its kind, "-", and what tells it from others of its kind, of which the latest few are kept. It counts
    in the SHA-256: what was kept under another name is not trusted either.
    """

    def digest(content):
        told = hashlib.sha256(name.encode())
        told.update(content)
        return told.digest()

    try:
        stored = np.fromfile(cache_folder() / name, np.uint8, 32 + size)
        if len(stored) == 32 + size and digest(stored[32:]) == stored[:32].tobytes():
            return stored[32:]
    except OSError:
        pass  # nothing there, or no cache at all
    made = make()
    try:
        path = cache_folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(path.parent)
        with whole_file(path) as file:
            file.write(digest(made))
            file.write(made)
        by_age = sorted(path.parent.glob(f"{name.partition('-')[0]}-*"), key=lambda one: one.stat().st_mtime)
        for old in by_age[:-KEEP]:
            old.unlink(missing_ok=True)
    except OSError:
        pass
    return made
