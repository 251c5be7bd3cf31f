"""Worlds and their parts, blocking: each operation does what it says to a real emulator."""

import hashlib
import hmac
import http.server
import threading
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import FREEZE, PIPELINES, SHOP, create, start

from release_emulator import ClockTarget, Emulator, NotVerified, Refused, Unreachable, World

NEW_YEAR = datetime(2030, 1, 1, tzinfo=timezone.utc)


def test_the_clock_stands_runs_and_moves(opened: World) -> None:
    assert (opened.clock.show().now, opened.clock.show().mode) == (NEW_YEAR, "frozen")

    assert opened.clock.advance(ms=1500).now == NEW_YEAR + timedelta(milliseconds=1500)
    assert opened.clock.advance(seconds=0.5).now == NEW_YEAR + timedelta(seconds=2)
    assert opened.clock.advance(timedelta(hours=1)).now == NEW_YEAR + timedelta(hours=1, seconds=2)
    assert opened.clock.freeze(datetime(2031, 1, 1)).now == datetime(2031, 1, 1, tzinfo=timezone.utc)
    running = opened.clock.run(pace=60)
    assert (running.mode, running.pace) == ("running", 60.0)
    assert opened.clock.set("2032-01-01T00:00:00+01:00", mode="frozen", pace=1).now == datetime(
        2031, 12, 31, 23, tzinfo=timezone.utc
    )


@pytest.mark.parametrize("lengths", [{}, {"ms": 1, "seconds": 1}, {"ms": 1, "until": "next"}])
def test_an_advance_takes_one_length(opened: World, lengths: Any) -> None:
    with pytest.raises(TypeError, match="advance takes one of"):
        opened.clock.advance(**lengths)


def test_a_length_without_a_unit_is_refused(opened: World) -> None:
    with pytest.raises(TypeError, match="advance takes a timedelta, seconds=, ms= or until=, not 2$"):
        opened.clock.advance(2)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="^5 is not a timedelta, such as "):
        opened.requests.verify(within=5)  # type: ignore[arg-type]


def test_a_bound_needs_a_target(opened: World) -> None:
    with pytest.raises(TypeError, match="within goes with until"):
        opened.clock.advance(ms=1, within=timedelta(days=2))


def test_time_moves_to_the_next_change_to_rest_and_to_a_status(opened: World) -> None:
    pipeline = create(opened)
    start(opened, pipeline)

    assert opened.clock.advance(ms=1, max_transitions=5).stopped_before is None
    following = opened.clock.advance(until="next")
    assert [(change.stage, change.step, change.from_, change.to) for change in following.transitions] == [
        ("build", "compile", "4", "2"),
        ("deploy", "roll-out", "1", "4"),
    ]
    target: ClockTarget = {"family": "pipelines", "id": pipeline, "status": "succeeded"}
    reached = opened.clock.advance(until=target, within=timedelta(minutes=1))
    assert reached.now == NEW_YEAR + timedelta(seconds=4)
    assert opened.clock.advance(until="idle").transitions == []


def test_a_target_out_of_reach_is_refused_with_the_reason(opened: World) -> None:
    pipeline = create(opened)

    with pytest.raises(Refused, match="which time alone does not change") as caught:
        opened.clock.advance(until={"family": "pipelines", "id": pipeline, "status": "failed"})

    assert caught.value.status == 409
    assert opened.clock.show().now == NEW_YEAR


def test_a_script_decides_steps(opened: World) -> None:
    script = opened.scripts.add(
        {"family": "pipelines", "step": "deploy/roll-out"}, outcome="fail", message="no image", takes_ms=500, times=1
    )
    spare = opened.scripts.add({"family": "pipelines", "step": "roll-uot"}, outcome="hang", id="spare")
    start(opened, create(opened))
    opened.clock.advance(until="idle")

    [pipeline] = opened.resources(family="pipelines", scope="p1")
    assert (pipeline.name, pipeline.word, pipeline.code) == ("shop", "failed", 3)
    assert "retry" in pipeline.allowed
    assert opened.clock.show().now == NEW_YEAR + timedelta(milliseconds=2500)
    assert opened.scripts.show(script.id).used == 1
    assert [unused.id for unused in opened.scripts.unused()] == [spare.id] == ["spare"]
    listed = opened.scripts.list()[1]
    assert (listed.fits, listed.misfit, listed.nearest) == (False, "step", "roll-out")

    opened.scripts.remove("spare")
    assert [left.id for left in opened.scripts.list()] == [script.id]
    opened.scripts.clear()
    assert opened.scripts.list() == []


def test_a_sequence_and_a_distribution_are_scripts(opened: World) -> None:
    script = opened.scripts.add(
        sequence=[{"outcome": "fail", "message": "first"}, {"takes_ms": {"min": 1, "max": 2}}], priority=3
    )

    assert script.sequence == [
        {"outcome": "fail", "message": "first"},
        {"outcome": "succeed", "takes_ms": {"min": 1, "max": 2}},
    ]
    assert script.priority == 3

    replaced = opened.scripts.replace(script.id, {"family": "plans"}, outcome="hang", enabled=False)
    assert (replaced.id, replaced.outcome, replaced.enabled, replaced.sequence) == (script.id, "hang", False, None)
    assert replaced.match["family"] == "plans"


def test_a_fault_hits_requests(opened: World) -> None:
    fault = opened.faults.add(
        {"operation": "ListPipelines"}, status=429, headers={"Retry-After": 7}, body={"slow": "down"}, times=1
    )
    opened.faults.add({"family": "zadig"}, drop="before", id="spare")

    reply = opened.call("GET", PIPELINES)

    assert (reply.status, reply.headers["retry-after"], reply.json()) == (429, "7", {"slow": "down"})
    assert reply.headers["x-emulator-fault"] == fault.id
    assert opened.call("GET", PIPELINES).json() == []
    assert opened.faults.show(fault.id).used == 1
    replaced = opened.faults.replace(fault.id, status=500, enabled=False)
    assert (replaced.used, replaced.enabled, replaced.do, replaced.match) == (1, False, {"status": 500}, {})
    assert [unused.id for unused in opened.faults.unused()] == ["spare"]
    with pytest.raises(Unreachable):
        opened.call("GET", "/openapi/delivery/releases?projectKey=k8s")
    opened.faults.remove(fault.id)
    assert [left.id for left in opened.faults.list()] == ["spare"]
    opened.faults.clear()
    assert opened.faults.list() == []


def test_a_refused_rule_says_what_is_wrong(opened: World) -> None:
    with pytest.raises(Refused) as caught:
        opened.faults.add({"operation": "ListPipelin"}, status=503)

    assert (caught.value.status, caught.value.call) == (400, "POST /_emulator/v1/faults")
    assert str(caught.value).endswith("match.operation: matches no operation, did you mean ListPipelines?")


def test_requests_are_listed_by_what_they_are(opened: World) -> None:
    create(opened)
    opened.call("GET", "/v3/p1/pipeline/pipeline")

    assert [request.operation for request in opened.requests.list()] == ["CreatePipeline", None]
    assert len(opened.requests.list({"unknown_route": True})) == 1
    assert opened.requests.list({"body": {"/name": "shop"}, "status": "2*"})[0].scope == "p1"
    assert opened.requests.list({"since": NEW_YEAR + timedelta(seconds=1)}).total == 0
    last = opened.requests.list(limit=1)
    assert (last.total, [request.status for request in last]) == (2, [404])
    assert last[0].hint == "did you mean GET /v3/{project_id}/pipeline/pipelines?"
    assert last[0].request.headers["x-auth-token"] == "***"
    opened.requests.clear()
    assert opened.requests.list().total == 0


def test_an_argument_that_does_not_exist_is_refused(opened: World) -> None:
    with pytest.raises(Refused, match="outcom: is not a known field"):
        opened.scripts.add(outcom="fail")  # type: ignore[call-arg]
    with pytest.raises(Refused, match="outcome: "):
        opened.scripts.add(outcome="hangs")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="tims: is not a known field"):
        opened.faults.add(status=503, tims=1)  # type: ignore[call-arg]


def test_a_list_cannot_take_a_condition_that_is_an_object(opened: World) -> None:
    with pytest.raises(TypeError, match="verify takes all"):
        opened.requests.list({"body": {"/name": {"exists": True}}})


def test_requests_are_verified(opened: World) -> None:
    pipeline = create(opened)
    start(opened, pipeline)

    assert opened.requests.verify({"operation": "CreatePipeline", "body": {"/name": {"exists": True}}}) == 1
    assert opened.requests.verify(exactly=2) == 2
    assert opened.requests.verify({"action": "stop"}, at_most=0) == 0
    assert opened.requests.verify({"family": "pipelines"}, at_least=2) == 2
    assert opened.requests.verify_order([{"operation": "CreatePipeline"}, {"action": "start"}]) == 2


def test_a_failed_verification_shows_the_nearest_requests(opened: World) -> None:
    create(opened)

    with pytest.raises(NotVerified) as caught:
        opened.requests.verify({"operation": "CreatePipeline", "scope": "p2"}, exactly=1)

    assert isinstance(caught.value, AssertionError)
    assert caught.value.matched == 0
    assert str(caught.value).splitlines() == [
        "expected exactly 1, found 0",
        '  expected: {"operation": "CreatePipeline", "scope": "p2"}',
        "  nearest requests:",
        "    POST /v3/p1/pipeline/pipelines returned 200 (request 1)",
        '      scope: expected "p2", got "p1"',
    ]


def test_an_order_that_does_not_hold_is_told(opened: World) -> None:
    create(opened)

    with pytest.raises(NotVerified, match="expected 2 requests in order, found 1"):
        opened.requests.verify_order([{"operation": "CreatePipeline"}, {"action": "start"}])


def test_a_verification_waits_for_a_request(opened: World) -> None:
    later = threading.Timer(0.1, create, [opened])
    later.start()

    assert opened.requests.verify({"operation": "CreatePipeline"}, within=timedelta(seconds=30)) == 1
    later.join()


def test_a_state_is_read_replaced_and_merged(opened: World) -> None:
    opened.state.patch({"zadig": {"projects": [{"key": "shop", "environments": [{"name": "prod"}]}]}})
    create(opened)
    exported = opened.state.get()
    assert [project["id"] for project in exported["servicestage"]["projects"]] == ["p1"]
    assert exported["zadig"]["projects"][0]["key"] == "shop"

    opened.state.put({})
    assert opened.resources() == []
    opened.state.put(exported)
    assert [resource.name for resource in opened.resources()] == ["shop"]
    opened.reset()
    assert opened.resources() == []


def test_a_state_for_a_bug_report_has_no_secrets_and_cannot_be_put(opened: World) -> None:
    opened.state.patch({"identities": {"zadig_users": [{"token": "s3cret-token", "name": "rita"}]}})

    masked = opened.state.get(secrets=False)

    assert "s3cret-token" in str(opened.state.get())
    assert "s3cret-token" not in str(masked) and "rita" in str(masked)
    with pytest.raises(Refused, match=r"identities\.zadig_users\[0\]\.token"):
        opened.state.put(masked)
    opened.reset()


def test_a_timeline_tells_what_happened_and_what_will(opened: World) -> None:
    pipeline = create(opened)
    start(opened, pipeline)

    timeline = opened.timeline("pipelines", pipeline)

    assert [(change.from_, change.to, change.cause) for change in timeline.transitions[:2]] == [
        ("", "1", "create"),
        ("1", "4", "start"),
    ]
    assert timeline.next and (timeline.next.time, timeline.next.step) == (NEW_YEAR + timedelta(seconds=2), "compile")
    assert [(step.stage, step.step, step.ends) for step in timeline.forecast] == [
        ("build", "compile", NEW_YEAR + timedelta(seconds=2)),
        ("deploy", "roll-out", NEW_YEAR + timedelta(seconds=4)),
    ]
    assert timeline.raw["transitions"][0]["cause"] == "create"


def test_resources_come_in_pages(opened: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("release_emulator._worlds.PAGE", 2)
    for number in range(5):
        opened.call("POST", PIPELINES, {**SHOP, "name": f"shop-{number}"})

    assert [resource.name for resource in opened.resources()] == [f"shop-{number}" for number in range(5)]


def test_a_report_has_the_newest_of_everything(opened: World) -> None:
    for number in range(25):
        opened.call("POST", PIPELINES, {**SHOP, "name": f"shop-{number}"})
        opened.call("GET", f"/nowhere/{number}")
    opened.call("POST", PIPELINES, {"name": 5})

    report = dict(opened.report())

    assert list(report) == ["refused requests", "journal", "timelines"]
    refused = report["refused requests"].splitlines()
    assert refused[0] == "… 6 earlier refused requests"
    assert refused[-1] == (
        "POST /v3/p1/pipeline/pipelines returned 400: parameter invalid: name: must be a string, not 5"
    )
    assert report["journal"].splitlines()[0] == "… 31 earlier requests"
    assert report["timelines"].splitlines()[0] == "… 15 earlier resources"
    assert "pipelines pipeline shop-24 (" in report["timelines"]


def test_a_fresh_world_has_nothing_to_report(opened: World) -> None:
    assert opened.report() == []


def test_traffic_is_shifted(opened: World) -> None:
    release = {
        "metadata": {"name": "reviews-v2"},
        "spec": {"serviceName": "reviews", "version": "v2", "grayDeployments": [{"template": {"kind": "Deployment"}}]},
    }
    releases = "/v2/meshes/m1/namespaces/default/releases"
    assert opened.call("POST", releases, release).status == 201
    opened.clock.advance(until="idle")

    opened.shift_traffic("m1", "default", "reviews-v2", gray=99)
    assert opened.call("DELETE", f"{releases}/reviews-v2?action=end").status == 400
    opened.shift_traffic("m1", "default", "reviews-v2", gray=100)
    assert opened.call("DELETE", f"{releases}/reviews-v2?action=end").status == 200


def test_events_come_as_they_happen(opened: World) -> None:
    with opened.events(family="pipelines", timeout_s=30) as events:
        pipeline = create(opened)
        first, second = next(events), next(events)
    assert {first.name, second.name} == {"transition", "request"}
    [transition] = [event.transition for event in (first, second) if event.transition]
    assert (transition.resource, transition.to, transition.time) == (pipeline, "1", NEW_YEAR)

    with opened.events(after=0, timeout_s=30) as again:
        assert next(again) == first


def test_an_event_that_does_not_come_is_a_timeout(opened: World) -> None:
    with opened.events(timeout_s=0.05) as events, pytest.raises(TimeoutError):
        next(events)


def test_a_webhook_is_told_of_transitions(opened: World) -> None:
    got: list[tuple[str, bytes]] = []
    came = threading.Event()

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["X-Emulator-Signature"], body))
            self.send_response(204)
            self.end_headers()
            came.set()

        def log_message(self, *parts: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as hook:
        threading.Thread(target=hook.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{hook.server_address[1]}/hook"
        webhook = opened.webhooks.add(url, secret="hush", match={"from": "", "level": "resource"})
        assert (webhook.url, webhook.signed, webhook.match) == (url, True, {"from": "", "level": "resource"})
        create(opened)
        assert came.wait(30)
        hook.shutdown()

    [(signature, body)] = got
    assert signature == "sha256=" + hmac.new(b"hush", body, hashlib.sha256).hexdigest()
    assert [listed.id for listed in opened.webhooks.list()] == [webhook.id]
    assert all(attempt.attempt == 1 for attempt in opened.webhooks.show(webhook.id).attempts)
    opened.webhooks.remove(webhook.id)
    opened.webhooks.clear()
    assert opened.webhooks.list() == []


def test_the_environment_points_the_sdks_at_the_world(server: Emulator, opened: World) -> None:
    variables = opened.environment()
    assert variables["RELEASE_EMULATOR_URL"] == variables["HUAWEICLOUD_SDK_IAM_ENDPOINT"] == opened.url
    assert (variables["HUAWEICLOUD_SDK_AK"], variables["HUAWEICLOUD_SDK_SK"]) == ("any-ak", "any-sk")
    assert "HUAWEICLOUD_SDK_PROJECT_ID" not in variables

    identities = {
        "users": [{"name": "ann", "domain": "acme", "projects": [{"id": "p1", "name": "cn-north-4"}]}],
        "access_keys": [{"ak": "AK1", "sk": "sk1", "user": "ann", "security_token": "st1"}],
    }
    with server.world(fixtures={"identities": identities}) as other:
        variables = other.environment()
    assert variables["HUAWEICLOUD_SDK_AK"] == "AK1"
    assert variables["HUAWEICLOUD_SDK_SK"] == "sk1"
    assert variables["HUAWEICLOUD_SDK_SECURITY_TOKEN"] == "st1"
    assert variables["HUAWEICLOUD_SDK_PROJECT_ID"] == "p1"


def test_a_call_carries_a_credential_unless_it_has_one(opened: World) -> None:
    assert opened.call("GET", PIPELINES).status == 200
    assert opened.call("GET", "/openapi/delivery/releases?projectKey=shop&pageNum=1&pageSize=20").status == 200
    assert opened.call("GET", PIPELINES, headers={"x-auth-token": ""}).status == 401
    with pytest.raises(ValueError, match="must begin with a slash"):
        opened.call("GET", "v3/p1")


def test_worlds_are_apart_and_end(server: Emulator) -> None:
    with server.world(name="one", freeze=FREEZE, step=timedelta(seconds=1)) as one, server.world(name="two") as two:
        start(one, create(one))
        assert one.clock.advance(until="idle").now == NEW_YEAR + timedelta(seconds=2)
        assert two.resources() == []
        assert two.clock.show().mode == "running"
        assert {"main", "one", "two"} <= {world.name for world in server.worlds()}
    assert not {"one", "two"} & {world.name for world in server.worlds()}
    one.close()
    with pytest.raises(Unreachable, match=f"no answer from {one.url}"):
        one.resources()


def test_the_first_world_stays(server: Emulator) -> None:
    server.main.close()

    assert server.main.resources() == []
    assert (server.main.url, server.worlds()[0].name) == (server.url, "main")
