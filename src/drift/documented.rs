//! Differences that are documented: in the declaration of an operation, on the page of the known differences, or as a
//! setting with which the emulator answers as the service does.

use super::kinds::{Difference, DriftKind};
use crate::http::Operation;
use crate::world::settings::{Fidelity, PipelinesList, References, Settings, ZadigGeneration};

/// The page of the known differences.
const PAGE: &str = include_str!("../docs/differences.md");

/// The word for what the emulator guesses.
const GUESSED: &str = "inferred";

/// The shortest name of a field that is looked for as a plain word.
const SHORTEST_WORD: usize = 5;

/// A documented difference of all operations.
struct Known {
    /// The words of its sentence on the page.
    title: &'static str,
    field: &'static str,
    kind: DriftKind,
}

/// The paragraphs that are about a kind of difference in all answers. What they call inferred is a guess, which a
/// recording confirms or refutes, and no difference.
const KNOWN: [Known; 1] = [Known {
    title: "Every answer has an `X-Request-Id`.",
    field: "header x-request-id",
    kind: DriftKind::HeaderExtra,
}];

/// The documentation of a difference: the text that says so, and its place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Documented {
    pub text: String,
    pub place: String,
}

/// The documentation of a difference, if there is any.
pub(super) fn find(operation: &Operation, difference: &Difference) -> Option<Documented> {
    let of_operation = sentences(&operation.differences)
        .filter(|sentence| !has_word(sentence, GUESSED))
        .find(|sentence| is_about(sentence, difference))
        .map(|text| Documented {
            text: text.to_owned(),
            place: format!("the differences of {}", operation.id),
        });
    of_operation.or_else(|| on_page(difference))
}

fn on_page(difference: &Difference) -> Option<Documented> {
    let is_meant =
        |known: &&Known| known.kind == difference.kind && known.field == difference.field;
    let known = KNOWN.iter().find(is_meant)?;
    paragraphs()
        .any(|paragraph| paragraph.contains(known.title))
        .then(|| Documented {
            text: known.title.to_owned(),
            place: "docs/differences.md".to_owned(),
        })
}

/// The paragraphs of the page, each on a line.
fn paragraphs() -> impl Iterator<Item = String> {
    PAGE.split("\n- ").map(|paragraph| {
        paragraph
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("**", "")
    })
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(". ")
        .flat_map(|sentence| sentence.split("; "))
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
}

/// The last name of a place, as `id` of `items[].metadata.id` and `x-request-id` of `header x-request-id`.
fn last_name(field: &str) -> &str {
    let field = field.trim_end_matches("[]");
    field.rsplit(['.', ' ']).next().unwrap_or(field)
}

/// True if a sentence is about a difference: it names the field, or the status, or a word of either side.
fn is_about(sentence: &str, difference: &Difference) -> bool {
    let name = last_name(&difference.field);
    let is_named = |word: &str| {
        !word.is_empty()
            && (sentence.contains(&format!("`{word}`"))
                || word.len() >= SHORTEST_WORD && has_word(sentence, word))
    };
    let says = |words: &[&str]| words.iter().any(|word| has_word(sentence, word));
    match difference.kind {
        DriftKind::Status => says(&[&difference.recorded, &difference.ours]),
        DriftKind::Enumeration | DriftKind::ErrorCode => {
            is_named(&difference.recorded) || is_named(&difference.ours)
        }
        DriftKind::Body | DriftKind::ContentType => false,
        DriftKind::ErrorTextSimilar | DriftKind::ErrorTextDifferent => {
            says(&["text", "texts", "words"])
        }
        DriftKind::KeyMissing
        | DriftKind::KeyExtra
        | DriftKind::NullOrAbsent
        | DriftKind::HeaderMissing
        | DriftKind::HeaderExtra => is_named(name),
        DriftKind::Type | DriftKind::NumberOrText => {
            is_named(name)
                && says(&[
                    "number", "text", "string", "array", "object", "boolean", "null",
                ])
        }
        DriftKind::Units => is_named(name) && says(&["seconds", "milliseconds"]),
        DriftKind::Format => is_named(name) && says(&["format"]),
        DriftKind::KeyOrder => says(&["order"]) && says(&["keys"]),
        DriftKind::Paging => is_named(name) && says(&["page", "pages", "count", "total"]),
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    words.any(|one| one == word)
}

/// Settings under which the emulator answers in another documented way, each with its flag.
pub(super) fn variants(settings: &Settings) -> Vec<(String, Settings)> {
    let mut variants = Vec::new();
    let (list, list_word) = match settings.pipelines_list {
        PipelinesList::Array => (PipelinesList::Object, "object"),
        PipelinesList::Object => (PipelinesList::Array, "array"),
    };
    let with = |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings.clone();
        change(&mut settings);
        settings
    };
    variants.push((
        format!("--pipelines-list {list_word}"),
        with(&|settings| settings.pipelines_list = list),
    ));
    let strict = Fidelity::Strict;
    if settings.fidelity != strict {
        variants.push((
            "--fidelity strict".to_owned(),
            with(&|settings| settings.fidelity = strict),
        ));
    }
    if settings.references != References::Checked {
        variants.push((
            "--references checked".to_owned(),
            with(&|settings| settings.references = References::Checked),
        ));
    }
    let generation = match settings.zadig {
        Some(ZadigGeneration::V4) => ZadigGeneration::V3,
        _ => ZadigGeneration::V4,
    };
    variants.push((
        format!("--zadig {generation}"),
        with(&|settings| settings.zadig = Some(generation)),
    ));
    variants.push((
        format!("--zadig {generation} --fidelity strict"),
        with(&|settings| {
            settings.zadig = Some(generation);
            settings.fidelity = strict;
        }),
    ));
    variants
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn the_paragraphs_are_on_the_page() {
        for known in &KNOWN {
            assert!(
                paragraphs().any(|paragraph| paragraph.contains(known.title)),
                "{}",
                known.title
            );
        }
    }

    #[test]
    fn a_difference_of_an_operation_is_told_from_its_guesses() {
        let operation = registry::operations().find(|operation| operation.id == "ListPipelines");
        let operation = operation.unwrap();
        let difference = |kind, field: &str| Difference {
            kind,
            field: field.to_owned(),
            recorded: "no".to_owned(),
            ours: "yes".to_owned(),
            schema: None,
        };
        let header = difference(DriftKind::HeaderExtra, "header x-request-id");
        assert_eq!(
            find(operation, &header).unwrap().place,
            "docs/differences.md"
        );
        let guess = difference(DriftKind::KeyMissing, "[].extend_info");
        assert_eq!(find(operation, &guess), None, "{}", operation.differences);
    }
}
