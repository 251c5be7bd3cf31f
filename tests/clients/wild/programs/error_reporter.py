#!/usr/bin/env python
"""Stands for programs that report `error_msg` and nothing else: it alone must tell the reason of a refusal."""

import os

import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.sdk_response import SdkResponse
from huaweicloudsdkservicestage.v3 import ServiceStageClient

from bench import expect, expect_status
from signing import Signature

URL = os.environ["RELEASE_EMULATOR_URL"]
PROJECT = os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]
AK, WRONG_SK = os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"][::-1]


def report(message: str, reason: str) -> None:
    """All that the user of such a program sees."""
    print(message)
    expect(reason in message, f"the reason is not told: {reason}")


pipelines, meshes = f"/v3/{PROJECT}/pipeline/pipelines", f"/v1/{PROJECT}/meshes"
fails = "verify aksk signature fail,canonicalRequest:GET|"

refused = requests.get(f"{URL}{pipelines}?limit=10", auth=Signature(AK, WRONG_SK), timeout=30)
report(expect_status(401, refused).json()["error_msg"], f"{fails}{pipelines}/|limit=10|host:{URL[7:]}|x-sdk-date:")

refused = requests.get(URL + meshes, auth=Signature(AK, WRONG_SK), timeout=30)
report(expect_status(401, refused).json()["errorMsg"], f"{fails}{meshes}/||host:{URL[7:]}|x-sdk-date:")

credentials = BasicCredentials(AK, WRONG_SK, PROJECT)
sdk = ServiceStageClient.new_builder().with_credentials(credentials).with_endpoint(URL).build()
try:
    sdk.call_api(pipelines, "GET", response_type=SdkResponse)
    raise SystemExit("a wrong secret is accepted")
except ClientRequestException as refusal:
    report(refusal.error_msg, f"{fails}{pipelines}/||content-type:application/json|host:{URL[7:]}|")

refused = requests.get(URL + pipelines, auth=Signature("UNKNOWNKEY", "any"), timeout=30)
report(expect_status(401, refused).json()["error_msg"], "ak:UNKNOWNKEY,err:ak not exist")
