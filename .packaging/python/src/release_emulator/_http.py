"""HTTP/1.1 with the standard library: blocking by `http.client`, and on asyncio streams.

Proxies from the environment are not asked: an emulator is near.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn, Optional, Union
from urllib.parse import urlsplit

from .errors import Unreachable

Exchanged = tuple[int, Mapping[str, str], bytes]

# The control plane, and the header of the token that it may require.
CONTROL = "/_emulator/v1/"
TOKEN_HEADER = "X-Emulator-Token"

# A response's head that is longer is not from an emulator.
LONGEST_LINE = 65_536

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


@dataclass(frozen=True)
class Address:
    """The parts of an emulator's URL."""

    url: str
    is_secure: bool
    host: str
    port: int
    prefix: str
    control_token: Optional[str] = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, control_token: Optional[str] = None) -> Address:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f'"{url}" is not a URL (example: http://127.0.0.1:4600)')
        is_secure = parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        return cls(
            url.rstrip("/"), is_secure, parts.hostname, port, parts.path.rstrip("/"), control_token
        )

    @property
    def netloc(self) -> str:
        """The value of the header `Host`."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def with_token(self, target: str, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a request, with the control token if it is for the control plane."""
        if self.control_token is None or not target.startswith(CONTROL):
            return dict(headers)
        return {TOKEN_HEADER: self.control_token, **headers}

    def connection(self, timeout_s: Optional[float]) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.is_secure else http.client.HTTPConnection
        return kind(self.host, self.port, timeout=timeout_s)


def _fail(address: Address, reason: Union[BaseException, str]) -> NoReturn:
    cause = reason if isinstance(reason, BaseException) else None
    raise Unreachable(f"no answer from {address.url}: {reason or type(reason).__name__}") from cause


def exchange(
    address: Address,
    method: str,
    target: str,
    body: Optional[bytes],
    headers: Mapping[str, str],
    timeout_s: float,
) -> Exchanged:
    """Sends a request on a connection of its own, and reads the whole response."""
    connection = address.connection(timeout_s)
    try:
        connection.request(method, address.prefix + target, body, address.with_token(target, headers))
        response = connection.getresponse()
        return response.status, _lower(response.getheaders()), response.read()
    except (OSError, http.client.HTTPException) as error:
        _fail(address, error)
    finally:
        connection.close()


def _lower(headers: list[tuple[str, str]]) -> dict[str, str]:
    lower: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        lower[key] = f"{lower[key]}, {value}" if key in lower else value
    return lower


class Lines:
    """The lines of a response that goes on until it is closed."""

    def __init__(self, address: Address, target: str, headers: Mapping[str, str]) -> None:
        self._address = address
        self._connection = address.connection(60)
        try:
            self._connection.request("GET", address.prefix + target, headers=address.with_token(target, headers))
            # `getresponse` may take the socket from the connection.
            self._socket: Optional[socket.socket] = self._connection.sock
            self._response = self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            _fail(address, error)
        self.status = self._response.status

    def rest(self) -> bytes:
        """The rest of the response, if it ends."""
        return self._response.read()

    def next(self, deadline: Optional[float]) -> Optional[str]:
        """The next line, or None at the end. `deadline` is one of `time.monotonic`."""
        if self._socket is not None:
            left = None if deadline is None else max(deadline - time.monotonic(), 0.001)
            self._socket.settimeout(left)
        try:
            line = self._response.readline(LONGEST_LINE)
        except socket.timeout:
            # A socket that has timed out within a line cannot be read on.
            self.close()
            raise TimeoutError("no event came in time") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            _fail(self._address, error)
        return line.decode("utf-8").rstrip("\r\n") if line else None

    def close(self) -> None:
        self._response.close()
        self._connection.close()


@contextmanager
def _named(address: Address) -> Iterator[None]:
    """Gives every failure of a connection the name of the emulator."""
    try:
        yield
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        _fail(address, error)


class AsyncResponse:
    """A response on an asyncio stream, whose head has been read."""

    def __init__(
        self,
        address: Address,
        status: int,
        headers: Mapping[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.status = status
        self.headers = headers
        self._address = address
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(
        cls,
        address: Address,
        method: str,
        target: str,
        body: Optional[bytes],
        headers: Mapping[str, str],
    ) -> AsyncResponse:
        """Sends a request on a connection of its own, and reads the head of the response."""
        context = ssl.create_default_context() if address.is_secure else None
        with _named(address):
            reader, writer = await asyncio.open_connection(
                address.host, address.port, ssl=context, limit=LONGEST_LINE
            )
        try:
            with _named(address):
                writer.write(_head(address, method, target, body, headers) + (body or b""))
                await writer.drain()
                status, fields = await _read_head(reader)
                while status < 200:
                    status, fields = await _read_head(reader)
        except BaseException:
            writer.close()
            raise
        return cls(address, status, fields, reader, writer)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The pieces of the body as they come."""
        with _named(self._address):
            if "chunked" in self.headers.get("transfer-encoding", ""):
                while True:
                    size = int((await self._reader.readline()).split(b";")[0], 16)
                    if size == 0:
                        return
                    yield (await self._reader.readexactly(size + 2))[:-2]
            elif "content-length" in self.headers:
                yield await self._reader.readexactly(int(self.headers["content-length"]))
            elif self.status not in (204, 304):
                while True:
                    piece = await self._reader.read(LONGEST_LINE)
                    if not piece:
                        return
                    yield piece

    async def lines(self) -> AsyncIterator[str]:
        """The lines of the body as they come."""
        rest = b""
        async for piece in self.chunks():
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.decode("utf-8").rstrip("\r")

    async def read(self) -> bytes:
        """The whole body."""
        return b"".join([piece async for piece in self.chunks()])

    def close(self) -> None:
        self._writer.close()


def _head(
    address: Address, method: str, target: str, body: Optional[bytes], headers: Mapping[str, str]
) -> bytes:
    fields = {"Host": address.netloc, "Connection": "close", **address.with_token(target, headers)}
    if body is not None or method in ("POST", "PUT", "PATCH"):
        fields["Content-Length"] = str(len(body or b""))
    lines = [f"{method} {address.prefix}{target} HTTP/1.1"]
    lines.extend(f"{name}: {value}" for name, value in fields.items())
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header with a line break cannot be sent")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, Mapping[str, str]]:
    line = (await reader.readline()).decode("latin-1")
    parts = line.split(None, 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1."):
        raise ValueError(f"not an HTTP response: {line[:80]!r}" if line else "the connection was closed")
    fields: list[tuple[str, str]] = []
    while True:
        line = (await reader.readline()).decode("latin-1").rstrip("\r\n")
        if not line:
            return int(parts[1]), _lower(fields)
        name, _, value = line.partition(":")
        fields.append((name, value.strip()))


async def exchange_async(
    address: Address,
    method: str,
    target: str,
    body: Optional[bytes],
    headers: Mapping[str, str],
    timeout_s: float,
) -> Exchanged:
    """Sends a request on a connection of its own, and reads the whole response."""

    async def whole() -> Exchanged:
        response = await AsyncResponse.open(address, method, target, body, headers)
        try:
            return response.status, response.headers, await response.read()
        finally:
            response.close()

    try:
        return await asyncio.wait_for(whole(), timeout_s)
    except asyncio.TimeoutError:
        _fail(address, f"nothing came within {timeout_s:.0f} s")


