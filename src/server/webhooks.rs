//! The delivery of transitions to webhooks: one task for each world.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use hmac::{Hmac, KeyInit, Mac};
use indexmap::IndexMap;
use serde::Serialize;
use sha2::Sha256;
use tokio::time::sleep;

use super::http_client;
use crate::http::auth::redact::Mask;
use crate::http::observe::Recorder;
use crate::http::observe::events::{Most, WorldEvent};
use crate::http::observe::webhooks::{DeliveryAttempt, WebhookStats, WebhookTarget};
use crate::sim::Transition;
use crate::sim::clock::{Stopwatch, system_now};
use crate::sim::time::rfc3339;

/// The pauses before the second attempt and those after it.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// The most deliveries at a time. More transitions wait.
const MOST_RUNNING: usize = 16;

/// The most transitions that wait. More stay in the log of events, which forgets the oldest.
const MOST_WAITING: usize = 1_000;

/// The most events taken from the log at once.
const BATCH: Most = Most {
    events: 256,
    bytes: usize::MAX,
};

/// The header with the signature of the body.
const SIGNATURE: &str = "x-emulator-signature";

/// A resource and the webhook that is told of it: the transitions of a queue are sent one after the other.
type QueueKey = (String, &'static str, Arc<str>, Arc<str>);

/// A transition on its way to a webhook.
#[derive(Clone)]
struct Delivery {
    recorder: Arc<Recorder>,
    webhook_id: String,
    target: Arc<WebhookTarget>,
    transition: Arc<Transition>,
    source: Arc<str>,
}

/// Tells the webhooks of a world of its transitions, for ever.
pub(super) async fn deliver(recorder: Arc<Recorder>, world: &str) {
    let source = format!("/_emulator/v1/worlds/{world}").into();
    loop {
        // Without webhooks nobody subscribes to events, which would cost every request.
        match recorder.webhooks.first_event() {
            None => recorder.webhooks.changed().await,
            Some(seen) => Dispatcher::new(&recorder, &source, seen).run().await,
        }
    }
}

/// The queues of transitions. A queue is ready, or its first transition is being sent.
struct Dispatcher<'a> {
    recorder: &'a Arc<Recorder>,
    source: &'a Arc<str>,
    /// The number of the last event that was looked at.
    seen: u64,
    queues: IndexMap<QueueKey, VecDeque<Delivery>>,
    n_waiting: usize,
    ready: VecDeque<QueueKey>,
    running: FuturesUnordered<BoxFuture<'static, QueueKey>>,
}

impl<'a> Dispatcher<'a> {
    fn new(recorder: &'a Arc<Recorder>, source: &'a Arc<str>, seen: u64) -> Self {
        Self {
            recorder,
            source,
            seen,
            queues: IndexMap::new(),
            n_waiting: 0,
            ready: VecDeque::new(),
            running: FuturesUnordered::new(),
        }
    }

    /// Dispatches until there are no webhooks any more.
    async fn run(mut self) {
        let mut newest = self.recorder.events.subscribe();
        loop {
            newest.mark_unchanged();
            if self.recorder.webhooks.first_event().is_none() {
                return;
            }
            let has_room = self.fetch();
            self.start_ready();
            tokio::select! {
                Some(key) = self.running.next() => self.finish(key),
                () = self.recorder.webhooks.changed() => {}
                changed = newest.changed(), if has_room => {
                    if changed.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Takes the new events from the log; returns false if there is no room for all of them.
    fn fetch(&mut self) -> bool {
        while self.n_waiting < MOST_WAITING {
            let since = self.recorder.events.since_with_cleared(self.seen, BATCH);
            let Some((last, _)) = since.events.last() else {
                return true;
            };
            self.seen = *last;
            let targets = self.recorder.webhooks.targets();
            for (webhook_id, _) in targets.iter().filter(|_| since.missed > 0) {
                let count = |stats: &mut WebhookStats| stats.missed += since.missed;
                self.recorder.webhooks.count(webhook_id, count);
            }
            for (number, event) in &since.events {
                let WorldEvent::Transition(transition) = event else {
                    continue;
                };
                for (webhook_id, target) in &targets {
                    if target.matches(*number, transition) {
                        self.enqueue(webhook_id, target, transition);
                    }
                }
            }
        }
        false
    }

    fn enqueue(
        &mut self,
        webhook_id: &str,
        target: &Arc<WebhookTarget>,
        transition: &Arc<Transition>,
    ) {
        self.recorder
            .webhooks
            .count(webhook_id, |stats| stats.pending += 1);
        let Transition {
            family, scope, id, ..
        } = &**transition;
        let key = (webhook_id.to_owned(), *family, scope.clone(), id.clone());
        let delivery = Delivery {
            recorder: Arc::clone(self.recorder),
            webhook_id: webhook_id.to_owned(),
            target: Arc::clone(target),
            transition: Arc::clone(transition),
            source: Arc::clone(self.source),
        };
        self.n_waiting += 1;
        if let Some(queue) = self.queues.get_mut(&key) {
            queue.push_back(delivery);
        } else {
            self.ready.push_back(key.clone());
            self.queues.insert(key, VecDeque::from([delivery]));
        }
    }

    fn start_ready(&mut self) {
        while self.running.len() < MOST_RUNNING
            && let Some(key) = self.ready.pop_front()
        {
            let queue = self.queues.get_mut(&key);
            if let Some(delivery) = queue.and_then(VecDeque::pop_front) {
                self.n_waiting -= 1;
                self.running.push(delivery.run().map(|()| key).boxed());
            }
        }
    }

    fn finish(&mut self, key: QueueKey) {
        if self.queues.get(&key).is_some_and(|queue| !queue.is_empty()) {
            self.ready.push_back(key);
        } else {
            self.queues.swap_remove(&key);
        }
    }
}

impl Delivery {
    /// Sends the transition until it is taken, the last attempt has failed, or the webhook is removed.
    async fn run(self) {
        let message = CloudEvent::new(&self.transition, &self.source).to_json();
        let masked = Mask::new(Some(&self.recorder.secrets)).answer(message.as_ref());
        let body = masked.map_or_else(|| Bytes::from(message), Bytes::from);
        let mut pauses = PAUSES.into_iter();
        for number in 1.. {
            let attempt = self.attempt(number, body.clone()).await;
            let is_success = attempt.is_success();
            if !self.recorder.webhooks.record(&self.webhook_id, attempt) {
                return;
            }
            let pause = pauses.next().filter(|_| !is_success);
            let Some(pause) = pause else {
                self.recorder.webhooks.count(&self.webhook_id, |stats| {
                    stats.pending -= 1;
                    if is_success {
                        stats.delivered += 1;
                    } else {
                        stats.failed += 1;
                    }
                });
                return;
            };
            sleep(pause).await;
        }
    }

    async fn attempt(&self, number: u32, body: Bytes) -> DeliveryAttempt {
        let stopwatch = Stopwatch::start();
        let mut headers = vec![(
            "content-type",
            "application/cloudevents+json; charset=utf-8".to_owned(),
        )];
        if let Some(secret) = &self.target.secret {
            headers.push((SIGNATURE, signature(secret.expose(), &body)));
        }
        let sent = http_client::post(&self.target.url, headers, body).await;
        let (status, error) = match sent {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        DeliveryAttempt {
            transition: self.transition.number,
            attempt: number,
            real_time: system_now(),
            duration_us: u64::try_from(stopwatch.elapsed().as_micros()).unwrap_or(u64::MAX),
            status,
            error,
        }
    }
}

/// The code of a body, as `sha256=` and hexadecimal digits.
fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(body);
    let code = base16ct::lower::encode_string(&mac.finalize().into_bytes());
    format!("sha256={code}")
}

/// A transition as a `CloudEvents` 1.0 message in JSON.
#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: String,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: String,
    time: String,
    datacontenttype: &'static str,
    data: &'a Transition,
}

impl<'a> CloudEvent<'a> {
    fn new(transition: &'a Transition, source: &'a str) -> Self {
        let Transition {
            number,
            at,
            family,
            scope,
            id,
            ..
        } = transition;
        Self {
            specversion: "1.0",
            id: number.to_string(),
            source,
            kind: "release-emulator.transition",
            subject: format!("{family}/{scope}/{id}"),
            time: rfc3339(*at),
            datacontenttype: "application/json",
            data: transition,
        }
    }

    fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("keys are strings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code is that of `printf body | openssl dgst -sha256 -hmac key`.
    #[test]
    fn a_body_is_signed_with_hmac_sha256() {
        assert_eq!(
            signature("key", b"The quick brown fox jumps over the lazy dog"),
            "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
        );
    }
}
