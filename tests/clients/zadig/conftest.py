"""Clients for the world of the test, in which only the tokens of the fixtures pass."""

import pytest

from client import Zadig
from release_emulator import World


@pytest.fixture
def patrick(world: World) -> Zadig:
    """The administrator of the installation."""
    return Zadig(world.url, "zadig-token-of-patrick")


@pytest.fixture
def rita(world: World) -> Zadig:
    """A user who may only read the versions of the project shop."""
    return Zadig(world.url, "zadig-token-of-rita")
