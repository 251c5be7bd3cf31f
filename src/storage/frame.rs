//! A frame: the form of a record in a file, with which a torn record is told from a damaged one.
//!
//! | bytes | contents |
//! |---|---|
//! | 4 | a mark |
//! | 4 | the checksum of all that follows |
//! | 8 | the length of the payload |
//! | 8 | the number of the command |
//! | 8 | its instant |
//! | … | the payload |
//!
//! Numbers are little-endian. Zeros after the last frame are room that is not written yet.

use std::fmt;
use std::ops::Range;

use crate::sim::Millis;

/// The mark at the beginning of a frame.
const MARK: [u8; 4] = *b"RECD";

/// The length of a frame without its payload.
pub(super) const HEAD: usize = 32;

/// A command as it is stored: the payload has its meaning elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    pub number: u64,
    pub instant: Millis,
    pub payload: Vec<u8>,
}

/// The last record of a log, of which only a part was written. Its command was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The place of its first byte.
    pub at: u64,
    /// The bytes up to the last one that was written.
    pub length: u64,
}

/// A record that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The place of its first byte.
    pub at: u64,
    /// The number of the last good command before it; none: it is the first.
    pub last_good: Option<u64>,
    /// The place of the next record that can be read, if there is one in the same file.
    pub next_good: Option<u64>,
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the record at byte {}", self.at)?;
        if let Some(number) = self.last_good {
            write!(formatter, ", after command {number},")?;
        }
        formatter.write_str(" cannot be read")?;
        match self.next_good {
            Some(place) => write!(formatter, ", and good records follow from byte {place}"),
            None => Ok(()),
        }
    }
}

/// A log as it was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ReadLog {
    pub(super) records: Vec<LogRecord>,
    /// The end of the last good record.
    pub(super) end: u64,
    pub(super) torn: Option<TornTail>,
    pub(super) damage: Option<Damage>,
}

/// Appends a frame to a buffer.
pub(super) fn encode(number: u64, instant: Millis, payload: &[u8], buffer: &mut Vec<u8>) {
    let start = buffer.len();
    buffer.reserve(HEAD + payload.len());
    buffer.extend_from_slice(&MARK);
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    buffer.extend_from_slice(&number.to_le_bytes());
    buffer.extend_from_slice(&instant.to_le_bytes());
    buffer.extend_from_slice(payload);
    let checksum = crc32fast::hash(&buffer[start + 8..]);
    buffer[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
}

/// A good frame at the beginning of some bytes.
struct Frame {
    number: u64,
    instant: Millis,
    payload: Range<usize>,
}

impl Frame {
    fn read(bytes: &[u8]) -> Option<Self> {
        let head = bytes.first_chunk::<HEAD>()?;
        let long = |place: usize| {
            let field = head[place..].first_chunk::<8>().copied();
            u64::from_le_bytes(field.unwrap_or_default())
        };
        if head[..4] != MARK {
            return None;
        }
        let end = HEAD.checked_add(usize::try_from(long(8)).ok()?)?;
        let checksum = head[4..].first_chunk::<4>().copied()?;
        let covered = bytes.get(8..end)?;
        (crc32fast::hash(covered) == u32::from_le_bytes(checksum)).then(|| Self {
            number: long(16),
            instant: long(24).cast_signed(),
            payload: HEAD..end,
        })
    }
}

/// Reads the only frame of a file.
pub(super) fn read_one(bytes: &[u8]) -> Option<LogRecord> {
    let frame = Frame::read(bytes).filter(|frame| frame.payload.end == bytes.len())?;
    Some(LogRecord {
        number: frame.number,
        instant: frame.instant,
        payload: bytes[frame.payload].to_vec(),
    })
}

/// Reads all frames of a log, up to its end or to the first one that is bad.
pub(super) fn read_all(bytes: &[u8]) -> ReadLog {
    let mut log = ReadLog::default();
    let mut place = 0;
    while let Some(frame) = Frame::read(&bytes[place..]) {
        let payload = place + frame.payload.start..place + frame.payload.end;
        place = payload.end;
        log.records.push(LogRecord {
            number: frame.number,
            instant: frame.instant,
            payload: bytes[payload].to_vec(),
        });
    }
    log.end = place as u64;
    let rest = &bytes[place..];
    let written = trim_zeros(rest);
    if written.is_empty() {
        return log;
    }
    // Nothing was ever written behind a torn record. So with a good record behind it, something else has happened.
    match next_frame(written) {
        Some(next) => {
            log.damage = Some(Damage {
                at: log.end,
                last_good: log.records.last().map(|record| record.number),
                next_good: Some((place + next) as u64),
            });
        }
        None => {
            log.torn = Some(TornTail {
                at: log.end,
                length: written.len() as u64,
            });
        }
    }
    log
}

/// The bytes without the zeros at their end.
fn trim_zeros(bytes: &[u8]) -> &[u8] {
    const ZEROS: [u8; 4096] = [0; 4096];
    let mut bytes = bytes;
    while let Some((rest, chunk)) = bytes.split_last_chunk::<{ ZEROS.len() }>() {
        if *chunk != ZEROS {
            break;
        }
        bytes = rest;
    }
    let end = bytes.iter().rposition(|byte| *byte != 0);
    &bytes[..end.map_or(0, |end| end + 1)]
}

/// The place of the first good frame behind a bad one.
fn next_frame(bytes: &[u8]) -> Option<usize> {
    let starts = bytes.windows(MARK.len()).enumerate().skip(1);
    let mut marked = starts.filter(|(_, window)| *window == MARK);
    marked
        .find(|(place, _)| Frame::read(&bytes[*place..]).is_some())
        .map(|(place, _)| place)
}
