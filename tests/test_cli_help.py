"""Help, version and completion: there at once, without the heavy libraries."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

import chaingraph as cg
from chaingraph.cli.main import COMMANDS, Program, program
from tests.helpers_cli import failure, run

HEAVY = ("pandas", "networkx", "numpy", "scipy", "pyvis", "IPython", "narwhals", "jinja2")
SNIPPET = f"""
import sys
from chaingraph.cli.main import main
sys.argv = ["chaingraph", *sys.argv[1:]]
try:
    main()
finally:
    loaded = [name for name in {HEAVY!r} if name in sys.modules]
    sys.stderr.write(f"loaded: {{loaded}}")
"""


def light(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SNIPPET, *args],
        capture_output=True, text=True, encoding="utf-8", check=False,
        env=os.environ | environment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("args", "start"),
    [
        (["--help"], "Usage: chaingraph [OPTIONS] COMMAND"),
        (["gaps", "--help"], "Usage: chaingraph gaps [OPTIONS] DATASET"),
        (["--version"], f"chaingraph, version {cg.__version__}\n"),
        (["completion", "bash"], "_chaingraph_completion() {"),
        (["completion", "zsh"], "#compdef chaingraph"),
        (["completion", "fish"], "function _chaingraph_completion"),
    ],
)
def test_starts_without_the_heavy_libraries(args, start):
    done = light(*args)
    assert done.stdout.lstrip().startswith(start)
    assert done.stderr == "loaded: []"
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("chaingraph gaps qu", ["plain,qujing"]),
        ("chaingraph show to", ["plain,toy"]),
        ("chaingraph ga", ["plain,gaps"]),
        ("chaingraph gaps toy --sor", ["plain,--sort"]),
    ],
)
def test_completion_request(words, expected):
    done = light(
        COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1),
        _CHAINGRAPH_COMPLETE="bash_complete",
    )  # fmt: skip
    assert done.stdout.split() == expected
    assert done.stderr == "loaded: []"


def test_completion_knows_every_bundled_dataset():
    done = light(
        COMP_WORDS="chaingraph show ", COMP_CWORD="2", _CHAINGRAPH_COMPLETE="bash_complete"
    )
    assert done.stdout.split() == [f"plain,{name}" for name in cg.list_datasets()]


def example(name: str | None) -> str:
    command = program if name is None else Program.get_command(program, None, name)
    epilog = str(command.epilog)
    assert epilog.startswith("Example: ")
    return epilog.removeprefix("Example: ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name):
    text = run(name, "--help").stdout
    assert f"Example: {example(name).split()[0]}" in text
    assert text == run(name, "-h").stdout
    options = [line for line in text.splitlines() if line.startswith("  -")]
    assert all(len(line.split("  ")) > 2 or line.endswith(("]", "E", "...", "Y", "S"))
               for line in options)  # fmt: skip


def test_the_group_lists_every_command_with_a_sentence():
    text = run("--help").stdout
    listed = [
        line.split()[0] for line in text.split("Commands:")[1].splitlines() if line[:2] == "  "
    ]
    assert listed[: len(COMMANDS)] == list(COMMANDS)
    assert "Exit status: 0 done, 1 data" in " ".join(text.split())


@pytest.mark.parametrize(
    "name",
    [
        None,
        *(name for name in COMMANDS if name not in {"completion", "serve"}),
    ],  # serve runs until it is ended
    ids=str,
)
def test_the_example_of_every_help_runs(name, tmp_path, monkeypatch):
    folder = tmp_path / "my-city"
    folder.mkdir()
    (folder / "products.csv").write_text("product_id,name_zh,unit\na,甲,t\n", encoding="utf-8")
    plan = cg.plan_survey(cg.load_dataset("toy"))
    cg.save_questionnaire(plan, tmp_path / "questions.xlsx")
    listed = cg.build_responsibility(cg.load_dataset("toy"))
    cg.save_responsibility(listed, tmp_path / "list.xlsx")
    (tmp_path / "list.csv").write_text("企业名称\n曲靖晶澳光伏科技有限公司\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(example(name))
    assert words[0] == "chaingraph"
    result = run(*words[1:])
    pages = [path for path in tmp_path.glob("*.html") if path.stat().st_size > 100_000]
    assert result.stdout or pages


def test_the_example_of_completion_is_a_script_bash_can_read():
    script = run("completion", "bash").stdout
    done = subprocess.run(["bash", "-n"], input=script, text=True, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert example("completion") == 'eval "$(chaingraph completion bash)"'


def test_unknown_commands_and_shells():
    assert failure("gap", "toy", status=2) == ("Error: No such command 'gap'. Did you mean: gaps?")
    assert "No such command 'xyz'." in failure("xyz", status=2)
    assert "'cmd' is not one of" in failure("completion", "cmd", status=2)
    assert "Usage: chaingraph [OPTIONS] COMMAND" in run(status=None).output


def test_debug_shows_the_trace():
    with pytest.raises(cg.UnknownNameError, match="no dataset or folder 'nix'"):
        program(["--debug", "show", "nix"], standalone_mode=False)
