//! A temporary directory that only its owner can open, and that goes with the value.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The most names that are tried.
const MOST_TRIES: usize = 100;

/// The directory.
#[derive(Debug)]
pub(super) struct PrivateFolder(PathBuf);

impl PrivateFolder {
    /// Makes a directory of a new name in that for temporary files.
    pub(super) fn new() -> io::Result<Self> {
        let parent = std::env::temp_dir();
        let process = std::process::id();
        let mut last = io::ErrorKind::AlreadyExists.into();
        for number in 0..MOST_TRIES {
            let folder = parent.join(format!("release-emulator-{process}-{number}"));
            match builder().create(&folder) {
                Ok(()) => return Ok(Self(folder)),
                // Another one's, or left by a process that was killed: it is not touched.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(with_path(&error, &folder)),
            }
        }
        Err(with_path(&last, &parent))
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a new file.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let file = self.0.join(name);
        let written = File::create_new(&file).and_then(|mut opened| opened.write_all(content));
        written.map_err(|error| with_path(&error, &file))
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // Somebody may have removed it already.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn builder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has a mode"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
}

fn with_path(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_a_name_of_its_own_and_goes_with_its_value() {
        let (one, other) = (PrivateFolder::new().unwrap(), PrivateFolder::new().unwrap());
        assert_ne!(one.path(), other.path());
        one.write("a", b"b").unwrap();
        assert!(one.write("a", b"c").is_err(), "it is there already");
        assert_eq!(fs::read(one.path().join("a")).unwrap(), b"b");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(one.path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists());
    }
}
