"""IAM by plain HTTP, as a program gets its token that does not sign."""

from typing import Any

import requests

TOKENS = "/v3/auth/tokens"
IN_NORTH = {"project": {"name": "cn-north-4"}}
IN_EAST = {"project": {"name": "cn-east-3"}}
IN_DOMAIN = {"domain": {"name": "acme"}}


def password_of(user: str, password: str | None = None, scope: Any = IN_NORTH) -> dict[str, Any]:
    """The body that asks for a token by password; without one, the password that the fixtures give."""
    named = {"name": user, "password": password or f"password-of-{user}", "domain": {"name": "acme"}}
    auth = {"identity": {"methods": ["password"], "password": {"user": named}}}
    return {"auth": auth | ({"scope": scope} if scope else {})}


def ask(url: str, body: Any, **query: str) -> requests.Response:
    """Asks for a token."""
    return requests.post(url + TOKENS, json=body, params=query, timeout=30)


def token(url: str, user: str = "ann", scope: Any = IN_NORTH) -> str:
    """A token of a user."""
    answer = ask(url, password_of(user, scope=scope))
    assert answer.status_code == 201, answer.text
    return answer.headers["X-Subject-Token"]


def look_up(url: str, caller: str, subject: str) -> requests.Response:
    """Asks what a token is good for."""
    return requests.get(url + TOKENS, headers={"X-Auth-Token": caller, "X-Subject-Token": subject}, timeout=30)


def revoke(url: str, caller: str, subject: str) -> requests.Response:
    """Takes a token back."""
    return requests.delete(url + TOKENS, headers={"X-Auth-Token": caller, "X-Subject-Token": subject}, timeout=30)
