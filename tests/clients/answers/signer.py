"""Signatures with an access key, `SDK-HMAC-SHA256`, as Huawei's SDKs make them."""

import hashlib
import hmac
from datetime import datetime, timezone
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"


def now():
    """The present instant as signatures spell it."""
    return datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def canonical_query(query):
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    return "&".join(sorted(f"{quote(unquote(k), safe='-_.~')}={quote(unquote(v), safe='-_.~')}" for k, v in pairs))


def sign(method, target, headers, body, key, date=None):
    """The headers of a request with those of its signature by `key`, a pair of AK and SK."""
    path, _, query = target.partition("?")
    path = quote(unquote(path), safe="/-_.~")
    headers = headers + [("X-Sdk-Date", date or now())]
    signed = sorted((name.lower(), value.strip()) for name, value in headers if name.lower() in ("host", "x-sdk-date"))
    names = ";".join(name for name, _ in signed)
    canonical = "\n".join([
        method, path if path.endswith("/") else path + "/", canonical_query(query),
        *(f"{name}:{value}" for name, value in signed), "", names, hashlib.sha256(body or b"").hexdigest()])
    date = dict(signed)["x-sdk-date"]
    text = f"{ALGORITHM}\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    code = hmac.new(key[1].encode(), text.encode(), hashlib.sha256).hexdigest()
    return headers + [("Authorization", f"{ALGORITHM} Access={key[0]}, SignedHeaders={names}, Signature={code}")]
