//! The registry: every family, the memory they share, and the router of a world.
//!
//! A new family is one folder, a field of [`Database`] with a line in each of its functions, a field of
//! [`state::State`], and a line each in [`families`], [`operations`], [`router`] and, if its prefix has words of
//! its own for an unknown path, [`unrouted`].

pub mod examples;
pub mod fixtures;
pub mod state;
pub mod world;

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;

use crate::families::{asm, huawei, iam, servicestage, zadig};
use crate::http::api_definition::refuse_unrouted;
use crate::http::closest_route::closest_route;
use crate::http::context::RequestContext;
use crate::http::{Operation, Rejection};
use crate::sim::ids::Ids;
use crate::sim::scripts::Scripts;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{IMPORT, TransitionLog};
use crate::sim::{Millis, Transition};
use crate::world::identities::Directory;
use crate::world::settings::Settings;
use state::{Counters, ValidationError};
pub use world::World;

/// What of a resource is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// There is no such family.
    Family,
    /// The family has no such resource.
    Resource,
}

/// The whole memory of a world.
#[derive(Debug)]
pub struct Database {
    /// Grayscale releases and their meshes.
    pub asm: asm::Table,
    /// Release plans.
    pub plans: servicestage::plans::Table,
    /// Pipelines.
    pub pipelines: servicestage::pipelines::Table,
    /// Delivery versions and what they refer to.
    pub zadig: zadig::Table,
    /// Who may call.
    pub identities: Directory,
    /// How coming work goes. Not part of the state that is exported.
    pub scripts: Scripts,
    /// Who hears of what changes. Nor is this.
    pub log: TransitionLog,
}

impl Database {
    /// An empty memory.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            asm: asm::Table::default(),
            plans: servicestage::plans::Table::default(),
            pipelines: servicestage::pipelines::Table::default(),
            zadig: zadig::Table::default(),
            identities: Directory::default(),
            scripts: Scripts::new(settings.step),
            log: TransitionLog::default(),
        }
    }

    /// When the first of all things changes by itself.
    #[must_use]
    pub fn next_due(&self) -> Millis {
        let asm_and_plans = self.asm.next_due().min(self.plans.next_due());
        asm_and_plans
            .min(self.pipelines.next_due())
            .min(self.zadig.next_due())
    }

    /// Lets everything happen that is due up to `to`, in the order of time. `on_transition` is told of it, and of
    /// whatever was to be told before, each with its number.
    pub fn run_until(&mut self, to: Millis, on_transition: &mut dyn FnMut(u64, Transition)) {
        loop {
            for (number, transition) in self.log.drain() {
                on_transition(number, transition);
            }
            let due = self.next_due();
            if due > to {
                break;
            }
            // One thing at a time, so that what it tells need not be kept until others are through.
            let _ = self.asm.fire_next(due, &mut self.log)
                || self.plans.fire_next(due, &mut self.log)
                || self
                    .pipelines
                    .fire_next(due, &mut self.scripts, &mut self.log)
                || self.zadig.fire_next(due, &mut self.log);
        }
    }

    /// How many resources there are, by family and status, once whatever is due has happened.
    #[must_use]
    pub fn count_by_status(&self) -> BTreeMap<(&'static str, &str), usize> {
        let mut tally = BTreeMap::new();
        let mut add =
            |family, status, things| *tally.entry((family, status)).or_default() += things;
        let log = &self.log;
        for (status, things) in self.asm.count_by_status(log) {
            add(asm::FAMILY, status, things);
        }
        for (status, things) in self.plans.count_by_status(log) {
            add(servicestage::plans::FAMILY, status, things);
        }
        for (status, things) in self.pipelines.count_by_status(log) {
            add(servicestage::pipelines::FAMILY, status, things);
        }
        for (status, things) in self.zadig.count_by_status(log) {
            add(zadig::FAMILY, status, things);
        }
        tally
    }

    /// What there is to say of a resource: what it has been through, what can be said to it, what comes next.
    pub fn timeline(&self, family: &str, id: &str, now: Millis) -> Result<Timeline, Unknown> {
        let found = match family {
            asm::FAMILY => self.asm.timeline(id, now, &self.log),
            servicestage::plans::FAMILY => self.plans.timeline(id, now, &self.log),
            servicestage::pipelines::FAMILY => {
                self.pipelines.timeline(id, now, &self.scripts, &self.log)
            }
            zadig::FAMILY => self.zadig.timeline(id, now, &self.log),
            _ => return Err(Unknown::Family),
        };
        found.ok_or(Unknown::Resource)
    }

    /// Takes over what another memory remembers of the resources that both hold, and its scripts.
    pub fn inherit_from(&mut self, other: &mut Self, now: Millis) {
        std::mem::swap(&mut self.scripts, &mut other.scripts);
        self.log.count_on_from(&other.log);
        let change_context = &mut self.log.context(now, IMPORT);
        self.asm
            .inherit_history(&mut other.asm, &other.log, change_context);
        self.plans
            .inherit_history(&mut other.plans, &other.log, change_context);
        self.pipelines
            .inherit_history(&mut other.pipelines, &other.log, change_context);
        self.zadig
            .inherit_history(&mut other.zadig, &other.log, change_context);
    }

    /// Fills an empty memory from the fixture format.
    pub fn load(
        &mut self,
        state: state::State,
        settings: &Settings,
        ids: &Ids,
        now: Millis,
    ) -> Result<(), ValidationError> {
        state
            .identities
            .check()
            .map_err(|error| error.nested_in("identities"))?;
        self.identities = Directory::load(state.identities);
        self.asm
            .load(state.asm, ids, &mut self.log.context(now, IMPORT))
            .map_err(|error| error.nested_in("asm"))?;
        servicestage::fixture::load(self, state.servicestage, settings, ids, now)
            .map_err(|error| error.nested_in("servicestage"))?;
        self.zadig
            .load(state.zadig, ids, &mut self.log.context(now, IMPORT))
            .map_err(|error| error.nested_in("zadig"))?;
        ids.skip_to(state.emulator.ids_drawn.unwrap_or(0));
        self.pipelines
            .skip_to_execution(state.emulator.next_execution_id.unwrap_or(0));
        Ok(())
    }

    /// The memory in the fixture format.
    #[must_use]
    pub fn save(&self, ids: &Ids, now: Millis) -> state::State {
        state::State {
            asm: self.asm.save(now),
            servicestage: servicestage::fixture::save(self, now),
            zadig: self.zadig.save(now),
            identities: self.identities.save(),
            emulator: Counters {
                next_execution_id: Some(self.pipelines.next_execution()),
                ids_drawn: Some(ids.drawn()),
            },
        }
    }
}

/// What each family declares of its operations.
#[must_use]
pub fn families() -> [OpenApi; 4] {
    [
        iam::definition().api(),
        asm::definition().api(),
        servicestage::definition().api(),
        zadig::definition().api(),
    ]
}

/// Every operation of every family, in the order of paths within a family.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    let huawei = iam::definition()
        .operations()
        .chain(asm::definition().operations());
    let servicestage = servicestage::definition().operations();
    huawei
        .chain(servicestage)
        .chain(zadig::definition().operations())
}

/// The families' routers for a world.
pub fn router(world: &World) -> Router {
    Router::new()
        .merge(iam::router(world))
        .merge(asm::router(world))
        .merge(servicestage::router(world))
        .merge(zadig::router(world))
}

/// What is told of a path that comes near none.
const NO_PATH: &str = "GET /_emulator/v1/operations lists the paths there are";

/// Refuses a path that no family has: as Zadig below its prefix, as the gateway everywhere else.
pub fn unrouted(world: World, request: Request) -> Response {
    let path = request.uri().path();
    let request_context = request.extensions().get::<RequestContext>();
    if let Some(request_context) = request_context {
        let known = operations();
        let known = known.map(|known| (known.method.as_str(), known.path.as_str(), known));
        if let Some(near) = closest_route(request.method(), path, known) {
            request_context.nearest(near);
            request_context.hint(format!("the nearest is {} {}", near.method, near.path));
        } else {
            request_context.hint(NO_PATH.to_owned());
        }
    }
    if path == "/openapi" || path.starts_with("/openapi/") {
        refuse_unrouted(&zadig::Zadig(world), request, Rejection::NoRoute)
    } else {
        huawei::GatewayError::NoRoute.into_response()
    }
}
