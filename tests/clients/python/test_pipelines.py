"""ServiceStage pipelines: their operations as raw calls that the SDK signs, and the states they lead to."""

from typing import Any

import pytest
from huaweicloudsdkservicestage.v3 import ServiceStageClient

import sdk
from given import START_MS, STEP_MS
from release_emulator import World
from sdk import call, refused, starting

PIPELINES = "/v3/{project_id}/pipeline/pipelines"
PIPELINE = "/v3/{project_id}/pipeline/pipelines/{pipeline}"
ACTION = "/v3/{project_id}/pipeline/pipelines/{pipeline}/action"
RECORDS = "/v3/{project_id}/pipeline/pipelines/{pipeline}/records"
HOOKS = "/v3/{project_id}/pipeline/pipelines/{pipeline}/hooks"
PARSE = "/v3/{project_id}/pipeline/pipelines/parse-template-package"

NOT_FOUND = (404, "SVCSTG.00100433", "application release not found")
INVALID = (400, "SVCSTG.00100400")

# The documented numbers of a status.
INITIAL, SUCCEEDED, FAILED, RUNNING, WAITING, PAUSED, SKIPPED = 1, 2, 3, 4, 5, 7, 9
ROLLING_BACK, ROLLED_BACK, STOPPING, RESTARTING = 10, 11, 13, 14

BUILD = {"name": "build", "tasks": [{"name": "compile"}]}
DEPLOY = {"name": "deploy", "tasks": [{"name": "roll-out"}]}
APPROVED = {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}

EVERY_HOUR = {"schedule": "0 0 * * * ? *", "timezone_operator": "+", "timezone_hour": 8}


def pipeline(*stages: dict[str, Any], name: str = "shop", **more: Any) -> dict[str, Any]:
    return {"name": name, "model_version": 2, "config_mode": "ui", "stages": list(stages or (BUILD, DEPLOY)), **more}


def create(stage: ServiceStageClient, *stages: dict[str, Any], **more: Any) -> str:
    return call(stage, "POST", PIPELINES, pipeline(*stages, **more)).json["id"]


def act(stage: ServiceStageClient, uid: str, action: str, body: Any = None) -> int:
    """Operates a pipeline. Answers the status right after it."""
    answer = call(stage, "POST", ACTION, body, query=[("action_id", action)], pipeline=uid).json
    assert answer["pipeline_id"] == uid
    return answer["status"]


def status(stage: ServiceStageClient, uid: str) -> int:
    return call(stage, "GET", PIPELINE, pipeline=uid).json["status"]


def tasks(stage: ServiceStageClient) -> dict[str, int]:
    """The status of each task in the latest run of the one pipeline there is."""
    state = call(stage, "GET", PIPELINES).json[0]["extend_info"]["latest_pipeline_state"]
    return {task["name"]: task["status"] for part in state["stage_states"] for task in part["task_states"]}


def test_a_created_pipeline_is_answered_whole(stage: ServiceStageClient) -> None:
    created = call(stage, "POST", PIPELINES, pipeline(description="the shop"))

    assert created.status_code == 200
    assert created.json == {
        "id": created.json["id"], "name": "shop", "description": "the shop", "model_version": 2, "config_mode": "ui",
        "fail_mode": "stop", "enterprise_project_id": "0",
        "pipeline_declaration": {"sources": [], "stages": [BUILD, DEPLOY]},
        "status": INITIAL, "version": 1, "creator": "ann",
        "create_time": START_MS, "update_time": START_MS, "last_trigger_at": 0,
    }
    assert call(stage, "GET", PIPELINE, pipeline=created.json["id"]).json == created.json


def test_the_list_is_a_bare_array_as_in_the_example(stage: ServiceStageClient) -> None:
    assert call(stage, "GET", PIPELINES).json == []
    uid = create(stage)

    assert call(stage, "GET", PIPELINES).json == [{
        "id": uid, "name": "shop", "description": "", "create_time": START_MS, "update_time": START_MS, "version": 1,
        "config_mode": "ui", "creator": "ann", "model_version": 2, "status": INITIAL, "last_trigger_at": 0,
        "enterprise_project_id": "0", "enterprise_project": None, "extend_info": None}]


@pytest.mark.world(pipelines_list="object")
def test_the_list_is_an_object_for_clients_of_the_table(stage: ServiceStageClient) -> None:
    uid = create(stage)

    listed = call(stage, "GET", PIPELINES).json

    assert [item["id"] for item in listed["pipelines"]] == [uid]


def test_an_edited_pipeline_is_of_the_next_version(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    world.clock.advance(ms=5)

    edited = call(stage, "PUT", PIPELINE, pipeline(DEPLOY, name="shop-two"), pipeline=uid)

    seen = call(stage, "GET", PIPELINE, pipeline=uid).json
    assert (edited.status_code, edited.json) == (200, seen)
    assert (seen["name"], seen["version"], seen["update_time"]) == ("shop-two", 2, START_MS + 5)
    assert seen["pipeline_declaration"]["stages"] == [DEPLOY]


def test_a_started_pipeline_succeeds_task_by_task(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)

    started = call(stage, "POST", ACTION, query=[("action_id", "start")], pipeline=uid)
    assert (started.status_code, started.json) == (200, {"id": 286541, "pipeline_id": uid, "status": RUNNING})
    assert tasks(stage) == {"compile": RUNNING, "roll-out": INITIAL}

    world.clock.advance(ms=STEP_MS)
    assert tasks(stage) == {"compile": SUCCEEDED, "roll-out": RUNNING}
    world.clock.advance(ms=STEP_MS)
    assert tasks(stage) == {"compile": SUCCEEDED, "roll-out": SUCCEEDED}
    assert status(stage, uid) == SUCCEEDED


def test_a_stopped_pipeline_pauses_and_continues(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    act(stage, uid, "start")
    world.clock.advance(ms=STEP_MS // 2)

    assert act(stage, uid, "stop") == STOPPING
    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == PAUSED

    assert act(stage, uid, "continue") == RUNNING
    world.clock.advance(ms=STEP_MS // 2)
    assert tasks(stage) == {"compile": SUCCEEDED, "roll-out": RUNNING}
    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == SUCCEEDED


def test_a_failed_pipeline_is_retried_from_the_task_that_failed(world: World, stage: ServiceStageClient) -> None:
    world.scripts.add({"family": "pipelines", "step": "roll-out"}, outcome="fail", times=1)
    uid = create(stage)
    act(stage, uid, "start")
    world.clock.advance(ms=2 * STEP_MS)
    assert status(stage, uid) == FAILED
    assert tasks(stage) == {"compile": SUCCEEDED, "roll-out": FAILED}

    assert act(stage, uid, "retry") == RESTARTING
    world.clock.advance(ms=STEP_MS)
    assert tasks(stage) == {"compile": SUCCEEDED, "roll-out": RUNNING}
    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == SUCCEEDED
    assert call(stage, "GET", RECORDS, pipeline=uid).json["count"] == 1


@pytest.mark.parametrize(("answer", "now", "ends"), [("agree", RUNNING, SUCCEEDED), ("refuse", FAILED, FAILED)])
def test_a_gate_waits_for_an_answer(
        world: World, stage: ServiceStageClient, answer: str, now: int, ends: int) -> None:
    uid = create(stage, BUILD, APPROVED)
    act(stage, uid, "start")
    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == WAITING

    body = {"task_name": "deploy", "approval_type": answer, "message": "as agreed"}
    assert act(stage, uid, "approval", body) == now
    world.clock.advance(ms=STEP_MS)

    assert status(stage, uid) == ends


def test_a_released_pipeline_is_rolled_back(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    act(stage, uid, "start")
    world.clock.advance(ms=2 * STEP_MS)

    assert act(stage, uid, "rollback") == ROLLING_BACK
    world.clock.advance(ms=STEP_MS)
    assert status(stage, uid) == ROLLED_BACK


def test_tasks_that_were_not_selected_are_skipped(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)

    act(stage, uid, "start", {"selected_tasks": [{"stage_name": "deploy", "tasks": ["roll-out"]}]})
    world.clock.advance(ms=STEP_MS)

    assert status(stage, uid) == SUCCEEDED
    assert tasks(stage) == {"compile": SKIPPED, "roll-out": SUCCEEDED}


def test_records_tell_who_started_what_and_how_it_ended(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    act(stage, uid, "start")
    world.clock.advance(ms=2 * STEP_MS)
    act(stage, uid, "start")

    records = call(stage, "GET", RECORDS, pipeline=uid).json

    first = {"id": 286541, "pipeline_id": uid, "version": 1, "trigger": "ann", "trigger_type": 0,
             "trigger_at": START_MS, "status": SUCCEEDED, "end_at": START_MS + 2 * STEP_MS}
    second = first | {"id": 286542, "trigger_at": START_MS + 2 * STEP_MS, "status": RUNNING, "end_at": 0}
    assert records == {"count": 2, "records": [second, first]}


def test_a_trigger_policy_is_made_shown_and_changed(stage: ServiceStageClient) -> None:
    uid = create(stage)
    assert call(stage, "GET", HOOKS, pipeline=uid).json == {"strategy_type": 0, "hooks": []}

    hourly = {"strategy_type": 1, "hooks": [EVERY_HOUR]}
    assert call(stage, "POST", HOOKS, hourly, pipeline=uid).json == hourly
    assert call(stage, "GET", HOOKS, pipeline=uid).json == hourly

    by_hand = {"strategy_type": 0, "hooks": []}
    assert call(stage, "PUT", HOOKS, by_hand, pipeline=uid).json == by_hand
    assert call(stage, "GET", HOOKS, pipeline=uid).json == by_hand


def test_a_scheduled_pipeline_starts_when_its_time_comes(world: World, stage: ServiceStageClient) -> None:
    uid = create(stage)
    call(stage, "POST", HOOKS, {"strategy_type": 1, "hooks": [EVERY_HOUR]}, pipeline=uid)

    world.clock.advance(ms=2 * 3_600_000)

    records = call(stage, "GET", RECORDS, pipeline=uid).json["records"]
    assert [(record["trigger_type"], record["trigger_at"], record["status"]) for record in records] == [
        (1, START_MS + 2 * 3_600_000, RUNNING), (1, START_MS + 3_600_000, SUCCEEDED)]


def test_an_unknown_pipeline_is_not_found_by_any_operation(stage: ServiceStageClient) -> None:
    unknown = "4105b37a-947e-4aca-90d8-cec7c04c6f38"

    for method, path, body in [("GET", PIPELINE, None), ("PUT", PIPELINE, pipeline()), ("GET", RECORDS, None),
                               ("GET", HOOKS, None), ("POST", HOOKS, {"strategy_type": 0}),
                               ("PUT", HOOKS, {"strategy_type": 0})]:
        with refused(*NOT_FOUND):
            call(stage, method, path, body, pipeline=unknown)
    with refused(*NOT_FOUND):
        act(stage, unknown, "start")


@pytest.mark.parametrize(("body", "where"), [
    (pipeline(model_version=1), "model_version"),
    (pipeline(stages=[]), "stages"),
    (pipeline(BUILD, BUILD), "stages[1].name"),
])
def test_a_wrong_pipeline_is_refused_with_the_place(stage: ServiceStageClient, body: Any, where: str) -> None:
    with refused(*INVALID, starting(f"parameter invalid: {where}: ")):
        call(stage, "POST", PIPELINES, body)


def test_an_action_must_be_known_and_fit_the_status(stage: ServiceStageClient) -> None:
    uid = create(stage)

    for action in ["stop", "continue", "retry", "rollback", "skip"]:
        with refused(*INVALID, starting("parameter invalid: action_id: ")):
            act(stage, uid, action)
    assert status(stage, uid) == INITIAL


def test_a_template_package_is_not_parsed(stage: ServiceStageClient) -> None:
    source = {"template_source": {"storage": "http", "url": "http://127.0.0.1/package.zip"}}

    with refused(501, "APIGW.0101", "The API is not available in this environment"):
        call(stage, "POST", PARSE, {"sources": [source]})
