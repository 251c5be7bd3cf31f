//! The check of a passage of time: everything happens when `next` has said, and nothing before.

use serde_json::Value;

use super::{Checks, Failure, fail, instant};
use crate::document::{array, text};
use crate::emulator::Emulator;
use crate::generate::escaped;

/// The most resources whose histories are looked at.
const MOST: usize = 8;

impl Checks<'_> {
    pub(super) async fn check_passage(
        &mut self,
        emulator: &Emulator,
        before: &Value,
    ) -> Result<(), Failure> {
        let check = "nothing happens before `next`, and that happens";
        let clock = self.ask(emulator, "/clock").await.json();
        let now = instant(&clock["now"]);
        let after = self.ask(emulator, "/resources?limit=1000").await.json();
        let key = |one: &Value| (text(&one["family"]), text(&one["scope"]), text(&one["id"]));
        for resource in array(&before["resources"]).take(MOST) {
            self.count(check);
            let own = key(resource);
            let same = array(&after["resources"]).find(|one| key(one) == own);
            let next = &resource["next"];
            if next.is_null() || instant(&next["time"]) > now {
                let fields = ["status", "next", "name", "allowed"];
                let is_same = |same: &Value| fields.iter().all(|f| same[*f] == resource[*f]);
                if !same.is_some_and(is_same) {
                    let at = &clock["now"];
                    return fail(check, format!("{resource}\nbecame\n{same:?}\nat {at}"));
                }
                continue;
            }
            if same.is_none() {
                continue;
            }
            let path = format!("/resources/{}/{}/timeline", own.0, escaped(&own.2));
            let timeline = self.ask(emulator, &path).await.json();
            let mut transitions = array(&timeline["transitions"]);
            let is_it = |one: &Value| one["time"] == next["time"] && one["to"] == next["to"];
            if timeline["truncated"] == 0
                && timeline["scope"] == resource["scope"]
                && !transitions.any(is_it)
            {
                return fail(check, format!("{next} is not in {timeline}"));
            }
        }
        Ok(())
    }
}
