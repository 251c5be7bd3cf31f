"""The emulated families."""

from typing import Any

import requests
from schemathesis import Case

import worlds

PLAN = "/v3/0605767aee00d2562f3cc0123456789a/cas/release-plans/4cf4d39e-c11a-41b0-82eb-30defc376d52"

emulator, families = worlds.start(lambda operation: not worlds.is_control(operation))


# The release plans of Zadig in the fixtures: one waits for an approval, one has a text to be done, one is planned.
WAITING, TEXTS, PLANNED = (f"64f1a7cd1b7bd46ec353b50{last}" for last in "cdf")

TEXT = {"id": "0b655ad6-5d08-4f1c-8ff6-7eb004c7c7bd", "name": "Text-1", "type": "text", "spec": {"remark": "done"}}

# What leads to the resources of Zadig in the fixtures, by a part of the label; the first that fits counts.
ZADIG: list[tuple[str, dict[str, Any]]] = [
    ("/v1/{id}/approve", {"id": WAITING, "body": {"approve": True}}),
    ("/v1/{id}/status", {"id": PLANNED, "status": "executing"}),
    ("/v1/{id}/execute", {"id": TEXTS, "body": TEXT}),
    ("/v1/{id}/skip", {"id": TEXTS, "body": TEXT}),
    ("/v1/{id}/job", {"id": TEXTS, "jobID": TEXT["id"]}),
    ("/v1/{id}", {"id": TEXTS}),
    ("/registry/{id}", {"id": "62ce6231e0281143de477e60"}),
    ("/environments", {"name": "prod"}),
    ("/yaml", {"name": "web"}),
    ("/handle/error", {"body": {"job_name": "job-0-0-0-check", "workflow_name": "checked", "task_id": 1,
                                "decision": "ignore"}}),
    ("/workflowtask/approve", {"body": {"job_name": "job-0-0-0-ask", "workflow_name": "release", "task_id": 2,
                                        "approve": True}}),
    ("/task/approve", {"body": {"stage_name": "job-0-0-0-ask", "workflow_key": "release", "task_id": 2,
                                "approve": True}}),
    ("POST /openapi/workflows/custom/{name}/task/{taskID}/manual-exec", {"taskID": 1, "body": {"stage_name": "deploy"}}),
    ("/manual-exec", {"taskID": 1}),
    ("/manualexec", {"taskID": 1, "stageName": "deploy"}),
    ("POST /openapi/workflows/custom/{name}/task/{taskID}", {"taskID": 3}),
    ("DELETE /openapi/workflows/custom/task", {"taskId": 2}),
    ("/workflows", {"taskID": 1, "taskId": 1}),
]


def prepare(label: str) -> dict[str, Any]:
    """Names what exists in Zadig, and brings the plan where it can be aborted or rolled back."""
    if label.endswith(("/abort", "/rollback")):
        headers = {"X-Auth-Token": "token-of-schema"}
        requests.post(f"{emulator.url}{PLAN}/execute", headers=headers, timeout=30).raise_for_status()
    if label.endswith("/rollback"):
        emulator.advance(4_000)
    usual = {"name": "release", "projectKey": "shop", "projectName": "shop", "workflowKey": "release"}
    known = next((known for part, known in ZADIG if part in label), None)
    return {} if known is None else usual | known


@families.parametrize()
def test_family(case: Case) -> None:
    case.call_and_validate()
    # So that work proceeds while it is told what to do.
    emulator.advance(500)
