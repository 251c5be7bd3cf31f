//! The file of a corpus, to which whole lines are appended.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::redact::RedactedExchange;

/// A file to which lines are appended. Only its owner can read it.
#[derive(Debug)]
pub struct CorpusFile(File);

impl CorpusFile {
    /// Opens a file, or makes it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        restrict(&mut options);
        let mut file = options.open(path)?;
        restrict_existing(&file)?;
        // Behind a line that was cut, a new one begins.
        if file.metadata()?.len() > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        Ok(Self(file))
    }

    /// Appends an exchange. The line is written at once, so that whoever else appends does not come between.
    pub fn append(&mut self, exchange: &RedactedExchange) -> io::Result<()> {
        self.0.write_all(&exchange.line()?)
    }

    /// Waits until the disk has the file.
    pub fn finish(self) -> io::Result<()> {
        match self.0.sync_all() {
            // A pipe or a device has nothing to wait for.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            finished => finished,
        }
    }
}

#[cfg(unix)]
fn restrict(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
const fn restrict(_: &mut OpenOptions) {}

#[cfg(unix)]
fn restrict_existing(file: &File) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
const fn restrict_existing(_: &File) -> io::Result<()> {
    Ok(())
}
