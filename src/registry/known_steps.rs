//! The scripts that fit nothing: their patterns, compared with the steps that a world knows.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::Database;
use super::services::family_works;
use crate::sim::fuzzy::nearest;
use crate::sim::scripts::{FamilyWork, ListedScript, Misfit, PatternField, StepPattern};
use crate::sim::step_name::Unit;

/// The most comparisons of a script with a step. Beyond them a script counts as fitting.
const MOST_COMPARED: usize = 100_000;

/// The most names among which the nearest is searched.
const MOST_NAMES: usize = 1_000;

impl Database {
    /// The scripts in force, each with the first field of its pattern that fits nothing known. A script that has
    /// decided a step fits. While a request may bring a step that fits, the field is told only beside a near name.
    pub fn listed_scripts(&self) -> Vec<ListedScript> {
        let mut listed = self.shared.scripts.list().to_vec();
        let mut searches = Vec::new();
        for entry in listed.iter_mut().filter(|entry| entry.used == 0) {
            let ListedScript { script, misfit, .. } = entry;
            match compare_with_works(&script.pattern) {
                Some(Fit::Never(field, near)) => {
                    *misfit = Some(Misfit::new(field, near.map(str::to_owned)));
                }
                Some(Fit::Maybe { field, is_certain }) => searches.push(Search {
                    pattern: &script.pattern,
                    misfit,
                    field,
                    is_certain,
                    names: BTreeSet::new(),
                    has_fit: false,
                }),
                None => {}
            }
        }
        if !searches.is_empty() && !self.search(&mut searches) {
            searches.into_iter().for_each(Search::end);
        }
        listed
    }

    /// Compares patterns with the known steps. Returns true if there were too many.
    fn search(&self, searches: &mut [Search]) -> bool {
        let mut n_compared = 0;
        let mut is_too_long = false;
        let _ = self.visit_steps(&mut |query| {
            let mut has_ended = true;
            for search in searches.iter_mut().filter(|search| !search.has_fit) {
                n_compared += 1;
                match search.pattern.first_misfit(query) {
                    None => search.has_fit = true,
                    Some(field) => search.note(field, || search.pattern.compared(field, query)),
                }
                has_ended &= search.has_fit;
            }
            is_too_long = n_compared > MOST_COMPARED;
            if has_ended || is_too_long {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        is_too_long
    }
}

/// A pattern that was compared with the kinds of work.
enum Fit {
    /// No family does such work; the nearest, if one is.
    Never(PatternField, Option<&'static str>),
    /// The known steps decide.
    Maybe {
        /// The first field to compare with them.
        field: PatternField,
        /// False if a request may bring other steps.
        is_certain: bool,
    },
}

/// Compares a pattern with the work that families do. None: it fits.
fn compare_with_works(pattern: &StepPattern) -> Option<Fit> {
    let works = family_works();
    let is_family = |work: &&FamilyWork| {
        let family = pattern.family.as_ref();
        family.is_none_or(|family| family == work.family)
    };
    let works: Vec<&FamilyWork> = works.iter().copied().filter(is_family).collect();
    let same_work = works.iter().filter(|other| other.work == pattern.work);
    if same_work.clone().next().is_none() {
        let first = works.first().map(|other| other.work.into());
        return Some(Fit::Never(PatternField::Work, first));
    }
    let (has_stage, has_service) = (pattern.stage.is_some(), pattern.service.is_some());
    let mut fitting = same_work.filter(|work| match work.unit {
        Unit::Whole => !has_stage && !has_service,
        Unit::Stage(()) => !has_service,
        Unit::Service(()) => !has_stage,
    });
    let Some(first) = fitting.next() else {
        let field = if has_stage {
            PatternField::Stage
        } else {
            PatternField::Service
        };
        return Some(Fit::Never(field, None));
    };
    let is_certain = !first.names_its_steps && !fitting.any(|work| work.names_its_steps);
    let fields = [
        PatternField::Scope,
        PatternField::Name,
        PatternField::Stage,
        PatternField::Service,
        PatternField::Step,
    ];
    let mut given = fields
        .into_iter()
        .filter(|field| pattern.text(*field).is_some());
    let field = given.next()?;
    Some(Fit::Maybe { field, is_certain })
}

/// The search for a step that a pattern fits.
struct Search<'a> {
    pattern: &'a StepPattern,
    misfit: &'a mut Option<Misfit>,
    /// The furthest field that was the first not to fit.
    field: PatternField,
    is_certain: bool,
    /// The names that were compared with it.
    names: BTreeSet<String>,
    has_fit: bool,
}

impl Search<'_> {
    /// Notes that a field does not fit a name.
    fn note(&mut self, field: PatternField, name: impl FnOnce() -> String) {
        if field < self.field {
            return;
        }
        if field > self.field {
            self.field = field;
            self.names.clear();
        }
        if self.names.len() < MOST_NAMES {
            self.names.insert(name());
        }
    }

    /// Tells the field that fits nothing.
    fn end(self) {
        if self.has_fit {
            return;
        }
        let text = self.pattern.text(self.field).unwrap_or_default();
        let near = nearest(text, self.names.iter().map(String::as_str));
        let near = near.map(str::to_owned);
        *self.misfit = if self.is_certain {
            Some(Misfit::new(self.field, near))
        } else {
            near.map(|near| Misfit::probable(self.field, near))
        };
    }
}
