//! The exploration of a lifecycle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::subject::Subject;
use crate::common::App;

/// The cause of a change that no command brings.
pub const TIME: &str = "time";

/// The other answer to an approval.
const REFUSED: &str = "approval (refused)";

/// A change of the status, which is empty before the creation and after the deletion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: String,
    pub cause: String,
    pub to: String,
}

/// A lifecycle as it was explored.
pub struct Chart {
    pub subject: Subject,
    pub edges: BTreeSet<Edge>,
    /// The commands that each status allows.
    pub allowed: BTreeMap<String, Vec<String>>,
    /// The words for statuses that are codes.
    pub words: BTreeMap<String, String>,
}

/// The moves that lead to a status, the last change on the way, and the resource then.
struct History {
    moves: Vec<String>,
    last: Option<Edge>,
    seen: Seen,
}

/// The status of a resource, the word for it if it is a code, and the allowed commands.
struct Seen {
    status: String,
    word: Option<String>,
    allowed: Vec<String>,
}

/// A resource at the end of a history.
struct Present {
    app: App,
    subject: Subject,
    id: String,
}

impl Present {
    /// Looks at the resource; none once it is gone.
    async fn look(&self) -> Option<Seen> {
        let Some(family) = self.subject.family() else {
            return self.look_at_token().await;
        };
        let path = format!("/_emulator/v1/resources/{family}/{}/timeline", self.id);
        let reply = self.app.get(&path).await;
        if reply.status == 404 {
            return None;
        }
        let timeline = reply.assert_status(200);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let word = timeline["code"].is_number();
        let commands = timeline["allowed"].as_array().expect("commands").iter();
        let allowed: Vec<String> = commands.map(text).collect();
        // A task is running while it waits for an approval, and only its job says so.
        let waits = self.subject == Subject::Task && allowed.iter().any(|word| word == "approve");
        Some(Seen {
            status: if waits {
                "wait_for_approval".to_owned()
            } else {
                text(&timeline["status"])
            },
            word: word.then(|| text(&timeline["word"])),
            allowed,
        })
    }

    /// A token has the status that its use tells.
    async fn look_at_token(&self) -> Option<Seen> {
        let headers = [("x-auth-token", &*self.id)];
        let path = "/v3/p1/pipeline/pipelines";
        let reply = self.app.send("GET", path, &headers, "").await;
        let status = match reply.status {
            200 => "valid",
            _ if reply.text().contains("token expires") => "expired",
            _ => {
                assert!(reply.text().contains("APIGW.0307"), "{}", reply.text());
                "revoked"
            }
        };
        let is_valid = status == "valid";
        Some(Seen {
            status: status.to_owned(),
            word: None,
            allowed: is_valid.then(|| "delete".to_owned()).into_iter().collect(),
        })
    }

    /// Lets time run until the status changes. Returns false if time alone does not change it.
    async fn wait(&self, status: &str) -> bool {
        if self.subject == Subject::Token {
            self.app.advance(24 * 60 * 60 * 1_000).await;
            return self.look().await.is_some_and(|seen| seen.status != status);
        }
        for _ in 0..20 {
            let target = json!({"until": "next"});
            let reply = self.app.post("/_emulator/v1/clock/advance", target).await;
            if reply.status == 409 {
                return false;
            }
            reply.assert_status(200);
            if self.look().await.is_none_or(|seen| seen.status != status) {
                return true;
            }
        }
        panic!("{:?} goes on and on in {status}", self.subject);
    }

    /// Makes a move: a command, or time. Returns false if nothing came of it.
    async fn make(&self, cause: &str, status: &str) -> bool {
        if cause == TIME {
            return self.wait(status).await;
        }
        let reply = if cause == REFUSED {
            self.subject.refuse(&self.app, &self.id).await
        } else {
            self.subject.command(&self.app, &self.id, cause).await
        };
        (200..300).contains(&reply.status)
    }
}

impl Chart {
    /// Explores the lifecycle of a subject under each of its scripts. A change that is new after the one before
    /// it is followed by every move.
    pub async fn explore(subject: Subject) -> Self {
        let mut chart = Self {
            subject,
            edges: BTreeSet::new(),
            allowed: BTreeMap::new(),
            words: BTreeMap::new(),
        };
        for scripts in subject.scripts() {
            let (_, seen) = Self::replay(subject, scripts, &[]).await;
            chart.edges.insert(Edge {
                from: String::new(),
                cause: "create".to_owned(),
                to: seen.status.clone(),
            });
            let mut followed = BTreeSet::new();
            let mut histories = VecDeque::from([History {
                moves: Vec::new(),
                last: None,
                seen,
            }]);
            while let Some(history) = histories.pop_front() {
                let branches = chart.branch(scripts, &history, &mut followed).await;
                histories.extend(branches);
            }
        }
        let known = subject.statuses().iter().map(|status| status.name);
        let reached: Vec<&str> = chart.allowed.keys().map(String::as_str).collect();
        let mut known: Vec<&str> = known.collect();
        known.sort_unstable();
        assert_eq!(reached, known, "the statuses that are reached");
        chart
    }

    /// Tries every move at the end of a history, and returns the histories to follow.
    async fn branch(
        &mut self,
        scripts: &[&str],
        history: &History,
        followed: &mut BTreeSet<(Option<Edge>, Edge)>,
    ) -> Vec<History> {
        let Seen {
            status,
            word,
            allowed,
        } = &history.seen;
        if let Some(word) = word {
            self.words.insert(status.clone(), word.clone());
        }
        // Another history refuses the same commands again: once is enough.
        let is_new = !self.allowed.contains_key(status);
        let known = self.allowed.entry(status.clone());
        let known = known.or_insert_with(|| allowed.clone());
        assert_eq!(known, allowed, "a status always allows the same: {status}");
        let mut moves = vec![TIME];
        let commands = self.subject.commands().iter().copied();
        let is_allowed = |command: &str| allowed.iter().any(|word| word == command);
        moves.extend(commands.filter(|command| is_new || is_allowed(command)));
        if is_allowed("approval") || is_allowed("approve") {
            moves.push(REFUSED);
        }
        let mut branches = Vec::new();
        for cause in moves {
            let (present, _) = Self::replay(self.subject, scripts, &history.moves).await;
            let is_made = present.make(cause, status).await;
            if cause != TIME && cause != REFUSED && self.subject != Subject::Token {
                assert_eq!(is_made, is_allowed(cause), "{cause} in status {status}");
            }
            if !is_made {
                continue;
            }
            let seen = present.look().await;
            let edge = Edge {
                from: status.clone(),
                cause: cause.to_owned(),
                to: seen
                    .as_ref()
                    .map_or_else(String::new, |seen| seen.status.clone()),
            };
            if edge.from == edge.to {
                continue;
            }
            // The next change may depend on the one before: a retry leads elsewhere after a refused approval.
            let is_new = followed.insert((history.last.clone(), edge.clone()));
            if let Some(seen) = seen.filter(|_| is_new) {
                let mut moves = history.moves.clone();
                moves.push(cause.to_owned());
                branches.push(History {
                    moves,
                    last: Some(edge.clone()),
                    seen,
                });
            }
            self.edges.insert(edge);
        }
        branches
    }

    /// Repeats a history in a new world.
    async fn replay(subject: Subject, scripts: &[&str], moves: &[String]) -> (Present, Seen) {
        let app = App::new();
        for script in scripts {
            let script: Value = serde_json::from_str(script).expect("a script");
            app.script(script).await;
        }
        if subject == Subject::Token {
            let users = json!({"identities": {"users": [{"name": "ann", "password": "secret", "domain": "acme",
                "projects": [{"id": "p1", "name": "cn-north-4"}]}]}});
            app.patch("/_emulator/v1/state", users)
                .await
                .assert_status(204);
        }
        let id = subject.create(&app).await;
        let present = Present { app, subject, id };
        for cause in moves {
            let Seen { status, .. } = present.look().await.expect("it exists");
            assert!(present.make(cause, &status).await, "{cause} again");
        }
        let seen = present.look().await.expect("it exists");
        (present, seen)
    }
}
