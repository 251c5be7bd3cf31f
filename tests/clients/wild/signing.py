"""Signatures as programs make them that have no SDK: over Host, Content-Type and every header that begins with X-."""

import hashlib
import hmac
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import requests
from requests.auth import AuthBase


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


class Signature(AuthBase):
    """Signs the requests of a session with an access key, and with the security token of a temporary one."""

    def __init__(self, ak: str, sk: str, security_token: str | None = None) -> None:
        self._ak, self._sk = ak, sk
        self._headers = {"X-Security-Token": security_token} if security_token else {}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        url = urlsplit(request.url)
        request.headers.update({"Host": url.netloc, "X-Sdk-Date": date, **self._headers})
        signed = sorted((name.lower(), value.strip()) for name, value in request.headers.items()
                        if name.lower() in {"content-type", "host"} or name.startswith("X-"))
        names = ";".join(name for name, _ in signed)
        body = request.body or b""
        segments = [_encoded(unquote(segment)) for segment in url.path.split("/") if segment]
        pairs = sorted(f"{_encoded(name)}={_encoded(value)}" for name, value in parse_qsl(url.query, True))
        canonical = "\n".join([
            request.method, "/".join(["", *segments, ""]), "&".join(pairs),
            *(f"{name}:{value}" for name, value in signed), "", names,
            hashlib.sha256(body if isinstance(body, bytes) else body.encode()).hexdigest()])
        text = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._sk.encode(), text.encode(), hashlib.sha256).hexdigest()
        request.headers["Authorization"] = (
            f"SDK-HMAC-SHA256 Access={self._ak}, SignedHeaders={names}, Signature={signature}")
        return request
