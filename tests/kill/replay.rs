//! The replay: another emulator is sent, in the order of the history, what the one under test has accepted. After each start
//! both must have the same state, to the byte.

use std::io::BufReader;
use std::net::TcpStream;
use std::path::Path;

use serde_json_lenient::Value;

use crate::client::{PLANS, plan_body, request};
use crate::process::Emulator;
use crate::state;
use crate::torn::copy_folder;

/// The emulator that is sent the requests again.
pub(crate) struct Replay {
    emulator: Emulator,
    /// The number of the last command that it has.
    last: u64,
    /// The states that were compared.
    pub(crate) n_compared: u64,
}

/// The commands of a life of the process, as clients saw them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sent {
    pub(crate) acknowledged: usize,
    pub(crate) under_way: usize,
}

struct History {
    /// The requests in their order.
    requests: Vec<String>,
    last: u64,
    earliest: u64,
}

impl Replay {
    /// An emulator in memory, which has accepted nothing.
    pub(crate) fn start(binary: &str) -> Result<Self, String> {
        Ok(Self {
            emulator: Emulator::start(binary, None, false)?,
            last: 0,
            n_compared: 0,
        })
    }

    /// Sends what was accepted since, and compares the states.
    pub(crate) fn compare(
        &mut self,
        binary: &str,
        emulator: &Emulator,
        directory: &Path,
        sent: Sent,
    ) -> Result<(), String> {
        let history = history(emulator, self.last)?;
        let Sent {
            acknowledged,
            under_way,
        } = sent;
        let n_accepted = usize::try_from(history.last - self.last).unwrap_or(usize::MAX);
        if !(acknowledged..=acknowledged + under_way).contains(&n_accepted) {
            return Err(format!(
                "{n_accepted} commands were accepted, {acknowledged} acknowledged and {under_way} under way"
            ));
        }
        if history.earliest > self.last {
            // A compaction has dropped some. The replay goes on from here.
            return self.begin_at(binary, directory, history.last);
        }
        let mut stream = connect(&self.emulator)?;
        for line in &history.requests {
            let (method, target) = line.split_once(' ').ok_or("no request")?;
            let name = target
                .strip_prefix(PLANS)
                .and_then(|rest| rest.strip_prefix("?plan="));
            let body = name.map(plan_body).unwrap_or_default();
            match request(&mut stream, method, target, &body) {
                Some((200..300, _)) => {}
                answer => {
                    return Err(format!(
                        "{line}, which was accepted, is answered {answer:?}"
                    ));
                }
            }
        }
        self.last = history.last;
        let (found, replayed) = (state::text(emulator)?, state::text(&self.emulator)?);
        if found != replayed {
            return Err(format!(
                "the state is not that of the replay of {} commands:\n{found}\nin place of\n{replayed}",
                self.last
            ));
        }
        self.n_compared += 1;
        Ok(())
    }

    /// Goes on with a copy of the directory.
    fn begin_at(&mut self, binary: &str, directory: &Path, last: u64) -> Result<(), String> {
        let copy = directory.with_extension("replay");
        self.emulator.kill();
        let _ = std::fs::remove_dir_all(&copy);
        copy_folder(directory, &copy).map_err(|error| error.to_string())?;
        self.emulator = Emulator::start(binary, Some(&copy), false)?;
        self.last = last;
        Ok(())
    }
}

fn connect(emulator: &Emulator) -> Result<BufReader<TcpStream>, String> {
    let stream = TcpStream::connect(("127.0.0.1", emulator.port()));
    Ok(BufReader::new(stream.map_err(|error| error.to_string())?))
}

/// The history behind a command.
fn history(emulator: &Emulator, since: u64) -> Result<History, String> {
    let mut stream = connect(emulator)?;
    let mut history = History {
        requests: Vec::new(),
        last: since,
        earliest: 0,
    };
    let mut listed = since;
    loop {
        let path = format!("/_emulator/v1/history?since={listed}");
        let answer = request(&mut stream, "GET", &path, "");
        let Some((200, body)) = answer else {
            return Err(format!("the history cannot be read: {answer:?}"));
        };
        let page: Value = serde_json_lenient::from_str(&body).map_err(|error| error.to_string())?;
        history.last = page["last"].as_u64().ok_or("no last command")?;
        history.earliest = page["earliest"]["command"].as_u64().unwrap_or(0);
        let commands = page["commands"].as_array().ok_or("no commands")?;
        let requests = commands
            .iter()
            .filter_map(|command| command["request"].as_str());
        history.requests.extend(requests.map(ToOwned::to_owned));
        let Some(last) = commands.last().and_then(|last| last["command"].as_u64()) else {
            return Ok(history);
        };
        listed = last;
    }
}
