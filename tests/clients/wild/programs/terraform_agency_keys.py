#!/usr/bin/env python
"""Stands for Terraform with an agency and an access key: signs for a temporary key of the agency, then with it."""

import os

import requests

from bench import expect, expect_status
from signing import Signature

IAM = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"]
ASM = os.environ["HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4"]

own = Signature(os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"])
role = {"agency_name": os.environ["HW_ASSUME_ROLE_AGENCY_NAME"],
        "domain_name": os.environ["HW_ASSUME_ROLE_DOMAIN_NAME"], "duration_seconds": 86400}
assumed = requests.post(IAM + "/v3.0/OS-CREDENTIAL/securitytokens", auth=own, timeout=30, json={
    "auth": {"identity": {"methods": ["assume_role"], "assume_role": role}}})
key = expect_status(201, assumed).json()["credential"]
expect(key["access"] != os.environ["HUAWEICLOUD_SDK_AK"], "the key is the caller's own")

session = requests.Session()
session.auth = Signature(key["access"], key["secret"], key["securitytoken"])
projects = session.get(IAM + "/v3/projects", params={"name": os.environ["OS_REGION_NAME"]})
project, = expect_status(200, projects).json()["projects"]
expect(project["id"] != os.environ["HUAWEICLOUD_SDK_PROJECT_ID"], "the project is the caller's own")

session.headers["X-Project-Id"] = project["id"]
expect_status(200, session.get(f"{ASM}/v1/{project['id']}/meshes"))
expect_status(200, session.get(f"{ASM}/v1/meshes"))
# The agency may not list releases.
expect_status(403, session.get(f"{ASM}/v2/meshes/m1/releases"))
