"""ServiceStage release plans: all nine operations as raw calls that the SDK signs, and where each leads."""

import re
from typing import Any

import pytest
from huaweicloudsdkservicestage.v3 import ServiceStageClient

from given import START_MS, STEP_MS
from release_emulator import World
from sdk import call, refused, starting

PLANS = "/v3/{project_id}/cas/release-plans"
PLAN = "/v3/{project_id}/cas/release-plans/{plan}"
DEPLOY_INFO = "/v3/{project_id}/cas/release-plans/{plan}/deploy-info"
EXECUTE = "/v3/{project_id}/cas/release-plans/{plan}/execute"
ABORT = "/v3/{project_id}/cas/release-plans/{plan}/abort"
ROLLBACK = "/v3/{project_id}/cas/release-plans/{plan}/rollback"

NOT_FOUND = (404, "SVCSTG.00100433", "application release not found")
INVALID = (400, "SVCSTG.00100400")


def component(name: str, seq: int, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "name": name, "runtime_stack": {"name": "java"}, **more}


def plan(name: str = "spring", **more: Any) -> dict[str, Any]:
    """A plan of two components in two batches."""
    return {"name": name, "components": [component("web", 0), component("db", 1)], **more}


def create(stage: ServiceStageClient, **parts: Any) -> str:
    return call(stage, "POST", PLANS, plan(**parts)).json["id"]


def command(stage: ServiceStageClient, path: str, uid: str) -> None:
    """Executes, aborts or rolls back, which is answered without a body."""
    answer = call(stage, "POST", path, plan=uid)
    assert (answer.status_code, answer.json) == (200, None)


def status(stage: ServiceStageClient, uid: str) -> str:
    return call(stage, "GET", PLAN, plan=uid).json["status"]


def jobs(stage: ServiceStageClient, uid: str) -> dict[str, tuple[str, str]]:
    """The status and the job's status of each component."""
    info = call(stage, "GET", DEPLOY_INFO, plan=uid).json
    return {part["name"]: (part["status"], part["job_status"]) for part in info["components"]}


def test_a_created_plan_is_answered_whole(stage: ServiceStageClient) -> None:
    created = call(stage, "POST", PLANS, plan(desc="for spring"))

    web, db = created.json["components"]
    assert created.status_code == 200
    assert created.json == {
        "id": created.json["id"], "name": "spring", "desc": "for spring", "action": "create", "swimlane_id": "",
        "fail_strategy": "stop", "status": "CREATED", "creator": "ann",
        "create_time": START_MS, "modify_time": 0, "execute_time": 0,
        "components": [component("web", 0, component_id=web["component_id"]),
                       component("db", 1, component_id=db["component_id"])],
    }
    assert call(stage, "GET", PLAN, plan=created.json["id"]).json == created.json


def test_the_list_has_the_documented_keys_alone(stage: ServiceStageClient) -> None:
    uid = create(stage)

    assert call(stage, "GET", PLANS).json == {"count": 1, "release_plans": [{
        "name": "spring", "id": uid, "action": "create", "create_time": START_MS, "status": "CREATED",
        "creator": "ann", "execute_time": 0}]}


def test_the_list_is_read_in_pages(world: World, stage: ServiceStageClient) -> None:
    for name in ["plan-one", "plan-two", "plan-three"]:
        create(stage, name=name)
        world.clock.advance(ms=1)

    def page(*query: tuple[str, Any]) -> tuple[int, list[str]]:
        listed = call(stage, "GET", PLANS, query=list(query)).json
        return listed["count"], [item["name"] for item in listed["release_plans"]]

    assert page() == (3, ["plan-three", "plan-two", "plan-one"])
    assert page(("limit", 2), ("offset", 0)) == (3, ["plan-three", "plan-two"])
    assert page(("limit", 2), ("offset", 2)) == (3, ["plan-one"])
    assert page(("order_by", "name"), ("order", "asc")) == (3, ["plan-one", "plan-three", "plan-two"])


def test_an_edited_plan_is_as_it_was_edited(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    components = call(stage, "GET", PLAN, plan=uid).json["components"]
    world.clock.advance(ms=5)

    edited = call(stage, "PUT", PLAN, {"name": "summer", "components": components[:1], "fail_strategy": "continue"},
                  plan=uid)

    assert edited.status_code == 200
    seen = call(stage, "GET", PLAN, plan=uid).json
    assert (seen["name"], seen["fail_strategy"], seen["components"]) == ("summer", "continue", components[:1])
    assert (seen["create_time"], seen["modify_time"]) == (START_MS, START_MS + 5)


def test_an_executed_plan_succeeds_batch_by_batch(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)

    command(stage, EXECUTE, uid)
    assert status(stage, uid) == "RUNNING"
    assert jobs(stage, uid) == {"web": ("RUNNING", "RUNNING"), "db": ("CREATED", "CREATED")}

    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == "RUNNING"
    assert jobs(stage, uid) == {"web": ("SUCCESS", "SUCCEEDED"), "db": ("RUNNING", "RUNNING")}

    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == "SUCCESS"
    assert jobs(stage, uid) == {"web": ("SUCCESS", "SUCCEEDED"), "db": ("SUCCESS", "SUCCEEDED")}


def test_the_deployment_tells_when_each_component_was_deployed(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    command(stage, EXECUTE, uid)
    world.clock.advance(ms=2 * STEP_MS)

    info = call(stage, "GET", DEPLOY_INFO, plan=uid).json

    assert info["id"] == uid
    assert [(part["seq"], part["start_time"], part["end_time"]) for part in info["components"]] == [
        ("0", START_MS, START_MS + STEP_MS), ("1", START_MS + STEP_MS, START_MS + 2 * STEP_MS)]
    assert all(part["job_id"].startswith("JOB") for part in info["components"])


def test_an_aborted_plan_leaves_later_batches_untouched(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    command(stage, EXECUTE, uid)

    command(stage, ABORT, uid)
    assert status(stage, uid) == "ABORTING"

    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == "ABORTED"
    assert jobs(stage, uid) == {"web": ("ABORTED", "FAILED"), "db": ("CREATED", "CREATED")}


def test_a_released_plan_is_rolled_back(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    command(stage, EXECUTE, uid)
    world.clock.advance(ms=2 * STEP_MS)

    command(stage, ROLLBACK, uid)
    assert status(stage, uid) == "ROLLING_BACK"

    world.clock.advance(ms=2 * STEP_MS)
    assert status(stage, uid) == "ROLLBACK_SUCCEED"


def test_a_deleted_plan_is_gone(stage: ServiceStageClient) -> None:
    uid = create(stage)

    deleted = call(stage, "DELETE", PLAN, plan=uid)

    assert (deleted.status_code, deleted.json) == (200, None)
    assert call(stage, "GET", PLANS).json == {"count": 0, "release_plans": []}
    with refused(*NOT_FOUND):
        call(stage, "GET", PLAN, plan=uid)


@pytest.mark.parametrize(("fail_strategy", "ends", "db"), [("stop", "FAILED", "CREATED"),
                                                           ("continue", "PARTIALLY_FAILED", "SUCCESS")])
def test_what_a_failure_means_is_up_to_the_fail_strategy(
        world: World, stage: ServiceStageClient, fail_strategy: str, ends: str, db: str) -> None:
    world.scripts.add({"family": "plans", "step": "web"}, outcome="fail", message="no image", times=1)
    uid = create(stage, fail_strategy=fail_strategy)

    command(stage, EXECUTE, uid)
    world.clock.advance(ms=2 * STEP_MS)

    info = call(stage, "GET", DEPLOY_INFO, plan=uid).json["components"]
    assert status(stage, uid) == ends
    assert [(part["status"], part["fail_message"]) for part in info] == [("FAILED", "no image"), (db, "")]


def test_a_failed_plan_is_executed_again(world: World, stage: ServiceStageClient) -> None:
    world.scripts.add({"family": "plans", "step": "web"}, outcome="fail", times=1)
    uid = create(stage)
    command(stage, EXECUTE, uid)
    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == "FAILED"

    command(stage, EXECUTE, uid)
    world.clock.advance(ms=2 * STEP_MS)

    assert status(stage, uid) == "SUCCESS"


def test_an_unknown_plan_is_not_found_by_any_operation(stage: ServiceStageClient) -> None:
    body = plan(components=[component("web", 0, component_id="component-1")])

    for method, path in [("GET", PLAN), ("PUT", PLAN), ("DELETE", PLAN), ("GET", DEPLOY_INFO), ("POST", EXECUTE),
                         ("POST", ABORT), ("POST", ROLLBACK)]:
        with refused(*NOT_FOUND):
            call(stage, method, path, body if method == "PUT" else None, plan="4cf4d39e-c11a-41b0-82eb-30defc376d52")


@pytest.mark.parametrize(("body", "where"), [
    (plan(components=[]), "components"),
    (plan(fail_strategy="maybe"), "fail_strategy"),
    (plan(action="upgrade"), "components[0].component_id"),
])
def test_a_wrong_plan_is_refused_with_the_place(stage: ServiceStageClient, body: Any, where: str) -> None:
    with refused(*INVALID, starting(f"parameter invalid: {where}: ")):
        call(stage, "POST", PLANS, body)


def test_a_name_is_given_once_in_a_project(stage: ServiceStageClient) -> None:
    create(stage)

    with refused(*INVALID, starting('parameter invalid: name: "spring" is already used')):
        create(stage)


def test_a_plan_under_way_takes_no_other_command_than_abort(stage: ServiceStageClient) -> None:
    uid = create(stage)
    command(stage, EXECUTE, uid)

    for method, path in [("POST", EXECUTE), ("POST", ROLLBACK), ("DELETE", PLAN)]:
        with refused(*INVALID, re.compile(r"parameter invalid: \w+ is not allowed in status RUNNING, only in .*")):
            call(stage, method, path, plan=uid)
    assert status(stage, uid) == "RUNNING"
