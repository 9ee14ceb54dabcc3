"""Pictures of the sheets and the page in "Your city in an hour": ``python -m tests.hour_pictures``.

Needs LibreOffice, poppler and chromium; the pictures are kept with the pages, so that only who changes them needs these.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import openpyxl
from PIL import Image, ImageChops

from tests.helpers_hour import HOUR, PAGES, play, workplace

PICTURES = HOUR / "pictures"
SHEETS = {
    "zh": {
        "template-notes": ("宜春模板.xlsx", "填报说明"),
        "template-capacities": ("宜春模板.xlsx", "产能"),
        "list": ("企业产能表.xlsx", "企业产能"),
        "review": ("审核.xlsx", "待审核"),
        "conflicts": ("冲突.xlsx", "冲突"),
    },
    "en": {
        "template-notes-en": ("template.xlsx", "Read me"),
        "template-capacities-en": ("template.xlsx", "Capacities"),
    },
}
MARGIN, WIDEST, LINES = 12, 1500, 700


def picture(source: Path, sheet: str, target: Path) -> None:
    """Draw the first page of a sheet as it prints, without its white border."""
    book = openpyxl.load_workbook(source)
    for name in book.sheetnames:  # the others would be pages before it
        if name != sheet:
            del book[name]
    book.active = 0
    with tempfile.TemporaryDirectory() as below:
        file = Path(below) / "sheet.xlsx"
        book.save(file)
        office = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", below, str(file)]
        subprocess.run(office, check=True, capture_output=True)
        draw = ["pdftoppm", "-r", "140", "-f", "1", "-l", "1", "-png", "-singlefile"]
        subprocess.run([*draw, f"{below}/sheet.pdf", f"{below}/sheet"], check=True)
        with Image.open(f"{below}/sheet.png") as page:
            save(cropped(page.convert("RGB")), target)


def cropped(page: Image.Image) -> Image.Image:
    """Return a picture without the white around and below it; footers do not count."""
    body = page.crop((0, 0, page.width, int(page.height * 0.93)))
    white = Image.new("RGB", body.size, "white")
    box = ImageChops.difference(body, white).getbbox() or (0, 0, *body.size)
    left, top, right, bottom = box
    bottom = min(bottom, top + LINES)
    return page.crop((max(0, left - MARGIN), max(0, top - MARGIN), right + MARGIN, bottom + MARGIN))


def save(image: Image.Image, target: Path) -> None:
    """Save a picture small: no wider than a page of documentation, 64 colours."""
    if image.width > WIDEST:
        image = image.resize(
            (WIDEST, round(image.height * WIDEST / image.width)), Image.Resampling.LANCZOS
        )
    image.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)


def screenshot(source: Path, target: Path) -> None:
    """Draw the top of a page as a browser shows it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 760})
        page.goto(source.resolve().as_uri())
        page.screenshot(path=str(target))
        browser.close()
    with Image.open(target) as image:
        save(image.convert("RGB"), target)


def main() -> None:
    """Draw all pictures anew."""
    PICTURES.mkdir(exist_ok=True)
    for lang, sheets in SHEETS.items():
        with workplace() as place:
            for _ in play(PAGES[lang].read_text(encoding="utf-8"), lang):
                for name, (file, sheet) in sheets.items():
                    if (place / file).is_file() and not (place / f".{name}").exists():
                        (place / f".{name}").touch()
                        picture(place / file, sheet, PICTURES / f"{name}.png")
            if lang == "zh":
                screenshot(place / "变化.html", PICTURES / "changes.png")


if __name__ == "__main__":
    main()
