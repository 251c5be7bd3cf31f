//! The nested parts of an order: where things run, how they are set up, and what tags they have.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::families::asm::error::Error;
use crate::http::json::RawJson;

/// The preset provider of traces, which needs no entry of its own.
const PRESET_PROVIDER: &str = "apm-otel";

/// Where the mesh's components are installed.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmInstallation)]
pub struct Installation {
    /// The nodes. Required.
    #[schema(value_type = Selector, required = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<Selector>,
}

/// Where sidecars are injected.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmInjection)]
pub struct Injection {
    /// The namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespaces: Option<Selector>,
}

/// A choice of Kubernetes objects.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmSelector)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// By a field. Required.
    #[schema(value_type = FieldSelector, required = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    field_selector: Option<FieldSelector>,
}

/// A choice of Kubernetes objects by a field.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmFieldSelector)]
pub struct FieldSelector {
    /// The field. Required.
    #[schema(value_type = String, required = true, example = "UID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// `In`. Required.
    #[schema(value_type = String, required = true, example = "In", pattern = "^In$")]
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    /// The values. Required.
    #[schema(value_type = Vec<String>, required = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
}

impl Installation {
    /// Errors: 400 for what is missing or wrong.
    pub fn check(&self, place: &str) -> Result<(), Error> {
        let nodes = self.nodes.as_ref();
        let nodes = nodes.ok_or_else(|| Error::required(format_args!("{place}.nodes")))?;
        nodes.check(&format!("{place}.nodes"))
    }
}

impl Injection {
    /// Errors: 400 for what is missing or wrong.
    pub fn check(&self, place: &str) -> Result<(), Error> {
        match &self.namespaces {
            Some(namespaces) => namespaces.check(&format!("{place}.namespaces")),
            None => Ok(()),
        }
    }
}

impl Selector {
    fn check(&self, place: &str) -> Result<(), Error> {
        let place = format!("{place}.fieldSelector");
        let chosen = self.field_selector.as_ref();
        let chosen = chosen.ok_or_else(|| Error::required(&place))?;
        if chosen.key.is_none() {
            return Err(Error::required(format_args!("{place}.key")));
        }
        match chosen.operator.as_deref() {
            None => return Err(Error::required(format_args!("{place}.operator"))),
            Some("In") => {}
            Some(_) => return Err(Error::at(format_args!("{place}.operator"), "must be In")),
        }
        if chosen.values.is_none() {
            return Err(Error::required(format_args!("{place}.values")));
        }
        Ok(())
    }
}

/// A tag of the resource.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmTag)]
pub struct Tag {
    /// 1 to 128 letters of any script, digits, spaces and `_.:/=+-@`, not beginning with `_sys_`. Required.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 128)]
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// As the key, but up to 255 and perhaps none. Required.
    #[schema(value_type = String, required = true, max_length = 255)]
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl Tag {
    /// Errors: 400 for what is missing or wrong.
    pub fn check(&self, n: usize) -> Result<(), Error> {
        let allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
        let place = |part: &str| format!("spec.tags[{n}].{part}");
        let key = self.key.as_deref();
        let key = key.ok_or_else(|| Error::required(place("key")))?;
        if key.is_empty() || key.chars().count() > 128 || !key.chars().all(allowed) {
            return Err(Error::at(
                place("key"),
                "must have 1 to 128 letters, digits, spaces and _.:/=+-@",
            ));
        }
        if key.starts_with("_sys_") {
            return Err(Error::at(place("key"), "must not begin with _sys_"));
        }
        let value = self.value.as_deref();
        let value = value.ok_or_else(|| Error::required(place("value")))?;
        if value.chars().count() > 255 || !value.chars().all(allowed) {
            return Err(Error::at(
                place("value"),
                "must have at most 255 letters, digits, spaces and _.:/=+-@",
            ));
        }
        Ok(())
    }
}

/// How data plane and telemetry are set up.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmMeshConfig)]
#[serde(rename_all = "camelCase")]
pub struct MeshConfig {
    /// What is reported where.
    #[serde(skip_serializing_if = "Option::is_none")]
    telemetry_config: Option<TelemetryConfig>,
    /// Which traffic passes through the sidecars.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_config: Option<ProxyConfig>,
}

/// Which traffic passes through the sidecars: lists, separated by commas.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmProxyConfig)]
pub struct ProxyConfig {
    /// Ranges of addresses that do.
    #[serde(rename = "includeIPRanges", skip_serializing_if = "Option::is_none")]
    include_ip_ranges: Option<String>,
    /// Ranges of addresses that do not.
    #[serde(rename = "excludeIPRanges", skip_serializing_if = "Option::is_none")]
    exclude_ip_ranges: Option<String>,
    /// Outbound ports that do not.
    #[serde(
        rename = "excludeOutboundPorts",
        skip_serializing_if = "Option::is_none"
    )]
    exclude_outbound_ports: Option<String>,
    /// Inbound ports that do not.
    #[serde(
        rename = "excludeInboundPorts",
        skip_serializing_if = "Option::is_none"
    )]
    exclude_inbound_ports: Option<String>,
    /// Outbound ports that do.
    #[serde(
        rename = "includeOutboundPorts",
        skip_serializing_if = "Option::is_none"
    )]
    include_outbound_ports: Option<String>,
    /// Inbound ports that do.
    #[serde(
        rename = "includeInboundPorts",
        skip_serializing_if = "Option::is_none"
    )]
    include_inbound_ports: Option<String>,
}

/// What is reported where.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmTelemetryConfig)]
#[serde(rename_all = "camelCase")]
pub struct TelemetryConfig {
    /// Metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<MetricsConfig>,
    /// Access logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_logging: Option<AccessLogging>,
    /// Traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracing: Option<Tracing>,
}

/// Where metrics go.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmMetrics)]
pub struct MetricsConfig {
    /// Instances of AOM.
    #[serde(skip_serializing_if = "Option::is_none")]
    aom: Option<Vec<Aom>>,
}

/// An instance of AOM.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmAom)]
pub struct Aom {
    /// The instance.
    #[serde(rename = "instanceID", skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
}

/// Where access logs go.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmAccessLogging)]
pub struct AccessLogging {
    /// Log streams of LTS.
    #[serde(skip_serializing_if = "Option::is_none")]
    lts: Option<Vec<Lts>>,
}

/// A log stream of LTS.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmLts)]
pub struct Lts {
    /// The log group.
    #[serde(rename = "logGroupID", skip_serializing_if = "Option::is_none")]
    log_group_id: Option<String>,
    /// The log stream.
    #[serde(rename = "logStreamID", skip_serializing_if = "Option::is_none")]
    log_stream_id: Option<String>,
}

/// How traces are taken.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmTracing)]
#[serde(rename_all = "camelCase")]
pub struct Tracing {
    /// How many requests are traced, in percent.
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    random_sampling_percentage: Option<RawJson>,
    /// Where they go: names of `extensionProviders`, or `apm-otel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_providers: Option<Vec<String>>,
    /// Providers of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    extension_providers: Option<Vec<Provider>>,
}

/// A provider of traces.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmTracingProvider)]
pub struct Provider {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A Zipkin.
    #[serde(skip_serializing_if = "Option::is_none")]
    zipkin: Option<Zipkin>,
}

/// A Zipkin.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = AsmZipkin)]
pub struct Zipkin {
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<i32>,
}

impl MeshConfig {
    /// Errors: 400 for what is wrong.
    pub fn check(&self) -> Result<(), Error> {
        const PLACE: &str = "spec.config.telemetryConfig.tracing";
        let telemetry = self.telemetry_config.as_ref();
        let Some(tracing) = telemetry.and_then(|telemetry| telemetry.tracing.as_ref()) else {
            return Ok(());
        };
        let percentage = tracing.random_sampling_percentage.as_ref();
        if percentage.is_some_and(|percentage| percentage.read::<f64>().is_err()) {
            return Err(Error::at(
                format_args!("{PLACE}.randomSamplingPercentage"),
                "must be a number",
            ));
        }
        let known = |name: &String| {
            let mut providers = tracing.extension_providers.iter().flatten();
            name == PRESET_PROVIDER
                || providers.any(|provider| provider.name.as_ref() == Some(name))
        };
        let named = tracing.default_providers.iter().flatten();
        match named.into_iter().position(|name| !known(name)) {
            Some(n) => Err(Error::at(
                format_args!("{PLACE}.defaultProviders[{n}]"),
                format_args!("must be a name out of extensionProviders, or {PRESET_PROVIDER}"),
            )),
            None => Ok(()),
        }
    }
}
