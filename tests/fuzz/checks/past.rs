//! The past: a fork at a place of it equals the world as it was there, and goes on equally.

use release_emulator::internals::World;
use release_emulator::internals::control::replay_router;
use release_emulator::internals::registry::history::past::{Past, Place};
use release_emulator::internals::sim::clock::Mode;
use serde_json::{Value, json};

use super::lists::ANY_TOKEN;
use super::{CONTROL, Checks, Failure, difference, fail};
use crate::document::{array, text};
use crate::emulator::{Emulator, Fork};
use crate::generate::{PROJECT, escaped};
use crate::step::Step;

/// The most places of a sequence.
const MOST: usize = 5;

/// The world at a place of its past, copied when it was there.
pub(super) struct PastWorld {
    place: Place,
    world: World,
}

impl Checks<'_> {
    /// Copies the world, a few times in a sequence.
    pub(super) fn keep_past(&mut self, emulator: &Emulator) {
        let world = emulator.world();
        if self.past.len() < MOST && world.clock().mode == Mode::Frozen {
            let (place, world) = (world.present(), world.fork());
            self.past.push(PastWorld { place, world });
        }
    }

    pub(super) async fn check_past(&mut self, emulator: &Emulator) -> Result<(), Failure> {
        let check = "a fork at an instant equals the world there";
        let kept = std::mem::take(&mut self.past);
        for PastWorld { place, world } in &kept {
            self.count(check);
            let forked = emulator.world().fork_at(Past::Place(*place), replay_router);
            let forked = match forked {
                Ok(forked) => Fork::of(forked),
                Err(error) => return fail(check, format!("{place:?}: {error}")),
            };
            let copy = Fork::of(world.fork());
            self.compare(check, &copy, &forked).await?;
            self.count("a fork goes on equally");
            self.go_on("a fork goes on equally", &copy, &forked).await?;
        }
        let Some(PastWorld { place, world }) = kept.first() else {
            return Ok(());
        };
        let check = "a rewind brings the world back";
        self.count(check);
        let last = emulator.world().present();
        let later = emulator.world().commands_since(place.command, usize::MAX);
        let rewound = emulator.world().rewind(Past::Place(*place), replay_router);
        match rewound {
            Ok(rewound) if rewound.dropped == later.len() as u64 => {}
            other => return fail(check, format!("{place:?} of {last:?}: {other:?}")),
        }
        let copy = Fork::of(world.fork());
        let back = Fork::of(emulator.world().fork());
        self.compare(check, &copy, &back).await?;
        self.go_on(check, &copy, &back).await
    }

    /// Compares everything that two worlds show.
    async fn compare(
        &mut self,
        check: &'static str,
        expected: &Fork,
        found: &Fork,
    ) -> Result<(), Failure> {
        let (before, after) = (expected.state(), found.state());
        if before != after {
            return fail(check, difference(&before, &after));
        }
        let mut paths = vec![
            "/clock".to_owned(),
            "/scripts".to_owned(),
            "/faults".to_owned(),
            "/resources?limit=1000".to_owned(),
        ];
        let resources = self.show(expected, "/resources?limit=1000").await;
        let resources: Value = serde_json::from_str(&resources).unwrap_or_default();
        paths.extend(array(&resources["resources"]).map(|resource| {
            let (family, id) = (text(&resource["family"]), text(&resource["id"]));
            format!("/resources/{family}/{}/timeline", escaped(&id))
        }));
        for path in paths {
            let before = without_number(&self.show(expected, &path).await);
            let after = without_number(&self.show(found, &path).await);
            if before != after {
                return fail(check, format!("{path}: {}", difference(&before, &after)));
            }
        }
        Ok(())
    }

    async fn show(&mut self, fork: &Fork, path: &str) -> String {
        self.tally.n_requests += 1;
        let step = Step::new("GET", &format!("{CONTROL}{path}"));
        fork.send(&step).await.text()
    }

    /// Gives both the same commands.
    async fn go_on(
        &mut self,
        check: &'static str,
        expected: &Fork,
        found: &Fork,
    ) -> Result<(), Failure> {
        let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
        let pipeline = json!({"name": "of-the-fork", "model_version": 2, "config_mode": "ui", "stages": stages});
        let login = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": {
            "name": "demo", "password": "demo-password", "domain": {"name": "demo"}}}}}});
        let advance = json!({"ms": 45_000});
        for step in [
            Step::new("POST", &format!("/v3/{PROJECT}/pipeline/pipelines")).with_json(&pipeline),
            Step::new("POST", "/v3/auth/tokens").with_json(&login),
            Step::new("POST", &format!("{CONTROL}/clock/advance")).with_json(&advance),
        ] {
            self.tally.n_requests += 2;
            let step = if step.is_control() {
                step
            } else {
                step.with_token(ANY_TOKEN)
            };
            let before = expected.send(&step).await;
            let after = found.send(&step).await;
            let (one, other) = (
                without_number(&before.text()),
                without_number(&after.text()),
            );
            let is_refused = before.status >= 400;
            // A refusal names its request.
            if before.status != after.status || !is_refused && one != other {
                let text = format!("{}: {}", step.target, difference(&one, &other));
                return fail(check, text);
            }
            let token = "x-subject-token";
            if before.header(token) != after.header(token) {
                return fail(check, "another token was issued");
            }
        }
        self.compare(check, expected, found).await
    }
}

/// A text without the numbers of transitions, which go on after a rewind.
fn without_number(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        return text.to_owned();
    };
    let transitions = value["transitions"].as_array_mut().into_iter().flatten();
    for transition in transitions {
        transition["id"] = json!(null);
    }
    value.to_string()
}
