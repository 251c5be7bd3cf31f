//! The frame of every page: head, navigation, clock, status region.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};

use super::assets::FOLDER;
use super::clock_bar::clock_bar;
use super::look::look;
use super::parts::{PARTS, Part};
use super::text::short;
use crate::control::dialect::Control;
use crate::control::page::{HTML, confined};
use crate::control::worlds::url_of;
use crate::docs::ICON;
use crate::registry::World;
use crate::server::worlds::{MAIN, WorldContext, WorldInfo};
use crate::world::settings::Auth;

/// Nothing but the scripts and styles of the binary is loaded, and the page talks only to its own server.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A request for a page: the world that it shows, and its place among the others.
pub(in crate::control) struct Visit {
    pub(super) world: World,
    /// Absent in a world without a server.
    pub(super) context: Option<WorldContext>,
    pub(super) headers: HeaderMap,
    /// The query of the page's URL.
    pub(super) query: String,
}

impl FromRequestParts<Control> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        Control(world): &Control,
    ) -> Result<Self, Infallible> {
        Ok(Self {
            world: world.clone(),
            context: parts.extensions.get().cloned(),
            headers: parts.headers.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

impl Visit {
    /// The URL at which the world was asked, without a slash at the end.
    pub(super) fn url(&self) -> String {
        self.world.base_url(&self.headers).to_string()
    }

    /// The name of the world.
    pub(super) fn world_name(&self) -> &str {
        self.context.as_ref().map_or(MAIN, |context| &context.name)
    }

    /// The open worlds, each with its URL at the host that was asked.
    pub(super) fn worlds(&self) -> Vec<(WorldInfo, String)> {
        let Some(context) = &self.context else {
            return Vec::new();
        };
        let worlds = context.host.list().into_iter();
        let with_url = worlds.map(|info| {
            let url = url_of(&info, context, &self.world, &self.headers);
            (info, url.to_string())
        });
        with_url.collect()
    }

    /// The page in the place of one that does not exist.
    pub(super) fn missing(&self, part: Part, title: &str, main: &Markup) -> Response {
        let mut response = self.page(part, title, main);
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }

    /// A page of a part, with its main content.
    pub(super) fn page(&self, part: Part, title: &str, main: &Markup) -> Response {
        self.page_with(part, title, main, &[])
    }

    /// The same with further scripts.
    pub(super) fn page_with(
        &self,
        part: Part,
        title: &str,
        main: &Markup,
        scripts: &[&str],
    ) -> Response {
        let look = look(&self.query);
        let is_strict = self.world.settings().auth == Auth::Strict;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (head_with(title, scripts))
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header {
                        div.bar {
                            a.brand href="/_emulator/" { "release-emulator" }
                            nav aria-label="Parts" {
                                @for other in PARTS {
                                    a href=(other.path) aria-current=[(*other == part).then_some("page")] { (other.name) }
                                }
                            }
                            (self.world_switch())
                        }
                        (clock_bar(&self.world, self.world_name()))
                        @if is_strict {
                            form.credential data-keep id="credential" {
                                label for="service-token" { "Token for the services" }
                                input id="service-token" type="password" autocomplete="off";
                                span.hint { "Only credentials of the fixtures pass here; buttons that call a service send this one. This tab keeps it until it is closed." }
                            }
                        }
                    }
                    main id="main" tabindex="-1" { (main) }
                    @if let Some(look) = &look { (look) script src={ (FOLDER) "look.js" } defer {} }
                    section.status id="status" aria-live="polite" aria-label="Last request" data-keep {}
                }
            }
        };
        answer(page.into_string())
    }

    /// The other worlds as links: each has a port of its own.
    fn world_switch(&self) -> Markup {
        let worlds = self.worlds();
        html! {
            details.worlds id="world-switch" {
                summary { span.label { "World" } " " b { (short(self.world_name())) } }
                div.menu id="world-switch-list" data-live {
                    @for (world, url) in worlds.iter().take(20) {
                        a href={ (url) "/_emulator/" } aria-current=[(world.name == self.world_name()).then_some("true")] {
                            (short(&world.name)) " " small { ":" (world.port) }
                        }
                    }
                    @if worlds.len() > 20 { span.hint { (worlds.len() - 20) " more" } }
                    a href="/_emulator/#worlds" { "Open, fork or close…" }
                }
            }
        }
    }
}

/// The head of a page.
pub(super) fn head(title: &str) -> Markup {
    head_with(title, &[])
}

fn head_with(title: &str, scripts: &[&str]) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " - release-emulator" }
            link rel="icon" href=(ICON);
            link rel="stylesheet" href={ (FOLDER) "style.css" };
            script src={ (FOLDER) "dashboard.js" } defer {}
            @for script in scripts {
                script src={ (FOLDER) (script) } defer {}
            }
        }
    }
}

/// The response with a page, which depends on what is asked for and is out of date at once.
pub(super) fn answer(page: String) -> Response {
    let mut response = confined(HTML, CONTENT_POLICY, page);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}
