"""What only a real process shows: entry points, encodings, pipes, interrupts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chaingraph import loading
from tests.helpers_cli import run

LOCALES = {
    "utf-8": {"LC_ALL": "C.UTF-8"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0"},
    "gbk": {"PYTHONIOENCODING": "gbk"},
    "latin": {"PYTHONIOENCODING": "latin-1"},
    "hashes": {"PYTHONHASHSEED": "7"},
}


def start(*args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "chaingraph", *args],
        capture_output=True, check=False, env=os.environ | environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def gaps():
    with ThreadPoolExecutor(2) as pool:
        jobs = {
            name: pool.submit(start, "gaps", "toy", "--lang", "zh", **environment)
            for name, environment in LOCALES.items()
        }
        return {name: job.result() for name, job in jobs.items()}


def test_every_locale_gives_the_same_text(gaps):
    expected = run("gaps", "toy", "--lang", "zh").stdout
    assert {done.returncode for done in gaps.values()} == {0}
    assert {done.stderr for done in gaps.values()} == {b""}
    for name in ("utf-8", "C", "hashes"):
        assert gaps[name].stdout.decode("utf-8") == expected, name
    assert gaps["gbk"].stdout.decode("gbk") == expected
    assert "甲市" in expected


def test_what_an_encoding_cannot_show_becomes_a_question_mark(gaps):
    text = gaps["latin"].stdout.decode("latin-1")
    assert "??" in text
    assert "powder_a" in text


@pytest.mark.parametrize("locale", ["utf-8", "C", "gbk"])
def test_files_are_the_same_in_every_locale(tmp_path, locale):
    target = tmp_path / "gaps.md"
    done = start("gaps", "toy", "--lang", "zh", "-o", str(target), **LOCALES[locale])
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (
        target.read_text(encoding="utf-8") == run("gaps", "toy", "--lang", "zh", "-f", "md").stdout
    )


@pytest.mark.slow
def test_qujing_twice_is_the_same_byte_for_byte():
    args = ("gaps", "qujing", "-f", "json")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(start, *args, PYTHONHASHSEED="1")
        second = pool.submit(start, *args, PYTHONHASHSEED="2")
        assert first.result().stdout == second.result().stdout
        assert len(first.result().stdout) > 100_000


def test_the_installed_command_is_the_module():
    command = Path(sys.executable).with_name("chaingraph")
    done = subprocess.run(
        [command, "regions", "toy", "-f", "csv"], capture_output=True, check=False
    )
    assert done.stdout == start("regions", "toy", "-f", "csv").stdout
    assert done.returncode == 0


def test_errors_have_no_trace_and_are_in_the_language_of_the_environment():
    done = start("explain", "toy", "celll", LC_ALL="zh_CN.UTF-8", PYTHONIOENCODING="utf-8")
    assert done.stderr.decode() == "chaingraph: 没有产品“celll”；是否指：cell\n"
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_closed_pipe_ends_quietly():
    program = f"{sys.executable} -m chaingraph trace qujing battery_pack -f json | head -n 1"
    done = subprocess.run(["bash", "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{\n", b"")


def test_an_interrupt_ends_quietly(monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(loading, "load_dataset", interrupted)
    # a shell that starts the tests in the background has them ignore it
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = run("gaps", "toy", status=130)
    finally:
        signal.signal(signal.SIGINT, before)
    assert result.stdout == ""
    assert result.stderr.strip() == ""


def test_an_unforeseen_failure_is_one_line(monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr(loading, "load_dataset", broken)
    result = run("gaps", "toy", status=1)
    assert result.stdout == ""
    assert result.stderr.startswith("chaingraph: an error that chaingraph did not foresee")
    assert "ZeroDivisionError: first line (run with --debug" in result.stderr
    assert result.stderr.count("\n") == 1
