"""The official SDK as an application uses it: clients for the users of the fixtures, raw calls, refusals."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import requests
from huaweicloudsdkasm.v1 import AsmClient
from huaweicloudsdkcore.auth.credentials import BasicCredentials, Credentials
from huaweicloudsdkcore.client import Client
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException, ServiceResponseException
from huaweicloudsdkcore.http.http_handler import HttpHandler
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.sdk_response import SdkResponse
from huaweicloudsdkservicestage.v3 import ServiceStageClient

from given import FIXTURES

# The projects of the fixtures, by the region that each is named after.
NORTH = "0605767aee00d2562f3cc0123456789a"
EAST = "1716878bff11e3673f4dd1234567890b"


@dataclass(frozen=True)
class Key:
    """An access key of the fixtures."""

    ak: str
    sk: str
    user: str
    security_token: str | None = None


# Ann may do everything, bob little, eve nothing. The third is a temporary key of ann's.
ANN, BOB, TEMPORARY, EVE = (Key(**key) for key in json.loads(FIXTURES.read_text())["identities"]["access_keys"])
WRONG_SK = Key(ANN.ak, BOB.sk, "ann")
UNKNOWN_AK = Key("EMULATORACCESSKEY999", ANN.sk, "nobody")

AnyClient = TypeVar("AnyClient", bound=Client)


def forget() -> None:
    """Empties what the SDK keeps for the life of a process: the projects and domains it has discovered."""
    Credentials._CACHE.clear()


def credentials(key: Key = ANN, project: str | None = NORTH) -> BasicCredentials:
    return BasicCredentials(key.ak, key.sk, project).with_security_token(key.security_token)


def build(kind: type[AnyClient], url: str, made: Credentials, config: Any = None, handler: Any = None) -> AnyClient:
    builder = kind.new_builder().with_credentials(made).with_endpoint(url)
    return builder.with_http_config(config).with_http_handler(handler).build()


def asm(url: str, key: Key = ANN, project: str | None = NORTH, **more: Any) -> AsmClient:
    return build(AsmClient, url, credentials(key, project), **more)


def stage(url: str, key: Key = ANN, project: str | None = NORTH, **more: Any) -> ServiceStageClient:
    return build(ServiceStageClient, url, credentials(key, project), **more)


class Answer(SdkResponse):
    """The answer to a raw call. `call_api` fills a model, so there must be one, if only for a header."""

    openapi_types = {"request_id": "str"}
    attribute_map = {"request_id": "X-Request-Id"}

    def __init__(self, request_id: str | None = None) -> None:
        super().__init__()
        self.request_id = request_id

    @property
    def json(self) -> Any:
        """The body, or None if it is empty."""
        return self.to_json_object()


def call(client: Client, method: str, path: str, body: Any = None, query: Any = None,
         headers: dict[str, str] | None = None, **names: str) -> Answer:
    """A raw call. The SDK fills `{project_id}` from its credentials, and other names of the path from `names`."""
    return client.call_api(path, method, path_params=names, query_params=query, header_params=headers or {},
                           body=body, response_type=Answer, response_headers=["X-Request-Id"])


def with_token(token: str) -> dict[str, str]:
    """Headers for a call that carries a token. The empty Authorization keeps the SDK from signing."""
    return {"X-Auth-Token": token, "Authorization": ""}


class Tap:
    """Listens to a client: what the SDK sent last, signed, and what it got."""

    request: SdkRequest
    response: requests.Response

    def __init__(self) -> None:
        self.handler = HttpHandler().add_request_handler(self._sent).add_response_handler(self._got)

    def _sent(self, request: SdkRequest, **_: Any) -> None:
        self.request = request

    def _got(self, response: requests.Response, **_: Any) -> None:
        self.response = response


def starting(text: str) -> re.Pattern[str]:
    """A message that begins with this and goes on in words that are the emulator's own."""
    return re.compile(re.escape(text) + ".+", re.DOTALL)


def unverified(text: str) -> re.Pattern[str]:
    """A message on a signature, which may go on with the canonical request."""
    return re.compile(re.escape(text) + "(,canonicalRequest:.+)?", re.DOTALL)


@contextmanager
def refused(status: int, code: str, message: str | re.Pattern[str]
            ) -> Iterator[pytest.ExceptionInfo[ServiceResponseException]]:
    """The block is refused with these, as the SDK reports it, and with an id by which the request can be named."""
    with pytest.raises(ServiceResponseException) as caught:
        yield caught
    refusal = caught.value
    assert (refusal.status_code, refusal.error_code) == (status, code), str(refusal)
    if isinstance(message, str):
        assert refusal.error_msg == message
    else:
        assert message.fullmatch(refusal.error_msg), refusal.error_msg
    assert re.fullmatch("[0-9a-f]{32}", refusal.request_id)
    assert isinstance(refusal, ClientRequestException) == (status < 500)
