"""Operations described once, and run by a blocking and by an asyncio transport.

An operation is a generator: it yields a `Request`, is sent the `Reply`, and returns its result. It knows nothing of
sockets or event loops, so `World` and `AsyncWorld` share it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Generic,
    NoReturn,
    Optional,
    TypeVar,
    overload,
)
from urllib.parse import urlencode

from . import _http
from .answers import format_time
from .errors import Refused

CONTROL = _http.CONTROL

# Moving the clock over years of schedules takes minutes; everything else is quick.
USUAL_TIMEOUT_S = 60.0
LONG_TIMEOUT_S = 900.0

# A failed assertion shows a reply; its status and its first words are enough.
LONGEST_SHOWN = 300


class _NoBody:
    def __repr__(self) -> str:
        return "NO_BODY"


NO_BODY: Any = _NoBody()

T = TypeVar("T")

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


@dataclass(frozen=True)
class Reply:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """The body as a text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON, or None if it is empty."""
        return json.loads(self.body) if self.body else None

    def __repr__(self) -> str:
        text = self.text()
        return f"<Reply {self.status} {text[:LONGEST_SHOWN]}{'…' if len(text) > LONGEST_SHOWN else ''}>"


@dataclass(frozen=True)
class Request:
    """A request below an emulator's address, in the control plane unless its path begins with a slash."""

    method: str
    path: str
    body: Any = NO_BODY
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    accepts: Callable[[int], bool] = lambda status: status < 400
    timeout_s: float = USUAL_TIMEOUT_S

    @property
    def target(self) -> str:
        """The path with the query."""
        path = self.path if self.path.startswith("/") else CONTROL + self.path
        return f"{path}?{urlencode(self.query)}" if self.query else path

    def encoded(self) -> tuple[Optional[bytes], Mapping[str, str]]:
        """The body as it is sent, and all headers."""
        if self.body is NO_BODY:
            return None, self.headers
        if isinstance(self.body, bytes):
            return self.body, self.headers
        body = json.dumps(self.body, default=_jsonable).encode()
        return body, {"Content-Type": "application/json", **self.headers}


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    raise TypeError(f"{value!r} cannot be written as JSON")


Flow = Generator[Request, Reply, T]


def _refuse(request: Request, reply: Reply) -> NoReturn:
    try:
        problem = reply.json()
        detail = str(problem["detail"])
    except (ValueError, TypeError, KeyError):
        detail = reply.text()
    raise Refused(
        f"{request.method} {request.target}", reply.status, detail, reply.headers.get("x-emulator-hint")
    )


def checked(request: Request, exchanged: tuple[int, Mapping[str, str], bytes]) -> Reply:
    reply = Reply(*exchanged)
    if not request.accepts(reply.status):
        _refuse(request, reply)
    return reply


def _resume(flow: Flow[T], outcome: Callable[[], Reply]) -> Request:
    """Hands a reply to a flow, or the error in its place, and returns the next request."""
    try:
        reply = outcome()
    except Refused as refused:
        return flow.throw(refused)
    return flow.send(reply)


class SyncHandle:
    """A part of an emulator, whose operations block."""

    def __init__(self, url: str, control_token: Optional[str] = None) -> None:
        self._address = _http.Address.parse(url, control_token)

    def _run(self, flow: Flow[T]) -> T:
        try:
            request = next(flow)
            while True:
                body, headers = request.encoded()
                exchanged = _http.exchange(
                    self._address, request.method, request.target, body, headers, request.timeout_s
                )
                request = _resume(flow, functools.partial(checked, request, exchanged))
        except StopIteration as end:
            result: T = end.value
            return result


class AsyncHandle:
    """A part of an emulator, whose operations are awaited."""

    def __init__(self, url: str, control_token: Optional[str] = None) -> None:
        self._address = _http.Address.parse(url, control_token)

    async def _run(self, flow: Flow[T]) -> T:
        try:
            request = next(flow)
            while True:
                body, headers = request.encoded()
                exchanged = await _http.exchange_async(
                    self._address, request.method, request.target, body, headers, request.timeout_s
                )
                request = _resume(flow, functools.partial(checked, request, exchanged))
        except StopIteration as end:
            result: T = end.value
            return result


if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

    class operation(Generic[P, T]):
        """Makes a flow a method: blocking on a `SyncHandle`, awaitable on an `AsyncHandle`."""

        def __init__(self, flow: Callable[Concatenate[Any, P], Flow[T]]) -> None: ...

        @overload
        def __get__(self, handle: None, owner: type) -> Callable[Concatenate[Any, P], Flow[T]]: ...
        @overload
        def __get__(self, handle: SyncHandle, owner: type) -> Callable[P, T]: ...
        @overload
        def __get__(self, handle: AsyncHandle, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
        def __get__(self, handle: Any, owner: type) -> Any: ...

else:
    # Python 3.9 has no ParamSpec, so the types above exist for type checkers only.
    class operation:
        def __init__(self, flow):
            # `help` shows the result of a call, and nothing of the way to it.
            result = re.fullmatch(r"Flow\[(.*)\]", flow.__annotations__["return"])
            flow.__annotations__["return"] = result[1]
            self._flow = flow
            functools.update_wrapper(self, flow)

        def __get__(self, handle, owner=None):
            if handle is None:
                return self._flow
            flow = self._flow.__get__(handle, owner)

            @functools.wraps(flow)
            def run(*args, **kwargs):
                return handle._run(flow(*args, **kwargs))

            return run
