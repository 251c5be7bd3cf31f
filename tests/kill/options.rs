//! The options of a run.

const USAGE: &str = "Options:
  --kills N    the kills (default 8)
  --seed N     the same seed gives the same times and requests (default 1)
  --clients N  the clients that write at a time (default 64)
  --sync       always start with --sync, and not only now and then
  --binary P   the emulator (default: that of the build)
  --torn N     cut the last record after each Nth kill (default 4)";

pub(crate) struct Options {
    pub(crate) kills: u64,
    pub(crate) seed: u64,
    pub(crate) clients: usize,
    pub(crate) sync: bool,
    pub(crate) torn_every: u64,
    pub(crate) binary: String,
}

impl Options {
    /// Reads the arguments; none for a question that this target has no answer to.
    pub(crate) fn read(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Option<Self>, String> {
        let mut options = Self {
            kills: 8,
            seed: 1,
            clients: 64,
            sync: false,
            torn_every: 4,
            binary: env!("CARGO_BIN_EXE_release-emulator").to_owned(),
        };
        while let Some(argument) = arguments.next() {
            if argument == "--binary" {
                options.binary = arguments.next().ok_or(USAGE)?;
                continue;
            }
            let mut number = || arguments.next().and_then(|text| text.parse().ok());
            let value = match argument.as_str() {
                "--sync" => {
                    options.sync = true;
                    continue;
                }
                // Asked of every target by tools that list tests, or that filter them.
                "--list" | "--nocapture" | "-q" | "--quiet" => {
                    if argument == "--list" {
                        return Ok(None);
                    }
                    continue;
                }
                "--kills" | "--seed" | "--clients" | "--torn" => number(),
                // A filter: this target is no test of that name.
                _ if !argument.starts_with('-') => return Ok(None),
                _ => None,
            };
            let value = value.ok_or(USAGE)?;
            match argument.as_str() {
                "--kills" => options.kills = value,
                "--seed" => options.seed = value,
                "--clients" => options.clients = usize::try_from(value).map_err(|_| USAGE)?,
                _ => options.torn_every = value.max(1),
            }
        }
        Ok(Some(options))
    }
}
