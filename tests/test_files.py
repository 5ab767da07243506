"""A file appears whole or not at all."""

import contextlib
import os
import stat
import threading

import numpy as np
import pytest

from npgan.files import clear_leftovers, whole_file

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX links, pipes and permissions")


def test_writes_text_and_bytes_and_replaces(tmp_path):
    path = tmp_path / "a.txt"
    for text in "one", "two":
        with whole_file(path, "w", encoding="utf-8") as file:
            file.write(text)
        assert path.read_text() == text
    with whole_file(path) as file:
        file.write(b"\x00")
    assert path.read_bytes() == b"\x00" and os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), whole_file(path, "w") as file:
        file.write("half")
        raise error
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "no" / "a.txt"):
        pass


def test_a_folder_cannot_become_a_file(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder, wanted"), whole_file(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_leftovers_of_a_killed_process_are_cleared(tmp_path):
    names = ".a.txt.x8f.npgan-part", "a.txt", ".hidden", "b.npgan-part", ".others.part"
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / ".folder.npgan-part").mkdir()
    clear_leftovers(tmp_path)
    (tmp_path / ".folder.npgan-part").rmdir()
    assert sorted(os.listdir(tmp_path)) == sorted(names[1:])


@posix
def test_permissions_are_those_of_an_ordinary_file(tmp_path):
    with whole_file(tmp_path / "a.txt"):
        pass
    (tmp_path / "b.txt").touch()
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


@posix
def test_permissions_of_a_file_that_is_replaced_stay(tmp_path):
    path = tmp_path / "a.txt"
    for mode in 0o600, 0o640, 0o755:
        path.touch()
        path.chmod(mode)
        with whole_file(path) as file:
            file.write(b"new")
        assert stat.S_IMODE(path.stat().st_mode) == mode and path.read_bytes() == b"new"


# --- links, pipes, devices ---


@posix
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("chain", [1, 2, 3])
def test_a_link_is_followed_and_stays(there, chain, tmp_path, monkeypatch):
    """To a file or to nothing yet, over relative links from folder to folder."""
    folders = [tmp_path / f"folder{i}" for i in range(chain + 1)]
    for folder in folders:
        folder.mkdir()
    links = [folder / "link" for folder in folders[:-1]]
    for link, to in zip(links, [*links[1:], folders[-1] / "a.txt"], strict=True):
        link.symlink_to(os.path.relpath(to, link.parent))
    target = folders[-1] / "a.txt"
    if there:
        target.write_text("old")
    monkeypatch.chdir(folders[0])
    with whole_file("link", "w") as file:
        file.write("new")
        assert not there or target.read_text() == "old"
    assert target.read_text() == "new" and not target.is_symlink()
    assert all(link.is_symlink() for link in links)
    assert [os.listdir(folder) for folder in folders] == [["link"]] * chain + [["a.txt"]]


@posix
def test_links_that_lead_nowhere(tmp_path):
    one, two, lost, folder = (tmp_path / name for name in ("one", "two", "lost", "folder"))
    one.symlink_to(two)
    two.symlink_to(one)
    lost.symlink_to(tmp_path / "no" / "a.txt")
    folder.symlink_to(tmp_path)
    for path, error in (one, OSError), (lost, FileNotFoundError), (folder, IsADirectoryError):
        with pytest.raises(error) as info, whole_file(path):
            pass
        assert str(tmp_path) in str(info.value)
    assert sorted(os.listdir(tmp_path)) == ["folder", "lost", "one", "two"]


@posix
@pytest.mark.parametrize("mode", ["w", "wb"])
def test_into_a_pipe_goes_what_was_written_when_all_is_there(mode, tmp_path):
    path, came = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: came.append(path.read_bytes()))
    reader.start()
    with whole_file(path, mode) as file:
        file.write("one" if mode == "w" else b"one")
        file.seek(0)  # as archives do, to note their lengths
        file.write("two, and more" if mode == "w" else b"two, and more")
        assert not came
    reader.join(10)
    assert came == [b"two, and more"] and stat.S_ISFIFO(path.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


@posix
def test_an_error_sends_nothing_into_a_device(tmp_path):
    path = tmp_path / "device"
    path.symlink_to("/dev/full")  # whatever is written there fails
    with pytest.raises(KeyError), whole_file(path) as file:
        file.write(b"half")
        raise KeyError
    with pytest.raises(OSError) as info, whole_file(path) as file:
        file.write(b"all")
    assert info.value.filename == str(path) and path.is_symlink()


# --- what an error says ---


@contextlib.contextmanager
def small_files():
    """Files can have no more than 10,000 bytes, as on a full disk. (No fixture: between its test and its end
    pytest reports, into a log file perhaps, which is longer.)"""
    resource = pytest.importorskip("resource")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


WRITERS = {
    "bytes": lambda file: file.write(bytes(20_000)),
    "buffered to the end": lambda file: [file.write(bytes(99)) for _ in range(200)],
    "np.save": lambda file: np.save(file, np.zeros(20_000)),
    "np.savetxt": lambda file: np.savetxt(file, np.zeros(20_000)),
    "np.savez": lambda file: np.savez(file, a=np.zeros(20_000)),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_names_the_file_and_leaves_nothing(writer, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with small_files(), pytest.raises(OSError) as info, whole_file(path) as file:
        WRITERS[writer](file)
    assert str(info.value) == f"[Errno 27] File too large: '{path}'"
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("call", ["mkstemp", "fsync", "chmod", "replace"])
def test_an_error_names_the_file_that_was_asked_for(call, tmp_path, monkeypatch):
    def refuse(*args, **_):
        raise PermissionError(13, "Permission denied", *(arg for arg in args if isinstance(arg, str)))

    def refuse_to_make(dir, prefix, suffix):
        refuse(f"{dir}/{prefix}abc{suffix}")

    if call == "mkstemp":
        monkeypatch.setattr("tempfile.mkstemp", refuse_to_make)
    else:
        monkeypatch.setattr(os, call, refuse)
    with pytest.raises(PermissionError) as info, whole_file(tmp_path / "a.txt"):
        pass
    assert str(info.value) == f"[Errno 13] Permission denied: '{tmp_path / 'a.txt'}'"
    assert os.listdir(tmp_path) == []


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    """The folder would allow to put another in its place."""
    path = tmp_path / "a.txt"
    path.write_text("precious")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="a.txt"), whole_file(path):
        pass
    assert path.read_text() == "precious" and os.listdir(tmp_path) == ["a.txt"]


LONGEST = {"ascii": "a" * 255, "accents": "\u00e9" * 127, "hanzi": "\u6587" * 85, "bytes": "\udcff" * 255}


@posix
@pytest.mark.parametrize("name", LONGEST.values(), ids=LONGEST)
def test_the_longest_names(name, tmp_path):
    path = tmp_path / name
    for text in b"one", b"two":
        with whole_file(path) as file:
            file.write(text)
        assert path.read_bytes() == text and os.listdir(tmp_path) == [name]
    with pytest.raises(OSError) as info, whole_file(tmp_path / (name + "a" * 3)):
        pass
    assert info.value.filename == str(tmp_path / (name + "a" * 3)) and os.listdir(tmp_path) == [name]
