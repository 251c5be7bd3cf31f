//! Numbers for Prometheus.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::dialect::Control;
use crate::http::response;
use crate::registry::World;
use crate::server::worlds::WorldContext;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Resource {
    family: &'static str,
    status: String,
}

/// Counts requests by operation and status, how long they took, resources by family and status, worlds, what the journal
/// holds, and the memory of the process: text for Prometheus.
///
/// # Panics
/// Never: writing to a text does not fail.
#[utoipa::path(get, path = "/_emulator/v1/metrics", operation_id = "ShowMetrics", tag = "control",
    responses((status = 200, description = "OpenMetrics text",
    content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8", body = String)))]
pub(super) async fn show_metrics(
    State(Control(world)): State<Control>,
    seat: Option<Extension<WorldContext>>,
) -> Response {
    let mut text = String::new();
    // A world without others around it is one.
    let n_worlds = seat.map_or(1, |Extension(seat)| seat.host.list().len());
    let present = present(&world, n_worlds);
    encode_registry(&mut text, world.recorder().metrics.registry())
        .and_then(|()| encode_registry(&mut text, &present))
        .and_then(|()| encode_eof(&mut text))
        .expect("a text takes everything");
    response::answer(StatusCode::OK, CONTENT_TYPE, text)
}

/// What is at present, as against what was counted.
fn present(world: &World, n_worlds: usize) -> Registry {
    let mut registry = Registry::with_prefix("release_emulator");
    let resources = Family::<Resource, Gauge>::default();
    let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    world.read(|tables, _| {
        for ((family, status), things) in tables.count_by_status() {
            let status = status.to_owned();
            let resource = Resource { family, status };
            resources.get_or_create(&resource).set(number(things));
        }
    });
    registry.register("resources", "Resources by family and status", resources);
    let gauge = |value: usize| -> Gauge {
        let gauge = Gauge::default();
        gauge.set(number(value));
        gauge
    };
    registry.register("worlds", "Worlds of the process", gauge(n_worlds));
    let stats = world.recorder().journal.stats();
    registry.register(
        "journal_requests",
        "Requests in the journal",
        gauge(stats.entries),
    );
    registry.register_with_unit(
        "journal_size",
        "What the journal takes, about",
        Unit::Bytes,
        gauge(stats.bytes),
    );
    let dropped = usize::try_from(stats.dropped).unwrap_or(usize::MAX);
    registry.register(
        "journal_dropped",
        "Requests that the journal had no room for since it was last emptied",
        gauge(dropped),
    );
    if let Some(resident) = resident_bytes() {
        registry.register_with_unit(
            "process_resident_memory",
            "Memory of the process",
            Unit::Bytes,
            gauge(resident),
        );
    }
    registry
}

/// The resident memory of the process, where the system tells it.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
