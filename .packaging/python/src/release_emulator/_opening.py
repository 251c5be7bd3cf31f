"""Things that asyncio opens and closes."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, Callable, Generic, Optional, Protocol, TypeVar


class _Closing(Protocol):
    async def close(self) -> None: ...


AnyClosing = TypeVar("AnyClosing", bound=_Closing)


class Opening(Generic[AnyClosing]):
    """Something that is being opened: await it, or use it in an `async with` block, which closes it."""

    def __init__(self, opening: Callable[[], Coroutine[Any, Any, AnyClosing]]) -> None:
        self._opening = opening
        self._opened: Optional[AnyClosing] = None

    def __await__(self) -> Generator[Any, Any, AnyClosing]:
        return self._opening().__await__()

    async def __aenter__(self) -> AnyClosing:
        self._opened = await self._opening()
        return self._opened

    async def __aexit__(self, *error: object) -> None:
        if self._opened is not None:
            await self._opened.close()
