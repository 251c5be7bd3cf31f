"""The operations of the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Optional, Union

from . import answers, inputs
from ._arguments import given, milliseconds
from ._flow import LONG_TIMEOUT_S, Flow, Request, operation
from .answers import format_time

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True

LENGTHS = "a timedelta, seconds=, ms= or until="


class ClockOperations:
    """The virtual clock of a world."""

    @operation
    def show(self) -> Flow[answers.ClockState]:
        """The clock: its instant, its mode (`running` or `frozen`) and its pace."""
        return answers.ClockState.from_json((yield Request("GET", "clock")).json())

    @operation
    def set(
        self,
        now: Optional[inputs.Time] = None,
        *,
        mode: Optional[inputs.ClockMode] = None,
        pace: Optional[float] = None,
    ) -> Flow[answers.ClockState]:
        """Sets any of the instant, the mode and the pace. Only a rewind and a reset move time back."""
        setting = given(now=now and format_time(now), mode=mode, pace=pace)
        reply = yield Request("PUT", "clock", setting, timeout_s=LONG_TIMEOUT_S)
        return answers.ClockState.from_json(reply.json())

    @operation
    def freeze(self, at: Optional[inputs.Time] = None) -> Flow[answers.ClockState]:
        """Stops the clock, at an instant if one is given."""
        return (yield from ClockOperations.set(self, at, mode="frozen"))

    @operation
    def run(self, pace: Optional[float] = None) -> Flow[answers.ClockState]:
        """Lets the clock run, at a pace of virtual seconds per real second if one is given."""
        return (yield from ClockOperations.set(self, mode="running", pace=pace))

    @operation
    def advance(
        self,
        duration: Optional[timedelta] = None,
        *,
        ms: Optional[int] = None,
        seconds: Optional[float] = None,
        until: Union[str, inputs.ClockTarget, None] = None,
        within: Optional[timedelta] = None,
        max_transitions: Optional[int] = None,
    ) -> Flow[answers.Advance]:
        """Moves the clock forward, and returns the transitions on the way.

        Give one of a `timedelta`, `ms`, `seconds` and `until`. The target `until` is `"next"` (the next change of any
        resource), `"idle"` (time alone moves no run any more), or a status of a resource. It must be reached `within`
        a virtual duration, by default a day; otherwise the call is refused with the reason, and the clock stays.
        The clock stops at the first instant at which there have been `max_transitions`.
        """
        lengths = [length for length in (duration, ms, seconds, until) if length is not None]
        if len(lengths) != 1:
            raise TypeError(f"advance takes one of {LENGTHS}")
        if duration is not None and not isinstance(duration, timedelta):
            raise TypeError(f"advance takes {LENGTHS}, not {duration!r}")
        if within is not None and until is None:
            raise TypeError("within goes with until")
        if seconds is not None:
            ms = round(seconds * 1000)
        elif duration is not None:
            ms = milliseconds(duration)
        within_ms = within and milliseconds(within)
        wanted = given(ms=ms, until=until, within_ms=within_ms, max_transitions=max_transitions)
        reply = yield Request("POST", "clock/advance", wanted, timeout_s=LONG_TIMEOUT_S)
        return answers.Advance.from_json(reply.json())

    @operation
    def rewind(self, to: Optional[inputs.Time] = None, *, command: Optional[int] = None) -> Flow[answers.Rewind]:
        """Sets the world back to an instant, or to the state right after a command, and returns what it dropped.

        Give `to`, an instant, or `command`, the number of the last command that stays; see `world.history()`. State, ids,
        clock, scripts and faults are as they were then. Journal, events and webhooks do not go back.
        """
        place = given(to=format_time(to) if to is not None else None, command=command)
        reply = yield Request("POST", "clock/rewind", place, timeout_s=LONG_TIMEOUT_S)
        return answers.Rewind.from_json(reply.json())
