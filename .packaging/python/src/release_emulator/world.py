"""A world: one memory with one clock, on a port of its own."""

from __future__ import annotations

from typing import Callable, Optional

from . import _events, inputs
from ._arguments import given
from ._clock import ClockOperations
from ._flow import AsyncHandle, Flow, SyncHandle
from ._journal import RequestOperations
from ._opening import Opening
from ._report import ReportOperations
from ._rules import FaultOperations, ScriptOperations
from ._state import SnapshotOperations, StateOperations, WebhookOperations
from ._worlds import WorldOperations, close_world, open_world
from .errors import Unreachable


class Clock(SyncHandle, ClockOperations):
    __doc__ = ClockOperations.__doc__


class Scripts(SyncHandle, ScriptOperations):
    __doc__ = ScriptOperations.__doc__


class Faults(SyncHandle, FaultOperations):
    __doc__ = FaultOperations.__doc__


class Requests(SyncHandle, RequestOperations):
    __doc__ = RequestOperations.__doc__


class StateDocument(SyncHandle, StateOperations):
    __doc__ = StateOperations.__doc__


class Snapshots(SyncHandle, SnapshotOperations):
    __doc__ = SnapshotOperations.__doc__


class Webhooks(SyncHandle, WebhookOperations):
    __doc__ = WebhookOperations.__doc__


class AsyncClock(AsyncHandle, ClockOperations):
    __doc__ = ClockOperations.__doc__


class AsyncScripts(AsyncHandle, ScriptOperations):
    __doc__ = ScriptOperations.__doc__


class AsyncFaults(AsyncHandle, FaultOperations):
    __doc__ = FaultOperations.__doc__


class AsyncRequests(AsyncHandle, RequestOperations):
    __doc__ = RequestOperations.__doc__


class AsyncStateDocument(AsyncHandle, StateOperations):
    __doc__ = StateOperations.__doc__


class AsyncSnapshots(AsyncHandle, SnapshotOperations):
    __doc__ = SnapshotOperations.__doc__


class AsyncWebhooks(AsyncHandle, WebhookOperations):
    __doc__ = WebhookOperations.__doc__


def _never() -> bool:
    return False


class _Opened:
    """The state that both kinds of worlds share: the address, the name, and the emulator that can close the world."""

    def __init__(
        self,
        url: str,
        name: str = "main",
        host_url: Optional[str] = None,
        has_ended: Optional[Callable[[], bool]] = None,
        control_token: Optional[str] = None,
    ) -> None:
        self._control_token = control_token
        self.url = url
        self.name = name
        self._host_url = host_url
        self._has_ended = has_ended or _never

    def _copy(self, name: Optional[str], at: Optional[inputs.Time], command: Optional[int]) -> Flow[tuple[str, str]]:
        """Opens a copy of the world, and returns its name and URL."""
        return open_world(given(from_=self.name, name=name, at=at, command=command))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.url}>"


class World(_Opened, SyncHandle, WorldOperations, ReportOperations):
    """A world, with blocking operations. In a `with` block it is closed at the end.

    The fixture `world` and `Emulator.world()` open one. Its parts are `clock`, `scripts`, `faults`, `requests`, `state`,
    `snapshots` and `webhooks`, each with operations of its own: see `help(world.clock)`.
    """

    def __init__(
        self,
        url: str,
        name: str = "main",
        host_url: Optional[str] = None,
        has_ended: Optional[Callable[[], bool]] = None,
        control_token: Optional[str] = None,
    ) -> None:
        _Opened.__init__(self, url, name, host_url, has_ended, control_token)
        SyncHandle.__init__(self, url, control_token)
        self.clock = Clock(url, control_token)
        self.scripts = Scripts(url, control_token)
        self.faults = Faults(url, control_token)
        self.requests = Requests(url, control_token)
        self.state = StateDocument(url, control_token)
        self.snapshots = Snapshots(url, control_token)
        self.webhooks = Webhooks(url, control_token)

    def events(
        self,
        *,
        family: Optional[str] = None,
        id: Optional[str] = None,
        after: Optional[int] = None,
        timeout_s: Optional[float] = None,
    ) -> _events.EventStream:
        """The events from now on, or after the event with a number; 0 begins with the oldest that is kept.

        `family` and `id` select requests and transitions. If no event comes within `timeout_s` of real time, the stream
        ends with a `TimeoutError`.
        """
        return _events.EventStream(self._address, _events.subscription(family, id, after), timeout_s)

    def asynchronous(self) -> AsyncWorld:
        """The same world, for asyncio."""
        return AsyncWorld(self.url, self.name, self._host_url, self._has_ended, self._control_token)

    def fork(
        self,
        *,
        at: Optional[inputs.Time] = None,
        command: Optional[int] = None,
        name: Optional[str] = None,
    ) -> World:
        """Opens a copy of the world: as it is, as it was `at` an instant, or right after a `command` of its history.

        The copy has the same resources, ids, scripts, faults, clock and options. From then on each goes its own way. Its
        history begins with it.
        """
        host_url = self._host_url or self.url
        name, url = SyncHandle(host_url, self._control_token)._run(self._copy(name, at, command))
        return World(url, name, host_url, self._has_ended, self._control_token)

    def close(self) -> None:
        """Closes the world, with its port. The first world of an emulator ends with the emulator."""
        if self._host_url is not None:
            try:
                SyncHandle(self._host_url, self._control_token)._run(close_world(self.name))
            except Unreachable:
                # An interrupted test run ends the emulator too, and with it the world.
                if not self._has_ended():
                    raise

    def __enter__(self) -> World:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncWorld(_Opened, AsyncHandle, WorldOperations, ReportOperations):
    """A world, with operations to be awaited. In an `async with` block it is closed at the end.

    The fixture `async_world` and `AsyncEmulator.world()` open one. Its parts are `clock`, `scripts`, `faults`, `requests`,
    `state`, `snapshots` and `webhooks`, each with operations of its own.
    """

    def __init__(
        self,
        url: str,
        name: str = "main",
        host_url: Optional[str] = None,
        has_ended: Optional[Callable[[], bool]] = None,
        control_token: Optional[str] = None,
    ) -> None:
        _Opened.__init__(self, url, name, host_url, has_ended, control_token)
        AsyncHandle.__init__(self, url, control_token)
        self.clock = AsyncClock(url, control_token)
        self.scripts = AsyncScripts(url, control_token)
        self.faults = AsyncFaults(url, control_token)
        self.requests = AsyncRequests(url, control_token)
        self.state = AsyncStateDocument(url, control_token)
        self.snapshots = AsyncSnapshots(url, control_token)
        self.webhooks = AsyncWebhooks(url, control_token)

    def events(
        self,
        *,
        family: Optional[str] = None,
        id: Optional[str] = None,
        after: Optional[int] = None,
    ) -> _events.AsyncEventStream:
        """The events from now on, or after the event with a number; 0 begins with the oldest that is kept.

        `family` and `id` select requests and transitions.
        """
        return _events.AsyncEventStream(self._address, _events.subscription(family, id, after))

    def fork(
        self,
        *,
        at: Optional[inputs.Time] = None,
        command: Optional[int] = None,
        name: Optional[str] = None,
    ) -> Opening[AsyncWorld]:
        """Opens a copy of the world: as it is, as it was `at` an instant, or right after a `command` of its history.

        Await it, or use it in an `async with` block. The copy has the same resources, ids, scripts, faults, clock and
        options. From then on each goes its own way. Its history begins with it.
        """
        host_url = self._host_url or self.url

        async def opening() -> AsyncWorld:
            opened, url = await AsyncHandle(host_url, self._control_token)._run(self._copy(name, at, command))
            return AsyncWorld(url, opened, host_url, self._has_ended, self._control_token)

        return Opening(opening)

    async def close(self) -> None:
        """Closes the world, with its port. The first world of an emulator ends with the emulator."""
        if self._host_url is not None:
            try:
                await AsyncHandle(self._host_url, self._control_token)._run(close_world(self.name))
            except Unreachable:
                if not self._has_ended():
                    raise

    async def __aenter__(self) -> AsyncWorld:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
