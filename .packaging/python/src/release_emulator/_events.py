"""The stream of a world's events, blocking and on asyncio."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Optional

from . import _http
from ._flow import CONTROL, Request, checked
from .answers import Event


class EventParser:
    """Puts the lines of a stream of server-sent events together."""

    def __init__(self) -> None:
        self._fields: dict[str, list[str]] = {}

    def feed(self, line: str) -> Optional[Event]:
        """Takes a line, and returns the event that it ends, if it does."""
        if line:
            name, _, value = line.partition(":")
            # A line without a name is a comment, which keeps the connection open.
            if name:
                self._fields.setdefault(name, []).append(value[1:] if value.startswith(" ") else value)
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        number = fields.get("id", [""])[-1]
        data = json.loads("\n".join(fields["data"]))
        return Event(int(number) if number else None, fields.get("event", ["message"])[-1], data)


def subscription(
    family: Optional[str], id: Optional[str], after: Optional[int]
) -> Request:
    """The request for a stream of events."""
    query: list[tuple[str, str]] = []
    if family is not None:
        query.append(("family", family))
    if id is not None:
        query.append(("id", id))
    headers = {"Accept": "text/event-stream"}
    if after is not None:
        headers["Last-Event-ID"] = str(after)
    return Request("GET", f"{CONTROL}events", query=query, headers=headers)


class EventStream:
    """The events of a world as they happen. Close it, or use it in a `with` block."""

    def __init__(self, address: _http.Address, request: Request, timeout_s: Optional[float]) -> None:
        self._timeout_s = timeout_s
        self._parser = EventParser()
        self._lines = _http.Lines(address, request.target, request.headers)
        if self._lines.status != 200:
            try:
                checked(request, (self._lines.status, {}, self._lines.rest()))
            finally:
                self.close()

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        deadline = None if self._timeout_s is None else time.monotonic() + self._timeout_s
        while True:
            line = self._lines.next(deadline)
            if line is None:
                raise StopIteration
            event = self._parser.feed(line)
            if event is not None:
                return event

    def close(self) -> None:
        """Ends the stream."""
        self._lines.close()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncEventStream:
    """The events of a world as they happen, from the moment that the `async with` block is entered."""

    def __init__(self, address: _http.Address, request: Request) -> None:
        self._address = address
        self._request = request
        self._response: Optional[_http.AsyncResponse] = None
        self._lines: Optional[AsyncIterator[str]] = None
        self._parser = EventParser()

    async def _open(self) -> AsyncIterator[str]:
        if self._lines is None:
            self._response = await _http.AsyncResponse.open(
                self._address, "GET", self._request.target, None, self._request.headers
            )
            if self._response.status != 200:
                try:
                    body = await self._response.read()
                    checked(self._request, (self._response.status, self._response.headers, body))
                finally:
                    self.close()
            self._lines = self._response.lines()
        return self._lines

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        async for line in await self._open():
            event = self._parser.feed(line)
            if event is not None:
                return event
        raise StopAsyncIteration

    def close(self) -> None:
        """Ends the stream."""
        if self._response is not None:
            self._response.close()

    async def __aenter__(self) -> AsyncEventStream:
        await self._open()
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()


