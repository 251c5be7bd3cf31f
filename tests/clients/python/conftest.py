"""Fixtures for all tests: clients that sign, for the world of the test.

The SDK is loaded here first, and so only after the environment is one in which it finds nothing of the user's.
"""

import os
import tempfile

import pytest

from release_emulator import World

# The SDK keeps an application id in the home directory as soon as it is imported, and looks there for
# credentials and regions; its variables would do the same.
_HOME = tempfile.TemporaryDirectory(prefix="huaweicloud-home-")
os.environ["HOME"] = _HOME.name
os.environ["NO_PROXY"] = "127.0.0.1"
for _name in [name for name in os.environ if name.startswith(("HUAWEICLOUD_", "HC_CONTAINER_"))]:
    del os.environ[_name]

import sdk  # noqa: E402


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """Without the projects that the SDK has found in other worlds."""
    sdk.forget()


@pytest.fixture
def asm(world: World) -> sdk.AsmClient:
    """Ann's client for ASM."""
    return sdk.asm(world.url)


@pytest.fixture
def stage(world: World) -> sdk.ServiceStageClient:
    """Ann's client for ServiceStage."""
    return sdk.stage(world.url)
