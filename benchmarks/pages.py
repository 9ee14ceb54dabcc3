"""Measure the chain map page: size, time to build, first picture in chromium, crossings.

    pip install -e ".[test]"
    python benchmarks/pages.py

Prints one Markdown table. The first picture is the page's own clock at its first drawn frame, with the
view that opens; `all boxes` is the time to switch to the view of all boxes and draw it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import sync_playwright

import chaingraph as cg
from tests.browser import ARGUMENTS, find_chromium
from tests.test_map_size import layered_dataset

CASES = [
    ("45 boxes", layered_dataset(45, 80), {}),
    ("1,000 boxes", layered_dataset(1_000, 1_500), {}),
    ("5,000 boxes", layered_dataset(5_000, 7_500), {"force": True}),
    ("Qujing, battery", cg.load_dataset("qujing"), {"chain": "battery"}),
    ("Qujing, three chains", cg.load_dataset("qujing"), {}),
]
DRAW_ALL = """() => new Promise(done => { const start = performance.now(); chainmap.show('all');
    chainmap.network.once('afterDrawing', () => done(performance.now() - start)); })"""


def main():
    print("| page | size, MB | built, s | first picture, s | all boxes, s | crossings |")
    print("|---|---|---|---|---|---|")
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as place:
        chromium = driver.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for name, ds, options in CASES:
            start = time.perf_counter()
            built = cg.build_chain_map(ds, **options)
            took = time.perf_counter() - start
            path = built.save(Path(place) / "map.html")
            page = chromium.new_page(viewport={"width": 1366, "height": 768})
            page.goto(path.as_uri())
            page.wait_for_selector("body[data-drawn]")
            drawn = int(page.evaluate("document.body.dataset.drawn")) / 1000
            many = page.evaluate("chainmap.view.key === 'overview'")
            whole = f"{page.evaluate(DRAW_ALL) / 1000:.2f}" if many else "-"
            size = path.stat().st_size / 1e6
            print(
                f"| {name} | {size:.2f} | {took:.2f} | {drawn:.2f} | {whole} | {built.crossings} |"
            )
            page.close()
        chromium.close()


if __name__ == "__main__":
    main()
