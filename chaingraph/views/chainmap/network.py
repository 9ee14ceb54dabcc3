"""Nodes, edges and options of a drawing, built by pyvis; and the script that draws them."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from chaingraph.views.chainmap.pictures import BOX_HEIGHT, BOX_WIDTH

if TYPE_CHECKING:
    from chaingraph.views.chainmap.pictures import Picture

_OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {"hover": True, "keyboard": False, "dragNodes": False, "tooltipDelay": 150},
    "nodes": {
        "shape": "box",
        "margin": {"top": 5, "bottom": 5, "left": 4, "right": 4},
        "font": {"size": 15, "face": "sans-serif"},
        "widthConstraint": {"minimum": BOX_WIDTH - 8, "maximum": BOX_WIDTH - 8},
        "heightConstraint": {"minimum": BOX_HEIGHT - 10},
    },
    "edges": {
        "arrows": {"to": {"enabled": True, "scaleFactor": 0.5}},
        "color": {"color": "#9AA5B1", "hover": "#0B4F8A", "highlight": "#0B4F8A", "opacity": 1},
        "width": 1,
        "hoverWidth": 1,
        "selectionWidth": 1,
    },
}


def network_view(picture: Picture) -> dict[str, Any]:
    """Return a picture as plain values: nodes and edges as pyvis builds them, without its defaults."""
    from pyvis.network import Network  # imports IPython

    network = Network(directed=True, cdn_resources="in_line")
    for key, x, y in picture.nodes:
        network.add_node(key, label=key, x=int(x), y=int(y), physics=False)
    for source, target, back in picture.links:
        network.add_edge(source, target, dashes=bool(back))
    nodes, edges, *_ = network.get_network_data()
    return picture.to_dict() | {
        "nodes": [[node["id"], node["x"], node["y"]] for node in nodes],
        "links": [[edge["from"], edge["to"], int(edge["dashes"])] for edge in edges],
    }


def network_options() -> dict[str, Any]:
    """Return the options of the drawing: fixed positions, never physics."""
    return _OPTIONS


def vis_bundle() -> str:
    """Return vis-network as pyvis ships it, safe inside a script element."""
    path = resources.files("pyvis").joinpath("templates", "lib", "vis-9.1.2")
    script = path.joinpath("vis-network.min.js").read_text(encoding="utf-8")
    return script.replace("</script", "<\\/script")
