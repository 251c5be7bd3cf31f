//! The options of `record`, `verify` and `import`.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;

use axum::http::{HeaderName, HeaderValue};
use clap::{Args, ValueEnum};

use super::listen::ListenOptions;
use super::options::{LogFormat, LogLevel};
use crate::record::upstream::{Upstream, Upstreams};
use crate::server::listeners::ListenEndpoint;
use crate::world::settings::{Fidelity, PipelinesList, References, Settings, ZadigGeneration};

/// The first port of a recorder by default.
const RECORD_PORT: u16 = 4700;

const UPSTREAM_HELP: &str = "A real service, such as https://zadig.example.com, or huawei:REGION for IAM, ASM and \
    ServiceStage of a region; may be repeated";

/// The options of `record`.
#[derive(Clone, Debug, Args)]
pub struct RecordOptions {
    /// A real service; may be repeated
    #[arg(long, value_name = "URL|huawei:REGION", required = true, help = UPSTREAM_HELP)]
    upstream: Vec<Upstreams>,
    /// The addresses to listen on: one for each service, in their order; further services have the ports that follow
    #[command(flatten)]
    pub listen: ListenOptions,
    /// The corpus to which the exchanges are appended; only its owner can read it
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The certificates of the authorities that a service's certificate may come from, in PEM [default: those of the
    /// system]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The format of log lines on stderr
    #[arg(long, env = "RELEASE_EMULATOR_LOG", value_enum, default_value_t)]
    pub log: LogFormat,
    /// The least severe level that is logged [default: warn]
    #[arg(long, env = "RELEASE_EMULATOR_LOG_LEVEL", value_enum)]
    pub log_level: Option<LogLevel>,
}

impl RecordOptions {
    /// The services.
    pub fn upstreams(&self) -> Vec<Upstream> {
        let all = self.upstream.iter();
        all.flat_map(|Upstreams(upstreams)| upstreams.iter().cloned())
            .collect()
    }

    /// The endpoints of each service. The last address stands for all further services, on the ports that follow.
    pub fn endpoints(&self) -> Vec<ListenEndpoint> {
        let given = self.listen.endpoints(RECORD_PORT);
        (0..self.upstreams().len())
            .filter_map(|n| {
                let endpoint = given.get(n).or_else(|| given.last())?;
                let behind = u16::try_from((n + 1).saturating_sub(given.len())).unwrap_or(u16::MAX);
                let port = match endpoint.port {
                    0 => 0,
                    port => port.saturating_add(behind),
                };
                Some(ListenEndpoint::new(&*endpoint.ips, port))
            })
            .collect()
    }
}

/// The options of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyOptions {
    /// A corpus; may be repeated; with --against, the operations in it are asked for
    #[arg(required_unless_present = "against", value_name = "CORPUS")]
    pub corpus: Vec<PathBuf>,
    /// The format of the report
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Ask this service now, instead of comparing with its recorded answers
    #[arg(long, value_name = "URL")]
    pub against: Option<Upstream>,
    /// A header of the requests to that service, such as "X-Auth-Token: …"; may be repeated
    #[arg(long, value_name = "NAME: VALUE", requires = "against", value_parser = header)]
    pub header: Vec<HeaderPair>,
    /// Send requests that change something too: in a project of its own, and deleted afterwards where the service can
    #[arg(long, requires = "against")]
    pub allow_writes: bool,
    /// The certificates of the authorities that the service's certificate may come from, in PEM [default: those of the
    /// system]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The authority where the documentation and the service differ
    #[arg(long, env = "RELEASE_EMULATOR_FIDELITY", value_enum, default_value_t)]
    fidelity: Fidelity,
    /// The check of references to resources that the emulator does not own
    #[arg(long, env = "RELEASE_EMULATOR_REFERENCES", value_enum, default_value_t)]
    references: References,
    /// The form of the pipelines list
    #[arg(
        long,
        env = "RELEASE_EMULATOR_PIPELINES_LIST",
        value_enum,
        default_value_t
    )]
    pipelines_list: PipelinesList,
    /// The generation of Zadig [default: that of the corpus]
    #[arg(
        long,
        env = "RELEASE_EMULATOR_ZADIG",
        value_enum,
        value_name = "GENERATION"
    )]
    zadig: Option<ZadigGeneration>,
}

impl VerifyOptions {
    /// Checks the headers. The error does not show them.
    pub(super) fn check(&self) -> Result<(), String> {
        let is_read = |HeaderPair(name, value): &HeaderPair| *name != NO_NAME && !value.is_empty();
        if self.header.iter().all(is_read) {
            Ok(())
        } else {
            Err("a header must be a name, a colon and a value, such as --header \"X-Auth-Token: …\"".to_owned())
        }
    }

    /// The settings of the worlds that are compared.
    pub fn settings(&self) -> Settings {
        Settings {
            fidelity: self.fidelity,
            references: self.references,
            pipelines_list: self.pipelines_list,
            zadig: self.zadig,
            ..Settings::default()
        }
    }
}

/// A header of a request.
#[derive(Clone)]
pub struct HeaderPair(pub HeaderName, pub HeaderValue);

/// Its value may be a secret.
impl fmt::Debug for HeaderPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ***", self.0)
    }
}

/// Reads a header. Any text is taken here: an error of the parser would show it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a parser of clap returns a result"
)]
fn header(text: &str) -> Result<HeaderPair, Infallible> {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let name = HeaderName::try_from(name.trim()).unwrap_or(NO_NAME);
    let value = HeaderValue::try_from(value.trim()).unwrap_or(HeaderValue::from_static(""));
    Ok(HeaderPair(name, value))
}

/// The name of a header that cannot be read.
const NO_NAME: HeaderName = HeaderName::from_static("x-unreadable");

/// The format of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For CI.
    Junit,
}

/// The options of `import`.
#[derive(Clone, Debug, Args)]
pub struct ImportOptions {
    /// A HAR file or a corpus; may be repeated
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The generation of Zadig [default: that of the answers]
    #[arg(
        long,
        env = "RELEASE_EMULATOR_ZADIG",
        value_enum,
        value_name = "GENERATION"
    )]
    pub zadig: Option<ZadigGeneration>,
}
