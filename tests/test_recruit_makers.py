"""Who is a maker: what each status and event proves, families, ends, placeholders, buyers, general goods."""

from __future__ import annotations

import numpy as np
import pytest

import chaingraph as cg
from chaingraph import words
from chaingraph.analysis.study import open_study
from chaingraph.enterprises import STATUSES
from chaingraph.recruit import evidence
from chaingraph.recruit.entries import list_entries
from chaingraph.recruit.lists import NEAR, deciding, tiers, which_list
from chaingraph.recruit.proof import ENDED, INTENDS, MAKES, NOTHING, of_event, of_status
from chaingraph.recruit.scoring import NAMES, in_tens, rank_within
from chaingraph.recruit.unlisted import UNLISTED
from chaingraph.schema import table_spec
from tests.helpers_recruit import (
    EAST,
    HERE,
    INPUTS,
    MAKERS,
    PAGE,
    PRODUCTS,
    SITES,
    features_of,
    hand_dataset,
    ranking_of,
    targets_of,
)

MADE = {"operating", "trial", "suspended"}
MADE_BY = {"commissioned", "full_output", "trial"}
INTENDED_BY = {"talks", "announced", "signed", "approved", "started", "resumed"}
ENDED_BY = {"suspended", "cancelled", "superseded"}
EVENTS = MADE_BY | INTENDED_BY | ENDED_BY | {"seen"}


def event(word, date="2023-05", product="foil", **more):
    """Return an event of Newco in the north."""
    row = {
        "project_id": f"n{word}{date}{product}", "date": date, "event": word, "city": "north",
        "group_zh": "Newco", "product_id": product, "source_url": PAGE + word,
    }  # fmt: skip
    return row | more


def newco(*events, status=None, **options):
    """Return the target Newco with events, or with a row of a status in the east; None where it is none."""
    makers = [*MAKERS, ("x1", "foil", 50, {"status": status})] if status else MAKERS
    sites = SITES | {"x1": EAST | {"group_zh": "Newco"}}
    ds = hand_dataset(makers, sites=sites, projects=list(events) or None, **options)
    frame = targets_of(ds, limit=0)
    return frame.loc["Newco"] if "Newco" in frame.index else None


# --- one home: what a row or an event proves ---


def test_every_status_and_event_of_the_tables_proves_something():
    for word in STATUSES:
        expected = MAKES if word in MADE else ENDED if word in ("cancelled", "closed") else INTENDS
        assert of_status(word) == expected
    assert set(table_spec("projects").by_name["event"].enum) == EVENTS
    for events, proof in ((MADE_BY, MAKES), (INTENDED_BY, INTENDS), (ENDED_BY, ENDED)):
        assert {of_event(word, "operating") for word in events} == {proof}
    assert [of_event("seen", word) for word in ("operating", "construction", None)] == [
        MAKES, INTENDS, NOTHING,
    ]  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
def test_what_a_row_of_each_status_makes_of_a_group(status):
    row = newco(status=status)
    if status in ("cancelled", "closed"):
        assert row is None
        return
    assert row["makes_it"] == (status in MADE)
    assert row["relation"] == ("makes" if status in MADE else "intends")
    assert np.isnan(row["group_capacity"]) == (status not in ("operating", "trial"))
    makes, intends = "makes foil" in row["reasons_en"], "intends to: " in row["reasons_en"]
    assert (makes, intends) == (status in MADE, status not in MADE)
    events = {"construction": "开工", "planned": "公告"}
    assert isinstance(row["intent_zh"], str) == (status in events)
    assert events.get(status, "") in str(row["intent_zh"])


@pytest.mark.parametrize("word", sorted(EVENTS))
def test_what_each_event_makes_of_a_group(word):
    row = newco(event(word))
    if word in ENDED_BY | {"seen"}:
        assert row is None
        return
    assert row["makes_it"] == (word in MADE_BY)
    assert row["sites"] == (1 if word in MADE_BY else 0)
    assert ("生产foil；" in row["reasons_zh"] + "；") == (word in MADE_BY)
    assert ("north 2023-05" in str(row["intent_en"])) == (word in INTENDED_BY)
    assert PAGE + word in row["sources"].split()


def test_only_the_running_that_was_seen_makes():
    assert newco(event("seen", status="operating"))["makes_it"]
    assert not newco(event("seen", status="construction"))["makes_it"]


# --- ends ---


@pytest.mark.parametrize(
    ("end", "there"),
    [
        (event("cancelled", "2023-06"), False),
        (event("cancelled", "2023-05"), False),
        (event("suspended", "2023-06"), False),
        (event("superseded", "2023-06"), False),
        (event("superseded", "2023-05"), True),  # the event that took the place is of that day
        (event("cancelled", "2023-04"), True),
        (event("cancelled", "2023-06", city="east"), True),
        (event("cancelled", "2023-06", "film"), True),
        (event("cancelled", "2023-06", "sheets", product_ids="foil;film"), False),
    ],
)
def test_an_end_takes_the_intents_before_it_along(end, there):
    assert (newco(event("signed"), end) is not None) is there
    assert newco(event("commissioned"), end)["makes_it"]  # a plant that ran is no intent


def test_an_intent_ends_with_its_own_site_only():
    sited = event("signed", enterprise_id="x1")
    for site, there in (("x1", False), (None, False), ("f1", True)):
        end = event("cancelled", "2023-06", enterprise_id=site)
        assert (newco(sited, end) is not None) is there


@pytest.mark.parametrize(("since", "there"), [("2023-06", False), ("2023-04", True)])
def test_a_plant_that_closed_makes_nothing_by_the_event_that_opened_it(since, there):
    makers = [*MAKERS, ("x1", "foil", 50, {"status": "closed", "since": since})]
    sites = SITES | {"x1": {"city": "north", "group_zh": "Newco"}}
    opened = [event("commissioned", enterprise_id="x1")]
    found = targets_of(hand_dataset(makers, sites=sites, projects=opened), limit=0)
    assert ("Newco" in found.index) is there


# --- families ---


def test_an_event_of_several_products_makes_nobody_a_maker_of_each():
    for word in ("commissioned", "signed"):
        row = newco(event(word, product="sheets", product_ids="foil;film"))
        assert (row["makes_it"], row["relation"], row["sites"]) == (False, "family", 0)
        assert row["reasons_zh"].startswith("有多品种项目，具体品种不明，foil可能在内")
        assert newco(event(word, product="sheets", product_ids="foil"))["relation"] == (
            "makes" if word == "commissioned" else "intends"
        )
    # the product that the event names among several is its own
    named = {"product_ids": "foil;film"}
    assert newco(event("commissioned", product="foil", **named))["makes_it"]
    assert not newco(event("commissioned", product="film", **named))["makes_it"]


def test_what_is_here_already_is_no_plan_no_end_and_no_family():
    def said(*events):
        return str(newco(event("commissioned"), *events)["reasons_zh"])

    here = {"city": "here", "product": "tape"}
    assert "在本地已有tape" in said(event("commissioned", **here))
    assert "在本地已有" not in said(event("signed", **here))
    assert "有意在本地建设tape（签约 here 2023-05）" in said(event("signed", **here))
    ended = said(event("signed", **here), event("cancelled", "2023-06", "tape", city="here"))
    assert "本地" not in ended
    family = {"city": "here", "product": "sheets", "product_ids": "tape;lid"}
    assert "在本地已有工厂，具体品种不明" in said(event("commissioned", **family))
    assert "在本地有多品种项目" in said(event("signed", **family))


def test_a_partner_that_only_intends_to_come_is_not_here():
    tie = {
        "supplier_group": "Farco",
        "customer_group": "Newco",
        "product_id": "foil",
        "year": "2020",
    }
    for word, count in (("signed", 0), ("commissioned", 1)):
        ds = hand_dataset(projects=[event(word, product="tape", city="here")], supplies=[tie])
        assert (features_of(ds)["Farco"]["ties"] > 0) == bool(count)


# --- who stands behind makers ---


def test_lower_tiers_come_first_whatever_the_score():
    scores, gap = np.array([9.0, 1, 2, 8]), np.array([0, 0, 0, 1])
    assert rank_within(scores, gap, np.array([2, 0, 0, 0])).tolist() == [3, 2, 1, 1]


@pytest.mark.parametrize("method", ["logit", "topsis"])
def test_makers_stand_before_intents_and_these_before_buyers_here(method):
    coming = event("signed", product="cell", city="here", project_id="q9", group_zh="Rivalco")
    ds = hand_dataset(projects=[event("signed"), coming])
    frame = targets_of(ds, limit=0, method=method)
    outside = frame[frame["target_list"] == "outside"]
    rank, makers = outside["rank"], outside["makes_it"]
    assert rank[makers].max() < rank["Newco"] < rank["Rivalco"]  # it would take foil for cells here
    assert outside["rank_best"]["Newco"] < len(outside)  # it contends with the makers
    assert outside["rank_best"]["Rivalco"] == len(outside)
    assert "takes foil here itself" in outside.loc["Rivalco", "reasons_en"]
    local = frame[frame["target_list"] == "local"]
    assert local.index.tolist()[0] == "Foilco"  # makes it elsewhere
    assert not local["makes_it"].iloc[1:].any()


@pytest.mark.parametrize(("place", "tier"), [(1, 1), (10, 1), (11, 4), (20, 4), (21, 7)])
def test_names_are_chosen_ten_by_ten(place, tier):
    assert in_tens(np.array([place]), np.array([1])).tolist() == [tier]


@pytest.mark.parametrize(("makers", "place"), [(9, 10), (10, 10), (14, 10)])
def test_who_intends_the_product_contends_for_the_ten_and_stands_behind_their_makers(makers, place):
    """Newco has just signed a plant; the makers are far and have long done nothing."""
    far = {f"m{n}": EAST | {"group_zh": f"M{n}"} for n in range(makers)}
    rows = [(name, "foil", 1, {"since": "2001"}) for name in far]
    own = [row for row in MAKERS if row[1] != "foil"]
    weights = {"momentum": 9.0}
    frame = targets_of(
        hand_dataset([*own, *rows], sites=SITES | far, projects=[event("signed")]),
        limit=0,
        weights=weights,
    )
    outside = frame[frame["target_list"] == "outside"]
    assert outside.index.tolist().index("Newco") + 1 == place
    assert outside["makes_it"].iloc[: place - 1].all()


def test_a_maker_that_also_buys_here_stays_a_maker():
    makers = [*MAKERS, ("x1", "cell", 1)]
    ds = hand_dataset(makers, sites=SITES | {"x1": HERE | {"group_zh": "Farco"}})
    assert targets_of(ds, limit=0)["rank"]["Farco"] <= 3


@pytest.mark.parametrize(("users", "last"), [(19, False), (20, True)])
def test_who_is_related_through_a_general_good_alone_stands_last(users, last):
    assert evidence.GENERAL_USERS == 20
    others = [(f"u{n}", "t", 1) for n in range(users - 1)]
    goods = [("metal", name, 1) for name, *_ in others]
    makers = [*MAKERS, ("x1", "metal", 9)]
    ds = hand_dataset(
        makers, products=[*PRODUCTS, *others], inputs=[*INPUTS, *goods],
        sites=SITES | {"x1": EAST | {"group_zh": "Steelco"}},
    )  # fmt: skip
    ranking = ranking_of(ds, "foil")
    field = ranking.view.field
    view = ranking.view
    tier = tiers(view, which_list(view, np.zeros(view.wanted.shape, dtype=bool)))[ranking.rows]
    names = field.evidence.groups[field.group[ranking.rows]].tolist()
    assert tier[names.index("Steelco")] == (2 if last else 1)
    assert tier[names.index("Resinco")] == 1
    kept = cg.rank_targets(ds, "foil", limit=0).frame["group_zh"].tolist()
    assert "Steelco" in kept


def test_placeholders_are_no_targets_but_their_plants_count():
    makers = [*MAKERS, ("x1", "foil", 50), ("x1", "lid", 5), ("x2", "resin", 5)]
    sites = SITES | {
        "x1": HERE | {"group_zh": "unknown", "placeholder": 1},
        "x2": EAST | {"group_zh": "unknown2", "placeholder": 1},
    }
    ranking = ranking_of(hand_dataset(makers, sites=sites), "foil", "lid")
    field = ranking.view.field
    assert not {"unknown", "unknown2"} & set(field.evidence.groups[field.group].tolist())
    graph = ranking.state.study.product_graph
    assert ranking.view.place.products[graph.find("lid")]


# --- arrivals of the backtest ---


@pytest.mark.parametrize("word", sorted(EVENTS))
def test_what_ends_or_was_only_seen_is_no_arrival(word):
    ds = hand_dataset(projects=[event(word)])
    entries = list_entries(ds, open_study(ds).product_graph)
    assert ("Newco" in set(entries["group"])) == (word in MADE_BY | INTENDED_BY)


# --- which list ---


@pytest.mark.parametrize(
    ("rows", "listed"),
    [
        ([("x1", "foil", 50)], "outside"),
        ([("x1", "foil", 50), ("x2", "lid", 5)], "local"),
        ([("x1", "foil", 50), ("x2", "lid", 5, {"status": "construction"})], "local"),
        ([("x1", "foil", 50), ("x2", "lid", 5, {"status": "planned"})], "outside"),
        ([("x1", "foil", 50), ("x2", "foil", 5)], None),
        ([("x1", "foil", 50), ("x2", "foil", 5, {"status": "construction"})], None),
        ([("x1", "lid", 50)], None),
        ([("x2", "lid", 50)], None),
        ([("x2", "cell", 50)], "local"),
    ],
)
def test_a_group_stands_in_one_list_by_what_it_has_here(rows, listed):
    """X1 lies in the east, x2 here; a lid has nothing to do with foil."""
    sites = SITES | {"x1": EAST | {"group_zh": "Newco"}, "x2": HERE | {"group_zh": "Newco"}}
    frame = cg.rank_targets(
        hand_dataset([*MAKERS, *rows], sites=sites), "foil", limit=0, local_limit=0
    ).frame
    own = frame[frame["group_zh"] == "Newco"]
    assert own["target_list"].tolist() == ([listed] if listed else [])


@pytest.mark.parametrize(("others", "there"), [(6, True), (7, False)])
def test_a_local_group_is_listed_for_what_is_often_in_one_hand(others, there):
    """One of n groups with lids has foil as well: 1 / (n + 3), which must be a tenth at least."""
    lids = [("x0", "lid", 5), ("f1", "lid", 5), *((f"y{n}", "lid", 5) for n in range(others - 1))]
    sites = SITES | {"x0": HERE | {"group_zh": "Newco"}} | {
        f"y{n}": EAST | {"group_zh": f"Other{n}"} for n in range(others - 1)
    }  # fmt: skip
    frame = targets_of(hand_dataset([*MAKERS, *lids], sites=sites), limit=0, local_limit=0)
    assert NEAR == 0.1
    assert ("Newco" in frame.index) is there
    if there:
        assert frame.loc["Newco", ["target_list", "relation"]].tolist() == ["local", "here"]
        assert "makes neither foil nor anything close to it" in frame.loc["Newco", "reasons_en"]


def test_for_contracts_the_nearest_makers_elsewhere_are_suppliers():
    products = [
        row if row[0] != "foil" else (*row, {"restricted": "a quota", "source_url": PAGE})
        for row in PRODUCTS
    ]
    near = [*MAKERS, ("x1", "foil", 1), ("x2", "lid", 5)]
    sites = SITES | {
        "x1": {"city": "close", "lat": 30.1, "lon": 110, "group_zh": "Tinyco"},
        "x2": HERE | {"group_zh": "Tinyco"},
    }
    ds = hand_dataset(near, sites=sites, products=products)
    gaps = cg.find_gaps(ds, draws=0)
    foil = gaps.frame.set_index("product_id").loc["foil"]
    frame = cg.rank_targets(ds, gaps, limit=0).frame
    frame = frame[frame["product_id"] == "foil"]
    assert deciding(foil["verb"], foil["then"] or "") == "contract"
    assert set(frame["target_list"]) == {"supplier"}
    assert frame["makes_it"].all()
    assert frame["group_zh"].iloc[0] == "Tinyco"
    assert frame["distance_km"].dropna().is_monotonic_increasing
    assert frame["distance_km"].iloc[-1:].isna().all()  # Farco's place is not known
    assert (frame["rank_best"] == frame["rank"]).all()


# --- no list ---


@pytest.mark.parametrize("why", UNLISTED)
def test_what_is_not_recruited_has_a_verb_and_no_list(why):
    change = {"life_cycle": "declining"} if why == "declining" else {"supply_mode": why}
    products = [row if row[0] != "foil" else (*row, change) for row in PRODUCTS]
    result = cg.rank_targets(hand_dataset(products=products), ["foil", "tape"])
    assert set(result.frame["product_id"]) <= {"tape"}
    assert "foil is not recruited, but: " in result.to_text(lang="en")
    chinese = words.message(f"no-list-{why}", "zh")
    verb = words.term("verb", UNLISTED[why], "zh")
    assert f"foil不列招商目标，做法是：{verb}；{chinese}" in result.to_text(lang="zh")
    plain = cg.rank_targets(hand_dataset(), ["foil", "tape"])
    assert "foil" in set(plain.frame["product_id"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nobody_is_explained_for_what_is_not_recruited(lang):
    products = [row if row[0] != "foil" else (*row, {"supply_mode": "flow"}) for row in PRODUCTS]
    with pytest.raises(cg.OptionError) as caught:
        cg.explain_target(hand_dataset(products=products), "foil", "Foilco")
    verb = words.term("verb", "collect", lang)
    assert verb in words.message(caught.value.key, lang, **caught.value.params)


def test_a_declining_user_of_a_surplus_is_not_listed():
    products = [r if r[0] != "pack" else (*r, {"life_cycle": "declining"}) for r in PRODUCTS]
    frame = cg.rank_targets(hand_dataset(products=products)).frame
    assert "pack" not in set(frame["product_id"])
    assert frame["gap_rank"].drop_duplicates().tolist() == [
        *range(1, frame["gap_rank"].nunique() + 1)
    ]
    assert "pack" in set(cg.rank_targets(hand_dataset()).frame["product_id"])


# --- Qujing, as its reader saw it ---


@pytest.fixture(scope="module")
def qujing():
    return open_study(cg.load_dataset("qujing"))


@pytest.mark.parametrize(
    ("product", "group", "relation"),
    [
        ("lithium_carbonate", "德方纳米", "intends"),
        ("cell_lfp_cyl", "宁德时代", "family"),
        ("lithium_hydroxide", "天齐锂业", "intends"),
    ],
)
def test_signings_and_families_are_not_said_to_make(qujing, product, group, relation):
    frame = cg.rank_targets(qujing, product, limit=0).frame.set_index("group_zh")
    if group in frame.index:
        assert not frame.loc[group, "makes_it"]
        assert frame.loc[group, "relation"] in {relation, "related"}
    for _, names in frame.groupby("target_list"):
        for _, ten in names.groupby(np.arange(len(names)) // NAMES):
            assert ten["makes_it"].is_monotonic_decreasing


def test_what_is_said_to_be_in_qujing_is_there(qujing):
    frame = cg.rank_targets(qujing, "granular_silicon", limit=0).frame.set_index("group_zh")
    reasons = frame["reasons_zh"].fillna("")
    for group in {"宇泽半导体", "隆基绿能"} & set(frame.index):
        here = [part for part in reasons[group].split("；") if part.startswith("在本地已有")]
        assert not any(word in "".join(here) for word in ("BC电池", "异质结", "PERC"))
    assert not reasons.get("宇泽半导体", "").count("在本地已有")
    assert frame["rank"].min() == 1
    assert frame["makes_it"].iloc[0]


@pytest.mark.parametrize("region", ["承德市", "西藏自治区", "曲靖市/会泽县"])
def test_places_without_an_enterprise_are_answered(qujing, region):
    try:
        result = cg.rank_targets(qujing, "copper_foil", region=region)
    except cg.UnknownNameError as error:
        assert region.split("/")[-1] in str(error)  # noqa: PT017
        return
    assert len(result.frame) or result.notes
