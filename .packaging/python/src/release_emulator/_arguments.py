"""Arguments as the control plane takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Optional
from urllib.parse import quote

from . import inputs
from .answers import format_time

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def past(at: Optional[inputs.Time], command: Optional[int]) -> list[tuple[str, str]]:
    """The query for the world as it was."""
    place = given(at=format_time(at) if at is not None else None, command=command)
    return [(name, str(value)) for name, value in place.items()]


def segment(text: str) -> str:
    return quote(text, safe="")


def milliseconds(duration: timedelta) -> int:
    if not isinstance(duration, timedelta):
        raise TypeError(f"{duration!r} is not a timedelta, such as timedelta(seconds=2)")
    return round(duration / timedelta(milliseconds=1))
