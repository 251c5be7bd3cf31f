//! The headers in which a proxy says what its client asked for. Anybody can send them, so only `--trust-proxy` heeds them.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::head::WithinTls;

/// The header with the host that the client asked for.
pub const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The header with the scheme of the URL that it asked for.
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The request as the client of a proxy has sent it: to the host and in the scheme that it asked for. Its signature is of
/// that host.
pub async fn restore_asked(mut request: Request) -> Request {
    if let Some(host) = first(request.headers(), &FORWARDED_HOST)
        && host
            .parse::<Authority>()
            .is_ok_and(|host| !host.host().is_empty())
        && let Ok(host) = HeaderValue::from_str(host)
    {
        request.headers_mut().insert(header::HOST, host);
    }
    match first(request.headers(), &FORWARDED_PROTO) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => {
            request.extensions_mut().insert(WithinTls);
        }
        Some(scheme) if scheme.eq_ignore_ascii_case("http") => {
            request.extensions_mut().remove::<WithinTls>();
        }
        _ => {}
    }
    request
}

/// The first value of a header, which is that of the outermost proxy.
fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let values = headers.get(name)?.to_str().ok()?;
    values.split(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::FutureExt;

    use super::*;

    fn restored(headers: &[(&'static str, &'static str)]) -> (String, bool) {
        let mut request = Request::new(Body::empty());
        request
            .headers_mut()
            .insert(header::HOST, HeaderValue::from_static("10.0.0.7:4600"));
        for (name, value) in headers {
            let value = HeaderValue::from_static(value);
            request.headers_mut().insert(*name, value);
        }
        let request = restore_asked(request).now_or_never().unwrap();
        let host = request.headers()[header::HOST].to_str().unwrap().to_owned();
        (host, request.extensions().get::<WithinTls>().is_some())
    }

    #[test]
    fn the_outermost_proxy_tells_what_was_asked() {
        let host = ("x-forwarded-host", "iam.example.com, inner.example.com");
        let proto = ("x-forwarded-proto", "HTTPS,http");
        assert_eq!(
            restored(&[host, proto]),
            ("iam.example.com".to_owned(), true)
        );
        assert_eq!(restored(&[proto]), ("10.0.0.7:4600".to_owned(), true));
    }

    #[test]
    fn what_is_no_host_or_no_scheme_changes_nothing() {
        for value in ["", "a b", "a:b:c", ":80"] {
            let host = ("x-forwarded-host", value);
            let proto = ("x-forwarded-proto", value);
            assert_eq!(
                restored(&[host, proto]),
                ("10.0.0.7:4600".to_owned(), false),
                "{value}"
            );
        }
    }
}
