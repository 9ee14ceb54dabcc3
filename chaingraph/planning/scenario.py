"""Scenarios as files and as words of a command line: read, checked, written."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from chaingraph.analysis.settings import MOST_UNITS, read_number
from chaingraph.checks import matches_date
from chaingraph.errors import OptionError, closest, file_problem
from chaingraph.files import write_file
from chaingraph.planning.kinds import CHANGES, SCHEMA, Change, Key, Scenario
from chaingraph.words import Phrase

Asked: TypeAlias = "str | Path | Scenario | Mapping[str, Any] | Sequence[Any]"
"""A file, a scenario, its content as TOML would hold it, or a list of these or of changes."""
_TOP: Final = ("schema", "name", "note", "base", "change", "plan")
MOST_BYTES: Final = 1_000_000
MOST_CHANGES: Final = 2_000
MOST_DEEP: Final = 8
"""Files that stand on each other at most: more is a mistake."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def read_scenario(source: Asked, *, name: str | None = None) -> Scenario:
    """Return a scenario from a file, from what such a file holds, or from a list of these, in order.

    Parameters
    ----------
    source
        A TOML file (``schema = 1``, ``name``, ``note``, ``base``: files that are made first, ``[[change]]``:
        see ``CHANGES`` for the kinds and their keys; ``[plan]``, what ``chaingraph plan`` says of itself, is
        not looked into), a :class:`Scenario`, a mapping of the same keys, one change, or a list of these.
    name
        Another name for it.

    Returns
    -------
    Scenario
        Checked as far as it can be without a dataset.

    Raises
    ------
    OptionError
        Where a key is unknown (names line and nearest key) or missing, a value cannot be used, files stand on
        each other in a circle, or there is too much of it.
    FileProblemError
        Where a file cannot be read.

    Examples
    --------
    >>> found = read_scenario({"do": "build", "product": "foil", "size": 400, "from": 2027})
    >>> found.changes[0].do, found.changes[0].start
    ('build', '2027')
    """
    found = _read(source, ())
    if len(found.changes) > MOST_CHANGES:
        raise OptionError("scenario-long", count=len(found.changes), limit=MOST_CHANGES)
    return found if name is None else Scenario(name, found.changes, found.note)


def _read(source: Asked, above: tuple[Path, ...]) -> Scenario:
    if isinstance(source, Scenario):
        return source
    if isinstance(source, str | Path):
        return _of_file(Path(source), above)
    if isinstance(source, Mapping):
        held = {"change": [dict(source)]} if "do" in source else dict(source)
        return _of_table(held, "", _Lines(""), above, Path())
    if not isinstance(source, Sequence):
        raise OptionError("scenario-unreadable", value=type(source).__name__)
    whole = Scenario("")
    for number, part in enumerate(source, 1):
        found = _read(part, above)
        if isinstance(part, Mapping) and "do" in part:  # one of a list of changes: its place there
            found = Scenario("", tuple(Change(c.do, c.values, f"#{number}") for c in found.changes))
        whole += found
    return whole


def _of_file(path: Path, above: tuple[Path, ...]) -> Scenario:
    here = path.resolve()
    if here in above:
        raise OptionError("scenario-circle", path=path)
    if len(above) >= MOST_DEEP:
        raise OptionError("scenario-deep", path=path, limit=MOST_DEEP)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise file_problem("unreadable-path", path, error) from error
    if len(data) > MOST_BYTES:
        raise OptionError("scenario-large", path=path, limit=MOST_BYTES // 1_000_000)
    try:
        text = data.decode("utf-8-sig")
        loaded = tomllib.loads(text)
    except UnicodeDecodeError:
        raise OptionError("scenario-not-utf8", path=path) from None
    except (ValueError, RecursionError) as error:
        detail: Any = str(error).splitlines()[0]
        if ";" in text.partition("[[change]]")[2]:
            detail = Phrase("scenario-semicolon", (("detail", detail),))
        raise OptionError("scenario-not-toml", path=path, detail=detail) from None
    return _of_table(loaded, str(path), _Lines(text), (*above, here), path.parent)


class _Lines:
    """Where keys stand in a TOML text: for messages only, so nothing is found rather than a wrong line."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        header = re.compile(r"\s*\[\[\s*change\s*\]\]")
        self.changes = [n for n, line in enumerate(self.lines, 1) if header.match(line)]

    def change(self, number: int, count: int) -> int:
        """Return the line of a change; 0 where it can't be told."""
        return self.changes[number] if len(self.changes) == count else 0

    def key(self, name: str, start: int = 0, *, only: bool = False) -> int:
        """Return the line of a key from a line on; of a change up to the next header."""
        form = re.compile(rf"""(^|[\s,{{])["']?{re.escape(name)}["']?\s*=""")
        for number in range(max(start, 1), len(self.lines) + 1):
            line = self.lines[number - 1]
            if only and number > start and line.lstrip().startswith("["):
                break
            if form.search(line):
                return number
        return start


def _of_table(
    table: dict[str, Any], path: str, lines: _Lines, above: tuple[Path, ...], folder: Path
) -> Scenario:
    """Return a scenario from what a file holds."""

    def refuse(key: str, detail: str, /, **params: object) -> OptionError:
        where = _place(path, lines.key(key))
        return OptionError(
            "scenario-bad", where=where, detail=Phrase(detail, tuple(params.items()))
        )

    strange = next((key for key in table if key not in _TOP), None)
    if strange is not None:
        near = ", ".join(closest(strange, _TOP) or _TOP)
        raise refuse(strange, "scenario-key", key=strange, suggestions=near)
    if table.get("schema", SCHEMA) != SCHEMA:
        raise refuse("schema", "scenario-schema", value=table["schema"], known=SCHEMA)
    texts = {key: table.get(key, "") for key in ("name", "note")}
    odd = next((key for key, value in texts.items() if not isinstance(value, str)), None)
    if odd is not None:
        raise refuse(odd, "scenario-text", key=odd)
    base, changes = table.get("base", []), table.get("change", [])
    base = [base] if isinstance(base, str) else base
    if not isinstance(base, list) or not all(isinstance(one, str) for one in base):
        raise refuse("base", "scenario-base")
    if not isinstance(changes, list) or not all(isinstance(one, dict) for one in changes):
        raise refuse("change", "scenario-changes")
    below = [change for one in base for change in _of_file(folder / one, above).changes]
    starts = [lines.change(number, len(changes)) for number in range(len(changes))]
    own = [
        read_change(change, path=path, line=line, number=number, lines=lines)
        for number, (change, line) in enumerate(zip(changes, starts, strict=True), 1)
    ]
    name = texts["name"] or (Path(path).stem if path else "")
    return Scenario(name, (*below, *own), texts["note"])


def _place(path: str, line: int) -> str:
    return f"{path}:{line}" if path and line else path or "scenario"


def read_change(
    given: Mapping[str, Any], *, path: str = "", line: int = 0, number: int = 1,
    lines: _Lines | None = None, where: str = "",
) -> Change:  # fmt: skip
    """Return one change, checked; a wrong key is named with its line and the nearest known."""
    if not where:
        where = _place(path, line) if path and line else f"{path or 'scenario'} #{number}"

    def refuse(key: str, detail: str, /, **params: object) -> OptionError:
        spot = lines.key(key, line, only=True) if lines and line else 0
        place = _place(path, spot) if spot else where
        return OptionError(
            "scenario-bad", where=place, detail=Phrase(detail, tuple(params.items()))
        )

    do = given.get("do")
    if do not in CHANGES:
        near = ", ".join(closest(str(do), CHANGES) or CHANGES)
        raise refuse("do", "scenario-do", value="" if do is None else do, suggestions=near)
    keys = CHANGES[str(do)]
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key == "do":
            continue
        if key not in keys:
            near = ", ".join(closest(key, keys) or keys)
            raise refuse(key, "scenario-key-of", key=key, do=do, suggestions=near)
        values[key] = _value(key, value, keys[key], refuse)
    for key, spec in keys.items():
        if spec.needed and key not in values:
            raise refuse("do", "scenario-missing", key=key, do=do)
    if do == "outage" and not {"site", "product", "province"} & set(values):
        raise refuse("do", "scenario-outage")
    return Change(str(do), values, where)


_FIGURES: Final = {
    "size": (0.0, MOST_UNITS, False), "amount": (0.0, MOST_UNITS, True), "factor": (0.0, 1.5, True),
    "part": (0.0, 1.0, False), "months": (1.0, 600.0, True), "days": (1.0, 3660.0, True),
}  # fmt: skip
"""Kind of a figure -> least, most, and whether the least itself will do."""
_WHOLE: Final = ("months", "days")
_SUM: Final = 1e-6


def _value(key: str, value: Any, spec: Key, refuse: Any) -> Any:
    """Return a value as its kind wants it."""
    if spec.kind in _FIGURES:
        least, most, included = _FIGURES[spec.kind]
        figure = read_number(value)
        inside = figure is not None and (least < figure or (included and figure == least))
        if figure is None or not inside or figure > most:
            raise refuse(key, f"scenario-{spec.kind}", key=key, value=value)
        if spec.kind in _WHOLE and figure != int(figure):
            raise refuse(key, f"scenario-{spec.kind}", key=key, value=value)
        return figure
    if spec.kind == "date":
        text = value.isoformat() if isinstance(value, datetime.date) else str(value)[:10]
        if isinstance(value, bool | float) or not matches_date(text):
            raise refuse(key, "scenario-date", key=key, value=value)
        return text
    if spec.kind == "shares":
        figures = {n: read_number(v) for n, v in value.items()} if isinstance(value, dict) else {}
        known = [f for f in figures.values() if f is not None and 0 <= f <= 1]
        if not figures or len(known) < len(figures) or abs(sum(known) - 1) > _SUM:
            raise refuse(key, "scenario-shares", key=key)
        return figures
    if not isinstance(value, str) or not value.strip():
        raise refuse(key, "scenario-text", key=key)
    return value.strip()


_WORD: Final = re.compile(
    r"(?P<name>[^=@]+?)\s*(?:=\s*(?P<figure>[-+]?[0-9.,_]+(?:[eE][-+]?[0-9]+)?)\s*(?P<unit>[^@=\s]*)\s*)?"
    r"(?:@\s*(?P<date>\S+))?\s*"
)
WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "add": ("build", "PRODUCT=SIZE[UNIT][@DATE]", "copper_foil=20000@2026-06"),
    "close": ("close", "SITE[:PRODUCT][=PART][@DATE]", "dynanonic_qujing:lfp=0.4@2026"),
    "use": ("use", "PRODUCT=LOAD", "wafer=0.6"),
    "price": ("price", "PRODUCT=CNY", "polysilicon=39000"),
    "demand": ("demand", "PRODUCT=SIZE[UNIT][@DATE]", "cell_lfp=40GWh@2027"),
}
"""Option of the command line -> the change that it stands for, its form, an example."""
_FIGURE_OF: Final = {
    "add": "size", "demand": "size", "close": "part", "use": "utilisation", "price": "cny",
}  # fmt: skip
_DATED: Final = ("add", "demand", "close")


def read_word(option: str, text: str) -> Change:
    """Return the change that a word of the command line stands for.

    Parameters
    ----------
    option
        A key of ``WORDS``.
    text
        Such as ``copper_foil=20000@2026-06``, in its form.

    Raises
    ------
    OptionError
        Where it has not that form, or its figure or date cannot be used.

    Examples
    --------
    >>> read_word("add", "copper_foil=20kt@2026-06").values
    {'product': 'copper_foil', 'size': 20.0, 'unit': 'kt', 'from': '2026-06'}
    >>> read_word("close", "dynanonic_qujing:lfp=0.4").values
    {'site': 'dynanonic_qujing', 'product': 'lfp', 'part': 0.4}
    """
    do, form, example = WORDS[option]
    wrong = OptionError("scenario-word", value=text, form=form, example=f"--{option} {example}")
    found = _WORD.fullmatch(text)
    if found is None:
        raise wrong
    name, figure, unit, date = found["name"].strip(), found["figure"], found["unit"], found["date"]
    sized = "unit" in CHANGES[do]
    if (
        (figure is None and option != "close")
        or (unit and not sized)
        or (date and option not in _DATED)
    ):
        raise wrong
    values: dict[str, Any] = {"do": do}
    if option == "close":
        site, _, product = name.partition(":")
        values |= {"site": site} | ({"product": product} if product else {})
    else:
        values["product"] = name
    if figure is not None:
        try:
            values[_FIGURE_OF[option]] = float(figure.replace(",", "").replace("_", ""))
        except ValueError:
            raise wrong from None
    values |= ({"unit": unit} if unit else {}) | ({"from": date} if date else {})
    return read_change(values, where=f"--{option} {text}")


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as TOML that :func:`read_scenario` reads back.

    Examples
    --------
    >>> scenario = read_scenario([{"do": "use", "product": "foil", "utilisation": 0.5}], name="idle")
    >>> print(scenario_text(scenario))
    schema = 1
    name = "idle"
    <BLANKLINE>
    [[change]]
    do = "use"
    product = "foil"
    utilisation = 0.5
    <BLANKLINE>
    """
    lines = [f"schema = {SCHEMA}", f"name = {_quoted(scenario.name)}"]
    if scenario.note:
        lines.append(f"note = {_quoted(scenario.note)}")
    for change in scenario.changes:
        lines += ["", "[[change]]", f"do = {_quoted(change.do)}"]
        lines += [f"{key} = {_written(value)}" for key, value in change.values.items()]
    return "\n".join(lines) + "\n"


def save_scenario(scenario: Scenario, path: str | Path) -> Path:
    """Write a scenario as a TOML file, whole or not at all.

    Parameters
    ----------
    scenario
        The scenario; of changes that stand on files, all of them are written.
    path
        The file.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    FileProblemError
        Where the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "idle.toml"
    >>> scenario = read_scenario({"do": "use", "product": "foil", "utilisation": 0.5}, name="idle")
    >>> read_scenario(save_scenario(scenario, place)).changes[0].values
    {'product': 'foil', 'utilisation': 0.5}
    """
    return write_file(path, scenario_text(scenario))


def _written(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{_key(name)} = {_written(one)}" for name, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else repr(value)
    return _quoted(str(value))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """Return a basic string of TOML."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in safe) + '"'
