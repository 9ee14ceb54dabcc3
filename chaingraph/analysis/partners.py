"""Partners: who makes an input here and elsewhere, and who is known to supply whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.engines import cell_texts, collect
from chaingraph.enterprises import group_capacity
from chaingraph.events import known_events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chaingraph.analysis.basis import Basis


_NAMED: Final = 5


class Tie(NamedTuple):
    """One supply between groups; year and source are empty where unknown."""

    supplier: str
    customer: str
    product_id: str
    year: str
    source_url: str


class Partners(NamedTuple):
    """Who is tied to whom, and who makes the inputs.

    Attributes
    ----------
    ties
        Supplies known at the date, newest first.
    local, makers
        Product -> names of its makers in the region and anywhere, largest first.
    here
        Product -> all names of groups whose site of it stands or is being built in the region.
    """

    ties: tuple[Tie, ...]
    local: dict[str, list[str]]
    here: dict[str, set[str]]
    makers: dict[str, list[str]]


def gather_partners(study: Basis, makers: pd.DataFrame, products: Sequence[str]) -> Partners:
    """Gather who makes some products in the region and anywhere, and who supplies whom.

    Parameters
    ----------
    study
        The dataset under its assumptions.
    makers
        Rows of the region's sites by :func:`chaingraph.enterprises.maker_rows`, no company totals.
    products
        Ids of the products.
    """
    named = makers[makers["product_id"].isin(list(products))]
    named = named.assign(shown=named["group_zh"].fillna(named["name_zh"]).fillna(named["group"]))
    standing = named[(named["counted"] > 0) | (named["status"] == "construction")]
    here: dict[str, set[str]] = {}
    for column in ("group", "shown"):
        for product_id, names in standing.groupby("product_id")[column]:
            here.setdefault(str(product_id), set()).update(names)
    counted = named[named["counted"] > 0]
    counted = counted.assign(known=counted["capacity"].notna())
    sums = counted.groupby(["product_id", "shown"], as_index=False).agg(
        capacity=("effective", "sum"), known=("known", "max")
    )
    return Partners(_ties(study), _by_size(sums), here, _by_size(_all_makers(study, products)))


def _by_size(sums: pd.DataFrame) -> dict[str, list[str]]:
    """Return the names of each product's makers, largest first, those without a figure last."""
    figure = sums["capacity"].where(sums["known"].astype(bool), -1.0)
    ordered = sums.assign(figure=figure).sort_values(
        ["product_id", "figure", "shown"], ascending=[True, False, True]
    )
    groups = ordered.groupby("product_id")["shown"]
    return {str(product_id): names.tolist() for product_id, names in groups}


def _all_makers(study: Basis, products: Sequence[str]) -> pd.DataFrame:
    """Return who makes some products anywhere: `product_id`, `shown`, `capacity`, `known`."""
    ds = study.dataset
    sums = collect(group_capacity(ds.enterprises, study.standing, products=products, named=True))
    named = sums["shown"].fillna(sums["group"])
    return sums.assign(shown=named, capacity=sums["capacity"].astype("float64"))


def _ties(study: Basis) -> tuple[Tie, ...]:
    """Return the supplies seen by the date, newest first, without those inside a group."""
    ds = study.dataset
    if not ds.has("supplies"):
        return ()
    names = ["supplier_group", "customer_group", "product_id", "year", "source_url"]
    rows = known_events(ds, "supplies").reindex(columns=names)
    rows = rows.sort_values(
        ["year", *names[:3], "source_url"], ascending=[False, True, True, True, True]
    )
    texts = (cell_texts(rows, name) for name in names)
    ties = (Tie(*cells) for cells in zip(*texts, strict=True))
    return tuple(tie for tie in ties if tie.supplier != tie.customer)


def name_leads(
    partners: Partners,
    ties: Sequence[Tie],
    own_names: set[str],
    product_id: str,
    names: Mapping[str, Mapping[str, str]],
) -> dict[str, str | None]:
    """Name the local makers of an input, who could follow an anchor with it, and who else makes it.

    Parameters
    ----------
    partners
        Who makes it and who supplies whom.
    ties
        The ties whose customer is the anchor's group.
    own_names
        Names of the anchor and its group.
    product_id
        The input.
    names
        Language -> names of products by id: the followers are told in each, and with ids.
    """
    makers = partners.makers.get(product_id, [])
    here = partners.here.get(product_id, set())
    away = [tie for tie in ties if tie.supplier not in here]
    direct = [tie for tie in away if tie.product_id == product_id]
    able = [tie for tie in away if tie.product_id != product_id and tie.supplier in makers]
    found: dict[str, Tie] = {}
    for tie in (*direct, *able):
        found.setdefault(tie.supplier, tie)
    labels: dict[str, list[str]] = {}
    for end, called in (("", {}), *((f"_{lang}", own) for lang, own in names.items())):
        labels[f"followers{end}"] = [
            _label(tie, called.get(tie.product_id, tie.product_id) if tie in able else "")
            for tie in found.values()
        ]
    known = {*own_names, *here, *found}
    others = [name for name in makers if name not in known]
    pages = dict.fromkeys(tie.source_url for tie in found.values() if tie.source_url)
    return {
        "local_makers": "; ".join(partners.local.get(product_id, [])[:_NAMED]) or None,
        **{column: "; ".join(own) or None for column, own in labels.items()},
        "followers_source": "; ".join(pages) or None,
        "other_makers": "; ".join(others[:_NAMED]) or None,
    }


def _label(tie: Tie, other: str) -> str:
    """Return the name of a supplier, in brackets the other product of the tie, if it is one, and its year."""
    inside = [part for part in (other, tie.year) if part]
    return f"{tie.supplier} ({', '.join(inside)})" if inside else tie.supplier
