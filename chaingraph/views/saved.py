"""A page that was made: it is saved as a whole, and shows itself in a notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from chaingraph.files import write_file

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class SavedPage:
    """One HTML page with its title."""

    title: str
    page: str
    _height: ClassVar[int] = 720

    def save(self, path: str | Path) -> Path:
        """Write the page; an existing file is replaced as a whole or kept."""
        return write_file(path, self.page)

    def _repr_html_(self) -> str:
        source = html.escape(self.page, quote=True)
        style = f"width:100%;height:{self._height}px;border:1px solid #ccc"
        return f'<iframe srcdoc="{source}" style="{style}"></iframe>'
