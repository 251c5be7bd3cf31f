//! The refusals of callers, in words.

use std::fmt;

use crate::http::host_name::HostPattern;
use crate::http::web_origin::WebOrigin;

/// The reason that a request is not served.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The control token is missing or wrong.
    Token,
    /// The host could be a stranger's.
    Host(String),
    /// `Origin` or `Referer` is that of a stranger's page; absent: a page without an origin.
    Page(Option<WebOrigin>),
    /// `Sec-Fetch-Site` tells of a page elsewhere, which does not say its origin.
    Site { is_link: bool },
    /// A form could have sent it; its content type, empty if there is none.
    Form(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Token => formatter.write_str(
                "the control plane requires the control token, as X-Emulator-Token or Authorization: Bearer",
            ),
            Self::Host(host) => write!(
                formatter,
                "the control plane is not served under \"{host}\", a name that a stranger could own"
            ),
            Self::Page(Some(origin)) => {
                write!(formatter, "pages of {origin} may not use the control plane")
            }
            Self::Page(None) => formatter.write_str(
                "a page without an origin, such as a file or a sandboxed frame, may not use the control plane",
            ),
            Self::Site { is_link: true } => formatter.write_str(
                "from other sites, links open only the HTML pages of the control plane, and frames open none",
            ),
            Self::Site { is_link: false } => {
                formatter.write_str("pages of other sites may not use the control plane")
            }
            Self::Form(content_type) if content_type.is_empty() => {
                formatter.write_str("a browser must send a body with its Content-Type")
            }
            Self::Form(content_type) => write!(
                formatter,
                "a browser must not send {content_type}, as the form of any page could"
            ),
        }
    }
}

impl Refusal {
    /// The way to be served.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Token => {
                "the token is that of --control-token or RELEASE_EMULATOR_CONTROL_TOKEN at the start of the emulator"
                    .to_owned()
            }
            Self::Host(host) if host.parse::<HostPattern>().is_ok() => format!(
                "use localhost or an IP address, or start the emulator with --allow-host {host}"
            ),
            Self::Host(_) => "use localhost or an IP address, or a name of --allow-host".to_owned(),
            Self::Page(Some(origin)) => format!("--allow-origin {origin} lets them in"),
            Self::Page(None) => {
                "serve the page over HTTP, and let its origin in with --allow-origin".to_owned()
            }
            Self::Site { is_link: true } => {
                "enter the address in the browser, or begin at /_emulator/; --allow-origin ORIGIN lets pages in"
                    .to_owned()
            }
            Self::Site { is_link: false } => {
                "--allow-origin ORIGIN lets the pages of an origin in".to_owned()
            }
            Self::Form(_) => "send it with Content-Type: application/json".to_owned(),
        }
    }
}
