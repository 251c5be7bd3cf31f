//! The credentials of replayed requests. No corpus has any, so a request is sent with one that passes, or, if the service
//! refused the one that was sent, with one of those that are refused for different reasons.

use axum::http::{HeaderName, HeaderValue, header};

use crate::corpus::Exchange;
use crate::corpus::materialize::{ANY_SECRET, ANY_SUBJECT, MadeRequest};
use crate::corpus::value::Recorded;
use crate::registry::State;
use crate::world::settings::Auth;

const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const SDK_DATE: HeaderName = HeaderName::from_static("x-sdk-date");

/// A token that no world knows, and that any world takes unless it is strict.
const ANY_TOKEN: &str = "any-token-of-verify";

/// A token of the world, whose user may do nothing.
const POWERLESS_TOKEN: &str = "powerless-token-of-verify";

/// A token of the world that has expired.
const EXPIRED_TOKEN: &str = "expired-token-of-verify";

/// A token of the world that was revoked.
const REVOKED_TOKEN: &str = "revoked-token-of-verify";

/// A key of the world.
const KNOWN_KEY: &str = "KNOWNKEYOFVERIFY0000";

/// A credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// One that passes, of the same kind as the recorded one; none if there was none.
    AsRecorded,
    None,
    EmptyToken,
    UnknownToken,
    ExpiredToken,
    RevokedToken,
    PowerlessToken,
    MalformedSignature,
    SignatureOfUnknownKey,
    WrongSignature,
    OldSignature,
    MalformedBearer,
}

impl Credential {
    /// The credentials by which a service may have refused a caller.
    pub(super) const REFUSED: [Self; 11] = [
        Self::None,
        Self::UnknownToken,
        Self::EmptyToken,
        Self::ExpiredToken,
        Self::RevokedToken,
        Self::PowerlessToken,
        Self::MalformedSignature,
        Self::SignatureOfUnknownKey,
        Self::WrongSignature,
        Self::OldSignature,
        Self::MalformedBearer,
    ];

    /// The authentication of the world in which it has its meaning.
    pub(super) const fn auth(self) -> Auth {
        match self {
            Self::AsRecorded => Auth::Shape,
            _ => Auth::Strict,
        }
    }

    /// Adds it to a request.
    pub(super) fn add_to(self, made: &mut MadeRequest, exchange: &Exchange) {
        let is_zadig = exchange.family == "zadig";
        let headers = &mut made.headers;
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        };
        let mut token = |text: &str| {
            if is_zadig {
                set(header::AUTHORIZATION, &format!("Bearer {text}"));
            } else {
                set(TOKEN, text);
            }
        };
        match self {
            Self::AsRecorded => match sent_credential(exchange) {
                SentCredential::Token => token(ANY_TOKEN),
                SentCredential::Bare => set(header::AUTHORIZATION, ANY_TOKEN),
                SentCredential::None => {}
            },
            Self::None => {}
            Self::EmptyToken => token(""),
            Self::UnknownToken => token(ANY_TOKEN),
            Self::ExpiredToken => token(EXPIRED_TOKEN),
            Self::RevokedToken => token(REVOKED_TOKEN),
            Self::PowerlessToken => token(POWERLESS_TOKEN),
            Self::MalformedBearer => set(header::AUTHORIZATION, ANY_TOKEN),
            Self::MalformedSignature => set(header::AUTHORIZATION, "SDK-HMAC-SHA256 nothing"),
            Self::SignatureOfUnknownKey => {
                set(SDK_DATE, "20300101T120000Z");
                set(header::AUTHORIZATION, &signature("UNKNOWNKEYOFVERIFY00"));
            }
            Self::WrongSignature => {
                set(SDK_DATE, &signing_date());
                set(header::AUTHORIZATION, &signature(KNOWN_KEY));
            }
            Self::OldSignature => {
                set(SDK_DATE, "20000101T000000Z");
                set(header::AUTHORIZATION, &signature(KNOWN_KEY));
            }
        }
    }
}

/// The present time as signatures have it.
pub(super) fn signing_date() -> String {
    let now = crate::sim::time::rfc3339(crate::sim::clock::system_now());
    let seconds = now
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end_matches('Z');
    format!("{}Z", seconds.replace(['-', ':'], ""))
}

fn signature(key: &str) -> String {
    let digits = "0".repeat(64);
    format!("SDK-HMAC-SHA256 Access={key}, SignedHeaders=host;x-sdk-date, Signature={digits}")
}

/// The kind of credential that a recorded request had.
enum SentCredential {
    Token,
    /// A text without a scheme.
    Bare,
    None,
}

fn sent_credential(exchange: &Exchange) -> SentCredential {
    let request = &exchange.request;
    let is_zadig = exchange.family == "zadig";
    match request.header("authorization") {
        Some(Recorded::Word(_)) => SentCredential::Token,
        Some(_) if is_zadig => SentCredential::Bare,
        Some(_) => SentCredential::Token,
        None if request.header("x-auth-token").is_some() && !is_zadig => SentCredential::Token,
        None => SentCredential::None,
    }
}

/// The tokens of a request to IAM, in a world with the users that its answer shows: that of the caller, and that which the
/// request is about.
pub(super) fn callers(exchange: &Exchange, shown: &State) -> State {
    let user = shown
        .identities
        .users
        .first()
        .map_or("known", |user| user.name.as_str());
    let body = exchange.answer.body.as_ref();
    let token = body.and_then(|body| body.get("token"));
    let project = token.and_then(|token| token.get("project"));
    let text = |value: Option<&Recorded>, name: &str| {
        let text = value.and_then(|value| value.get(name)?.text().map(str::to_owned));
        text.unwrap_or_default()
    };
    let domain = token.and_then(|token| token.get("user")?.get("domain"));
    let mut issued = serde_json::json!({
        "at": exchange.recorded,
        "domain": text(domain, "name"),
    });
    if project.is_some() {
        issued["project"] =
            serde_json::json!({"id": text(project, "id"), "name": text(project, "name")});
    }
    // A user without projects may enter all.
    let known = shown.identities.users.first();
    let projects = known
        .map(|user| user.projects.clone())
        .filter(|projects| !projects.is_empty());
    let other = serde_json::json!([{"id": "other", "name": "other"}]);
    let projects = projects.and_then(|projects| serde_json::to_value(projects).ok());
    let state = serde_json::json!({"identities": {
        "users": [{
            "name": user,
            "domain": known.map_or("", |user| user.domain.as_str()),
            "projects": projects.unwrap_or(other),
        }],
        "tokens": [
            {"token": ANY_TOKEN, "user": user},
            {"token": ANY_SUBJECT, "user": user, "emulator": {"issued": issued}},
        ],
    }});
    State::from_value(state).unwrap_or_default()
}

/// The user of a login, whose password is right and who may enter another project than the one that is asked for.
pub(super) fn logged_in(exchange: &Exchange) -> State {
    let at = |path: &[&str]| {
        let body = exchange.request.body.as_ref()?;
        let value = path.iter().try_fold(body, |value, key| value.get(key))?;
        value.text().map(str::to_owned)
    };
    let user = ["auth", "identity", "password", "user"];
    let of_user = |rest: &[&str]| at(&[&user[..], rest].concat()).unwrap_or_default();
    let state = serde_json::json!({"identities": {"users": [{
        "name": of_user(&["name"]),
        "password": ANY_SECRET,
        "domain": of_user(&["domain", "name"]),
        "projects": [{"id": "other", "name": "other"}],
    }]}});
    State::from_value(state).unwrap_or_default()
}

/// The token that a request is about, of a user who is not the caller.
pub(super) fn subject() -> State {
    let tokens = serde_json::json!([{"token": ANY_SUBJECT, "user": "known"}]);
    State::from_value(serde_json::json!({"identities": {"tokens": tokens}})).unwrap_or_default()
}

/// The identities that the credentials have in a strict world.
pub(super) fn identities() -> State {
    let state = serde_json::json!({"identities": {
        "users": [
            {"name": "powerless", "domain": "verify", "projects": [], "actions": []},
            {"name": "known", "domain": "verify", "projects": []},
        ],
        "access_keys": [{"ak": KNOWN_KEY, "sk": "sk-of-verify", "user": "known"}],
        "tokens": [
            {"token": POWERLESS_TOKEN, "user": "powerless"},
            {"token": EXPIRED_TOKEN, "user": "known", "expires_at": "2000-01-01T00:00:00Z"},
            {"token": REVOKED_TOKEN, "user": "known", "emulator": {"revoked": true}},
        ],
        "zadig_users": [{"token": POWERLESS_TOKEN, "name": "powerless", "admin": false}],
    }});
    State::from_value(state).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::World;
    use crate::world::settings::Settings;

    #[test]
    fn a_world_has_the_identities_of_the_credentials() {
        let state = identities();
        assert_eq!(state.identities.tokens.len(), 3);
        World::new(Settings::default(), state).unwrap();
    }

    #[test]
    fn a_world_has_the_callers_of_a_request() {
        let line = r#"{"operation": "ShowToken", "family": "iam", "session": "s", "n": 1, "recorded": "2026-01-01T12:00:00Z",
            "at_ms": 0, "versions": {"format": 1}, "request": {"method": "GET"}, "response": {"status": 200, "body": {
            "token": {"user": {"name": "ann", "domain": {"name": "acme"}}, "project": {"id": "p", "name": "n"}}}}}"#;
        let state = callers(&serde_json::from_str(line).unwrap(), &State::default());
        assert_eq!(state.identities.tokens.len(), 2);
        World::new(Settings::default(), state).unwrap();
    }
}
