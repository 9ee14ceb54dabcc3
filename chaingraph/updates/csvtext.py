"""Changing cells and adding rows of a CSV file while every other row stays as it is, byte for byte."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_BOM = "\ufeff"


class _Record(NamedTuple):
    line: int
    cells: list[str]
    text: str


def edit_csv(
    data: bytes,
    name: str,
    cells: Mapping[int, Mapping[str, str]],
    rows: Sequence[Mapping[str, str]],
) -> bytes:
    r"""Return the bytes of a table's file with some cells changed and rows added.

    Parameters
    ----------
    data
        The file in UTF-8; empty for a file that is not there yet.
    name
        Name of the table.
    cells
        Line on which a row begins -> column -> new text.
    rows
        Rows to add at the end: column -> text. Columns that the file lacks are added behind its own.

    Returns
    -------
    bytes
        Untouched rows as they were; their line ends and quotes too.

    Examples
    --------
    >>> edit_csv(b'unit_id,note\nu,"a"\nv,b\n', "units", {3: {"note": "c"}}, [{"unit_id": "w"}])
    b'unit_id,note\nu,"a"\nv,c\nw,\n'
    """
    text = data.decode("utf-8")
    mark, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    records = list(_records(text))
    spec = table_spec(name)
    used = [c for row in (*cells.values(), *rows) for c in row]
    if not records:
        required = [f.name for f in spec.fields if f.required]
        header = [c for c in spec.field_names if c in {*used, *required}]
        header += [c for c in dict.fromkeys(used) if c not in header]
        return (_written(header, "\n") + _added(header, rows, "\n")).encode()
    header = [cell.strip() for cell in records[0].cells]
    width, end = len(header), _line_end(records[0].text)
    new = [c for c in dict.fromkeys(used) if c not in header]
    new.sort(key=lambda c: spec.field_names.index(c) if c in spec.by_name else len(spec.fields))
    parts = []
    for place, record in enumerate(records):
        if len(record.cells) != width:  # a blank line
            parts.append(record.text)
        elif place == 0:
            parts.append(_widened(record.text, [csv_cell(c) for c in new]))
        elif record.line in cells:
            full = [*record.cells, *[""] * len(new)]
            for column, value in cells[record.line].items():
                full[[*header, *new].index(column)] = value
            parts.append(_written(full, _line_end(record.text, "")))
        else:
            parts.append(_widened(record.text, [""] * len(new)))
    if rows and not _line_end(parts[-1], ""):
        parts.append(end)
    return (mark + "".join(parts) + _added([*header, *new], rows, end)).encode()


def _records(text: str) -> Iterator[_Record]:
    """Return the rows of a text with the line on which each begins and the text it is made of."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines)
    start = 0
    for cells in reader:
        yield _Record(start + 1, cells, "".join(lines[start : reader.line_num]))
        start = reader.line_num


def _line_end(text: str, default: str = "\n") -> str:
    kept = text.rstrip("\r\n")
    return text[len(kept) :] or default


def _widened(text: str, more: Sequence[str]) -> str:
    """Return a row's text with cells added behind it."""
    if not more:
        return text
    end = _line_end(text, "")
    return text[: len(text) - len(end)] + "".join(f",{cell}" for cell in more) + end


def csv_cell(text: str) -> str:
    """Return a cell as it stands in a CSV file."""
    return _written([text, ""], "")[:-1]


def _written(cells: Sequence[str], end: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="").writerow(cells)
    return file.getvalue() + end


def _added(header: Sequence[str], rows: Sequence[Mapping[str, str]], end: str) -> str:
    return "".join(_written([row.get(c, "") for c in header], end) for row in rows)
