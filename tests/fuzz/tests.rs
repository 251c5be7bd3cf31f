//! The tests of the fuzz itself: it finds planted faults, and shrinks them to few lines.

use std::panic::catch_unwind;

use serde_json::json;

use super::document::Document;
use super::emulator::{Answer, Tamper};
use super::report::script;
use super::sequence::{Source, Variants};
use super::setup::Setup;
use super::shrink::{Shrunk, shrink};
use super::step::Step;

/// Runs all of them. True if all pass.
pub(crate) fn run() -> bool {
    let tests: [(&str, fn()); 4] = [
        ("a_word_that_is_not_declared_is_found_and_shrunk", words),
        ("a_refused_command_that_acts_is_found_and_shrunk", refusals),
        ("a_schema_is_checked_in_depth", schemas),
        ("a_step_is_a_line_for_a_shell", lines),
    ];
    let mut n_failed = 0;
    for (name, test) in tests {
        let is_ok = catch_unwind(test).is_ok();
        println!("test {name} ... {}", if is_ok { "ok" } else { "FAILED" });
        n_failed += usize::from(!is_ok);
    }
    let n_passed = tests.len() - n_failed;
    let word = if n_failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {n_passed} passed; {n_failed} failed");
    n_failed == 0
}

/// Fuzzes an emulator with a planted fault until that is found.
fn find(prefix: &'static str, tamper: Tamper, is_it: fn(&Shrunk) -> bool) -> Shrunk {
    let variants = Variants::new();
    let source = Source {
        variants: &variants,
        seed: 7,
        longest: 40,
        prefix,
        tamper: Some(tamper),
    };
    let runtime = super::runtime();
    (0..200)
        .find_map(|sequence| {
            let generated = runtime.block_on(source.generate(sequence));
            runtime.block_on(shrink(&source, &generated)).filter(is_it)
        })
        .expect("the fault is found")
}

fn words() {
    let tamper: Tamper = |step, answer| {
        if step.method == "GET" && step.path().contains("/release-plans/") {
            let walking = answer.text().replace("\"RUNNING\"", "\"WALKING\"");
            answer.body = walking.into();
        }
    };
    let shrunk = find("/v3/{project_id}/cas/", tamper, |shrunk| {
        shrunk.failure.text.contains("WALKING")
    });

    assert_eq!(shrunk.failure.check, "status, type and body are declared");
    assert!(
        shrunk.failure.text.contains("WALKING"),
        "{}",
        shrunk.failure.text
    );
    // A plan, its execution, and the look at it.
    let script = script(&shrunk.setup, &shrunk.steps);
    assert!(shrunk.steps.len() <= 3, "{script}");
    assert!(
        script.contains("/execute'") || script.contains("RUNNING"),
        "{script}"
    );
}

fn refusals() {
    let tamper: Tamper = |step, answer: &mut Answer| {
        if step.method == "POST" && step.path().ends_with("/pipelines") && answer.status == 200 {
            answer.status = 400;
            let body = json!({"error_code": "SVCSTG.00100400", "error_msg": "no"});
            answer.body = body.to_string().into();
        }
    };
    let shrunk = find("/v3/{project_id}/pipeline/", tamper, |shrunk| {
        let last = shrunk.steps.last();
        last.is_some_and(|last| last.path().ends_with("/pipelines"))
    });

    assert!(
        shrunk.steps.len() <= 2,
        "{}",
        script(&shrunk.setup, &shrunk.steps)
    );
}

fn schemas() {
    let document = Document::parse(
        &json!({"paths": {}, "components": {"schemas": {"Row": {"type": "object", "required": ["id"],
            "properties": {"id": {"type": "integer", "minimum": 1}, "word": {"enum": ["a", "b"]}}}}}})
        .to_string(),
    );
    let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/Row"}});
    let n_violations = |value| document.violations(&list, &value).len();

    assert_eq!(n_violations(json!([{"id": 1}, {"id": 2, "word": "a"}])), 0);
    assert_eq!(n_violations(json!([{"id": 0}])), 1);
    assert_eq!(n_violations(json!([{"word": "c"}])), 2);
    assert_eq!(n_violations(json!([{"id": 1, "other": 1}])), 1);
    assert_eq!(n_violations(json!({"id": 1})), 1);
}

fn lines() {
    let setup = Setup::plain();
    let step = Step::new("PUT", "/a?b='")
        .with_header("x", "y")
        .with_json(&json!({"z": "it's"}));

    let script = script(&setup, &[step]);

    let expected = "release-emulator --port 4600 --world-ports 4601-4605 --freeze 2026-01-01T12:00:00Z \
        --fixtures documented &\n\
        curl -si -X PUT 'http://127.0.0.1:4600/a?b='\\''' -H 'x: y' -H 'Content-Type:' -d '{\"z\":\"it'\\''s\"}'";
    assert_eq!(script, expected);
}
