#!/usr/bin/env python
"""Stands for Terraform with the setting `token`: a token that another program had logs in, then the catalog."""

import os

import requests

from bench import expect, expect_status

IAM = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3"

expect_status(200, requests.get(IAM, timeout=30))


def log_in(identity: dict[str, object], scope: dict[str, object]) -> requests.Response:
    return expect_status(201, requests.post(
        IAM + "/auth/tokens", json={"auth": {"identity": identity, "scope": scope}}, timeout=30))


domain = {"name": os.environ["OS_USER_DOMAIN_NAME"]}
user = {"name": os.environ["OS_USERNAME"], "password": os.environ["OS_PASSWORD"], "domain": domain}
given = log_in({"methods": ["password"], "password": {"user": user}}, {"domain": domain}).headers["X-Subject-Token"]

login = log_in({"methods": ["token"], "token": {"id": given}}, {"project": {"name": os.environ["OS_PROJECT_NAME"]}})
token = login.json()["token"]
expect(token["user"]["name"] == user["name"], f"another user: {token['user']}")
project = token["project"]["id"]
expect(project == os.environ["HUAWEICLOUD_SDK_PROJECT_ID"], f"another project: {token['project']}")

headers = {"X-Auth-Token": login.headers["X-Subject-Token"]}
catalog = expect_status(200, requests.get(IAM + "/auth/catalog", headers=headers, timeout=30)).json()["catalog"]
expect(catalog == token["catalog"], f"not the catalog of the token: {catalog}")

asm, = (endpoint["url"] for service in catalog if service["type"] == "asm" for endpoint in service["endpoints"])
meshes = expect_status(200, requests.get(asm + "/meshes", headers=headers, timeout=30)).json()
expect(meshes["kind"] == "MeshList", f"not a list of meshes: {meshes}")
