"""Several files are replaced as one, wherever the disk fails or the process dies.

Whoever reads finds all of them old or all of them new.
"""

import os
import threading
from pathlib import Path

import pytest
from faulty_disk import DIED, DONE, RAISED, attempt

from analysis import transaction

OLD = {"a.csv": b"old a\n", "b.csv": b"old b\n", "sub/c.csv": b"old c\n"}
NEW = {"a.csv": b"new a, longer\n", "sub/c.csv": b"new c\n", "d.csv": b"new d\n"}

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a child that dies is a fork")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path)
    return tmp_path


def fill(folder: Path) -> None:
    for name, content in OLD.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def seen(folder: Path) -> dict[str, bytes]:
    """The files as a reader finds them."""
    return {name: path.read_bytes() for name in {**OLD, **NEW} if (path := transaction.current(folder, name)).exists()}


AFTER = {**OLD, **NEW}


def test_all_are_replaced(folder):
    transaction.replace(folder, NEW)
    assert seen(folder) == AFTER
    assert sorted(p.name for p in folder.iterdir()) == [".replacing.lock", "a.csv", "b.csv", "d.csv", "sub"]


def test_permissions_stay(folder):
    (folder / "a.csv").chmod(0o640)
    transaction.replace(folder, NEW)
    assert (folder / "a.csv").stat().st_mode & 0o777 == 0o640


@needs_fork
@pytest.mark.parametrize("mode", ["die", "full", "refuse", "refuse on"])
def test_every_step_may_fail(tmp_path, mode):
    """Step by step until the change gets through: what a reader sees is old or new, and the next change works."""
    outcomes = set()
    for step in range(1, 200):
        folder = tmp_path / str(step)
        folder.mkdir()
        fill(folder)
        ended, steps = attempt(folder, lambda: transaction.replace(folder, NEW), mode, step)
        found = seen(folder)
        if ended == DONE and steps < step:
            break
        outcomes.add((ended, found == AFTER))
        assert ended in (DIED, RAISED, DONE)
        files = {name: found[name] for name in OLD}
        assert files in (OLD, {name: AFTER[name] for name in OLD})
        if ended == RAISED and mode != "refuse on":  # the program lived on: everything is as it was
            assert {p.name for p in folder.iterdir()} <= {*OLD, "sub", transaction.LOCK}
        transaction.recover(folder)
        assert {name: (folder / name).read_bytes() for name in OLD} == files  # now the files themselves are whole
        assert (folder / "d.csv").exists() == (files != OLD)
        transaction.replace(folder, NEW)
        assert seen(folder) == AFTER
        assert not [p for p in folder.iterdir() if p.name.startswith(".replacing") and p.name != transaction.LOCK]
    else:
        pytest.fail("never got through")
    assert (DIED if mode == "die" else RAISED, False) in outcomes


@needs_fork
def test_a_rename_that_fails_in_the_middle_is_undone_or_noted(folder):
    """With every rename refused from the third on, the first file is new already, and cannot be put back."""
    assert attempt(folder, lambda: transaction.replace(folder, NEW), "refuse on", 3)[0] == RAISED
    assert (folder / "a.csv").read_bytes() == NEW["a.csv"]
    assert (folder / transaction.PENDING).is_dir() and seen(folder) == OLD
    transaction.recover(folder)
    assert {name: (folder / name).read_bytes() for name in OLD} == OLD


def test_a_second_change_is_refused_and_readers_do_not_disturb_the_first(folder):
    with transaction.change(folder) as change:
        change.write(NEW)
        with pytest.raises(transaction.Busy):
            transaction.replace(folder, NEW)
        transaction.recover(folder)
        assert seen(folder) == OLD
        change.commit()
    assert seen(folder) == AFTER


def test_nothing_is_left_of_a_change_that_is_given_up(folder):
    with pytest.raises(RuntimeError), transaction.change(folder) as change:
        change.write(NEW, beside=["b.csv"])
        assert (change.new / "b.csv").read_bytes() == OLD["b.csv"]
        raise RuntimeError
    assert {p.name for p in folder.iterdir()} == {"a.csv", "b.csv", "sub", transaction.LOCK} and seen(folder) == OLD


def test_links_are_refused(folder):
    (folder / "a.csv").rename(folder / "elsewhere.csv")
    (folder / "a.csv").symlink_to(folder / "elsewhere.csv")
    with pytest.raises(OSError, match="link"):
        transaction.replace(folder, NEW)
    assert (folder / "elsewhere.csv").read_bytes() == OLD["a.csv"] and not (folder / "d.csv").exists()


def test_without_second_names_the_bytes_are_copied(folder, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    transaction.replace(folder, NEW)
    assert seen(folder) == AFTER


def test_states_tell_a_change_between_two_looks(folder):
    before = transaction.state(folder, OLD)
    assert transaction.state(folder, OLD) == before
    transaction.replace(folder, {"b.csv": OLD["b.csv"]})  # even of the same bytes
    assert transaction.state(folder, OLD) != before


def test_a_reader_beside_a_busy_writer_sees_one_state(folder):
    """Reads framed by two equal states never mix old and new, however often the writer writes."""
    stop, mixed, read = threading.Event(), [], 0

    def write() -> None:
        for i in range(40):
            transaction.replace(folder, {name: f"{i}".encode() for name in OLD})
        stop.set()

    thread = threading.Thread(target=write)
    transaction.replace(folder, dict.fromkeys(OLD, b"start"))
    thread.start()
    while not stop.is_set():
        before = transaction.state(folder, OLD)
        try:
            contents = {transaction.current(folder, name).read_bytes() for name in OLD}
        except FileNotFoundError:  # moved away between the look and the read: the states differ
            contents = {b"", b"-"}
        if transaction.state(folder, OLD) == before:
            read += 1
            mixed += [contents] if len(contents) > 1 else []
    thread.join()
    assert read and not mixed
