"""Lets a disk fail in a child process: it dies, runs full, or refuses a rename, at the n-th thing it is asked to do.

What is asked is told by Python's own audit events, so that no step of the code can be forgotten.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

RENAMES = {"os.rename"}
TAKE_SPACE = {"os.mkdir", "os.link", "shutil.copyfile", "tempfile.mkdtemp"}
GIVE_SPACE = {"os.remove", "os.rmdir", "shutil.rmtree"}
ALL = RENAMES | TAKE_SPACE | GIVE_SPACE | {"open"}

DONE, RAISED, DIED = 0, 7, 9


def _writes(event: str, arguments: tuple) -> bool:
    return event in TAKE_SPACE or (event == "open" and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)))


def attempt(folder: Path, act: Callable[[], object], mode: str, at: int) -> tuple[int, int]:
    """Do something in a child; return how it ended (`DONE`, `RAISED`, `DIED`) and how many steps it got to.

    `mode`: "die" at step `at`, "die renaming" at that rename; "full": from there on nothing can be written; "refuse"
    that one rename; "refuse on": no rename any more. Steps are those that concern the folder and count for the mode.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            steps = len(pipe.read())
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), steps
    os.close(reading)
    count = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal count
        counted = {
            "die": event in ALL,
            "die renaming": event in RENAMES,
            "full": _writes(event, arguments) if event in ALL else False,
            "refuse": event in RENAMES,
            "refuse on": event in RENAMES,
        }[mode]
        if not counted or not any(str(folder) in str(argument) for argument in arguments[:2]):
            return
        count += 1
        os.write(writing, b".")
        if mode.startswith("die") and count == at:
            os._exit(DIED)
        if (
            (mode == "full" and count >= at)
            or (mode == "refuse" and count == at)
            or (mode == "refuse on" and count >= at)
        ):
            raise OSError(errno.ENOSPC if mode == "full" else errno.EACCES, "planted")

    sys.addaudithook(hook)
    try:
        act()
        code = DONE
    except OSError:
        code = RAISED
    except BaseException:  # anything else is a fault of the code that is tested, and of no expected kind
        code = 1
    os._exit(code)
