#!/usr/bin/env python
"""Stands for programs that log in by access key: the method `hw_ak_sk`, then a token as by password."""

import os

import requests

from bench import expect, expect_status

TOKENS = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3/auth/tokens"


def log_in(sk: str) -> requests.Response:
    key = {"access": {"key": os.environ["HUAWEICLOUD_SDK_AK"]}, "secret": {"key": sk}}
    return requests.post(TOKENS, timeout=30, json={"auth": {
        "identity": {"methods": ["hw_ak_sk"], "hw_ak_sk": key},
        "scope": {"project": {"name": os.environ["OS_PROJECT_NAME"]}}}})


login = expect_status(201, log_in(os.environ["HUAWEICLOUD_SDK_SK"]))
token = login.json()["token"]
expect(token["methods"] == ["hw_ak_sk"], f"other methods: {token['methods']}")
expect(token["user"]["name"] == os.environ["OS_USERNAME"], f"another user: {token['user']}")

service = os.environ["HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4"]
pipelines = f"{service}/v3/{token['project']['id']}/pipeline/pipelines"
expect_status(200, requests.get(pipelines, headers={"X-Auth-Token": login.headers["X-Subject-Token"]}, timeout=30))

refused = expect_status(401, log_in("not-the-secret"))
expect("X-Subject-Token" not in refused.headers, "a wrong secret is given a token")
