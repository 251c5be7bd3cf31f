#!/usr/bin/env python
"""Stands for Terraform and its Go engine with an agency and a password: a user's token assumes the agency."""

import os

import requests

from bench import expect, expect_status

TOKENS = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3/auth/tokens"
AGENCY = os.environ["HW_ASSUME_ROLE_AGENCY_NAME"]
OWNER = os.environ["HW_ASSUME_ROLE_DOMAIN_NAME"]

domain = {"name": os.environ["OS_USER_DOMAIN_NAME"]}
user = {"name": os.environ["OS_USERNAME"], "password": os.environ["OS_PASSWORD"], "domain": domain}
own = requests.post(TOKENS, timeout=30, json={"auth": {
    "identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"domain": domain}}})
expect_status(201, own)

# Newer clients say agency_name, older ones xrole_name.
for name in ["agency_name", "xrole_name"]:
    login = requests.post(
        TOKENS, headers={"X-Auth-Token": own.headers["X-Subject-Token"]}, timeout=30,
        json={"auth": {"identity": {"methods": ["assume_role"], "assume_role": {"domain_name": OWNER, name: AGENCY}},
                       "scope": {"project": {"name": os.environ["OS_PROJECT_NAME"]}}}})
    token = expect_status(201, login).json()["token"]
    expect(token["methods"] == ["assume_role"], f"other methods: {token['methods']}")
    project = token["project"]
    expect(project["domain"]["name"] == OWNER, f"not a project of the agency's account: {project}")

    session = requests.Session()
    session.headers["X-Auth-Token"] = login.headers["X-Subject-Token"]
    asm = os.environ["HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4"]
    expect_status(200, session.get(f"{asm}/v1/{project['id']}/meshes"))
    # The agency may neither enter a project of the user's nor do more than its permissions say.
    expect_status(403, session.get(f"{asm}/v1/{os.environ['HUAWEICLOUD_SDK_PROJECT_ID']}/meshes"))
    expect_status(403, session.get(f"{asm}/v2/meshes/m1/releases", headers={"X-Project-Id": project["id"]}))
