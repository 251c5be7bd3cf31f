//! The headers that concern one connection, which a proxy does not pass on. Source: RFC 9110, section 7.6.1.

use axum::http::{HeaderMap, HeaderName, header};

const OF_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Removes the headers of the connection, and those that `Connection` names.
pub(super) fn remove(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        // Without them a message would have another meaning.
        .filter(|name| {
            ![header::HOST, header::CONTENT_LENGTH, header::AUTHORIZATION].contains(name)
        })
        .collect();
    for name in named.iter().chain(&OF_CONNECTION) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_connection_names_is_removed_and_the_rest_passes() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Own"),
            ("x-own", "1"),
            ("host", "a"),
            ("transfer-encoding", "chunked"),
            ("x-auth-token", "t"),
        ] {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        remove(&mut headers);
        let left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["host", "x-auth-token"]);
    }
}
