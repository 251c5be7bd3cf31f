"""The emulators that are tested, each a process of its own with its own part of the operations."""

import atexit
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import schemathesis
from emulator import Emulator, running

HERE = Path(__file__).resolve().parent

# The fixtures every test starts with: a resource of each kind, and a user with every right everywhere. With TLS, so that
# there is an authority to ask for.
FLAGS = ("--fixtures", str(HERE / "fixtures.json"), "--auth", "strict", "--tls")

# Operations tested apart, since they would spoil the rest.
_APART = re.compile(r"/_emulator/v1/(clock|faults|worlds)\b")

_started = ExitStack()
atexit.register(_started.close)


def start(part: Callable[[schemathesis.APIOperation], bool]) -> tuple[Emulator, schemathesis.BaseSchema]:
    """A fresh process, and the part of the document that it serves."""
    emulator = _started.enter_context(running(*FLAGS))
    config = schemathesis.Config.from_path(HERE / "schemathesis.toml")
    document = schemathesis.openapi.from_url(f"{emulator.url}/_emulator/v1/openapi.json", config=config)
    return emulator, document.exclude(lambda context: not part(context.operation))


def is_control(operation: schemathesis.APIOperation) -> bool:
    return operation.path.startswith("/_emulator/")


def is_apart(operation: schemathesis.APIOperation) -> bool:
    return _APART.match(operation.path) is not None
