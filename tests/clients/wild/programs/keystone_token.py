#!/usr/bin/env python
"""Stands for OpenStack clients by keystoneauth1 with a token: another scope for it, and its revocation."""

import os

from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from bench import expect

AUTH_URL = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3"

of_account = Session(timeout=30, auth=v3.Password(
    AUTH_URL, username=os.environ["OS_USERNAME"], password=os.environ["OS_PASSWORD"],
    user_domain_name=os.environ["OS_USER_DOMAIN_NAME"], domain_name=os.environ["OS_USER_DOMAIN_NAME"]))
expect(of_account.get_project_id() is None, "the token of an account has a project")

of_project = Session(timeout=30, auth=v3.Token(
    AUTH_URL, of_account.get_token(), project_name=os.environ["OS_PROJECT_NAME"],
    project_domain_name=os.environ["OS_USER_DOMAIN_NAME"]))
expect(of_project.get_project_id() == os.environ["HUAWEICLOUD_SDK_PROJECT_ID"], "another project")
expect(of_project.get_user_id() == of_account.get_user_id(), "another user")
meshes = of_project.get("/meshes", endpoint_filter={"service_type": "asm"}).json()
expect(meshes["kind"] == "MeshList", f"not a list of meshes: {meshes}")

own = {"X-Subject-Token": of_project.get_token()}
shown = of_project.get(AUTH_URL + "/auth/tokens", headers=own).json()["token"]
expect(shown["methods"] == ["token"], f"other methods: {shown['methods']}")
of_account.delete(AUTH_URL + "/auth/tokens", headers=own)
try:
    of_account.get(AUTH_URL + "/auth/tokens", headers=own)
    raise SystemExit("a revoked token is shown")
except exceptions.NotFound:
    pass
