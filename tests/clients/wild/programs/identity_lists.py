#!/usr/bin/env python
"""Stands for Go SDKs of the OpenStack kind: projects, regions, services, endpoints and users, each looked up."""

import os
from typing import Any

import requests

from bench import expect, expect_status

IAM = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3"

domain = {"name": os.environ["OS_USER_DOMAIN_NAME"]}
user = {"name": os.environ["OS_USERNAME"], "password": os.environ["OS_PASSWORD"], "domain": domain}
login = expect_status(201, requests.post(IAM + "/auth/tokens", timeout=30, json={"auth": {
    "identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"domain": domain}}}))
session = requests.Session()
session.headers["X-Auth-Token"] = login.headers["X-Subject-Token"]
account = login.json()["token"]["user"]["domain"]["id"]


def get(path: str, **query: str) -> Any:
    answer = expect_status(200, session.get(IAM + path, params=query))
    expect("X-IAM-Trace-Id" in answer.headers, f"{path}: no X-IAM-Trace-Id among {dict(answer.headers)}")
    return answer.json()


project, = get("/auth/projects")["projects"]
expect((project["id"], project["domain_id"]) == (os.environ["HUAWEICLOUD_SDK_PROJECT_ID"], account), project)
shown = get(f"/projects/{project['id']}")["project"]
expect((shown["name"], shown["enabled"]) == (os.environ["OS_PROJECT_NAME"], True), shown)

regions = [region["id"] for region in get("/regions")["regions"]]
expect(os.environ["OS_REGION_NAME"] in regions, f"the region is not among {regions}")

services = {service["type"]: service["id"] for service in get("/services")["services"]}
expect({"identity", "asm", "servicestage"} <= services.keys(), f"not all services: {services}")
endpoints = get("/endpoints", service_id=services["asm"], interface="public")["endpoints"]
expect(endpoints and all(endpoint["service_id"] == services["asm"] for endpoint in endpoints), endpoints)

found, = get("/users", name=user["name"])["users"]
expect((found["id"], found["domain_id"]) == (login.json()["token"]["user"]["id"], account), found)
expect(get("/users", name="nobody")["users"] == [], "nobody is a user")
