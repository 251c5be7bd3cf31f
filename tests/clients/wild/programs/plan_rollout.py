#!/usr/bin/env python
"""Stands for roll-out jobs of release plans: executed, polled by the list, rolled back, polled by the detail."""

import os

import requests

from bench import expect, expect_status, poll

domain = {"name": os.environ["OS_USER_DOMAIN_NAME"]}
user = {"name": os.environ["OS_USERNAME"], "password": os.environ["OS_PASSWORD"], "domain": domain}
project = os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]
login = requests.post(
    os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3/auth/tokens", params={"nocatalog": "true"},
    json={"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                   "scope": {"project": {"id": project}}}}, timeout=30)
token = expect_status(201, login).json()["token"]
expect(token.get("catalog") == [], f"the catalog is not an empty list: {token}")

session = requests.Session()
session.headers["X-Auth-Token"] = login.headers["X-Subject-Token"]
plans = f"{os.environ['HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4']}/v3/{project}/cas/release-plans"

created = session.post(plans, json={"name": "spring", "components": [
    {"seq": 0, "name": "db", "runtime_stack": {"name": "java"}},
    {"seq": 1, "name": "web", "runtime_stack": {"name": "java"}}]})
plan = f"{plans}/{expect_status(200, created).json()['id']}"

expect(session.post(f"{plan}/execute").ok, "not executed")
poll(lambda: session.get(plans, params={"limit": 10, "offset": 0}).json()["release_plans"][0]["status"], "SUCCESS")

expect(session.post(f"{plan}/rollback").ok, "not rolled back")
poll(lambda: session.get(plan).json()["status"], "ROLLBACK_SUCCEED")
expect(session.delete(plan).ok, "not deleted")
expect_status(404, session.get(plan))
