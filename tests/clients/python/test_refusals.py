"""Refusals: what the SDK makes of those that come from the gateway, from IAM's rules and from the services."""

from typing import Any

import pytest
from huaweicloudsdkasm.v1 import AsmClient, CreateMeshRequest, ListMeshesRequest, Mesh
from huaweicloudsdkservicestage.v3 import ServiceStageClient, ShowApplicationsRequest

import sdk
from release_emulator import World
from sdk import Key, Tap, call, refused, starting, unverified

MESHES = "/v1/{project_id}/meshes"
RELEASES = "/v2/meshes/{mesh}/releases"
PLANS = "/v3/{project_id}/cas/release-plans"
PIPELINES = "/v3/{project_id}/pipeline/pipelines"
PIPELINE = "/v3/{project_id}/pipeline/pipelines/{pipeline}"
PROJECTS = "/v3/projects"

NO_SUCH_API = "The API does not exist or has not been published in the environment"
NOT_AUTHORIZED = "The IAM user is not authorized to access the API: "
FORBIDDEN = (403, "ASM.01000002", "Forbidden.")

PLAN = {"name": "spring", "components": [{"seq": 0, "name": "web", "runtime_stack": {"name": "java"}}]}


@pytest.mark.parametrize("key", [sdk.WRONG_SK, sdk.UNKNOWN_AK], ids=["wrong sk", "unknown ak"])
@pytest.mark.parametrize("path", [PLANS, PIPELINES, PROJECTS], ids=["plans", "pipelines", "iam"])
def test_the_gateway_refuses_a_bad_signature(world: World, path: str, key: Key) -> None:
    why = {sdk.WRONG_SK: "verify aksk signature fail",
           sdk.UNKNOWN_AK: "Get secretKey failed,ak:EMULATORACCESSKEY999,err:ak not exist"}[key]

    with refused(401, "APIGW.0301", unverified("Incorrect IAM authentication information: " + why)):
        call(sdk.stage(world.url, key), "GET", path)


@pytest.mark.parametrize(("key", "why"), [
    (sdk.WRONG_SK, "verify aksk signature fail"),
    (sdk.UNKNOWN_AK, "Get secretKey failed,ak:EMULATORACCESSKEY999,err:ak not exist"),
], ids=["wrong sk", "unknown ak"])
def test_asm_refuses_a_bad_signature_in_its_own_words(world: World, key: Key, why: str) -> None:
    asm = sdk.asm(world.url, key)
    message = "Authenticate error. Incorrect IAM authentication information: " + why

    with refused(401, "ASM.01000001", unverified(message)):
        asm.list_meshes(ListMeshesRequest())
    with refused(401, "ASM.01000001", unverified(message)):
        call(asm, "GET", RELEASES, mesh="mesh-one")


def test_a_refusal_names_the_action_that_is_not_allowed(world: World) -> None:
    bob = sdk.stage(world.url, sdk.BOB)
    assert call(bob, "GET", PIPELINES).json == []

    with refused(403, "APIGW.0302", NOT_AUTHORIZED + "servicestage:pipeline:create"):
        call(bob, "POST", PIPELINES, {})
    with refused(403, "APIGW.0302", NOT_AUTHORIZED + "servicestage::createReleasePlan"):
        call(bob, "POST", PLANS, PLAN)


def test_what_is_not_allowed_does_not_happen(world: World, stage: ServiceStageClient) -> None:
    with refused(403, "APIGW.0302", starting(NOT_AUTHORIZED)):
        call(sdk.stage(world.url, sdk.BOB), "POST", PLANS, PLAN)

    assert call(stage, "GET", PLANS).json["count"] == 0


def test_asm_refuses_what_is_not_allowed_in_its_own_words(world: World) -> None:
    bob = sdk.asm(world.url, sdk.BOB)
    assert bob.list_meshes(ListMeshesRequest()).items == []

    with refused(*FORBIDDEN):
        bob.create_mesh(CreateMeshRequest(body=Mesh()))


@pytest.mark.parametrize("path", [PLANS, PIPELINES])
def test_a_user_without_actions_may_not_even_look(world: World, path: str) -> None:
    with refused(403, "APIGW.0302", starting(NOT_AUTHORIZED)):
        call(sdk.stage(world.url, sdk.EVE), "GET", path)
    with refused(*FORBIDDEN):
        call(sdk.asm(world.url, sdk.EVE), "GET", MESHES)


def test_the_project_of_the_path_must_be_the_users(world: World) -> None:
    with refused(403, "APIGW.0302", NOT_AUTHORIZED + "servicestage:pipeline:list"):
        call(sdk.stage(world.url, sdk.BOB, project=sdk.EAST), "GET", PIPELINES)
    with refused(*FORBIDDEN):
        sdk.asm(world.url, sdk.BOB, project=sdk.EAST).list_meshes(ListMeshesRequest())


def test_where_the_path_has_no_project_the_header_names_it(world: World, asm: AsmClient) -> None:
    call(asm, "POST", "/v2/meshes/{mesh}/namespaces/{namespace}/releases",
         {"metadata": {"name": "reviews-v2"}, "spec": {"serviceName": "reviews", "grayDeployments": [
             {"template": {"kind": "Deployment"}}]}}, mesh="mesh-one", namespace="default")
    assert len(call(sdk.asm(world.url, sdk.BOB), "GET", RELEASES, mesh="mesh-one").json["items"]) == 1

    with refused(*FORBIDDEN):
        call(sdk.asm(world.url, sdk.BOB, project=sdk.EAST), "GET", RELEASES, mesh="mesh-one")


@pytest.mark.parametrize("key", [sdk.ANN, sdk.WRONG_SK], ids=["ann", "wrong sk"])
def test_an_unknown_path_is_no_api_whoever_asks(world: World, key: Key) -> None:
    for path in ["/v3/{project_id}/cas/environments", "/v9/anything"]:
        with refused(404, "APIGW.0101", NO_SUCH_API):
            call(sdk.stage(world.url, key), "GET", path)


def test_what_else_the_sdk_has_typed_calls_for_is_no_api(stage: ServiceStageClient) -> None:
    with refused(404, "APIGW.0101", NO_SUCH_API):
        stage.show_applications(ShowApplicationsRequest(limit=5))


@pytest.mark.parametrize(("method", "path"), [("DELETE", PIPELINE), ("PUT", PIPELINES), ("PUT", PROJECTS)])
def test_a_method_that_a_path_does_not_have_is_refused(stage: ServiceStageClient, method: str, path: str) -> None:
    with refused(405, "APIGW.0101", starting(NO_SUCH_API)):
        call(stage, method, path, pipeline="4105b37a-947e-4aca-90d8-cec7c04c6f38")


def test_a_client_without_a_project_sends_its_placeholder(world: World) -> None:
    tap = Tap()
    stage = sdk.stage(world.url, project=None, handler=tap.handler)

    with refused(400, "APIGW.0602", "Bad request: the path holds the literal {project_id}"):
        call(stage, "GET", PIPELINES)
    assert "project id" in tap.response.headers["x-emulator-hint"]


def test_a_body_over_12_mebibytes_is_too_large(stage: ServiceStageClient) -> None:
    with refused(413, "APIGW.0201", "Request entity too large"):
        call(stage, "POST", PLANS, PLAN | {"desc": "x" * (12 * 2**20)})


@pytest.mark.parametrize("body", ["{", "[]", '{"name": 5}'])
def test_a_body_that_cannot_be_read_is_invalid(asm: AsmClient, stage: ServiceStageClient, body: Any) -> None:
    with refused(400, "SVCSTG.00100400", starting("parameter invalid: ")):
        call(stage, "POST", PLANS, body)
    with refused(400, "ASM.01010001", starting("Invalid request. ")):
        call(asm, "POST", MESHES, body)


@pytest.mark.parametrize("path", ["/v9/anything", PIPELINES], ids=["no api", "not authorized"])
def test_a_refusal_of_the_gateway_repeats_its_request_id(world: World, path: str) -> None:
    tap = Tap()
    eve = sdk.stage(world.url, sdk.EVE, handler=tap.handler)

    seen = []
    for _ in range(2):
        with pytest.raises(sdk.ClientRequestException) as caught:
            call(eve, "GET", path)
        assert tap.response.json()["request_id"] == caught.value.request_id
        seen.append(caught.value.request_id)

    assert seen[0] != seen[1]


def test_an_answer_has_a_request_id_too(stage: ServiceStageClient) -> None:
    first, second = call(stage, "GET", PLANS), call(stage, "GET", PLANS)

    assert first.request_id and second.request_id and first.request_id != second.request_id
