//! The question whether an emulator is ready, over HTTP: for `health`, and for a port that is taken.

use std::time::Duration;

use axum::http::Uri;
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use crate::http::auth::Secret;
use crate::server::http_client::{TOKEN_HEADER, get};

/// The path that answers 200 once the fixtures are loaded and the port is bound.
const READY: &str = "/_emulator/v1/ready";

/// The longest wait for one answer.
const LONGEST: Duration = Duration::from_secs(5);

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// The reason that no emulator is ready at a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It can never be one.
    #[error("{0} is not a URL of the emulator; expected one such as http://127.0.0.1:4600")]
    NotUrl(String),
    /// It would need TLS.
    #[error(
        "{0}: this question goes over plain HTTP; ask the port for it, and begin the URL with http://"
    )]
    Tls(String),
    #[error("no answer from {url}: {cause}")]
    Silent { url: String, cause: String },
    /// An emulator answers, and still loads its fixtures.
    #[error("the emulator at {0} still loads its fixtures")]
    Loading(String),
    /// An emulator answers that wants another token, or one at all.
    #[error(
        "the emulator at {0} requires its control token; set RELEASE_EMULATOR_CONTROL_TOKEN or --control-token"
    )]
    Locked(String),
    #[error("{url} is not a release-emulator: GET {READY} answered {status}")]
    Stranger { url: String, status: u16 },
}

/// The answer of an emulator.
#[derive(Deserialize)]
struct Answer {
    status: String,
}

/// The words of an emulator about a missing token.
const LOCKED: &str = "control token";

/// Asks the emulator at a base URL once.
pub async fn ask(base_url: &str, token: Option<&Secret>) -> Result<(), NotReady> {
    let base_url = base_url.trim_end_matches('/');
    let url = || base_url.to_owned();
    let uri: Uri = format!("{base_url}{READY}")
        .parse()
        .map_err(|_| NotReady::NotUrl(url()))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return Err(NotReady::Tls(url())),
        _ => return Err(NotReady::NotUrl(url())),
    }
    let token = token.map(|token| (TOKEN_HEADER, token.expose().to_owned()));
    let answer = get(&uri, Vec::from_iter(token), LONGEST).await;
    let (status, body) = answer.map_err(|cause| NotReady::Silent { url: url(), cause })?;
    let answer = serde_json::from_slice::<Answer>(&body);
    match (status, answer) {
        (200, Ok(answer)) if answer.status == "ready" => Ok(()),
        (503, _) => Err(NotReady::Loading(url())),
        (401, _) if String::from_utf8_lossy(&body).contains(LOCKED) => Err(NotReady::Locked(url())),
        _ => Err(NotReady::Stranger { url: url(), status }),
    }
}

/// Asks until the emulator is ready, at least once and for about `longest`.
pub async fn wait(
    base_url: &str,
    token: Option<&Secret>,
    longest: Duration,
) -> Result<(), NotReady> {
    let mut last = ask(base_url, token).await;
    let until_ready = async {
        while matches!(last, Err(NotReady::Silent { .. } | NotReady::Loading(_))) {
            sleep(PAUSE).await;
            last = ask(base_url, token).await;
        }
    };
    // The last answer says why it took too long.
    let _ = timeout(longest, until_ready).await;
    last
}
