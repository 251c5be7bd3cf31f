"""Signatures: whatever the SDK signs is verified, however it signs and whatever there is to escape."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkasm.v1 import AsmClient
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.signer.algorithm import SigningAlgorithm
from huaweicloudsdkservicestage.v3 import ServiceStageClient

import sdk
from release_emulator import World
from sdk import Key, Tap, call, refused, starting, unverified, with_token

PLANS = "/v3/{project_id}/cas/release-plans"
PIPELINES = "/v3/{project_id}/pipeline/pipelines"

WHY = "Incorrect IAM authentication information: "
FAILS = (401, "APIGW.0301", unverified(WHY + "verify aksk signature fail"))
ALGORITHMS = ["SDK-HMAC-SHA256", "SDK-HMAC-SM3", "V11-HMAC-SHA256"]


def plan(desc: str = "", name: str = "spring") -> dict[str, Any]:
    return {"name": name, "desc": desc,
            "components": [{"seq": 0, "name": "web", "runtime_stack": {"name": "java"}}]}


def signing(algorithm: str, url: str, key: Key = sdk.ANN, tap: Tap | None = None) -> ServiceStageClient:
    """A client that signs in this way."""
    made = sdk.credentials(key)
    config = HttpConfig()
    if algorithm == "SDK-HMAC-SM3":
        config.signing_algorithm = SigningAlgorithm.HMAC_SM3
    if algorithm == "V11-HMAC-SHA256":
        # The SDK derives keys for services that have a name for it. ServiceStage has none, so it is given one here
        # in the way in which the builder of a client with a name does.
        made.with_derived_predicate(lambda _: True)._process_derived_auth_params("servicestage", "cn-north-4")
    return sdk.build(ServiceStageClient, url, made, config=config, handler=tap and tap.handler)


def dated(ago: timedelta) -> dict[str, str]:
    """The SDK signs at the time that it is given."""
    return {"X-Sdk-Date": (datetime.now(timezone.utc) - ago).strftime("%Y%m%dT%H%M%SZ")}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_is_verified(world: World, algorithm: str) -> None:
    tap = Tap()
    stage = signing(algorithm, world.url, tap=tap)

    created = call(stage, "POST", PLANS, plan()).json
    listed = call(stage, "GET", PLANS, query=[("limit", 10), ("offset", 0)]).json

    assert tap.request.header_params["Authorization"].startswith(algorithm + " ")
    assert created["creator"] == "ann"
    assert [item["id"] for item in listed["release_plans"]] == [created["id"]]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_wrong_secret_fails_under_every_algorithm(world: World, algorithm: str) -> None:
    with refused(*FAILS):
        call(signing(algorithm, world.url, sdk.WRONG_SK), "GET", PLANS)


@pytest.mark.parametrize("algorithm", [SigningAlgorithm.ECDSA_P256_SHA256, SigningAlgorithm.SM2_SM3])
def test_asymmetric_signatures_are_refused(world: World, algorithm: SigningAlgorithm) -> None:
    stage = sdk.stage(world.url, config=HttpConfig(signing_algorithm=algorithm))

    with refused(401, "APIGW.0301", starting(WHY)):
        call(stage, "GET", PLANS)


def test_a_temporary_key_signs_its_security_token(world: World) -> None:
    tap = Tap()

    created = call(sdk.stage(world.url, sdk.TEMPORARY, handler=tap.handler), "POST", PLANS, plan()).json

    assert "x-security-token" in tap.request.header_params["Authorization"]
    assert created["creator"] == "ann"


@pytest.mark.parametrize("token", [None, "session-of-another-key"], ids=["without", "with another"])
def test_a_temporary_key_is_worth_nothing_without_its_security_token(world: World, token: str | None) -> None:
    key = Key(sdk.TEMPORARY.ak, sdk.TEMPORARY.sk, "ann", token)

    with refused(*FAILS):
        call(sdk.stage(world.url, key), "GET", PLANS)


@pytest.mark.parametrize("name", ["m/1", "de fault", "ü", "a%20b", "a+b", "a=b&c?d#e", "%2F", "~.-_", "网格"])
def test_names_in_the_path_survive_their_escapes(asm: AsmClient, name: str) -> None:
    release = {"metadata": {"name": "reviews-v2"}, "spec": {"serviceName": "reviews", "grayDeployments": [
        {"template": {"kind": "Deployment"}}]}}
    path = "/v2/meshes/{mesh}/namespaces/{namespace}/releases"

    call(asm, "POST", path, release, mesh=name, namespace=name)

    shown = call(asm, "GET", path + "/{release}", mesh=name, namespace=name, release="reviews-v2").json
    assert (shown["metadata"]["meshID"], shown["metadata"]["namespace"]) == (name, name)
    assert call(asm, "GET", "/v2/meshes/{mesh}/releases", mesh=name).json["items"] == [shown]


@pytest.mark.parametrize("query", [
    [("n", 2), ("n", 10)],
    [("n", [2, 10])],
    [("n", "2"), ("n", "10"), ("a", "z")],
    [("flag", True), ("other", False)],
    [("text", "a b/c*+&=?ü%20~")],
    [("ключ", "значение"), ("empty", "")],
], ids=["numbers", "a list", "texts", "booleans", "escapes", "unicode and nothing"])
def test_queries_survive_their_order_and_their_escapes(stage: ServiceStageClient, query: list[tuple[str, Any]]) -> None:
    call(stage, "POST", PLANS, plan())

    assert call(stage, "GET", PLANS, query=[("limit", 5), *query]).json["count"] == 1


@pytest.mark.parametrize(("body", "desc"), [
    (plan("größe 版本 🚀"), "größe 版本 🚀"),
    (json.dumps(plan("größe 版本 🚀"), ensure_ascii=False), "größe 版本 🚀"),
    (json.dumps(plan("spread out"), indent=4) + "\n", "spread out"),
], ids=["escaped", "as it is", "over many lines"])
def test_a_body_is_verified_byte_by_byte(stage: ServiceStageClient, body: Any, desc: str) -> None:
    assert call(stage, "POST", PLANS, body).json["desc"] == desc


def test_a_body_of_a_mebibyte_is_verified(stage: ServiceStageClient) -> None:
    body = plan() | {"unknown": "x" * 2**20}

    assert call(stage, "POST", PLANS, body).json["name"] == "spring"


def test_headers_of_the_caller_are_verified_too(stage: ServiceStageClient) -> None:
    headers = {"X-Note": "  one  two ", "X-Umlaut": "größe", "X_Unsigned": "x"}

    assert call(stage, "GET", PLANS, headers=headers).json["count"] == 0


def test_a_text_is_sent_with_an_unsigned_payload(world: World) -> None:
    tap = Tap()
    stage = sdk.stage(world.url, handler=tap.handler)

    created = call(stage, "POST", PLANS, plan(), headers={"Content-Type": "text/plain"}).json

    assert tap.request.header_params["X-Sdk-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    assert created["name"] == "spring"


def test_a_file_is_sent_with_an_unsigned_payload(stage: ServiceStageClient, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan()))

    created = call(stage, "POST", PLANS, str(file), headers={"Content-Type": "application/octet-stream"}).json

    assert created["name"] == "spring"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_passes_the_signature_and_is_no_json(stage: ServiceStageClient, kind: str) -> None:
    with refused(400, "SVCSTG.00100400", starting("parameter invalid: ")):
        call(stage, "POST", PLANS, {"name": "spring"}, headers={"Content-Type": kind})


def test_without_a_body_an_unsigned_payload_is_signed_as_empty(stage: ServiceStageClient) -> None:
    assert call(stage, "GET", PLANS, headers={"Content-Type": "text/plain"}).json["count"] == 0


def test_a_get_may_go_without_a_content_type(world: World) -> None:
    tap = Tap()
    config = HttpConfig(ignore_content_type_for_get_request=True)

    call(sdk.stage(world.url, config=config, handler=tap.handler), "GET", PLANS)

    assert "content-type" not in tap.request.header_params["Authorization"]


@pytest.mark.parametrize("minutes", [14, -14])
def test_a_clock_that_is_14_minutes_off_is_good_enough(stage: ServiceStageClient, minutes: int) -> None:
    assert call(stage, "GET", PLANS, headers=dated(timedelta(minutes=minutes))).json["count"] == 0


@pytest.mark.parametrize("minutes", [16, -16])
def test_a_clock_that_is_16_minutes_off_is_not(stage: ServiceStageClient, minutes: int) -> None:
    headers = dated(timedelta(minutes=minutes))
    expired = f"{WHY}calc aksk signature fail:signature expired, signature time:{headers['X-Sdk-Date']},server time:"

    with refused(401, "APIGW.0301", starting(expired)):
        call(stage, "GET", PLANS, headers=headers)


@pytest.mark.world(fidelity="strict", freeze="2030-06-01T12:00:00Z")
def test_where_the_service_is_followed_the_virtual_clock_judges(world: World) -> None:
    tap = Tap()
    stage = sdk.stage(world.url, handler=tap.handler)
    at_noon = {"X-Sdk-Date": "20300601T120000Z"}

    expired = WHY + "calc aksk signature fail:signature expired, signature time:"
    with refused(401, "APIGW.0301", starting(expired)) as refusal:
        call(stage, "GET", PLANS)
    signed = tap.request.header_params["X-Sdk-Date"]
    assert refusal.value.error_msg == f"{expired}{signed},server time:20300601T120000Z"

    world.clock.advance(ms=15 * 60_000)
    assert call(stage, "GET", PLANS, headers=at_noon).json["count"] == 0
    world.clock.advance(ms=1_000)
    with refused(401, "APIGW.0301", f"{expired}20300601T120000Z,server time:20300601T121501Z"):
        call(stage, "GET", PLANS, headers=at_noon)


def test_of_two_credentials_the_signature_counts(world: World, stage: ServiceStageClient) -> None:
    assert call(stage, "POST", PLANS, plan(), headers={"X-Auth-Token": "token-of-bob"}).json["creator"] == "ann"
    assert call(stage, "GET", PLANS, headers={"X-Auth-Token": "no-token"}).json["count"] == 1

    with refused(*FAILS):
        call(sdk.stage(world.url, sdk.WRONG_SK), "GET", PLANS, headers={"X-Auth-Token": "token-of-ann"})


def test_an_empty_signature_is_none(stage: ServiceStageClient) -> None:
    assert call(stage, "GET", PIPELINES, headers=with_token("token-of-bob")).json == []
    with refused(401, "APIGW.0301", WHY + "x-auth-token not found"):
        call(stage, "GET", PIPELINES, headers={"Authorization": ""})


@pytest.mark.world(auth="shape", fixtures={})
def test_where_only_the_shape_counts_any_key_passes(world: World) -> None:
    stage = sdk.stage(world.url, sdk.UNKNOWN_AK)

    assert call(stage, "POST", PLANS, plan()).json["creator"] == "emulator"


@pytest.mark.world(auth="shape")
def test_where_only_the_shape_counts_a_known_key_is_verified_all_the_same(world: World) -> None:
    url = world.url

    assert call(sdk.stage(url), "POST", PLANS, plan()).json["creator"] == "ann"
    assert call(sdk.stage(url, sdk.UNKNOWN_AK), "GET", PLANS).json["count"] == 1
    with refused(*FAILS):
        call(sdk.stage(url, sdk.WRONG_SK), "GET", PLANS)
