"""A file appears whole or not at all."""

import os

import pytest

from npgan.files import clear_leftovers, whole_file


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


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_permissions_are_those_of_an_ordinary_file(tmp_path):
    with whole_file(tmp_path / "a.txt"):
        pass
    (tmp_path / "b.txt").touch()
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode
