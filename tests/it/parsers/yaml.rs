//! Fixtures in YAML, of which JSON is a part.

use std::time::Duration;

use proptest::prelude::*;
use release_emulator::State;
use release_emulator::internals::sim::clock::Stopwatch;

use super::Edits;
use crate::common::{cases, json_of};

/// The longest time for a small fixture.
const PATIENCE: Duration = Duration::from_secs(5);

const YAML: &str = "\
servicestage:
  projects:
    - id: p1
      pipelines:
        - {id: shop-pipeline, name: shop, status: 5, pipeline_declaration: {stages: [{name: s, tasks: [{name: t}]}]}}
      release_plans:
        - &plan
          id: spring-plan
          name: \"spring\"
          status: PARTIALLY_FAILED
          components:
            - {seq: 0, name: web, runtime_stack: {name: java}}
identities:
  users:
    - {name: ann, password: |
        secret
      , domain: acme, projects: [{id: p1, name: cn-north-4}]}
scripts:
  - match: {family: plans, step: db}
    outcome: fail
";

const JSON: &str = r#"{"asm":{"meshes":[{"id":"m1","name":"mesh-one","releases":[]}]},"servicestage":{"projects":[{"id":"p1",
    "release_plans":[],"pipelines":[{"id":"a","name":"\u0041b","status":3}]}]},"zadig":{"projects":[{"key":"demo"}]}}"#;

const WORDS: &[&str] = &[
    "*plan",
    "&a",
    "*a",
    "!!binary ",
    "<<: ",
    "---\n",
    "...\n",
    "? ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "|\n",
    ">-\n",
    "\t",
    "\"",
    "'",
    "#",
    "%YAML 1.1\n",
    "~",
    "0x",
    "1_000",
    ".inf",
    "yes",
    "\u{feff}",
    "\u{85}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn a_fixture_is_read_or_refused_at_once(edits in Edits::any(WORDS)) {
        let text = String::from_utf8_lossy(&edits.apply(YAML.as_bytes())).into_owned();
        let stopwatch = Stopwatch::start();

        if let Err(error) = State::from_yaml(&text) {
            prop_assert!(!error.to_string().is_empty());
        }

        prop_assert!(stopwatch.elapsed() < PATIENCE, "{:?} for {text}", stopwatch.elapsed());
    }

    #[test]
    fn json_is_yaml(edits in Edits::any(&["0", "7", "x", "é", " "])) {
        let text = String::from_utf8_lossy(&edits.apply(JSON.as_bytes())).into_owned();
        // Control characters, and names that are no text in YAML, are not of both.
        if let Ok(state) = State::from_json(&text)
            && let Ok(again) = State::from_yaml(&text)
        {
            prop_assert_eq!(json_of(&again), json_of(&state));
        }
    }
}

#[test]
fn the_fixtures_of_these_tests_are_valid() {
    State::from_json(JSON).expect("it is JSON");
    assert_eq!(
        json_of(&State::from_yaml(JSON).expect("JSON is YAML")),
        json_of(&State::from_json(JSON).expect("it is JSON"))
    );
    let yaml = YAML.replace("password: |\n        secret\n      ,", "password: secret,");
    State::from_yaml(&yaml).expect("it is YAML");
}
