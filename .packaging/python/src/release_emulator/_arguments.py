"""Arguments as the control plane takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def segment(text: str) -> str:
    return quote(text, safe="")


def milliseconds(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))
