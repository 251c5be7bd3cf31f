"""The arguments that are objects, as typed dictionaries with the field names of the control plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, Literal, Optional, TypedDict, Union

Time = Union[datetime, str]
"""An instant: a datetime, or an RFC 3339 text such as `2030-01-01T00:00:00Z`."""

Condition = Any
"""A text (a glob), another value (equal), or one of `{"equals": …}`, `{"matches": …}`, `{"exists": …}`."""

State = Mapping[str, Any]
"""A state in the fixture format."""


PatchOperation = dict[str, Any]
"""An operation of JSON Patch (RFC 6902)."""

Outcome = Literal["succeed", "fail", "hang"]
"""The end of a step of work."""

Drop = Literal["before", "midway"]
"""The moment at which a fault closes a connection: before the first byte of the answer, or within its body."""

ClockMode = Literal["running", "frozen"]
Auth = Literal["shape", "strict"]
Fidelity = Literal["documented", "strict"]
References = Literal["lenient", "checked"]
PipelinesList = Literal["array", "object"]
ZadigGeneration = Literal["v3", "v4"]
Progress = Literal["clock", "reads"]


class Uniform(TypedDict):
    """A length between two bounds, in milliseconds."""

    min: int
    max: int


class LogNormal(TypedDict):
    """A length around a median, in milliseconds."""

    median: int
    sigma: float


Length = Union[int, Uniform, LogNormal]
"""Milliseconds, or their distribution."""


class ScriptMatch(TypedDict, total=False):
    """The steps that a script decides. All given fields must hold; texts are globs, except `family` and `work`."""

    family: str
    scope: str
    name: str
    stage: str
    service: str
    step: str
    work: str


class ScriptedStep(TypedDict, total=False):
    """One outcome of a sequence."""

    outcome: Outcome
    message: str
    takes_ms: Length
    weight: float


class ScriptRule(TypedDict, total=False):
    """The outcome that a script sets, and how often.

    `outcome` is `succeed` (default), `fail` or `hang`; a `sequence` takes the place of `outcome`, `message`, `takes_ms`
    and `times`.
    """

    outcome: Outcome
    message: str
    takes_ms: Length
    times: int
    sequence: Sequence[ScriptedStep]
    priority: int
    probability: float
    seed: int
    enabled: bool


class FaultMatch(TypedDict, total=False):
    """The requests that a fault hits. All given fields must hold."""

    family: str
    operation: str
    action: str
    method: str
    path: str
    scope: str
    caller: str
    query: Mapping[str, Condition]
    headers: Mapping[str, Condition]
    body: Mapping[str, Condition]


class FaultEffect(TypedDict, total=False):
    """The effect of a fault on a request. With `status` the request is not executed."""

    status: int
    code: str
    message: str
    headers: Mapping[str, Any]
    body: Any
    patch: Sequence[PatchOperation]
    delay_ms: Length
    drop: Drop
    garbage: bool
    slow_bytes_per_s: int


class FaultRule(FaultEffect, total=False):
    """The effect of a fault, and the requests of those that match that it hits."""

    times: int
    after: int
    probability: float
    seed: int
    ttl_ms: int
    priority: int
    enabled: bool


class RequestFilter(FaultMatch, total=False):
    """The recorded requests to select. All given fields must hold."""

    status: Union[int, str]
    evidence: str
    since: Time
    unknown_route: bool


# `from` is a keyword, so this one cannot be written as a class.
TransitionMatch = TypedDict(
    "TransitionMatch",
    {
        "family": str,
        "scope": str,
        "resource": str,
        "name": str,
        "stage": str,
        "service": str,
        "step": str,
        "from": str,
        "to": str,
        "level": str,
    },
    total=False,
)
"""The transitions that a webhook is told of. All given fields must hold."""


class ClockTarget(TypedDict):
    """A status to be reached: `{"family": "pipelines", "id": …, "status": "succeeded"}`."""

    family: str
    id: str
    status: Union[int, str]


class WorldOptions(TypedDict, total=False):
    """The options of a new world. Those that are absent are as in the flags of the emulator.

    `fixtures` is a state, `{}` for an empty one. `freeze` is the instant at which the clock is frozen; with None it runs.

    With `from_` it is a copy of the world of that name: as that is, as it was `at` an instant, or right after a `command`
    of its history. Its options are then those of that world; only `name` may be given too.
    """

    name: str
    fixtures: State
    freeze: Optional[Time]
    auth: Auth
    fidelity: Fidelity
    references: References
    step: Union[timedelta, str]
    pace: float
    pipelines_list: PipelinesList
    zadig: ZadigGeneration
    progress: Progress
    journal_bytes: int
    history_bytes: int
    from_: str
    at: Time
    command: int


AnyPath = Union[str, "PathLike[str]"]


class EmulatorOptions(TypedDict, total=False):
    """The options of an emulator process. Those that are not listed here are given in `flags`.

    `fixtures` is a file, the word `documented`, a state, or a list of these. `data` is the directory in which the worlds
    are kept. `binary` is the program to run, `start_timeout_s` the longest time that its start may take, `cwd` the folder
    that it runs in.
    """

    listen: str
    fixtures: Union[AnyPath, State, Sequence[Union[AnyPath, State]]]
    auth: Auth
    fidelity: Fidelity
    references: References
    step: Union[timedelta, str]
    pace: float
    freeze: Time
    pipelines_list: PipelinesList
    zadig: ZadigGeneration
    progress: Progress
    journal_bytes: int
    history_bytes: int
    answer_cache_bytes: int
    data: AnyPath
    sync: bool
    data_reset: bool
    memory: Union[int, str]
    max_state: Union[int, str]
    max_worlds: int
    world_ports: str
    max_connections: int
    keep_alive: Union[timedelta, str]
    public_url: str
    webhooks_anywhere: bool
    allow_host: Union[str, Sequence[str]]
    allow_origin: Union[str, Sequence[str]]
    cors: Union[str, Sequence[str]]
    control_token: str
    log: str
    log_level: str
    flags: Sequence[str]
    binary: AnyPath
    start_timeout_s: float
    cwd: AnyPath


def step_text(step: Union[timedelta, str], option: str = "step") -> str:
    """A length as the flags `--step` and `--keep-alive` take it."""
    if isinstance(step, str):
        return step
    if not isinstance(step, timedelta):
        raise TypeError(f'{option} takes a timedelta or a text such as "1s", not {step!r}')
    return f"{round(step / timedelta(milliseconds=1))}ms"
