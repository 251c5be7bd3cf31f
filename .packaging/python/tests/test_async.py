"""The asyncio twins: the same operations, awaited, on a transport of their own."""

import asyncio
import http.server
import inspect
import pydoc
import threading
import time
from collections.abc import Awaitable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, Callable

import pytest
from conftest import FREEZE, PIPELINES, SHOP

from release_emulator import AsyncEmulator, AsyncWorld, Emulator, NotVerified, Refused, Unreachable, World
from release_emulator import world as parts

Story = Callable[[AsyncWorld], Awaitable[None]]


def tell(server: Emulator, story: Story) -> None:
    """Runs a story in a world of its own, opened and closed by asyncio."""

    async def told() -> None:
        emulator = await AsyncEmulator.connect(server.url)
        async with emulator.world(freeze=FREEZE) as world:
            await story(world)
            name = world.name
        assert name not in [left.name for left in await emulator.worlds()]

    asyncio.run(told())


def test_a_pipeline_runs(server: Emulator) -> None:
    async def story(world: AsyncWorld) -> None:
        await world.scripts.add({"step": "roll-out"}, outcome="fail", message="no image")
        reply = await world.call("POST", PIPELINES, SHOP)
        await world.call("POST", f"{PIPELINES}/{reply.json()['id']}/action?action_id=start")
        advance = await world.clock.advance(until="idle")
        assert advance.now == datetime(2030, 1, 1, 0, 0, 4, tzinfo=timezone.utc)
        [pipeline] = await world.resources()
        assert pipeline.word == "failed"
        timeline = await world.timeline("pipelines", pipeline.id)
        assert timeline.transitions[-1].to == "3"
        assert await world.requests.verify({"action": "start"}, exactly=1) == 1
        assert [request.status for request in await world.requests.list()] == [200, 200]
        assert (await world.environment())["RELEASE_EMULATOR_URL"] == world.url
        assert "timelines" in dict(await world.report())
        await world.faults.add({"method": "GET"}, status=503)
        assert (await world.call("GET", PIPELINES)).status == 503
        await world.webhooks.add("http://127.0.0.1:9/")
        assert len(await world.webhooks.list()) == 1
        await world.state.put({})
        assert await world.resources() == []

    tell(server, story)


def test_refusals_and_failed_verifications_are_the_same_errors(server: Emulator) -> None:
    async def story(world: AsyncWorld) -> None:
        with pytest.raises(Refused, match="did you mean ListPipelines"):
            await world.faults.add({"operation": "ListPipeline"}, status=503)
        with pytest.raises(NotVerified, match="expected at least 1, found 0"):
            await world.requests.verify({"operation": "ListPipelines"})

    tell(server, story)


def test_events_come_as_they_happen(server: Emulator) -> None:
    async def story(world: AsyncWorld) -> None:
        async with world.events() as events:
            await world.call("POST", PIPELINES, SHOP)
            await world.clock.advance(ms=1)
            names = []
            async for event in events:
                names.append(event.name)
                if event.name == "clock":
                    break
        assert names == ["transition", "request", "clock"]

    tell(server, story)


def test_a_cancelled_wait_ends_at_once(server: Emulator) -> None:
    async def story(world: AsyncWorld) -> None:
        began = time.monotonic()
        waiting = world.requests.verify({"operation": "ListPipelines"}, within=timedelta(seconds=50))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(waiting, 0.1)
        assert time.monotonic() - began < 10

    tell(server, story)


def test_many_worlds_are_open_at_once(server: Emulator) -> None:
    async def story(world: AsyncWorld) -> None:
        emulator = await AsyncEmulator.connect(server.url)
        worlds = await asyncio.gather(*(emulator.world() for _ in range(20)))
        replies = await asyncio.gather(*(each.call("POST", PIPELINES, SHOP) for each in worlds))
        assert [reply.status for reply in replies] == [200] * 20
        await asyncio.gather(*(each.close() for each in worlds))

    tell(server, story)


def test_an_emulator_starts_and_stops() -> None:
    async def story() -> str:
        async with AsyncEmulator(auth="strict") as emulator:
            assert emulator.pid
            assert (await emulator.main.call("GET", PIPELINES)).status == 401
            return emulator.url

    url = asyncio.run(story())
    with pytest.raises(Unreachable):
        World(url).resources()


def test_a_cancelled_start_leaves_no_process() -> None:
    async def story() -> AsyncEmulator:
        emulator = AsyncEmulator()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(emulator.start(), 0)
        return emulator

    emulator = asyncio.run(story())
    assert emulator._process is None or emulator._process.has_ended


def test_nothing_answers(server: Emulator) -> None:
    with pytest.raises(Unreachable, match="no answer from http://127.0.0.1:1"):
        asyncio.run(AsyncEmulator.connect("http://127.0.0.1:1", timeout_s=0))


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers as other servers than ours may: in chunks, by closing, or not in HTTP."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/chunks":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b'3\r\n{"a\r\n5;x=y\r\n": 1}\r\n0\r\n\r\n')
        elif self.path == "/close":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b'{"a": 1}')
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b'{"a"')
        else:
            self.wfile.write(b"\x00\x01\r\n")
        self.close_connection = True

    def log_message(self, *parts: Any) -> None:
        pass


@pytest.fixture
def other() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as answers:
        threading.Thread(target=answers.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{answers.server_address[1]}"
        answers.shutdown()


@pytest.mark.parametrize("path", ["/chunks", "/close"])
def test_every_form_of_a_body_is_read(other: str, path: str) -> None:
    assert asyncio.run(AsyncWorld(other).call("GET", path)).json() == {"a": 1}
    assert World(other).call("GET", path).json() == {"a": 1}


@pytest.mark.parametrize("path", ["/cut", "/noise"])
def test_a_broken_answer_is_no_answer(other: str, path: str) -> None:
    with pytest.raises(Unreachable):
        asyncio.run(AsyncWorld(other).call("GET", path))
    with pytest.raises(Unreachable):
        World(other).call("GET", path)


def public(kind: type) -> list[tuple[str, str]]:
    """The names and the parameters of a class's public methods."""
    return [
        (name, str(inspect.signature(method) if callable(method) else ""))
        for name, method in inspect.getmembers(kind)
        if not name.startswith("_")
    ]


@pytest.mark.parametrize(
    ("blocking", "awaited"),
    [
        (parts.Clock, parts.AsyncClock),
        (parts.Scripts, parts.AsyncScripts),
        (parts.Faults, parts.AsyncFaults),
        (parts.Requests, parts.AsyncRequests),
        (parts.StateDocument, parts.AsyncStateDocument),
        (parts.Snapshots, parts.AsyncSnapshots),
        (parts.Webhooks, parts.AsyncWebhooks),
    ],
)
def test_the_twins_have_the_same_operations(blocking: type, awaited: type) -> None:
    assert public(blocking) == public(awaited) != []


def test_an_operation_shows_its_own_signature(opened: World) -> None:
    assert str(inspect.signature(opened.requests.clear)) == "() -> 'None'"
    assert "Flow[" not in pydoc.render_doc(World)
    assert "Empties the journal" in (inspect.getdoc(opened.requests.clear) or "")
