//! The kept answers of a world: bodies of recent reads, as they were sent.
//!
//! An answer is a pure function of what was accepted and of the instant. As long as nothing is written and nothing is due,
//! the same question has the same answer, to the byte. So an answer is kept with the edition of the memory from which it was
//! read, and with the instant at which something is due next. Each exclusive access to the memory begins an edition.
//!
//! Credentials, permissions, faults, journal, metrics and request ids are those of each request: a kept answer stands in for
//! the handler alone. A service whose answers depend on the instant itself, and not only on what has happened until then,
//! declares it ([`Dialect::KEEPS_ANSWERS`](super::Dialect)), and a test asks every GET of the others at two instants.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use bytestring::ByteString;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Caller;
use crate::sim::Millis;
use crate::sim::clock::Clock;
use crate::sim::memory::{Memory, MemoryAccount, MemoryPart};

/// The questions that are remembered, so that only the answer to one that is asked again is kept: one for each byte with
/// which a hash begins.
const N_ASKED: usize = 256;

/// The approximate size of an entry beside its texts.
const ENTRY: usize = 400;

/// The reads of the memory by a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadStamp {
    /// There was none yet.
    #[default]
    Unread,
    /// All saw this edition, in which nothing is due before this instant.
    Of { edition: u64, until: Millis },
    /// They saw several editions.
    Mixed,
}

impl ReadStamp {
    /// Notes a read.
    pub fn note(&mut self, edition: u64, until: Millis) {
        let read = Self::Of { edition, until };
        match self {
            Self::Unread => *self = read,
            seen if *seen == read => {}
            _ => *self = Self::Mixed,
        }
    }
}

/// Everything that an answer depends on beside the memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question<'a> {
    path: &'a str,
    query: Option<&'a str>,
    caller: &'a Caller,
}

impl<'a> Question<'a> {
    pub fn new(request: &'a Parts, caller: &'a Caller) -> Self {
        Self {
            path: request.uri.path(),
            query: request.uri.query(),
            caller,
        }
    }

    fn to_owned(self, hash: u64) -> AskedAgain {
        AskedAgain {
            hash,
            path: self.path.into(),
            query: self.query.map(Into::into),
            caller: self.caller.clone(),
        }
    }
}

/// A question that was asked before in the same edition, so that its answer is worth keeping.
#[derive(Debug)]
pub struct AskedAgain {
    hash: u64,
    path: Box<str>,
    query: Option<Box<str>>,
    caller: Caller,
}

impl AskedAgain {
    fn question(&self) -> Question<'_> {
        Question {
            path: &self.path,
            query: self.query(),
            caller: &self.caller,
        }
    }

    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    fn size(&self) -> usize {
        ENTRY + self.path.len() + self.query.as_ref().map_or(0, |query| query.len())
    }
}

/// An answer with the status 200.
#[derive(Debug)]
pub struct KeptAnswer {
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The evidence as one line.
    pub evidence: Option<ByteString>,
    /// True if there is no hint on the names in the query.
    pub has_known_query: bool,
    pub read_stamp: ReadStamp,
}

impl KeptAnswer {
    pub fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        response.headers_mut().clone_from(&self.headers);
        response
    }

    fn size(&self) -> usize {
        let evidence = self.evidence.as_ref().map_or(0, |line| line.len());
        self.body.len() + evidence
    }
}

/// The state of a question.
#[derive(Debug)]
pub enum Asked {
    /// It was not asked in this edition, as far as is remembered.
    First,
    Again(Box<AskedAgain>),
    Answered(Arc<KeptAnswer>),
}

#[derive(Debug)]
struct Entry {
    question: Box<AskedAgain>,
    answer: Arc<KeptAnswer>,
    until: Millis,
}

/// The answers of one edition.
#[derive(Debug)]
struct Entries {
    edition: u64,
    table: HashTable<Entry>,
    /// The hashes of the last questions, each at a place that follows from it.
    asked: Box<[u64; N_ASKED]>,
    account: MemoryAccount,
}

impl Entries {
    /// Forgets what another edition has answered.
    fn turn_to(&mut self, edition: u64) {
        if self.edition != edition {
            self.edition = edition;
            self.table.clear();
            self.account.clear();
            self.asked.fill(0);
        }
    }
}

/// The kept answers of a world.
#[derive(Debug)]
pub struct KeptAnswers {
    /// The limit in bytes; 0 keeps none.
    limit: usize,
    edition: AtomicU64,
    hasher: RandomState,
    entries: Mutex<Entries>,
}

impl KeptAnswers {
    /// Room for answers of about `limit` bytes, as far as the memory of the process has them; 0 keeps none.
    pub fn new(limit: usize, memory: &Memory) -> Self {
        Self {
            limit,
            edition: AtomicU64::new(0),
            hasher: RandomState::default(),
            entries: Mutex::new(Entries {
                edition: 0,
                table: HashTable::new(),
                asked: Box::new([0; N_ASKED]),
                account: MemoryAccount::new(memory, MemoryPart::Answers),
            }),
        }
    }

    pub fn is_on(&self) -> bool {
        self.limit > 0
    }

    /// The edition of the memory, which changes under its write lock only.
    pub fn edition(&self) -> u64 {
        self.edition.load(Ordering::Acquire)
    }

    /// Begins an edition. Called under the write lock before anything changes, so that whoever learns of a change is no
    /// longer told what was before.
    pub fn begin_edition(&self) {
        self.edition.fetch_add(1, Ordering::AcqRel);
    }

    /// Looks for the answer to a question.
    pub fn ask(&self, question: Question, clock: &Clock) -> Asked {
        let hash = self.hash(question);
        let mut entries = self.entries();
        entries.turn_to(self.edition());
        let found = entries
            .table
            .find(hash, |entry| entry.question.question() == question)
            .filter(|entry| clock.before(entry.until).is_ok());
        if let Some(entry) = found {
            return Asked::Answered(Arc::clone(&entry.answer));
        }
        let place = &mut entries.asked[usize::from(hash.to_le_bytes()[0])];
        if *place == hash {
            return Asked::Again(Box::new(question.to_owned(hash)));
        }
        *place = hash;
        Asked::First
    }

    /// Keeps an answer, if there is room for it.
    pub fn keep(&self, question: Box<AskedAgain>, answer: KeptAnswer) {
        let ReadStamp::Of { edition, until } = answer.read_stamp else {
            return;
        };
        let size = question.size() + answer.size();
        let mut entries = self.entries();
        entries.turn_to(self.edition());
        if entries.edition != edition || size > self.limit {
            return;
        }
        // A polled answer comes back at once, and there is no order in which the others would be missed less.
        if entries.account.own() + size > self.limit {
            entries.table.clear();
            entries.account.clear();
        }
        if !entries.account.has_room(size) || entries.account.is_beyond_share() {
            return;
        }
        let hash = question.hash;
        let is_same = |entry: &Entry| entry.question.question() == question.question();
        if let Ok(old) = entries.table.find_entry(hash, is_same) {
            let (old, _) = old.remove();
            let size = old.question.size() + old.answer.size();
            entries.account.subtract(size);
        }
        entries.account.add(size);
        let entry = Entry {
            question,
            answer: Arc::new(answer),
            until,
        };
        entries
            .table
            .insert_unique(hash, entry, |entry| entry.question.hash);
    }

    /// The approximate size of what is kept.
    pub fn bytes(&self) -> usize {
        self.entries().account.own()
    }

    fn hash(&self, question: Question) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        question.path.hash(&mut hasher);
        question.query.hash(&mut hasher);
        question.caller.name.hash(&mut hasher);
        question.caller.named_project.hash(&mut hasher);
        // 0 stands for no question.
        hasher.finish().max(1)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::NEVER;

    fn kept_answers(limit: usize) -> (KeptAnswers, Clock) {
        let clock = Clock::frozen(1_000, 1.0);
        (KeptAnswers::new(limit, &Memory::default()), clock)
    }

    fn answer(body: &'static str, read_stamp: ReadStamp) -> KeptAnswer {
        KeptAnswer {
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            evidence: None,
            has_known_query: true,
            read_stamp,
        }
    }

    fn question<'a>(path: &'a str, caller: &'a Caller) -> Question<'a> {
        Question {
            path,
            query: None,
            caller,
        }
    }

    /// Asks twice, and keeps an answer.
    fn keep(kept_answers: &KeptAnswers, clock: &Clock, path: &str, read_stamp: ReadStamp) {
        let caller = Caller::named("ann");
        let asked = kept_answers.ask(question(path, &caller), clock);
        assert!(matches!(asked, Asked::First), "{asked:?}");
        match kept_answers.ask(question(path, &caller), clock) {
            Asked::Again(again) => kept_answers.keep(again, answer("[]", read_stamp)),
            asked => panic!("{asked:?}"),
        }
    }

    fn is_answered(kept_answers: &KeptAnswers, clock: &Clock, question: Question) -> bool {
        matches!(kept_answers.ask(question, clock), Asked::Answered(_))
    }

    #[test]
    fn an_answer_is_that_to_the_same_question_of_the_same_caller_in_the_same_edition() {
        let (kept_answers, clock) = kept_answers(10_000);
        let edition = kept_answers.edition();
        let read_stamp = ReadStamp::Of {
            edition,
            until: NEVER,
        };
        keep(&kept_answers, &clock, "/a", read_stamp);
        let (ann, bob) = (Caller::named("ann"), Caller::named("bob"));
        let allowed = Caller {
            actions: Some(Vec::new()),
            ..ann.clone()
        };
        let same = question("/a", &ann);
        assert!(is_answered(&kept_answers, &clock, same));
        for other in [
            question("/b", &ann),
            question("/a", &bob),
            question("/a", &allowed),
            Question {
                query: Some(""),
                ..same
            },
        ] {
            assert!(!is_answered(&kept_answers, &clock, other), "{other:?}");
        }
        kept_answers.begin_edition();
        assert!(!is_answered(&kept_answers, &clock, same));
        assert_eq!(kept_answers.bytes(), 0);
    }

    #[test]
    fn an_answer_is_kept_until_something_is_due() {
        let (kept_answers, clock) = kept_answers(10_000);
        let caller = Caller::named("ann");
        for (path, until, is_kept) in [("/a", 1_001, true), ("/b", 1_000, false)] {
            let edition = kept_answers.edition();
            keep(
                &kept_answers,
                &clock,
                path,
                ReadStamp::Of { edition, until },
            );
            let question = question(path, &caller);
            assert_eq!(is_answered(&kept_answers, &clock, question), is_kept);
        }
    }

    #[test]
    fn an_answer_that_was_read_before_or_during_a_change_is_not_kept() {
        let (kept_answers, clock) = kept_answers(10_000);
        let edition = kept_answers.edition();
        let mut mixed = ReadStamp::default();
        for until in [5, 5, 6] {
            mixed.note(edition, until);
        }
        let before = ReadStamp::Of {
            edition: edition.wrapping_sub(1),
            until: NEVER,
        };
        for (path, read_stamp) in [("/a", mixed), ("/b", before), ("/c", ReadStamp::Unread)] {
            keep(&kept_answers, &clock, path, read_stamp);
        }
        assert_eq!(kept_answers.bytes(), 0);
    }

    #[test]
    fn what_does_not_fit_takes_the_place_of_all() {
        let (kept_answers, clock) = kept_answers(1_000);
        let edition = kept_answers.edition();
        let read_stamp = ReadStamp::Of {
            edition,
            until: NEVER,
        };
        let caller = Caller::named("ann");
        for path in ["/a", "/b", "/c"] {
            keep(&kept_answers, &clock, path, read_stamp);
        }
        assert!(!is_answered(&kept_answers, &clock, question("/a", &caller)));
        assert!(is_answered(&kept_answers, &clock, question("/c", &caller)));
        assert!(kept_answers.bytes() <= 1_000);

        let (kept_answers, clock) = self::kept_answers(100);
        keep(&kept_answers, &clock, "/a", read_stamp);
        assert_eq!(kept_answers.bytes(), 0);
    }
}
