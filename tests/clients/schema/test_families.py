"""The emulated families."""

import requests
from schemathesis import Case

import worlds

PLAN = "/v3/0605767aee00d2562f3cc0123456789a/cas/release-plans/4cf4d39e-c11a-41b0-82eb-30defc376d52"

emulator, families = worlds.start(lambda operation: not worlds.is_control(operation))


def prepare(label: str) -> None:
    """Brings the plan where it can be aborted or rolled back."""
    if label.endswith(("/abort", "/rollback")):
        headers = {"X-Auth-Token": "token-of-schema"}
        requests.post(f"{emulator.url}{PLAN}/execute", headers=headers, timeout=30).raise_for_status()
    if label.endswith("/rollback"):
        emulator.advance(4_000)


@families.parametrize()
def test_family(case: Case) -> None:
    case.call_and_validate()
    # So that work proceeds while it is told what to do.
    emulator.advance(500)
