//! Bodies in gzip.

use miniz_oxide::deflate::compress_to_vec;
use proptest::collection::vec;
use proptest::prelude::*;
use release_emulator::internals::http::encoding::unpack;

use super::Edits;
use crate::common::cases;

const WORDS: &[&str] = &["\u{1f}", "\0", "\0\0\0\0\0\0\0\0", "a"];

/// The most that is unpacked.
const LIMIT: usize = 100_000;

/// Packs a text, with some of the optional parts of the head.
fn pack(text: &[u8], level: u8, has_name: bool, has_extra: bool) -> Vec<u8> {
    let flags = 8 * u8::from(has_name) + 4 * u8::from(has_extra);
    let mut packed = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255];
    if has_extra {
        packed.extend(b"\x03\x00abc");
    }
    if has_name {
        packed.extend(b"body.json\0");
    }
    packed.extend(compress_to_vec(text, level));
    packed.extend(crc32(text).to_le_bytes());
    packed.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    packed
}

/// The checksum, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    !crc
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn what_was_packed_is_unpacked(
        text in prop_oneof![vec(any::<u8>(), 0..400), vec(Just(b'a'), 0..70_000)],
        level in 0..10_u8, has_name: bool, has_extra: bool,
    ) {
        let packed = pack(&text, level, has_name, has_extra);

        let unpacked = unpack(&packed, LIMIT).ok();
        prop_assert_eq!(unpacked.as_deref(), Some(&*text));
        if !text.is_empty() {
            prop_assert!(unpack(&packed, text.len() - 1).is_err());
        }
    }

    #[test]
    fn what_was_damaged_is_refused_or_the_same(
        text in vec(any::<u8>(), 0..200), level in 0..10_u8, edits in Edits::any(WORDS),
    ) {
        let packed = pack(&text, level, true, true);
        let damaged = edits.apply(&packed);

        if let Ok(unpacked) = unpack(&damaged, LIMIT) {
            prop_assert_eq!(&*unpacked, &*text);
        }
    }

    #[test]
    fn any_bytes_are_unpacked_or_refused(rest in vec(any::<u8>(), 0..200)) {
        let _ = unpack(&rest, LIMIT);
        let _ = unpack(&[&b"\x1f\x8b\x08\x00\0\0\0\0\0\0"[..], &rest].concat(), LIMIT);
    }
}
