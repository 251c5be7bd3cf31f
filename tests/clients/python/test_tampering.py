"""Tampering: what the SDK signed is sent again by plain HTTP, and is refused as soon as one signed thing differs."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import requests
from huaweicloudsdkservicestage.v3 import ServiceStageClient

import sdk
from release_emulator import World
from sdk import Tap, call

PLANS = "/v3/{project_id}/cas/release-plans"
PLAN = "/v3/{project_id}/cas/release-plans/{plan}"
PARTS = {"name": "spring", "components": [
    {"seq": 0, "component_id": "component-1", "name": "web", "runtime_stack": {"name": "java"}}]}


@dataclass(frozen=True)
class Sent:
    """A request as it goes over the wire."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    def send(self) -> requests.Response:
        return requests.request(self.method, self.url, headers=self.headers, data=self.body, timeout=30)

    def with_header(self, name: str, value: str | None) -> "Sent":
        """Without the header, if the value is None; requests leaves it out then."""
        return replace(self, headers=self.headers | {name: value})


@pytest.fixture
def tap() -> Tap:
    return Tap()


@pytest.fixture
def sent(world: World, stage: ServiceStageClient, tap: Tap) -> Sent:
    """A signed edit, which can be repeated as often as one likes."""
    uid = call(stage, "POST", PLANS, PARTS).json["id"]
    listening = sdk.stage(world.url, handler=tap.handler)
    call(listening, "PUT", PLAN, PARTS | {"desc": "as signed"}, query=[("note", "a b"), ("number", 7)], plan=uid)
    request = tap.request
    return Sent(request.method, request.url, request.header_params, request.body)


def desc(stage: ServiceStageClient) -> str:
    plan, = call(stage, "GET", PLANS).json["release_plans"]
    return call(stage, "GET", PLAN, plan=plan["id"]).json["desc"]


def test_a_signed_request_can_be_sent_again_as_it_is(sent: Sent, stage: ServiceStageClient) -> None:
    assert sent.send().status_code == 200
    assert desc(stage) == "as signed"


@pytest.mark.parametrize("tamper", [
    pytest.param(lambda sent: replace(sent, body=sent.body.replace(b"signed", b"forged")), id="another body"),
    pytest.param(lambda sent: replace(sent, body=sent.body.replace(b"signed", b"forged")).with_header(
        "X-Sdk-Content-Sha256", hashlib.sha256(sent.body).hexdigest()), id="another body with the digest of the first"),
    pytest.param(lambda sent: replace(sent, body=sent.body.replace(b"signed", b"forged")).with_header(
        "X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"), id="another body, declared unsigned"),
    pytest.param(lambda sent: replace(sent, body=sent.body + b"\n"), id="one byte more"),
    pytest.param(lambda sent: replace(sent, body=b""), id="no body"),
    pytest.param(lambda sent: replace(sent, url=sent.url.replace("number=7", "number=8")), id="another value"),
    pytest.param(lambda sent: replace(sent, url=sent.url + "&more=1"), id="one parameter more"),
    pytest.param(lambda sent: replace(sent, url=sent.url.split("?")[0]), id="no query"),
    pytest.param(lambda sent: replace(sent, url=sent.url.replace(sdk.NORTH, sdk.EAST)), id="another path"),
    pytest.param(lambda sent: replace(sent, method="DELETE"), id="another method"),
    pytest.param(lambda sent: sent.with_header("X-Project-Id", sdk.EAST), id="another project"),
    pytest.param(lambda sent: sent.with_header("X-Project-Id", None), id="a signed header less"),
    pytest.param(lambda sent: sent.with_header("User-Agent", "curl/8.0"), id="another user agent"),
    pytest.param(lambda sent: sent.with_header("Host", "servicestage.example.com"), id="another host"),
    pytest.param(lambda sent: sent.with_header(
        "Authorization", sent.headers["Authorization"].replace("x-project-id;", "")), id="a header signed no more"),
    pytest.param(lambda sent: sent.with_header(
        "Authorization", sent.headers["Authorization"].replace(sdk.ANN.ak, sdk.BOB.ak)), id="another key"),
    pytest.param(lambda sent: sent.with_header(
        "Authorization", sent.headers["Authorization"][:-64] + "0" * 64), id="another signature"),
])
def test_what_was_tampered_with_is_refused(
        sent: Sent, stage: ServiceStageClient, tamper: Callable[[Sent], Sent]) -> None:
    forged = tamper(sent)
    assert forged != sent

    answer = forged.send()

    assert answer.status_code == 401
    refusal = answer.json()
    why, *_ = refusal.pop("error_msg").split(",canonicalRequest:")
    assert why == "Incorrect IAM authentication information: verify aksk signature fail"
    assert refusal == {"error_code": "APIGW.0301", "request_id": answer.headers["X-Request-Id"]}
    assert desc(stage) == "as signed"


def test_another_second_is_refused(sent: Sent) -> None:
    date = sent.headers["X-Sdk-Date"]
    second = (int(date[-3:-1]) + 1) % 60

    answer = sent.with_header("X-Sdk-Date", f"{date[:-3]}{second:02}Z").send()

    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301")
    assert "verify aksk signature fail" in answer.json()["error_msg"]


def test_what_was_not_signed_may_change(sent: Sent) -> None:
    assert sent.with_header("Accept", "text/plain").with_header("X-More", "more").send().status_code == 200


def test_a_payload_that_was_not_signed_may_change(
        world: World, stage: ServiceStageClient, tap: Tap, sent: Sent) -> None:
    listening = sdk.stage(world.url, handler=tap.handler)
    uid = call(stage, "GET", PLANS).json["release_plans"][0]["id"]
    call(listening, "PUT", PLAN, PARTS | {"desc": "as sent"}, headers={"Content-Type": "text/plain"}, plan=uid)
    request = tap.request

    changed = Sent(request.method, request.url, request.header_params, request.body.replace(b"sent", b"changed"))

    assert changed.send().status_code == 200
    assert desc(stage) == "as changed"
