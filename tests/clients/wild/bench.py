"""The bench around the programs in Python: their end with a message, and the virtual clock."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

import requests

_CLOCK = os.environ["RELEASE_EMULATOR_URL"] + "/_emulator/v1/clock"


def expect(holds: object, message: object) -> None:
    """Ends the program with a message unless the condition holds."""
    if not holds:
        raise SystemExit(str(message))


def expect_status(status: int, answer: requests.Response) -> requests.Response:
    """Ends the program with the answer's body unless the answer has this status."""
    request = answer.request
    expect(answer.status_code == status,
           f"{request.method} {request.path_url}: {answer.status_code} instead of {status}: {answer.text}")
    return answer


def wait(seconds: int) -> None:
    """Lets virtual time pass, where a program against the cloud would sleep."""
    requests.post(_CLOCK + "/advance", json={"ms": seconds * 1000}, timeout=30).raise_for_status()


def now() -> datetime:
    """The virtual time."""
    return datetime.fromisoformat(requests.get(_CLOCK, timeout=30).json()["now"].replace("Z", "+00:00"))


def poll(read: Callable[[], Any], terminal: Any) -> None:
    """Reads a status every two seconds until it is the terminal one."""
    for _ in range(60):
        status = read()
        if status == terminal:
            return
        wait(2)
    raise SystemExit(f"still {status} after two minutes instead of {terminal}")
