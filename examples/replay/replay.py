"""The replay: what the tool would have said in a city at a date, against who came afterwards.

``python examples/replay/replay.py`` writes README.md and README.zh.md beside this script. Only rows count
that were dated by then, and whose source, where it has a date, was out by then; makers count from their own
date on. Another place or date: ``python examples/replay/replay.py DATASET CITY DATE UNTIL`` prints the page.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

import chaingraph as cg
from chaingraph.analysis.study import open_study
from chaingraph.dataset import last_day
from chaingraph.recruit.entries import freeze, list_entries
from chaingraph.recruit.evidence import gather_evidence
from chaingraph.words import term

DATASET, CITY, DATE, UNTIL = "qujing", "曲靖市", "2022-02", "2024-12"
GAPS, NAMES, NEXT, CALLS = 10, 3, 20, 20
WORDS = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
PAGES = {"en": "README.md", "zh": "README.zh.md"}
KINDS = (
    "missing",
    "missing_likely",
    "short",
    "one_of",
    "unquantified",
    "unseen",
    "coming",
    "not_assessed",
)


def replay(
    dataset: str = DATASET, city: str = CITY, date: str = DATE, until: str = UNTIL
) -> dict[str, Any]:
    """Return what was known, what would have been said, and who came: a dictionary of frames and counts."""
    now = cg.load_dataset(dataset)
    before = freeze(now, date, published=True)
    study = open_study(before)
    state = study.state(city)
    gaps = cg.find_gaps(state, draws=0)
    rows = gaps.frame
    listed = rows[(rows["list"] == "recruit") & rows["gap_kind"].isin(KINDS)]
    targets = cg.rank_targets(state, gaps, limit=10).frame
    products = cg.rank_products(state, limit=0).frame
    calls = cg.rank_calls(state, calls=0).frame
    entries = list_entries(now, open_study(now).product_graph)
    day = entries["date"].map(last_day)
    came = entries[(entries["city"] == city) & (day > last_day(date)) & (day <= last_day(until))]
    evidence = gather_evidence(study)
    known = set(evidence.groups[~evidence.nobody].tolist())
    places = dict(zip(products["product_id"], products["rank"], strict=True))
    called = dict(zip(calls["group_zh"], calls["rank"], strict=True))
    told = []
    for row in came.itertuples(index=False):
        own = [p for p in row.product_ids if p in before.products["product_id"].tolist()]
        ranks = [place for p in own if (place := place_of(state, p, row.group)) is not None]
        nexts = [places[p] for p in own if p in places]
        told.append(
            {
                "date": row.date, "group": row.group, "product": row.product_id, "event": row.event,
                "products": own,
                "known": row.group in known,
                "gap": bool(set(own) & set(listed["product_id"])),
                "next": min(nexts) if nexts else None,
                "target": min(ranks, default=None, key=lambda found: found[1]),
                "call": called.get(row.group),
                "source_url": row.source_url,
            }
        )  # fmt: skip
    return {
        "dataset": dataset, "version": now.version, "city": city, "date": date, "until": until,
        "rows": {name: (len(before.table(name)), len(now.table(name)))
                 for name in ("capacities", "enterprises", "projects", "supplies", "surveys")
                 if now.has(name)},
        "names": names_of(now),
        "gaps": listed, "targets": targets, "products": products, "calls": calls,
        "came": pd.DataFrame(told),
    }  # fmt: skip


def place_of(state: Any, product: str, group: str) -> tuple[str, int] | None:
    """Return the list and the place of a group among the targets of a product, None where it has none."""
    frame = cg.rank_targets(state, product, limit=0, local_limit=0).frame
    own = frame[frame["group_zh"] == group]
    return None if own.empty else (str(own["target_list"].iloc[0]), int(own["rank"].iloc[0]))


def names_of(ds: cg.Dataset) -> dict[str, tuple[str, str]]:
    """Return what products are called: (zh, en) by id."""
    columns = (ds.products[name] for name in ("product_id", "name_zh", "name_en"))
    return {product: (zh, en) for product, zh, en in zip(*columns, strict=True)}


def hit(target: tuple[str, int] | None) -> bool:
    """Tell whether a planner who asked for the product would have read the name: ten outside, three here."""
    return target is not None and target[1] <= (3 if target[0] == "local" else 10)


def write(found: dict[str, Any], lang: str) -> str:
    """Return the page in a language."""
    say, came = WORDS[lang], found["came"]
    n = len(came)

    def name(product: str) -> str:
        return found["names"][product][lang == "en"]

    def names(products: list[str]) -> str:
        """Name a product, or what a family may mean."""
        told = " / ".join(name(p) for p in products[:NAMES])
        return told if len(products) <= NAMES else f"{told} ..."

    def cell(value: Any) -> str:
        if isinstance(value, bool):
            return say["yes"] if value else say["no"]
        if isinstance(value, tuple):
            return f"{say[value[0]]} {value[1]}"
        return say["none"] if value is None or pd.isna(value) else str(int(value))

    def event(word: str) -> str:
        said = term("project_event", word, lang)
        return term("status", word, lang) if said == word else said

    facts = {name_: found[name_] for name_ in ("city", "date", "until", "dataset", "version")}
    text = ("；" if lang == "zh" else "; ").join(
        f"{t} {a:,} / {b:,}" for t, (a, b) in found["rows"].items()
    )
    lines = [
        say["title"].format(**facts),
        "",
        say["about"].format(n=n, **facts),
        "",
        say["left"].format(text=text),
        "",
    ]
    lines += [say["sum"], ""]
    counts = summary(found)
    lines += [f"- {line.format(**counts)}" for line in say["lines"]] + [""]
    rows_came = table(
        say["head"],
        [
            [
                r.date, r.group, names(r.products), event(r.event),
                *map(cell, (r.known, r.gap, r.next, r.target, r.call)),
            ]
            for r in came.itertuples(index=False)
        ],
    )  # fmt: skip
    lines += [say["came"], "", *rows_came]
    lines += ["", say["said"], "", say["gaps"], ""]
    rows = []
    for product in found["gaps"]["product_id"].head(GAPS):
        own = found["targets"][found["targets"]["product_id"] == product]
        lists = [", ".join(own[own["target_list"].isin(kinds)]["group_zh"].head(NAMES)) or say["none"]
                 for kinds in (("outside", "supplier"), ("local",))]  # fmt: skip
        verb = found["gaps"].set_index("product_id").loc[product, "verb"]
        verb = term("verb", verb, lang) if isinstance(verb, str) else say["none"]
        there = [product in own for own in came["products"]]
        who = ", ".join(dict.fromkeys(came[there]["group"])) or say["nobody"]
        rows.append([name(product), verb, *lists, who])
    lines += table(say["gap_head"], rows)
    joint = "、" if lang == "zh" else ", "
    arrived = {p for own in came["products"] for p in own}
    first = [
        f"**{name(p)}**" if p in arrived else name(p)
        for p in found["products"]["product_id"].head(NEXT)
    ]
    groups = set(came["group"])
    called = [f"**{g}**" if g in groups else g for g in found["calls"]["group_zh"].head(CALLS)]
    lines += ["", say["next"], "", joint.join(first), "", say["calls"], "", joint.join(called), ""]
    return "\n".join(lines)


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return a Markdown table."""
    return ["| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows]]


def summary(found: dict[str, Any]) -> dict[str, int]:
    """Count hits, misses and what was unknown."""
    came = found["came"]
    nexts = int((came["next"].astype(float) <= NEXT).sum())
    gaps = set(found["gaps"]["product_id"])
    groups = set(came["group"])
    return {
        "n": len(came), "known": int(came["known"].sum()), "unknown": int((~came["known"]).sum()),
        "gap": int(came["gap"].sum()), "gaps": len(gaps),
        "filled": len(gaps & {p for own in came["products"] for p in own}),
        "hits": sum(hit(target) for target in came["target"]),
        "nexts": nexts, "rest": len(came) - nexts,
        "calls": len(groups & set(found["calls"]["group_zh"].head(CALLS))), "groups": len(groups),
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    """Write both pages, or print that of another place and date."""
    if arguments:
        print(write(replay(*arguments), "zh"))
        return
    found = replay()
    for lang, file in PAGES.items():
        Path(__file__).with_name(file).write_text(write(found, lang), encoding="utf-8")
        print(f"{file}: {summary(found)}")


if __name__ == "__main__":
    main(sys.argv[1:])
