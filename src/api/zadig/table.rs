//! All versions with what they refer to: the one place that knows uniqueness, order and paging.

use foldhash::{HashMap, HashSet};

use super::create::{self, Order, Strictness};
use super::deliver;
use super::references::References;
use super::refusal::{Cause, Refusal, Stop};
use super::rows::Kind;
use super::version::{Chart, DELETE, Life, Pushing, RETRY, Stopped, Version, Whose};
use crate::sim::Ms;
use crate::sim::ids::Ids;
use crate::sim::scripts::Scripts;
use crate::sim::shelf::{Entry, Shelf, Timed};
use crate::sim::timeline::{self, Timeline};
use crate::sim::transition::{Log, Occasion};

/// The versions of all projects. Their ids are unique among all of them, their names within a project.
#[derive(Debug, Default)]
pub struct Table {
    pub(super) versions: Shelf<Version>,
    /// The id of each name, by project.
    names: HashMap<String, HashMap<String, String>>,
    /// The ids of all rows.
    rows: HashSet<String>,
    pub(super) references: References,
}

/// Which page of which project's versions is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The project.
    pub project: String,
    /// The number of the page, from 1.
    pub number: usize,
    /// How many versions it holds at most.
    pub size: usize,
}

impl Page {
    /// How many versions come before the page.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.size.saturating_mul(self.number.saturating_sub(1))
    }
}

/// What a command needs beside the table.
pub struct Tools<'a> {
    /// How coming pushes go.
    pub scripts: &'a mut Scripts,
    /// Where ids come from.
    pub ids: &'a Ids,
    /// How strictly orders are looked at.
    pub strictness: Strictness,
    /// Who commands.
    pub caller: &'a str,
    /// The present instant.
    pub now: Ms,
    /// Who hears of what changes.
    pub log: &'a mut Log,
}

/// The word of a creation.
const CREATE: &str = "create";

impl Table {
    /// The versions of a page, newest first, and how many the project has.
    pub fn list(&self, page: &Page) -> (impl Iterator<Item = &Entry<Version>>, usize) {
        let versions = self.versions.of(&page.project).rev();
        let rows = versions.skip(page.skipped()).take(page.size);
        (rows, self.versions.len(&page.project))
    }

    /// A version by id, whatever project it belongs to.
    pub fn find(&self, id: &str) -> Result<&Entry<Version>, Refusal> {
        let found = self.versions.find(&id.to_ascii_lowercase());
        found.ok_or_else(|| Refusal::UnknownVersion { id: id.to_owned() })
    }

    /// Deletes a version by id, whatever project it belongs to and whatever it is at. One that is not there,
    /// or not any more, is deleted just as well.
    pub fn delete(&mut self, id: &str, now: Ms, log: &mut Log) -> Result<(), Refusal> {
        if !is_id(id) {
            return Err(Refusal::MalformedId { id: id.to_owned() });
        }
        let Some(entry) = self.versions.find(&id.to_ascii_lowercase()) else {
            return Ok(());
        };
        let (project, id) = (entry.scope.to_string(), entry.id.to_string());
        let occasion = &mut log.at(now, DELETE);
        if let Some(version) = self.versions.remove(&project, &id, occasion) {
            for row in version.row_ids() {
                self.rows.remove(row);
            }
            if let Some(names) = self.names.get_mut(&project) {
                names.remove(&version.name);
                if names.is_empty() {
                    self.names.remove(&project);
                }
            }
        }
        Ok(())
    }

    /// Creates a K8s version, or retries one. What stops it after it is stored is an error too.
    pub fn create_k8s(&mut self, order: &Order, tools: Tools) -> Result<(), Refusal> {
        create::check_environment(order, &self.references, tools.strictness)?;
        if order.retry {
            let missing = Cause::NothingToRetry(order.name.clone());
            return self.retry(order, missing, tools);
        }
        create::check_k8s(order, &self.references, tools.strictness)?;
        self.check_name(order)?;

        let id = self.draw_id(&tools);
        let seconds = tools.now.div_euclid(1_000);
        let draw = || tools.ids.object_id(tools.now, |id| self.is_taken(id));
        let (deploys, pushes) = deliver::deploy(order, &self.references, seconds, draw);
        let (life, result) = match pushes {
            Ok(pushes) => {
                let pushing = Pushing::start(whose(order, &id), pushes, tools.scripts, tools.now);
                (Life::Pushing(pushing), Ok(()))
            }
            Err(stop) => stopped(order, stop, String::new(), Vec::new()),
        };
        let version = Version {
            deploys,
            ..fresh(order, Kind::K8sYaml, tools.caller, seconds, life)
        };
        let occasion = &mut tools.log.at(tools.now, CREATE);
        self.insert(&order.project, &id, version, occasion);
        result
    }

    /// Creates a Helm version, or retries one. What stops it after it is stored is an error too.
    pub fn create_helm(&mut self, order: &Order, tools: Tools) -> Result<(), Refusal> {
        if order.retry {
            let missing = Cause::NoChartsToRetry(order.name.clone());
            return self.retry(order, missing, tools);
        }
        create::check_helm(order, &self.references, tools.strictness)?;
        self.check_name(order)?;

        let id = self.draw_id(&tools);
        let seconds = tools.now.div_euclid(1_000);
        let charts = deliver::charts(order, &self.references, tools.strictness);
        let whose = whose(order, &id);
        let repo = &order.chart_repo;
        let packaged = deliver::package(
            whose,
            repo,
            &charts,
            &self.references,
            tools.strictness,
            tools.scripts,
        );
        let (distributes, life, result) = match packaged {
            Ok(()) => {
                let draw = || tools.ids.object_id(tools.now, |id| self.is_taken(id));
                let (rows, pushes) = deliver::distribute(repo, &charts, seconds, draw);
                let pushing = Pushing::start(whose, pushes, tools.scripts, tools.now);
                (rows, Life::Pushing(pushing), Ok(()))
            }
            Err(stop) => {
                let (life, result) = stopped(order, stop, repo.clone(), charts);
                (Vec::new(), life, result)
            }
        };
        let version = Version {
            distributes,
            ..fresh(order, Kind::HelmChart, tools.caller, seconds, life)
        };
        let occasion = &mut tools.log.at(tools.now, CREATE);
        self.insert(&order.project, &id, version, occasion);
        result
    }

    /// Retries a failed version of either kind: the service does not compare it with the path.
    fn retry(&mut self, order: &Order, missing: Cause, tools: Tools) -> Result<(), Refusal> {
        let Tools {
            scripts,
            ids,
            strictness,
            now,
            log,
            ..
        } = tools;
        let occasion = &mut log.at(now, RETRY);
        let names = self.names.get(&order.project);
        let Some(id) = names.and_then(|names| names.get(&order.name)).cloned() else {
            return Err(order.refuse(missing));
        };
        let version = self
            .versions
            .get(&order.project, &id)
            .expect("a name leads to a version");
        version
            .may_retry(now)
            .map_err(|cause| order.refuse(cause))?;
        let left = match &version.life {
            Life::Stopped(left) => Some(left.clone()),
            Life::Given { .. } | Life::Pushing(_) => None,
        };
        let Some(left) = left else {
            self.versions
                .edit(&order.project, &id, occasion, |version| {
                    version.push_again(&order.project, &id, scripts, now);
                });
            return Ok(());
        };

        let packaged = deliver::package(
            whose(order, &id),
            &left.chart_repo,
            &left.charts,
            &self.references,
            strictness,
            scripts,
        );
        let seconds = now.div_euclid(1_000);
        let done = packaged.map(|()| {
            let draw = || ids.object_id(now, |id| self.is_taken(id));
            deliver::distribute(&left.chart_repo, &left.charts, seconds, draw)
        });
        let (life, result) = match done {
            Ok((rows, pushes)) => {
                let whose = whose(order, &id);
                let pushing = Pushing::start(whose, pushes, scripts, now);
                let life = Life::Pushing(Pushing {
                    retried: true,
                    ..pushing
                });
                ((rows, life), Ok(()))
            }
            Err(stop) => {
                let (life, result) = stopped(order, stop, left.chart_repo, left.charts);
                ((Vec::new(), life), result)
            }
        };
        self.versions
            .edit(&order.project, &id, occasion, |version| {
                (version.distributes, version.life) = life;
                let rows = version.row_ids().into_iter().map(str::to_owned);
                self.rows.extend(rows);
            });
        result
    }

    fn check_name(&self, order: &Order) -> Result<(), Refusal> {
        if self.has_name(&order.project, &order.name) {
            return Err(order.refuse(Cause::Duplicate(order.name.clone())));
        }
        Ok(())
    }

    /// Whether a name is given in a project.
    pub(super) fn has_name(&self, project: &str, name: &str) -> bool {
        self.names
            .get(project)
            .is_some_and(|names| names.contains_key(name))
    }

    /// The version that has a name in a project.
    pub(super) fn named(&self, project: &str, name: &str) -> Option<&Entry<Version>> {
        self.versions.find(self.names.get(project)?.get(name)?)
    }

    /// Whether an id is given to a version or to a row.
    pub(super) fn is_taken(&self, id: &str) -> bool {
        self.versions.contains(id) || self.rows.contains(id)
    }

    fn draw_id(&self, tools: &Tools) -> String {
        tools.ids.object_id(tools.now, |id| self.is_taken(id))
    }

    /// Adds a version whose id, name and rows are new.
    pub(super) fn insert(
        &mut self,
        project: &str,
        id: &str,
        version: Version,
        occasion: &mut Occasion,
    ) {
        self.rows
            .extend(version.row_ids().into_iter().map(str::to_owned));
        let names = self.names.entry(project.to_owned()).or_default();
        names.insert(version.name.clone(), id.to_owned());
        // Versions are in the order of their seconds; within one, the later arrival is the newer.
        let created = version.create_time.saturating_mul(1_000);
        self.versions
            .insert(project, id, created, version, occasion);
    }

    /// How many resources are at each status, in no order.
    pub fn tally<'a>(&'a self, log: &'a Log) -> impl Iterator<Item = (&'a str, usize)> {
        self.versions.tally(log)
    }

    /// When the first thing changes by itself.
    #[must_use]
    pub fn next_due(&self) -> Ms {
        self.versions.next_due()
    }

    /// Lets the first thing happen that is due, if anything is; answers whether it was.
    pub fn wake(&mut self, now: Ms, log: &mut Log) -> bool {
        self.versions.wake(now, log, |_, _, _, _| ())
    }

    /// What there is to say of a version of whatever project.
    #[must_use]
    pub fn timeline(&self, id: &str, now: Ms, log: &Log) -> Option<Timeline> {
        let entry = self.versions.find(&id.to_ascii_lowercase())?;
        let version = &entry.item;
        let next = timeline::next(version, now, |now| version.next_due(now));
        Some(Timeline::of(entry, version.allowed(now), next, now, log))
    }

    /// Takes over what another table remembers of what both hold.
    pub fn remember(&mut self, other: &mut Self, from: &Log, occasion: &mut Occasion) {
        self.versions.remember(&mut other.versions, from, occasion);
    }
}

/// Whether a text is an object id.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn whose<'a>(order: &'a Order, id: &'a str) -> Whose<'a> {
    Whose {
        project: &order.project,
        id,
        name: &order.name,
    }
}

fn fresh(order: &Order, kind: Kind, caller: &str, seconds: i64, life: Life) -> Version {
    Version {
        name: order.name.clone(),
        kind,
        labels: order.labels.clone(),
        description: order.description.clone(),
        created_by: caller.to_owned(),
        create_time: seconds,
        deploys: Vec::new(),
        distributes: Vec::new(),
        life,
    }
}

/// The life of a version that was stopped, and what is answered.
fn stopped(
    order: &Order,
    stop: Stop,
    chart_repo: String,
    charts: Vec<Chart>,
) -> (Life, Result<(), Refusal>) {
    let left = Stopped {
        error: stop.to_string(),
        chart_repo,
        charts,
    };
    (Life::Stopped(left), Err(order.refuse(stop.into())))
}
