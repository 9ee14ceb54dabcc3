"""Results and maps in a notebook: they show themselves, and the example runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import chaingraph as cg

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.filterwarnings("ignore")  # of the kernel's own libraries
def test_example_notebook_runs_and_shows_tables_and_a_map():
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(EXAMPLES / "qujing.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # stored without outputs
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = [
        output["data"].get("text/html", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output
    ]
    assert sum("<table>" in text for text in shown) >= 2
    assert "<iframe srcdoc=" in shown[-1]


def test_map_in_a_notebook_is_an_escaped_frame():
    page = cg.build_chain_map(cg.load_dataset("toy"))
    text = page._repr_html_()
    assert text.startswith('<iframe srcdoc="')
    assert "<script" not in text
    assert text.count('"') == 4  # two attributes: nothing in the page ends one


def test_result_in_a_notebook_escapes_names():
    gaps = cg.find_gaps(cg.load_dataset("toy"), lang="en")
    frame = gaps.frame.assign(name_en="<script>alert(1)</script>")
    shown = type(gaps)(gaps.kind, frame, gaps.params, "en", gaps.shown)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
