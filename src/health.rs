//! The question whether an emulator is ready: for `health`, and for a port that is taken.

use std::path::Path;
use std::time::Duration;

use axum::http::Uri;
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use crate::http::auth::Secret;
use crate::server::http_client::{TOKEN_HEADER, get};
use crate::tls::{ClientTls, Roots};

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
    /// It would need TLS, which cannot be spoken.
    #[error("cannot speak TLS with {url}: {why}")]
    NoTls { url: String, why: String },
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

/// An emulator that is asked.
struct Asked<'a> {
    /// Without a slash at the end.
    base_url: &'a str,
    uri: Uri,
    token: Option<&'a Secret>,
    /// Present if the URL wants it.
    tls: Option<ClientTls>,
}

impl<'a> Asked<'a> {
    /// The emulator at a base URL. Over TLS its certificate comes from an authority of that file, or one that the system knows.
    fn new(
        base_url: &'a str,
        token: Option<&'a Secret>,
        authorities: Option<&Path>,
    ) -> Result<Self, NotReady> {
        let base_url = base_url.trim_end_matches('/');
        let not_url = || NotReady::NotUrl(base_url.to_owned());
        let uri: Uri = format!("{base_url}{READY}")
            .parse()
            .map_err(|_| not_url())?;
        let tls = match uri.scheme_str() {
            Some("http") => None,
            Some("https") => {
                let tls = ClientTls::new(&Roots::of(authorities));
                Some(tls.map_err(|error| NotReady::NoTls {
                    url: base_url.to_owned(),
                    why: error.to_string(),
                })?)
            }
            _ => return Err(not_url()),
        };
        Ok(Self {
            base_url,
            uri,
            token,
            tls,
        })
    }

    async fn ask(&self) -> Result<(), NotReady> {
        let url = || self.base_url.to_owned();
        let token = self.token;
        let token = token.map(|token| (TOKEN_HEADER, token.expose().to_owned()));
        let answer = get(&self.uri, Vec::from_iter(token), LONGEST, self.tls.as_ref()).await;
        let (status, body) = answer.map_err(|mut cause| {
            if self.tls.is_some() && cause.contains("certificate") {
                cause += "; --ca FILE names its authority, which an emulator serves at /_emulator/v1/ca.pem";
            }
            NotReady::Silent { url: url(), cause }
        })?;
        let answer = serde_json::from_slice::<Answer>(&body);
        match (status, answer) {
            (200, Ok(answer)) if answer.status == "ready" => Ok(()),
            (503, _) => Err(NotReady::Loading(url())),
            (401, _) if String::from_utf8_lossy(&body).contains(LOCKED) => {
                Err(NotReady::Locked(url()))
            }
            _ => Err(NotReady::Stranger { url: url(), status }),
        }
    }
}

/// Asks the emulator at a base URL once.
pub async fn ask(base_url: &str, token: Option<&Secret>) -> Result<(), NotReady> {
    Asked::new(base_url, token, None)?.ask().await
}

/// Asks until the emulator is ready, at least once and for about `longest`.
pub async fn wait(
    base_url: &str,
    token: Option<&Secret>,
    authorities: Option<&Path>,
    longest: Duration,
) -> Result<(), NotReady> {
    let asked = Asked::new(base_url, token, authorities)?;
    let mut last = asked.ask().await;
    let until_ready = async {
        while matches!(last, Err(NotReady::Silent { .. } | NotReady::Loading(_))) {
            sleep(PAUSE).await;
            last = asked.ask().await;
        }
    };
    // The last answer says why it took too long.
    let _ = timeout(longest, until_ready).await;
    last
}
