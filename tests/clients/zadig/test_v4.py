"""A release with a client of Zadig v4: look up, run a workflow, approve it, and deliver what it has deployed."""

from collections.abc import Iterator

import pytest

from client_v4 import ZadigV4, poll
from given import STEP_MS
from release_emulator import World

IMAGE = "registry.example/shop/{}:current"

APPROVER = {"type": "user", "user_id": "patrick", "user_name": "patrick"}

STATE = {"zadig": {"generation": "v4", "projects": [
    {"key": "mall", "update_time": 1},
    {"key": "park", "update_time": 2},
    {"key": "shop", "update_time": 3,
     "environments": [{"name": "dev", "services": [
         {"name": "web", "containers": [{"name": "web", "image": IMAGE.format("web")},
                                        {"name": "proxy", "image": IMAGE.format("proxy")}]},
         {"name": "db", "containers": [{"name": "db", "image": IMAGE.format("db")}]}]}],
     "registries": [
         {"id": "62ce6231e0281143de477e60", "address": "https://registry.example", "namespace": "shop",
          "provider": "harbor", "is_default": True},
         {"id": "62ce6231e0281143de477e61", "address": "https://other.example", "namespace": "ns"}],
     "workflows": [{"workflow_key": "release", "stages": [
         {"name": "test", "jobs": [{"name": "check", "type": "freestyle"}]},
         {"name": "gate", "jobs": [{"name": "sign-off", "type": "approval", "spec": {
             "type": "native", "timeout": 60,
             "native_approval": {"needed_approvers": 1, "approve_users": [APPROVER]}}}]},
         {"name": "deploy", "jobs": [{"name": "roll-out", "type": "freestyle"}]}]}]}]}}

JOBS = [("check", "freestyle", {}), ("sign-off", "approval", {}), ("roll-out", "freestyle", {})]


@pytest.fixture
def v4(world: World) -> Iterator[ZadigV4]:
    """Patrick's client for the project shop of a Zadig v4."""
    world.state.patch(STATE)
    yield ZadigV4(world.url, "zadig-token-of-patrick", "shop")


def advance(world: World) -> None:
    world.clock.advance(ms=STEP_MS // 2)


def test_a_client_finds_what_it_needs(v4: ZadigV4) -> None:
    assert v4.projects() == ["shop", "park", "mall"]
    assert [environment["env_key"] for environment in v4.environments()] == ["dev"]
    services = v4.environment("dev")["services"]
    assert [(service["service_name"], [container["image_name"] for container in service["containers"]])
            for service in services] == [("web", ["web", "proxy"]), ("db", ["db"])]
    assert v4.registry()["registry_id"] == "62ce6231e0281143de477e60"
    assert v4.workflows() == ["release"]


def test_a_release_from_the_workflow_to_the_version(world: World, v4: ZadigV4) -> None:
    world.scripts.add({"family": "zadig", "step": "roll-out"}, outcome="fail", times=1)
    task = v4.run("release", *JOBS)

    while (job := v4.waiting_job("release", task)) is None:
        advance(world)
    assert v4.task("release", task)["status"] == "running"
    assert v4.approve("release", task, job, "ready") == {"message": "success"}
    assert poll(lambda: v4.task("release", task), lambda: advance(world), "passed", "failed")[-1] == "failed"

    assert v4.retry_task("release", task) == {"message": "success"}
    assert poll(lambda: v4.task("release", task), lambda: advance(world), "passed", "failed")[-1] == "passed"

    world.scripts.add({"family": "zadig", "step": "proxy"}, outcome="fail", message="no such image", times=1)
    assert v4.create_version("v1", "dev", v4.registry(), "1.0") == {"message": "success"}
    assert poll(lambda: v4.version("v1"), lambda: advance(world), "success", "failed") == ["creating", "failed"]
    images = [image for service in v4.version("v1")["services"] for image in service["images"]]
    assert [image["status"] for image in images] == ["passed", "failed", ""]

    assert v4.retry_version("v1") == {"message": "success"}
    assert poll(lambda: v4.version("v1"), lambda: advance(world), "success", "failed") == ["retrying", "success"]
    images = [image for service in v4.version("v1")["services"] for image in service["images"]]
    assert [(image["target_image"], image["status"]) for image in images] == [
        (f"registry.example/shop/{name}:1.0", "passed") for name in ["web", "proxy", "db"]]
    assert [version["created_by"] for version in v4.versions()] == ["patrick(OpenAPI)"]


def test_a_task_that_waits_can_be_cancelled(world: World, v4: ZadigV4) -> None:
    task = v4.run("release", *JOBS)
    while v4.waiting_job("release", task) is None:
        advance(world)

    assert v4.cancel_task("release", task) == {"message": "success"}

    assert poll(lambda: v4.task("release", task), lambda: advance(world), "cancelled") == ["cancelled"]
    again = v4.send("DELETE", "/openapi/workflows/custom/task", params={"workflowKey": "release", "taskId": task + 1})
    assert (again.status_code, again.json()["code"]) == (400, 6163)
