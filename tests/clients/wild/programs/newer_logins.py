#!/usr/bin/env python
"""Stands for the newest SDKs, which ask for operations that are not emulated: told so instead of 404."""

import os

import requests

from bench import expect, expect_status
from signing import Signature

IAM = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"]
key = Signature(os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"])

federated = {"auth": {"id_token": {"id": "of-a-provider"}, "scope": {
    "project": {"name": os.environ["OS_PROJECT_NAME"]}}}}
for answer in [
    requests.post(IAM + "/v3.0/OS-AUTH/id-token/tokens", json=federated, headers={"X-Idp-Id": "provider"}, timeout=30),
    requests.post(IAM + "/v5/agencies/assume", auth=key, timeout=30, json={
        "agency_urn": "iam::umbrella:agency:deployers", "agency_session_name": "session"}),
    requests.get(IAM + "/v5/caller-identity", auth=key, timeout=30),
]:
    expect_status(501, answer)
    expect(answer.headers.get("X-Emulator-Hint"), f"{answer.request.path_url}: no hint")
    answer.json()
