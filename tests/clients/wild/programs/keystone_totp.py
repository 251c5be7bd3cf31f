#!/usr/bin/env python
"""Stands for OpenStack clients by keystoneauth1 with login protection: a password and a one-time code."""

import base64
import hashlib
import hmac
import os

from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from bench import expect, now, wait

AUTH_URL = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3"
SCOPE = {"project_name": os.environ["OS_PROJECT_NAME"], "project_domain_name": os.environ["OS_USER_DOMAIN_NAME"]}


def passcode() -> str:
    """The code of this half minute, as a phone shows it."""
    counter = int(now().timestamp()) // 30
    digest = hmac.new(base64.b32decode(os.environ["MFA_SECRET"]), counter.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{int.from_bytes(digest[offset:offset + 4], 'big') % 2**31 % 10**6:06}"


def log_in(user_id: str, code: str) -> Session:
    return Session(timeout=30, auth=v3.MultiFactor(
        AUTH_URL, auth_methods=["v3password", "v3totp"], user_id=user_id, password=os.environ["MFA_PASSWORD"],
        passcode=code, **SCOPE))


def expect_refused(session: Session, what: str) -> None:
    try:
        session.get_token()
    except exceptions.Unauthorized:
        return
    raise SystemExit(f"{what} is accepted")


# The administrator of the account tells the user's id.
admin = Session(timeout=30, auth=v3.Password(
    AUTH_URL, username=os.environ["OS_USERNAME"], password=os.environ["OS_PASSWORD"],
    user_domain_name=os.environ["OS_USER_DOMAIN_NAME"], **SCOPE))
user, = admin.get(AUTH_URL + "/users", params={"name": os.environ["MFA_USERNAME"]}).json()["users"]
user_id = user["id"]

code = passcode()
session = log_in(user_id, code)
shown = session.get(AUTH_URL + "/auth/tokens", headers={"X-Subject-Token": session.get_token()}).json()["token"]
expect(shown["methods"] == ["password", "totp"], f"other methods: {shown['methods']}")

without = v3.Password(AUTH_URL, user_id=user_id, password=os.environ["MFA_PASSWORD"], **SCOPE)
expect_refused(Session(auth=without, timeout=30), "a password without a code")
expect_refused(log_in(user_id, f"{(int(code) + 1) % 10**6:06}"), "a wrong code")
wait(120)
expect_refused(log_in(user_id, code), "a code of two minutes ago")
log_in(user_id, passcode()).get_token()
