//! The one-time codes of virtual MFA devices, by RFC 6238: six digits by SHA-1, for 30 seconds.

use totp_rs::{Builder, Totp};

use crate::http::auth::Secret;
use crate::sim::Millis;

/// The device with a secret in base32; `None` if the text is not base32. Authenticator apps take lower case, blanks and
/// padding too.
pub(super) fn parse_totp_secret(secret: &Secret) -> Option<Totp> {
    let text: String = secret.expose().split_whitespace().collect();
    let text = text.trim_end_matches('=').to_ascii_uppercase();
    let secret = totp_rs::Secret::try_from_base32(text).ok()?;
    let is_empty = secret.as_bytes().is_empty();
    // The secrets of tests are short, which RFC 4226 forbids.
    (!is_empty).then(|| Builder::new().with_secret(secret).build_noncompliant())
}

/// True if a code is that of the present period, or of the one before or after it.
pub(super) fn is_valid_passcode(secret: &Secret, passcode: &str, now: Millis) -> bool {
    // RFC 6238 counts from the Unix epoch; before it there are no codes.
    let Ok(seconds) = u64::try_from(now.div_euclid(1_000)) else {
        return false;
    };
    parse_totp_secret(secret).is_some_and(|device| device.check(passcode, seconds).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors in RFC 6238, appendix B: `12345678901234567890`.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        let secret = Secret::new(SECRET);
        for (seconds, passcode) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let is_valid_at = |at: Millis| is_valid_passcode(&secret, passcode, at * 1_000);
            assert!(is_valid_at(seconds), "{seconds}");
            assert!(is_valid_at(seconds + 30) && is_valid_at(seconds - 30));
            assert!(!is_valid_at(seconds + 60));
            // There is no period before the first.
            assert!(seconds < 60 || !is_valid_at(seconds - 60));
        }
    }

    #[test]
    fn a_secret_may_be_written_as_apps_show_it() {
        for text in [
            SECRET,
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
            "GEZDGNBV======",
        ] {
            assert!(parse_totp_secret(&Secret::new(text)).is_some(), "{text}");
        }
        for text in ["", " ", "====", "GEZD1", "GEZ-D", "ö"] {
            assert!(parse_totp_secret(&Secret::new(text)).is_none(), "{text}");
        }
    }
}
