"""Running commands in a pseudo-terminal of a given width, as a person sees them."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from typing import TYPE_CHECKING, NoReturn

from wcwidth import wcswidth

from chaingraph.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def screen(
    *args: object, width: int = 80, folder: Path | None = None, **environment: str
) -> tuple[int, str]:
    """Return the exit status of a command and all that it sent to its terminal."""
    pid, master = pty.fork()
    if pid == 0:
        _run(args, width, folder, environment)
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


def _run(
    args: tuple[object, ...], width: int, folder: Path | None, environment: dict[str, str]
) -> NoReturn:
    """Run a command in the child, which has what it imports already, and leave without the tests' own end."""
    status = 70
    try:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        os.environ.pop("COLUMNS", None)
        os.environ.update(environment)
        if folder is not None:
            os.chdir(folder)
        signal.alarm(0)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        sys.argv = ["chaingraph", *map(str, args)]
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def too_wide(text: str, width: int) -> list[str]:
    """Return the lines that a terminal would wrap; an address stands whole on a line of its own."""
    return [
        line for line in text.splitlines() if not 0 <= wcswidth(line) <= width and "://" not in line
    ]
