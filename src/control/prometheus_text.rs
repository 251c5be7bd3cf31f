//! Prometheus text 0.0.4, in which `promtool` and older collectors read metrics.

use axum::http::HeaderMap;

use crate::http::accept::prefers;

pub(super) const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// True if a client prefers `text/plain` to `OpenMetrics`. One that names neither gets `OpenMetrics`.
pub(super) fn prefers_prometheus_text(headers: &HeaderMap) -> bool {
    prefers(headers, &["text/plain"], &["application/openmetrics-text"])
}

/// Rewrites `OpenMetrics` text: a counter is described under its full name, and there are no units and no end.
pub(super) fn to_prometheus_text(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            help = described.split_once(' ');
        } else if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|described| described.split_once(' '))
        {
            let suffix = if kind == "counter" { "_total" } else { "" };
            if let Some((_, help)) = help.take().filter(|(described, _)| *described == name) {
                text.extend(["# HELP ", name, suffix, " ", help, "\n"]);
            }
            text.extend(["# TYPE ", name, suffix, " ", kind, "\n"]);
        } else if !line.starts_with('#') {
            text.extend([line, "\n"]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    #[test]
    fn a_client_gets_what_it_prefers() {
        let prefers_text = |accept| {
            let accept = HeaderValue::from_static(accept);
            prefers_prometheus_text(&HeaderMap::from_iter([(header::ACCEPT, accept)]))
        };
        assert!(!prefers_prometheus_text(&HeaderMap::new()));
        for (accept, expected) in [
            ("*/*", false),
            ("text/html, */*", false),
            ("text/plain", true),
            ("text/plain;version=0.0.4", true),
            ("application/openmetrics-text", false),
            (
                "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                false,
            ),
            ("application/openmetrics-text;q=0.2, text/plain;q=0.3", true),
        ] {
            assert_eq!(prefers_text(accept), expected, "{accept}");
        }
    }

    #[test]
    fn a_counter_is_described_under_its_full_name() {
        let open_metrics = "# HELP a_requests Requests.\n# TYPE a_requests counter\na_requests_total{x=\"# 1\"} 1\n\
            # HELP a_bytes Size.\n# TYPE a_bytes gauge\n# UNIT a_bytes bytes\na_bytes 2\n# EOF\n";
        assert_eq!(
            to_prometheus_text(open_metrics),
            "# HELP a_requests_total Requests.\n# TYPE a_requests_total counter\na_requests_total{x=\"# 1\"} 1\n\
            # HELP a_bytes Size.\n# TYPE a_bytes gauge\na_bytes 2\n"
        );
    }
}
