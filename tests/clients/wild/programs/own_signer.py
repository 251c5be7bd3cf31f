#!/usr/bin/env python
"""Stands for command lines with a signer of their own: the cloud's Host is signed and sent, little else."""

import hashlib
import hmac
import os
from datetime import datetime, timezone

import requests

from bench import expect_status

URL = os.environ["HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4"]
HOST = "servicestage.cn-north-4.myhuaweicloud.com"
PIPELINES = f"/v3/{os.environ['HUAWEICLOUD_SDK_PROJECT_ID']}/pipeline/pipelines"


def call(method: str, path: str, query: str = "", body: str = "") -> requests.Response:
    date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    request = (f"{method}\n{path}/\n{query}\nhost:{HOST}\nx-sdk-date:{date}\n\nhost;x-sdk-date\n"
               + hashlib.sha256(body.encode()).hexdigest())
    text = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(os.environ["HUAWEICLOUD_SDK_SK"].encode(), text.encode(), hashlib.sha256).hexdigest()
    headers = {
        "Host": HOST, "X-Sdk-Date": date, "Content-Type": "application/json", "User-Agent": "Go-http-client/1.1",
        "Authorization": f"SDK-HMAC-SHA256 Access={os.environ['HUAWEICLOUD_SDK_AK']}, "
                         f"SignedHeaders=host;x-sdk-date, Signature={signature}"}
    return requests.request(method, f"{URL}{path}?{query}", headers=headers, data=body, timeout=30)


created = call("POST", PIPELINES, body='{"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [\n'
                                       '  {"name": "build", "tasks": [{"name": "compile"}]}]}\n')
pipeline = f"{PIPELINES}/{expect_status(200, created).json()['id']}"
expect_status(200, call("POST", f"{pipeline}/action", "action_id=start"))
expect_status(200, call("GET", PIPELINES, "limit=10&offset=0"))
