"""One emulator for the session with strict tokens, reset before each test, its clock frozen at START."""

from collections.abc import Iterator

import pytest

from client import Zadig
from emulator import STRICT, Emulator, running


@pytest.fixture(scope="session")
def process() -> Iterator[Emulator]:
    with running(*STRICT) as started:
        yield started


@pytest.fixture(autouse=True)
def emulator(process: Emulator) -> Emulator:
    process.begin()
    return process


@pytest.fixture
def patrick(emulator: Emulator) -> Zadig:
    """The administrator of the installation."""
    return Zadig(emulator.url, "zadig-token-of-patrick")


@pytest.fixture
def rita(emulator: Emulator) -> Zadig:
    """A user who may only read the versions of the project shop."""
    return Zadig(emulator.url, "zadig-token-of-rita")
