//! The names that are secrets anywhere: of headers, parameters and fields.

use std::borrow::Cow;

use serde_json::Value;

/// The text in place of a secret.
pub const MASK: &str = "***";

/// The text in place of a secret in a state. No real value has it, so that a masked state can be told from a whole one.
pub const MARKER: &str = "***masked for a bug report***";

/// The parts of names whose values are secrets, without case and separators. Some are misspelt, as in real requests.
const PARTS: [&str; 24] = [
    "password",
    "pasword",
    "passwrd",
    "passwort",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "authorization",
    "authorisation",
    "signature",
    "cookie",
    "apikey",
    "accesskey",
    "privatekey",
    "securitykey",
    "sessionkey",
    "signingkey",
    "encryptionkey",
    "sharedkey",
    "accountkey",
    "masterkey",
];

/// Whole names whose values are secrets.
const WHOLE: [&str; 9] = [
    "sk",
    "jwt",
    "otp",
    "sig",
    "bearer",
    "pass",
    "sessionid",
    "jsessionid",
    "phpsessid",
];

/// Whole names whose texts are secrets, but whose objects and lists are not.
const WHOLE_TEXTS: [&str; 4] = ["auth", "xauth", "credential", "credentials"];

/// The words from which a name may differ by a letter, and still means the same.
const MISSPELT: [&str; 2] = ["password", "secret"];

/// The ends of names that tell something about a secret, in numbers or times.
const FACTS: [&str; 16] = [
    "at",
    "count",
    "days",
    "expiration",
    "expired",
    "expires",
    "expiresin",
    "expiry",
    "hours",
    "length",
    "lifetime",
    "minutes",
    "ms",
    "seconds",
    "tokens",
    "ttl",
];

/// The kinds of tokens, which their type names.
const KINDS: [&str; 6] = ["bearer", "basic", "jwt", "mac", "pop", "saml2"];

/// The identifiers of keys: the public half of an access key.
const PUBLIC: [&str; 2] = ["accesskeyid", "accesskeys"];

/// The texts between the names in a path, such as `sources[0].template_source.http_password`.
const SEPARATORS: [char; 3] = ['.', '[', ']'];

/// A name without case and separators.
fn normalized(name: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if name.bytes().all(is_plain) {
        return name.into();
    }
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Returns true if the value of a parameter or field is a secret by its name.
pub fn is_secret(name: &str) -> bool {
    // Nobody names a field like that, and the cost grows with the length.
    const LONGEST: usize = 4 << 10;
    if name.is_empty() || name.len() > LONGEST {
        return false;
    }
    let name = normalized(name);
    WHOLE.contains(&&*name) || has_part(&name) || is_misspelt(&name)
}

fn has_part(normalized: &str) -> bool {
    !PUBLIC.contains(&normalized) && PARTS.iter().any(|part| normalized.contains(part))
}

fn is_misspelt(normalized: &str) -> bool {
    MISSPELT.iter().any(|word| {
        normalized.len().abs_diff(word.len()) <= 1
            && normalized.starts_with(&word[..1])
            && strsim::osa_distance(normalized, word) <= 1
    })
}

/// Returns true if a text under this name is a secret, even though an object or a list is not.
pub fn is_secret_text(name: &str) -> bool {
    is_secret(name) || WHOLE_TEXTS.contains(&&*normalized(name))
}

/// Headers of most requests, which are told from secrets at once.
const USUAL_HEADERS: [&str; 8] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-sdk-date",
];

/// Returns true if the value of a header must not be shown.
pub fn is_secret_header(name: &str) -> bool {
    !USUAL_HEADERS.contains(&name) && is_secret_text(name)
}

/// Returns true if a value under a secret name only tells something about the secret: whether there is one, its kind, its
/// expiry.
pub fn is_fact(name: &str, value: &Value) -> bool {
    let name = normalized(name);
    let tells_fact = || FACTS.iter().any(|end| name.ends_with(end));
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(_) => tells_fact(),
        Value::String(text) => is_fact_text(&name, text),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// The same of a value that is a text.
pub fn is_fact_text(name: &str, text: &str) -> bool {
    let name = normalized(name);
    let is_time = |text: &str| {
        let is_part = |c: char| c.is_ascii_digit() || "-:.+TZ ".contains(c);
        (1..=35).contains(&text.len()) && text.chars().all(is_part)
    };
    text.is_empty()
        || text == MASK
        || name.ends_with("type") && KINDS.contains(&&*text.to_ascii_lowercase())
        || FACTS.iter().any(|end| name.ends_with(end)) && is_time(text)
        || name.ends_with("url") && !text.contains(['?', '@']) && text.contains("://")
}

/// Returns true if a text mentions a name whose value is a secret. The place of the value is unknown.
pub fn mentions_secret(text: &str) -> bool {
    let letters = text.chars().filter(|c| !matches!(c, '-' | '_'));
    let text: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    PARTS.iter().any(|part| text.contains(part))
}

/// Returns true if the value at a JSON path may be a secret, or hold one.
pub fn may_be_secret(path: &str) -> bool {
    const CONTAINERS: [&str; 3] = ["http_headers", "identities", "identity"];
    let mut names = path.split(SEPARATORS);
    names.any(|name| is_secret(name) || CONTAINERS.contains(&name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "password",
            "adminPassword",
            "db-password-2",
            "pasword",
            "pssword",
            "passwrod",
            "PASSWD",
            "pwd",
            "client_secret",
            "secert",
            "access_token",
            "X-Auth-Token",
            "accessToken",
            "Authorization",
            "Proxy-Authorization",
            "X-Sdk-Signature",
            "X-Amz-Signature",
            "Signature",
            "sig",
            "api_key",
            "apikey",
            "X-Api-Key",
            "Cookie",
            "Set-Cookie",
            "private_key",
            "accessKey",
            "sk",
            "identity[password]",
            "passcode",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "name",
            "id",
            "path",
            "passed",
            "sector",
            "key",
            "ak",
            "access_key_id",
            "x-request-id",
            "x-sdk-date",
            "www-authenticate",
            "methods",
            "accept",
            "skip",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn facts_about_secrets_stay_readable() {
        for (name, value) in [
            ("has_password", json!(true)),
            ("token", json!(null)),
            ("token_type", json!("Bearer")),
            ("token_expires_at", json!("2030-01-01T00:00:00.000000Z")),
            ("password_expires_in", json!(90)),
            ("max_tokens", json!(512)),
            ("token_url", json!("https://iam.example/v3/auth/tokens")),
        ] {
            assert!(is_fact(name, &value), "{name} {value}");
        }
        for (name, value) in [
            ("password", json!(481_516)),
            ("token", json!("x")),
            ("token_type", json!("s3cret")),
            ("token_expires_at", json!("s3cret")),
            ("token_url", json!("https://ann:s3cret@iam.example")),
            ("tokens", json!(["x"])),
        ] {
            assert!(!is_fact(name, &value), "{name} {value}");
        }
    }

    #[test]
    fn a_path_with_a_secret_name_may_hold_a_secret() {
        for path in [
            "sources[0].template_source.http_password",
            "identities.users[0].name",
            "a.http_headers[0].value",
        ] {
            assert!(may_be_secret(path), "{path}");
        }
        assert!(!may_be_secret("stages[0].tasks[1].name"));
    }
}
