//! The invariants: checks after each step, and dearer ones after some.

mod answer;
mod commands;
mod lists;
mod past;
mod resources;
mod time;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::document::{Document, Operation, array, text};
use crate::emulator::{Answer, Emulator, Fork, Sent};
use crate::setup::Setup;
use crate::step::{MAIN, Step};
use past::PastWorld;

/// The address of the control plane.
const CONTROL: &str = "/_emulator/v1";

/// Control operations that may change the state. The others leave it alone even if they succeed.
const CHANGING: [&str; 8] = [
    "AdvanceClock",
    "MergeState",
    "ReplaceState",
    "Reset",
    "RestoreSnapshot",
    "RewindClock",
    "SetClock",
    "SetReleaseTraffic",
];

/// A broken invariant.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// Its name, by which a failure is the same after a step was left out.
    pub(crate) check: &'static str,
    pub(crate) text: String,
}

/// The number of times that something was done.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) n_requests: u64,
    pub(crate) n_steps: u64,
    pub(crate) checks: BTreeMap<&'static str, u64>,
    /// Operations that answered with a success.
    pub(crate) succeeded: BTreeSet<String>,
    /// Answers by status.
    pub(crate) statuses: BTreeMap<u16, u64>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.n_requests += other.n_requests;
        self.n_steps += other.n_steps;
        for (check, n) in other.checks {
            *self.checks.entry(check).or_default() += n;
        }
        self.succeeded.extend(other.succeeded);
        for (status, n) in other.statuses {
            *self.statuses.entry(status).or_default() += n;
        }
    }
}

/// The checks of one sequence, with what they have seen.
pub(crate) struct Checks<'a> {
    document: &'a Document,
    setup: &'a Setup,
    pub(crate) tally: Tally,
    /// The export after the latest step.
    state: String,
    /// Total and dropped requests of the journal after the latest step.
    journal: u64,
    /// Requests in the metrics, and in the journal by our own count, since a reset.
    worlds: BTreeSet<String>,
    /// The histories that resources have had.
    timelines: HashMap<(String, String), Vec<Value>>,
    /// Records of runs that have ended.
    records: HashMap<(String, String), Value>,
    n_deep: usize,
    /// The world at places of its past.
    past: Vec<PastWorld>,
}

/// The outcome of a step.
pub(crate) enum Outcome {
    Answered(Answer),
    /// Nothing came of it, which is in order.
    Nothing,
}

impl<'a> Checks<'a> {
    pub(crate) async fn new(document: &'a Document, setup: &'a Setup, emulator: &Emulator) -> Self {
        let mut checks = Self {
            document,
            setup,
            tally: Tally::default(),
            state: String::new(),
            journal: 0,
            worlds: BTreeSet::from([MAIN.to_owned()]),
            timelines: HashMap::new(),
            records: HashMap::new(),
            n_deep: 0,
            past: Vec::new(),
        };
        checks.state = checks.export(emulator).await;
        checks
    }

    /// Sends a step and checks what must hold after it.
    pub(crate) async fn step(
        &mut self,
        emulator: &mut Emulator,
        step: &Step,
        is_deep: bool,
    ) -> Result<Outcome, Failure> {
        let operation = self.document.find(&step.method, step.path());
        let is_main = step.world == MAIN;
        let is_clock_step = is_main && matches!(id(operation), "AdvanceClock" | "SetClock");
        let resources = if is_clock_step {
            self.ask(emulator, "/resources?limit=1000").await.json()
        } else {
            Value::Null
        };
        let is_control_write = step.is_control() && !step.is_read();
        let rules = if is_control_write {
            self.rules(emulator).await
        } else {
            String::new()
        };
        let faults = self.ask(emulator, "/faults").await.json();
        let has_faults = array(&faults["faults"]).next().is_some();

        let sent = emulator.send(step).await;
        self.tally.n_steps += 1;
        self.tally.n_requests += 1;
        let answer = match sent {
            Sent::Unsendable => return Ok(Outcome::Nothing),
            Sent::Panicked(text) => return fail("no panic", text),
            Sent::Unanswered => {
                let is_whole = step.cut.is_none() && is_well_formed(step);
                if !has_faults && is_whole && is_main {
                    return fail("every request is answered", "the connection was closed");
                }
                self.renew(emulator).await;
                return Ok(Outcome::Nothing);
            }
            Sent::Answered(answer) => answer,
        };
        *self.tally.statuses.entry(answer.status).or_default() += 1;

        let record = self.newest_record(emulator).await;
        let is_hit = !answer.header("x-emulator-fault").is_empty()
            || has_faults && !step.is_control() && is_main && !record["fault"].is_null()
            || has_faults && !is_main && !step.is_control();
        if !is_hit {
            self.check_answer(step, operation, &answer)?;
        }
        if answer.status < 400 && !is_hit {
            self.tally
                .succeeded
                .extend(operation.map(|known| known.id.clone()));
            self.note_worlds(emulator, operation, step, &answer);
        }
        // A request whose answer a fault has cut short is sent again.
        let may_be_repeated = has_faults && self.setup.is_over_socket;
        if is_main && is_well_formed(step) && step.cut.is_none() && !may_be_repeated {
            self.check_journal(emulator, operation, step, &answer, is_hit)
                .await?;
        } else {
            self.journal = self.journal_count(emulator).await;
        }
        if is_main {
            self.check_unchanged(emulator, operation, step, &answer, is_hit)
                .await?;
            if is_control_write && answer.status >= 400 && id(operation) != "AdvanceClock" {
                self.count("a refused command changes no rule");
                let now = self.rules(emulator).await;
                if now != rules {
                    return fail(
                        "a refused command changes no rule",
                        format!("before: {rules}\nafter: {now}"),
                    );
                }
            }
        } else {
            self.count("worlds share nothing");
            let state = self.export(emulator).await;
            if state != self.state {
                return fail("worlds share nothing", difference(&self.state, &state));
            }
        }
        if is_main && answer.is_success() {
            if is_clock_step {
                self.check_passage(emulator, &resources).await?;
            }
            self.forget(operation);
        }
        if is_deep {
            self.deep(emulator).await?;
        }
        Ok(Outcome::Answered(answer))
    }

    /// The dearer checks.
    async fn deep(&mut self, emulator: &mut Emulator) -> Result<(), Failure> {
        self.n_deep += 1;
        self.check_worlds(emulator).await?;
        self.keep_past(emulator);
        let listed = self.check_resources(emulator).await?;
        let clock = self.ask(emulator, "/clock").await.json();
        let now = instant(&clock["now"]);
        let fork = self.fork(now)?;
        self.count("an export restores itself");
        let again = fork.state();
        if again != self.state {
            return fail("an export restores itself", difference(&self.state, &again));
        }
        self.check_lists(&fork, &listed).await?;
        self.check_records(&fork, &listed).await?;
        self.check_commands(now, &listed).await
    }

    /// The check at the end of a sequence: an export that is put back changes nothing.
    pub(crate) async fn finish(&mut self, emulator: &mut Emulator) -> Result<(), Failure> {
        self.deep(emulator).await?;
        self.count("an export can be put back");
        let before = self.ask(emulator, "/resources?limit=1000").await.text();
        let mut put =
            Step::new("PUT", "/_emulator/v1/state").with_header("content-type", "application/json");
        put.body = Some(self.state.clone().into_bytes());
        let answer = emulator.tell(&put).await;
        self.tally.n_requests += 1;
        if answer.status != 204 {
            return fail("an export can be put back", answer.text());
        }
        let state = self.export(emulator).await;
        if state != self.state {
            return fail("an export can be put back", difference(&self.state, &state));
        }
        let after = self.ask(emulator, "/resources?limit=1000").await.text();
        // Scripts decide on what is to come, and are replaced too.
        if without_next(&before) != without_next(&after) {
            return fail("an export can be put back", difference(&before, &after));
        }
        self.check_past(emulator).await
    }

    /// Another emulator with the present state, in which commands can be tried.
    fn fork(&mut self, now: i64) -> Result<Fork, Failure> {
        let mut settings = self.setup.settings.clone();
        settings.auth = release_emulator::Auth::Shape;
        settings.references = release_emulator::References::Lenient;
        Fork::new(&settings, &self.state, now).map_err(|text| Failure {
            check: "an export restores itself",
            text,
        })
    }

    /// Asks the first world's control plane, and counts the request.
    async fn ask(&mut self, emulator: &Emulator, path: &str) -> Answer {
        self.tally.n_requests += 1;
        emulator.ask(&format!("{CONTROL}{path}")).await
    }

    /// The state of the first world.
    async fn export(&mut self, emulator: &Emulator) -> String {
        let text = self.ask(emulator, "/state").await.text();
        text.trim_end().to_owned()
    }

    fn count(&mut self, check: &'static str) {
        *self.tally.checks.entry(check).or_default() += 1;
    }

    /// Scripts, faults, webhooks, worlds and the clock, as far as requests set them.
    async fn rules(&mut self, emulator: &Emulator) -> String {
        let mut rules = String::new();
        for path in ["/scripts", "/faults", "/worlds", "/clock"] {
            rules.push_str(&self.ask(emulator, path).await.text());
        }
        let webhooks = self.ask(emulator, "/webhooks").await.json();
        for webhook in array(&webhooks["webhooks"]) {
            rules.push_str(&text(&webhook["id"]));
        }
        rules
    }

    /// Takes the present state for granted.
    async fn renew(&mut self, emulator: &Emulator) {
        self.state = self.export(emulator).await;
        self.journal = self.journal_count(emulator).await;
        self.timelines.clear();
        self.records.clear();
        let worlds = self.ask(emulator, "/worlds").await.json();
        let names = array(&worlds["worlds"]).map(|world| text(&world["name"]));
        self.worlds = names.collect();
    }

    async fn newest_record(&mut self, emulator: &Emulator) -> Value {
        let journal = self.ask(emulator, "/requests?limit=1").await.json();
        journal["requests"][0].clone()
    }

    async fn journal_count(&mut self, emulator: &Emulator) -> u64 {
        let journal = self.ask(emulator, "/requests?limit=0").await.json();
        journal["total"].as_u64().unwrap_or(0) + journal["dropped"].as_u64().unwrap_or(0)
    }

    /// Each request to a service is in the journal, once, as it was answered; requests to the control plane are not.
    async fn check_journal(
        &mut self,
        emulator: &Emulator,
        operation: Option<&Operation>,
        step: &Step,
        answer: &Answer,
        is_hit: bool,
    ) -> Result<(), Failure> {
        let check = "the journal has each request once";
        self.count(check);
        let before = self.journal;
        self.journal = self.journal_count(emulator).await;
        let is_emptied = matches!(id(operation), "Reset" | "ClearRequests") && answer.is_success();
        let is_own =
            step.is_control() || is_usual_path(step.path()) || is_redirect_of_browser(step, answer);
        let expected = match (is_emptied, is_own) {
            (true, _) => 0,
            (false, true) => before,
            (false, false) => before + 1,
        };
        if self.journal != expected {
            let text = format!("{} requests instead of {expected}", self.journal);
            return fail(check, text);
        }
        if is_own || is_hit {
            return Ok(());
        }
        let record = self.newest_record(emulator).await;
        let request_id = record.pointer("/response/headers/x-request-id");
        let is_same = record["status"] == answer.status
            && record["method"] == *step.method
            && request_id.is_none_or(|id| id == answer.header("x-request-id"))
            && (step.method == "HEAD"
                || operation.is_none_or(|known| record["operation"] == *known.id));
        if is_same {
            Ok(())
        } else {
            let status = answer.status;
            fail(
                check,
                format!("{status} {}: {record}", answer.header("x-request-id")),
            )
        }
    }

    /// What is refused, and what only reads, leaves the state as it was.
    async fn check_unchanged(
        &mut self,
        emulator: &Emulator,
        operation: Option<&Operation>,
        step: &Step,
        answer: &Answer,
        is_hit: bool,
    ) -> Result<(), Failure> {
        let state = self.export(emulator).await;
        let is_moving = self.setup.is_moved_by_reads() && !step.is_control();
        let may_change = if step.is_read() {
            is_moving
        } else if step.is_control() {
            CHANGING.contains(&id(operation))
                && (answer.is_success() || id(operation) == "AdvanceClock")
        } else {
            // As Zadig, which keeps a failed version.
            let reasons = [
                "failed to generate",
                "failed to insert deliveryDeploy",
                "failed to update service image in yaml",
                "failed to query chart-repo info",
                "failed to find project env info",
                "errors occurred:",
                "error occurred:",
            ];
            let is_kept = answer.status == 500
                && reasons.iter().any(|reason| answer.text().contains(reason))
                // The number of a workflow's task is drawn before the last checks.
                || answer.status == 400 && answer.text().contains("\"code\":6160");
            is_hit || answer.status < 400 || is_kept
        };
        if !may_change {
            let check = if answer.status >= 400 {
                "a refused command changes nothing"
            } else {
                "reading changes nothing"
            };
            self.count(check);
            if state != self.state {
                return fail(check, difference(&self.state, &state));
            }
        }
        self.state = state;
        Ok(())
    }

    fn note_worlds(
        &mut self,
        emulator: &mut Emulator,
        operation: Option<&Operation>,
        step: &Step,
        answer: &Answer,
    ) {
        match id(operation) {
            "AddWorld" => {
                let world = answer.json();
                emulator.note_world(&text(&world["name"]), &text(&world["url"]));
                self.worlds.insert(text(&world["name"]));
            }
            "RemoveWorld" => {
                let name = step.path().rsplit('/').next().unwrap_or_default();
                let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
                emulator.forget_world(&name);
                self.worlds.remove(&*name);
            }
            _ => {}
        }
    }

    async fn check_worlds(&mut self, emulator: &mut Emulator) -> Result<(), Failure> {
        let check = "the worlds are those that were opened and not closed";
        self.count(check);
        let listed = self.ask(emulator, "/worlds").await.json();
        let names: BTreeSet<String> = array(&listed["worlds"])
            .map(|world| text(&world["name"]))
            .collect();
        if names == self.worlds {
            Ok(())
        } else {
            fail(check, format!("{names:?} instead of {:?}", self.worlds))
        }
    }

    /// Forgets the past that an operation has made another.
    fn forget(&mut self, operation: Option<&Operation>) {
        if matches!(id(operation), "Reset" | "ReplaceState" | "MergeState") {
            self.timelines.clear();
            self.records.clear();
        }
        if matches!(id(operation), "RestoreSnapshot" | "RewindClock") {
            self.timelines.clear();
            self.records.clear();
            // Some of them may have been dropped.
            self.past.clear();
        }
    }
}

/// The id of an operation, or an empty text.
fn id(operation: Option<&Operation>) -> &str {
    operation.map_or("", |operation| &operation.id)
}

fn fail<T>(check: &'static str, text: impl Into<String>) -> Result<T, Failure> {
    let text = text.into();
    Err(Failure { check, text })
}

/// True if the head of a request is HTTP.
fn is_well_formed(step: &Step) -> bool {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_framed = |name: &str| matches!(name, "content-length" | "transfer-encoding" | "host");
    is_plain(&step.method)
        && is_plain(&step.target)
        && step.path().starts_with('/')
        && step.headers.iter().all(|(name, value)| {
            is_plain(name) && !value.bytes().any(|byte| byte < b' ') && !is_framed(name)
        })
}

/// True if a browser that asked for the root was led to the control plane's page.
fn is_redirect_of_browser(step: &Step, answer: &Answer) -> bool {
    step.path() == "/" && answer.status == 302
}

/// Paths beside the control plane that lead to it.
fn is_usual_path(path: &str) -> bool {
    let usual = [
        "/health",
        "/healthz",
        "/livez",
        "/ready",
        "/readyz",
        "/docs",
        "/swagger",
        "/openapi.json",
        "/llms.txt",
        "/metrics",
    ];
    usual.contains(&path)
}

/// The place where two texts begin to differ.
fn difference(before: &str, after: &str) -> String {
    let same = before.bytes().zip(after.bytes());
    let same = same.take_while(|(before, after)| before == after).count();
    let part = |text: &str| {
        let bytes = text.as_bytes();
        let part = &bytes[same.saturating_sub(120)..bytes.len().min(same + 280)];
        String::from_utf8_lossy(part).into_owned()
    };
    format!("before: …{}…\nafter: …{}…", part(before), part(after))
}

/// Milliseconds since 1970.
fn instant(value: &Value) -> i64 {
    let instant = chrono::DateTime::parse_from_rfc3339(value.as_str().unwrap_or_default());
    instant.expect("an instant").timestamp_millis()
}

/// A list of resources without what is to come.
fn without_next(listed: &str) -> Value {
    let mut listed: Value = serde_json::from_str(listed).unwrap_or_default();
    let resources = listed["resources"].as_array_mut().into_iter().flatten();
    for resource in resources {
        resource["next"] = json!(null);
    }
    listed
}
