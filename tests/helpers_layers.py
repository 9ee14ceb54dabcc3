"""The floors of the package, from `layers.json`, and the table of them that CONTRIBUTING.md shows.

``python -m tests.helpers_layers`` writes the table anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "chaingraph"
GUIDE = REPOSITORY / "CONTRIBUTING.md"
HEAD = "| floor | rooms | what lives there |\n|---|---|---|\n"


class Entry(NamedTuple):
    floor: int
    rooms: list[str]
    holds: str
    within: list[str]
    """The rooms of a room, the lower first; empty where they may call each other as they like."""


def load_entries() -> list[Entry]:
    """Return the rooms from the top floor to the ground."""
    floors = json.loads((Path(__file__).parent / "layers.json").read_text(encoding="utf-8"))
    return [
        Entry(len(floors) - 1 - depth, entry["rooms"], entry["holds"], entry.get("within", []))
        for depth, floor in enumerate(floors)
        for entry in floor
    ]


def load_layers() -> dict[str, int]:
    """Return the floor of every room, the ground floor being 0."""
    return {room: entry.floor for entry in load_entries() for room in entry.rooms}


def guide_table() -> str:
    """Return the table of the floors in Markdown."""
    return HEAD + "".join(
        f"| {floor} | {', '.join(f'`{room}`' for room in rooms)} | {holds} |\n"
        for floor, rooms, holds, _ in load_entries()
    )


def shown_table(text: str) -> str:
    """Return the table as it stands in the guide."""
    rows = text[text.index(HEAD) + len(HEAD) :]
    return HEAD + rows[: rows.index("\n\n") + 1]


def main() -> None:
    """Put the table into the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    GUIDE.write_text(text.replace(shown_table(text), guide_table()), encoding="utf-8")


if __name__ == "__main__":
    main()
