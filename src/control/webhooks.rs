//! Webhooks: addresses that are told of transitions.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::dialect::{Control, json};
use super::rules::limited;
use crate::http::auth::secret::Secret;
use crate::http::extract::{Json, Path};
use crate::http::observe::webhooks::{
    DeliveryAttempt, ListedWebhook, MOST_WEBHOOKS, TransitionPattern, WebhookStats, WebhookTarget,
};
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::response;
use crate::registry::{World, family_names};
use crate::server::http_client::is_localhost;
use crate::server::worlds::WorldContext;
use crate::sim::fuzzy::nearest;

/// A webhook to add.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = WebhookRequest))]
pub(super) struct WebhookRequest {
    /// The address, an absolute URL with the scheme `http`. Its host must be on the loopback unless the server was
    /// started with `--webhooks-anywhere`.
    #[cfg_attr(test, schema(format = "uri"))]
    url: String,
    /// The transitions to be told of; absent: all.
    #[serde(rename = "match")]
    pattern: Option<TransitionPattern>,
    /// The key that signs each body with HMAC-SHA-256, in the header `x-emulator-signature`; absent: nothing is signed.
    #[cfg_attr(test, schema(value_type = Option<String>, min_length = 1))]
    secret: Option<Secret>,
}

impl WebhookRequest {
    fn into_target(self, anywhere: bool) -> Result<WebhookTarget, Problem> {
        let mut errors = Vec::new();
        let url =
            read_url(&self.url, anywhere).map_err(|error| errors.push(format!("url: {error}")));
        let pattern = self.pattern.unwrap_or_default();
        if let Some(family) = &pattern.family
            && !family_names().iter().any(|known| family.matches(known))
        {
            let near = nearest(family.as_str(), family_names());
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let known = family_names().join(", ");
            errors.push(format!("match.family: matches no family of {known}{near}"));
        }
        if self.secret.as_ref().is_some_and(|secret| secret.is("")) {
            errors.push("secret: must not be empty".to_owned());
        }
        match url {
            Ok(url) if errors.is_empty() => Ok(WebhookTarget::new(url, pattern, self.secret)),
            _ => Err(Problem::BadRequest(errors.join("; "))),
        }
    }
}

/// Reads the address of a webhook.
fn read_url(text: &str, anywhere: bool) -> Result<Uri, String> {
    let uri = text.parse::<Uri>().ok();
    let uri =
        uri.filter(|uri| uri.scheme().is_some() && uri.host().is_some_and(|host| !host.is_empty()));
    let uri = uri.ok_or("must be an absolute URL, such as http://127.0.0.1:8080/hook")?;
    if uri.scheme_str() != Some("http") {
        return Err("must have the scheme http; TLS is not supported".to_owned());
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err("must not have a user name; use secret".to_owned());
    }
    if !anywhere && !is_loopback(uri.host().unwrap_or_default()) {
        return Err(
            "must be on the loopback, or start the server with --webhooks-anywhere".to_owned(),
        );
    }
    Ok(uri)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    is_localhost(host) || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

/// A webhook, without its key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Webhook))]
pub(super) struct WebhookView {
    /// The webhook's id.
    id: String,
    /// The address.
    url: String,
    /// The transitions it is told of.
    #[serde(rename = "match")]
    pattern: TransitionPattern,
    /// True if the bodies are signed.
    signed: bool,
    #[serde(flatten)]
    stats: WebhookStats,
}

impl From<&ListedWebhook> for WebhookView {
    fn from(listed: &ListedWebhook) -> Self {
        Self {
            id: listed.id.clone(),
            url: listed.target.url.to_string(),
            pattern: listed.target.pattern.clone(),
            signed: listed.target.secret.is_some(),
            stats: listed.stats,
        }
    }
}

/// A webhook with its latest attempts.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = WebhookDetail))]
pub(super) struct WebhookDetailView {
    #[serde(flatten)]
    webhook: WebhookView,
    /// The latest attempts, oldest first; at most 100.
    attempts: Vec<DeliveryAttempt>,
}

/// The webhooks of the world.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = WebhookList))]
pub(super) struct WebhooksBody {
    /// In the order in which they were added.
    webhooks: Vec<WebhookView>,
}

/// Lists the webhooks with the counts of their deliveries.
///
/// Each webhook counts the transitions that wait, that were delivered, that were given up and that were missed.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/webhooks", operation_id = "ListWebhooks", tag = "control",
    responses((status = 200, body = WebhooksBody))))]
pub(super) async fn list_webhooks(State(Control(world)): State<Control>) -> Response {
    let listed = world.recorder().webhooks.list();
    let webhooks = listed.iter().map(WebhookView::from).collect();
    json(StatusCode::OK, &WebhooksBody { webhooks })
}

/// Adds a webhook, which is told of the transitions from now on.
///
/// Each transition is sent by POST as a `CloudEvents` 1.0 message in structured JSON. Those of a resource are sent one
/// after the other, in their order. An answer that is not 2xx within 5 s is a failure; a transition is sent again after
/// 0.25, 0.5, 1, 2, 4 and 8 s of real time and then given up. With a `secret`, the header `x-emulator-signature` is `sha256=` and
/// the hexadecimal HMAC-SHA-256 of the body. A reset removes webhooks. Errors: 400; 429 at 100 webhooks; 501 without a server; 507 if the memory for
/// rules is full.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/webhooks", operation_id = "AddWebhook", tag = "control",
    request_body(content = WebhookRequest,
        example = json!({"url": "http://127.0.0.1:8080/hook", "match": {"family": "pipelines", "level": "resource"}})),
    responses((status = 201, body = WebhookView),
    ProblemWith::<400>,
    ProblemWith::<429>,
    ProblemWith::<501>,
    ProblemWith::<507>)))]
pub(super) async fn add_webhook(
    State(Control(world)): State<Control>,
    _: WorldContext,
    Json(request): Json<WebhookRequest>,
) -> Result<Response, Problem> {
    let target = request.into_target(world.settings().webhooks_anywhere)?;
    let recorder = world.recorder();
    if let Some(secret) = &target.secret {
        recorder.secrets.pin(secret.expose());
    }
    let listed = recorder.webhooks.add(target, &recorder.events);
    let listed = listed.map_err(|limit| limited("webhook", MOST_WEBHOOKS, limit))?;
    Ok(json(StatusCode::CREATED, &WebhookView::from(&listed)))
}

/// Shows a webhook with its latest attempts.
///
/// Errors: 404.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/webhooks/{id}", operation_id = "ShowWebhook", tag = "control",
    responses((status = 200, body = WebhookDetailView), ProblemWith::<404>)))]
pub(super) async fn show_webhook(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = world.recorder().webhooks.find(&id);
    let listed = found.ok_or_else(|| unknown(&world, &id))?;
    let detail = WebhookDetailView {
        webhook: WebhookView::from(&listed),
        attempts: listed.attempts,
    };
    Ok(json(StatusCode::OK, &detail))
}

/// Removes a webhook.
///
/// Transitions that wait are not sent. Errors: 404.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/webhooks/{id}", operation_id = "RemoveWebhook", tag = "control",
    responses((status = 204), ProblemWith::<404>)))]
pub(super) async fn remove_webhook(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if world.recorder().webhooks.remove(&id) {
        Ok(response::empty(StatusCode::NO_CONTENT))
    } else {
        Err(unknown(&world, &id))
    }
}

/// Removes all webhooks.
///
/// Transitions that wait are not sent. A reset does the same.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/webhooks", operation_id = "ClearWebhooks", tag = "control",
    responses((status = 204))))]
pub(super) async fn clear_webhooks(State(Control(world)): State<Control>) -> Response {
    world.recorder().webhooks.clear();
    response::empty(StatusCode::NO_CONTENT)
}

fn unknown(world: &World, id: &str) -> Problem {
    let listed = world.recorder().webhooks.list();
    Problem::unknown(
        "webhook",
        id,
        listed.iter().map(|listed| listed.id.as_str()),
    )
}
