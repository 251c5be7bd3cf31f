//! The claims of a JSON Web Token, read without checking its signature.

use serde::Deserialize;

use super::redact::encodings::base64_decoded;

/// The claims of a token about its owner.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Claims {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub uid: Option<String>,
}

/// The claims of a token; `None` if it is no JSON Web Token.
pub fn claims(token: &str) -> Option<Claims> {
    let (_, rest) = token.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    if signature.contains('.') {
        return None;
    }
    let payload = payload.trim_end_matches('=').as_bytes();
    serde_json::from_slice(&base64_decoded(payload)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_are_in_the_second_of_three_parts() {
        let payload = "eyJuYW1lIjoiQW5uIMOcIiwidWlkIjoidTEiLCJleHAiOjQ4NzAwMDAwMDB9";
        let ann = Claims {
            name: Some("Ann Ü".to_owned()),
            uid: Some("u1".to_owned()),
        };
        assert_eq!(claims(&format!("e30.{payload}.c2ln")), Some(ann));
        for token in ["any", "a.b", "a.b.c", "e30.e30.e30.e30", "e30.bnVsbA.x"] {
            assert_eq!(claims(token), None, "{token}");
        }
        assert_eq!(claims("e30.e30.x"), Some(Claims::default()));
        assert_eq!(claims(&format!("e30.{payload}")), None, "no signature");
    }
}
