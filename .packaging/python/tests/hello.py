"""Says hello to the emulator of this installation, which must be the binary that is named: hello.py BINARY."""

import asyncio
import os
import sys

from release_emulator import AsyncEmulator, Emulator, find_binary

STAGES = [{"name": "deploy", "tasks": [{"name": "roll-out"}]}]
SHOP = {"name": "shop", "model_version": 2, "config_mode": "ui", "stages": STAGES}
PIPELINES = "/v3/p1/pipeline/pipelines"


def blocking() -> None:
    with Emulator() as emulator, emulator.world(freeze="2030-01-01T00:00:00Z") as world:
        shop = world.call("POST", PIPELINES, SHOP).json()
        world.call("POST", f"{PIPELINES}/{shop['id']}/action?action_id=start")
        world.clock.advance(seconds=2)
        assert [pipeline.word for pipeline in world.resources()] == ["succeeded"]
        assert world.requests.verify({"operation": "OperatePipeline"}, exactly=1) == 1


async def awaited() -> None:
    async with AsyncEmulator() as emulator, emulator.world() as world:
        assert (await world.call("GET", PIPELINES)).json() == []


assert os.path.samefile(find_binary(), sys.argv[1]), f"{find_binary()} is not {sys.argv[1]}"
blocking()
asyncio.run(awaited())
