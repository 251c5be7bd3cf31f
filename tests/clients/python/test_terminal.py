"""A person who starts the emulator at a terminal sees why a call was refused."""

import os
import pty
import re
import subprocess

import pytest
import requests


def shown(environment: dict[str, str], *flags: str) -> str:
    """What a terminal shows after one refused request."""
    terminal, stderr = pty.openpty()
    command = [os.environ["EMULATOR_BINARY"], "--listen", "127.0.0.1:0", *flags]
    env = {name: value for name, value in os.environ.items() if not name.startswith("RELEASE_EMULATOR_")}
    env.pop("NO_COLOR", None)
    process = subprocess.Popen(command, env=env | environment, stdout=subprocess.PIPE, stderr=stderr, text=True)
    os.close(stderr)
    with process:
        url = re.search(r"url=(\S+)", process.stdout.readline())[1]
        requests.post(f"{url}/v3/p/pipeline/pipelines", json={"name": 7}, headers={"X-Auth-Token": "any"}, timeout=30)
        process.terminate()
    text = b""
    try:
        while part := os.read(terminal, 65536):
            text += part
    except OSError:  # Linux: the other end is closed.
        pass
    finally:
        os.close(terminal)
    return text.decode()


REASON = "POST /v3/p/pipeline/pipelines 400 SVCSTG.00100400: parameter invalid: name: must be a string, not 7"


def test_a_refused_request_is_one_coloured_line() -> None:
    text = shown({"TERM": "xterm"})
    assert text.count("\n") == 1
    assert f"\x1b[33m WARN\x1b[0m {REASON}" in text


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_turned_off(environment: dict[str, str]) -> None:
    text = shown({"TERM": "xterm"} | environment)
    assert "\x1b" not in text and f" WARN {REASON}" in text


def test_the_level_error_leaves_refused_requests_out() -> None:
    assert shown({"TERM": "xterm"}, "--log-level", "error") == ""
