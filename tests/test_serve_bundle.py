"""The folder for Windows computers without Python, of a made-up Python and made-up wheels, without network."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import zipfile

import pytest
from click.testing import CliRunner

import chaingraph as cg
from chaingraph.serve import bundle
from chaingraph.serve.bundle import NOTES, STARTERS, build_bundle, choose_wheels, fits, read_python

AMD64, ARM64 = 0x8664, 0xAA64
EXTRA = ["Provides-Extra: serve", 'Requires-Dist: starlette>=0.45; extra == "serve"']
REQUIRES = {
    "chaingraph": ["click>=8.1", *EXTRA],
    "starlette": [],
    "click": ['colorama; platform_system == "Windows"', 'dataclasses; python_version < "3.7"'],
    "colorama": ['pytest; extra == "test"'],
}


def embedded(place, *, machine=AMD64, paths="python311._pth", name="python-3.11.9-embed-amd64.zip"):
    program = bytearray(200)
    struct.pack_into("<I", program, 0x3C, 128)
    struct.pack_into("<H", program, 132, machine)
    with zipfile.ZipFile(place / name, "w") as archive:
        archive.writestr("python.exe", bytes(program))
        archive.writestr("python311.zip", b"")
        if paths:
            archive.writestr(
                paths, "python311.zip\r\n.\r\n\r\n# Uncomment to run site\r\n#import site\r\n"
            )
    return place / name


def wheel(place, name, version="1.0", tags="py3-none-any", requires=None, **files):
    place.mkdir(exist_ok=True)
    path = place / f"{name}-{version}-{tags}.whl"
    lines = [entry if ":" in entry else f"Requires-Dist: {entry}"
             for entry in (REQUIRES.get(name, []) if requires is None else requires)]  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        head = [f"Name: {name}", f"Version: {version}", *lines]
        archive.writestr(
            f"{name}-{version}.dist-info/METADATA", "\n".join(head) + "\n\nRequires-Dist: prose\n"
        )
        archive.writestr(f"{name}/__init__.py", f"# {name}\n")
        for file, content in files.items():
            archive.writestr(file, content)
    return path


@pytest.fixture
def wheels(tmp_path):
    place = tmp_path / "wheels"
    wheel(place, "chaingraph", "0.2.0")
    wheel(place, "starlette", "1.10.0")
    wheel(
        place,
        "click",
        "8.2",
        **{"click-8.2.data/purelib/late.py": "x", "click-8.2.data/scripts/c": "y"},
    )
    wheel(place, "colorama", tags="py2.py3-none-any")
    return place


def test_the_folder_holds_python_its_packages_and_the_starters(tmp_path, wheels):
    wheel(wheels, "unneeded")
    made = build_bundle(embedded(tmp_path), wheels, tmp_path / "out")
    packages = made.folder / "python" / "Lib" / "site-packages"
    assert sorted(p.name for p in packages.iterdir() if not p.name.endswith(".dist-info")) == [
        "chaingraph", "click", "colorama", "late.py", "starlette",
    ]  # fmt: skip
    assert [name.split("-")[0] for name in made.wheels] == [
        "chaingraph",
        "click",
        "colorama",
        "starlette",
    ]
    assert made.unused == ("unneeded-1.0-py3-none-any.whl",)
    assert made.size == sum(p.stat().st_size for p in made.folder.rglob("*") if p.is_file())
    paths = (made.folder / "python" / "python311._pth").read_bytes()
    assert paths == b"python311.zip\r\n.\r\nLib\\site-packages\r\nimport site\r\n"
    assert sorted(p.name for p in made.folder.iterdir()) == sorted(
        [STARTERS["zh"], NOTES["zh"], "mac-linux", "python"]
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_starter_is_read_alike_under_every_code_page(tmp_path, wheels, lang):
    made = build_bundle(embedded(tmp_path), wheels, tmp_path / "out", lang=lang)
    data = (made.folder / STARTERS[lang]).read_bytes()
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert lines[0] == b"@echo off"  # no mark of UTF-8 before it
    foreign = [number for number, line in enumerate(lines) if not line.isascii()]
    switch = next(n for n, line in enumerate(lines) if line.startswith(b"chcp 65001"))
    labels = [n for n, line in enumerate(lines) if line.startswith(b":")]
    assert foreign
    assert all(
        number > switch > max(labels) for number in foreign
    )  # other letters after the switch alone
    assert all(
        lines[number][-1:].isascii() for number in foreign
    )  # no half letter before the line's end
    code = data.decode()
    assert f"serve --lang {lang}%FILES%" in code
    assert '--drop "%~f1"' in code
    note = (made.folder / NOTES[lang]).read_bytes()
    assert note.startswith(b"\xef\xbb\xbf")
    assert STARTERS[lang] in note.decode("utf-8-sig")


def test_the_starter_for_others_hands_files_over_as_they_are(tmp_path, wheels):
    made = build_bundle(embedded(tmp_path), wheels, tmp_path / "out")
    place = made.folder / "mac-linux"
    fake = place / ".venv" / "bin"
    fake.mkdir(parents=True)
    (fake / "python").write_text(
        '#!/bin/sh\n[ "$1" = -c ] && exit 0\nprintf "%s\\n" "$@"\n', encoding="utf-8"
    )
    (fake / "python").chmod(0o755)
    for name in ("open.sh", "open.command"):
        assert os.access(place / name, os.X_OK)
        done = subprocess.run(
            [place / name, "a b.xlsx", "产能&$(x)表.xlsx"], capture_output=True, text=True, check=True,
            encoding="utf-8",
        )  # fmt: skip
        assert done.stdout.splitlines()[2:] == [
            "-m", "chaingraph", "serve", "--lang", "zh", "--drop", "a b.xlsx", "--drop", "产能&$(x)表.xlsx",
        ]  # fmt: skip


def test_the_starter_for_others_says_what_is_missing(tmp_path, wheels):
    made = build_bundle(embedded(tmp_path), wheels, tmp_path / "out")
    done = subprocess.run(
        ["/bin/sh", made.folder / "mac-linux" / "open.sh"], capture_output=True, text=True, check=False,
        encoding="utf-8", env={"PATH": "/nowhere:/bin/nowhere"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "chaingraph[serve]" in done.stderr


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("a-1-py3-none-any.whl", True), ("a-1-py2.py3-none-any.whl", True),
        ("a-1-py2-none-any.whl", False), ("a-1-cp311-cp311-win_amd64.whl", True),
        ("a-1-cp310-cp310-win_amd64.whl", False), ("a-1-cp312-cp312-win_amd64.whl", False),
        ("a-1-cp311-abi3-win_amd64.whl", True), ("a-1-cp312-abi3-win_amd64.whl", False),
        ("a-1-cp39-abi3-win_amd64.whl", True), ("a-1-cp311-cp311-win32.whl", False),
        ("a-1-cp311-cp311-manylinux_2_17_x86_64.whl", False), ("a-1-1-py3-none-any.whl", True),
        ("a-1-py3-none-win_amd64.whl", True), ("nonsense.whl", False),
    ],
)  # fmt: skip
def test_which_wheels_fit(name, yes):
    assert fits(name, bundle.Python((3, 11), "win_amd64")) is yes


def said(*args):
    done = CliRunner().invoke(bundle.main, [str(arg) for arg in args])
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stderr.strip(), done.stdout.strip()


def test_the_command_says_what_it_made(tmp_path, wheels):
    status, _, out = said(embedded(tmp_path), wheels, "-o", tmp_path / "out")
    assert status == 0
    assert re.fullmatch(r"已生成 .*out：4 个软件包，0 MB；请整个文件夹复制或压缩", out)


def test_what_is_missing_is_named_and_nothing_is_left(tmp_path, wheels):
    (wheels / "colorama-1.0-py2.py3-none-any.whl").unlink()
    status, error, _ = said(embedded(tmp_path), wheels, "-o", tmp_path / "out")
    assert status == 2
    assert "缺少安装包：colorama；" in error
    assert sorted(p.name for p in tmp_path.iterdir()) == ["python-3.11.9-embed-amd64.zip", "wheels"]


@pytest.mark.parametrize("version", ["8.0", "8.1"])
def test_a_wheel_that_is_too_old_is_missing(tmp_path, wheels, version):
    (wheels / "click-8.2-py3-none-any.whl").unlink()
    wheel(wheels, "click", version)
    missing = choose_wheels(wheels, read_python(embedded(tmp_path)))[2]
    assert missing == (["click>=8.1"] if version == "8.0" else [])


def test_wheels_of_another_system_are_refused_by_name(tmp_path, wheels):
    (wheels / "colorama-1.0-py2.py3-none-any.whl").unlink()
    wheel(wheels, "colorama", tags="cp311-cp311-manylinux_2_17_x86_64")
    with pytest.raises(cg.OptionError, match=r"not for cp311 on win_amd64: colorama-1\.0-cp311"):
        build_bundle(embedded(tmp_path), wheels, tmp_path / "out")


def test_two_wheels_of_one_package_are_refused(tmp_path, wheels):
    wheel(wheels, "colorama", "2.0")
    with pytest.raises(cg.OptionError, match="colorama is there more than once"):
        build_bundle(embedded(tmp_path), wheels, tmp_path / "out")


@pytest.mark.parametrize(
    "options",
    [{"machine": 1}, {"paths": ""}, {"paths": "python310._pth"}, {"paths": "python27._pth"}],
    ids=["processor", "no paths", "too old", "much too old"],
)
def test_what_is_no_python_for_windows_is_refused(tmp_path, wheels, options):
    with pytest.raises(cg.OptionError, match="is not the Windows embeddable package"):
        build_bundle(embedded(tmp_path, **options), wheels, tmp_path / "out")


def test_the_platform_is_that_of_the_program(tmp_path):
    assert read_python(embedded(tmp_path, machine=ARM64)) == ((3, 11), "win_arm64")
    assert read_python(embedded(tmp_path, paths="python312._pth")) == ((3, 12), "win_amd64")


def test_other_files_are_refused_in_a_sentence(tmp_path, wheels):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"png")
    for archive, word in ((picture, "embeddable package"), (tmp_path / "no.zip", "no.zip")):
        status, error, _ = said(archive, wheels, "-o", tmp_path / "out", "--lang", "en")
        assert status in {1, 2}
        assert word in error
        assert len(error.splitlines()) == 1
    status, error, _ = said(embedded(tmp_path), tmp_path, "-o", tmp_path / "out", "--lang", "en")
    assert (status, "has no wheels" in error) == (2, True)


@pytest.mark.parametrize("name", ["../evil.py", "/evil.py", "c:/evil.py", "a/../../evil.py"])
def test_a_wheel_that_leaves_its_place_is_refused(tmp_path, wheels, name):
    (wheels / "colorama-1.0-py2.py3-none-any.whl").unlink()
    wheel(wheels, "colorama", **{name: "x"})
    with pytest.raises(cg.OptionError, match="damaged or no wheel"):
        build_bundle(embedded(tmp_path), wheels, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("evil.py"))


def test_a_full_folder_is_kept(tmp_path, wheels):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(cg.FileProblemError, match="out"):
        build_bundle(embedded(tmp_path), wheels, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_pip_is_asked_for_what_only_windows_needs(tmp_path, wheels, monkeypatch):
    (wheels / "colorama-1.0-py2.py3-none-any.whl").unlink()
    asked = []

    def pip(*words):
        asked.append(words)
        wheel(wheels, words[-1])

    monkeypatch.setattr(bundle, "_pip", pip)
    bundle.download_wheels(wheels, read_python(embedded(tmp_path)))
    assert len(asked) == 1
    assert asked[0][-1] == "colorama"
    for words in (("--platform", "win_amd64"), ("--python-version", "3.11")):
        at = asked[0].index(words[0])
        assert asked[0][at : at + 2] == words
    assert "--only-binary=:all:" in asked[0]
