"""The binary under test, and the plugin in the tests of the plugin."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from release_emulator import Emulator, World

pytest_plugins = ["pytester"]

SHOP = {
    "name": "shop",
    "model_version": 2,
    "config_mode": "ui",
    "stages": [
        {"name": "build", "tasks": [{"name": "compile"}]},
        {"name": "deploy", "tasks": [{"name": "roll-out"}]},
    ],
}

PIPELINES = "/v3/p1/pipeline/pipelines"

FREEZE = "2030-01-01T00:00:00Z"


def pytest_configure(config: pytest.Config) -> None:
    if not os.environ.get("RELEASE_EMULATOR_BINARY") and not shutil.which("release-emulator"):
        raise pytest.UsageError("set RELEASE_EMULATOR_BINARY to the binary to test")


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variables of the surroundings."""
    monkeypatch.delenv("RELEASE_EMULATOR_URL", raising=False)


def create(world: World) -> str:
    """A pipeline of two tasks, by its id."""
    reply = world.call("POST", PIPELINES, SHOP)
    assert reply.status == 200, reply.text()
    pipeline: str = reply.json()["id"]
    return pipeline


def start(world: World, pipeline: str) -> None:
    """Starts the pipeline."""
    assert world.call("POST", f"{PIPELINES}/{pipeline}/action?action_id=start").status == 200


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    """An emulator of the tests' own, whatever the plugin does."""
    with Emulator() as running:
        yield running


@pytest.fixture
def opened(server: Emulator) -> Iterator[World]:
    """A world of the tests' own."""
    with server.world(freeze=FREEZE) as world:
        yield world


def path_without(folder: Path) -> str:
    """PATH without a folder."""
    return os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != folder)
