"""Tests against an emulator of four release APIs: Huawei ASM, ServiceStage release plans and pipelines, Zadig.

    with Emulator() as emulator, emulator.world(freeze="2030-01-01T00:00:00Z") as world:
        world.scripts.add({"step": "roll-out"}, outcome="fail", message="image not found")
        ...  # the program under test talks to world.url
        world.clock.advance(seconds=4)
        world.requests.verify({"operation": "OperatePipeline"}, exactly=1)

`AsyncEmulator` and `AsyncWorld` are the same for asyncio. With pytest, the fixtures `emulator` and `world` are there
once the package is installed.
"""

from ._binary import BinaryNotFound, find_binary
from ._events import AsyncEventStream, EventStream
from ._flow import Reply
from .answers import (
    Advance,
    Answer,
    ClockState,
    DeliveryAttempt,
    Difference,
    Event,
    Fault,
    History,
    HistoryCommand,
    Journal,
    Message,
    NearMiss,
    NextTransition,
    PlaceInHistory,
    PlannedStep,
    RecordedRequest,
    Resource,
    Rewind,
    Script,
    Snapshot,
    Timeline,
    Transition,
    Webhook,
)
from .emulator import AsyncEmulator, Emulator
from .errors import EmulatorError, NotVerified, Refused, StartError, Unreachable
from .inputs import (
    ClockTarget,
    EmulatorOptions,
    FaultMatch,
    FaultRule,
    LogNormal,
    RequestFilter,
    ScriptedStep,
    ScriptMatch,
    ScriptRule,
    TransitionMatch,
    Uniform,
    WorldOptions,
)
from .world import AsyncWorld, World

__all__ = [
    "Advance",
    "Answer",
    "AsyncEmulator",
    "AsyncEventStream",
    "AsyncWorld",
    "BinaryNotFound",
    "ClockState",
    "ClockTarget",
    "DeliveryAttempt",
    "Difference",
    "Emulator",
    "EmulatorError",
    "EmulatorOptions",
    "Event",
    "EventStream",
    "Fault",
    "FaultMatch",
    "FaultRule",
    "History",
    "HistoryCommand",
    "Journal",
    "LogNormal",
    "Message",
    "NearMiss",
    "NextTransition",
    "NotVerified",
    "PlaceInHistory",
    "PlannedStep",
    "RecordedRequest",
    "Refused",
    "Reply",
    "RequestFilter",
    "Resource",
    "Rewind",
    "Script",
    "ScriptMatch",
    "ScriptRule",
    "ScriptedStep",
    "Snapshot",
    "StartError",
    "Timeline",
    "Transition",
    "TransitionMatch",
    "Uniform",
    "Unreachable",
    "Webhook",
    "World",
    "WorldOptions",
    "find_binary",
]
