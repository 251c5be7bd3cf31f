"""The instructions for Python and CI in the docs, followed as written."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[3] / "src" / "docs"
TEST = re.search(r"```python\n(.*?)```", (DOCS / "testing-python.md").read_text(encoding="utf-8"), re.DOTALL)[1]
COMMANDS = [
    shlex.split(command)
    for block in re.findall(r"```yaml\n(.*?)```", (DOCS / "ci.md").read_text(encoding="utf-8"), re.DOTALL)
    for command in re.findall(r"- (?:run: )?(release-emulator exec .*)", block)
]


def run(command: list[str], test: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command of the docs where its test lies, with the binary and the Python under test."""
    (folder / "test_shop.py").write_text(test, encoding="utf-8")
    start = command.index("--") + 1
    called = command[start:]
    if called[0] == "python3":
        called = called[1:]
    else:
        called = ["-m", *called]
    return subprocess.run(
        [os.environ["EMULATOR_BINARY"], *command[1:start], sys.executable, *called],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )


def test_there_is_a_command_for_each_service() -> None:
    assert len(COMMANDS) == 2


@pytest.mark.parametrize("command", COMMANDS, ids=["github", "gitlab"])
def test_the_readme_s_test_passes(command: list[str], tmp_path: Path) -> None:
    ended = run(command, TEST, tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=["github", "gitlab"])
def test_a_script_that_hits_nothing_fails_the_run(command: list[str], tmp_path: Path) -> None:
    # The whole test but for its script, which is for a step that there is not.
    lines = TEST.replace('"step": "roll-out"', '"step": "roll-in"').splitlines(keepends=True)
    test = "".join(line for line in lines if "assert" not in line)
    assert test.count("\n") == TEST.count("\n") - 3
    ended = run(command, test, tmp_path)
    assert ended.returncode == 7, ended.stdout + ended.stderr
    assert "roll-in" in ended.stderr
