//! The reduction of a sequence that fails to one that nothing can be left out of.

use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;
use serde_json::Value;

use super::checks::Failure;
use super::sequence::{Generated, Recorded, Source};
use super::setup::Setup;
use super::step::Step;

/// The longest time that it may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// A sequence that fails, and is short.
pub(crate) struct Shrunk {
    pub(crate) setup: Setup,
    pub(crate) steps: Vec<Step>,
    pub(crate) failure: Failure,
}

struct Shrinker<'a> {
    source: &'a Source<'a>,
    check: &'static str,
    setup: Setup,
    recorded: Vec<Recorded>,
    sent: Vec<Step>,
    failure: Failure,
    begin: Stopwatch,
}

/// Shrinks a sequence that has failed. Nothing is returned if it does not fail again.
pub(crate) async fn shrink(source: &Source<'_>, generated: &Generated) -> Option<Shrunk> {
    let check = generated.failure.as_ref()?.check;
    let (setup, recorded) = (generated.setup.clone(), generated.recorded.clone());
    let (sent, failure) = source.repeat(&setup, &recorded).await?;
    let mut shrinker = Shrinker {
        source,
        check,
        setup,
        recorded,
        sent,
        failure,
        begin: Stopwatch::start(),
    };
    if shrinker.failure.check != check {
        // All checks after each step have found another failure earlier.
        shrinker.check = shrinker.failure.check;
    }
    shrinker.recorded.truncate(shrinker.sent.len());
    loop {
        let n_steps = shrinker.recorded.len();
        shrinker.leave_out_steps().await;
        if shrinker.recorded.len() == n_steps || shrinker.is_late() {
            break;
        }
    }
    shrinker.plain_settings().await;
    for n in (0..shrinker.recorded.len()).rev() {
        shrinker.simplify(n).await;
    }
    Some(Shrunk {
        setup: shrinker.setup,
        steps: shrinker.sent,
        failure: shrinker.failure,
    })
}

impl Shrinker<'_> {
    fn is_late(&self) -> bool {
        self.begin.elapsed() > PATIENCE
    }

    /// Takes other settings and steps if they fail in the same way.
    async fn try_with(&mut self, setup: Setup, recorded: Vec<Recorded>) -> bool {
        if self.is_late() {
            return false;
        }
        match self.source.repeat(&setup, &recorded).await {
            Some((sent, failure)) if failure.check == self.check => {
                self.setup = setup;
                self.recorded = recorded;
                self.recorded.truncate(sent.len());
                self.sent = sent;
                self.failure = failure;
                true
            }
            _ => false,
        }
    }

    /// Leaves out halves, quarters, and so on to single steps.
    async fn leave_out_steps(&mut self) {
        let mut length = self.recorded.len().div_ceil(2);
        while length > 0 && !self.is_late() {
            let mut end = self.recorded.len();
            while end > 0 {
                let begin = end.saturating_sub(length);
                let mut rest = self.recorded.clone();
                rest.drain(begin..end.min(rest.len()));
                self.try_with(self.setup.clone(), rest).await;
                end = begin.min(self.recorded.len());
            }
            length /= 2;
        }
    }

    async fn plain_settings(&mut self) {
        let plain = Setup::plain();
        let setters: [fn(&mut Setup, &Setup); 9] = [
            |setup, plain| setup.settings.auth = plain.settings.auth,
            |setup, plain| setup.settings.fidelity = plain.settings.fidelity,
            |setup, plain| setup.settings.references = plain.settings.references,
            |setup, plain| setup.settings.pipelines_list = plain.settings.pipelines_list,
            |setup, plain| setup.settings.zadig = plain.settings.zadig,
            |setup, plain| setup.settings.progress = plain.settings.progress,
            |setup, plain| setup.settings.step = plain.settings.step,
            |setup, plain| setup.is_over_socket = plain.is_over_socket,
            |setup, _| setup.is_documented = false,
        ];
        for set in setters {
            let mut setup = self.setup.clone();
            set(&mut setup, &plain);
            self.try_with(setup, self.recorded.clone()).await;
        }
    }

    /// Takes headers, parameters and fields away from a step.
    async fn simplify(&mut self, n: usize) {
        let headers = self.recorded.get(n).map_or(0, |one| one.step.headers.len());
        for header in (0..headers).rev() {
            self.try_step(n, |step| {
                step.headers.remove(header);
            })
            .await;
        }
        let pairs = self.recorded.get(n).map_or(0, |one| {
            one.step.target.split(['?', '&']).count().saturating_sub(1)
        });
        for pair in (0..pairs).rev() {
            self.try_step(n, |step| step.target = without_pair(&step.target, pair))
                .await;
        }
        self.try_step(n, |step| step.body = None).await;
        let mut skipped = 0;
        while let Some(body) = self.body(n) {
            let mut places = Vec::new();
            places_in(&body, "", &mut places);
            let Some(place) = places.get(skipped).cloned() else {
                break;
            };
            let mut shorter = body;
            remove(&mut shorter, &place);
            let is_taken = self
                .try_step(n, |step| step.body = Some(shorter.to_string().into_bytes()))
                .await;
            if !is_taken {
                skipped += 1;
            }
            if self.is_late() {
                break;
            }
        }
    }

    fn body(&self, n: usize) -> Option<Value> {
        let body = self.recorded.get(n)?.step.body.as_ref()?;
        serde_json::from_slice(body).ok()
    }

    async fn try_step(&mut self, n: usize, change: impl FnOnce(&mut Step)) -> bool {
        let Some(old) = self.recorded.get(n) else {
            return false;
        };
        let mut step = old.step.clone();
        change(&mut step);
        if step == old.step {
            return false;
        }
        let mut recorded = self.recorded.clone();
        recorded[n] = recorded[n].with(step);
        self.try_with(self.setup.clone(), recorded).await
    }
}

fn without_pair(target: &str, n: usize) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<_> = query.split('&').collect();
    pairs.remove(n.min(pairs.len() - 1));
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}

/// The places of all fields and items, the outer ones first.
fn places_in(value: &Value, place: &str, places: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(n, item)| (format!("{place}/{n}"), item))
                .collect()
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(field, value)| {
                let field = field.replace('~', "~0").replace('/', "~1");
                (format!("{place}/{field}"), value)
            })
            .collect(),
        _ => return,
    };
    places.extend(inner.iter().map(|(place, _)| place.clone()));
    for (place, value) in &inner {
        places_in(value, place, places);
    }
}

fn remove(value: &mut Value, place: &str) {
    let Some((outer, last)) = place.rsplit_once('/') else {
        return;
    };
    let last = last.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(outer) {
        Some(Value::Object(fields)) => {
            fields.remove(&last);
        }
        Some(Value::Array(items)) => {
            if let Ok(n) = last.parse::<usize>()
                && n < items.len()
            {
                items.remove(n);
            }
        }
        _ => {}
    }
}
