"""A plugin for pytest that puts a recorder in front of the world of each test.

The tests notice nothing: the world has the recorder's URL, and its control plane is asked directly.
"""

import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

NUMBERS = itertools.count(1)


@pytest.fixture(autouse=True)
def recorded(request: pytest.FixtureRequest) -> Iterator[None]:
    """Records what the test asks of its world, in a corpus of its own."""
    if "world" not in request.fixturenames:
        yield
        return
    world = request.getfixturevalue("world")
    corpus = Path(os.environ["RECORD_FOLDER"], f"{next(NUMBERS):03}-{request.node.originalname}.jsonl")
    command = [os.environ["EMULATOR_BINARY"], "record", "--upstream", world.url, "--port", "0", "--out", str(corpus)]
    recorder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert recorder.stdout is not None
    ready = recorder.stdout.readline()
    direct = world.url
    world.url = next(word for word in ready.split() if word.startswith("url=")).removeprefix("url=")
    yield
    world.url = direct
    recorder.send_signal(signal.SIGINT)
    recorder.communicate(timeout=10)
    assert recorder.returncode == 0
