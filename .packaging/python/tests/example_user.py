"""A user's typed code, which `mypy --strict` accepts, and which holds the types of the answers."""

from datetime import datetime, timedelta
from typing import Optional

from release_emulator import (
    AsyncEmulator,
    AsyncWorld,
    Emulator,
    HistoryCommand,
    Journal,
    NotVerified,
    RequestFilter,
    Resource,
    Rewind,
    ScriptMatch,
    Snapshot,
    Transition,
    World,
    WorldOptions,
)


def a_story(world: World) -> Optional[datetime]:
    roll_out: ScriptMatch = {"family": "pipelines", "step": "roll-out"}
    world.scripts.add(roll_out, outcome="fail", takes_ms={"median": 500, "sigma": 0.4})
    world.faults.add({"operation": "ListPipelines", "query": {"limit": "5"}}, status=503, delay_ms=20)
    transitions: list[Transition] = world.clock.advance(timedelta(minutes=1)).transitions
    resources: list[Resource] = world.resources(family="pipelines")
    started: RequestFilter = {"operation": "OperatePipeline", "action": "start"}
    try:
        matched: int = world.requests.verify(started, exactly=len(transitions))
    except NotVerified as error:
        matched = error.matched
    journal: Journal = world.requests.list({"status": "4*"}, limit=matched)
    hints: list[Optional[str]] = [request.hint for request in journal]
    with world.events(family="pipelines", timeout_s=1) as events:
        for event in events:
            return event.transition.time if event.transition else None
    following = world.timeline("pipelines", resources[0].id).next
    return following.time if following and hints else None


def the_way_back(world: World) -> list[HistoryCommand]:
    snapshot: Snapshot = world.snapshots.add("before")
    with world.fork(at=snapshot.at, name="earlier") as earlier:
        resources: list[Resource] = earlier.resources()
    commands: list[HistoryCommand] = world.history(since=snapshot.command, limit=len(resources)).commands
    rewound: Rewind = world.clock.rewind(snapshot.at - timedelta(seconds=1))
    return rewound.dropped or commands


async def the_same(world: AsyncWorld) -> list[Resource]:
    advanced = await world.clock.advance(until="idle", within=timedelta(days=3))
    transitions: list[Transition] = advanced.transitions
    matched: int = await world.requests.verify({"family": "plans"}, at_least=len(transitions))
    async for event in world.events():
        if event.id == matched:
            break
    async with world.fork(command=matched) as earlier:
        rewound: Rewind = await earlier.snapshots.restore("before")
    copy: AsyncWorld = await world.fork(at=rewound.now)
    return await copy.resources()


def emulators() -> None:
    options: WorldOptions = {"auth": "strict", "freeze": None}
    with Emulator(auth="shape", step=timedelta(seconds=1), data="kept", sync=True) as emulator, emulator.world(**options) as world:
        a_story(world)


async def awaited() -> None:
    async with AsyncEmulator(fixtures="documented") as emulator:
        async with emulator.world(name="one") as world:
            await the_same(world)
        other: AsyncWorld = await emulator.world()
        await other.close()
