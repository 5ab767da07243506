"""A lock on a folder: of two processes that would write in it, the second is told that the first is there.

The lock is the operating system's, on a small file, and vanishes with its process, however that ends. The
file says who has it; one that a killed process has left behind is taken over.
"""

import os
import socket
from contextlib import suppress
from errno import EACCES, EAGAIN, EDEADLK
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

LOCK = ".npgan-lock"


class Lock:
    """The lock on a folder until release(); ValueError if somebody has it, in this process or another.

    A file system that knows no locks has none to give: there nobody is held up.
    """

    def __init__(self, folder):
        self.path = Path(folder) / LOCK
        if self.path.is_symlink():
            raise ValueError(f"{self.path} is a link: what it leads to is no run's")
        while True:
            self.file = open(self.path, "a+b", buffering=0)
            try:
                _lock(self.file)
            except OSError as error:
                if error.errno in (EACCES, EAGAIN, EDEADLK):
                    self.file.close()
                    raise ValueError(f"{folder}: {_who(self.path)} is going on here") from None
            if self.is_there():
                break
            self.file.close()  # whoever had it has just removed it
        self.file.truncate(0)
        self.file.write(f"{os.getpid()} {socket.gethostname()}\n".encode())

    def is_there(self):
        """Is the file in the folder still the one that is locked?"""
        try:
            return os.path.samestat(os.fstat(self.file.fileno()), os.stat(self.path))
        except FileNotFoundError:
            return False

    def is_lost(self):
        """Has another run put its own there: because the folder was moved away, say, and made anew?"""
        return self.path.exists() and not self.is_there()

    def release(self):
        """Remove the file and let go: in this order, since a file that is let go may be another's at once.
        Windows removes no open file, so there it is the other way round, and another's stays."""
        remove = self.is_there()
        with suppress(OSError):
            if remove and fcntl:
                self.path.unlink()
        self.file.close()
        with suppress(OSError):
            if remove and not fcntl:
                self.path.unlink()


def _lock(file):
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        file.seek(1 << 30)  # what is locked cannot be read either: one byte, far behind the text
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)


def _who(path):
    with suppress(OSError, ValueError):
        with open(path, "rb") as file:
            pid, host = file.read(300).decode().split()
        return f"a run of process {int(pid)} on {host}"
    return "a run of another process"
