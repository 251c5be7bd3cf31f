//! The checks of the services' own lists against the list of all resources.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Checks, Failure, fail};
use crate::document::{array, text};
use crate::emulator::Fork;
use crate::generate::escaped;
use crate::step::Step;

/// The token for a fork, which takes any.
pub(super) const ANY_TOKEN: &str = "any-token";

/// A list of a service.
struct Listing {
    kind: &'static str,
    /// The path of a whole page, from the scope.
    path: fn(&str) -> String,
    /// The same, in pages of two, from the number of the page.
    page: Option<fn(&str, usize) -> String>,
    /// The field that has the items; absent: the whole answer, or its only list.
    items: &'static str,
    count: Option<&'static str>,
    id: &'static str,
    status: &'static str,
}

const LISTINGS: [Listing; 4] = [
    Listing {
        kind: "plan",
        path: |scope| format!("/v3/{scope}/cas/release-plans?limit=100"),
        page: Some(|scope, n| format!("/v3/{scope}/cas/release-plans?limit=2&offset={}", 2 * n)),
        items: "release_plans",
        count: Some("count"),
        id: "/id",
        status: "/status",
    },
    Listing {
        kind: "pipeline",
        path: |scope| format!("/v3/{scope}/pipeline/pipelines?limit=100"),
        page: Some(|scope, n| format!("/v3/{scope}/pipeline/pipelines?limit=2&offset={}", 2 * n)),
        items: "pipelines",
        count: None,
        id: "/id",
        status: "/status",
    },
    Listing {
        kind: "version",
        path: |scope| {
            format!("/openapi/delivery/releases?projectKey={scope}&pageNum=1&pageSize=100")
        },
        page: Some(|scope, n| {
            let page = n + 1;
            format!("/openapi/delivery/releases?projectKey={scope}&pageNum={page}&pageSize=2")
        }),
        items: "list",
        count: Some("total"),
        id: "/id",
        status: "/status",
    },
    Listing {
        kind: "release",
        path: |scope| format!("/v2/meshes/{scope}/releases"),
        page: None,
        items: "items",
        count: None,
        id: "/metadata/uid",
        status: "/status/phase",
    },
];

/// Statuses of a pipeline's run that has ended for good.
const ENDED: [i64; 3] = [2, 3, 11];

impl Checks<'_> {
    pub(super) async fn check_lists(
        &mut self,
        fork: &Fork,
        resources: &[Value],
    ) -> Result<(), Failure> {
        for listing in &LISTINGS {
            let mut by_scope: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
            for resource in resources.iter().filter(|one| one["kind"] == listing.kind) {
                let of_scope = by_scope.entry(text(&resource["scope"])).or_default();
                of_scope.insert(text(&resource["id"]), text(&resource["status"]));
            }
            for (scope, expected) in by_scope {
                if expected.len() < 100 && !scope.is_empty() {
                    self.check_listing(fork, listing, &scope, &expected).await?;
                }
            }
        }
        Ok(())
    }

    async fn check_listing(
        &mut self,
        fork: &Fork,
        listing: &Listing,
        scope: &str,
        expected: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let check = "a service lists what there is";
        let scope = escaped(scope);
        let answer = self.look(fork, &(listing.path)(&scope)).await;
        if answer["error_code"].is_string() {
            // A scope that a fixture named can be one that no path has.
            return Ok(());
        }
        self.count(check);
        let items = items(listing, &answer);
        let status = |item: &Value| match item.pointer(listing.status) {
            Some(Value::String(text)) => text.clone(),
            Some(status) => status.to_string(),
            None => String::new(),
        };
        let id = |item: &Value| item.pointer(listing.id).map(text).unwrap_or_default();
        let shown: BTreeMap<String, String> =
            items.iter().map(|item| (id(item), status(item))).collect();
        if shown != *expected || items.len() != expected.len() {
            return fail(
                check,
                format!("{shown:?} instead of {expected:?} in {answer}"),
            );
        }
        if let Some(count) = listing.count
            && answer[count] != items.len()
        {
            return fail(check, format!("{count} of {answer}"));
        }
        let Some(page) = listing.page.filter(|_| items.len() <= 20) else {
            return Ok(());
        };
        let mut paged = Vec::new();
        for n in 0..=items.len() {
            let answer = self.look(fork, &page(&scope, n)).await;
            let of_page = self::items(listing, &answer);
            if of_page.is_empty() {
                break;
            }
            paged.extend(of_page);
        }
        if paged == items {
            Ok(())
        } else {
            fail(check, format!("the pages {paged:?} are not {items:?}"))
        }
    }

    /// A run that has ended stays in the records as it is, once another has followed: the latest can be rolled back.
    pub(super) async fn check_records(
        &mut self,
        fork: &Fork,
        resources: &[Value],
    ) -> Result<(), Failure> {
        let pipelines = resources.iter().filter(|one| one["kind"] == "pipeline");
        for pipeline in pipelines.take(6) {
            let id = text(&pipeline["id"]);
            let scope = escaped(&text(&pipeline["scope"]));
            let path = format!(
                "/v3/{scope}/pipeline/pipelines/{}/records?limit=100",
                escaped(&id)
            );
            let answer = self.look(fork, &path).await;
            let latest = array(&answer["records"])
                .filter_map(|record| record["id"].as_u64())
                .max();
            for record in array(&answer["records"]) {
                let is_over = record["status"]
                    .as_i64()
                    .is_some_and(|n| ENDED.contains(&n));
                if !is_over || record["id"].as_u64() == latest {
                    continue;
                }
                self.count("a run that has ended stays as it is");
                let key = (id.clone(), record["id"].to_string());
                let before = self.records.insert(key, record.clone());
                if before.is_some_and(|before| before != *record) {
                    return fail("a run that has ended stays as it is", record.to_string());
                }
            }
        }
        Ok(())
    }

    pub(super) async fn look(&mut self, fork: &Fork, path: &str) -> Value {
        self.tally.n_requests += 1;
        let step = Step::new("GET", path).with_token(ANY_TOKEN);
        fork.send(&step).await.json()
    }
}

fn items(listing: &Listing, answer: &Value) -> Vec<Value> {
    let list = if answer.is_array() {
        answer
    } else {
        &answer[listing.items]
    };
    array(list).cloned().collect()
}
