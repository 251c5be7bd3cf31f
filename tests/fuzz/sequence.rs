//! The generation of a sequence, and its repetition with some steps left out.

use std::collections::HashMap;

use release_emulator::internals::Settings;
use release_emulator::{Fidelity, PipelinesList, ZadigGeneration};
use serde_json::Value;

use super::checks::{Checks, Failure, Outcome, Tally};
use super::document::Document;
use super::emulator::{Answer, Emulator, Tamper};
use super::generate::{Collections, Generator};
use super::random::Random;
use super::setup::Setup;
use super::step::Step;

/// The most steps of a sequence.
pub(crate) const LONGEST: usize = 180;

/// Steps between the dearer checks.
const DEEP_EVERY: usize = 12;

/// A step with the ids that its answer brought, so that a repetition can put its own in their place.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) step: Step,
    /// By their place in the answer: a JSON pointer, or the name of a header.
    ids: Vec<(String, String)>,
}

/// A sequence that was generated.
pub(crate) struct Generated {
    pub(crate) setup: Setup,
    pub(crate) recorded: Vec<Recorded>,
    pub(crate) failure: Option<Failure>,
    pub(crate) tally: Tally,
}

/// The documents of all settings that change them.
pub(crate) struct Variants(Vec<(SettingsVariant, Document, Collections)>);

/// The settings that change the document.
type SettingsVariant = (Fidelity, PipelinesList, Option<ZadigGeneration>);

impl Variants {
    pub(crate) fn new() -> Self {
        let mut variants = Vec::new();
        for fidelity in [Fidelity::Documented, Fidelity::Strict] {
            for pipelines_list in [PipelinesList::Array, PipelinesList::Object] {
                for zadig in [None, Some(ZadigGeneration::V4)] {
                    let settings = Settings {
                        fidelity,
                        pipelines_list,
                        zadig,
                        ..Settings::default()
                    };
                    let document = super::document(&settings);
                    let collections = Collections::of(&document);
                    let variant = (fidelity, pipelines_list, zadig);
                    variants.push((variant, document, collections));
                }
            }
        }
        Self(variants)
    }

    fn of(&self, setup: &Setup) -> (&Document, &Collections) {
        let settings = &setup.settings;
        let mut variants = self.0.iter();
        let wanted = (settings.fidelity, settings.pipelines_list, settings.zadig);
        let own = variants.find(|(variant, ..)| *variant == wanted);
        let (_, document, collections) = own.expect("a document of all settings");
        (document, collections)
    }
}

/// The source of sequences.
pub(crate) struct Source<'a> {
    pub(crate) variants: &'a Variants,
    pub(crate) seed: u64,
    /// The most steps of a sequence.
    pub(crate) longest: usize,
    /// The begin of the paths of all requests.
    pub(crate) prefix: &'static str,
    pub(crate) tamper: Option<Tamper>,
}

impl Source<'_> {
    /// Generates and runs a sequence.
    pub(crate) async fn generate(&self, sequence: u64) -> Generated {
        let mut random = Random::new(self.seed, sequence);
        let setup = Setup::generate(&mut random);
        let n_steps = (20 + random.below(LONGEST - 20)).min(self.longest);
        let mut emulator = Emulator::start(&setup, self.tamper).await;
        let (document, collections) = self.variants.of(&setup);
        let mut checks = Checks::new(document, &setup, &emulator).await;
        let mut generator =
            Generator::new(document, collections, setup.clone(), random, self.prefix);
        let mut recorded = Vec::new();
        let mut failure = None;
        for n in 0..n_steps {
            let step = generator.next();
            let is_deep = n % DEEP_EVERY == DEEP_EVERY - 1;
            let outcome = checks.step(&mut emulator, &step, is_deep).await;
            let mut ids = Vec::new();
            match &outcome {
                Ok(Outcome::Answered(answer)) => {
                    let is_state = n == 0 && generator.begins_with_state;
                    assert!(!is_state || answer.is_success(), "{}", answer.text());
                    generator.learn(&step, answer);
                    ids = ids_of(answer);
                }
                Ok(Outcome::Nothing) => {}
                Err(found) => failure = Some(found.clone()),
            }
            recorded.push(Recorded { step, ids });
            if failure.is_some() {
                break;
            }
        }
        if failure.is_none() {
            failure = checks.finish(&mut emulator).await.err();
        }
        let tally = std::mem::take(&mut checks.tally);
        emulator.stop().await;
        Generated {
            setup,
            recorded,
            failure,
            tally,
        }
    }

    /// Runs steps again on a fresh emulator, with all checks after each. Returns them as they were sent, up to the
    /// failure.
    pub(crate) async fn repeat(
        &self,
        setup: &Setup,
        recorded: &[Recorded],
    ) -> Option<(Vec<Step>, Failure)> {
        let mut emulator = Emulator::start(setup, self.tamper).await;
        let (document, _) = self.variants.of(setup);
        let mut checks = Checks::new(document, setup, &emulator).await;
        let mut translation = Translation::default();
        let mut sent = Vec::new();
        let mut failure = None;
        for Recorded { step, ids } in recorded {
            let step = translation.apply(step);
            let outcome = checks.step(&mut emulator, &step, true).await;
            sent.push(step);
            match outcome {
                Ok(Outcome::Answered(answer)) => translation.learn(ids, &answer),
                Ok(Outcome::Nothing) => {}
                Err(found) => {
                    failure = Some(found);
                    break;
                }
            }
        }
        if failure.is_none() {
            failure = checks.finish(&mut emulator).await.err();
        }
        emulator.stop().await;
        failure.map(|failure| (sent, failure))
    }
}

impl Recorded {
    pub(crate) fn with(&self, step: Step) -> Self {
        let ids = self.ids.clone();
        Self { step, ids }
    }
}

/// Ids of a first run, with those that stand in their place in a repetition.
#[derive(Default)]
struct Translation(HashMap<String, String>);

impl Translation {
    fn learn(&mut self, ids: &[(String, String)], answer: &Answer) {
        if ids.is_empty() {
            return;
        }
        let json = answer.json();
        for (place, old) in ids {
            let new = if place.starts_with('/') {
                json.pointer(place).and_then(Value::as_str)
            } else {
                Some(answer.header(place)).filter(|value| !value.is_empty())
            };
            if let Some(new) = new
                && new != old
            {
                self.0.insert(old.clone(), new.to_owned());
            }
        }
    }

    fn apply(&self, step: &Step) -> Step {
        let mut step = step.clone();
        if self.0.is_empty() {
            return step;
        }
        let translate = |text: &mut String| {
            for (old, new) in self.sorted() {
                if text.contains(old.as_str()) {
                    *text = text.replace(old.as_str(), new);
                }
            }
        };
        translate(&mut step.target);
        for (_, value) in &mut step.headers {
            translate(value);
        }
        if let Some(body) = step.body.take() {
            step.body = Some(match String::from_utf8(body) {
                Ok(mut text) => {
                    translate(&mut text);
                    text.into_bytes()
                }
                Err(error) => error.into_bytes(),
            });
        }
        step
    }

    /// In the same order in every run.
    fn sorted(&self) -> Vec<(&String, &String)> {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort();
        pairs
    }
}

/// The texts of an answer that look like generated ids, by their places.
fn ids_of(answer: &Answer) -> Vec<(String, String)> {
    let mut ids = Vec::new();
    if answer.is_success() && answer.body.len() < 20_000 {
        collect(&answer.json(), "", &mut ids);
        let token = answer.header("x-subject-token");
        if !token.is_empty() {
            ids.push(("x-subject-token".to_owned(), token.to_owned()));
        }
    }
    ids
}

fn collect(value: &Value, place: &str, ids: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if looks_generated(text) => ids.push((place.to_owned(), text.clone())),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                collect(item, &format!("{place}/{n}"), ids);
            }
        }
        Value::Object(fields) => {
            for (field, value) in fields {
                let field = field.replace('~', "~0").replace('/', "~1");
                collect(value, &format!("{place}/{field}"), ids);
            }
        }
        _ => {}
    }
}

fn looks_generated(text: &str) -> bool {
    let is_id = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    text.len() >= 20 && text.bytes().all(is_id) && text.bytes().any(|byte| byte.is_ascii_digit())
}
