"""The command that writes a dataset in another format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import (
    dataset_argument,
    lang_option,
    load,
    loading_options,
    quiet_option,
)
from chaingraph.cli.terminal import echo
from chaingraph.errors import OptionError
from chaingraph.words import message

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.words import Language
    from chaingraph.writers.frames import Written

_FORMATS = ("csv", "excel", "parquet", "graphml", "gexf", "json", "neo4j")
_NETWORKS = ("graphml", "gexf", "json")


@click.command(epilog="Example: chaingraph convert qujing -o qujing.xlsx")
@dataset_argument
@click.option(
    "-o", "--output", "target", required=True, metavar="PATH",
    help="File, or new or empty folder, to write.",
)  # fmt: skip
@click.option(
    "--to", "format_", type=click.Choice(_FORMATS),
    help="By the suffix of -o; csv without a suffix.",
)  # fmt: skip
@click.option(
    "--encoding", type=click.Choice(["utf-8", "utf-8-sig"]), default="utf-8", show_default=True,
    help="Of CSV files: utf-8-sig opens well in Excel; formulas are then defused.",
)  # fmt: skip
@click.option(
    "--map", "mapping", metavar="FILE",
    help="DATASET is a folder of node and edge lists; FILE (TOML or JSON) says what is what.",
)  # fmt: skip
@click.option(
    "-r", "--region",
    help="Only for GraphML, GEXF and JSON: the state of this region, with gaps and plants.",
)  # fmt: skip
@loading_options
@lang_option
@quiet_option
def convert(
    dataset: str, target: str, format_: str | None, encoding: str, mapping: str | None,
    region: str | None, quiet: bool, lang: Language | None, **loading: Any,
) -> None:  # fmt: skip
    """Write a dataset as CSV, Excel, Parquet, GraphML, GEXF, JSON or for Neo4j.

    DATASET may also be a folder with the JSON-lines files of ChainKnowledgeGraph, or, with --map, one of
    node and edge lists. Lists the files and their rows.
    """
    from chaingraph.cli.main import message_language
    from chaingraph.writers.export import chosen_format, left_out, write_dataset

    if target == "-":
        raise OptionError("dataset-to-stdout")
    chosen = chosen_format(target, format_, encoding)
    spoken = message_language(lang)
    ds = _read(dataset, mapping, quiet=quiet, lang=lang, **loading)
    if region is not None:
        written = _write_region(ds, region, target, chosen)
    else:
        written = write_dataset(ds, target, chosen, encoding)
    for file in written:
        key = "convert-rows" if file.edges is None else "convert-graph"
        echo(message(key, spoken, path=file.path, rows=file.rows, edges=file.edges))
    if quiet:
        return
    notes = [f"{found.place}: {found.text(spoken)}" for found in ds.findings]
    gone = left_out(ds, chosen)
    if gone and region is None:
        notes.append(message("convert-left-out", spoken, tables=", ".join(gone)))
    for note in notes:
        echo(f"chaingraph: {note}", err=True)


def _write_region(ds: Dataset, region: str, target: str, format_: str) -> list[Written]:
    """Write the state of a region as a graph."""
    from chaingraph.analysis.study import open_study
    from chaingraph.writers.networks import write_graph

    if format_ not in _NETWORKS:
        raise OptionError("region-not-network", format=format_, choices=", ".join(_NETWORKS))
    return write_graph(ds, open_study(ds).graph(region, flat=True), target, format_)


def _read(
    source: str, mapping: str | None, *, quiet: bool, lang: Language | None, **loading: Any
) -> Dataset:
    """Return the dataset of a source: a dataset, lists with a mapping, ChainKnowledgeGraph."""
    from pathlib import Path

    from chaingraph.readers.chainkg import is_chain_graph, read_chain_graph
    from chaingraph.readers.lists import read_lists

    lists = mapping is not None or is_chain_graph(Path(source))
    if not lists:
        return load(source, quiet=quiet, lang=lang, **loading)
    if loading["skip_bad_rows"] or loading["engine"] != "pandas":
        raise OptionError("options-not-with-lists")
    return read_chain_graph(source) if mapping is None else read_lists(mapping, folder=source)
