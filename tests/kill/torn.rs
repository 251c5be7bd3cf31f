//! A last record of which only a part was written: it is made by cutting a copy of the directory.

use std::path::{Path, PathBuf};

use crate::process::Emulator;
use crate::random::Random;
use crate::state;

/// The length of a record without its payload, and the place of the payload's length in it.
const HEAD: usize = 32;
const LENGTH: usize = 8;

/// Cuts the last record of a copy at a random byte, and starts on it. Returns the number of records that were cut.
pub(crate) fn cut_and_start(
    binary: &str,
    directory: &Path,
    random: &mut Random,
) -> Result<usize, String> {
    let copy = directory.with_extension("torn");
    let _ = std::fs::remove_dir_all(&copy);
    copy_folder(directory, &copy).map_err(|error| error.to_string())?;
    let log = newest_log(&copy.join("worlds/main"))?;
    let bytes = std::fs::read(&log).map_err(|error| error.to_string())?;
    let (start, end) = last_record(&bytes);
    if start == end {
        return Ok(0);
    }
    let cut = start + 1 + usize::try_from(random.below((end - start - 1) as u64)).unwrap_or(0);
    std::fs::write(&log, &bytes[..cut]).map_err(|error| error.to_string())?;
    let emulator = Emulator::start(binary, Some(&copy), false)?;
    let first = state::text(&emulator)?;
    let words = emulator.last_words();
    // The mark and zeros are no part of a record that could be told from room.
    if !words.contains(&format!("is torn at byte {start}")) || words.lines().count() != 1 {
        return Err(format!(
            "a record that is cut at byte {cut} of {end} is told as: {words:?}"
        ));
    }
    let again = Emulator::start(binary, Some(&copy), false)?;
    if state::text(&again)? != first || !again.last_words().is_empty() {
        return Err("a start after a torn record is another one".to_owned());
    }
    let _ = std::fs::remove_dir_all(&copy);
    Ok(1)
}

/// The last whole record of a log.
fn last_record(bytes: &[u8]) -> (usize, usize) {
    let (mut start, mut end) = (0, 0);
    while let Some(length) = bytes.get(end + LENGTH..).and_then(<[u8]>::first_chunk::<8>) {
        if bytes[end] == 0 {
            break;
        }
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        start = end;
        end += HEAD + length;
    }
    (start, end)
}

fn newest_log(folder: &Path) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let logs = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let number: u64 = path
            .file_name()?
            .to_str()?
            .strip_prefix("log-")?
            .parse()
            .ok()?;
        Some((number, path))
    });
    logs.max()
        .map(|(_, path)| path)
        .ok_or_else(|| "there is no log".to_owned())
}

pub(crate) fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let (from, to) = (
            entry.as_ref().map(std::fs::DirEntry::path),
            entry.as_ref().map(|entry| to.join(entry.file_name())),
        );
        let (Ok(from), Ok(to)) = (from, to) else {
            continue;
        };
        if from.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(())
}
