"""What a bureau's list says of a region, as rows of surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.dataset import checked_date
from chaingraph.errors import OptionError, closest

if TYPE_CHECKING:
    from collections.abc import Iterable


def survey_rows(
    region: str,
    listed: Iterable[str],
    *,
    complete: str = "",
    as_of: str,
    surveyor: str = "",
    note: str = "",
) -> list[dict[str, str]]:
    """Return what a bureau's list says of a region, as rows of `surveys`.

    Parameters
    ----------
    region
        Whose list it is.
    listed
        Products that its rows name. That they are made says nothing of others: the result is
        ``listed``, which changes no evidence.
    complete
        Products of which the list is complete (ids, ``chain:battery``, ``stage:upstream`` or ``*``, with
        semicolons): the result is ``all``.
    as_of
        Date of the list.
    surveyor, note
        Kept with each row.

    Returns
    -------
    list of dict
        At most two rows of the table, of the method ``bureau_list``.

    Raises
    ------
    OptionError
        Where there is no region, or no date that is one.

    Examples
    --------
    >>> rows = survey_rows("甲市", ["cell", "foil"], complete="foil", as_of="2024-12")
    >>> [(row["products"], row["result"]) for row in rows]
    [('foil', 'all'), ('cell', 'listed')]
    """
    if not region or not as_of:
        raise OptionError("survey-needs", region=region or "-", at=as_of or "-")
    as_of = checked_date(as_of)
    whole = _parts(complete)
    rest = sorted(set(listed) - set(whole))
    common = {
        "region": region,
        "method": "bureau_list",
        "as_of": as_of,
        "surveyor": surveyor,
        "note": note,
    }
    rows = [(";".join(whole), "all"), (";".join(rest), "listed")]
    return [common | {"products": cell, "result": result} for cell, result in rows if cell]


def checked_products(text: str, products: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return the products, chains and stages that a text names, or raise the failure that names a wrong one.

    Parameters
    ----------
    text
        Ids, ``chain:battery``, ``stage:upstream`` or ``*``, with semicolons.
    products
        Id, chains (with semicolons) and stage of each product that there is.

    Raises
    ------
    OptionError
        Where one is none of them.

    Examples
    --------
    >>> checked_products("foil; chain:cell", [("foil", "cell;metal", "upstream")])
    ['foil', 'chain:cell']
    """
    ids, groups = set(), set()
    for product, chains, stage in products:
        ids.add(product)
        groups |= {f"chain:{chain}" for chain in _parts(chains)}
        groups |= {f"stage:{stage}"} if stage else set()
    parts = _parts(text)
    for part in parts:
        if part != "*" and part not in groups | ids:
            near = closest(part, groups | ids) or sorted(groups)
            raise OptionError("bad-complete", value=part, suggestions=", ".join(near))
    return parts


def _parts(text: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (part.strip() for part in text.split(";")))))
