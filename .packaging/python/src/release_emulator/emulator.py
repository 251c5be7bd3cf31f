"""An emulator: a process of its own, or one that runs already, with its worlds."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional

from ._flow import AsyncHandle, SyncHandle
from ._opening import Opening
from ._process import Process
from ._worlds import is_ready, list_worlds, open_world
from .errors import EmulatorError, Unreachable
from .world import AsyncWorld, World

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .inputs import EmulatorOptions, WorldOptions

USUAL_URL = "http://127.0.0.1:4600"
VARIABLE = "RELEASE_EMULATOR_URL"
TOKEN_VARIABLE = "RELEASE_EMULATOR_CONTROL_TOKEN"

# The pause between two attempts to reach an emulator that is about to start.
PAUSE_S = 0.05


class _Server:
    """The state that both kinds of emulators share: the options, the process, the address."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._process: Optional[Process] = None
        self._url: Optional[str] = None
        self._control_token: Optional[str] = options.get("control_token")

    @property
    def url(self) -> str:
        """The address, which is that of the first world."""
        if self._url is None:
            raise EmulatorError("the emulator has not been started; call start(), or use a with block")
        return self._url

    @property
    def pid(self) -> Optional[int]:
        """The id of the process, or None for an emulator that ran already."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> list[str]:
        """The newest lines of the process's log."""
        return list(self._process.log) if self._process else []

    def _host_url(self, name: str) -> Optional[str]:
        """The address that closes a world of this name, or None for the first, which stays."""
        return None if name == "main" else self.url

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.has_ended

    def _launch(self) -> Process:
        if self._url is not None or self._process is not None:
            raise EmulatorError("the emulator has been started already")
        self._process = Process(self._options)
        return self._process

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url or 'not started'}>"


def _connect_url(url: Optional[str]) -> str:
    return (url or os.environ.get(VARIABLE) or USUAL_URL).rstrip("/")


def _connect_token(control_token: Optional[str]) -> Optional[str]:
    return control_token or os.environ.get(TOKEN_VARIABLE) or None


class Emulator(_Server):
    """An emulator, with blocking operations.

    `with Emulator(auth="strict") as emulator:` runs one on a free port for as long as the block lasts. The options are
    the flags of the program; see `EmulatorOptions`.
    """

    def __init__(self, **options: Unpack[EmulatorOptions]) -> None:
        super().__init__(options)

    @classmethod
    def connect(
        cls, url: Optional[str] = None, *, timeout_s: float = 10, control_token: Optional[str] = None
    ) -> Emulator:
        """An emulator that runs already: at `url`, else at `RELEASE_EMULATOR_URL`, else on port 4600.

        Its control token, if it has one, is `control_token`, else that of `RELEASE_EMULATOR_CONTROL_TOKEN`. Waits until it
        is ready. `stop()` leaves it running.
        """
        emulator = cls()
        emulator._control_token = _connect_token(control_token)
        emulator._url = _connect_url(url)
        deadline = time.monotonic() + timeout_s
        while not emulator._is_ready(deadline):
            time.sleep(PAUSE_S)
        return emulator

    def _is_ready(self, deadline: float) -> bool:
        try:
            return SyncHandle(self.url, self._control_token)._run(is_ready())
        except Unreachable:
            if time.monotonic() > deadline:
                raise
            return False

    def start(self) -> Emulator:
        """Starts the process, and waits until it serves."""
        self._url = self._launch().wait_until_ready()
        return self

    def stop(self) -> None:
        """Ends the process, if it was started here, with all worlds."""
        if self._process is not None:
            self._process.stop()

    @property
    def main(self) -> World:
        """The first world, which ends with the emulator."""
        return World(self.url, control_token=self._control_token)

    def world(self, **options: Unpack[WorldOptions]) -> World:
        """Opens a world with its own state, clock and port. See `WorldOptions`."""
        name, url = SyncHandle(self.url, self._control_token)._run(open_world(options))
        return World(url, name, self.url, self._has_ended, self._control_token)

    def worlds(self) -> list[World]:
        """All worlds. The first is `main`."""
        listed = SyncHandle(self.url, self._control_token)._run(list_worlds())
        return [
            World(url, name, self._host_url(name), self._has_ended, self._control_token) for name, url in listed
        ]

    def __enter__(self) -> Emulator:
        return self if self._url is not None else self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


class AsyncEmulator(_Server):
    """An emulator, with operations to be awaited.

    `async with AsyncEmulator(auth="strict") as emulator:` runs one on a free port for as long as the block lasts.
    """

    def __init__(self, **options: Unpack[EmulatorOptions]) -> None:
        super().__init__(options)

    @classmethod
    async def connect(
        cls, url: Optional[str] = None, *, timeout_s: float = 10, control_token: Optional[str] = None
    ) -> AsyncEmulator:
        """An emulator that runs already: at `url`, else at `RELEASE_EMULATOR_URL`, else on port 4600.

        Its control token, if it has one, is `control_token`, else that of `RELEASE_EMULATOR_CONTROL_TOKEN`. Waits until it
        is ready. `stop()` leaves it running.
        """
        emulator = cls()
        emulator._control_token = _connect_token(control_token)
        emulator._url = _connect_url(url)
        deadline = time.monotonic() + timeout_s
        while not await emulator._is_ready(deadline):
            await asyncio.sleep(PAUSE_S)
        return emulator

    async def _is_ready(self, deadline: float) -> bool:
        try:
            return await AsyncHandle(self.url, self._control_token)._run(is_ready())
        except Unreachable:
            if time.monotonic() > deadline:
                raise
            return False

    async def start(self) -> AsyncEmulator:
        """Starts the process, and waits until it serves."""
        process = self._launch()
        try:
            self._url = await asyncio.to_thread(process.wait_until_ready)
        except asyncio.CancelledError:
            # Its end releases the thread that waits for the ready line.
            process.kill()
            raise
        return self

    async def stop(self) -> None:
        """Ends the process, if it was started here, with all worlds."""
        if self._process is not None:
            await asyncio.to_thread(self._process.stop)

    @property
    def main(self) -> AsyncWorld:
        """The first world, which ends with the emulator."""
        return AsyncWorld(self.url, control_token=self._control_token)

    def world(self, **options: Unpack[WorldOptions]) -> Opening[AsyncWorld]:
        """Opens a world with its own state, clock and port: await it, or use it in an `async with` block."""

        async def opening() -> AsyncWorld:
            name, url = await AsyncHandle(self.url, self._control_token)._run(open_world(options))
            return AsyncWorld(url, name, self.url, self._has_ended, self._control_token)

        return Opening(opening)

    async def worlds(self) -> list[AsyncWorld]:
        """All worlds. The first is `main`."""
        listed = await AsyncHandle(self.url, self._control_token)._run(list_worlds())
        return [
            AsyncWorld(url, name, self._host_url(name), self._has_ended, self._control_token)
            for name, url in listed
        ]

    async def __aenter__(self) -> AsyncEmulator:
        return self if self._url is not None else await self.start()

    async def __aexit__(self, *error: object) -> None:
        await self.stop()
