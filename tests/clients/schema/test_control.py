"""The control plane, but for what is tested apart."""

from schemathesis import APIOperation, Case

import worlds


def is_rest(operation: APIOperation) -> bool:
    # The answer of Listen does not end; tests/it/events.rs reads it with a real client.
    is_stream = operation.definition.raw["operationId"] == "Listen"
    return worlds.is_control(operation) and not worlds.is_apart(operation) and not is_stream


emulator, control = worlds.start(is_rest)


def prepare(label: str) -> dict[str, str]:
    """Makes the script, the webhook or the snapshot that is looked at or taken back."""
    if "/scripts/{id}" in label:
        return {"id": emulator.control("POST", "scripts", {}).json()["id"]}
    if "/snapshots/{name}" in label:
        for snapshot in emulator.control("GET", "snapshots").json()["snapshots"]:
            emulator.control("DELETE", f"snapshots/{snapshot['name']}")
        return {"name": emulator.control("POST", "snapshots", {"name": "before"}).json()["name"]}
    if "/webhooks/{id}" in label:
        return {"id": emulator.control("POST", "webhooks", {"url": "http://127.0.0.1:9/"}).json()["id"]}
    return {}


@control.parametrize()
def test_control(case: Case) -> None:
    case.call_and_validate()
