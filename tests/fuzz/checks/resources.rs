//! The checks of the control plane's views on resources: list, metrics, timelines.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::{Checks, Failure, fail, instant};
use crate::document::{array, text};
use crate::emulator::Emulator;
use crate::generate::escaped;

/// The most timelines that are looked at in one go.
const MOST: usize = 12;

impl Checks<'_> {
    /// Checks the list and returns its items.
    pub(super) async fn check_resources(
        &mut self,
        emulator: &Emulator,
    ) -> Result<Vec<Value>, Failure> {
        let listed = self.ask(emulator, "/resources?limit=1000").await.json();
        let resources: Vec<Value> = array(&listed["resources"]).cloned().collect();
        let check = "counts equal lists";
        self.count(check);
        if listed["count"] != resources.len() {
            return fail(check, format!("{} of {}", listed["count"], resources.len()));
        }
        self.check_metrics(emulator, &resources).await?;
        self.check_pages(emulator, &resources).await?;
        let mut names = HashSet::new();
        let is_unique = resources
            .iter()
            .all(|one| names.insert((text(&one["family"]), text(&one["id"]))));
        // Projects may have resources of the same id, which one path cannot tell apart.
        if is_unique {
            let skipped = (self.n_deep * MOST) % resources.len().max(1);
            let turned = resources.iter().cycle().skip(skipped);
            let now = self.ask(emulator, "/clock").await.json();
            for resource in turned.take(MOST.min(resources.len())) {
                self.check_timeline(emulator, resource, instant(&now["now"]))
                    .await?;
            }
        }
        Ok(resources)
    }

    async fn check_metrics(
        &mut self,
        emulator: &Emulator,
        resources: &[Value],
    ) -> Result<(), Failure> {
        let check = "metrics equal the list";
        self.count(check);
        let metrics = self.ask(emulator, "/metrics").await.text();
        let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
        for resource in resources {
            let key = (text(&resource["family"]), text(&resource["status"]));
            *expected.entry(key).or_default() += 1;
        }
        let mut shown = BTreeMap::new();
        for line in metrics.lines() {
            let Some(labels) = line.strip_prefix("release_emulator_resources{family=\"") else {
                continue;
            };
            let Some((family, rest)) = labels.split_once("\",status=\"") else {
                return fail(check, line);
            };
            let Some((status, n)) = rest.rsplit_once("\"} ") else {
                return fail(check, line);
            };
            let status = status
                .replace("\\\"", "\"")
                .replace("\\n", "\n")
                .replace("\\\\", "\\");
            let n: u64 = n.parse().unwrap_or(u64::MAX);
            if n > 0 {
                shown.insert((family.to_owned(), status), n);
            }
        }
        if shown == expected {
            Ok(())
        } else {
            fail(check, format!("{shown:?} instead of {expected:?}"))
        }
    }

    async fn check_pages(
        &mut self,
        emulator: &Emulator,
        resources: &[Value],
    ) -> Result<(), Failure> {
        if resources.len() > 24 {
            return Ok(());
        }
        self.count("pages make up the list");
        let mut paged = Vec::new();
        while paged.len() <= resources.len() {
            let path = format!("/resources?limit=3&offset={}", paged.len());
            let page = self.ask(emulator, &path).await.json();
            let items = page["resources"].as_array().cloned().unwrap_or_default();
            if items.is_empty() {
                break;
            }
            paged.extend(items);
        }
        if paged == resources {
            Ok(())
        } else {
            fail(
                "pages make up the list",
                format!("{paged:?}\nis not\n{resources:?}"),
            )
        }
    }

    async fn check_timeline(
        &mut self,
        emulator: &Emulator,
        resource: &Value,
        now: i64,
    ) -> Result<(), Failure> {
        let (family, id) = (text(&resource["family"]), text(&resource["id"]));
        if id.is_empty() {
            return Ok(());
        }
        let path = format!("/resources/{family}/{}/timeline", escaped(&id));
        let answer = self.ask(emulator, &path).await;
        let timeline = answer.json();
        let check = "the timeline equals the status";
        self.count(check);
        for field in ["status", "code", "word", "allowed", "next", "name", "scope"] {
            if timeline[field] != resource[field] {
                return fail(check, format!("{field} of {resource}: {}", answer.text()));
            }
        }
        let mut transitions: Vec<Value> = array(&timeline["transitions"]).cloned().collect();
        // All show the present name.
        for transition in &mut transitions {
            transition["name"] = Value::Null;
        }
        let is_own = |one: &&Value| one["step"].is_null() && one["stage"].is_null();
        let last = transitions.iter().rev().find(is_own);
        if last.is_some_and(|last| last["to"] != resource["status"]) {
            return fail(check, answer.text());
        }
        let is_ordered = transitions.is_sorted_by_key(|one| instant(&one["time"]));
        // An import is no transition, so it has no number of its own.
        let numbered = transitions.iter().filter(|one| one["cause"] != "import");
        let is_ordered = is_ordered && numbered.is_sorted_by_key(|one| one["id"].as_u64());
        let is_past = transitions.iter().all(|one| instant(&one["time"]) <= now);
        if !is_ordered || !is_past {
            return fail("a history is in order", answer.text());
        }
        self.count("the past does not change");
        let is_whole = timeline["truncated"] == 0;
        let key = (family, id);
        if let Some(before) = self.timelines.get(&key)
            && is_whole
            && !transitions.starts_with(before)
            // Another resource may have taken the id.
            && before.first().map(|one| &one["id"]) == transitions.first().map(|one| &one["id"])
        {
            return fail("the past does not change", answer.text());
        }
        if is_whole {
            self.timelines.insert(key, transitions);
        }
        Ok(())
    }
}
