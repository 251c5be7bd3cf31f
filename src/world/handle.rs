//! A family's handle on its own table.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::http::HeaderMap;

use super::identities::Directory;
use super::public_url::PublicUrl;
use super::settings::Settings;
use crate::http::Rejection;
use crate::http::context::with_details;
use crate::http::observe::Recorder;
use crate::http::replay::RequestCommand;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::memory::MemoryPart;
use crate::sim::scripts::Scripts;
use crate::sim::transition::TransitionLog;

/// The part of a world's memory that every family uses, under the same lock as their tables.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Users, tokens and access keys.
    pub identities: Directory,
    /// Scripted outcomes. Not part of the exported state.
    pub scripts: Scripts,
    /// The transitions that have not been published yet. Not part of the exported state.
    pub log: TransitionLog,
}

impl Shared {
    pub fn new(settings: &Settings) -> Self {
        Self {
            identities: Directory::new(&settings.memory),
            scripts: Scripts::new(settings.step, settings.seed, &settings.memory),
            log: TransitionLog::new(&settings.memory),
        }
    }
}

impl Shared {
    /// Counts a copy that is there to stay.
    pub fn count_copied(&mut self) {
        self.log.account_mut().count_copied();
        self.scripts.count_copied();
        self.identities.count_copied();
    }
}

/// The part of a world that needs no lock.
#[derive(Debug)]
pub struct Services {
    pub settings: Settings,
    /// The sequence of resource ids.
    pub ids: Ids,
    /// The sequence of request ids. It is separate from `ids`, so that resource ids depend on creations alone.
    pub request_ids: Arc<Ids>,
    /// The sequence of tokens. A reset does not restart it: no token may be issued to two users.
    pub token_ids: Ids,
    /// Journal, events, metrics and faults.
    pub recorder: Arc<Recorder>,
    /// The port of a further world, which the public URL of the first world does not have.
    pub own_port: OnceLock<u16>,
}

impl Services {
    /// The URL of the world in the answer to a request with these headers.
    pub fn base_url(&self, headers: &HeaderMap) -> PublicUrl {
        let Some(public_url) = self.settings.public_url.clone() else {
            return PublicUrl::of_request(headers);
        };
        match self.own_port.get() {
            Some(port) => public_url.with_port(*port),
            None => public_url,
        }
    }
}

/// Access to one table of a world under the world's lock. The registry implements it once per table, so a family
/// cannot access the tables of others.
pub trait Access<T>: Send + Sync {
    /// Calls `look` once, at the present instant.
    fn read(&self, look: &mut dyn FnMut(&T, &Shared, Millis));
    /// Calls `change` once, at the present instant, with exclusive access. It returns true if it was accepted; `command` is
    /// then taken and kept.
    fn write(
        &self,
        command: &mut Option<Bytes>,
        change: &mut dyn FnMut(&mut T, &mut Shared, Millis) -> bool,
    );
}

/// A family's handle on its table. Cheap to clone; all clones belong to the same world.
pub struct Handle<T> {
    services: Arc<Services>,
    access: Arc<dyn Access<T>>,
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self {
            services: Arc::clone(&self.services),
            access: Arc::clone(&self.access),
        }
    }
}

impl<T> Handle<T> {
    /// A handle on the table that `access` reaches.
    pub fn new(services: Arc<Services>, access: Arc<dyn Access<T>>) -> Self {
        Self { services, access }
    }

    /// Reads the table at the present instant, which is taken under the lock.
    ///
    /// # Panics
    /// Never: the closure is called exactly once.
    pub fn read<R>(&self, look: impl FnOnce(&T, &Shared, Millis) -> R) -> R {
        let (mut look, mut result) = (Some(look), None);
        self.access.read(&mut |table, shared, now| {
            result = look.take().map(|look| look(table, shared, now));
        });
        result.expect("a world calls the closure once")
    }

    /// Changes the table at the present instant, which is taken under the lock, so writes are in the order of
    /// time. A change that fails must have changed nothing: check first, then change.
    ///
    /// # Panics
    /// Never: the closure is called exactly once.
    pub fn write<R, E>(
        &self,
        change: impl FnOnce(&mut T, &mut Shared, Millis) -> Result<R, E>,
    ) -> Result<R, E> {
        self.write_if(Result::is_ok, change)
    }

    /// The same for a change whose result tells in another way whether it was accepted.
    ///
    /// # Panics
    /// Never: the closure is called exactly once.
    pub fn write_if<R>(
        &self,
        is_accepted: impl Fn(&R) -> bool,
        change: impl FnOnce(&mut T, &mut Shared, Millis) -> R,
    ) -> R {
        let (mut change, mut result) = (Some(change), None);
        // Before the lock is taken, since a large body takes long to copy.
        let command = with_details(|details| details.command.take()).flatten();
        let mut bytes = command.as_ref().map(RequestCommand::bytes);
        self.access.write(&mut bytes, &mut |table, shared, now| {
            result = change.take().map(|change| change(table, shared, now));
            result.as_ref().is_some_and(&is_accepted)
        });
        if bytes.is_some() {
            // A later change of the same request may be accepted.
            with_details(|details| details.command = command);
        }
        result.expect("a world calls the closure once")
    }

    /// Checks that the memory has room for what the current request creates. It goes by the length of the body.
    pub fn check_room(&self) -> Result<(), Rejection> {
        let length = with_details(|details| details.body_length).unwrap_or(0);
        let memory = &self.services.settings.memory;
        let has_room = memory.has_room(MemoryPart::Resources, length);
        has_room.then_some(()).ok_or(Rejection::NoRoom)
    }

    pub fn settings(&self) -> &Settings {
        &self.services.settings
    }

    /// The URL of the world in the answer to a request with these headers, without a trailing slash.
    pub fn base_url(&self, headers: &HeaderMap) -> String {
        self.services.base_url(headers).to_string()
    }

    /// The sequence of resource ids.
    pub fn ids(&self) -> &Ids {
        &self.services.ids
    }

    /// The sequence of tokens.
    pub fn token_ids(&self) -> &Ids {
        &self.services.token_ids
    }

    /// Journal, events, metrics and faults.
    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.services.recorder
    }
}
