"""Running commands in a pseudo-terminal of a given width, as a person sees them."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from typing import TYPE_CHECKING

from wcwidth import wcswidth

if TYPE_CHECKING:
    from pathlib import Path


def screen(
    *args: object, width: int = 80, folder: Path | None = None, **environment: str
) -> tuple[int, str]:
    """Return the exit status of a command and all that it sent to its terminal."""
    pid, master = pty.fork()
    if pid == 0:  # the child: the size is set before anything is imported
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        os.environ.pop("COLUMNS", None)
        os.environ.update(environment)
        if folder is not None:
            os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
            os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "chaingraph", *map(str, args)])  # noqa: S606
    sent = b""
    while True:
        try:
            piece = os.read(master, 65_536)
        except OSError:  # Linux: the other side is closed
            break
        if not piece:
            break
        sent += piece
    os.close(master)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), sent.decode("utf-8").replace("\r\n", "\n")


def too_wide(text: str, width: int) -> list[str]:
    """Return the lines that a terminal would wrap; an address stands whole on a line of its own."""
    return [
        line for line in text.splitlines() if not 0 <= wcswidth(line) <= width and "://" not in line
    ]
