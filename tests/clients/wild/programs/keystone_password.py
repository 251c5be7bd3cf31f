#!/usr/bin/env python
"""Stands for OpenStack clients by keystoneauth1: the version is found at the base URL, endpoints in the catalog."""

import os

from keystoneauth1.identity import generic
from keystoneauth1.session import Session

from bench import expect

for auth_url in [os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"], os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3"]:
    password = generic.Password(
        auth_url, username=os.environ["OS_USERNAME"], password=os.environ["OS_PASSWORD"],
        user_domain_name=os.environ["OS_USER_DOMAIN_NAME"], project_name=os.environ["OS_PROJECT_NAME"],
        project_domain_name=os.environ["OS_USER_DOMAIN_NAME"])
    session = Session(auth=password, timeout=30)

    expect(session.get_project_id() == os.environ["HUAWEICLOUD_SDK_PROJECT_ID"], "another project")
    region = {"region_name": os.environ["OS_REGION_NAME"], "interface": "public"}
    meshes = session.get("/meshes", endpoint_filter={"service_type": "asm"} | region).json()
    expect(meshes["items"] == [], f"not a list of meshes: {meshes}")
    plans = session.get("/cas/release-plans", endpoint_filter={"service_type": "servicestage"} | region).json()
    expect(plans["count"] == 0, f"not a list of plans: {plans}")

    projects = session.get("/auth/projects", endpoint_filter={"service_type": "identity"}).json()["projects"]
    expect([project["id"] for project in projects] == [session.get_project_id()], f"other projects: {projects}")
