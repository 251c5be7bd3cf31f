//! The nested parts of a mesh's specification: installation, injection, tags and configuration.

use serde::{Deserialize, Serialize};

use crate::families::asm::fields::{ensure, ensure_like, fixed, required};
use crate::http::json::RawJson;
use crate::world::fixture::ValidationError;

/// The preset provider of traces, which needs no entry in `extensionProviders`.
const PRESET_PROVIDER: &str = "apm-otel";

/// The nodes on which the mesh's components are installed.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmInstallation))]
pub struct Installation {
    /// The nodes. Required.
    #[cfg_attr(test, schema(value_type = Selector, required = true))]
    nodes: Option<Selector>,
}

/// The namespaces in which sidecars are injected.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmInjection))]
pub struct Injection {
    /// The namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespaces: Option<Selector>,
}

/// A selection of Kubernetes objects.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmSelector))]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// Selects by a field. Required.
    #[cfg_attr(test, schema(value_type = FieldSelector, required = true))]
    field_selector: Option<FieldSelector>,
}

/// A selection of Kubernetes objects by a field.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmFieldSelector))]
pub struct FieldSelector {
    /// The field. Required.
    #[cfg_attr(test, schema(value_type = String, required = true, example = "UID"))]
    key: Option<String>,
    /// `In`. Required.
    #[cfg_attr(test, schema(value_type = SelectionOperator, required = true))]
    operator: Option<String>,
    /// The values. Required.
    #[cfg_attr(test, schema(value_type = Vec<String>, required = true))]
    values: Option<Vec<String>>,
}

/// The operator of a selection.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmSelectionOperator))]
#[expect(dead_code, reason = "only the schema uses it")]
enum SelectionOperator {
    In,
}

impl Installation {
    pub fn check(&self) -> Result<(), ValidationError> {
        required("nodes", self.nodes.as_ref())?.check("nodes")
    }
}

impl Injection {
    pub fn check(&self) -> Result<(), ValidationError> {
        let namespaces = self.namespaces.as_ref();
        namespaces.map_or(Ok(()), |selector| selector.check("namespaces"))
    }
}

impl Selector {
    fn check(&self, own_path: &str) -> Result<(), ValidationError> {
        let path = format!("{own_path}.fieldSelector");
        let field_selector = required(&path, self.field_selector.as_ref())?;
        required(format_args!("{path}.key"), field_selector.key.as_ref())?;
        let path_of_operator = format!("{path}.operator");
        let operator = required(&path_of_operator, field_selector.operator.as_deref())?;
        fixed(&path_of_operator, Some(operator), "In")?;
        required(
            format_args!("{path}.values"),
            field_selector.values.as_ref(),
        )
        .map(|_| ())
    }
}

/// A tag of the resource.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmTag))]
pub struct Tag {
    /// 1 to 128 letters of any script, digits, spaces and `_.:/=+-@`, not beginning with `_sys_`. Required.
    #[cfg_attr(test, schema(value_type = String, required = true, min_length = 1, max_length = 128))]
    key: Option<String>,
    /// Up to 255 characters of those allowed in a key. Required, may be empty.
    #[cfg_attr(test, schema(value_type = String, required = true, max_length = 255))]
    value: Option<String>,
}

impl Tag {
    pub fn check(&self) -> Result<(), ValidationError> {
        let is_allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
        let key = required("key", self.key.as_deref())?;
        let is_key = (1..=128).contains(&key.chars().count()) && key.chars().all(is_allowed);
        let rule = "must have 1 to 128 letters, digits, spaces and _.:/=+-@";
        ensure_like(is_key, "key", rule, key)?;
        let is_own = !key.starts_with("_sys_");
        ensure(is_own, "key", "must not begin with _sys_")?;
        let value = required("value", self.value.as_deref())?;
        let is_value = value.chars().count() <= 255 && value.chars().all(is_allowed);
        let rule = "must have at most 255 letters, digits, spaces and _.:/=+-@";
        ensure_like(is_value, "value", rule, value)
    }
}

/// The settings of data plane and telemetry.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshConfig))]
#[serde(rename_all = "camelCase")]
pub struct MeshConfig {
    /// The destinations of metrics, access logs and traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    telemetry_config: Option<TelemetryConfig>,
    /// The traffic that passes through the sidecars.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_config: Option<ProxyConfig>,
}

/// The traffic that passes through the sidecars, in comma-separated lists.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmProxyConfig))]
#[serde(rename_all = "camelCase")]
pub struct ProxyConfig {
    /// Address ranges whose traffic passes through.
    #[serde(rename = "includeIPRanges", skip_serializing_if = "Option::is_none")]
    include_ip_ranges: Option<String>,
    /// Address ranges whose traffic bypasses the sidecars.
    #[serde(rename = "excludeIPRanges", skip_serializing_if = "Option::is_none")]
    exclude_ip_ranges: Option<String>,
    /// Outbound ports whose traffic bypasses the sidecars.
    #[serde(skip_serializing_if = "Option::is_none")]
    exclude_outbound_ports: Option<String>,
    /// Inbound ports whose traffic bypasses the sidecars.
    #[serde(skip_serializing_if = "Option::is_none")]
    exclude_inbound_ports: Option<String>,
    /// Outbound ports whose traffic passes through.
    #[serde(skip_serializing_if = "Option::is_none")]
    include_outbound_ports: Option<String>,
    /// Inbound ports whose traffic passes through.
    #[serde(skip_serializing_if = "Option::is_none")]
    include_inbound_ports: Option<String>,
}

/// The destinations of metrics, access logs and traces.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmTelemetryConfig))]
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

/// The destinations of metrics.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMetrics))]
pub struct MetricsConfig {
    /// Instances of AOM.
    #[serde(skip_serializing_if = "Option::is_none")]
    aom: Option<Vec<Aom>>,
}

/// An instance of AOM.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmAom))]
pub struct Aom {
    /// The instance. Required.
    #[serde(rename = "instanceID")]
    #[cfg_attr(test, schema(value_type = String, required = true))]
    instance_id: Option<String>,
}

/// The destinations of access logs.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmAccessLogging))]
pub struct AccessLogging {
    /// Log streams of LTS.
    #[serde(skip_serializing_if = "Option::is_none")]
    lts: Option<Vec<Lts>>,
}

/// A log stream of LTS.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmLts))]
pub struct Lts {
    /// The log group.
    #[serde(rename = "logGroupID", skip_serializing_if = "Option::is_none")]
    log_group_id: Option<String>,
    /// The log stream.
    #[serde(rename = "logStreamID", skip_serializing_if = "Option::is_none")]
    log_stream_id: Option<String>,
}

/// The sampling and the destinations of traces.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmTracing))]
#[serde(rename_all = "camelCase")]
pub struct Tracing {
    /// The percentage of requests that are traced.
    #[cfg_attr(test, schema(value_type = Option<f64>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    random_sampling_percentage: Option<RawJson>,
    /// The providers in use: names of `extensionProviders`, or `apm-otel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_providers: Option<Vec<String>>,
    /// The providers besides the preset one.
    #[serde(skip_serializing_if = "Option::is_none")]
    extension_providers: Option<Vec<Provider>>,
}

/// A provider of traces.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmTracingProvider))]
pub struct Provider {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its Zipkin server.
    #[serde(skip_serializing_if = "Option::is_none")]
    zipkin: Option<Zipkin>,
}

/// A Zipkin server.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmZipkin))]
pub struct Zipkin {
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<i32>,
}

impl MeshConfig {
    pub fn check(&self) -> Result<(), ValidationError> {
        let telemetry_config = self.telemetry_config.as_ref();
        telemetry_config
            .map_or(Ok(()), TelemetryConfig::check)
            .map_err(|error| error.nested_in("telemetryConfig"))
    }
}

impl TelemetryConfig {
    fn check(&self) -> Result<(), ValidationError> {
        let metrics = self.metrics.as_ref().map_or(Ok(()), MetricsConfig::check);
        metrics.map_err(|error| error.nested_in("metrics"))?;
        let tracing = self.tracing.as_ref().map_or(Ok(()), Tracing::check);
        tracing.map_err(|error| error.nested_in("tracing"))
    }
}

impl MetricsConfig {
    fn check(&self) -> Result<(), ValidationError> {
        for (n, instance) in self.aom.iter().flatten().enumerate() {
            let path = format_args!("aom[{n}].instanceID");
            required(path, instance.instance_id.as_ref())?;
        }
        Ok(())
    }
}

impl Tracing {
    fn check(&self) -> Result<(), ValidationError> {
        let percentage = self.random_sampling_percentage.as_ref();
        let number = percentage.map(RawJson::read::<f64>).transpose();
        number.map_err(|error| error.nested_in("randomSamplingPercentage"))?;
        let extensions = self.extension_providers.iter().flatten();
        let known: Vec<_> = extensions
            .filter_map(|provider| provider.name.as_deref())
            .chain([PRESET_PROVIDER])
            .collect();
        for (n, name) in self.default_providers.iter().flatten().enumerate() {
            let rule = format_args!("must be a name in extensionProviders, or {PRESET_PROVIDER}");
            let path = format_args!("defaultProviders[{n}]");
            ensure_like(known.contains(&name.as_str()), path, rule, name)?;
        }
        Ok(())
    }
}
