"""The answers of the control plane as dataclasses.

Every answer keeps the JSON it was read from in `raw`, so fields that a newer emulator adds are there too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime, timezone
from typing import (
    Any,
    Callable,
    Optional,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

JsonObject = dict[str, Any]
AnyAnswer = TypeVar("AnyAnswer", bound="Answer")


@dataclass(frozen=True)
class Answer:
    """The base of all answers."""

    raw: Mapping[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    @classmethod
    def from_json(cls: type[AnyAnswer], value: Mapping[str, Any]) -> AnyAnswer:
        """Reads an answer. Unknown fields are left in `raw`; a missing one is an error."""
        known: dict[str, Any] = {}
        for name, key, read, is_required in _readers(cls):
            if key in value:
                known[name] = read(value[key])
            elif is_required:
                raise ValueError(f"the answer has no {key}, which {cls.__name__} needs: {value!r}")
        answer = cls(**known)
        object.__setattr__(answer, "raw", value)
        return answer


@dataclass(frozen=True)
class ClockState(Answer):
    """A world's clock."""

    now: datetime
    mode: str
    pace: float
    behind_ms: int = 0


@dataclass(frozen=True)
class Transition(Answer):
    """A change of a status. `from_` is empty for a creation, `to` for a deletion."""

    id: int
    time: datetime
    family: str
    scope: str
    resource: str
    name: str
    from_: str = field(metadata={"json": "from"})
    to: str
    cause: str
    stage: Optional[str] = None
    service: Optional[str] = None
    step: Optional[str] = None


@dataclass(frozen=True)
class Advance(Answer):
    """The result of moving the clock: the instant reached, and the transitions on the way.

    There are at most 1,000 transitions; `truncated` is the number of the rest. `stopped_before` is the instant that
    was not reached for `max_transitions`.
    """

    now: datetime
    transitions: list[Transition]
    truncated: int = 0
    stopped_before: Optional[datetime] = None


@dataclass(frozen=True)
class HistoryCommand(Answer):
    """A command that has changed a world, with its number. Without a `family` it was one of the control plane."""

    command: int
    at: datetime
    operation: str
    family: Optional[str] = None
    request: Optional[str] = None
    scope: Optional[str] = None
    resource: Optional[str] = None
    caller: Optional[str] = None


@dataclass(frozen=True)
class PlaceInHistory(Answer):
    """An instant of a world, and the number of the last command until then."""

    at: datetime
    command: int


@dataclass(frozen=True)
class History(Answer):
    """Commands that have changed a world, oldest first.

    `last` is the number of the world's last command, 0 if there was none. `earliest` is the earliest place that can be
    reached, None if the world keeps no history.
    """

    commands: list[HistoryCommand]
    last: int
    earliest: Optional[PlaceInHistory]

    def __iter__(self) -> Iterator[HistoryCommand]:
        return iter(self.commands)

    def __len__(self) -> int:
        return len(self.commands)

    def __getitem__(self, index: int) -> HistoryCommand:
        return self.commands[index]


@dataclass(frozen=True)
class Rewind(Answer):
    """The result of going back: the instant, the number of the last command that stays, and the dropped commands.

    At most 1,000 of these are listed; `truncated` is the number of the rest.
    """

    now: datetime
    command: int
    dropped: list[HistoryCommand]
    truncated: int = 0


@dataclass(frozen=True)
class Snapshot(Answer):
    """An instant of a world with a name, and the number of its command."""

    name: str
    at: datetime
    command: int


@dataclass(frozen=True)
class NextTransition(Answer):
    """The next change that time alone brings."""

    time: datetime
    to: str
    stage: Optional[str] = None
    service: Optional[str] = None
    step: Optional[str] = None


@dataclass(frozen=True)
class PlannedStep(Answer):
    """A step of the current run: `began` and `ended` have happened, `begins` and `ends` will if no command comes."""

    step: str
    status: str
    stage: Optional[str] = None
    service: Optional[str] = None
    began: Optional[datetime] = None
    begins: Optional[datetime] = None
    ended: Optional[datetime] = None
    ends: Optional[datetime] = None
    to: Optional[str] = None


@dataclass(frozen=True)
class Resource(Answer):
    """A resource of an emulated service: its status, its next change, and the commands that it allows."""

    family: str
    kind: str
    scope: str
    id: str
    name: str
    status: str
    word: str
    allowed: list[str]
    next: Optional[NextTransition] = None
    code: Optional[int] = None


@dataclass(frozen=True)
class Timeline(Resource):
    """A resource with its transitions, oldest first, and the forecast of its current run."""

    transitions: list[Transition] = field(default_factory=list)
    truncated: int = 0
    forecast: list[PlannedStep] = field(default_factory=list)


@dataclass(frozen=True)
class Script(Answer):
    """An outcome set in advance. `used` is the number of steps that it has decided.

    If nothing that the world knows fits it, `fits` is false, `misfit` names the field, and `nearest` the nearest name.
    """

    id: str
    match: JsonObject
    used: int
    outcome: Optional[str] = None
    message: Optional[str] = None
    takes_ms: Union[int, JsonObject, None] = None
    times: Optional[int] = None
    sequence: Optional[list[JsonObject]] = None
    priority: int = 0
    enabled: bool = True
    probability: Optional[float] = None
    seed: Optional[int] = None
    fits: bool = True
    misfit: Optional[str] = None
    nearest: Optional[str] = None


@dataclass(frozen=True)
class Fault(Answer):
    """A failure injected into requests. `used` is the number of requests that it has hit."""

    id: str
    match: JsonObject
    do: JsonObject
    used: int
    times: Optional[int] = None
    after: Optional[int] = None
    probability: Optional[float] = None
    seed: Optional[int] = None
    priority: int = 0
    enabled: bool = True
    ttl_ms: Optional[int] = None


@dataclass(frozen=True)
class Message(Answer):
    """A recorded request or response: headers by lower-case name, and the body up to its first 16 KiB."""

    headers: dict[str, str]
    body: Any
    bytes: int


@dataclass(frozen=True)
class RecordedRequest(Answer):
    """A request to an emulated service, with its response."""

    id: int
    time: datetime
    real_time: datetime
    method: str
    path: str
    status: int
    duration_us: int
    scripts: list[str]
    request: Message
    response: Message
    family: Optional[str] = None
    operation: Optional[str] = None
    action: Optional[str] = None
    query: Optional[str] = None
    scope: Optional[str] = None
    caller: Optional[str] = None
    nearest: Optional[str] = None
    fault: Optional[str] = None
    evidence: Optional[str] = None

    @property
    def hint(self) -> Optional[str]:
        """The advice that the response gave."""
        return self.response.headers.get("x-emulator-hint")


@dataclass(frozen=True)
class Journal(Answer):
    """Recorded requests, oldest first. `total` counts the matching ones, `dropped` those that the journal has lost."""

    requests: list[RecordedRequest]
    total: int
    dropped: int

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self.requests)

    def __len__(self) -> int:
        return len(self.requests)

    def __getitem__(self, index: int) -> RecordedRequest:
        return self.requests[index]


@dataclass(frozen=True)
class Difference(Answer):
    """A field of a request that differs from the expected one."""

    field: str
    wanted: Any
    got: Any


@dataclass(frozen=True)
class NearMiss(Answer):
    """A request that nearly matches."""

    id: int
    method: str
    path: str
    status: int
    differs: list[Difference]


@dataclass(frozen=True)
class DeliveryAttempt(Answer):
    """An attempt to deliver a transition to a webhook."""

    transition: int
    attempt: int
    real_time: datetime
    duration_us: int
    status: Optional[int] = None
    error: Optional[str] = None


@dataclass(frozen=True)
class Webhook(Answer):
    """An address that is told of transitions. Only a single webhook is shown with its latest `attempts`."""

    id: str
    url: str
    match: JsonObject
    signed: bool
    pending: int
    delivered: int
    failed: int
    missed: int
    attempts: list[DeliveryAttempt] = field(default_factory=list)


@dataclass(frozen=True)
class Event:
    """A server-sent event.

    `name` is its kind: `transition`, `request`, `clock`, `reset`, `script`, `fault`, `world` or `missed`.
    """

    id: Optional[int]
    name: str
    data: Any

    @property
    def transition(self) -> Optional[Transition]:
        """The transition, in an event of that name."""
        return Transition.from_json(self.data) if self.name == "transition" else None


_FRACTION = re.compile(r"\.(\d+)")


def parse_time(text: str) -> datetime:
    """Reads an RFC 3339 time to the microsecond."""
    # Python 3.9 and 3.10 read neither Z nor a fraction of another length than three or six digits.
    utc = text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text
    return datetime.fromisoformat(_FRACTION.sub(lambda digits: f".{digits[1][:6]:0<6}", utc))


def format_time(time: Union[datetime, str]) -> str:
    """Writes an instant as RFC 3339. A datetime without a time zone counts as UTC."""
    if isinstance(time, str):
        return time
    aware = time if time.tzinfo else time.replace(tzinfo=timezone.utc)
    return aware.isoformat()


Reader = Callable[[Any], Any]

_READERS: dict[type, list[tuple[str, str, Reader, bool]]] = {}


def _readers(kind: type[Answer]) -> list[tuple[str, str, Reader, bool]]:
    """The fields of an answer: name, JSON key, reader of the value, and whether it must be there."""
    if kind not in _READERS:
        hints = get_type_hints(kind)
        _READERS[kind] = [
            (
                item.name,
                item.metadata.get("json", item.name),
                _reader(hints[item.name]),
                item.default is MISSING and item.default_factory is MISSING,
            )
            for item in fields(kind)
            if item.init
        ]
    return _READERS[kind]


def _reader(hint: Any) -> Reader:
    if hint is datetime:
        return parse_time
    if is_dataclass(hint) and isinstance(hint, type) and issubclass(hint, Answer):
        return hint.from_json
    arguments = [argument for argument in get_args(hint) if argument is not type(None)]
    if get_origin(hint) is Union and len(arguments) == 1:
        read = _reader(arguments[0])
        return lambda value: None if value is None else read(value)
    if get_origin(hint) is list:
        read = _reader(arguments[0])
        return lambda value: [read(item) for item in value]
    return lambda value: value
