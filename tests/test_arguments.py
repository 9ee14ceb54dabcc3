"""Every public function refuses wrong arguments by one sentence of its own."""

from __future__ import annotations

import inspect
import math
from types import FunctionType

import pandas as pd
import pytest

import chaingraph as cg

FUNCTIONS = sorted(name for name in cg.__all__ if isinstance(getattr(cg, name), FunctionType))
STRANGE = {
    "none": None, "number": 5, "negative": -1, "nan": math.nan, "text": "nosuchthing", "blank": "",
    "list": [5], "empty": [], "mapping": {"a": object()}, "object": object(), "frame": pd.DataFrame(),
    "bytes": b"x", "flag": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def given():
    """Return what each needed argument may be."""
    toy = cg.load_dataset("toy")
    gaps = cg.find_gaps(toy, draws=0)
    return {
        "ds": toy, "before": toy, "after": toy, "goal": {"cell": 1.0}, "product_id": "foil", "product": "foil",
        "products": "foil", "group": "丁集团", "name": "甲市", "place": "甲市", "km": 10.0, "sheet": gaps,
        "gaps": gaps, "result": gaps, "plan": gaps, "listed": gaps, "frames": {"products": toy.products},
        "graph": cg.build_graph(toy), "rows": [{"name": "甲厂"}], "source": "toy", "cutoff": "2022",
        "scenario": [], "scenarios": [[]], "decisions": [], "mapping": {}, "found": None, "diff": None,
        "tracking": None, "returned": None,
    }  # fmt: skip


SLOW = {"build_plan", "backtest", "compare_scenarios", "import_file", "save_call_sheet"}
"""Functions whose sound calls take long: only the needed arguments are tried."""


MORE = {"save_figure": {"figure": "network"}}


@pytest.mark.filterwarnings("ignore:utilisation is called load:FutureWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_wrong_argument_is_refused_in_one_sentence(name, given, tmp_path, monkeypatch):
    """Whatever is given, nothing but a named failure comes out, and mostly it names the argument."""
    monkeypatch.chdir(tmp_path)
    function = getattr(cg, name)
    signature = inspect.signature(function)
    needed = {
        key: given.get(key, str(tmp_path / f"{key}.xlsx"))
        for key, parameter in signature.parameters.items()
        if parameter.default is inspect.Parameter.empty
        and parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
    } | MORE.get(name, {})
    refused = tried = 0
    for key, parameter in signature.parameters.items():
        if parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}:
            continue
        if name in SLOW and key not in needed:
            continue
        for word, value in STRANGE.items():
            tried += 1
            try:
                function(**needed | {key: value})
            except cg.DataError:
                refused += 1
            except cg.ChaingraphError as error:
                refused += 1
                if len(str(error).splitlines()) != 1:
                    pytest.fail(f"{name}({key}={word}): {error}")
            except Exception as error:  # noqa: BLE001  the very thing that must not be
                pytest.fail(f"{name}({key}={word}): {type(error).__name__}: {error}")
    assert refused > tried / 3 or not tried
