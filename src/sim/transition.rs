//! Transitions: changes of status with instant and cause. A log numbers them in the order of time and passes them on;
//! each resource remembers its own.

use std::num::NonZeroU32;
use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexSet;
use serde::Serialize;

use super::memory::{Memory, MemoryAccount, MemoryPart, block};
use super::pack::{Pack, Packer, UnpackError, Unpacker, pack_structs, pack_wrappers};
#[cfg(test)]
use super::scripts::FamilyName;
use super::step_name::StepName;
use super::step_names::StepNames;
use super::{Millis, time};

/// The cause of a change that time alone brought.
pub const CLOCK: &str = "clock";

/// The cause of a scheduled start.
pub const SCHEDULE: &str = "schedule";

/// The cause of the first entry of a resource that was loaded from a state document.
pub const IMPORT: &str = "import";

/// The cause of a change that a read brought, under `--progress reads`.
pub const READ: &str = "read";

/// The number of transitions that a resource remembers: the newest.
pub const MOST_REMEMBERED: usize = 1_000;

/// A change of the status of a resource or step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Transition {
    /// Its number in the life of the world; in a timeline 0 for an import, which is not a transition.
    #[serde(rename = "id")]
    pub number: u64,
    /// The instant, RFC 3339 in UTC.
    #[serde(rename = "time", serialize_with = "time::serialize")]
    #[cfg_attr(test, schema(value_type = String))]
    pub at: Millis,
    /// The family.
    #[cfg_attr(test, schema(value_type = FamilyName))]
    pub family: &'static str,
    /// The project, mesh or project key.
    pub scope: Arc<str>,
    /// The resource's id.
    #[serde(rename = "resource")]
    pub id: Arc<str>,
    /// The resource's name.
    pub name: Arc<str>,
    /// The stage of the step: of a pipeline its name, of a plan the `seq` of the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub stage: Option<Arc<str>>,
    /// The service of the step, in a delivery version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub service: Option<Arc<str>>,
    /// The step that changed; absent: the resource itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub step: Option<Arc<str>>,
    /// The status before; empty: the resource did not exist.
    pub from: Arc<str>,
    /// The status after; empty: the resource is gone.
    pub to: Arc<str>,
    /// `clock`, `schedule` for a start by a trigger policy, `queue` for one from a queue, `read` under `--progress reads`, or
    /// the name of the command; in a timeline also `import`.
    pub cause: Arc<str>,
}

/// A text interned in a [`TransitionLog`]: millions of transitions share a few statuses, commands and names of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(NonZeroU32);

impl Symbol {
    /// The empty text: the status of a resource that does not exist.
    pub const NOTHING: Self = Self(NonZeroU32::MIN);
}

/// The full name of a step, interned in a [`TransitionLog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepSymbol(NonZeroU32);

impl StepSymbol {
    fn number(self) -> u32 {
        self.0.get() - 1
    }
}

/// The approximate size of an interned text without its bytes.
const TEXT_OVERHEAD: usize = 56;

/// Numbers the transitions of a world in the order in which they happen, and buffers them until they are published.
#[derive(Clone, Debug)]
pub struct TransitionLog {
    last_number: u64,
    pending: Vec<Transition>,
    /// True if something else has changed.
    has_other: bool,
    /// The texts of the symbols, which count from 1; the first is empty.
    texts: IndexSet<Arc<str>, RandomState>,
    /// The names of the symbols of steps, whose numbers are one less.
    steps: StepNames,
    account: MemoryAccount,
}

impl Default for TransitionLog {
    fn default() -> Self {
        Self::new(&Memory::default())
    }
}

/// The instant and the cause of a change, and the log that records it.
#[derive(Debug)]
pub struct ChangeContext<'a> {
    pub now: Millis,
    /// The name of the command, or one of [`CLOCK`], [`SCHEDULE`], [`IMPORT`] and [`READ`].
    pub cause: &'a str,
    pub log: &'a mut TransitionLog,
}

impl TransitionLog {
    /// A log of a world without resources. What its resources take counts as theirs.
    pub fn new(memory: &Memory) -> Self {
        Self {
            last_number: 0,
            pending: Vec::new(),
            has_other: false,
            texts: IndexSet::from_iter([Arc::from("")]),
            steps: StepNames::default(),
            account: MemoryAccount::new(memory, MemoryPart::Resources),
        }
    }

    /// The memory of the world's resources.
    pub fn account(&self) -> &MemoryAccount {
        &self.account
    }

    /// The same, for counting.
    pub fn account_mut(&mut self) -> &mut MemoryAccount {
        &mut self.account
    }

    pub fn context<'a>(&'a mut self, now: Millis, cause: &'a str) -> ChangeContext<'a> {
        ChangeContext {
            now,
            cause,
            log: self,
        }
    }

    /// Takes the transitions that have not been published yet, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = Transition> {
        self.account.subtract(self.steps.forget_idle());
        self.has_other = false;
        self.pending.drain(..)
    }

    /// True if something has changed that has not been published.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty() || self.has_other
    }

    /// Notes a change that is no transition.
    pub fn note_other_change(&mut self) {
        self.has_other = true;
    }

    /// Continues the numbers of another log: a world never uses a number twice.
    pub fn count_on_from(&mut self, other: &Self) {
        self.last_number = self.last_number.max(other.last_number);
    }

    /// # Panics
    /// At more than four billion different texts.
    pub fn intern(&mut self, text: &str) -> Symbol {
        let index = if let Some(index) = self.texts.get_index_of(text) {
            index
        } else {
            self.account.add(TEXT_OVERHEAD + block(text.len()));
            self.texts.insert_full(text.into()).0
        };
        Symbol(symbol_number(index))
    }

    pub(super) fn text(&self, symbol: Symbol) -> &Arc<str> {
        &self.texts[symbol.0.get() as usize - 1]
    }

    /// # Panics
    /// At more than four billion different names.
    pub(super) fn intern_step(&mut self, name: StepName<&str>) -> StepSymbol {
        let (number, size) = self.steps.intern(name);
        self.account.add(size);
        StepSymbol(symbol_number(number as usize))
    }

    pub(super) fn step(&self, symbol: StepSymbol) -> &StepName<Arc<str>> {
        self.steps.get(symbol.number())
    }
}

fn symbol_number(index: usize) -> NonZeroU32 {
    let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
    number.expect("the texts are few")
}

/// The resource of a transition.
#[derive(Clone, Debug)]
pub(super) struct ResourceRef<'a> {
    pub(super) family: &'static str,
    pub(super) scope: &'a Arc<str>,
    pub(super) id: &'a Arc<str>,
    pub(super) name: Arc<str>,
}

impl ResourceRef<'_> {
    fn transition(&self, record: &Record, log: &TransitionLog) -> Transition {
        let Change { step, from, to } = record.change;
        let text = |symbol| Arc::clone(log.text(symbol));
        let step = step.map(|step| log.step(step));
        Transition {
            number: record.number,
            at: record.at,
            family: self.family,
            scope: Arc::clone(self.scope),
            id: Arc::clone(self.id),
            name: Arc::clone(&self.name),
            stage: step.and_then(StepName::stage).cloned(),
            service: step.and_then(StepName::service).cloned(),
            step: step.map(|name| Arc::clone(&name.step)),
            from: text(from),
            to: text(to),
            cause: text(record.cause),
        }
    }
}

/// A change of status: of a step by name, or of the resource itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) step: Option<StepSymbol>,
    pub(super) from: Symbol,
    pub(super) to: Symbol,
}

/// A transition without the fields that all those of a resource share.
#[derive(Clone, Debug)]
struct Record {
    /// 0 for an import, which is not published.
    number: u64,
    at: Millis,
    change: Change,
    cause: Symbol,
}

/// The newest transitions of a resource, at most [`MOST_REMEMBERED`].
#[derive(Clone, Debug, Default)]
pub struct History {
    /// A ring buffer once it is full: the next record replaces the oldest.
    records: Vec<Record>,
    /// The position of the oldest record.
    oldest: u32,
    forgotten: u32,
}

/// The number of records that a history keeps even if the memory is full.
const LEAST_REMEMBERED: usize = 8;

impl History {
    /// The transitions, oldest first.
    pub(super) fn transitions(
        &self,
        resource: &ResourceRef,
        log: &TransitionLog,
    ) -> Vec<Transition> {
        let (newest, oldest) = self.records.split_at(self.oldest as usize);
        let records = oldest.iter().chain(newest);
        records
            .map(|record| resource.transition(record, log))
            .collect()
    }

    pub fn forgotten(&self) -> u64 {
        u64::from(self.forgotten)
    }

    /// Records a change. Unless it is an import, it is also added to the log.
    pub(super) fn add(
        &mut self,
        change: Change,
        resource: &ResourceRef,
        change_context: &mut ChangeContext,
    ) {
        let ChangeContext { now, cause, log } = change_context;
        let mut record = Record {
            number: 0,
            at: *now,
            change,
            cause: log.intern(cause),
        };
        if *cause != IMPORT {
            log.last_number = log.last_number.saturating_add(1);
            record.number = log.last_number;
            let transition = resource.transition(&record, log);
            log.pending.push(transition);
        }
        self.push(record, log);
    }

    /// The same history with the symbols of another log.
    pub(super) fn translate(mut self, old: &TransitionLog, new: &mut TransitionLog) -> Self {
        for Record { change, cause, .. } in &mut self.records {
            for symbol in [&mut change.from, &mut change.to, cause] {
                *symbol = new.intern(old.text(*symbol));
            }
            if let Some(step) = &mut change.step {
                *step = new.intern_step(old.step(*step).map(|text| &**text));
                new.steps.retain(step.number());
            }
        }
        new.account.add(self.size());
        self
    }

    /// Gives back the memory of a history that ends with its resource.
    pub(super) fn release(&mut self, log: &mut TransitionLog) {
        for record in &self.records {
            if let Some(step) = record.change.step {
                log.steps.release(step.number());
            }
        }
        log.account.subtract(self.size());
        self.records = Vec::new();
    }

    fn size(&self) -> usize {
        block(self.records.capacity() * size_of::<Record>())
    }

    fn push(&mut self, record: Record, log: &mut TransitionLog) {
        if let Some(step) = record.change.step {
            log.steps.retain(step.number());
        }
        let n = self.records.len();
        let is_full = n == self.records.capacity();
        let may_grow = n < LEAST_REMEMBERED || n < MOST_REMEMBERED && !log.account.is_full();
        if is_full && !may_grow || n == MOST_REMEMBERED {
            let oldest = std::mem::replace(&mut self.records[self.oldest as usize], record);
            if let Some(step) = oldest.change.step {
                log.steps.release(step.number());
            }
            self.oldest = if self.oldest as usize + 1 == n {
                0
            } else {
                self.oldest + 1
            };
            self.forgotten = self.forgotten.saturating_add(1);
            return;
        }
        if is_full {
            let before = self.size();
            // Most resources have two or three transitions, and most imported ones only the import. A usual growth
            // would leave most of the buffer unused.
            let first = if record.number == 0 { 1 } else { 2 };
            let more = n.max(first).min(MOST_REMEMBERED - n);
            self.records.reserve_exact(more);
            log.account.replace(before, self.size());
        }
        // The ring may have begun in a smaller buffer, while the memory was full.
        self.records.rotate_left(self.oldest as usize);
        self.oldest = 0;
        self.records.push(record);
    }
}

pack_wrappers!(Symbol, StepSymbol);

pack_structs! {
    Change { step, from, to }
    Record { number, at, change, cause }
}

impl TransitionLog {
    /// Packs what transitions refer to. Those that are not published yet will be by the world that they happened in.
    pub fn pack(&self, packer: &mut Packer) {
        self.last_number.pack(packer);
        packer.all(self.texts.len(), self.texts.iter());
        self.steps.pack(packer);
    }

    /// Fills an empty log with what was packed.
    pub fn unpack(&mut self, unpacker: &mut Unpacker) -> Result<(), UnpackError> {
        self.last_number = Pack::unpack(unpacker)?;
        for text in Vec::<Arc<str>>::unpack(unpacker)? {
            self.intern(&text);
        }
        self.steps = Pack::unpack(unpacker)?;
        self.account.add(self.steps.size());
        Ok(())
    }

    /// Reads a symbol that the log knows.
    pub(super) fn unpack_symbol(&self, unpacker: &mut Unpacker) -> Result<Symbol, UnpackError> {
        let symbol = Symbol::unpack(unpacker)?;
        let is_known = symbol.0.get() as usize <= self.texts.len();
        is_known
            .then_some(symbol)
            .ok_or(UnpackError::Wrong("known status"))
    }
}

impl History {
    /// Packs it with its room: a history grows only while the memory has room.
    pub(super) fn pack(&self, packer: &mut Packer) {
        self.records.capacity().pack(packer);
        self.records.pack(packer);
        self.oldest.pack(packer);
        self.forgotten.pack(packer);
    }

    /// Reads a history of symbols that the log knows.
    pub(super) fn unpack(
        unpacker: &mut Unpacker,
        log: &mut TransitionLog,
    ) -> Result<Self, UnpackError> {
        let room = usize::unpack(unpacker)?.min(MOST_REMEMBERED);
        let mut records = Vec::with_capacity(room);
        records.append(&mut Pack::unpack(unpacker)?);
        let history = Self {
            records,
            oldest: Pack::unpack(unpacker)?,
            forgotten: Pack::unpack(unpacker)?,
        };
        let is_known = history.records.iter().all(|record| {
            let Change { step, from, to } = record.change;
            let is_text = |symbol: Symbol| symbol.0.get() as usize <= log.texts.len();
            [from, to, record.cause].into_iter().all(is_text)
                && step.is_none_or(|step| log.steps.knows(step.number()))
        });
        let is_ring = (history.oldest as usize) < history.records.len().max(1);
        if !(is_known && is_ring) {
            return Err(UnpackError::Wrong("history"));
        }
        log.account.add(history.size());
        Ok(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource<'a>(scope: &'a Arc<str>, id: &'a Arc<str>) -> ResourceRef<'a> {
        ResourceRef {
            family: "asm",
            scope,
            id,
            name: "switch".into(),
        }
    }

    fn change(log: &mut TransitionLog, from: &str, to: &str) -> Change {
        Change {
            step: None,
            from: log.intern(from),
            to: log.intern(to),
        }
    }

    #[test]
    fn a_short_history_takes_little_memory() {
        let (scope, id, mut log) = ("p".into(), "a".into(), TransitionLog::default());
        let mut history = History::default();
        for (from, to) in [("", "Creating"), ("Creating", "Running")] {
            let change = change(&mut log, from, to);
            history.add(change, &resource(&scope, &id), &mut log.context(0, CLOCK));
        }

        let bytes = size_of::<History>() + history.records.capacity() * size_of::<Record>();
        assert!(bytes <= 96, "{bytes}");
    }

    #[test]
    fn transitions_keep_their_steps_when_the_oldest_are_forgotten() {
        let (scope, id, mut log) = ("p".into(), "a".into(), TransitionLog::default());
        let mut history = History::default();
        for at in 0..2_345 {
            let mut change = change(&mut log, "off", "on");
            change.step = (at % 3 == 1).then(|| log.intern_step(StepName::whole(&at.to_string())));
            history.add(
                change,
                &resource(&scope, &id),
                &mut log.context(at, "switch"),
            );
        }

        let transitions = history.transitions(&resource(&scope, &id), &log);
        assert_eq!((transitions.len(), history.forgotten()), (1_000, 1_345));
        for (n, transition) in (1_345..).zip(&transitions) {
            let step = (n % 3 == 1).then(|| n.to_string());
            assert_eq!(
                (transition.at, transition.step.as_deref()),
                (n, step.as_deref())
            );
        }
    }

    #[test]
    fn only_the_newest_are_remembered_and_all_are_published() {
        let (scope, id, mut log) = ("p".into(), "a".into(), TransitionLog::default());
        let mut history = History::default();
        for at in 0..2_500 {
            let change = change(&mut log, "off", "on");
            history.add(
                change,
                &resource(&scope, &id),
                &mut log.context(at, "switch"),
            );
        }

        let transitions = history.transitions(&resource(&scope, &id), &log);
        let numbers: Vec<_> = transitions.iter().map(|listed| listed.number).collect();
        assert_eq!(numbers, (1_501..=2_500).collect::<Vec<_>>());
        assert_eq!((transitions[0].at, history.forgotten()), (1_500, 1_500));
        assert_eq!((log.drain().count(), log.drain().count()), (2_500, 0));
    }
}
