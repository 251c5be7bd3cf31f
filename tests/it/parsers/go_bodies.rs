//! The binder of Zadig's bodies, which reads as Go does.

use proptest::collection::vec;
use proptest::prelude::*;
use release_emulator::internals::families::zadig::go_json::decode::bind;
use release_emulator::internals::families::zadig::versions::wire::request::{HelmBody, K8sBody};
use strict_json::Value;

use super::Edits;
use crate::common::cases;

const BODY: &str = r#"{"project_key":"demo","version_name":"v14","retry":false,"env_name":"prod","desc":"é\u00e9",
    "image_registry_id":"62ce6231e0281143de477e60","labels":["a"],"yaml_datas":[{"service_name":"service1",
    "yaml_content":"a: 1","image_datas":[{"container_name":"c","image_name":"service1","image_tag":"2.0","disable_image":null}]}]}"#;

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "null",
    "1e5",
    "-0",
    "\\ud83d\\ude00",
    "\\ud800",
    "\u{fffd}",
    "tru",
    "İ",
    "ſ",
    "\"YAML_DATAS\":[]",
    "\"retry\":1,",
    "ｋ",
];

fn is_json(body: &[u8]) -> bool {
    strict_json::from_slice::<Value>(body).is_ok()
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn a_body_is_bound_or_refused_in_the_words_of_go(edits in Edits::any(WORDS)) {
        let body = edits.apply(BODY.as_bytes());

        let as_k8s = bind::<K8sBody>(&body, |_| {});
        let as_helm = bind::<HelmBody>(&body, |_| {});

        for refusal in [as_k8s.err(), as_helm.err()].into_iter().flatten() {
            // What is JSON has a wrong type at worst.
            let is_about_type = refusal.starts_with("json: cannot unmarshal ");
            prop_assert!(is_about_type || !is_json(&body), "{refusal}");
            prop_assert!(refusal.starts_with("json: ") || refusal.starts_with("invalid character ")
                || matches!(&*refusal, "EOF" | "unexpected EOF" | "exceeded max depth"), "{refusal}");
        }
    }

    #[test]
    fn the_case_of_a_name_makes_no_difference(flips in vec(any::<bool>(), 16)) {
        let mut n = 0;
        let shouted = BODY.replace("yaml_datas", &"yaml_datas".chars().map(|letter| {
            n += 1;
            if flips[n] { letter.to_ascii_uppercase() } else { letter }
        }).collect::<String>());

        let bound = |body: &str| bind::<K8sBody>(body.as_bytes(), |_| {}).unwrap().unwrap();

        prop_assert_eq!(bound(&shouted).yaml_datas.len(), bound(BODY).yaml_datas.len());
    }
}
