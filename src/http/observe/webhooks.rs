//! The webhooks of a world: the addresses that are told of transitions, with their latest attempts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::Uri;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::events::EventLog;
use crate::http::auth::secret::Secret;
use crate::sim::glob::Glob;
use crate::sim::memory::{Memory, MemoryAccount, MemoryPart};
use crate::sim::rules::RuleLimit;
use crate::sim::{Millis, Transition, time};

/// The most webhooks of a world.
pub const MOST_WEBHOOKS: usize = 100;

/// The number of attempts that a webhook remembers.
const MOST_REMEMBERED: usize = 100;

/// The approximate size of a webhook and its attempts, without its texts.
const OVERHEAD: usize = 16 << 10;

/// The webhooks, in the order in which they were added.
#[derive(Debug)]
pub struct Webhooks {
    state: Mutex<WebhooksState>,
    changed: Notify,
}

#[derive(Debug)]
struct WebhooksState {
    n_added: u64,
    webhooks: IndexMap<String, Webhook>,
    account: MemoryAccount,
}

#[derive(Debug)]
struct Webhook {
    target: Arc<WebhookTarget>,
    stats: WebhookStats,
    attempts: VecDeque<DeliveryAttempt>,
}

/// The address of a webhook, and the transitions that it is told of.
#[derive(Clone, Debug)]
pub struct WebhookTarget {
    /// An absolute URL with the scheme `http`.
    pub url: Uri,
    pub pattern: TransitionPattern,
    /// The key that signs the bodies.
    pub secret: Option<Secret>,
    /// The number of the last event before the webhook was added.
    pub(super) after_event: u64,
}

/// A pattern of transitions. Texts may contain `*` and `?`; absent fields match everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransitionPattern {
    /// The family.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub family: Option<Glob>,
    /// The project, mesh or project key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub scope: Option<Glob>,
    /// The resource's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub resource: Option<Glob>,
    /// The resource's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub name: Option<Glob>,
    /// The stage of the step: of a pipeline its name, of a plan the `seq` of the batch. With it only steps match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub stage: Option<Glob>,
    /// The service of the step, in a delivery version. With it only steps match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub service: Option<Glob>,
    /// The step. With it only steps match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub step: Option<Glob>,
    /// The status before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub from: Option<Glob>,
    /// The status after.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub to: Option<Glob>,
    /// Only resources themselves, or only their steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<TransitionLevel>,
}

/// The thing that changed its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum TransitionLevel {
    /// A resource.
    Resource,
    /// A step of a resource.
    Step,
}

/// The deliveries of a webhook so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct WebhookStats {
    /// The number of transitions that wait or are being sent.
    pub pending: u64,
    /// The number of transitions that were answered with a status of 200 to 299.
    pub delivered: u64,
    /// The number of transitions that were given up after the last attempt.
    pub failed: u64,
    /// The number of events that the world forgot before they could be looked at.
    pub missed: u64,
}

/// An attempt to tell a webhook of a transition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DeliveryAttempt {
    /// The id of the transition.
    pub transition: u64,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The end of the attempt on the machine's clock, RFC 3339 in UTC.
    #[serde(serialize_with = "time::serialize")]
    #[cfg_attr(test, schema(value_type = String))]
    pub real_time: Millis,
    /// The real time that it took, in microseconds.
    pub duration_us: u64,
    /// The status of the answer; null without one.
    pub status: Option<u16>,
    /// The reason that there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub error: Option<String>,
}

/// A webhook with its deliveries.
#[derive(Clone, Debug)]
pub struct ListedWebhook {
    pub id: String,
    pub target: Arc<WebhookTarget>,
    pub stats: WebhookStats,
    /// The latest attempts, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
}

impl WebhookTarget {
    pub fn new(url: Uri, pattern: TransitionPattern, secret: Option<Secret>) -> Self {
        Self {
            url,
            pattern,
            secret,
            after_event: 0,
        }
    }

    /// The approximate number of bytes that a webhook with this target takes.
    fn size(&self) -> usize {
        let TransitionPattern {
            family,
            scope,
            resource,
            name,
            stage,
            service,
            step,
            from,
            to,
            level: _,
        } = &self.pattern;
        let globs = [
            family, scope, resource, name, stage, service, step, from, to,
        ];
        let globs = globs.into_iter().flatten().map(Glob::size);
        let secret = self
            .secret
            .as_ref()
            .map_or(0, |secret| secret.expose().len());
        OVERHEAD + self.url.to_string().len() + secret + globs.sum::<usize>()
    }

    /// True if the webhook is told of an event with this number.
    pub fn matches(&self, number: u64, transition: &Transition) -> bool {
        number > self.after_event && self.pattern.matches(transition)
    }
}

impl TransitionPattern {
    fn matches(&self, transition: &Transition) -> bool {
        // A text that the transition does not have matches only an absent glob.
        let matches = |glob: &Option<Glob>, text: Option<&str>| {
            let matches = |glob: &Glob| text.is_some_and(|text| glob.matches(text));
            glob.as_ref().is_none_or(matches)
        };
        let step = transition.step.as_deref();
        let is_level = match self.level {
            None => true,
            Some(TransitionLevel::Resource) => step.is_none(),
            Some(TransitionLevel::Step) => step.is_some(),
        };
        is_level
            && matches(&self.family, Some(transition.family))
            && matches(&self.scope, Some(&transition.scope))
            && matches(&self.resource, Some(&transition.id))
            && matches(&self.name, Some(&transition.name))
            && matches(&self.stage, transition.stage.as_deref())
            && matches(&self.service, transition.service.as_deref())
            && matches(&self.step, step)
            && matches(&self.from, Some(&transition.from))
            && matches(&self.to, Some(&transition.to))
    }
}

impl DeliveryAttempt {
    /// True if the receiver has taken the transition.
    pub fn is_success(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

impl Webhooks {
    /// No webhooks; those that are added count as those of the process.
    pub fn new(memory: &Memory) -> Self {
        Self {
            state: Mutex::new(WebhooksState {
                n_added: 0,
                webhooks: IndexMap::new(),
                account: MemoryAccount::new(memory, MemoryPart::Rules),
            }),
            changed: Notify::new(),
        }
    }

    /// The approximate number of bytes that the webhooks take.
    pub fn bytes(&self) -> usize {
        self.lock().account.own()
    }

    /// Adds a webhook, unless there are [`MOST_WEBHOOKS`] or the memory is full. It is told of the events after
    /// `events.newest()`.
    pub fn add(
        &self,
        mut target: WebhookTarget,
        events: &EventLog,
    ) -> Result<ListedWebhook, RuleLimit> {
        let mut state = self.lock();
        if state.webhooks.len() >= MOST_WEBHOOKS {
            return Err(RuleLimit::Number);
        }
        let size = target.size();
        if !state.account.has_room(size) {
            return Err(RuleLimit::Memory);
        }
        state.account.add(size);
        // Under the lock: the delivery takes events before it asks for the targets, so it cannot miss one of these.
        target.after_event = events.newest();
        state.n_added += 1;
        let id = format!("webhook-{}", state.n_added);
        let webhook = Webhook {
            target: Arc::new(target),
            stats: WebhookStats::default(),
            attempts: VecDeque::new(),
        };
        let listed = webhook.listed(&id);
        state.webhooks.insert(id, webhook);
        drop(state);
        self.changed.notify_one();
        Ok(listed)
    }

    pub fn list(&self) -> Vec<ListedWebhook> {
        let state = self.lock();
        let webhooks = state.webhooks.iter();
        webhooks.map(|(id, webhook)| webhook.listed(id)).collect()
    }

    pub fn find(&self, id: &str) -> Option<ListedWebhook> {
        Some(self.lock().webhooks.get(id)?.listed(id))
    }

    /// Removes a webhook; returns false if none has that id.
    pub fn remove(&self, id: &str) -> bool {
        let mut state = self.lock();
        let removed = state.webhooks.shift_remove(id);
        if let Some(webhook) = &removed {
            state.account.subtract(webhook.target.size());
        }
        drop(state);
        self.changed.notify_one();
        removed.is_some()
    }

    /// Removes all webhooks. Their numbers are not used again.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.webhooks.clear();
        state.account.clear();
        drop(state);
        self.changed.notify_one();
    }

    /// Resolves when a webhook is added or removed.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The webhooks without their attempts.
    pub fn targets(&self) -> Vec<(String, Arc<WebhookTarget>)> {
        let state = self.lock();
        let webhooks = state.webhooks.iter();
        webhooks
            .map(|(id, webhook)| (id.clone(), Arc::clone(&webhook.target)))
            .collect()
    }

    /// The number of the last event before the oldest webhook was added; `None` if there are no webhooks.
    pub fn first_event(&self) -> Option<u64> {
        let state = self.lock();
        let targets = state.webhooks.values();
        targets.map(|webhook| webhook.target.after_event).min()
    }

    /// Updates the counts of a webhook, if it is still there.
    pub fn count(&self, id: &str, update: impl FnOnce(&mut WebhookStats)) {
        if let Some(webhook) = self.lock().webhooks.get_mut(id) {
            update(&mut webhook.stats);
        }
    }

    /// Records an attempt; returns false if the webhook was removed.
    pub fn record(&self, id: &str, attempt: DeliveryAttempt) -> bool {
        let mut state = self.lock();
        let Some(webhook) = state.webhooks.get_mut(id) else {
            return false;
        };
        if webhook.attempts.len() == MOST_REMEMBERED {
            webhook.attempts.pop_front();
        }
        webhook.attempts.push_back(attempt);
        true
    }

    fn lock(&self) -> MutexGuard<'_, WebhooksState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Webhook {
    fn listed(&self, id: &str) -> ListedWebhook {
        ListedWebhook {
            id: id.to_owned(),
            target: Arc::clone(&self.target),
            stats: self.stats,
            attempts: self.attempts.iter().cloned().collect(),
        }
    }
}
