"""Fixtures for all tests: one emulator for the session, put back before each test, and clients that sign.

The SDK is loaded here first, and so only after the environment is one in which it finds nothing of the user's.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from emulator import STRICT, Emulator, Start, running

# The SDK keeps an application id in the home directory as soon as it is imported, and looks there for
# credentials and regions; its variables would do the same.
_HOME = tempfile.TemporaryDirectory(prefix="huaweicloud-home-")
os.environ["HOME"] = _HOME.name
os.environ["NO_PROXY"] = "127.0.0.1"
for _name in [name for name in os.environ if name.startswith(("HUAWEICLOUD_", "HC_CONTAINER_"))]:
    del os.environ[_name]

import sdk  # noqa: E402


@pytest.fixture(scope="session")
def started() -> Iterator[Start]:
    """Starts an emulator per set of flags, once."""
    known: dict[tuple[str, ...], Emulator] = {}
    with ExitStack() as stack:

        def start(*flags: str) -> Emulator:
            if flags not in known:
                known[flags] = stack.enter_context(running(*flags))
            return known[flags]

        yield start


@pytest.fixture
def world(started: Start) -> Start:
    """Another emulator than the usual one: `world("--auth", "shape")`, as fresh as after its start."""

    def fresh(*flags: str) -> Emulator:
        other = started(*flags)
        other.reset()
        return other

    return fresh


@pytest.fixture(autouse=True)
def emulator(started: Start) -> Emulator:
    """The usual emulator: identities of the fixtures, strict about credentials, its clock standing at START."""
    sdk.forget()
    usual = started(*STRICT)
    usual.begin()
    return usual


@pytest.fixture
def asm(emulator: Emulator) -> sdk.AsmClient:
    """Ann's client for ASM."""
    return sdk.asm(emulator.url)


@pytest.fixture
def stage(emulator: Emulator) -> sdk.ServiceStageClient:
    """Ann's client for ServiceStage."""
    return sdk.stage(emulator.url)
