//! The encodings in which a secret may stand in a text: percent-encoding, even repeated, and base64.

use std::ops::Range;

/// The most times that a percent-encoding is undone.
const DEEPEST: usize = 3;

/// The fewest characters of base64 that are looked at.
const SHORTEST_BASE64: usize = 8;

/// A search in a form of a text, which adds the ranges that it finds.
pub type Look<'a> = &'a mut dyn FnMut(&[u8], &mut Vec<Range<usize>>);

/// Looks for ranges in a text and in all of its decoded forms. The ranges found are those of the text itself.
pub fn in_every_form(text: &[u8], look: Look) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    look(text, &mut ranges);
    let (mut form, mut begins): (Vec<u8>, Vec<usize>) = (Vec::new(), Vec::new());
    for depth in 0..DEEPEST {
        let current = if depth == 0 { text } else { &form };
        if current.contains(&b'+') {
            let spaced: Vec<u8> = current.iter().map(|byte| spaced(*byte)).collect();
            look_into(&spaced, &begins, &mut ranges, look);
        }
        let Some((decoded, offsets)) = percent_decoded(current) else {
            break;
        };
        begins = match depth {
            0 => offsets,
            _ => offsets.into_iter().map(|offset| begins[offset]).collect(),
        };
        form = decoded;
        look_into(&form, &begins, &mut ranges, look);
    }
    ranges
}

/// Looks at a form, of which `begins` are the offsets of its bytes in the text; none: they are the same.
fn look_into(form: &[u8], begins: &[usize], ranges: &mut Vec<Range<usize>>, look: Look) {
    let mut found = Vec::new();
    look(form, &mut found);
    let at = |offset: usize| begins.get(offset).copied().unwrap_or(offset);
    ranges.extend(
        found
            .into_iter()
            .map(|range| at(range.start)..at(range.end)),
    );
}

const fn spaced(byte: u8) -> u8 {
    match byte {
        b'+' => b' ',
        byte => byte,
    }
}

/// The decoded bytes, with the offset of each in the text and that of its end; none if nothing is encoded.
fn percent_decoded(text: &[u8]) -> Option<(Vec<u8>, Vec<usize>)> {
    let first = text.iter().position(|byte| *byte == b'%')?;
    let mut decoded = text[..first].to_vec();
    let mut offsets: Vec<usize> = (0..first).collect();
    let (mut offset, mut is_changed) = (first, false);
    while let Some(byte) = text.get(offset) {
        offsets.push(offset);
        let digits = (text.get(offset + 1), text.get(offset + 2));
        if let (b'%', (Some(high), Some(low))) = (byte, digits)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            decoded.push(high << 4 | low);
            offset += 3;
            is_changed = true;
        } else {
            decoded.push(*byte);
            offset += 1;
        }
    }
    offsets.push(offset);
    is_changed.then_some((decoded, offsets))
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// Calls `visit` with each run of a text that may be base64, of either alphabet, and its decoded bytes. A run may begin in
/// the middle of something else, so it is decoded from each of four offsets.
pub fn visit_base64(text: &[u8], visit: &mut dyn FnMut(Range<usize>, &[u8])) {
    let mut begin = 0;
    while begin < text.len() {
        let rest = &text[begin..];
        let length = rest
            .iter()
            .take_while(|byte| sextet(**byte).is_some())
            .count();
        let run = &rest[..length];
        // Ids in lower case are most of what could be base64, and are none.
        if length >= SHORTEST_BASE64 && run.iter().any(u8::is_ascii_uppercase) {
            for skipped in 0..4 {
                visit(begin..begin + length, &base64_decoded(&run[skipped..]));
            }
        }
        begin += length.max(1);
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The bytes of a run of base64 in either alphabet, without padding.
pub fn base64_decoded(run: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(run.len() / 4 * 3 + 2);
    for group in run.chunks(4) {
        let sextets = group
            .iter()
            .map(|byte| u32::from(sextet(*byte).unwrap_or(0)));
        let bits = sextets.fold(0, |bits, sextet| bits << 6 | sextet) << (6 * (4 - group.len()));
        let [_, bytes @ ..] = bits.to_be_bytes();
        decoded.extend_from_slice(&bytes[..group.len() - 1]);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of `key` in all forms of a text.
    fn places(text: &str) -> Vec<&str> {
        let mut look = |form: &[u8], ranges: &mut Vec<Range<usize>>| {
            let mut windows = form.windows(3).enumerate();
            ranges.extend(
                windows
                    .find(|(_, window)| window == b"key")
                    .map(|(n, _)| n..n + 3),
            );
        };
        let ranges = in_every_form(text.as_bytes(), &mut look);
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_percent_encoding_is_undone_and_the_place_is_that_of_the_text() {
        assert_eq!(places("a key!"), ["key"]);
        assert_eq!(places("a%20k%65y%21"), ["k%65y"]);
        assert_eq!(places("%256b%65y"), ["%256b%65y"]);
        assert_eq!(places("100%"), Vec::<&str>::new());
        assert_eq!(places("%zz %6bey"), ["%6bey"]);
    }

    #[test]
    fn base64_is_decoded_from_any_offset() {
        for (text, run) in [
            ("Basic YW5uOnMzY3JldA==", "YW5uOnMzY3JldA"),
            ("/v3/YW5uOnMzY3JldA", "/v3/YW5uOnMzY3JldA"),
        ] {
            let mut found = Vec::new();
            visit_base64(text.as_bytes(), &mut |range, decoded| {
                if decoded.windows(6).any(|window| window == b"s3cret") {
                    found.push(&text[range]);
                }
            });
            assert_eq!(found, [run], "{text}");
        }
        visit_base64(b"0605767aee00d2562f3cc0123456789a", &mut |range, _| {
            panic!("{range:?}")
        });
    }
}
