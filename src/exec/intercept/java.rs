//! The file in which Java keeps the authorities that it trusts.
//!
//! Java reads no PEM, and `keytool` is not wherever Java is. Of the two formats that every Java reads, JKS is the one
//! without cryptography for certificates: a list, and a digest of it with a password.

use sha1::{Digest, Sha1};

use crate::sim::clock::system_now;

/// The password of the trust store that Java brings, which programs try. It protects nothing.
pub(super) const PASSWORD: &str = "changeit";

const MAGIC: u32 = 0xfeed_feed;
const VERSION: u32 = 2;
/// The tag of an entry that is a certificate alone.
const TRUSTED: u32 = 2;
const KIND: &str = "X.509";
/// The text that the digest begins with, after the password.
const WHITENER: &[u8] = b"Mighty Aphrodite";

/// A trust store with certificates.
pub(super) fn trust_store(certificates: &[Vec<u8>]) -> Vec<u8> {
    let mut store = Vec::new();
    write_number(&mut store, MAGIC);
    write_number(&mut store, VERSION);
    write_length(&mut store, certificates.len());
    for (number, certificate) in certificates.iter().enumerate() {
        write_number(&mut store, TRUSTED);
        write_text(&mut store, &format!("authority-{number}"));
        store.extend_from_slice(&system_now().to_be_bytes());
        write_text(&mut store, KIND);
        write_length(&mut store, certificate.len());
        store.extend_from_slice(certificate);
    }
    let mut digest = Sha1::new();
    for unit in PASSWORD.encode_utf16() {
        digest.update(unit.to_be_bytes());
    }
    digest.update(WHITENER);
    digest.update(&store);
    store.extend_from_slice(&digest.finalize());
    store
}

fn write_number(store: &mut Vec<u8>, number: u32) {
    store.extend_from_slice(&number.to_be_bytes());
}

fn write_length(store: &mut Vec<u8>, length: usize) {
    // A certificate has some kilobytes, and a system some hundred of them.
    write_number(store, u32::try_from(length).unwrap_or(u32::MAX));
}

/// A text with its length in two bytes.
fn write_text(store: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    store.extend_from_slice(&length.to_be_bytes());
    store.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest is that of `printf '\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite\xfe\xed\xfe\xed\0\0\0\2\0\0\0\0' | sha1sum`.
    #[test]
    fn an_empty_store_has_a_head_and_a_digest() {
        let store = trust_store(&[]);
        let (head, digest) = store.split_at(12);
        assert_eq!(head, [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 0]);
        assert_eq!(
            base16ct::lower::encode_string(digest),
            "e2686e45fb43dfa4d992dd41ceb6b21c6330d792"
        );
    }

    #[test]
    fn an_entry_has_a_name_a_time_and_its_certificate() {
        let store = trust_store(&[vec![7; 3]]);
        let entry = &store[12..store.len() - 20];
        assert_eq!(entry[..6], [0, 0, 0, 2, 0, 11]);
        assert_eq!(&entry[6..17], b"authority-0");
        assert_eq!(&entry[25..], b"\0\x05X.509\0\0\0\x03\x07\x07\x07");
    }
}
