//! The command line.

use std::time::Duration;

/// The options, and their meaning.
pub(crate) const USAGE: &str = "\
usage: cargo test --release --test fuzz -- [OPTIONS]

  --seconds N     generate sequences for so long
  --seed N        the seed of all sequences [default: 1]
  --sequence N    run this sequence of the seed only
  --threads N     [default: the number of cores]
  --keep-going    report further failures, one of each kind

Without options: the tests of the fuzz itself, and some sequences.
";

/// The chosen options.
pub(crate) struct Options {
    /// Absent: some sequences.
    pub(crate) lasting: Option<Duration>,
    pub(crate) seed: u64,
    pub(crate) sequence: Option<u64>,
    pub(crate) n_threads: usize,
    pub(crate) keeps_going: bool,
    /// True if no option was given.
    pub(crate) is_plain: bool,
}

/// The way in which the arguments are to be taken.
pub(crate) enum Command {
    Run(Options),
    /// They are for the tests of other targets.
    Nothing,
    Help,
}

impl Command {
    /// Reads the arguments. Those of the test harness of other targets are allowed and mean nothing.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut options = Options {
            lasting: None,
            seed: 1,
            sequence: None,
            n_threads: n_cores,
            keeps_going: false,
            is_plain: true,
        };
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            let mut number = || -> Result<u64, String> {
                let value = arguments.next().unwrap_or_default();
                let number = value.parse();
                number.map_err(|_| format!("{argument}: {value:?} is not a number"))
            };
            match &*argument {
                "--seconds" => options.lasting = Some(Duration::from_secs(number()?)),
                "--seed" => options.seed = number()?,
                "--sequence" => options.sequence = Some(number()?),
                "--threads" => options.n_threads = number()?.clamp(1, 64) as usize,
                "--keep-going" => options.keeps_going = true,
                "--help" => return Ok(Self::Help),
                "--list" => return Ok(Self::Nothing),
                other if other.starts_with('-') => continue,
                _ => return Ok(Self::Nothing),
            }
            options.is_plain = false;
        }
        Ok(Self::Run(options))
    }
}
