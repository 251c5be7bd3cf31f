"""Tokens: got from IAM by plain HTTP, and carried by the SDK's raw calls in place of a signature."""

from huaweicloudsdkasm.v1 import AsmClient
from huaweicloudsdkservicestage.v3 import ServiceStageClient

import iam
import sdk
from release_emulator import World
from sdk import call, refused, with_token

MESHES = "/v1/{project_id}/meshes"
PIPELINES = "/v3/{project_id}/pipeline/pipelines"
SHOP = {"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [{"name": "build", "tasks": []}]}

DAY_MS = 24 * 3_600_000
WHY = "Incorrect IAM authentication information: "
EXPIRED = WHY + "token expires, expires_at: 2040-01-02T00:00:00.000000Z"
STALE = "The token must be updated."
UNKNOWN = WHY + "decrypt token fail"


def may_list(stage: ServiceStageClient, token: str) -> bool:
    return call(stage, "GET", PIPELINES, headers=with_token(token)).status_code == 200


def test_a_token_stands_in_for_a_signature(world: World, stage: ServiceStageClient) -> None:
    token = iam.token(world.url)

    created = call(stage, "POST", PIPELINES, SHOP, headers=with_token(token)).json

    assert created["creator"] == "ann"
    assert [item["id"] for item in call(stage, "GET", PIPELINES, headers=with_token(token)).json] == [created["id"]]


def test_a_token_opens_every_family(world: World, asm: AsmClient, stage: ServiceStageClient) -> None:
    headers = with_token(iam.token(world.url))

    assert call(asm, "GET", MESHES, headers=headers).json["items"] == []
    assert call(stage, "GET", "/v3/{project_id}/cas/release-plans", headers=headers).json["count"] == 0
    assert call(stage, "GET", "/v3/projects", headers=headers).json["projects"]


def test_a_token_ends_after_24_hours(world: World, stage: ServiceStageClient) -> None:
    token = iam.token(world.url)

    world.clock.advance(ms=DAY_MS - 1)
    assert may_list(stage, token)
    world.clock.advance(ms=2)
    with refused(401, "APIGW.0301", EXPIRED):
        may_list(stage, token)


def test_asm_says_in_its_own_words_that_a_token_ended(world: World, asm: AsmClient) -> None:
    token = iam.token(world.url)
    world.clock.advance(ms=DAY_MS + 1)

    with refused(401, "ASM.01000001", "Authenticate error. " + EXPIRED):
        call(asm, "GET", MESHES, headers=with_token(token))


def test_a_renewed_token_lives_on_when_the_old_one_ends(world: World, stage: ServiceStageClient) -> None:
    old = iam.token(world.url)
    world.clock.advance(ms=DAY_MS // 2)
    new = iam.token(world.url)
    assert may_list(stage, old) and may_list(stage, new)

    world.clock.advance(ms=DAY_MS // 2 + 1)

    assert may_list(stage, new)
    with refused(401, "APIGW.0301", EXPIRED):
        may_list(stage, old)


def test_a_revoked_token_must_be_updated(world: World, asm: AsmClient, stage: ServiceStageClient) -> None:
    token, other = iam.token(world.url), iam.token(world.url)

    revoked = iam.revoke(world.url, token, token)

    assert (revoked.status_code, revoked.content) == (204, b"")
    with refused(401, "APIGW.0307", STALE):
        may_list(stage, token)
    with refused(401, "ASM.01000001", "Authenticate error. " + STALE):
        call(asm, "GET", MESHES, headers=with_token(token))
    assert may_list(stage, other)


def test_a_reset_forgets_issued_tokens_and_keeps_those_of_the_fixtures(
        world: World, stage: ServiceStageClient) -> None:
    token = iam.token(world.url)
    assert may_list(stage, token)

    world.reset()

    with refused(401, "APIGW.0301", UNKNOWN):
        may_list(stage, token)
    assert may_list(stage, "token-of-ann")


def test_a_token_of_the_fixtures_ends_when_they_say(stage: ServiceStageClient) -> None:
    with refused(401, "APIGW.0301", WHY + "token expires, expires_at: 2020-01-01T00:00:00.000000Z"):
        may_list(stage, "token-that-expired")


def test_a_token_of_one_project_does_not_open_another(world: World, stage: ServiceStageClient) -> None:
    token = iam.token(world.url, scope=iam.IN_EAST)
    assert may_list(sdk.stage(world.url, project=sdk.EAST), token)

    with refused(403, "APIGW.0302", "The IAM user is not authorized to access the API: servicestage:pipeline:list"):
        may_list(stage, token)


def test_a_token_of_the_domain_opens_no_project(
        world: World, asm: AsmClient, stage: ServiceStageClient) -> None:
    token = iam.token(world.url, scope=iam.IN_DOMAIN)

    with refused(403, "APIGW.0302", "The IAM user is not authorized to access the API: servicestage:pipeline:list"):
        may_list(stage, token)
    with refused(403, "ASM.01000002", "Forbidden."):
        call(asm, "GET", MESHES, headers=with_token(token))


def test_a_token_may_do_what_its_user_may(world: World, stage: ServiceStageClient) -> None:
    token = iam.token(world.url, "bob")
    assert may_list(stage, token)

    with refused(403, "APIGW.0302", "The IAM user is not authorized to access the API: servicestage:pipeline:create"):
        call(stage, "POST", PIPELINES, SHOP, headers=with_token(token))
