//! The injection of faults: the faults in force, and the choice of the requests that they hit.
//!
//! The guard evaluates the faults for every request to an emulated service; the first one that hits decides.

use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::effect::{FaultDelay, FaultEffect, LogNormalDelay, UniformDelay};
use super::rules::{Fault, ListedFault};
use crate::http::json;
use crate::http::matching::request::MatchedRequest;
use crate::sim::Millis;
use crate::sim::chance::{chance, log_normal, uniform};
use crate::sim::clock::system_now;
use crate::sim::memory::{Memory, block};
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::sim::rules::{Rule, RuleLimit, RuleList};

/// A fault that hits a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InjectedFault {
    pub id: String,
    /// The drawn delay.
    pub delay: Duration,
    pub effect: FaultEffect,
}

/// The faults in force, in the order in which they are tried.
pub struct Faults {
    rules: Mutex<RuleList<FaultRule>>,
    /// Told of the counts that a request has changed.
    on_use: OnceLock<OnUse>,
    /// The parts of a request that the faults look at, so that most requests need no lock.
    looks_at: AtomicU8,
    /// The instant on the machine's clock at which commands were carried out that are replayed; [`LIVE`]: there are none.
    replayed_at: AtomicI64,
}

/// In the place of that instant where nothing is replayed.
const LIVE: Millis = Millis::MIN;

/// Told of changed counts under the lock of the faults, so that it hears of them in their order.
pub type OnUse = Box<dyn Fn(Vec<FaultUse>) + Send + Sync>;

impl std::fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Faults");
        shown.field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// The counts of a fault after a request that it matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultUse {
    pub id: String,
    /// The requests that it has hit.
    pub used: u64,
    /// The requests that it has matched.
    pub matched: u64,
}

/// The faults of a world with their counts, as they were.
#[derive(Clone, Debug)]
pub struct FaultsCopy(RuleList<FaultRule>);

/// The parts of a request that faults look at. Each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LooksAt {
    /// There are no faults.
    Nothing,
    Head,
    /// The scope too, which some families find in the body.
    Scope,
    Body,
}

/// A fault with its counts.
#[derive(Clone, Debug)]
struct FaultRule {
    listed: ListedFault,
    /// The instant at which it was added, on the machine's clock.
    since: Millis,
    /// The number of requests that have matched.
    matched: u64,
}

impl Rule for FaultRule {
    fn id(&self) -> &str {
        &self.listed.id
    }

    fn priority(&self) -> i32 {
        self.listed.fault.priority.unwrap_or(0)
    }

    fn size(&self) -> usize {
        self.listed.size() + size_of::<Self>()
    }
}

impl ListedFault {
    /// The approximate size of its parts. Texts, patterns and bodies take about twice as much as in JSON.
    fn size(&self) -> usize {
        let json = serde_json::to_vec(&self.fault).map_or(0, |json| json.len());
        block(self.id.len()) + block(2 * json)
    }
}

/// The reason that a fault is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdded {
    /// A fault of that id is there already.
    Taken,
    /// There is no room for it.
    Limit(RuleLimit),
}

impl Faults {
    /// No faults; those that are added count as those of the process.
    pub fn new(memory: &Memory) -> Self {
        Self {
            rules: Mutex::new(RuleList::new(memory)),
            on_use: OnceLock::new(),
            looks_at: AtomicU8::new(LooksAt::Nothing as u8),
            replayed_at: AtomicI64::new(LIVE),
        }
    }

    /// The approximate number of bytes that the faults take.
    pub fn bytes(&self) -> usize {
        self.lock().bytes()
    }

    /// Checks that there is room for more faults.
    pub fn check_room<'a>(&self, more: impl Iterator<Item = &'a Fault>) -> Result<(), RuleLimit> {
        let (n_more, size) = more.fold((0, 0), |(n, size), fault| {
            let rule = FaultRule::new(String::new(), fault.clone(), 0);
            (n + 1, size + rule.size())
        });
        self.lock().check_room(n_more, size)
    }

    /// The parts of a request that the faults look at.
    pub fn looks_at(&self) -> LooksAt {
        match self.looks_at.load(Ordering::Acquire) {
            0 => LooksAt::Nothing,
            1 => LooksAt::Head,
            2 => LooksAt::Scope,
            _ => LooksAt::Body,
        }
    }

    /// Returns the first fault that hits a request.
    pub fn evaluate(&self, request: &MatchedRequest) -> Option<InjectedFault> {
        let mut rules = self.lock();
        let now = system_now();
        let mut uses = Vec::new();
        let mut ordered = rules.as_mut_slice().iter_mut();
        let hit = ordered.find_map(|rule| {
            let before = rule.matched;
            let hit = rule.evaluate(request, now);
            if self.on_use.get().is_some() && rule.matched > before {
                uses.push(rule.counts());
            }
            hit
        });
        self.tell(uses);
        hit
    }

    /// Has changes of counts told.
    pub fn tell_uses(&self, on_use: OnUse) {
        // A world sets it once.
        let _ = self.on_use.set(on_use);
    }

    fn tell(&self, uses: Vec<FaultUse>) {
        if let Some(on_use) = self.on_use.get().filter(|_| !uses.is_empty()) {
            on_use(uses);
        }
    }

    /// Sets counts as they were told.
    pub fn set_counts(&self, uses: &[FaultUse]) {
        let mut rules = self.lock();
        for counts in uses {
            if let Some(rule) = rules.get_mut(&counts.id) {
                rule.listed.used = counts.used;
                rule.matched = counts.matched;
            }
        }
    }

    /// The faults as they are.
    pub fn copy(&self) -> FaultsCopy {
        FaultsCopy(self.lock().clone())
    }

    /// Puts others in the place of all.
    pub fn restore(&self, FaultsCopy(copy): FaultsCopy) {
        let mut rules = self.lock();
        rules.clear();
        for rule in copy.as_slice() {
            rules.add(rule.clone());
        }
        self.note_parts(&rules);
    }

    /// Takes a hit back: the fault left the answer as it was.
    pub fn undo_hit(&self, id: &str) {
        let mut rules = self.lock();
        if let Some(rule) = rules.get_mut(id) {
            rule.listed.used = rule.listed.used.saturating_sub(1);
            let counts = rule.counts();
            self.tell(vec![counts]);
        }
    }

    /// Adds a fault behind those of the same priority, with the id that it asks for or else with the given one.
    pub fn add(&self, id: String, mut fault: Fault) -> Result<ListedFault, NotAdded> {
        let id = fault.id.take().unwrap_or(id);
        let mut rules = self.lock();
        if rules.get(&id).is_some() {
            return Err(NotAdded::Taken);
        }
        let rule = FaultRule::new(id, fault, self.now());
        let room = rules.check_room(1, rule.size());
        room.map_err(NotAdded::Limit)?;
        let listed = rule.listed.clone();
        rules.add(rule);
        self.note_parts(&rules);
        Ok(listed)
    }

    /// Puts a fault in the place of the one with that id. Its counts stay, and its time in force begins anew. `None` if no
    /// fault has the id. Refused if there is no room for a larger one.
    pub fn replace(&self, id: &str, mut fault: Fault) -> Result<Option<ListedFault>, RuleLimit> {
        fault.id = None;
        let mut rules = self.lock();
        let Some(old) = rules.get(id) else {
            return Ok(None);
        };
        let rule = FaultRule {
            listed: ListedFault {
                id: id.to_owned(),
                fault,
                used: old.listed.used,
            },
            since: self.now(),
            matched: old.matched,
        };
        rules.check_room(0, rule.size().saturating_sub(old.size()))?;
        let listed = rule.listed.clone();
        rules.replace(rule);
        self.note_parts(&rules);
        Ok(Some(listed))
    }

    /// Has faults come into force as of an instant on the machine's clock from now on, since commands are replayed; none: at
    /// the present one again.
    pub fn replay_at(&self, real: Option<Millis>) {
        self.replayed_at
            .store(real.unwrap_or(LIVE), Ordering::Release);
    }

    fn now(&self) -> Millis {
        match self.replayed_at.load(Ordering::Acquire) {
            LIVE => system_now(),
            real => real,
        }
    }

    /// The faults in the order in which they are tried, expired ones too.
    pub fn list(&self) -> Vec<ListedFault> {
        let rules = self.lock();
        rules
            .as_slice()
            .iter()
            .map(|rule| rule.listed.clone())
            .collect()
    }

    /// The fault of an id.
    pub fn get(&self, id: &str) -> Option<ListedFault> {
        self.lock().get(id).map(|rule| rule.listed.clone())
    }

    /// Removes a fault; returns false if none has that id.
    pub fn remove(&self, id: &str) -> bool {
        let mut rules = self.lock();
        let is_removed = rules.remove(id);
        self.note_parts(&rules);
        is_removed
    }

    /// Removes all faults.
    pub fn clear(&self) {
        let mut rules = self.lock();
        rules.clear();
        self.note_parts(&rules);
    }

    /// Packs the faults with their counts.
    pub fn pack(&self, packer: &mut Packer) {
        self.lock().pack(packer);
    }

    /// Puts the faults that were packed in the place of the present ones.
    pub fn unpack(&self, unpacker: &mut Unpacker) -> Result<(), UnpackError> {
        let mut rules = self.lock();
        rules.clear();
        let result = rules.unpack(unpacker);
        self.note_parts(&rules);
        result
    }

    fn note_parts(&self, rules: &RuleList<FaultRule>) {
        let parts = rules.as_slice().iter().map(|rule| {
            let Fault { pattern, .. } = &rule.listed.fault;
            if !rule.listed.fault.is_enabled() {
                LooksAt::Nothing
            } else if pattern.needs_body() {
                LooksAt::Body
            } else if pattern.scope.is_some() {
                LooksAt::Scope
            } else {
                LooksAt::Head
            }
        });
        let most = parts.max().unwrap_or(LooksAt::Nothing);
        self.looks_at.store(most as u8, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, RuleList<FaultRule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultRule {
    fn new(id: String, fault: Fault, since: Millis) -> Self {
        Self {
            listed: ListedFault { id, fault, used: 0 },
            since,
            matched: 0,
        }
    }

    fn counts(&self) -> FaultUse {
        FaultUse {
            id: self.listed.id.clone(),
            used: self.listed.used,
            matched: self.matched,
        }
    }

    fn evaluate(&mut self, request: &MatchedRequest, now: Millis) -> Option<InjectedFault> {
        let ListedFault { id, fault, used } = &mut self.listed;
        let is_over = fault.ttl_ms.is_some_and(|ttl| now >= self.since + ttl);
        let is_used_up = fault.times.is_some_and(|times| *used >= times);
        if !fault.is_enabled() || is_over || is_used_up || !fault.pattern.matches(request) {
            return None;
        }
        let (seed, n) = (fault.seed.unwrap_or(0), self.matched);
        self.matched += 1;
        let is_early = fault.after.is_some_and(|after| n < after);
        let misses = fault
            .probability
            .is_some_and(|probability| chance(seed, n, 0) >= probability);
        if is_early || misses {
            return None;
        }
        *used += 1;
        let effect = fault.effect.clone();
        Some(InjectedFault {
            id: id.clone(),
            delay: effect
                .delay_ms
                .map_or(Duration::ZERO, |delay| draw_delay(delay, seed, n)),
            effect,
        })
    }
}

/// The delay of the `n`-th matching request.
fn draw_delay(delay: FaultDelay, seed: u64, n: u64) -> Duration {
    match delay {
        FaultDelay::Fixed(ms) => Duration::from_millis(ms),
        FaultDelay::Uniform(UniformDelay { min, max }) => {
            #[expect(clippy::cast_precision_loss)]
            let (min, max) = (min as f64, max as f64);
            seconds(uniform(min, max, seed, n))
        }
        FaultDelay::LogNormal(LogNormalDelay { median, sigma }) => {
            #[expect(clippy::cast_precision_loss)]
            let median = median as f64;
            seconds(log_normal(median, sigma, seed, n))
        }
    }
}

/// The longest delay in milliseconds, since a log-normal one has no bound of its own.
const LONGEST_DELAY: f64 = 3_600_000.0;

fn seconds(ms: f64) -> Duration {
    Duration::from_secs_f64(ms.clamp(0.0, LONGEST_DELAY) / 1_000.0)
}

/// As JSON, apart from the numbers that it might not keep bit by bit.
impl Pack for FaultRule {
    fn pack(&self, packer: &mut Packer) {
        let ListedFault { id, fault, used } = &self.listed;
        id.pack(packer);
        packer.text(&serde_json::to_string(fault).expect("keys are strings"));
        fault.probability.pack(packer);
        let sigma = match &fault.effect.delay_ms {
            Some(FaultDelay::LogNormal(delay)) => Some(delay.sigma),
            _ => None,
        };
        sigma.pack(packer);
        used.pack(packer);
        self.since.pack(packer);
        self.matched.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let id = Pack::unpack(unpacker)?;
        let fault = json::read_part(unpacker.text()?);
        let mut fault: Fault = fault.map_err(|_| UnpackError::Wrong("fault"))?;
        fault.probability = Pack::unpack(unpacker)?;
        let sigma = Option::unpack(unpacker)?;
        if let (Some(FaultDelay::LogNormal(delay)), Some(sigma)) =
            (&mut fault.effect.delay_ms, sigma)
        {
            delay.sigma = sigma;
        }
        let used = Pack::unpack(unpacker)?;
        Ok(Self {
            listed: ListedFault { id, fault, used },
            since: Pack::unpack(unpacker)?,
            matched: Pack::unpack(unpacker)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::matching::request::{SentBody, SentHeaders};
    use crate::sim::glob::Glob;
    use axum::http::HeaderMap;

    fn seeded(seed: u64) -> Fault {
        Fault {
            seed: Some(seed),
            ..Fault::default()
        }
    }

    fn hits(fault: Fault, n: usize) -> Vec<bool> {
        let mut rule = FaultRule::new("r".to_owned(), fault, 1_000);
        (0..n).map(|_| is_hit(&mut rule, 1_000)).collect()
    }

    fn is_hit(rule: &mut FaultRule, now: Millis) -> bool {
        let headers = HeaderMap::new();
        rule.evaluate(&list(&headers), now).is_some()
    }

    /// A request for a list of pipelines.
    fn list(headers: &HeaderMap) -> MatchedRequest<'_> {
        MatchedRequest {
            family: Some("pipelines"),
            operation: Some("ListPipelines"),
            action: None,
            method: "GET",
            path: "/v3/p1/pipeline/pipelines",
            query: None,
            headers: SentHeaders::Arriving(headers),
            body: SentBody::default(),
            scope: Some("p1"),
            caller: None,
        }
    }

    #[test]
    fn the_parts_of_a_request_that_faults_look_at_follow_the_faults() {
        let faults = Faults::new(&Memory::default());
        assert_eq!(faults.looks_at(), LooksAt::Nothing);
        let mut scoped = Fault::default();
        scoped.pattern.scope = Some(Glob::new("p1"));
        let mut deep = Fault::default();
        let exists = crate::http::matching::condition::Condition::exists(true);
        deep.pattern.body.insert("/name".to_owned(), exists);
        for (id, fault, parts) in [
            ("a", Fault::default(), LooksAt::Head),
            ("b", scoped, LooksAt::Scope),
            ("c", deep.clone(), LooksAt::Body),
        ] {
            faults.add(id.to_owned(), fault).unwrap();
            assert_eq!(faults.looks_at(), parts);
        }
        assert_eq!(
            faults.add("a".to_owned(), Fault::default()),
            Err(NotAdded::Taken)
        );
        deep.enabled = Some(false);
        assert!(faults.replace("c", deep.clone()).unwrap().is_some());
        assert_eq!(faults.looks_at(), LooksAt::Scope);
        assert_eq!(faults.replace("d", deep), Ok(None));
        faults.clear();
        assert_eq!(faults.looks_at(), LooksAt::Nothing);
    }

    #[test]
    fn times_counts_hits_and_after_the_requests_that_pass_first() {
        let twice = Fault {
            times: Some(2),
            after: Some(1),
            ..seeded(7)
        };
        assert_eq!(hits(twice, 5), [false, true, true, false, false]);
    }

    #[test]
    fn a_fault_is_in_force_until_its_time_is_over() {
        let brief = Fault {
            ttl_ms: Some(500),
            ..seeded(7)
        };
        let mut brief = FaultRule::new("r".to_owned(), brief, 1_000);
        assert!(is_hit(&mut brief, 1_499));
        assert!(!is_hit(&mut brief, 1_500));
    }

    #[test]
    fn the_seed_determines_the_hits() {
        let half = |seed| Fault {
            probability: Some(0.5),
            ..seeded(seed)
        };
        let first = hits(half(7), 1_000);
        assert_eq!(first, hits(half(7), 1_000));
        assert_ne!(first, hits(half(8), 1_000));
        let n = first.iter().filter(|request| **request).count();
        assert!((400..600).contains(&n), "{n}");
        let never = Fault {
            probability: Some(0.0),
            ..seeded(7)
        };
        assert!(!hits(never, 100).contains(&true));
    }

    #[test]
    fn delays_have_the_distribution_that_was_chosen() {
        let lengths = |delay| -> Vec<u128> {
            let mut all: Vec<u128> = (0..1_000)
                .map(|n| draw_delay(delay, 7, n).as_millis())
                .collect();
            all.sort_unstable();
            all
        };
        assert_eq!(lengths(FaultDelay::Fixed(200))[0], 200);
        let uniform = lengths(FaultDelay::Uniform(UniformDelay { min: 100, max: 300 }));
        assert!(uniform[0] >= 100 && uniform[999] <= 300);
        assert!((180..220).contains(&uniform[500]), "{}", uniform[500]);
        let skewed = lengths(FaultDelay::LogNormal(LogNormalDelay {
            median: 200,
            sigma: 0.5,
        }));
        assert!((180..220).contains(&skewed[500]), "{}", skewed[500]);
        // One deviation above the median: 200 times e to the 0.5.
        assert!((300..360).contains(&skewed[841]), "{}", skewed[841]);
    }
}
