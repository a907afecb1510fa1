"""Several files replaced as one: whoever reads finds all of them old or all of them new, whatever happens in between.

A crash, a full disk or a failing rename leaves the old files, or a note by which the next reader puts them back.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

# While this folder stands beside the files, a change of them is under way, or broke off: its `old` has those replaced.
PENDING = ".replacing"
LOCK = ".replacing.lock"
_STAGE = ".replacing-"


class Busy(OSError):
    """Another process is changing the same files."""


class Change:
    """A change of the files of one folder, made ready beside them. Get one from `change`."""

    def __init__(self, folder: Path):
        self.folder = folder
        # On the same file system, so that all that is left to do at the end is to rename.
        self.stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=folder))
        self.new = self.stage / "new"
        self._changed: list[str] = []

    def write(self, files: Mapping[str, bytes], beside: Iterable[str] = ()) -> Path:
        """Write the new files, and copies of those `beside` that stay, into a folder of their own; return it."""
        for name in beside:
            if name not in files:
                _copy(self.folder / name, self.new / name)
        for name, content in files.items():
            target, staged = self.folder / name, self.new / name
            if target.is_symlink():
                raise OSError(f"{name} is a link; only plain files can be replaced")
            staged.parent.mkdir(parents=True, exist_ok=True)
            with staged.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, staged)
                _copy(target, self.stage / "old" / name)
            self._changed.append(name)
        return self.new

    def commit(self) -> None:
        """Replace the files, in the order in which they were written; if one fails, put the old ones back and raise."""
        for name in self._changed:
            if not (self.folder / name).exists():  # a file that is new: nothing to put back, it is to go again
                marker = self.stage / "none" / name
                marker.parent.mkdir(parents=True, exist_ok=True)
                marker.touch()
        _sync(self.stage)
        pending = self.folder / PENDING
        os.rename(self.stage, pending)
        try:
            _sync(self.folder)
            for name in self._changed:
                os.replace(pending / "new" / name, self.folder / name)
            _sync(self.folder)
            self._forget(pending)
        except BaseException:
            if pending.exists():  # it does not where all was done but the note's removal half
                _put_back(self.folder)
            raise

    def _forget(self, pending: Path) -> None:
        done = pending.with_name(f"{_STAGE}{os.getpid()}-done")
        os.rename(pending, done)  # from here on the new files count
        shutil.rmtree(done, ignore_errors=True)

    def discard(self) -> None:
        """Remove what was made ready and not used."""
        shutil.rmtree(self.stage, ignore_errors=True)


@contextmanager
def change(folder: Path) -> Iterator[Change]:
    """Lock the folder against other changes, put right what an earlier one left, and make a change ready.

    Raises
    ------
    Busy: another process is at it.
    OSError: a disk that is full, a file that cannot be replaced; the old files are whole.
    """
    with _locked(folder):
        _put_back(folder)
        for left in folder.glob(f"{_STAGE}*/"):
            shutil.rmtree(left, ignore_errors=True)
        prepared = Change(folder)
        try:
            yield prepared
        finally:
            prepared.discard()


def replace(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replace (or make) several files of a folder as one. Raises as `change` does."""
    with change(folder) as prepared:
        prepared.write(files)
        prepared.commit()


def recover(folder: Path) -> None:
    """Put the old files back if a change broke off. Does nothing while one is under way, or where it may not write."""
    if (folder / PENDING).is_dir():
        with suppress(OSError), _locked(folder):
            _put_back(folder)


def current(folder: Path, name: str) -> Path:
    """The file to read: the old one, kept aside, while a change is under way."""
    old = folder / PENDING / "old" / name
    return old if old.is_file() else folder / name


def state(folder: Path, names: Iterable[str]) -> tuple[object, ...]:
    """What tells whether the files changed between two looks at them."""
    return tuple(_stamp(path) for path in (folder / PENDING, *(folder / name for name in names)))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _put_back(folder: Path) -> None:
    """End a change that broke off: every file that it had replaced is the old one again."""
    pending = folder / PENDING
    if not pending.is_dir():
        return
    old, none = pending / "old", pending / "none"
    for path in sorted(old.rglob("*")):
        if path.is_file():
            os.replace(path, folder / path.relative_to(old))
    for path in sorted(none.rglob("*")):
        if path.is_file():
            (folder / path.relative_to(none)).unlink(missing_ok=True)
    _sync(folder)
    shutil.rmtree(pending)


def _copy(source: Path, target: Path) -> None:
    """A second name for the file's bytes, or a copy where the file system knows no second names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Have the names in a folder written out; Windows cannot, and needs not."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. A file, for not every network file system can lock a folder; the system lets go of it
    when the process ends, however it ends."""
    with (folder / LOCK).open("a+b") as file:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy("another process is changing these tables; try again when it is done") from error
        yield
