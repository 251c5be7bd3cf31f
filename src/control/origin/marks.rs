//! The marks that tell the caller of the control plane, and the rules for them.

use axum::http::{HeaderMap, HeaderValue};

use super::refusal::Refusal;
use crate::http::cors::CorsGrant;
use crate::http::host_name::{host_of, is_private};
use crate::http::machine_name::machine_name;
use crate::http::web_origin::{WebOrigin, trim_root};
use crate::server::http_client::TOKEN_HEADER;
use crate::world::settings::ControlAccess;

/// The longest text of a request that a refusal repeats: the length of the longest host name.
const LONGEST_SHOWN: usize = 253;

/// The marks of a caller, with the rules that they are held to.
pub(super) struct CallerMarks<'a> {
    pub(super) access: &'a ControlAccess,
    /// That of `--public-url`.
    pub(super) public_origin: Option<&'a WebOrigin>,
    pub(super) headers: &'a HeaderMap,
}

impl CallerMarks<'_> {
    /// True if the caller has the token, or needs none.
    pub(super) fn has_token(&self) -> bool {
        let Some(token) = &self.access.token else {
            return true;
        };
        let bearers = self.texts("authorization").filter_map(|value| {
            let (scheme, token) = value?.split_once(' ')?;
            let is_bearer = scheme.eq_ignore_ascii_case("bearer");
            is_bearer.then_some(token.trim())
        });
        let mut sent = self.texts(TOKEN_HEADER).flatten().chain(bearers);
        sent.any(|sent| token.is(sent))
    }

    /// The host that was asked, if it could be a stranger's. `target` is that of a request to a proxy. An old client, or a
    /// caller in the same process, names none.
    pub(super) fn foreign_host(&self, target: Option<&str>) -> Option<String> {
        let asked = self.texts("host").map(Option::unwrap_or_default);
        let mut asked = asked.chain(target);
        let foreign = asked.find(|value| !value.is_empty() && !self.accepts_host(value))?;
        let shown = host_of(foreign).unwrap_or(foreign);
        Some(shown.chars().take(LONGEST_SHOWN).collect())
    }

    fn accepts_host(&self, value: &str) -> bool {
        let Some(host) = host_of(value) else {
            return false;
        };
        let is = |name: &str| trim_root(name).eq_ignore_ascii_case(trim_root(host));
        let mut allowed = self.access.hosts.iter();
        is_private(host)
            || allowed.any(|allowed| allowed.matches(host))
            || self.public_origin.is_some_and(|origin| is(origin.host()))
            || machine_name().is_some_and(is)
    }

    /// The refusal of a page that is neither the server's own nor let in.
    pub(super) fn foreign_page(&self) -> Option<Refusal> {
        for origin in self.origins().chain(self.referrers()) {
            match origin {
                Some(origin) if self.is_own(&origin) || self.is_allowed(&origin) => {}
                origin => return Some(Refusal::Page(origin)),
            }
        }
        let sites = self.texts("sec-fetch-site").map(Option::unwrap_or_default);
        let mut elsewhere = sites.filter(|site| !matches!(*site, "none" | "same-origin"));
        elsewhere.next()?;
        let mut pages = self.origins().chain(self.referrers()).flatten();
        if pages.any(|origin| self.is_allowed(&origin)) {
            return None;
        }
        let mut modes = self.texts("sec-fetch-mode");
        Some(Refusal::Site {
            is_link: modes.any(|mode| mode == Some("navigate")),
        })
    }

    /// The permission for the page that asks, if it is let in.
    pub(super) fn allowed_page(&self) -> Option<CorsGrant> {
        let sent: &HeaderValue = self.headers.get("origin")?;
        let origin = self.origins().next()??;
        let is_allowed = self.is_allowed(&origin);
        is_allowed.then(|| CorsGrant::for_page(sent.clone()))
    }

    /// The origins of the page; `None` for one that is not named.
    fn origins(&self) -> impl Iterator<Item = Option<WebOrigin>> {
        let texts = self.texts("origin");
        texts.map(|text| text?.parse().ok())
    }

    /// The origins in `Referer`; `None` for a value that is no URL.
    fn referrers(&self) -> impl Iterator<Item = Option<WebOrigin>> {
        let texts = self.texts("referer").filter(|text| *text != Some(""));
        texts.map(|text| WebOrigin::of_url(text?))
    }

    /// True for the origin of the server as the browser knows it. A proxy in front of it may speak TLS.
    fn is_own(&self, origin: &WebOrigin) -> bool {
        let host = self.texts("host").next().flatten();
        let mut own = ["http", "https"]
            .into_iter()
            .filter_map(|scheme| WebOrigin::new(scheme, host?));
        own.any(|own| own.is_same_as(origin))
            || self
                .public_origin
                .is_some_and(|public| public.is_same_as(origin))
    }

    fn is_allowed(&self, origin: &WebOrigin) -> bool {
        let mut allowed = self.access.origins.iter();
        allowed.any(|allowed| allowed.is_same_as(origin))
    }

    /// The values of a header; `None` for one that is no text.
    fn texts(&self, name: &'static str) -> impl Iterator<Item = Option<&str>> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.to_str().ok().map(str::trim))
    }
}
