"""The reading of answers: those of newer emulators, times in every form, and streams of events."""

from datetime import datetime, timedelta, timezone

import pytest

from release_emulator import Advance, ClockState, Event
from release_emulator._events import EventParser
from release_emulator.answers import format_time, parse_time

CLOCK = {"now": "2030-01-01T00:00:00Z", "mode": "frozen", "pace": 1.0}


def test_a_field_that_is_not_known_is_kept_as_it_came() -> None:
    clock = ClockState.from_json({**CLOCK, "zone": "UTC"})

    assert clock == ClockState.from_json(CLOCK)
    assert clock.raw["zone"] == "UTC"


def test_a_field_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="the answer has no transitions, which Advance needs"):
        Advance.from_json({"now": "2030-01-01T00:00:00Z"})


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2030-01-01T00:00:00Z", datetime(2030, 1, 1, tzinfo=timezone.utc)),
        ("2030-01-01T00:00:00.5Z", datetime(2030, 1, 1, microsecond=500_000, tzinfo=timezone.utc)),
        ("2030-01-01T00:00:00.123456789z", datetime(2030, 1, 1, microsecond=123_456, tzinfo=timezone.utc)),
        ("2030-01-01T08:00:00+08:00", datetime(2030, 1, 1, tzinfo=timezone.utc)),
    ],
)
def test_times_are_read_in_every_form(text: str, time: datetime) -> None:
    assert parse_time(text) == time
    assert parse_time(format_time(time)) == time


def test_a_time_without_a_zone_is_utc() -> None:
    assert format_time(datetime(2030, 1, 1)) == "2030-01-01T00:00:00+00:00"
    assert format_time(datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=8)))) == "2030-01-01T00:00:00+08:00"
    assert format_time("2030-01-01T00:00:00Z") == "2030-01-01T00:00:00Z"


def test_events_are_put_together_from_lines() -> None:
    parser = EventParser()
    lines = [": ", "", "id: 7", "event: clock", 'data: {"mode":', 'data:"frozen"}', ": still here", "", "data: 1", ""]

    events = [event for event in map(parser.feed, lines) if event]

    assert events == [Event(7, "clock", {"mode": "frozen"}), Event(None, "message", 1)]
