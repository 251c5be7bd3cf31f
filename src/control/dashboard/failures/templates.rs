//! Templates: rules for the stories that most tests need.

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Kind;
use crate::control::dashboard::shown::Shown;

/// A rule for a story.
struct Template {
    title: &'static str,
    /// The effect, in a sentence.
    effect: &'static str,
    kind: Kind,
    /// The rule as the API takes it.
    rule: &'static str,
}

const TEMPLATES: [Template; 5] = [
    Template {
        title: "Third batch fails",
        effect: "The next release plan fails in its third batch, whose seq is 2. Executing it again succeeds.",
        kind: Kind::Script,
        rule: r#"{"match":{"family":"plans","stage":"2"},"outcome":"fail","message":"no image","times":1}"#,
    },
    Template {
        title: "Approval never comes",
        effect: "A gate waits however far the clock moves, without any rule. This fault also refuses every approval of a pipeline.",
        kind: Kind::Fault,
        rule: r#"{"match":{"operation":"OperatePipeline","action":"approval"},"do":{"status":403}}"#,
    },
    Template {
        title: "Push times out",
        effect: "The next push of an image to Zadig never ends. Zadig gives up after 60 minutes of virtual time.",
        kind: Kind::Script,
        rule: r#"{"match":{"family":"zadig"},"outcome":"hang","times":1}"#,
    },
    Template {
        title: "Throttled twice",
        effect: "The next two requests are answered with 429 and Retry-After.",
        kind: Kind::Fault,
        rule: r#"{"match":{},"do":{"status":429},"times":2}"#,
    },
    Template {
        title: "Gateway away for a minute",
        effect: "Every request is answered with 503 for a minute of real time.",
        kind: Kind::Fault,
        rule: r#"{"match":{},"do":{"status":503},"ttl_ms":60000}"#,
    },
];

/// The templates, each with buttons that add its rule, or open it in the form.
pub(super) fn templates() -> Markup {
    html! {
        ul.templates {
            @for Template { title, effect, kind, rule } in &TEMPLATES {
                li.template {
                    h3 { (title) }
                    p { (effect) }
                    code.rule { (rule) }
                    p.actions {
                        button.primary type="button" data-send={ "POST " (kind.api()) } data-body=(rule)
                            data-done={ "Added the " (kind.noun()) " {id}" } aria-label={ "Add: " (title) } { "Add" }
                        a.button href={ (kind.form()) "?" (query(rule)) } aria-label={ "Edit first: " (title) } { "Edit first" }
                    }
                }
            }
        }
    }
}

/// A rule as the query of its form.
fn query(rule: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(rule).unwrap_or_default();
    let mut pairs = Vec::new();
    for (name, value) in Shown::of_masked(&value).fields() {
        match value.fields() {
            fields if fields.is_empty() => pairs.push((name, value)),
            fields => {
                let nested = fields.into_iter();
                pairs.extend(nested.map(|(field, value)| (format!("{name}.{field}"), value)));
            }
        }
    }
    let pairs = pairs.iter().filter(|(_, value)| value.json() != "{}");
    let pairs: Vec<String> = pairs
        .map(|(name, value)| {
            format!(
                "{name}={}",
                utf8_percent_encode(&value.text(), NON_ALPHANUMERIC)
            )
        })
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::faults::rules::Fault;
    use crate::sim::scripts::Script;

    #[test]
    fn each_rule_is_one_that_the_api_takes() {
        for Template { kind, rule, .. } in &TEMPLATES {
            let error = match kind {
                Kind::Script => serde_json::from_str::<Script>(rule).err(),
                Kind::Fault => serde_json::from_str::<Fault>(rule).err(),
            };
            assert!(error.is_none(), "{rule}: {error:?}");
        }
    }

    #[test]
    fn a_rule_fills_the_form_by_the_names_of_its_fields() {
        assert_eq!(
            query(r#"{"match":{},"do":{"status":503,"headers":{"a":null}},"ttl_ms":60000}"#),
            "do.headers=%7B%22a%22%3Anull%7D&do.status=503&ttl_ms=60000"
        );
    }
}
