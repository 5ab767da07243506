"""The lock on a folder: one holder at a time, and none when its process is gone."""

import errno
import os
import signal
import subprocess
import sys
import threading

import pytest
from small_runs import SMALL, begin, contents, refused, resume, save

from npgan.app import lock
from npgan.app.lock import LOCK, Lock
from npgan.app.run import Run

HOLD = """
import sys, time
from npgan.app.lock import Lock
lock = Lock(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


def test_the_second_is_told_of_the_first_and_nothing_is_left_in_the_end(tmp_path):
    first = Lock(tmp_path)
    with pytest.raises(ValueError, match=rf"a run of process {os.getpid()} on \S+ is going on here"):
        Lock(tmp_path)
    assert os.listdir(tmp_path) == [LOCK]
    first.release()
    assert os.listdir(tmp_path) == []
    Lock(tmp_path).release()
    assert os.listdir(tmp_path) == []


def test_another_process_is_told_and_a_killed_one_holds_nothing(tmp_path, capsys):
    save(tmp_path / "run")
    before = contents(tmp_path / "run")
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path / "run"], stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"held\n"
        for how in ["--resume"], ["--overwrite"], []:
            message = f"run: a run of process {process.pid} on "
            refused(capsys, "train", "gaussian", "--out", "run", *how, message=message)
    finally:
        process.kill()
        process.communicate()
    assert contents(tmp_path / "run").pop(LOCK).startswith(b"%d " % process.pid)
    with resume(tmp_path / "run") as run:
        assert (tmp_path / "run" / LOCK).read_text().startswith(f"{os.getpid()} ") and run.step == 0
    assert contents(tmp_path / "run") == before


def test_of_many_that_come_and_go_one_holds_it_at_a_time(tmp_path):
    holders, most = [], []

    def come_and_go():
        turns = 0
        while turns < 30:
            try:
                one = Lock(tmp_path)
            except ValueError:
                continue
            holders.append(one)
            most.append(len(holders))
            turns += 1
            holders.remove(one)
            one.release()

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 120 and max(most) == 1 and os.listdir(tmp_path) == []


@pytest.mark.parametrize("third", [True, False])
def test_a_lock_on_a_file_that_is_gone_is_none(third, tmp_path, monkeypatch):
    """One opens the file that another is about to remove; a third may then have made a new one."""
    first, others, lock_ = Lock(tmp_path), [], lock._lock

    def late(file):
        monkeypatch.setattr(lock, "_lock", lock_)
        first.release()
        others.extend([Lock(tmp_path)] if third else [])
        lock_(file)

    monkeypatch.setattr(lock, "_lock", late)
    if third:
        with pytest.raises(ValueError, match="is going on here"):
            Lock(tmp_path)
    else:
        others.append(Lock(tmp_path))
    assert others[0].is_there()
    others[0].release()
    assert os.listdir(tmp_path) == []


def test_who_comes_as_another_lets_go_keeps_the_file(tmp_path):
    class Closing:
        def __init__(self, file):
            self.fileno, self.file = file.fileno, file

        def close(self):
            self.file.close()
            others.append(Lock(tmp_path))

    first, others = Lock(tmp_path), []
    first.file = Closing(first.file)
    first.release()
    assert others[0].is_there()
    others[0].release()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX locks")
def test_where_there_are_no_locks_nobody_is_held_up(tmp_path, monkeypatch):
    def flock(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", flock)
    one = Lock(tmp_path)
    two = Lock(tmp_path)
    one.release()
    two.release()
    assert os.listdir(tmp_path) == []


def test_a_run_whose_folder_was_moved_away_leaves_the_new_one_alone(tmp_path):
    with Run.new(tmp_path / "run", SMALL) as old:
        old.save()
        os.rename(tmp_path / "run", tmp_path / "moved")
        with Run.new(tmp_path / "run", SMALL | {"seed": 1}) as new:
            new.save()
            before = contents(tmp_path / "run")
            with pytest.raises(OSError, match="run is the folder of another run now"):
                old.save()
            assert contents(tmp_path / "run") == before
    assert LOCK not in contents(tmp_path / "run")


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LOCK).symlink_to(tmp_path / "mine")
    with pytest.raises(ValueError, match="is a link"):
        begin(tmp_path / "run")
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_the_lock_is_held_until_the_last_picture(tmp_path, monkeypatch):
    """And let go of after an error, too."""
    seen = []

    def look(path, draw, size=None):
        seen.append((path.name, (path.parent / LOCK).exists()))
        if path.name == "progress.png":
            raise KeyboardInterrupt

    monkeypatch.setattr("npgan.app.run.save_figure", look)
    with pytest.raises(KeyboardInterrupt), Run.new(tmp_path / "run", SMALL) as run:
        run.train(quiet=True)
        run.report()
    assert seen == [("losses.png", True), ("densities.png", True), ("progress.png", True)]
    assert LOCK not in contents(tmp_path / "run") and signal.getsignal(signal.SIGINT)
