"""Sessions: one a tab, each with a folder of its own that goes when the session goes."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from chaingraph.serve.reading import Given

if TYPE_CHECKING:
    from chaingraph.serve.making import Overview, Thing
    from chaingraph.serve.reading import Reading
    from chaingraph.words import Language

_PREFIX: Final = "chaingraph-serve-"
_LOCK: Final = ".lock"
MOST_SESSIONS: Final = 24
"""Tabs kept at once; of more the one longest unused goes."""
PHASES: Final = ("start", "reading", "review", "making", "results")
WORKING: Final = frozenset({"reading", "making"})


@dataclass(eq=False)
class Session:
    """What one tab has going.

    Attributes
    ----------
    key, place
        Its part of the address, its folder.
    phase
        One of PHASES; reading and making are work that goes on.
    refusal
        Why what was dropped cannot be read, in sentences.
    version
        Grows with every change, so that a page knows when to look again.
    """

    key: str
    place: Path
    lang: Language
    phase: str = "start"
    files: tuple[Path, ...] = ()
    given: Given = field(default_factory=Given)
    reading: Reading | None = None
    overview: Overview | None = None
    things: tuple[Thing, ...] = ()
    refusal: tuple[str, ...] = ()
    dataset: str = ""
    version: int = 0
    rounds: int = 0
    touched: float = field(default_factory=time.monotonic)

    @property
    def working(self) -> bool:
        """Whether work goes on for it."""
        return self.phase in WORKING

    def folder(self) -> Path:
        """Return the name of a folder of its own that does not exist yet."""
        self.rounds += 1
        return self.place / f"{self.rounds}"

    def forget(self) -> None:
        """Go back to the start: other files, other answers."""
        self.rounds += 1  # what still goes on for the former files is not waited for
        self.files, self.given, self.reading = (), Given(), None
        self.overview, self.things, self.refusal, self.dataset = None, (), (), ""
        self.set_phase("start")

    def set_phase(self, phase: str) -> None:
        """Enter a phase; the last thing that a change does."""
        self.phase = phase
        self.version += 1


class Sessions:
    """All sessions of a program, in one temporary folder that it holds locked."""

    def __init__(self, lang: Language) -> None:
        sweep_dead()
        self.lang = lang
        self.place = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = FileLock(self.place / _LOCK)
        self._lock.acquire(timeout=0)
        self._held: dict[str, Session] = {}

    def create(self) -> Session:
        """Return a new session; beyond the most, the one that nobody used for longest goes."""
        while len(self._held) >= MOST_SESSIONS:
            idle = [s for s in self._held.values() if not s.working]
            if not idle:
                break
            self.close(min(idle, key=lambda session: session.touched))
        key = secrets.token_urlsafe(8)
        place = self.place / key
        place.mkdir()
        session = self._held[key] = Session(key, place, self.lang)
        return session

    def get(self, key: str) -> Session | None:
        """Return a session that is held; it counts as used now."""
        session = self._held.get(key)
        if session is not None:
            session.touched = time.monotonic()
        return session

    def close(self, session: Session) -> None:
        """Let a session go, with all its files."""
        self._held.pop(session.key, None)
        shutil.rmtree(session.place, ignore_errors=True)

    def sweep(self) -> None:
        """Let all sessions go, and the folder."""
        self._held.clear()
        with contextlib.suppress(OSError):
            self._lock.release()
        shutil.rmtree(self.place, ignore_errors=True)


def sweep_dead() -> list[Path]:
    """Remove the folders of programs that were ended before they could; those in use are locked."""
    swept = []
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            with FileLock(folder / _LOCK).acquire(timeout=0):
                pass
        except (Timeout, OSError):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        swept.append(folder)
    return swept
