"""Runs the emulator and its control plane by plain requests.

The other suites use the package for Python. Here the control plane itself is tested, and Hypothesis would draw data from
the constants of the package.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

# The instant at which every test's clock is frozen at first.
START = "2035-01-01T00:00:00Z"

# Duration of one step of work unless a script says otherwise.
STEP_MS = 2_000


class Emulator:
    """A running emulator, by its address, and its control plane."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def begin(self) -> None:
        """Back to what it started with, but for the clock, which stands at START."""
        self.reset()
        self.control("PUT", "clock", {"now": START, "mode": "frozen"})

    def reset(self) -> None:
        self.control("POST", "reset")

    def advance(self, ms: int = STEP_MS) -> list[dict[str, Any]]:
        """Moves the clock, by one step if nothing else is said. Answers what happened on the way."""
        return self.control("POST", "clock/advance", {"ms": ms}).json()["transitions"]

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Asks the control plane, and expects to be answered."""
        answer = self._session.request(method, f"{self.url}/_emulator/v1/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer


@contextmanager
def running(*flags: str) -> Iterator[Emulator]:
    """A process of its own on a free port, for as long as the block lasts."""
    command = [os.environ["EMULATOR_BINARY"], "--listen", "127.0.0.1:0", *flags]
    env = {name: value for name, value in os.environ.items() if not name.startswith("RELEASE_EMULATOR_")}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        ready = re.fullmatch(r"release-emulator ready url=(http://127\.0\.0\.1:\d+) pid=(\d+) https_url=\S+ ca=\S+\n", line)
        assert ready, f"not ready: {line!r}, exit code {process.poll()}"
        assert int(ready[2]) == process.pid
        yield Emulator(ready[1])
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
