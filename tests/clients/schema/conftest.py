"""What all tests share: what is sent beside what is made up, what is let pass, and a count of what was tried."""

import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis import Case, GenerationMode, HookContext, Response
from schemathesis.core import NotSet
from schemathesis.core.failures import AcceptedNegativeData, Failure

# Fewest calls of an operation, unless it takes nothing that could vary.
ENOUGH = 50

# The ends of the paths that only say that they are not emulated.
NOT_EMULATED = ("/parse-template-package", "/id-token/tokens", "/agencies/assume", "/caller-identity")

# How often each was, which take nothing, and which did what they were asked at least once.
tried: Counter[str] = Counter()
bare: set[str] = set()
done: set[str] = set()

# Operations that the generation of Zadig in this world does not have.
OTHER_GENERATION = ("PATCH /openapi/release_plan/v1/{id}", "POST /api/aslan/release_plan/v1/{id}/retry")

BINDING = "DELETE /openapi/workflows/custom/task"

# Parameters of path and query that lead to what was made for the operation at hand, and under `body` a body for it.
prepared: dict[str, Any] = {}


@schemathesis.hook
def map_case(context: HookContext, case: Case) -> Case:
    """Makes data that fits a little more like what clients send."""
    # Nobody waits long for what does not come.
    if isinstance(case.body, dict) and case.body.get("within_ms") in range(10, 60_001):
        case.body["within_ms"] = 10
    if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
        case.body = with_integers(case.body)
        # Half of it goes to what exists, which the document shows as the example of a parameter: ids that are
        # made up never do.
        data = repr((case.path_parameters, case.query, sorted(case.headers.items()), case.body))
        if zlib.crc32(data.encode()) % 2:
            for parameter in case.operation.path_parameters:
                if "example" in parameter.definition:
                    case.path_parameters[parameter.name] = parameter.definition["example"]
            for parameters in (case.path_parameters, case.query):
                parameters.update({name: prepared[name] for name in parameters.keys() & prepared.keys()})
            # An id in the body must be that of the path.
            if "body" in prepared:
                case.body = prepared["body"]
            elif isinstance(case.body, dict) and {"id"} <= case.body.keys() & case.path_parameters.keys():
                case.body["id"] = case.path_parameters["id"]
            if "X-Subject-Token" in case.headers:
                case.headers["X-Subject-Token"] = "token-in-question"
    return case


def with_integers(value: Any) -> Any:
    """Writes 1.0 as 1. To a schema both are integers, to the emulator, as to the services, they are not."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [with_integers(item) for item in value]
        case dict():
            return {key: with_integers(item) for key, item in value.items()}
    return value


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Keeps what is a failure."""
    # If a body may be absent, data without one fits, though it was made to be refused.
    optional = any(not body.is_required for body in case.operation.body)
    is_empty = isinstance(case.body, NotSet) or (isinstance(case.body, bytes) and case.body.isspace())
    if isinstance(failure, AcceptedNegativeData) and (is_empty or case.body is None) and optional:
        return False
    if isinstance(failure, AcceptedNegativeData) and any(map(is_tolerated, case.query.items())):
        return False
    # The binder of this operation answers a number that it cannot read without a body, and others with one.
    if not response.content and response.status_code == 400 and case.operation.label == BINDING:
        return False
    # Zadig crashes with a 500 without a body; no document can say that a body may be absent.
    hint = "".join(response.headers.get("x-emulator-hint", []))
    return response.content or response.status_code != 500 or not hint.startswith("the real service crashes")


def is_tolerated(parameter: tuple[str, Any]) -> bool:
    """Tells whether a parameter is one that the services read more liberally than a form should offer it: an empty one
    counts as absent, and words in capitals as words."""
    name, value = parameter
    return is_blank(value) or name in ("action", "enabled", "is_domain")


def is_blank(value: Any) -> bool:
    """Tells whether nothing of a value is left in a query."""
    # Of an object the client sends the names alone.
    if isinstance(value, list | dict):
        return all(map(is_blank, value))
    return value in ("", None)


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    label = case.operation.label
    tried[label] += 1
    if response.status_code < 400:
        done.add(label)
    if not (case.operation.body or list(case.operation.iter_parameters())):
        bare.add(label)


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest) -> Iterator[None]:
    """Puts the module's emulator back before each operation, and sees to it that enough was tried."""
    emulator, label = request.module.emulator, request.node.operation_label
    emulator.begin()
    prepared.clear()
    if prepare := getattr(request.module, "prepare", None):
        prepared.update(prepare(label) or {})
    yield
    assert label in bare or tried[label] >= ENOUGH, f"{label} was called {tried[label]} times"
    assert label in done or label.endswith(NOT_EMULATED) or label in OTHER_GENERATION, f"{label} was always refused"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(
        f"{len(tried)} operations, {tried.total()} requests; {len(bare)} operations take nothing that could vary"
    )
