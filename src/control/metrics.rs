//! The metrics for Prometheus.

use std::sync::atomic::AtomicU64;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use strum::VariantArray;

use super::dialect::Control;
use super::prometheus_text::{PROMETHEUS_TEXT, prefers_prometheus_text, to_prometheus_text};
use crate::http::response;
use crate::registry::World;
use crate::server::worlds::{WorldContext, WorldServer};
use crate::sim::memory::MemoryPart;
use crate::storage::LogStats;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResourceLabels {
    family: &'static str,
    status: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartLabels {
    part: &'static str,
}

/// Shows metrics for Prometheus.
///
/// Requests by operation and status with their durations, resources by family and status, worlds, connections, the size
/// of the journal, the memory that each part uses with its limit, and the memory of the process. They are `OpenMetrics` text, or Prometheus text 0.0.4 if `Accept` prefers
/// `text/plain`. The same is at `/metrics`.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/metrics", operation_id = "ShowMetrics", tag = "control",
    responses((status = 200, description = "OpenMetrics or Prometheus text",
        content((String = "application/openmetrics-text"), (String = "text/plain"))))))]
pub(super) async fn show_metrics(
    State(Control(world)): State<Control>,
    context: Option<Extension<WorldContext>>,
    headers: HeaderMap,
) -> Response {
    let mut text = String::new();
    let host = context.map(|Extension(context)| context.host);
    let present = present(&world, host.as_ref());
    encode_registry(&mut text, world.recorder().metrics.registry())
        .and_then(|()| encode_registry(&mut text, &present))
        .and_then(|()| encode_eof(&mut text))
        .expect("writing to a text does not fail");
    if prefers_prometheus_text(&headers) {
        let text = to_prometheus_text(&text);
        return response::answer(StatusCode::OK, PROMETHEUS_TEXT, text);
    }
    response::answer(StatusCode::OK, OPEN_METRICS, text)
}

/// The gauges, computed from the present state; counters are kept by the recorder.
fn present(world: &World, host: Option<&WorldServer>) -> Registry {
    let mut registry = Registry::with_prefix("release_emulator");
    let resources = Family::<ResourceLabels, Gauge>::default();
    let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    world.read(|database, _| {
        for ((family, status), count) in database.count_by_status() {
            let labels = ResourceLabels {
                family,
                status: status.to_owned(),
            };
            resources.get_or_create(&labels).set(number(count));
        }
    });
    registry.register("resources", "Resources by family and status", resources);
    let gauge = |value: usize| -> Gauge {
        let gauge = Gauge::default();
        gauge.set(number(value));
        gauge
    };
    // Without a process around it, a world is the only one.
    let n_worlds = host.map_or(1, |host| host.list().len());
    registry.register("worlds", "Worlds of the process", gauge(n_worlds));
    if let Some(connections) = host.map(WorldServer::connections) {
        registry.register(
            "connections",
            "Open connections of the process",
            gauge(connections.n_open()),
        );
        let refused = Counter::<u64>::default();
        refused.inc_by(connections.n_refused());
        registry.register(
            "connections_refused",
            "Connections refused since there were too many",
            refused,
        );
    }
    let stats = world.recorder().journal.stats();
    registry.register(
        "journal_requests",
        "Requests in the journal",
        gauge(stats.entries),
    );
    registry.register_with_unit(
        "journal_size",
        "Approximate size of the journal",
        Unit::Bytes,
        gauge(stats.bytes),
    );
    let dropped = usize::try_from(stats.dropped).unwrap_or(usize::MAX);
    registry.register(
        "journal_dropped",
        "Requests dropped from the journal since it was last emptied",
        gauge(dropped),
    );
    register_memory(&mut registry, world);
    if let Some(earliest) = world.earliest() {
        // Virtual time, as a clock of Prometheus counts it.
        #[expect(clippy::cast_precision_loss, reason = "a millisecond more or less")]
        let seconds = earliest.at as f64 / 1_000.0;
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(seconds);
        registry.register_with_unit(
            "history_earliest_timestamp",
            "Earliest instant of the past that can be reached, in virtual time since 1970",
            Unit::Seconds,
            gauge,
        );
    }
    if let Some(durability) = world.recorder().durability() {
        register_log(
            &mut registry,
            &durability.stats(),
            durability.waits_for_disk(),
        );
    }
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

/// The log on disk.
fn register_log(registry: &mut Registry, stats: &LogStats, waits_for_disk: bool) {
    let sizes = [
        (
            "log_size",
            "Size of the stored commands since the base",
            stats.log_bytes,
        ),
        ("log_base_size", "Size of the stored base", stats.base_bytes),
        (
            "log_unwritten",
            "Accepted commands that wait for the disk",
            stats.unwritten_bytes,
        ),
    ];
    for (name, help, bytes) in sizes {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        registry.register_with_unit(name, help, Unit::Bytes, gauge);
    }
    let last_commit = if waits_for_disk {
        stats.last_sync
    } else {
        stats.last_append
    };
    let durations = [
        (
            "last_commit",
            "Time that the last command took to be stored",
            last_commit,
        ),
        (
            "last_compaction",
            "Time that the last compaction took",
            stats.last_compaction,
        ),
    ];
    for (name, help, duration) in durations {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(duration.as_secs_f64());
        registry.register_with_unit(name, help, Unit::Seconds, gauge);
    }
    let compactions = Counter::<u64>::default();
    compactions.inc_by(stats.n_compactions);
    registry.register(
        "compactions",
        "Compactions of the log since the start",
        compactions,
    );
}

/// The memory of each part: the bytes that it uses in all worlds, their limit, and the bytes of this world.
fn register_memory(registry: &mut Registry, world: &World) {
    let memory = &world.settings().memory;
    let [used, limit, own] = [(); 3].map(|()| Family::<PartLabels, Gauge>::default());
    let number = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
    for part in MemoryPart::VARIANTS {
        let labels = PartLabels {
            part: (*part).into(),
        };
        used.get_or_create(&labels).set(number(memory.used(*part)));
        limit
            .get_or_create(&labels)
            .set(number(memory.limit(*part)));
        if let Some(bytes) = world.bytes(*part) {
            own.get_or_create(&labels).set(number(bytes));
        }
    }
    let families = [
        (
            "memory_used",
            "Memory that all worlds use, approximately, by part",
            used,
        ),
        ("memory_limit", "Limit of that memory, by part", limit),
        (
            "world_memory_used",
            "Memory that this world uses, approximately, by part",
            own,
        ),
    ];
    for (name, help, family) in families {
        registry.register_with_unit(name, help, Unit::Bytes, family);
    }
}

/// The resident memory of the process, on systems with `/proc`.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
