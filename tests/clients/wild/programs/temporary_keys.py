#!/usr/bin/env python
"""Stands for programs that trade their token for a temporary key, sign with it, and get another when it expires."""

import os
from datetime import datetime, timezone

import requests

from bench import expect, expect_status, now, wait
from signing import Signature

IAM = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"]
MESHES = f"{os.environ['HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4']}/v1/{os.environ['HUAWEICLOUD_SDK_PROJECT_ID']}/meshes"

domain = {"name": os.environ["OS_USER_DOMAIN_NAME"]}
user = {"name": os.environ["OS_USERNAME"], "password": os.environ["OS_PASSWORD"], "domain": domain}
login = expect_status(201, requests.post(IAM + "/v3/auth/tokens", timeout=30, json={"auth": {
    "identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"domain": domain}}}))
token = login.headers["X-Subject-Token"]


def temporary_key(identity_token: dict[str, object], headers: dict[str, str]) -> dict[str, str]:
    """A key for as short a time as there is."""
    granted = requests.post(IAM + "/v3.0/OS-CREDENTIAL/securitytokens", headers=headers, timeout=30, json={
        "auth": {"identity": {"methods": ["token"], "token": identity_token | {"duration_seconds": 900}}}})
    key: dict[str, str] = expect_status(201, granted).json()["credential"]
    expires = datetime.strptime(key["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    lifetime = (expires - now()).total_seconds()
    expect(lifetime == 900, f"expires in {lifetime} s: {key['expires_at']}")
    return key


def signed_list(key: dict[str, str], security_token: str | None) -> requests.Response:
    return requests.get(MESHES, auth=Signature(key["access"], key["secret"], security_token), timeout=30)


key = temporary_key({"id": token}, {})
expect_status(200, signed_list(key, key["securitytoken"]))
expect_status(401, signed_list(key, None))

wait(900)
refused = expect_status(401, signed_list(key, key["securitytoken"])).json()
expect("token expires, expires_at" in refused["errorMsg"], f"not for the age of the key: {refused}")

key = temporary_key({}, {"X-Auth-Token": token})
