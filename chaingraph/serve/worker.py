"""The one worker: long work is done one piece after another, beside the pages."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Worker:
    """A thread that does one piece of work at a time: what somebody waits for first, else as they came.

    One, because two large workbooks at once need twice the memory; the thread ends with the program,
    wherever its work stands.
    """

    def __init__(self) -> None:
        self._waiting: queue.PriorityQueue[tuple[bool, int, Callable[[], None]]]
        self._waiting = queue.PriorityQueue()
        self._order = itertools.count()
        self._left = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="chaingraph-serve", daemon=True)
        self._thread.start()

    @property
    def left(self) -> int:
        """How many pieces are not done yet."""
        return self._left

    def give(self, work: Callable[[], None], *, patient: bool = False) -> None:
        """Put a piece of work into the queue, behind all others if it is patient; it tells its failures."""
        with self._lock:
            self._left += 1
        self._waiting.put((patient, next(self._order), work))

    def _run(self) -> None:
        while True:
            _, _, work = self._waiting.get()
            with contextlib.suppress(Exception):  # said by the work itself; the next one goes on
                work()
            with self._lock:
                self._left -= 1
