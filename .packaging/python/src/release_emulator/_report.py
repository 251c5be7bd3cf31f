"""The report on a world for a failed test: its journal, its timelines and its unused scripts as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Optional

from . import answers
from ._clock import ClockOperations
from ._flow import Flow, Request, operation
from ._journal import RequestOperations
from ._rules import ScriptOperations
from ._worlds import WorldOperations

# What a reader takes in; the rest is counted.
MOST_READ = 200
MOST_REFUSED = 20
MOST_LISTED = 20
MOST_RESOURCES = 10
MOST_TRANSITIONS = 20
LONGEST_TEXT = 300

Section = tuple[str, str]


class ReportOperations:
    """The report of a world."""

    @operation
    def report(self) -> Flow[list[Section]]:
        """The sections of the report, each with a title: refused requests first. Empty ones are left out."""
        journal = yield from RequestOperations.list(self, limit=MOST_READ)
        scripts = yield from ScriptOperations.list(self)
        resources, n_resources = yield from _newest_resources()
        timelines: list[answers.Timeline] = []
        for resource in resources:
            timelines.append((yield from WorldOperations.timeline(self, resource.family, resource.id)))
        words = (yield from _status_words()) if any(timeline.code for timeline in timelines) else {}
        clock = yield from ClockOperations.show(self)
        sections = [
            ("refused requests", refused_requests(journal)),
            ("journal", listed_requests(journal)),
            ("timelines", shown_timelines(timelines, n_resources, words)),
            ("clock", untouched_clock(clock, journal, timelines)),
            ("unused scripts", unused_scripts(scripts)),
        ]
        return [(title, "\n".join(lines)) for title, lines in sections if lines]


def _newest_resources() -> Flow[tuple[list[answers.Resource], int]]:
    """The last resources of the list, and the number of all."""
    offset = 0
    while True:
        query = [("limit", str(MOST_RESOURCES)), ("offset", str(offset))]
        listed = (yield Request("GET", "resources", query=query)).json()
        rest = listed["count"] - offset
        if rest <= MOST_RESOURCES:
            return [answers.Resource.from_json(resource) for resource in listed["resources"]], listed["count"]
        offset += rest - MOST_RESOURCES


def _status_words() -> Flow[dict[str, str]]:
    """The meanings of the statuses that are numbers: those of pipelines, by the OpenAPI document of the emulator."""
    document = (yield Request("GET", "openapi.json")).json()
    statuses = document["components"]["schemas"].get("PipelineStatus", {})
    return dict(zip(map(str, statuses.get("enum", [])), statuses.get("x-enum-descriptions", [])))


def refused_requests(journal: answers.Journal) -> list[str]:
    """The refused requests, each with the reason and the hint."""
    refused = [request for request in journal if request.status >= 400]
    lines = _rest(len(refused) - MOST_REFUSED, "earlier refused requests")
    for request in refused[-MOST_REFUSED:]:
        lines.append(f"{_line(request)}: {_reason(request.response.body)}")
        if request.fault:
            lines.append(f"    injected by the fault {request.fault}")
        if request.hint:
            lines.append(f"    hint: {request.hint}")
    return lines


def listed_requests(journal: answers.Journal) -> list[str]:
    """The newest requests, a line each."""
    lines = _rest(journal.total - MOST_LISTED, "earlier requests")
    for request in journal.requests[-MOST_LISTED:]:
        lines.append(f"{_time(request.time)} {_line(request)} ({request.operation or 'no operation'})")
    return lines


def shown_timelines(
    timelines: list[answers.Timeline], n_resources: int, words: Mapping[str, str]
) -> list[str]:
    """The newest resources with their transitions."""
    lines = _rest(n_resources - len(timelines), "earlier resources")
    for timeline in timelines:
        allowed = ", ".join(timeline.allowed) or "nothing"
        place = f" in {timeline.scope}" if timeline.scope else ""
        named = f"{timeline.family} {timeline.kind} {timeline.name} ({timeline.id}){place}"
        lines.append(f"{named}: {timeline.word}, allows {allowed}")
        # The same numbers may mean something else in another service.
        meanings = words if timeline.code else {}
        earlier = timeline.truncated + len(timeline.transitions) - MOST_TRANSITIONS
        lines.extend(f"    {line}" for line in _rest(earlier, "earlier transitions"))
        newest = timeline.transitions[-MOST_TRANSITIONS:]
        lines.extend(f"    {_transition(change, meanings)}" for change in newest)
        if timeline.next:
            to = _status(timeline.next.to, meanings) if timeline.next.to else "its end"
            lines.append(f"    next: {_time(timeline.next.time)} to {to}")
    return lines


def untouched_clock(
    clock: answers.ClockState, journal: answers.Journal, timelines: list[answers.Timeline]
) -> list[str]:
    """A line on a frozen clock that has not moved since the first request, although something waits for it."""
    seen = [request.time for request in journal]
    seen += [change.time for timeline in timelines for change in timeline.transitions]
    waiting = [timeline.name for timeline in timelines if timeline.next]
    if clock.mode != "frozen" or not waiting or any(time != clock.now for time in seen):
        return []
    return [
        f"the clock is frozen at {_time(clock.now)}, and the test has not moved it; "
        f"{', '.join(waiting)} will change when it moves: world.clock.advance(seconds=…)"
    ]


def unused_scripts(scripts: list[answers.Script]) -> list[str]:
    """The scripts that decided nothing, with the nearest name if there is one."""
    lines = []
    for script in scripts:
        if script.used == 0:
            match = ", ".join(f"{name} {value}" for name, value in script.match.items()) or "any step"
            near = f"; did you mean {script.misfit} {script.nearest}?" if script.nearest else ""
            lines.append(f"{script.id} ({match}) to {script.outcome or 'follow its sequence'}{near}")
    return lines


def _rest(n: int, what: str) -> list[str]:
    return [f"… {n} {what}"] if n > 0 else []


def _time(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _line(request: answers.RecordedRequest) -> str:
    query = f"?{request.query}" if request.query else ""
    return f"{request.method} {request.path}{query} returned {request.status}"


def _transition(change: answers.Transition, words: Mapping[str, str]) -> str:
    step = "/".join(part for part in (change.stage or change.service, change.step) if part)
    before, after = _status(change.from_, words), _status(change.to, words)
    if not change.from_:
        moved = after
    elif not change.to:
        moved = "gone"
    else:
        moved = f"{before} to {after}"
    return f"{_time(change.time)} {step or change.name}: {moved}, cause: {change.cause}"


def _status(status: str, words: Mapping[str, str]) -> str:
    return f"{words[status]} ({status})" if status in words else status


# The keys under which the emulated services put their messages.
MESSAGES = ("error_msg", "errorMsg", "message", "errorMessage", "description")


def _reason(body: Any) -> str:
    text = _message(body)
    if text is None:
        text = str(body) if body not in (None, "") else "no body"
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _message(body: Any) -> Optional[str]:
    if not isinstance(body, dict):
        return None
    named: dict[str, Any] = body["error"] if isinstance(body.get("error"), dict) else body
    return next((named[key] for key in MESSAGES if isinstance(named.get(key), str)), None)
