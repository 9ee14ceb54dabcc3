"""A font that has Chinese characters, found on Linux, Windows and macOS; Pillow's own elsewhere."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import ImageFont

FACES = (
    "NotoSansCJK-Regular", "NotoSansCJKsc-Regular", "NotoSansSC-Regular", "NotoSansSC-VF",
    "SourceHanSansSC-Regular", "SourceHanSansCN-Regular", "SourceHanSans-Regular",
    "msyh", "PingFang", "Hiragino Sans GB", "simhei", "Deng", "STHeiti Light", "STHeiti Medium",
    "wqy-microhei", "wqy-zenhei", "DroidSansFallbackFull", "simsun", "NotoSerifCJK-Regular",
    "Songti", "uming", "Arial Unicode",
)  # fmt: skip
"""Files to look for, best first; Latin letters are in all of them."""
_BOLD = {"NotoSansCJK-Regular": "NotoSansCJK-Bold", "msyh": "msyhbd"}
_ENDS = (".ttf", ".ttc", ".otf")
_SIMPLIFIED = {"NotoSansCJK-Regular": 2, "NotoSansCJK-Bold": 2, "NotoSerifCJK-Regular": 2}
"""Position of the simplified Chinese face in collections that hold several."""


def folders() -> Iterator[Path]:
    """Yield the folders in which systems keep fonts."""
    home = Path.home()
    yield from (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
    yield from (home / ".fonts", home / ".local/share/fonts", home / "Library/Fonts")
    yield from (Path("/System/Library/Fonts"), Path("/Library/Fonts"))
    yield Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
    if "LOCALAPPDATA" in os.environ:
        yield Path(os.environ["LOCALAPPDATA"]) / "Microsoft/Windows/Fonts"


@cache
def _found() -> dict[str, Path]:
    """Return the font files of this machine by name in lower case."""
    files: dict[str, Path] = {}
    for folder in folders():
        if folder.is_dir():
            for path in sorted(folder.rglob("*")):
                if path.suffix.casefold() in _ENDS:
                    files.setdefault(path.stem.casefold(), path)
    return files


def chinese_face() -> str:
    """Return the name of the best font with Chinese characters, empty where there is none."""
    return next((face for face in FACES if face.casefold() in _found()), "")


def can_write_chinese() -> bool:
    """Tell whether pictures can carry Chinese text on this machine."""
    return bool(chinese_face())


@cache
def font_file(size: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font for a size in pixels; Pillow's own, Latin only, where no other is found."""
    from PIL import ImageFont

    face = chinese_face()
    pixels = max(1.0, round(size * 2) / 2)
    if not face:
        own = ImageFont.load_default(pixels)
        if not isinstance(own, ImageFont.FreeTypeFont):
            raise OSError("Pillow was built without FreeType")
        return own
    heavy = _BOLD.get(face, "")
    face = heavy if bold and heavy.casefold() in _found() else face
    return ImageFont.truetype(_found()[face.casefold()], pixels, index=_SIMPLIFIED.get(face, 0))
