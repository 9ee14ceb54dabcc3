"""Which datasets come with the package: found without a heavy library, as completion needs it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def list_datasets() -> list[str]:
    """Return the names of the bundled datasets, sorted.

    Returns
    -------
    list of str
        What :func:`load_dataset` takes as a name.

    Examples
    --------
    >>> "toy" in list_datasets()
    True
    """
    return sorted(bundled_folders())


def bundled_folders() -> dict[str, Path]:
    """Return the folders of the bundled datasets by name."""
    found: dict[str, Path] = {}
    for package, below in (("chaingraph.datasets", ""), ("chaingraph", "toy")):
        try:
            root = Path(str(resources.files(package)))
        except ModuleNotFoundError:  # a checkout that is not installed
            root = Path(__file__).parents[1] / "datasets"
        candidates = [root / below] if below else sorted(root.glob("*"))
        for folder in candidates:
            if folder.joinpath("datapackage.json").is_file():
                found[folder.name] = folder
    return found
