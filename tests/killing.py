"""Writers ended at every one of their file operations, in children of this process; prints JSON.

Run as ``python -m tests.killing FOLDER``: the writers' modules are imported once, then each trial is a fork, so
that hundreds of them take seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import chaingraph as cg
from chaingraph import files

if TYPE_CHECKING:
    from collections.abc import Callable

    State = dict[str, bytes] | None

OPERATIONS = (
    "open", "write", "fsync", "close", "replace", "rename", "mkdir", "unlink", "rmdir", "chmod", "symlink",
)  # fmt: skip
KILLED = 9
DECISION = {"alias_zh": "远芯", "place": "甲市", "enterprise_id": "cell_jia", "decision": "same"}


class Writer(NamedTuple):
    """What stands before, what is done, and what of the place is looked at."""

    before: Callable[[Path], object]
    write: Callable[[Path], object]
    name: str
    again: bool = True
    mend: bool = False


def put(folder: Path, **texts: str) -> None:
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "below").mkdir()
    (folder / "below" / "note.txt").write_text("kept")
    (folder / "link").symlink_to("a.csv")


def state(path: Path) -> State:
    """What stands at a path: its files' bytes by name; None where there is nothing.

    A hidden file is what an ended writer left of its temporary one: no reader looks at it.
    """
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        return {str(p.relative_to(path)): p.read_bytes() for p in found}
    return {"": path.read_bytes()} if path.exists() else None


TOY = cg.load_dataset("toy")
MATCHES = cg.match_enterprises(TOY, [{"name": "甲市电芯"}])
NEW = [("a.csv", "new a"), ("c.csv", "new c")]
WRITERS = {
    "write_file": Writer(
        lambda place: (place / "a.txt").write_text("old"),
        lambda place: files.write_file(place / "a.txt", "new" * 1000),
        "a.txt",
    ),
    "write_folder": Writer(
        lambda place: (place / "city").mkdir(),
        lambda place: files.write_folder(place / "city", NEW),
        "city",
        again=False,
    ),
    "replace_folder": Writer(
        lambda place: put(place / "city", a="old a", b="old b"),
        lambda place: files.replace_folder(place / "city", NEW),
        "city",
    ),
    "replace_folder in two renames": Writer(
        lambda place: put(place / "city", a="old a", b="old b"),
        lambda place: files.replace_folder(place / "city", NEW),
        "city",
        mend=True,
    ),
    "save_dataset": Writer(
        lambda place: place,
        lambda place: cg.save_dataset(TOY, place / "city"),
        "city",
        again=False,
    ),
    "save_matches": Writer(
        lambda place: (place / "review.xlsx").write_text("old"),
        lambda place: cg.save_matches(MATCHES, place / "review.xlsx"),
        "review.xlsx",
    ),
    "remember_decisions": Writer(
        lambda place: cg.save_dataset(TOY, place / "city"),
        lambda place: cg.remember_decisions(place / "city", [DECISION]),
        "city",
    ),
}


def end_at(number: int) -> None:
    """Let the process end right before its file operation of a number; of a write half is done."""
    done = 0

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal done
            if name == "open" and not args[1] & os.O_CREAT:
                return function(*args, **options)
            done += 1
            if done == number:
                if name == "write":
                    function(args[0], args[1][: len(args[1]) // 2])
                os._exit(KILLED)
            return function(*args, **options)

        return call

    for name in OPERATIONS:
        setattr(os, name, counted(name, getattr(os, name)))
    files._exchange = counted("exchange", files._exchange)


def run(writer: Writer, place: Path, number: int) -> bool:
    """Write in a child that is ended at an operation; tell whether it came that far."""
    child = os.fork()
    if not child:
        try:
            end_at(number)
            writer.write(place)
        except BaseException as error:  # noqa: BLE001  the child says it and ends
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in {0, KILLED}:
        raise RuntimeError(status)
    return status == KILLED


def trial(writer: Writer, place: Path) -> dict[str, Any]:
    """End a writer at each of its operations; say what stood afterwards."""

    def fresh() -> Path:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        writer.before(place)
        return place / writer.name

    target = fresh()
    old = state(target)
    writer.write(place)
    new = state(target)
    found: dict[str, Any] = {"operations": 0, "old": 0, "new": 0, "wrong": [], "stuck": []}
    while True:
        number = found["operations"] + 1
        target = fresh()
        killed = run(writer, place, number)
        if writer.mend:
            with files.locked(target, timeout=0):
                pass
        now = state(target)
        found["old" if now == old else "new" if now == new else "wrong"] += (
            1 if now in (old, new) else [number]
        )
        if not killed:
            return found | {"differ": old != new}
        found["operations"] = number
        if writer.again:
            writer.write(place)
            if state(target) != new:
                found["stuck"].append(number)


def forbidden(place: Path) -> list[str]:
    """What a writer without any right says, in a child that is nobody."""
    place.mkdir()
    files.write_folder(place / "city", NEW)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        said = []
        if os.geteuid() == 0:
            os.setuid(65534)
        else:
            place.chmod(0o555)
            (place / "city").chmod(0o555)
        for call in (
            lambda: files.write_file(place / "city" / "a.csv", "x"),
            lambda: files.write_folder(place / "other", NEW),
            lambda: files.replace_folder(place / "city", NEW),
        ):
            try:
                call()
                said.append("nothing")
            except cg.FileProblemError as error:
                said.append(error.text("zh"))
        os.write(write, json.dumps(said).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    place.chmod(0o755)
    (place / "city").chmod(0o755)
    with os.fdopen(read, "rb") as stream:
        said = json.loads(stream.read())
    return [*said, str(state(place / "city"))]


def main() -> None:
    """Try all writers."""
    place = Path(sys.argv[1])
    found: dict[str, Any] = {}
    for name, writer in WRITERS.items():
        if writer.mend:
            files._exchange = lambda *_: False
        found[name] = trial(writer, place / "place")
    found["forbidden"] = forbidden(place / "closed")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
