"""Boundary files of users: drawn with their note, or refused with a sentence."""

from __future__ import annotations

import json

import pytest

from chaingraph.analysis.study import open_study, region_state
from chaingraph.errors import FileProblemError, OptionError
from chaingraph.views.facts.products import gather_facts
from chaingraph.views.sitemap.boundary import load_boundary
from chaingraph.views.sitemap.build import build_region_map
from chaingraph.views.sitemap.drawing import region_map_svg


@pytest.fixture(scope="module")
def facts(qujing):
    return gather_facts(region_state(open_study(qujing)))


SQUARE = [[103, 24], [105, 24], [105, 27], [103, 27], [103, 24]]


def geojson(tmp_path, data, name="b.geojson"):
    path = tmp_path / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def feature(coordinates, kind="Polygon", **properties):
    shape = {"type": kind, "coordinates": coordinates}
    return {"type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": properties, "geometry": shape}]}  # fmt: skip


def test_a_boundary_is_drawn_with_its_note(facts, tmp_path):
    path = geojson(tmp_path, feature([[SQUARE]], "MultiPolygon", source="Survey <2020>"))
    drawing = region_map_svg(build_region_map(facts, boundary=path), "en")
    assert "Boundary: Survey &lt;2020&gt;" in drawing
    assert drawing.count('data-boundary="1"') == 1
    plain = geojson(tmp_path, {"type": "Polygon", "coordinates": [SQUARE]})
    assert load_boundary(plain, "mine").note == "mine"
    assert (
        region_map_svg(build_region_map(facts, boundary=plain, boundary_note="自绘"), "zh").count(
            "自绘"
        )
        == 1
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "is no GeoJSON"),
        ("[" * 100_000, "is no GeoJSON"),
        ("[]", "is no GeoJSON"),
        ({"type": "Point", "coordinates": [1, 2]}, "no usable area .type: Point"),
        ({"type": "FeatureCollection", "features": []}, "no usable area"),
        (feature([[[1, 2], [3, 4]]]), "at least 4 points"),
        (feature([[[1, 2], [3, "x"], [3, 4], [1, 2]]]), "at least 4 points"),
        ('{"type":"Polygon","coordinates":[[[1,2],[NaN,3],[3,4],[1,2]]]}', "at least 4 points"),
        (feature(None), "at least 4 points"),
        (feature([[[500000, 2800000]] * 4]), "no degrees"),
        (feature([SQUARE]), "does not say where it comes from"),
        (feature([[[0, 0], [1, 0], [1, 1], [0, 0]]], source="x"), "surrounds no site"),
    ],
)  # fmt: skip
def test_a_boundary_that_cannot_be_used_is_refused(facts, tmp_path, data, message):
    with pytest.raises(OptionError, match=message):
        build_region_map(facts, boundary=geojson(tmp_path, data))


def test_a_boundary_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(FileProblemError, match="no file or folder"):
        load_boundary(tmp_path / "none.json")
    with pytest.raises(FileProblemError, match="cannot read"):
        load_boundary(tmp_path)
    (tmp_path / "latin.json").write_bytes(b'{"\xe9": 1}')
    with pytest.raises(OptionError, match="is no GeoJSON"):
        load_boundary(tmp_path / "latin.json")
