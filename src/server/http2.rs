//! The refusal of HTTP/2 in HTTP/2, since its clients show nothing of an answer in HTTP/1.1.
//!
//! Of the protocol this is what one answer needs: an empty SETTINGS, a head whose fields are spelled out (RFC 7541, section
//! 6.2.2), one DATA, and a GOAWAY (RFC 9113, section 6).

/// The bytes with which a client begins.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The settings of the server, all by default. Some clients send no request before they have them.
pub(super) const SETTINGS: &[u8] = &[0, 0, 0, 0x4, 0, 0, 0, 0, 0];

/// The confirmation of the client's settings.
const SETTINGS_ACK: &[u8] = &[0, 0, 0, 0x4, 0x1, 0, 0, 0, 0];

const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const GOAWAY: u8 = 0x7;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// The length of the head of a frame.
const FRAME_HEAD: usize = 9;

/// The longest payload of a frame that every client takes.
const LONGEST_PAYLOAD: usize = 16_384;

/// The error code that tells a client to come back with HTTP/1.1.
const HTTP_1_1_REQUIRED: [u8; 4] = [0, 0, 0, 0xd];

/// The names of fields that are about a connection of HTTP/1.1.
const OF_HTTP_1: [&str; 3] = ["connection", "keep-alive", "transfer-encoding"];

/// The stream of the first request in the input of a connection; `None` if its head has not arrived.
pub(super) fn first_stream(input: &[u8]) -> Option<[u8; 4]> {
    let mut frames = input.strip_prefix(PREFACE)?;
    loop {
        let head = frames.get(..FRAME_HEAD)?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        if head[3] == HEADERS {
            return head[5..].try_into().ok();
        }
        frames = frames.get(FRAME_HEAD + length..)?;
    }
}

/// An answer of HTTP/1.1 in frames for a stream, and the end of the connection. Without a stream there is only that.
pub(super) fn refusal(stream: Option<[u8; 4]>, answer: &[u8]) -> Vec<u8> {
    let mut frames = SETTINGS_ACK.to_vec();
    let end_of_head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end_of_head.map_or(answer.len(), |end| end + 4));
    let body = &body[..body.len().min(LONGEST_PAYLOAD)];
    if let Some(stream) = stream {
        let head = compress(&String::from_utf8_lossy(head));
        write_frame(&mut frames, HEADERS, END_HEADERS, stream, &head);
        write_frame(&mut frames, DATA, END_STREAM, stream, body);
    }
    let last = stream.unwrap_or_default();
    let end = [
        &last,
        &HTTP_1_1_REQUIRED,
        b"this port speaks HTTP/1.1" as &[u8],
    ]
    .concat();
    write_frame(&mut frames, GOAWAY, 0, [0; 4], &end);
    frames
}

fn write_frame(frames: &mut Vec<u8>, kind: u8, flags: u8, stream: [u8; 4], payload: &[u8]) {
    let length = u32::try_from(payload.len())
        .unwrap_or_default()
        .to_be_bytes();
    frames.extend_from_slice(&length[1..]);
    frames.extend_from_slice(&[kind, flags]);
    frames.extend_from_slice(&stream);
    frames.extend_from_slice(payload);
}

/// A head of HTTP/1.1 as a block of fields, without compression.
fn compress(head: &str) -> Vec<u8> {
    /// A field without a place in the table whose name is the eighth there: `:status`.
    const STATUS: u8 = 0x08;
    const NEW_NAME: u8 = 0x00;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut block = vec![STATUS];
    write_text(&mut block, status.unwrap_or("400"));
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = name.to_ascii_lowercase();
        if !OF_HTTP_1.contains(&&*name) {
            block.push(NEW_NAME);
            write_text(&mut block, &name);
            write_text(&mut block, value);
        }
    }
    block
}

/// Writes a text with its length in the form of RFC 7541, section 5.1: seven bits, and more bytes for a longer text.
fn write_text(block: &mut Vec<u8>, text: &str) {
    const SEVEN_BITS: usize = 127;
    let mut rest = text.len();
    let low = |bits: usize| u8::try_from(bits & SEVEN_BITS).unwrap_or_default();
    if rest < SEVEN_BITS {
        block.push(low(rest));
    } else {
        block.push(0x7f);
        rest -= SEVEN_BITS;
        while rest > SEVEN_BITS {
            block.push(low(rest) | 0x80);
            rest >>= 7;
        }
        block.push(low(rest));
    }
    block.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stream_is_that_of_the_first_head() {
        let settings = [SETTINGS, SETTINGS_ACK].concat();
        let head = [0, 0, 1, HEADERS, 5, 0, 0, 0, 3, 0x82];
        let input = [PREFACE, &settings, &head].concat();
        assert_eq!(first_stream(&input), Some([0, 0, 0, 3]));
        for length in 0..input.len() - 1 {
            assert_eq!(first_stream(&input[..length]), None, "{length}");
        }
    }

    /// The examples of RFC 7541, appendix C.1, with a prefix of seven bits.
    #[test]
    fn a_long_text_has_its_length_in_more_bytes() {
        let length = |n: usize| {
            let mut block = Vec::new();
            write_text(&mut block, &"x".repeat(n));
            block[..block.len() - n].to_vec()
        };
        assert_eq!(length(10), [10]);
        assert_eq!(length(126), [126]);
        assert_eq!(length(127), [127, 0]);
        assert_eq!(length(255), [127, 0x80, 1]);
        assert_eq!(length(1337), [127, 0xba, 9]);
    }
}
