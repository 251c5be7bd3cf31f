"""The past of a world: copies of it, the way back, snapshots, and a directory that keeps it."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Callable

import pytest
from conftest import FREEZE, PIPELINES, SHOP, create, start

from release_emulator import (
    AsyncEmulator,
    AsyncWorld,
    Emulator,
    EmulatorError,
    PlaceInHistory,
    Refused,
    Snapshot,
    StartError,
    World,
)

NEW_YEAR = datetime(2030, 1, 1, tzinfo=timezone.utc)


def after(seconds: float) -> datetime:
    return NEW_YEAR + timedelta(seconds=seconds)


def word(world: World) -> str:
    [pipeline] = world.resources()
    return pipeline.word


def released(world: World) -> str:
    """A pipeline that has succeeded after 4 s of a minute. Its creation is command 1, its start command 2."""
    pipeline = create(world)
    start(world, pipeline)
    world.clock.advance(seconds=60)
    return pipeline


def test_a_copy_is_the_world_as_it_was(server: Emulator, opened: World) -> None:
    released(opened)

    with opened.fork(at=after(3)) as earlier, opened.fork(command=1, name="created") as created, opened.fork() as now:
        assert [word(world) for world in (earlier, created, now, opened)] == [
            "releasing",
            "initialised",
            "succeeded",
            "succeeded",
        ]
        assert earlier.clock.show().now == after(3)
        assert created.name == "created"
        assert {"created", earlier.name, now.name} <= {world.name for world in server.worlds()}
        earlier.clock.advance(until="idle")
        assert word(earlier) == "succeeded"
        with pytest.raises(Refused, match="410: the world begins at 2030-01-01T00:00:03Z"):
            earlier.fork(at="2030-01-01T00:00:01Z")
    assert not {"created", earlier.name, now.name} & {world.name for world in server.worlds()}


def test_a_copy_outlives_its_world(server: Emulator) -> None:
    with server.world(freeze=FREEZE, step=timedelta(seconds=1)) as world:
        create(world)
        copy = world.fork()
    with copy, copy.fork() as another:
        start(another, another.resources()[0].id)
        assert another.clock.advance(until="idle").now == after(2)
        assert word(copy) == "initialised"


def test_the_first_world_is_copied_too() -> None:
    with Emulator(freeze=FREEZE) as emulator:
        create(emulator.main)
        with emulator.main.fork() as copy, emulator.world(from_="main", at=NEW_YEAR) as named:
            assert word(copy) == word(named) == "initialised"
            with pytest.raises(Refused, match="auth: goes without from"):
                emulator.world(from_="main", auth="strict")
        assert [world.name for world in emulator.worlds()] == ["main"]


def test_a_rewind_drops_what_came_later(opened: World) -> None:
    pipeline = released(opened)

    rewound = opened.clock.rewind(after(3))
    assert (rewound.now, rewound.truncated) == (after(3), 0)
    assert [command.operation for command in rewound.dropped] == ["SetClock"]
    assert word(opened) == "releasing"

    rewound = opened.clock.rewind(command=1)
    assert (rewound.now, rewound.command) == (NEW_YEAR, 1)
    assert [(command.command, command.operation, command.resource) for command in rewound.dropped][:1] == [
        (2, "OperatePipeline", pipeline)
    ]
    assert word(opened) == "initialised"
    assert opened.clock.show().now == NEW_YEAR
    # The journal does not go back.
    assert opened.requests.verify({"operation": "OperatePipeline"}, exactly=1) == 1


def test_the_state_and_a_resource_are_shown_as_they_were(opened: World) -> None:
    pipeline = released(opened)

    assert opened.timeline("pipelines", pipeline, at=after(3)).word == "releasing"
    assert opened.timeline("pipelines", pipeline, command=1).word == "initialised"
    assert opened.timeline("pipelines", pipeline).word == "succeeded"
    assert opened.state.get(command=1) != opened.state.get(at=after(3)) != opened.state.get()
    assert opened.state.get(at=after(60)) == opened.state.get()
    assert opened.state.get(secrets=False, command=0).get("servicestage", {}).get("projects", []) == []


def test_snapshots_are_added_listed_restored_and_removed(opened: World) -> None:
    pipeline = create(opened)
    before = opened.snapshots.add("before-start")
    assert before == Snapshot("before-start", NEW_YEAR, before.command)
    start(opened, pipeline)
    opened.clock.advance(seconds=3)
    opened.snapshots.add("under-way")
    assert [snapshot.name for snapshot in opened.snapshots.list()] == ["before-start", "under-way"]

    rewound = opened.snapshots.restore("before-start")

    assert (rewound.now, rewound.command) == (NEW_YEAR, before.command)
    assert "OperatePipeline" in [command.operation for command in rewound.dropped]
    assert word(opened) == "initialised"
    assert opened.snapshots.list() == [before]
    with pytest.raises(Refused, match="before-start") as taken:
        opened.snapshots.add("before-start")
    opened.snapshots.remove("before-start")
    assert opened.snapshots.list() == []
    with pytest.raises(Refused) as unknown:
        opened.snapshots.restore("before-start")
    assert (taken.value.status, unknown.value.status) == (409, 404)


def test_the_history_lists_what_has_changed_the_world(opened: World) -> None:
    pipeline = released(opened)
    opened.call("GET", PIPELINES)

    history = opened.history()
    assert history.last == len(history) == history[-1].command
    assert history.earliest == PlaceInHistory(NEW_YEAR, 0)
    changes = [command for command in history if command.family == "pipelines"]
    assert [(command.operation, command.scope, command.at) for command in changes] == [
        ("CreatePipeline", "p1", NEW_YEAR),
        ("OperatePipeline", "p1", NEW_YEAR),
    ]
    assert changes[1].resource == pipeline
    assert changes[1].request == f"POST {PIPELINES}/{pipeline}/action?action_id=start"
    [following] = opened.history(since=changes[0].command, limit=1)
    assert following == changes[1]
    assert opened.history(since=NEW_YEAR).commands == history.commands
    assert opened.history(since=after(61)).commands == []


def test_a_past_that_cannot_be_reached_is_refused(server: Emulator, opened: World) -> None:
    create(opened)

    calls: list[tuple[Callable[[], object], int]] = [
        (lambda: opened.fork(at=after(1)), 409),
        (lambda: opened.clock.rewind(after(1)), 409),
        (lambda: opened.clock.rewind(after(-1)), 410),
        (lambda: opened.fork(at=after(-1)), 410),
        (lambda: opened.timeline("pipelines", "any", at=after(-1)), 410),
        (lambda: opened.state.get(at=after(-1)), 410),
        (lambda: opened.clock.rewind(command=99), 404),
        (lambda: opened.clock.rewind(), 400),
        (lambda: opened.clock.rewind(NEW_YEAR, command=1), 400),
    ]
    for call, status in calls:
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.status == status, refused.value
    with server.world(history_bytes=0) as forgetful:
        assert forgetful.history().earliest is None
        with pytest.raises(Refused, match="409"):
            forgetful.snapshots.add("any")


def test_a_directory_keeps_the_worlds(tmp_path: Path) -> None:
    with Emulator(data="kept", cwd=tmp_path, freeze=FREEZE, sync=True, history_bytes=1 << 20) as emulator:
        start(emulator.main, create(emulator.main))
        create(emulator.world(name="other"))
        emulator.main.clock.advance(seconds=3)
    assert (tmp_path / "kept").is_dir()

    with Emulator(data=tmp_path / "kept") as again:
        assert word(again.main) == "releasing"
        assert again.main.clock.show().now == after(3)
        assert [(world.name, word(world)) for world in again.worlds()][1:] == [("other", "initialised")]
        with pytest.raises(StartError, match="exit code 3"):
            Emulator(data=tmp_path / "kept").start()

    with Emulator(data=tmp_path / "kept", data_reset=True) as anew:
        assert anew.main.resources() == []
        assert [world.name for world in anew.worlds()] == ["main"]


def test_a_reset_of_the_data_needs_a_directory() -> None:
    with pytest.raises(EmulatorError, match="--data"):
        Emulator(data_reset=True).start()


Story = Callable[[AsyncEmulator, AsyncWorld], Awaitable[None]]


def tell(server: Emulator, story: Story) -> None:
    """Runs a story in a world whose pipeline has succeeded after 4 s of a minute."""

    async def told() -> None:
        emulator = await AsyncEmulator.connect(server.url)
        async with emulator.world(freeze=FREEZE) as world:
            pipeline = (await world.call("POST", PIPELINES, SHOP)).json()["id"]
            await world.snapshots.add("created")
            await world.call("POST", f"{PIPELINES}/{pipeline}/action?action_id=start")
            await world.clock.advance(seconds=60)
            await story(emulator, world)

    asyncio.run(told())


async def awaited_word(world: AsyncWorld) -> str:
    [pipeline] = await world.resources()
    return pipeline.word


def test_copies_are_awaited_or_opened_for_a_block(server: Emulator) -> None:
    async def story(emulator: AsyncEmulator, world: AsyncWorld) -> None:
        async with world.fork(at=after(3)) as earlier:
            assert await awaited_word(earlier) == "releasing"
        copy = await world.fork(command=1, name="copied")
        assert (copy.name, await awaited_word(copy)) == ("copied", "initialised")
        await copy.close()
        async with emulator.world(from_=world.name) as named:
            assert await awaited_word(named) == "succeeded"
        left = {left.name for left in await emulator.worlds()}
        assert world.name in left and not {earlier.name, "copied", named.name} & left
        with pytest.raises(Refused, match="409"):
            await world.fork(at=after(61))

    tell(server, story)


def test_the_way_back_is_awaited(server: Emulator) -> None:
    async def story(emulator: AsyncEmulator, world: AsyncWorld) -> None:
        [pipeline] = await world.resources()
        assert (await world.timeline("pipelines", pipeline.id, at=after(3))).word == "releasing"
        assert await world.state.get(at=after(3)) != await world.state.get()
        assert "OperatePipeline" in [command.operation for command in await world.history(since=NEW_YEAR)]
        assert (await world.clock.rewind(after(3))).now == after(3)
        assert await awaited_word(world) == "releasing"
        assert (await world.snapshots.restore("created")).now == NEW_YEAR
        assert await awaited_word(world) == "initialised"
        assert [snapshot.name for snapshot in await world.snapshots.list()] == ["created"]
        await world.snapshots.remove("created")
        with pytest.raises(Refused, match="410"):
            await world.clock.rewind(after(-1))

    tell(server, story)


def test_a_directory_is_kept_by_asyncio(tmp_path: Path) -> None:
    async def story() -> None:
        async with AsyncEmulator(data=tmp_path / "kept", freeze=FREEZE) as emulator:
            assert (await emulator.main.call("POST", PIPELINES, SHOP)).status == 200
        async with AsyncEmulator(data=tmp_path / "kept") as again:
            assert await awaited_word(again.main) == "initialised"

    asyncio.run(story())
