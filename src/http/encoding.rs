//! The `Content-Encoding` of a request's body: gzip is unpacked, any other is refused.
//!
//! A signature covers the bytes as they were sent, so they are unpacked once it is verified. Handlers, faults and the
//! journal see the unpacked body.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::Rejection;

/// The most bytes that a body may have unpacked where the body itself has no limit.
const MOST_UNPACKED: usize = 1 << 30;

/// The length of the head of a gzip member without its optional parts, and of what follows the data.
const HEAD: usize = 10;
const TRAILER: usize = 8;

/// An encoding that a body names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEncoding {
    Identity,
    Gzip,
}

impl BodyEncoding {
    /// The encoding that a head names; `Identity` if it names none.
    pub fn of(headers: &HeaderMap) -> Result<Self, Rejection> {
        let mut encoding = Self::Identity;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            for name in value.to_str().unwrap_or("?").split(',').map(str::trim) {
                let is = |known: &str| name.eq_ignore_ascii_case(known);
                match encoding {
                    _ if is("identity") || name.is_empty() => {}
                    Self::Identity if is("gzip") || is("x-gzip") => encoding = Self::Gzip,
                    // A body that is packed twice is not read either.
                    _ => return Err(Rejection::UnsupportedEncoding(name.to_owned())),
                }
            }
        }
        Ok(encoding)
    }
}

/// Unpacks a body in gzip to at most `limit` bytes; no more than that is unpacked.
pub fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, Rejection> {
    let limit = limit.min(MOST_UNPACKED);
    let corrupt = |why: &str| Rejection::BadBody(format!("the body is not valid gzip: {why}"));
    let head = head_length(packed).ok_or_else(|| corrupt("it does not begin as gzip does"))?;
    let (unpacked, read) = inflate(&packed[head..], limit).map_err(|error| match error {
        InflateError::TooLarge => Rejection::TooLarge,
        InflateError::Corrupt => corrupt("its data are damaged, or end early"),
    })?;
    let trailer = packed.get(head + read..).unwrap_or_default();
    let Some((sums, rest)) = trailer.split_at_checked(TRAILER) else {
        return Err(corrupt("it ends early"));
    };
    if !rest.is_empty() {
        return Err(corrupt("something follows its end"));
    }
    let length = u32::try_from(unpacked.len() & 0xffff_ffff).unwrap_or_default();
    if sums != [crc32(&unpacked).to_le_bytes(), length.to_le_bytes()].concat() {
        return Err(corrupt("its checksum is wrong"));
    }
    Ok(unpacked.into())
}

/// The length of the head of a gzip member. Source: RFC 1952, section 2.3.
fn head_length(packed: &[u8]) -> Option<usize> {
    const CHECKSUM: u8 = 0x02;
    const EXTRA: u8 = 0x04;
    const NAME: u8 = 0x08;
    const COMMENT: u8 = 0x10;
    let [0x1f, 0x8b, 8, flags, ..] = *packed else {
        return None;
    };
    let mut length = HEAD;
    if flags & EXTRA != 0 {
        let extra: [u8; 2] = packed.get(length..length + 2)?.try_into().ok()?;
        length += 2 + usize::from(u16::from_le_bytes(extra));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            length += 1 + packed.get(length..)?.iter().position(|byte| *byte == 0)?;
        }
    }
    if flags & CHECKSUM != 0 {
        length += 2;
    }
    (length <= packed.len()).then_some(length)
}

#[derive(Debug, PartialEq, Eq)]
enum InflateError {
    TooLarge,
    Corrupt,
}

/// Unpacks data, and returns how many of its bytes they were.
fn inflate(packed: &[u8], limit: usize) -> Result<(Vec<u8>, usize), InflateError> {
    let mut decompressor = Box::<DecompressorOxide>::default();
    let (mut read, mut written) = (0, 0);
    // One byte more tells a body of just the limit from a larger one.
    let most = limit + 1;
    let mut unpacked = vec![0; (4 * packed.len()).max(64).min(most)];
    loop {
        let (status, n_read, n_written) = decompress(
            &mut decompressor,
            &packed[read..],
            &mut unpacked,
            written,
            TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
        );
        read += n_read;
        written += n_written;
        match status {
            _ if written > limit => return Err(InflateError::TooLarge),
            TINFLStatus::Done => {
                unpacked.truncate(written);
                return Ok((unpacked, read));
            }
            TINFLStatus::HasMoreOutput => {
                let length = (2 * unpacked.len()).min(most);
                unpacked.resize(length, 0);
            }
            _ => return Err(InflateError::Corrupt),
        }
    }
}

/// The checksum of gzip. Source: RFC 1952, section 8.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = crc32_table();
    let step = |crc: u32, byte: &u8| TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ (crc >> 8);
    !bytes.iter().fold(!0, step)
}

const fn crc32_table() -> [u32; 256] {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let mut table = [0; 256];
    let mut n = 0;
    let mut row = 0;
    while n < 256 {
        let (mut crc, mut bit) = (row, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 {
                POLYNOMIAL ^ (crc >> 1)
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
        row += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use miniz_oxide::deflate::compress_to_vec;

    use super::*;

    /// The text in gzip, with a name and a comment as `gzip` may write them.
    fn pack(text: &[u8]) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap();
        [
            b"\x1f\x8b\x08\x18\0\0\0\0\0\x03name\0comment\0".to_vec(),
            compress_to_vec(text, 6),
            crc32(text).to_le_bytes().to_vec(),
            length.to_le_bytes().to_vec(),
        ]
        .concat()
    }

    fn refusal(packed: &[u8]) -> String {
        match unpack(packed, 1 << 20) {
            Err(Rejection::BadBody(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn what_was_packed_comes_back() {
        for text in [&b""[..], b"{}", &b"abc".repeat(100_000)] {
            assert_eq!(unpack(&pack(text), 1 << 20).unwrap(), text);
        }
    }

    #[test]
    fn no_more_than_the_limit_is_unpacked() {
        let bomb = pack(&vec![0; 1 << 20]);
        assert_eq!(unpack(&bomb, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(unpack(&bomb, (1 << 20) - 1), Err(Rejection::TooLarge));
        assert_eq!(unpack(&bomb, 0), Err(Rejection::TooLarge));
    }

    #[test]
    fn damage_is_named() {
        let packed = pack(b"{\"name\":\"shop\"}");
        assert!(refusal(b"{}").ends_with("it does not begin as gzip does"));
        assert!(refusal(&packed[..packed.len() - 1]).ends_with("it ends early"));
        assert!(refusal(&packed[..30]).ends_with("or end early"));
        assert!(refusal(&[&*packed, b"x"].concat()).ends_with("something follows its end"));
        let mut wrong = packed.clone();
        let last = wrong.len() - 5;
        wrong[last] ^= 1;
        assert!(refusal(&wrong).ends_with("its checksum is wrong"));
        for length in 0..packed.len() {
            refusal(&packed[..length]);
        }
    }

    #[test]
    fn an_encoding_is_named_once() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            BodyEncoding::of(&headers)
        };
        assert_eq!(of(&[]), Ok(BodyEncoding::Identity));
        assert_eq!(of(&["identity"]), Ok(BodyEncoding::Identity));
        assert_eq!(of(&["GZIP"]), Ok(BodyEncoding::Gzip));
        assert_eq!(of(&["identity, x-gzip"]), Ok(BodyEncoding::Gzip));
        let unsupported = |name: &str| Err(Rejection::UnsupportedEncoding(name.to_owned()));
        assert_eq!(of(&["br"]), unsupported("br"));
        assert_eq!(of(&["gzip", "gzip"]), unsupported("gzip"));
    }
}
