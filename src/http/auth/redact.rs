//! The redaction of secrets in requests that are shown.

use serde_json::Value;

use super::SECRET_HEADERS;
use crate::http::json::value::OrderedValue;

pub const MASK: &str = "***";

/// The fields of bodies whose values are secrets.
const SECRET_FIELDS: [&str; 10] = [
    "passcode",
    "password",
    "secret",
    "secret_key",
    "sk",
    "token",
    "access_token",
    "security_token",
    "securitytoken",
    "totp_secret",
];

/// The fields in which any value may be a secret.
const SECRET_CONTAINERS: [&str; 3] = ["http_headers", "identities", "identity"];

/// The fields whose values are secrets within a certain field: in logins of IAM.
const NESTED_SECRETS: [(&str, &str); 2] = [("secret", "key"), ("token", "id")];

/// True if the value of a header must not be shown. `name` is in lower case.
pub fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|known| known == name) || matches!(name, "cookie" | "set-cookie")
}

/// Masks the values of a query's parameters that sound secret.
pub fn query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if sounds_secret(key) => format!("{key}={MASK}"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// True if a text mentions tokens, passwords or secrets.
pub fn sounds_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["token", "password", "secret"]
        .iter()
        .any(|word| text.contains(word))
}

/// True if the value at a JSON path may be a secret, or hold one.
pub fn may_be_secret(path: &str) -> bool {
    let mut names = path.split(['.', '[']);
    sounds_secret(path)
        || names.any(|name| SECRET_FIELDS.contains(&name) || SECRET_CONTAINERS.contains(&name))
}

/// Masks the secrets in a body.
pub fn body(value: &mut OrderedValue) {
    mask(value, "");
}

/// Masks the secrets in the value of the field `outer`.
fn mask(value: &mut OrderedValue, outer: &str) {
    match value {
        OrderedValue::Object(fields) => {
            for (name, value) in fields {
                let name = name.to_ascii_lowercase();
                let is_secret = SECRET_FIELDS.contains(&name.as_str())
                    || NESTED_SECRETS.contains(&(outer, &name));
                match value {
                    OrderedValue::Scalar(scalar) if is_secret && !scalar.is_null() => {
                        *scalar = Value::from(MASK);
                    }
                    other => mask(other, &name),
                }
            }
        }
        OrderedValue::Array(items) => {
            for item in items {
                mask(item, outer);
            }
        }
        OrderedValue::Scalar(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_at_any_depth() {
        let login = json!({"auth": {"identity": {"methods": ["password"],
            "password": {"user": {"name": "ann", "password": "s3cret"}}}}, "list": [{"Token": 7}]});
        let mut login = serde_json::from_value(login).unwrap();
        body(&mut login);
        assert_eq!(
            serde_json::to_value(login).unwrap(),
            json!({"auth": {"identity": {"methods": ["password"],
                "password": {"user": {"name": "ann", "password": "***"}}}}, "list": [{"Token": "***"}]})
        );
        let login = json!({"identity": {"token": {"id": "hush"}, "hw_ak_sk": {"access": {"key": "AK"},
            "secret": {"key": "hush"}}, "totp": {"user": {"id": "u", "passcode": "hush"}}}});
        let mut login = serde_json::from_value(login).unwrap();
        body(&mut login);
        assert_eq!(
            serde_json::to_value(login).unwrap(),
            json!({"identity": {"token": {"id": "***"}, "hw_ak_sk": {"access": {"key": "AK"},
                "secret": {"key": "***"}}, "totp": {"user": {"id": "u", "passcode": "***"}}}})
        );
        assert_eq!(query("a=1&token=s&b"), "a=1&token=***&b");
    }
}
