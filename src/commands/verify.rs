//! The command `verify`, and the corpora of a server.

use std::path::PathBuf;
use std::sync::Arc;

use super::exit::{BAD_FIXTURES, DRIFT, ExitError, NOT_READY, USAGE};
use super::printing::print;
use super::process::runtime;
use crate::cli::{HeaderPair, ReportFormat, VerifyOptions};
use crate::corpus::read_file;
use crate::drift::{self, Corpus, LiveService};
use crate::http::auth::Secret;
use crate::http::auth::sign::ClientKey;
use crate::http::evidence::RecordedDates;
use crate::record::upstream::{Connector, Upstream};
use crate::world::settings::Settings;

/// Compares the emulator with corpora, and prints the report.
pub(super) fn verify(options: &VerifyOptions) -> Result<u8, ExitError> {
    let mut notes = Vec::new();
    let corpora = corpora(&options.corpus, &mut notes)?;
    let is_empty = corpora.iter().all(|corpus| corpus.exchanges.is_empty());
    if is_empty && options.against.is_none() {
        return Err((
            BAD_FIXTURES,
            "nothing was recorded in the corpus".to_owned(),
        ));
    }
    let runtime = runtime(USAGE)?;
    let settings = options.settings();
    let mut report = match &options.against {
        Some(upstream) => {
            let service = live_service(options, upstream, &corpora)?;
            let asked = runtime.block_on(drift::verify_live(&service, &settings));
            asked.map_err(|why| (NOT_READY, why))?
        }
        None => runtime.block_on(drift::verify(&corpora, &settings)),
    };
    report.notes.extend(notes);
    let printed = match options.format {
        ReportFormat::Text => drift::text(&report),
        ReportFormat::Json => serde_json::to_string_pretty(&report).expect("the keys are strings"),
        ReportFormat::Junit => drift::junit(&report),
    };
    print(&printed)?;
    Ok(if report.has_drift() { DRIFT } else { 0 })
}

/// The service that is asked, with the credentials of the environment.
fn live_service(
    options: &VerifyOptions,
    upstream: &Upstream,
    corpora: &[Corpus],
) -> Result<LiveService, ExitError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let secret = |name: &str| variable(name).map(|value| Secret::new(&value));
    let key = variable("HUAWEICLOUD_SDK_AK").zip(secret("HUAWEICLOUD_SDK_SK"));
    let exchanges = corpora.iter().flat_map(|corpus| &corpus.exchanges);
    Ok(LiveService {
        upstream: upstream.clone(),
        connector: Connector::new(std::slice::from_ref(upstream), options.ca.as_deref())
            .map_err(|why| (USAGE, why))?,
        key: key.map(|(ak, sk)| ClientKey {
            ak,
            sk,
            session: secret("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
        }),
        project: variable("HUAWEICLOUD_SDK_PROJECT_ID"),
        zadig_token: secret("ZADIG_TOKEN"),
        headers: options
            .header
            .iter()
            .map(|HeaderPair(name, value)| (name.clone(), value.clone()))
            .collect(),
        operations: exchanges
            .map(|exchange| exchange.operation.clone())
            .collect(),
        allows_writes: options.allow_writes,
    })
}

fn corpora(files: &[PathBuf], notes: &mut Vec<String>) -> Result<Vec<Corpus>, ExitError> {
    let mut corpora = Vec::new();
    for file in files {
        let exchanges = read_file(file, notes);
        corpora.push(Corpus {
            name: file.display().to_string(),
            exchanges: exchanges.map_err(|error| (BAD_FIXTURES, error.to_string()))?,
        });
    }
    Ok(corpora)
}

/// The dates of the recordings that agree with the emulator.
pub(super) async fn recorded_dates(
    files: &[PathBuf],
    settings: &Settings,
) -> Result<Arc<RecordedDates>, ExitError> {
    if files.is_empty() {
        return Ok(Arc::default());
    }
    let corpora = corpora(files, &mut Vec::new())?;
    Ok(Arc::new(drift::proved(&corpora, settings).await))
}
