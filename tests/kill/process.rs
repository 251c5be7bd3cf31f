//! The binary under test.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) struct Emulator {
    child: Child,
    port: u16,
}

impl Emulator {
    /// Starts it on a directory, or in memory, and waits until it is ready.
    pub(crate) fn start(
        binary: &str,
        directory: Option<&Path>,
        sync: bool,
    ) -> Result<Self, String> {
        let mut command = Command::new(binary);
        command
            .args([
                "--listen",
                "127.0.0.1:0",
                "--freeze",
                "2030-01-01T00:00:00Z",
            ])
            .args(["--step", "0s", "--log-level", "error"])
            .args(directory.map(|_| "--data"))
            .args(directory)
            .args(sync.then_some("--sync"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("RELEASE_EMULATOR_") {
                command.env_remove(name);
            }
        }
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut ready = String::new();
        let stdout = child.stdout.as_mut().ok_or("no stdout")?;
        let read = BufReader::new(stdout).read_line(&mut ready);
        read.map_err(|error| error.to_string())?;
        let port = ready.split_once("url=http://127.0.0.1:");
        let port = port.and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
        let Some(port) = port else {
            let _ = child.kill();
            let mut complaint = String::new();
            let stderr = child.stderr.as_mut().ok_or("no stderr")?;
            let _ = stderr.read_to_string(&mut complaint);
            let _ = child.wait();
            return Err(format!("it does not start: {complaint}"));
        };
        Ok(Self { child, port })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn kill(&mut self) {
        // On Unix this is SIGKILL.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Kills it, and returns what it has written to stderr.
    pub(crate) fn last_words(mut self) -> String {
        self.kill();
        let mut words = String::new();
        if let Some(stderr) = self.child.stderr.as_mut() {
            let _ = stderr.read_to_string(&mut words);
        }
        words
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.kill();
    }
}
