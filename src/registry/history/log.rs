//! The log of a world's commands in memory: segments, each with the world at its beginning.

use std::collections::VecDeque;

use axum::body::Bytes;

use super::checkpoint::Checkpoint;
use super::command::Command;
use super::past::{NamedPlace, Past, PastError, Place};
use crate::sim::Millis;
use crate::sim::memory::{Memory, MemoryAccount, MemoryPart, block};

/// The fewest commands between two checkpoints.
const LEAST_COMMANDS: usize = 256;

/// The part of the limit that a segment takes, so that not much falls out at once.
const SEGMENTS: usize = 8;

/// A command with its number and its instant.
#[derive(Clone, Debug)]
pub struct LoggedCommand {
    /// Counts from 1.
    pub number: u64,
    pub at: Millis,
    /// As [`Command::read`] takes them.
    ///
    /// [`Command::read`]: super::command::Command::read
    pub bytes: Bytes,
}

impl LoggedCommand {
    /// The command, and the body of a request; `None` if it cannot be read.
    pub(super) fn read(&self) -> Option<(Command<'_>, Bytes)> {
        let (command, body) = Command::read(&self.bytes).ok()?;
        Some((command, self.bytes.slice_ref(body)))
    }

    /// Gives or takes the name that it is about, if it is about one. Most are not, which their first bytes tell.
    fn name_in(&self, named: &mut Vec<NamedPlace>) {
        let tag = self.bytes.get(2..).unwrap_or_default();
        if !tag.starts_with(b"snapshot\"") && !tag.starts_with(b"remove_snapshot\"") {
            return;
        }
        match self.read() {
            Some((Command::Snapshot(name), _)) => named.push(NamedPlace {
                name,
                place: Place {
                    command: self.number,
                    at: self.at,
                },
            }),
            Some((Command::RemoveSnapshot(name), _)) => named.retain(|other| other.name != name),
            _ => {}
        }
    }

    fn size(&self) -> usize {
        size_of::<Self>() + block(self.bytes.len())
    }
}

/// The commands from a checkpoint to the next.
#[derive(Debug)]
struct Segment {
    checkpoint: Checkpoint,
    commands: Vec<LoggedCommand>,
    /// The size of both.
    size: usize,
}

/// A stretch of the log in which time goes forward. A reset may set the clock back, and begins another.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// The number of the command that began it; 0 for the first.
    number: u64,
    start: Millis,
    /// The instant at which the next began; none for the last.
    end: Option<Millis>,
}

/// The last commands of a world, within a limit in bytes.
#[derive(Debug)]
pub(super) struct CommandLog {
    segments: VecDeque<Segment>,
    stretches: VecDeque<Stretch>,
    last: u64,
    last_at: Millis,
    /// The most bytes; 0: nothing is kept.
    most: usize,
    account: MemoryAccount,
    has_forgotten: bool,
    /// The names that commands of the segments have given, oldest first.
    named: Vec<NamedPlace>,
}

impl CommandLog {
    pub(super) fn new(most: usize, memory: &Memory) -> Self {
        Self {
            segments: VecDeque::new(),
            stretches: VecDeque::new(),
            last: 0,
            last_at: Millis::MIN,
            most,
            account: MemoryAccount::new(memory, MemoryPart::History),
            has_forgotten: false,
            named: Vec::new(),
        }
    }

    /// The places with names, oldest first.
    pub(super) fn named(&self) -> &[NamedPlace] {
        &self.named
    }

    /// Goes on behind that many commands.
    pub(super) fn count_from(&mut self, last: u64) {
        self.last = last;
    }

    /// The number of the last command; 0: there was none.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn bytes(&self) -> usize {
        self.account.own()
    }

    /// Adds a command. Returns its number and instant.
    pub(super) fn push(&mut self, at: Millis, bytes: Bytes) -> (u64, Millis) {
        self.last += 1;
        // A fault is used without the lock of the memory, a little before or after another command.
        self.last_at = self.last_at.max(at);
        let command = LoggedCommand {
            number: self.last,
            at: self.last_at,
            bytes,
        };
        if let Some(segment) = self.segments.back_mut() {
            let size = command.size();
            segment.size += size;
            command.name_in(&mut self.named);
            segment.commands.push(command);
            self.account.add(size);
        }
        (self.last, self.last_at)
    }

    /// Begins another stretch of time with the last command.
    pub(super) fn begin_stretch(&mut self, start: Millis, end: Millis) {
        if let Some(last) = self.stretches.back_mut() {
            last.end = Some(end);
        }
        self.last_at = start;
        if let Some(command) = self
            .segments
            .back_mut()
            .and_then(|segment| segment.commands.last_mut())
        {
            command.at = start;
        }
        self.stretches.push_back(Stretch {
            number: self.last,
            start,
            end: None,
        });
    }

    /// True if a checkpoint is due in a world with so many resources.
    pub(super) fn is_due(&self, n_resources: impl FnOnce() -> usize) -> bool {
        let Some(segment) = self.segments.back() else {
            return false;
        };
        let n_commands = segment.commands.len();
        let own = segment.checkpoint.size;
        let of_commands = segment.size - own;
        of_commands > (self.most / SEGMENTS).max(own / 2)
            || n_commands >= LEAST_COMMANDS
                && n_commands % LEAST_COMMANDS == 0
                // A copy of the memory must be worth it.
                && of_commands >= own / 4
                && n_commands >= n_resources() / 4
    }

    /// Begins a segment, unless nothing is kept. Commands behind the checkpoint move into it.
    pub(super) fn begin(&mut self, checkpoint: Checkpoint) {
        if self.most == 0 {
            return;
        }
        if self.stretches.is_empty() {
            self.last_at = self.last_at.max(checkpoint.reading.now);
            self.stretches.push_back(Stretch {
                number: checkpoint.number,
                start: checkpoint.reading.now,
                end: None,
            });
        }
        let mut commands = Vec::new();
        if let Some(last) = self.segments.back_mut() {
            let n_before = last
                .commands
                .partition_point(|command| command.number <= checkpoint.number);
            commands = last.commands.split_off(n_before);
            let moved: usize = commands.iter().map(LoggedCommand::size).sum();
            last.size -= moved;
            self.account.subtract(moved);
        }
        let size = checkpoint.size + commands.iter().map(LoggedCommand::size).sum::<usize>();
        self.account.add(size);
        self.segments.push_back(Segment {
            checkpoint,
            commands,
            size,
        });
        self.forget();
    }

    /// Lets the oldest segments fall out.
    fn forget(&mut self) {
        while self.segments.len() > 1
            && (self.account.own() > self.most || self.account.is_beyond_share())
        {
            if let Some(oldest) = self.segments.pop_front() {
                self.account.subtract(oldest.size);
                self.has_forgotten = true;
            }
        }
        let earliest = self.earliest().map_or(0, |place| place.command);
        self.named.retain(|named| named.place.command > earliest);
        while self
            .stretches
            .get(1)
            .is_some_and(|next| next.number <= earliest)
        {
            self.stretches.pop_front();
        }
    }

    /// The earliest place that can be reached; none if nothing is kept.
    pub(super) fn earliest(&self) -> Option<Place> {
        let segment = self.segments.front()?;
        Some(segment.checkpoint.place())
    }

    /// The commands behind a number, at most so many.
    pub(super) fn since(&self, number: u64, most: usize) -> Vec<LoggedCommand> {
        let commands = self.segments.iter().flat_map(|segment| &segment.commands);
        commands
            .filter(|command| command.number > number)
            .take(most)
            .cloned()
            .collect()
    }

    /// The place in the past that is meant.
    pub(super) fn place(&self, past: Past, now: Millis) -> Result<Place, PastError> {
        let earliest = self.earliest().ok_or(PastError::Off)?;
        match past {
            Past::Command(number) => self.place_of(number, earliest),
            Past::At(at) => self.place_at(at, at, now, earliest),
            Past::Before(at) => self.place_at(at, at.saturating_sub(1), now, earliest),
            Past::Place(place) => {
                // It may have been dropped since it was found.
                let found = self.place_of(place.command, earliest)?;
                Ok(Place {
                    at: place.at.max(found.at),
                    ..place
                })
            }
        }
    }

    fn place_of(&self, number: u64, earliest: Place) -> Result<Place, PastError> {
        if number > self.last {
            return Err(PastError::NoCommand(number, self.last));
        }
        if number < earliest.command {
            return Err(PastError::Gone(earliest));
        }
        if number == earliest.command {
            return Ok(earliest);
        }
        let command = self
            .find(number)
            .ok_or(PastError::NoCommand(number, self.last))?;
        Ok(Place {
            command: number,
            at: command.at,
        })
    }

    fn find(&self, number: u64) -> Option<&LoggedCommand> {
        let segment = self
            .segments
            .iter()
            .rev()
            .find(|segment| segment.checkpoint.number < number)?;
        // After a rewind numbers are missing.
        let found = segment
            .commands
            .binary_search_by_key(&number, |command| command.number);
        segment.commands.get(found.ok()?)
    }

    /// The place at an instant behind the commands until `last_at`.
    fn place_at(
        &self,
        at: Millis,
        last_at: Millis,
        now: Millis,
        earliest: Place,
    ) -> Result<Place, PastError> {
        if at > now {
            return Err(PastError::Future(now));
        }
        let holds =
            |stretch: &&Stretch| stretch.start <= at && stretch.end.is_none_or(|end| at <= end);
        let Some(stretch) = self.stretches.iter().rev().find(holds) else {
            return Err(self.before(earliest));
        };
        // The last command of the stretch that came no later.
        let next = self
            .stretches
            .iter()
            .find(|other| other.number > stretch.number);
        let last = next.map_or(self.last, |next| next.number - 1);
        let is_before = |command: &LoggedCommand| command.number <= last && command.at <= last_at;
        let mut found = None;
        for segment in self.segments.iter().rev() {
            let checkpoint = segment.checkpoint.place();
            if checkpoint.command > last {
                continue;
            }
            let own = segment
                .commands
                .iter()
                .rev()
                .find(|command| is_before(command) && command.number >= stretch.number);
            if let Some(command) = own {
                found = Some(command.number);
                break;
            }
            if checkpoint.command >= stretch.number && checkpoint.at <= last_at {
                found = Some(checkpoint.command);
                break;
            }
        }
        let command = found.ok_or_else(|| self.before(earliest))?;
        Ok(Place { command, at })
    }

    fn before(&self, earliest: Place) -> PastError {
        if self.has_forgotten {
            PastError::Gone(earliest)
        } else {
            PastError::BeforeBeginning(earliest)
        }
    }

    /// The checkpoint before a place, and the commands between both.
    pub(super) fn way_to(&self, place: Place) -> Option<(Checkpoint, Vec<LoggedCommand>)> {
        let segment = self
            .segments
            .iter()
            .rev()
            .find(|segment| segment.checkpoint.number <= place.command)?;
        let n = segment
            .commands
            .partition_point(|command| command.number <= place.command);
        Some((segment.checkpoint.copy(), segment.commands[..n].to_vec()))
    }

    /// Drops the commands behind a number, and returns how many there were.
    pub(super) fn truncate(&mut self, number: u64) -> usize {
        let mut n_dropped = 0;
        while self
            .segments
            .back()
            .is_some_and(|segment| segment.checkpoint.number > number)
        {
            if let Some(later) = self.segments.pop_back() {
                self.account.subtract(later.size);
                n_dropped += later.commands.len();
            }
        }
        if let Some(segment) = self.segments.back_mut() {
            let n = segment
                .commands
                .partition_point(|command| command.number <= number);
            let dropped = segment.commands.split_off(n);
            let size: usize = dropped.iter().map(LoggedCommand::size).sum();
            segment.size -= size;
            self.account.subtract(size);
            n_dropped += dropped.len();
            let checkpoint = segment.checkpoint.reading.now;
            self.last_at = segment.commands.last().map_or(checkpoint, |last| last.at);
        }
        // A name that was taken away later is there again.
        self.named.clear();
        for command in self.segments.iter().flat_map(|segment| &segment.commands) {
            command.name_in(&mut self.named);
        }
        self.stretches.retain(|stretch| stretch.number <= number);
        if let Some(last) = self.stretches.back_mut() {
            last.end = None;
        }
        n_dropped
    }
}
