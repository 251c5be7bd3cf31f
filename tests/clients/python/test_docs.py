"""The examples of the docs for Python and CI, followed as written."""

import fnmatch
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from release_emulator import Emulator

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "src" / "docs"
PAGE = (DOCS / "testing-python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

# A block that is a file begins with the file's name. Tests may import the other files.
NAMED = {name[1]: block for block in BLOCKS if (name := re.match(r"# (\w+\.py)\n", block))}
FILES = {name: block for name, block in NAMED.items() if name.startswith("test_")}
MODULES = {name[:-3]: block for name, block in NAMED.items()}
PROGRAMS = [block for block in BLOCKS if block not in NAMED.values()]

USUAL_URL = "http://127.0.0.1:4600"
CREDENTIALS = (DOCS / "credentials.md").read_text(encoding="utf-8")
ON_CREDENTIALS = re.findall(r"```python\n(.*?)```", CREDENTIALS, re.DOTALL)

[README] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)

# These come without an emulator, or fail to show their report.
PLAIN, FAILING = "test_plain.py", "test_typos.py"

COMMANDS = [
    shlex.split(command)
    for block in re.findall(r"```yaml\n(.*?)```", (DOCS / "ci.md").read_text(encoding="utf-8"), re.DOTALL)
    for command in re.findall(r"- (?:run: )?(release-emulator exec .*)", block)
]


def run(command: list[str], folder: Path, **files: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder with these files, in which the plugin is loaded as if the package were installed."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    env = {**os.environ, "PYTEST_PLUGINS": "release_emulator.pytest_plugin"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def pytest_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]


def under(command: list[str]) -> list[str]:
    """A command of the docs, with the binary and the Python under test."""
    start = command.index("--") + 1
    called = command[start:]
    called = called[1:] if called[0] == "python3" else ["-m", *called]
    return [os.environ["EMULATOR_BINARY"], *command[1:start], sys.executable, *called]


def test_the_docs_have_examples_of_each_kind() -> None:
    assert len(COMMANDS) == 2
    assert len(PROGRAMS) == 2
    assert len(ON_CREDENTIALS) == 2
    polling = {"test_roll_out.py", "test_real_clock.py"}
    asynchronous = {"test_plain_asyncio.py", "test_pytest_asyncio.py", "test_anyio.py"}
    others = {"test_shop.py", "test_past.py", "test_options.py", "test_meshes.py", PLAIN, FAILING}
    assert polling | asynchronous | others == set(FILES)
    assert set(NAMED) - set(FILES) == {"roll_out.py"}


@pytest.mark.parametrize("name", sorted(set(FILES) - {PLAIN, FAILING}))
def test_the_tests_of_the_page_pass(name: str, tmp_path: Path) -> None:
    ended = run(pytest_command(name), tmp_path, **MODULES)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"^\d passed in ", ended.stdout, re.MULTILINE), ended.stdout


def test_the_test_of_the_readme_passes(tmp_path: Path) -> None:
    ended = run(pytest_command(), tmp_path, test_readme=README)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("program", ON_CREDENTIALS, ids=range(len(ON_CREDENTIALS)))
def test_the_programs_on_credentials_run(program: str, tmp_path: Path) -> None:
    with Emulator() as emulator:
        ended = run([sys.executable, "program.py"], tmp_path, program=program.replace(USUAL_URL, emulator.url))
    assert USUAL_URL in program
    assert (ended.returncode, ended.stderr) == (0, "")
    # The page shows the last line.
    shown = re.search(r"^print\(.*\)  # (.*)", program, re.MULTILINE)
    assert not shown or ended.stdout == f"{shown[1]}\n"


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_the_programs_of_the_page_run(program: str, tmp_path: Path) -> None:
    ended = run([sys.executable, "program.py"], tmp_path, program=program)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_failing_test_of_the_page_is_reported_as_shown(tmp_path: Path) -> None:
    [shown] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    ended = run(pytest_command(), tmp_path, **{FAILING[:-3]: FILES[FAILING]})
    assert ended.returncode == 1, ended.stdout + ended.stderr
    # A line of the page is a line of the report; an ellipsis stands for any number of lines, or for the rest of one.
    pattern = "*\n" + re.sub(r"\n…\n", "\n*\n", re.sub(r"[\[\]?]", "[\\g<0>]", shown)).replace("… (", "* (") + "*"
    assert fnmatch.fnmatchcase(ended.stdout, pattern), ended.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=["github", "gitlab"])
@pytest.mark.parametrize("name", ["test_shop.py", PLAIN])
def test_the_commands_for_ci_run_the_tests(command: list[str], name: str, tmp_path: Path) -> None:
    ended = run(under(command), tmp_path, **{name[:-3]: FILES[name]})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=["github", "gitlab"])
def test_a_script_that_hits_nothing_fails_the_run(command: list[str], tmp_path: Path) -> None:
    # The whole test but for its script, which is for a step that there is not, and for its expectations.
    test = FILES["test_shop.py"].replace('"step": "roll-out"}, ', '"step": "roll-in"}, ')
    test = "".join(line for line in test.splitlines(keepends=True) if "assert" not in line)
    ended = run(under(command), tmp_path, test_shop=test)
    assert ended.returncode == 7, ended.stdout + ended.stderr
    assert "roll-in" in ended.stderr
