//! The replay of a session against a fresh world, which is given the state that the recorded answers show.
//!
//! A corpus says neither what was there before it began nor how fast the service worked. So each request is asked of the
//! world as it is, of the world a little later, and of a world that has what the recorded reads show, and the nearest answer
//! is compared: what differs in all of them differs in the emulator.

use super::ask::AskedWorld;
use super::bindings::Bindings;
use super::credentials::{Credential, callers, identities, logged_in, subject};
use super::gather::{before, harvest, is_list, is_whole, limit_of, related};
use super::kinds::DriftKind;
use super::outcome::Outcome;
use super::question::Comparison;
use crate::corpus::catalog::{self, CatalogEntry};
use crate::corpus::exchange::RecordedAnswer;
use crate::corpus::materialize::{self, MadeRequest};
use crate::corpus::value::Recorded;
use crate::corpus::{Exchange, RawExchange, Redactor, Session};
use crate::http::json::value::OrderedValue;
use crate::registry::{State, World, family_names};
use crate::sim::Millis;
use crate::sim::time::parse_rfc3339;
use crate::world::identities::Identities;
use crate::world::settings::{Settings, ZadigGeneration};

/// The most moments later that are tried.
const MOST_MOMENTS: usize = 12;

/// A replay of a session.
pub(super) struct Replay<'a> {
    settings: Settings,
    exchanges: &'a [Exchange],
    main: AskedWorld,
    bindings: Bindings,
    status_words: Vec<String>,
}

/// The settings of a world for a replay.
fn replay_settings(settings: &Settings, begin: Millis) -> Settings {
    Settings {
        journal_bytes: 0,
        history_bytes: 0,
        freeze: Some(begin),
        ..settings.clone()
    }
}

/// An answer of a world, with the binary form of what it said.
struct Asked {
    outcome: Outcome,
    ours: RecordedAnswer,
    raw: RawExchange,
}

impl<'a> Replay<'a> {
    /// A replay of the exchanges of a session, in their order.
    /// None if no world can be made with the settings.
    pub(super) fn new(settings: &Settings, exchanges: &'a [Exchange]) -> Option<Self> {
        let begin = exchanges
            .first()
            .and_then(|first| parse_rfc3339(&first.recorded));
        let mut settings = replay_settings(settings, begin.unwrap_or_default());
        if settings.zadig.is_none() && harvest(exchanges.iter()).is_v4() {
            settings.zadig = Some(ZadigGeneration::V4);
        }
        let main = fresh(&settings, State::default())?;
        let status_words = main.world.read(|database, _| {
            let families = family_names().into_iter();
            let statuses = families.flat_map(|family| database.statuses(family));
            statuses
                .flat_map(|(status, word)| [status.to_owned(), word.to_owned()])
                .collect()
        });
        Some(Self {
            settings,
            exchanges,
            main,
            bindings: Bindings::default(),
            status_words,
        })
    }

    /// The settings of the worlds.
    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Replays an exchange of the session. None if its operation is not emulated.
    pub(super) async fn exchange(&mut self, exchange: &'a Exchange) -> Option<Outcome> {
        let entry = catalog::entry(&exchange.operation)?;
        self.go_to(exchange);
        let asked = if exchange.is_read() {
            self.read(exchange, entry).await
        } else {
            self.write(exchange, entry).await
        };
        if asked.outcome.is_clean() || !matches!(exchange.answer.status, 401 | 403) {
            return Some(asked.outcome);
        }
        Some(self.refused(exchange, entry, asked.outcome).await)
    }

    /// Lets time go by until an exchange began.
    fn go_to(&self, exchange: &Exchange) {
        if let Some(at) = parse_rfc3339(&exchange.recorded) {
            let now = self.main.world.clock().now;
            if at > now {
                // Far beyond the calendar the world stays where it is.
                let _ = self.main.world.advance(at - now, &mut |_| {});
            }
        }
    }

    async fn read(&mut self, exchange: &'a Exchange, entry: &'static CatalogEntry) -> Asked {
        let made = self.request(exchange, entry, true);
        let mut best = self.ask(&self.main, exchange, entry, &made).await;
        if best.outcome.is_clean() {
            return best;
        }
        if best.outcome.status == exchange.answer.status
            && let Some((later, world)) = self.later(exchange, entry, &made).await
        {
            self.main = world;
            return later;
        }
        if !self.bindings.is_made(exchange) || best.outcome.status != exchange.answer.status {
            let unbound = self.request(exchange, entry, false);
            for related in [vec![exchange], related(self.exchanges, exchange)] {
                let Some(world) = self.showing(exchange, related) else {
                    continue;
                };
                let asked = self.ask_seeded(&world, exchange, entry, &unbound).await;
                if asked.outcome.badness() < best.outcome.badness() {
                    best = asked;
                }
                if best.outcome.is_clean() {
                    break;
                }
            }
        }
        self.learn_of(exchange);
        best
    }

    async fn write(&mut self, exchange: &'a Exchange, entry: &'static CatalogEntry) -> Asked {
        let made = self.request(exchange, entry, true);
        let fork = self.main.world.fork();
        let mut best = self.ask(&self.main, exchange, entry, &made).await;
        if !best.outcome.is_clean() {
            self.main = AskedWorld::new(fork);
            if let Some((later, world)) = self.later(exchange, entry, &made).await {
                self.main = world;
                best = later;
            }
        }
        if !best.outcome.is_clean() {
            let unbound = self.request(exchange, entry, false);
            for related in [
                before(self.exchanges, exchange),
                related(self.exchanges, exchange),
                Vec::new(),
            ] {
                let Some(world) = self.showing(exchange, related) else {
                    continue;
                };
                let asked = self.ask_seeded(&world, exchange, entry, &unbound).await;
                if asked.outcome.badness() < best.outcome.badness() {
                    best = asked;
                    // The world goes on from where the answer was right, with all else that it had.
                    let mut state = self.main.world.export();
                    let mut shown = world.world.export();
                    // Once a world knows users, it refuses all others.
                    shown.identities = Identities::default();
                    state.merge(shown);
                    if let Some(merged) = self.world_with(state) {
                        self.main = merged;
                    }
                }
                if best.outcome.is_clean() {
                    break;
                }
            }
        }
        if !best.outcome.is_clean()
            && matches!(exchange.request.body, Some(Recorded::Opaque { .. }))
        {
            for body in materialize::broken_bodies() {
                let mut made = self.request(exchange, entry, true);
                made.body = body;
                let asked = self.ask(&self.main.fork(), exchange, entry, &made).await;
                if asked.outcome.badness() < best.outcome.badness() {
                    best = asked;
                }
            }
        }
        if matches!(exchange.request.body, Some(Recorded::Opaque { .. })) {
            // The text tells where the body is broken, and the body was not written.
            let differences = &mut best.outcome.differences;
            differences.retain(|difference| difference.kind != DriftKind::ErrorTextSimilar);
        }
        if !best.outcome.is_clean() && exchange.operation == "DeleteRelease" {
            best = self.with_traffic(exchange, entry, best).await;
        }
        if exchange.is_success() && best.outcome.status < 300 {
            self.bind(exchange, &best);
        }
        best
    }

    /// Asks a world in which the grayscale version has a part of the traffic, which no answer tells.
    async fn with_traffic(
        &self,
        exchange: &Exchange,
        entry: &'static CatalogEntry,
        best: Asked,
    ) -> Asked {
        let world = self.main.fork();
        let parameter = |name: &str| {
            let stand_in = exchange.request.parameter(name).unwrap_or_default();
            materialize::encoded(self.bindings.text(stand_in))
        };
        let [mesh, namespace, release] = ["mesh_id", "namespace", "release_id"].map(parameter);
        let mut command = self.request(exchange, entry, true);
        command.method = axum::http::Method::PUT;
        command.target = format!("/_emulator/v1/asm/{mesh}/{namespace}/{release}/traffic");
        command.body = axum::body::Bytes::from_static(br#"{"gray":50}"#);
        world.ask(&command).await;
        let made = self.request(exchange, entry, true);
        let asked = self.ask(&world, exchange, entry, &made).await;
        if asked.outcome.badness() < best.outcome.badness() {
            asked
        } else {
            best
        }
    }

    /// A world that has what recorded reads show, and for IAM the callers that an exchange needs.
    fn showing(&self, exchange: &Exchange, related: Vec<&Exchange>) -> Option<AskedWorld> {
        let mut state = harvest(related).state(&self.settings).0;
        if exchange.family == "iam" {
            state.merge(callers(exchange, &state));
        }
        fresh(&self.settings, state)
    }

    /// A world with a state at the present instant of the replay.
    fn world_with(&self, state: State) -> Option<AskedWorld> {
        let settings = Settings {
            freeze: Some(self.main.world.clock().now),
            ..self.settings.clone()
        };
        fresh(&settings, state)
    }

    /// Asks a world at the next moments at which something changes in it, until the answer is the recorded one.
    async fn later(
        &self,
        exchange: &Exchange,
        entry: &'static CatalogEntry,
        made: &MadeRequest,
    ) -> Option<(Asked, AskedWorld)> {
        let mut world = self.main.fork();
        for _ in 0..MOST_MOMENTS {
            let due = world.world.read(|database, now| {
                let due = database.next_due();
                (due > now && due < now.saturating_add(Millis::from(u32::MAX))).then_some(due - now)
            });
            // Work that has no timer proceeds by the step.
            let step = due
                .unwrap_or(self.settings.step)
                .min(self.settings.step.max(1));
            world.world.advance(step, &mut |_| {}).ok()?;
            let trial = if exchange.is_read() {
                world.clone()
            } else {
                world.fork()
            };
            let asked = self.ask(&trial, exchange, entry, made).await;
            if asked.outcome.is_clean() {
                return Some((asked, trial));
            }
            world = if exchange.is_read() { trial } else { world };
        }
        None
    }

    /// The recorded refusal of a caller, provoked by each kind of refused credential.
    async fn refused(
        &self,
        exchange: &Exchange,
        entry: &'static CatalogEntry,
        mut best: Outcome,
    ) -> Outcome {
        let settings = Settings {
            auth: Credential::None.auth(),
            ..self.settings.clone()
        };
        let mut state = identities();
        if exchange.request.header("x-subject-token").is_some() {
            state.merge(subject());
        }
        if exchange.operation == "CreateToken" {
            state.merge(logged_in(exchange));
        }
        let Some(world) = fresh(&settings, state) else {
            return best;
        };
        for credential in Credential::REFUSED {
            let mut made = materialize::request(exchange, &entry.operation.path, &str::to_owned);
            credential.add_to(&mut made, exchange);
            let asked = self.ask(&world, exchange, entry, &made).await;
            if asked.outcome.badness() < best.badness() {
                best = asked.outcome;
            }
            if best.is_clean() {
                break;
            }
        }
        best
    }

    /// The differences that are left in worlds with other settings.
    pub(super) async fn with_settings(
        &self,
        exchange: &'a Exchange,
        settings: &Settings,
    ) -> Option<Outcome> {
        let entry = catalog::entry(&exchange.operation)?;
        let settings = replay_settings(settings, self.main.world.clock().now);
        let unbound = self.request(exchange, entry, false);
        let bound = self.request(exchange, entry, true);
        let mut outcomes = Vec::new();
        for (related, made) in [
            (vec![exchange], &unbound),
            (related(self.exchanges, exchange), &unbound),
            (Vec::new(), &bound),
        ] {
            let state = if related.is_empty() {
                self.main.world.export()
            } else {
                harvest(related).state(&settings).0
            };
            if let Some(world) = fresh(&settings, state) {
                let asked = self.ask_seeded(&world, exchange, entry, made).await;
                outcomes.push(asked.outcome);
            }
        }
        outcomes.into_iter().min_by_key(Outcome::badness)
    }

    fn request(&self, exchange: &Exchange, entry: &CatalogEntry, is_bound: bool) -> MadeRequest {
        let bind = |stand_in: &str| {
            let bound = if is_bound {
                self.bindings.text(stand_in)
            } else {
                stand_in
            };
            bound.to_owned()
        };
        let mut made = materialize::request(exchange, &entry.operation.path, &bind);
        Credential::AsRecorded.add_to(&mut made, exchange);
        made
    }

    /// Asks a world of the replay's own.
    async fn ask(
        &self,
        world: &AskedWorld,
        exchange: &Exchange,
        entry: &'static CatalogEntry,
        made: &MadeRequest,
    ) -> Asked {
        self.ask_as(world, exchange, entry, made, false).await
    }

    /// Asks a world that has what the recorded answer shows, and so its words.
    async fn ask_seeded(
        &self,
        world: &AskedWorld,
        exchange: &Exchange,
        entry: &'static CatalogEntry,
        made: &MadeRequest,
    ) -> Asked {
        self.ask_as(world, exchange, entry, made, true).await
    }

    async fn ask_as(
        &self,
        world: &AskedWorld,
        exchange: &Exchange,
        entry: &'static CatalogEntry,
        made: &MadeRequest,
        is_seeded: bool,
    ) -> Asked {
        let raw = world.ask(made).await;
        let ours = read_back(&raw).unwrap_or_else(|| RecordedAnswer {
            status: raw.answer.status.as_u16(),
            headers: Vec::new(),
            body: None,
        });
        let comparison = Comparison {
            entry,
            status_words: &self.status_words,
            is_state_guessed: exchange.is_read(),
            is_seeded,
            is_list: is_list(&exchange.operation) && is_whole(exchange),
            limit: limit_of(exchange),
            is_head: exchange.request.method == "HEAD",
        };
        let evidence = raw.answer.headers.get("x-emulator-evidence");
        let evidence = evidence.and_then(|evidence| evidence.to_str().ok());
        Asked {
            outcome: Outcome {
                differences: comparison.differences(&exchange.answer, &ours),
                status: ours.status,
                evidence: evidence.unwrap_or_default().to_owned(),
            },
            ours,
            raw,
        }
    }

    /// Learns which of our ids are those of the recorded answer.
    fn bind(&mut self, exchange: &Exchange, asked: &Asked) {
        let (Some(recorded), Some(_)) = (&exchange.answer.body, &asked.ours.body) else {
            return;
        };
        if let Ok(ours) = serde_json::from_slice::<OrderedValue>(&asked.raw.answer.body) {
            self.bindings.learn(recorded, &ours);
        }
    }

    /// Gives the world what a read shows and the world lacks.
    fn learn_of(&mut self, exchange: &'a Exchange) {
        // Once a world knows users, it refuses all others.
        if !exchange.is_success() || exchange.family == "iam" {
            return;
        }
        let (shown, _) = harvest([exchange]).state(&self.settings);
        let mut state = shown;
        // The world's own knowledge goes before what was shown.
        state.merge(self.main.world.export());
        if let Some(merged) = self.world_with(state) {
            self.main = merged;
        }
    }
}

/// A world with a state. None only if the state cannot be loaded.
fn fresh(settings: &Settings, state: State) -> Option<AskedWorld> {
    World::new(settings.clone(), state)
        .map(AskedWorld::new)
        .ok()
}

/// Our answer in the form of a recorded one.
fn read_back(raw: &RawExchange) -> Option<RecordedAnswer> {
    let mut redactor = Redactor::new(Session::new(0));
    let line = redactor.redact(raw)?.line().ok()?;
    let exchange: Exchange = serde_json::from_slice(&line).ok()?;
    Some(exchange.answer)
}
