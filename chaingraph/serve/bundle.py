"""A folder for Windows computers without Python: unpack it, drop a workbook on a file, get the page.

``python -m chaingraph.serve.bundle python-3.11.9-embed-amd64.zip wheels -o chaingraph-windows``

The archive is the *embeddable package* of python.org, which its user fetches; the wheels are those of that
Python and Windows (``--download`` asks pip for them). Nothing is installed and no network is asked for
afterwards.
"""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from chaingraph.errors import ChaingraphError, FileProblemError, OptionError
from chaingraph.files import write_folder
from chaingraph.words import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chaingraph.words import Language

PACKAGES: Final = "Lib/site-packages"
STARTERS: Final[Mapping[Language, str]] = {
    "zh": "把表格拖到这里.bat",
    "en": "drop a spreadsheet here.bat",
}
NOTES: Final[Mapping[Language, str]] = {"zh": "使用说明.txt", "en": "how to use.txt"}
_WANTED: Final = "chaingraph[serve]"
_PATHS: Final = re.compile(r"python(?P<major>3)(?P<minor>\d{2})\._pth")
_MACHINES: Final = {0x8664: "win_amd64", 0x14C: "win32", 0xAA64: "win_arm64"}
_WHEEL: Final = re.compile(
    r"(?P<name>[^-]+)-(?P<version>[^-]+)(-\d[^-]*)?-(?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platform>[^-]+)\.whl"
)
_FORGIVEN: Final = frozenset({"setuptools"})
_ROUNDS: Final = 6


class Python(NamedTuple):
    """The Python of an embeddable archive: its version, such as (3, 11), and its platform."""

    version: tuple[int, int]
    platform: str

    @property
    def tag(self) -> str:
        """Its tag in the names of wheels."""
        return f"cp{self.version[0]}{self.version[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What markers of requirements ask of it."""
        major, minor = self.version
        return {
            "sys_platform": "win32", "platform_system": "Windows", "os_name": "nt",
            "platform_machine": "AMD64" if self.platform == "win_amd64" else "x86",
            "implementation_name": "cpython", "platform_python_implementation": "CPython",
            "python_version": f"{major}.{minor}", "python_full_version": f"{major}.{minor}.0",
        }  # fmt: skip


class Bundle(NamedTuple):
    """A folder that was made: where, of which wheels, which ones were not needed, its size in bytes."""

    folder: Path
    wheels: tuple[str, ...]
    unused: tuple[str, ...]
    size: int


def read_python(archive: str | Path) -> Python:
    """Return which Python an embeddable archive holds.

    Raises
    ------
    FileProblemError
        Where it cannot be read.
    OptionError
        Where it is no embeddable archive of Python 3.11 or newer for Windows.
    """
    try:
        with zipfile.ZipFile(archive) as held:
            names = held.namelist()
            found = [match for name in names if (match := _PATHS.fullmatch(name))]
            if len(found) != 1 or "python.exe" not in names:
                raise OptionError("bundle-no-python", path=archive)
            platform = _MACHINES.get(_machine(held.read("python.exe")), "")
    except FileNotFoundError as error:
        raise FileProblemError("no-such-path", path=archive) from error
    except (OSError, zipfile.BadZipFile, struct.error) as error:
        raise OptionError("bundle-no-python", path=archive) from error
    version = int(found[0]["major"]), int(found[0]["minor"])
    if not platform or version < (3, 11):
        raise OptionError("bundle-no-python", path=archive)
    return Python(version, platform)


def _machine(program: bytes) -> int:
    """Return the kind of processor that a Windows program is made for."""
    (start,) = struct.unpack_from("<I", program, 0x3C)
    (machine,) = struct.unpack_from("<H", program, start + 4)
    return int(machine)


def fits(wheel: str, python: Python) -> bool:
    """Tell whether a wheel runs on a Python, by its name.

    Examples
    --------
    >>> python = Python((3, 11), "win_amd64")
    >>> fits("numpy-2.0-cp311-cp311-win_amd64.whl", python), fits("six-1-py2.py3-none-any.whl", python)
    (True, True)
    >>> fits("numpy-2.0-cp312-cp312-win_amd64.whl", python), fits("a-1-cp38-abi3-win_amd64.whl", python)
    (False, True)
    """
    match = _WHEEL.fullmatch(wheel)
    if match is None or not {"any", python.platform} & set(match["platform"].split(".")):
        return False
    pythons, abis = match["python"].split("."), match["abi"].split(".")
    minor = python.version[1]
    if {"py3", f"py3{minor}"} & set(pythons) and "none" in abis:
        return True
    if python.tag in pythons and {python.tag, "none", "abi3"} & set(abis):
        return True
    older = (tag.removeprefix("cp3") for tag in pythons if tag.startswith("cp3"))
    return "abi3" in abis and any(tag.isdigit() and int(tag) <= minor for tag in older)


def choose_wheels(folder: str | Path, python: Python) -> tuple[list[Path], list[Path], list[str]]:
    """Return the wheels that chaingraph needs, those that it does not, and requirements without a wheel.

    Raises
    ------
    MissingLibraryError
        Without the library packaging.
    OptionError
        Where the folder has no wheels, a needed one fits another Python only, or two stand for one package.
    """
    from chaingraph.serve.running import need_libraries

    need_libraries("packaging")
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    files = sorted(Path(folder).glob("*.whl"))
    if not files:
        raise OptionError("bundle-no-wheels", path=folder)
    held: dict[str, list[Path]] = {}
    for file in files:
        held.setdefault(canonicalize_name(file.name.split("-")[0]), []).append(file)
    needed: dict[str, Path] = {}
    missing: dict[str, str] = {}
    waiting = [(Requirement(_WANTED), "")]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        asked, extra = waiting.pop()
        marker = asked.marker
        if marker is not None and not marker.evaluate({**python.environment, "extra": extra}):
            continue
        name = canonicalize_name(asked.name)
        if name in _FORGIVEN or (name, (key := tuple(sorted(asked.extras)))) in seen:
            continue
        seen.add((name, key))
        wheel = _one_wheel(name, held.get(name, []), python)
        if wheel is None or not asked.specifier.contains(
            wheel.name.split("-")[1], prereleases=True
        ):
            missing[name] = f"{asked.name}{asked.specifier}"
            continue
        needed[name] = wheel
        for text in _requirements(wheel):
            waiting += [(Requirement(text), extra) for extra in ("", *asked.extras)]
    unused = [file for file in files if file not in needed.values()]
    return sorted(needed.values()), unused, sorted(missing.values())


def _one_wheel(name: str, files: Sequence[Path], python: Python) -> Path | None:
    """Return the one wheel of a package that fits, None where there is none."""
    fitting = [file for file in files if fits(file.name, python)]
    if len(fitting) > 1:
        raise OptionError("bundle-wheel-twice", name=name, files=", ".join(f.name for f in fitting))
    if files and not fitting:
        names = ", ".join(file.name for file in files)
        raise OptionError(
            "bundle-wheel-unfit", files=names, python=python.tag, platform=python.platform
        )
    return fitting[0] if fitting else None


def _requirements(wheel: Path) -> Iterator[str]:
    try:
        with zipfile.ZipFile(wheel) as held:
            name = next(n for n in held.namelist() if n.endswith(".dist-info/METADATA"))
            text = held.read(name).decode("utf-8")
    except (OSError, zipfile.BadZipFile, StopIteration, UnicodeDecodeError) as error:
        raise OptionError("bundle-wheel-broken", path=wheel) from error
    head = text.split("\n\n", 1)[0].splitlines()
    yield from (
        line.partition(":")[2].strip() for line in head if line.startswith("Requires-Dist:")
    )


def build_bundle(
    archive: str | Path, wheels: str | Path, folder: str | Path, *, lang: Language = "zh"
) -> Bundle:
    r"""Assemble the folder for Windows.

    Parameters
    ----------
    archive
        The embeddable package of Python for Windows, a zip.
    wheels
        Folder of wheels for it, chaingraph's own among them.
    folder
        A new or empty folder; its parent must exist.
    lang
        Language of the starter's name, of the note and of the page.

    Returns
    -------
    Bundle
        The folder: Python with the packages, a ``.bat`` to drop workbooks on, a note, and in ``mac-linux``
        starters for others.

    Raises
    ------
    OptionError
        Where the archive is none, or wheels are missing or do not fit; they are named.
    FileProblemError
        Where something cannot be read or written. Nothing is left behind then.

    Notes
    -----
    A Python with a file ``python311._pth`` looks for packages nowhere else than that file says, and reads no
    environment variables: so ``Lib\site-packages`` is written into it, and UTF-8 is asked for by ``-X utf8``.
    """
    python = read_python(archive)
    chosen, unused, missing = choose_wheels(wheels, python)
    if missing:
        raise OptionError("bundle-missing", names=" ".join(missing), path=wheels)

    def fill(place: Path) -> None:
        _unpack(archive, place / "python")
        _open_packages(place / "python")
        for wheel in chosen:
            _unpack(wheel, place / "python" / PACKAGES, move=True)
        for name, data, mode in _starters(lang):
            target = place / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(data)
            target.chmod(mode)

    made = write_folder(folder, (), check=fill)
    size = sum(file.stat().st_size for file in made.rglob("*") if file.is_file())
    names = tuple(wheel.name for wheel in chosen)
    return Bundle(made, names, tuple(file.name for file in unused), size)


def _unpack(archive: str | Path, target: Path, *, move: bool = False) -> None:
    """Unpack an archive; of a wheel with `move` what lies in its data folder goes to its place."""
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as held:
        for entry in held.infolist():
            name = _placed(entry.filename) if move else entry.filename
            parts = PurePosixPath(name.replace("\\", "/")).parts
            if not parts or entry.is_dir():
                continue
            if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
                raise OptionError("bundle-wheel-broken", path=archive)
            path = target.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(held.read(entry))


def _placed(name: str) -> str:
    """Return where a file of a wheel goes below the packages; empty for what is not needed.

    Examples
    --------
    >>> _placed("a-1.data/purelib/a.py"), _placed("a-1.data/scripts/a"), _placed("a/b.py")
    ('a.py', '', 'a/b.py')
    """
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return name
    kind, _, below = rest.partition("/")
    return below if kind in {"purelib", "platlib"} else ""


def _open_packages(place: Path) -> None:
    """Tell the embedded Python where its packages are."""
    path = next(file for file in place.iterdir() if _PATHS.fullmatch(file.name))
    kept = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    windows = PACKAGES.replace("/", "\\")
    lines = [line for line in kept if line and not line.startswith("#")]
    lines = [line for line in lines if line not in {windows, "import site"}]
    path.write_bytes("".join(f"{line}\r\n" for line in [*lines, windows, "import site"]).encode())


def _starters(lang: Language) -> Iterable[tuple[str, bytes, int]]:
    """Return the starters and the note, with the line ends and marks that their systems want."""

    def text(name: str, **params: str) -> str:
        held = resources.files(__package__).joinpath("starters", name).read_text(encoding="utf-8")
        for key, value in params.items():
            held = held.replace(f"{{{key}}}", value)
        return held

    starter = STARTERS[lang]
    yield starter, text("drop.bat", lang=lang).replace("\n", "\r\n").encode(), 0o644
    note = text(f"{lang}.txt", starter=starter).replace("\n", "\r\n")
    yield NOTES[lang], note.encode("utf-8-sig"), 0o644  # old editors know UTF-8 by its mark alone
    shell = text("open.sh", lang=lang).encode()
    for name in ("open.sh", "open.command"):
        yield f"mac-linux/{name}", shell, 0o755


def download_wheels(wheels: str | Path, python: Python, source: str = "") -> None:
    """Ask pip for the wheels that are missing, also for those that only Windows needs.

    Parameters
    ----------
    wheels
        Folder to fill.
    python
        The Python they must fit.
    source
        A checkout of chaingraph of which a wheel is made first; empty where its wheel is there.

    Raises
    ------
    OptionError
        Where pip cannot get them.
    """
    place = Path(wheels)
    place.mkdir(parents=True, exist_ok=True)
    if source:
        _pip("wheel", "--no-deps", "-w", str(place), source)
    for _ in range(_ROUNDS):
        missing = choose_wheels(place, python)[2]
        if not missing:
            return
        _pip(
            "download", "--platform", python.platform, "--python-version", ".".join(map(str, python.version)),
            "--implementation", "cp", "--only-binary=:all:", "-d", str(place), "--find-links", str(place),
            *missing,
        )  # fmt: skip
    raise OptionError("bundle-missing", names=" ".join(missing), path=wheels)


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  pip alone
    if done.returncode:
        detail = [*done.stderr.strip().splitlines(), "pip"][-1 if not done.stderr.strip() else -2]
        raise OptionError("bundle-pip", detail=detail)


@click.command(
    epilog="Example: python -m chaingraph.serve.bundle python-3.11.9-embed-amd64.zip wheels -o out"
)
@click.argument("archive", metavar="PYTHON.zip")
@click.argument("wheels", metavar="WHEELS")
@click.option(
    "-o", "--output", "folder", required=True, metavar="FOLDER", help="New folder to make."
)
@click.option("--download", is_flag=True, help="Ask pip for wheels that are missing in WHEELS.")
@click.option(
    "--source",
    default="",
    metavar="CHECKOUT",
    help="With --download: make chaingraph's wheel of it.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def main(
    archive: str,
    wheels: str,
    folder: str,
    *,
    download: bool,
    source: str,
    lang: Language,
) -> None:
    """Assemble a folder for Windows computers without Python, out of its embeddable archive and wheels.

    PYTHON.zip is the "Windows embeddable package" of python.org (3.11 or newer). WHEELS is a folder of wheels
    for it, chaingraph's own among them.
    """
    try:
        if download:
            download_wheels(wheels, read_python(archive), source)
        made = build_bundle(archive, wheels, folder, lang=lang)
    except ChaingraphError as error:
        click.echo(f"chaingraph: {error.text(lang)}", err=True)
        sys.exit(error.exit_status)
    said = message(
        "bundle-made", lang, path=made.folder, count=len(made.wheels), size=round(made.size / 1e6)
    )
    click.echo(said)
    if made.unused:
        click.echo(message("bundle-unused", lang, names=", ".join(made.unused)), err=True)


if __name__ == "__main__":
    main()
