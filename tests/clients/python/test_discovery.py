"""Discovery: the SDK is given a region and an endpoint of IAM, and finds out the project or the domain itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.client import Client, ClientBuilder
from huaweicloudsdkcore.exceptions.exceptions import SdkException
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkservicestage.v3 import ServiceStageClient

import iam
import sdk
from release_emulator import World
from sdk import Answer, Key, call

PIPELINES = "/v3/{project_id}/pipeline/pipelines"
SHOP = {"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [{"name": "build", "tasks": []}]}


def discover(url: str, key: Key = sdk.ANN, region: str = "cn-north-4") -> ServiceStageClient:
    made = sdk.credentials(key, project=None).with_iam_endpoint(url)
    return ServiceStageClient.new_builder().with_credentials(made).with_region(Region(region, url)).build()


def in_environment(program: str, **variables: str) -> dict[str, object]:
    """The output of environment_only.py, run in a process of its own."""
    script = Path(__file__).with_name("environment_only.py")
    done = subprocess.run([sys.executable, script, program], env=os.environ | variables, text=True,
                          stdout=subprocess.PIPE, timeout=60, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("region", "project"), [("cn-north-4", sdk.NORTH), ("cn-east-3", sdk.EAST)])
def test_a_region_leads_to_its_project(world: World, region: str, project: str) -> None:
    stage = discover(world.url, region=region)

    assert stage.get_credentials().project_id == project
    assert call(stage, "POST", PIPELINES, SHOP).json["creator"] == "ann"
    assert len(call(sdk.stage(world.url, project=project), "GET", PIPELINES).json) == 1


@pytest.mark.parametrize("key", [sdk.BOB, sdk.TEMPORARY], ids=["who may list projects", "with a temporary key"])
def test_others_discover_too(world: World, key: Key) -> None:
    stage = discover(world.url, key)

    assert stage.get_credentials().project_id == sdk.NORTH
    assert call(stage, "GET", PIPELINES).json == []


def test_an_unknown_region_has_no_project(world: World) -> None:
    with pytest.raises(SdkException) as caught:
        discover(world.url, region="cn-south-1")

    assert caught.value.error_msg.startswith("Failed to get project id of region 'cn-south-1', X-IAM-Trace-Id=")


def test_a_user_sees_own_projects_only(world: World) -> None:
    with pytest.raises(SdkException) as caught:
        discover(world.url, sdk.BOB, region="cn-east-3")

    assert caught.value.error_msg.startswith("Failed to get project id of region 'cn-east-3', X-IAM-Trace-Id=")


@pytest.mark.parametrize(("key", "why"), [
    (sdk.EVE, "status_code:403,.*error_code:403,error_msg:You have no right to do this action,"),
    (sdk.WRONG_SK, "status_code:401,.*error_code:APIGW.0301,"
                   "error_msg:Incorrect IAM authentication information: verify aksk signature fail,"),
    (sdk.UNKNOWN_AK, "status_code:401,.*error_code:APIGW.0301,"
                     "error_msg:Incorrect IAM authentication information: Get secretKey failed,"
                     "ak:EMULATORACCESSKEY999,err:ak not exist,"),
], ids=["no permission", "wrong sk", "unknown ak"])
def test_a_failed_discovery_says_why(world: World, key: Key, why: str) -> None:
    with pytest.raises(SdkException, match=f"Failed to get project id of region 'cn-north-4', .*{why}"):
        discover(world.url, key)


def test_projects_are_listed_as_documented(world: World, stage: ServiceStageClient) -> None:
    domain = iam.ask(world.url, iam.password_of("ann")).json()["token"]["user"]["domain"]["id"]

    listed = call(stage, "GET", "/v3/projects").json
    named = call(stage, "GET", "/v3/projects", query=[("name", "cn-east-3")]).json

    assert set(listed["links"]) == {"self", "previous", "next"}
    assert sorted(project["name"] for project in listed["projects"]) == ["cn-east-3", "cn-north-4"]
    project, = named["projects"]
    assert project["links"]["self"].endswith(f"/v3/projects/{sdk.EAST}")
    assert (project["id"], project["name"], project["domain_id"]) == (sdk.EAST, "cn-east-3", domain)
    assert (project["enabled"], project["is_domain"]) == (True, False)


@pytest.mark.parametrize("key", [sdk.ANN, sdk.EVE], ids=["ann", "eve, who may do nothing"])
def test_global_credentials_discover_their_domain(world: World, key: Key) -> None:
    made = GlobalCredentials(key.ak, key.sk).with_iam_endpoint(world.url)
    builder: ClientBuilder[Client] = ClientBuilder(Client, GlobalCredentials.__name__)
    client = builder.with_credentials(made).with_region(Region("cn-north-4", world.url)).build()

    domains = client.do_http_request("GET", "/v3/auth/domains", response_type=Answer).json["domains"]

    token = iam.ask(world.url, iam.password_of(key.user)).json()["token"]
    assert client.get_credentials().domain_id == token["user"]["domain"]["id"]
    assert [(domain["id"], domain["name"], domain["enabled"]) for domain in domains] == [
        (token["user"]["domain"]["id"], "acme", True)]


def test_the_environment_alone_is_enough_for_servicestage(world: World, stage: ServiceStageClient) -> None:
    call(stage, "POST", PIPELINES, SHOP)

    seen = in_environment("servicestage", HUAWEICLOUD_SDK_AK=sdk.ANN.ak, HUAWEICLOUD_SDK_SK=sdk.ANN.sk,
                          HUAWEICLOUD_SDK_IAM_ENDPOINT=world.url,
                          HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4=world.url)

    assert seen == {"project": sdk.NORTH, "names": ["shop"]}


def test_the_environment_alone_is_enough_for_asm_and_a_temporary_key(world: World) -> None:
    key = sdk.TEMPORARY

    seen = in_environment("asm", HUAWEICLOUD_SDK_AK=key.ak, HUAWEICLOUD_SDK_SK=key.sk,
                          HUAWEICLOUD_SDK_SECURITY_TOKEN=key.security_token or "",
                          HUAWEICLOUD_SDK_IAM_ENDPOINT=world.url,
                          HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4=world.url)

    assert seen == {"project": sdk.NORTH, "names": []}


def test_files_do_as_well_as_variables(world: World, tmp_path: Path) -> None:
    who, where = tmp_path / "credentials", tmp_path / "regions.yaml"
    who.write_text(f"[basiccredentials]\nak={sdk.ANN.ak}\nsk={sdk.ANN.sk}\niam_endpoint={world.url}\n")
    where.write_text(f"SERVICESTAGE:\n  - id: cn-north-4\n    endpoint: {world.url}\n")

    seen = in_environment("servicestage", HUAWEICLOUD_SDK_CREDENTIALS_FILE=str(who),
                          HUAWEICLOUD_SDK_REGIONS_FILE=str(where))

    assert seen == {"project": sdk.NORTH, "names": []}
