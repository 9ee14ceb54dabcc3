"""Find the gaps of a region's industry chain in physical units, and who could fill them.

The public face; every name is loaded when it is first used.

>>> import chaingraph as cg
>>> ds = cg.load_dataset("toy")
>>> cg.find_gaps(ds).frame["product_id"].iloc[0]
'foil'
"""

from __future__ import annotations

import importlib
from types import FunctionType
from typing import TYPE_CHECKING, Any

from chaingraph.version import __version__

if TYPE_CHECKING:
    from chaingraph.analysis.anchors import find_anchors
    from chaingraph.analysis.balance import calculate_balance
    from chaingraph.analysis.content import measure_local_content
    from chaingraph.analysis.cost import delivered_cost, explain_delivered_cost
    from chaingraph.analysis.crosschain import find_cross_chain
    from chaingraph.analysis.explain import explain_product
    from chaingraph.analysis.gaps import find_gaps
    from chaingraph.analysis.reconcile import reconcile
    from chaingraph.analysis.regions import list_regions
    from chaingraph.analysis.relatedness import measure_relatedness
    from chaingraph.analysis.requirements import calculate_requirements
    from chaingraph.analysis.sensitivity import draw_demand, measure_sensitivity
    from chaingraph.analysis.sources import grade_result, list_unverified
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Study, open_study
    from chaingraph.analysis.survey_plan import plan_survey
    from chaingraph.analysis.trace import trace_product
    from chaingraph.bundled import list_datasets
    from chaingraph.checks import Finding
    from chaingraph.dataset import Dataset
    from chaingraph.errors import (
        ChaingraphError,
        DataError,
        FileProblemError,
        LoopError,
        MissingLibraryError,
        MissingTableError,
        OptionError,
        UnknownNameError,
    )
    from chaingraph.gazetteer import find_region, near, region
    from chaingraph.graph import build_graph, graph_to_tables
    from chaingraph.intake.importing import Imported, import_file
    from chaingraph.loading import (
        check_dataset,
        dataset_from_frames,
        load_dataset,
    )
    from chaingraph.matching.decisions import remember_decisions
    from chaingraph.matching.lists import read_enterprise_list
    from chaingraph.matching.match import match_enterprises
    from chaingraph.matching.review import read_decisions, save_matches
    from chaingraph.planning.changes import apply_scenario
    from chaingraph.planning.compare import Comparison, compare_scenarios
    from chaingraph.planning.indicators import Indicators, measure_indicators
    from chaingraph.planning.kinds import Scenario
    from chaingraph.planning.programme import build_plan
    from chaingraph.planning.programme_file import Plan, read_plan
    from chaingraph.planning.responsibility import build_responsibility
    from chaingraph.planning.responsibility_book import save_responsibility
    from chaingraph.planning.scenario import read_scenario, save_scenario
    from chaingraph.planning.track import Tracking, track_list
    from chaingraph.planning.track_carry import carry_list
    from chaingraph.planning.track_reading import Returned, read_tracking
    from chaingraph.readers.chainkg import read_chain_graph
    from chaingraph.readers.lists import read_lists
    from chaingraph.recruit.backtest import Backtest, backtest
    from chaingraph.recruit.calls import call_sheet
    from chaingraph.recruit.explain import explain_target
    from chaingraph.recruit.next_products import rank_calls, rank_products
    from chaingraph.recruit.targets import rank_targets
    from chaingraph.regions import Region
    from chaingraph.results import Result
    from chaingraph.rulebook.listing import list_rules
    from chaingraph.templates.making import init_dataset
    from chaingraph.updates.conflicts import read_conflict_decisions, save_conflicts
    from chaingraph.updates.diff import Diff, diff_datasets
    from chaingraph.updates.merging import Merged, merge_dataset
    from chaingraph.updates.surveys import read_survey_answers, record_surveys
    from chaingraph.views.chainmap.build import ChainMap, build_chain_map, save_chain_map
    from chaingraph.views.figures import FigurePage, build_figure, save_figure
    from chaingraph.views.onelook.build import OneLook, build_one_look, save_one_look
    from chaingraph.views.pages import Pages, build_pages, save_pages
    from chaingraph.views.papers.call_sheet import build_call_pages, save_call_sheet
    from chaingraph.views.papers.dispatch import save_dispatch
    from chaingraph.views.papers.questionnaire import save_questionnaire
    from chaingraph.views.report.build import build_report, save_report
    from chaingraph.views.report.changes import build_diff_report, save_diff
    from chaingraph.views.report.whatif import build_comparison_report, save_comparison
    from chaingraph.writers.csv_folder import save_dataset
    from chaingraph.writers.export import export_dataset

_HOMES = {
    "chaingraph.analysis.anchors": ("find_anchors",),
    "chaingraph.analysis.balance": ("calculate_balance",),
    "chaingraph.analysis.content": ("measure_local_content",),
    "chaingraph.analysis.cost": ("delivered_cost", "explain_delivered_cost"),
    "chaingraph.analysis.crosschain": ("find_cross_chain",),
    "chaingraph.analysis.explain": ("explain_product",),
    "chaingraph.analysis.gaps": ("find_gaps",),
    "chaingraph.analysis.reconcile": ("reconcile",),
    "chaingraph.analysis.regions": ("list_regions",),
    "chaingraph.analysis.relatedness": ("measure_relatedness",),
    "chaingraph.analysis.requirements": ("calculate_requirements",),
    "chaingraph.analysis.sensitivity": ("draw_demand", "measure_sensitivity"),
    "chaingraph.analysis.sources": ("grade_result", "list_unverified"),
    "chaingraph.analysis.state": ("RegionState",),
    "chaingraph.analysis.study": ("Study", "open_study"),
    "chaingraph.analysis.survey_plan": ("plan_survey",),
    "chaingraph.analysis.trace": ("trace_product",),
    "chaingraph.checks": ("Finding",),
    "chaingraph.bundled": ("list_datasets",),
    "chaingraph.dataset": ("Dataset",),
    "chaingraph.errors": (
        "ChaingraphError",
        "DataError",
        "FileProblemError",
        "LoopError",
        "MissingLibraryError",
        "MissingTableError",
        "OptionError",
        "UnknownNameError",
    ),
    "chaingraph.graph": ("build_graph", "graph_to_tables"),
    "chaingraph.intake.importing": ("Imported", "import_file"),
    "chaingraph.loading": (
        "check_dataset",
        "dataset_from_frames",
        "load_dataset",
    ),
    "chaingraph.planning.programme": ("build_plan",),
    "chaingraph.planning.programme_file": ("Plan", "read_plan"),
    "chaingraph.planning.indicators": ("Indicators", "measure_indicators"),
    "chaingraph.planning.responsibility": ("build_responsibility",),
    "chaingraph.planning.responsibility_book": ("save_responsibility",),
    "chaingraph.planning.track": ("Tracking", "track_list"),
    "chaingraph.planning.track_carry": ("carry_list",),
    "chaingraph.planning.track_reading": ("Returned", "read_tracking"),
    "chaingraph.planning.changes": ("apply_scenario",),
    "chaingraph.planning.compare": ("Comparison", "compare_scenarios"),
    "chaingraph.planning.kinds": ("Scenario",),
    "chaingraph.planning.scenario": ("read_scenario", "save_scenario"),
    "chaingraph.readers.chainkg": ("read_chain_graph",),
    "chaingraph.readers.lists": ("read_lists",),
    "chaingraph.matching.decisions": ("remember_decisions",),
    "chaingraph.matching.lists": ("read_enterprise_list",),
    "chaingraph.matching.match": ("match_enterprises",),
    "chaingraph.matching.review": ("read_decisions", "save_matches"),
    "chaingraph.recruit.backtest": ("Backtest", "backtest"),
    "chaingraph.recruit.next_products": ("rank_calls", "rank_products"),
    "chaingraph.recruit.calls": ("call_sheet",),
    "chaingraph.recruit.explain": ("explain_target",),
    "chaingraph.recruit.targets": ("rank_targets",),
    "chaingraph.gazetteer": ("find_region", "near", "region"),
    "chaingraph.regions": ("Region",),
    "chaingraph.results": ("Result",),
    "chaingraph.rulebook.listing": ("list_rules",),
    "chaingraph.templates.making": ("init_dataset",),
    "chaingraph.updates.conflicts": ("read_conflict_decisions", "save_conflicts"),
    "chaingraph.updates.diff": ("Diff", "diff_datasets"),
    "chaingraph.updates.merging": ("Merged", "merge_dataset"),
    "chaingraph.updates.surveys": ("read_survey_answers", "record_surveys"),
    "chaingraph.views.onelook.build": ("OneLook", "build_one_look", "save_one_look"),
    "chaingraph.views.pages": ("Pages", "build_pages", "save_pages"),
    "chaingraph.views.papers.call_sheet": ("build_call_pages", "save_call_sheet"),
    "chaingraph.views.chainmap.build": ("ChainMap", "build_chain_map", "save_chain_map"),
    "chaingraph.views.papers.dispatch": ("save_dispatch",),
    "chaingraph.views.figures": ("FigurePage", "build_figure", "save_figure"),
    "chaingraph.views.papers.questionnaire": ("save_questionnaire",),
    "chaingraph.views.report.build": ("build_report", "save_report"),
    "chaingraph.views.report.changes": ("build_diff_report", "save_diff"),
    "chaingraph.views.report.whatif": ("build_comparison_report", "save_comparison"),
    "chaingraph.writers.csv_folder": ("save_dataset",),
    "chaingraph.writers.export": ("export_dataset",),
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Backtest",
    "ChainMap",
    "ChaingraphError",
    "Comparison",
    "DataError",
    "Dataset",
    "Diff",
    "FigurePage",
    "FileProblemError",
    "Finding",
    "Imported",
    "Indicators",
    "LoopError",
    "Merged",
    "MissingLibraryError",
    "MissingTableError",
    "OneLook",
    "OptionError",
    "Pages",
    "Plan",
    "Region",
    "RegionState",
    "Result",
    "Returned",
    "Scenario",
    "Study",
    "Tracking",
    "UnknownNameError",
    "__version__",
    "apply_scenario",
    "backtest",
    "build_call_pages",
    "build_chain_map",
    "build_comparison_report",
    "build_diff_report",
    "build_figure",
    "build_graph",
    "build_one_look",
    "build_pages",
    "build_plan",
    "build_report",
    "build_responsibility",
    "calculate_balance",
    "calculate_requirements",
    "call_sheet",
    "carry_list",
    "check_dataset",
    "compare_scenarios",
    "dataset_from_frames",
    "delivered_cost",
    "diff_datasets",
    "draw_demand",
    "explain_delivered_cost",
    "explain_product",
    "explain_target",
    "export_dataset",
    "find_anchors",
    "find_cross_chain",
    "find_gaps",
    "find_region",
    "grade_result",
    "graph_to_tables",
    "import_file",
    "init_dataset",
    "list_datasets",
    "list_regions",
    "list_rules",
    "list_unverified",
    "load_dataset",
    "match_enterprises",
    "measure_indicators",
    "measure_local_content",
    "measure_relatedness",
    "measure_sensitivity",
    "merge_dataset",
    "near",
    "open_study",
    "plan_survey",
    "rank_calls",
    "rank_products",
    "rank_targets",
    "read_chain_graph",
    "read_conflict_decisions",
    "read_decisions",
    "read_enterprise_list",
    "read_lists",
    "read_plan",
    "read_scenario",
    "read_survey_answers",
    "read_tracking",
    "reconcile",
    "record_surveys",
    "region",
    "remember_decisions",
    "save_call_sheet",
    "save_chain_map",
    "save_comparison",
    "save_conflicts",
    "save_dataset",
    "save_diff",
    "save_dispatch",
    "save_figure",
    "save_matches",
    "save_one_look",
    "save_pages",
    "save_questionnaire",
    "save_report",
    "save_responsibility",
    "save_scenario",
    "trace_product",
    "track_list",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _WHERE:
        raise AttributeError(f"module 'chaingraph' has no attribute {name!r}")
    value = getattr(importlib.import_module(_WHERE[name]), name)
    if isinstance(value, FunctionType):
        from chaingraph.arguments import checked

        value = checked(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
