"""Writers that are ended, refused, or come two at a time: the old content or the new one stands whole."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

import chaingraph as cg
from chaingraph import files
from chaingraph.errors import file_problem
from tests.helpers_cli import failure

ROOT = Path(__file__).parents[1]
DECISION = {"alias_zh": "远芯", "place": "甲市", "enterprise_id": "cell_jia", "decision": "same"}
WRITERS = {
    "write_file": 5, "write_folder": 10, "replace_folder": 30, "replace_folder in two renames": 33,
    "save_dataset": 30, "save_matches": 5, "remember_decisions": 8,
}  # fmt: skip
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="ends writers in forks")


@pytest.fixture(scope="module")
def ended():
    """Return what stood after writers were ended at each of their operations."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.killing", str(place)],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    finally:
        shutil.rmtree(place)


@needs_fork
@pytest.mark.parametrize("name", WRITERS)
def test_a_writer_ended_at_any_moment_leaves_the_old_or_the_new(ended, name):
    found = ended[name]
    assert found["wrong"] == []
    assert found["stuck"] == [], "the next writer could not write"
    assert found["differ"]
    assert found["operations"] >= WRITERS[name]
    assert found["old"] + found["new"] == found["operations"] + 1
    assert found["old"] > 1
    assert found["new"] > 1


@needs_fork
def test_nobody_writes_without_permission(ended):
    *said, left = ended["forbidden"]
    assert len(said) == 3
    assert all("没有权限" in text for text in said), said
    assert left == "{'a.csv': b'new a', 'c.csv': b'new c'}"


def content(folder):
    """Return the texts of a folder's files by name, temporary ones and locks left out."""
    return {p.name: p.read_text() for p in sorted(folder.iterdir()) if not p.name.startswith(".")}


def made(place):
    """Make a folder of two files with one below, and return it."""
    files.write_folder(place / "city", [("a.csv", "old a"), ("b.csv", "old b")])
    (place / "city" / "below").mkdir()
    (place / "city" / "below" / "c.txt").write_text("kept")
    (place / "city").chmod(0o750)
    return place / "city"


def test_replacing_a_folder_carries_the_rest_over(tmp_path):
    city = made(tmp_path)
    (tmp_path / "link").symlink_to("city")
    assert files.replace_folder(tmp_path / "link", iter([("a.csv", b"new")])) == tmp_path / "link"
    assert (tmp_path / "link").is_symlink()
    assert sorted(p.name for p in city.iterdir()) == ["a.csv", "b.csv", "below"]
    assert (city / "a.csv").read_text() == "new"
    assert (city / "b.csv").read_text() == "old b"
    assert (city / "below" / "c.txt").read_text() == "kept"
    assert city.stat().st_mode & 0o777 == 0o750
    assert sorted(p.name for p in tmp_path.iterdir()) == [".city.lock", "city", "link"]


def test_replacing_makes_a_new_folder_and_fills_an_empty_one(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        files.replace_folder(tmp_path / name, [("a.csv", "甲")])
        assert content(tmp_path / name) == {"a.csv": "甲"}


@pytest.mark.parametrize("writer", [files.write_folder, files.replace_folder])
def test_a_check_that_fails_leaves_the_old(tmp_path, writer):
    target = made(tmp_path) if writer is files.replace_folder else tmp_path / "city"
    seen = []

    def check(place):
        seen.append((place / "a.csv").read_text())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        writer(target, [("a.csv", "new")], check=check)
    assert seen == ["new"]
    assert not target.exists() or (target / "a.csv").read_text() == "old a"
    assert {p.name for p in tmp_path.iterdir()} <= {".city.lock", "city"}


def standing(path):
    """Return the text of a file, the texts of a folder's files, None where there is nothing."""
    if path.is_dir():
        return {p.name: p.read_text() for p in sorted(path.iterdir()) if p.is_file()}
    return path.read_text() if path.exists() else None


def prepared(name, place):
    """Return the path that a writer writes, something standing there, and the call."""
    place.mkdir()
    if name == "write_file":
        (place / "a.txt").write_text("old")
        return place / "a.txt", lambda: files.write_file(place / "a.txt", "new" * 10)
    if name == "write_folder":
        return place / "b", lambda: files.write_folder(place / "b", [("x", "1"), ("y", "2")])
    city = made(place)
    return city, lambda: files.replace_folder(city, [("a.csv", "new")])


@pytest.mark.parametrize("function", ["write", "fsync"])
@pytest.mark.parametrize("name", ["write_file", "write_folder", "replace_folder"])
def test_a_disk_that_fills_up_at_any_call(tmp_path, monkeypatch, name, function):
    real = getattr(os, function)
    refused = 0
    while True:
        place = tmp_path / str(refused)
        path, write = prepared(name, place)
        old, left = standing(path), refused

        def full(*args: object) -> object:
            nonlocal left
            left -= 1
            if left == -1:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args)

        with monkeypatch.context() as patch:
            patch.setattr(os, function, full)
            error = refusal(write)
        if error is None:
            assert standing(path) != old
            break
        assert error.text("zh") == f"无法写入 {path}：磁盘已满，请清理空间，或换一个位置"
        if standing(path) != old:  # only the last flush comes after the change of names
            assert function == "fsync"
            assert left == -1
        assert {p.name for p in place.iterdir()} <= {"a.txt", "b", "city", ".city.lock"}
        refused += 1
    assert refused >= (2 if function == "fsync" else 1)


def refusal(write):
    """Call a writer; return its failure, None where it has none."""
    try:
        write()
    except cg.FileProblemError as error:
        return error
    return None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_device():
    options = ("-o", "/dev/full", "--format", "csv", "--lang", "zh")
    assert failure("gaps", "toy", *options, status=1) == (
        "chaingraph: 无法写入 /dev/full：磁盘已满，请清理空间，或换一个位置"
    )


@pytest.mark.parametrize(
    ("target", "english", "chinese"),
    [
        ("gone/x.csv", "its folder does not exist", "所在文件夹不存在"),
        ("file/x.csv", "a file stands where a folder is needed", "这里需要文件夹"),
        (f"{'x' * 300}.csv", "the name is too long", "名称过长"),
        ("circle/x.csv", "links on the path lead in a circle", "循环"),
    ],
)
def test_paths_that_cannot_be_written(tmp_path, target, english, chinese):
    (tmp_path / "file").write_text("x")
    (tmp_path / "circle").symlink_to("circle")
    before = sorted(p.name for p in tmp_path.iterdir())
    for write in (
        lambda path: files.write_file(path, "x"),
        lambda path: files.write_folder(path, [("a", "x")]),
        lambda path: files.replace_folder(path, [("a", "x")]),
    ):
        with pytest.raises(cg.FileProblemError, match=english) as caught:
            write(tmp_path / target)
        assert chinese in caught.value.text("zh")
        assert str(tmp_path) in caught.value.text("zh")
        assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_every_error_of_everyday_has_words_and_others_keep_their_own():
    for code in (errno.EROFS, errno.EPERM, errno.EBUSY, errno.EIO, errno.EDQUOT, errno.ENOTEMPTY):
        error = file_problem("unwritable-path", "a.csv", OSError(code, os.strerror(code)))
        assert os.strerror(code) not in str(error)
        assert "，请" in error.text("zh")
    other = file_problem("unreadable-path", "a.csv", OSError(errno.EXDEV, "Cross-device link"))
    assert str(other) == "cannot read a.csv: Cross-device link"


def at_once(*works):
    """Run functions in threads that start together; return what they raised."""
    barrier, raised = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            work()
        except cg.FileProblemError as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_writers_of_a_file_never_mix(tmp_path):
    path = tmp_path / "a.txt"
    texts = {"a" * 50_000, "b" * 50_000}
    for _ in range(20):
        assert at_once(*(lambda text=text: files.write_file(path, text) for text in texts)) == []
        assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_a_folder_never_mix(tmp_path):
    def both(write, place):
        return at_once(
            *(lambda t=t: write(place, [(n, t * 9000) for n in ("x", "y", "z")]) for t in "ab")
        )

    whole = [dict.fromkeys(("x", "y", "z"), text * 9000) for text in "ab"]
    for number in range(10):
        raised = both(files.write_folder, tmp_path / f"new{number}")
        assert content(tmp_path / f"new{number}") in whole
        assert [str(error.params["detail"]) for error in raised] in (
            [], ["the folder is not empty; choose a new or an empty one"],
        )  # fmt: skip
        assert both(files.replace_folder, tmp_path / "old") == []
        assert content(tmp_path / "old") in whole
    assert {p.name for p in tmp_path.iterdir() if p.name.startswith(".")} == {".old.lock"}


def test_two_people_deciding_at_once_lose_nothing(tmp_path, toy):
    city = cg.save_dataset(toy, tmp_path / "city")
    names = [f"远芯{letter}" for letter in "甲乙丙丁戊己"]
    raised = at_once(
        *(
            lambda name=name: cg.remember_decisions(city, [DECISION | {"alias_zh": name}])
            for name in names
        )
    )
    assert raised == []
    aliases = cg.load_dataset(city).table("aliases")
    assert sorted(aliases["alias_zh"]) == sorted(names)


HOLD = """
import sys
from chaingraph.files import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_and_an_ended_one_blocks_nobody(tmp_path, toy, monkeypatch):
    monkeypatch.setattr(files, "WAIT", 0)
    city = cg.save_dataset(toy, tmp_path / "city")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(city)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout.readline() == "held\n"
        before = content(city)
        for write in (
            lambda: cg.remember_decisions(city, [DECISION]),
            lambda: files.replace_folder(city, [("products.csv", "x")]),
        ):
            with pytest.raises(cg.FileProblemError) as caught:
                write()
            assert caught.value.key == "being-written"
            assert str(city) in caught.value.text("zh")
        assert content(city) == before
        holder.kill()
    assert cg.remember_decisions(city, [DECISION]).added == 1
    with files.locked(city), files.locked(city, timeout=0):  # the same writer may come again
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == [".city.lock", "city"]


def test_a_folder_in_a_closed_parent_is_locked_inside(tmp_path, toy, monkeypatch):
    city = cg.save_dataset(toy, tmp_path / "city")
    real = os.open

    def closed(path: object, flags: int, *args: object, **options: object) -> int:
        if flags & os.O_CREAT and Path(os.fsdecode(path)).parent == tmp_path:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, flags, *args, **options)

    monkeypatch.setattr(os, "open", closed)
    assert cg.remember_decisions(city, [DECISION]).added == 1
    assert (city / ".city.lock").exists()
    assert len(cg.load_dataset(city).table("aliases")) == 1


def test_without_exchange_an_ended_writer_is_mended_by_the_next(tmp_path):
    city = made(tmp_path)
    city.rename(tmp_path / ".city.old")
    with files.locked(city, timeout=0):
        assert (city / "a.csv").read_text() == "old a"
    assert not (tmp_path / ".city.old").exists()
