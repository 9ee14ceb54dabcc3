"""Running commands inside the test process, and reading what they print."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from chaingraph.cli.main import program

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PRODUCTS = "product_id,name_zh,unit\na,甲,t\nb,乙,t\n"


def run(*args: object, lang: str = "en_US.UTF-8", status: int | None = 0) -> Result:
    """Run a command; no exception may get out of it but the exit itself."""
    result = CliRunner().invoke(
        program,
        [str(arg) for arg in args],
        prog_name="chaingraph",
        env={"LC_ALL": lang, "LANG": lang, "LC_MESSAGES": lang},
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    if status is not None:
        assert result.exit_code == status, result.output
    return result


def failure(*args: object, status: int, lang: str = "en_US.UTF-8") -> str:
    """Run a command that fails; return its one sentence on stderr. Nothing is on stdout."""
    result = run(*args, lang=lang, status=status)
    assert result.stdout == ""
    assert "did not foresee" not in result.stderr
    lines = [
        line
        for line in result.stderr.splitlines()
        if line and not line.startswith(("Usage", "Try", "用法"))
    ]
    assert len(lines) == 1, result.stderr
    return lines[0]


def rows(*args: object, **options: Any) -> list[dict[str, str]]:
    """Run a command with --format csv and return its rows."""
    return list(csv.DictReader(io.StringIO(run(*args, "--format", "csv", **options).stdout)))


def cells(found: list[dict[str, str]], *names: str) -> list[tuple[str, ...]]:
    """Return some columns of some rows."""
    return [tuple(row[name] for name in names) for row in found]


def refuse(name: str) -> None:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def document(*args: object, **options: Any) -> dict[str, Any]:
    """Run a command with --format json and return what it says; NaN is refused."""
    text = run(*args, "--format", "json", **options).stdout
    loaded: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return loaded


def folder(place: Path, name: str = "city", **files: str | bytes) -> Path:
    """Write a dataset folder: table=text, or card=text for datapackage.json."""
    target = place / name
    target.mkdir()
    for table, content in files.items():
        file = target / ("datapackage.json" if table == "card" else f"{table}.csv")
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return target
