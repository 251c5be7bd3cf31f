//! A client that writes release plans, and remembers what was acknowledged.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json_lenient::Value;

use crate::random::Random;
use crate::state::Plan;

pub(crate) const PLANS: &str = "/v3/p1/cas/release-plans";

/// The plans that a client has at a time.
const MOST: usize = 12;

pub(crate) struct Client {
    index: usize,
    n_created: usize,
    /// The plans that were acknowledged, by id.
    plans: BTreeMap<String, Plan>,
    /// The request that was sent and not answered.
    under_way: Option<Sent>,
}

enum Sent {
    Create(String),
    Execute(String),
    Delete(String),
}

/// The result of a life of the process.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) acknowledged: usize,
    /// A refusal, which must not come.
    pub(crate) refused: Option<String>,
}

impl Client {
    pub(crate) fn new(index: usize) -> Self {
        Self {
            index,
            n_created: 0,
            plans: BTreeMap::new(),
            under_way: None,
        }
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Compares with the plans that are there. The request under way has happened or not. Returns the number of its plans.
    pub(crate) fn settle(&mut self, found: &BTreeMap<String, Plan>) -> Result<usize, String> {
        match self.under_way.take() {
            Some(Sent::Create(name)) => {
                let made = found.iter().find(|(_, plan)| plan.name == name);
                if let Some((id, plan)) = made {
                    self.plans.insert(id.clone(), plan.clone());
                }
            }
            Some(Sent::Execute(id)) => {
                if let (Some(known), Some(plan)) = (self.plans.get_mut(&id), found.get(&id)) {
                    known.status.clone_from(&plan.status);
                }
            }
            Some(Sent::Delete(id)) if !found.contains_key(&id) => {
                self.plans.remove(&id);
            }
            Some(Sent::Delete(_)) | None => {}
        }
        for (id, plan) in &self.plans {
            if found.get(id) != Some(plan) {
                return Err(format!(
                    "client {}: plan {id} is {:?} in place of {plan:?}",
                    self.index,
                    found.get(id)
                ));
            }
        }
        Ok(self.plans.len())
    }

    /// Writes until the process is gone.
    pub(crate) fn write_until_cut(
        mut self,
        port: u16,
        stop: &AtomicBool,
        random: &mut Random,
    ) -> (Self, Outcome) {
        let mut outcome = Outcome::default();
        let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else {
            return (self, outcome);
        };
        let mut stream = BufReader::new(stream);
        while !stop.load(Ordering::Relaxed) {
            let sent = self.choose(random);
            let answer = send(&mut stream, &sent);
            let Some((status, body)) = answer else {
                self.under_way = Some(sent);
                break;
            };
            if !(200..300).contains(&status) {
                outcome.refused = Some(format!("client {}: {status}: {body}", self.index));
                break;
            }
            outcome.acknowledged += 1;
            self.note(sent, &body);
        }
        (self, outcome)
    }

    fn choose(&mut self, random: &mut Random) -> Sent {
        let any = random.below(self.plans.len() as u64);
        let any = self.plans.iter().nth(usize::try_from(any).unwrap_or(0));
        match any {
            Some((id, _)) if self.plans.len() >= MOST => Sent::Delete(id.clone()),
            Some((id, plan)) if plan.status == "CREATED" && random.below(2) == 0 => {
                Sent::Execute(id.clone())
            }
            _ => {
                self.n_created += 1;
                Sent::Create(format!("plan-{}-{}", self.index, self.n_created))
            }
        }
    }

    fn note(&mut self, sent: Sent, body: &str) {
        match sent {
            Sent::Create(name) => {
                let answer: Value = serde_json_lenient::from_str(body).unwrap_or_default();
                let id = answer["id"].as_str().unwrap_or_default().to_owned();
                let status = "CREATED".to_owned();
                self.plans.insert(id, Plan { name, status });
            }
            Sent::Execute(id) => {
                if let Some(plan) = self.plans.get_mut(&id) {
                    "SUCCESS".clone_into(&mut plan.status);
                }
            }
            Sent::Delete(id) => {
                self.plans.remove(&id);
            }
        }
    }
}

fn send(stream: &mut BufReader<TcpStream>, sent: &Sent) -> Option<(u16, String)> {
    let (method, path, body) = match sent {
        // The history shows no bodies; so the name is in the path, too.
        Sent::Create(name) => ("POST", format!("{PLANS}?plan={name}"), plan_body(name)),
        Sent::Execute(id) => ("POST", format!("{PLANS}/{id}/execute"), String::new()),
        Sent::Delete(id) => ("DELETE", format!("{PLANS}/{id}"), String::new()),
    };
    request(stream, method, &path, &body)
}

pub(crate) fn plan_body(name: &str) -> String {
    format!(
        r#"{{"name": "{name}", "components": [{{"seq": 0, "name": "web", "runtime_stack": {{"name": "java"}}}}]}}"#
    )
}

/// Sends a request and reads the whole answer; none if the connection ends before.
pub(crate) fn request(
    stream: &mut BufReader<TcpStream>,
    method: &str,
    path: &str,
    body: &str,
) -> Option<(u16, String)> {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: any\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.get_mut().write_all(request.as_bytes()).ok()?;
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let status = line.split_whitespace().nth(1)?.parse().ok()?;
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(text) = header.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((status, String::from_utf8(body).ok()?))
}
