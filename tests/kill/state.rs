//! The state of the emulator, as it exports it.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::TcpStream;

use serde_json_lenient::Value;

use crate::client::request;
use crate::process::Emulator;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) status: String,
}

/// The export.
pub(crate) fn text(emulator: &Emulator) -> Result<String, String> {
    let stream = TcpStream::connect(("127.0.0.1", emulator.port()));
    let mut stream = BufReader::new(stream.map_err(|error| error.to_string())?);
    let answer = request(&mut stream, "GET", "/_emulator/v1/state", "");
    match answer {
        Some((200, body)) => Ok(body),
        other => Err(format!("the state cannot be read: {other:?}")),
    }
}

/// The release plans in the export, by id.
pub(crate) fn plans(emulator: &Emulator) -> Result<BTreeMap<String, Plan>, String> {
    let state: Value =
        serde_json_lenient::from_str(&text(emulator)?).map_err(|error| error.to_string())?;
    let projects = state["servicestage"]["projects"].as_array();
    let plans = projects.into_iter().flatten();
    let plans = plans.flat_map(|project| project["release_plans"].as_array().into_iter().flatten());
    let word = |plan: &Value, key: &str| plan[key].as_str().unwrap_or_default().to_owned();
    Ok(plans
        .map(|plan| {
            let (name, status) = (word(plan, "name"), word(plan, "status"));
            (word(plan, "id"), Plan { name, status })
        })
        .collect())
}
