//! The commands of an operation: the words that tell its requests apart where one operation takes several commands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::query;

/// The commands of an operation, as its extension `x-commands` declares them; none for most operations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    /// The words, such as `start`.
    words: Vec<String>,
    /// The parameter of the query that has the word; absent: every request is the only command.
    parameter: Option<String>,
    /// Other words that the service accepts, with their meaning.
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    /// True if the service ignores case.
    #[serde(default)]
    any_case: bool,
}

impl Commands {
    /// The words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// The command that a request gives; none if it gives none, or another than the operation knows.
    pub fn given(&self, query: Option<&str>) -> Option<&str> {
        let Some(parameter) = &self.parameter else {
            return self.words.first().map(String::as_str);
        };
        let sent = query::value_of(query?, parameter)?;
        let find = |word: &str| {
            let mut known = self.words();
            known.find(|known| {
                if self.any_case {
                    known.eq_ignore_ascii_case(word)
                } else {
                    *known == word
                }
            })
        };
        let alias = self.aliases.get(&*sent.to_ascii_lowercase());
        find(&sent).or_else(|| find(alias?))
    }
}

/// The words alone.
impl Serialize for Commands {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.words.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_is_the_word_of_its_parameter_or_of_its_operation() {
        let read = |commands| serde_json::from_value::<Commands>(commands).unwrap();
        let start = read(json!({"words": ["start", "stop"], "parameter": "action_id"}));
        let end = read(
            json!({"words": ["cancel", "end"], "parameter": "action", "any_case": true,
            "aliases": {"finish": "end"}}),
        );
        let execute = read(json!({"words": ["execute"]}));
        for (commands, query, given) in [
            (&start, Some("limit=1&action_id=stop"), Some("stop")),
            (&start, Some("action_id=Stop"), None),
            (&start, Some("action_id="), None),
            (&start, None, None),
            (&end, Some("action=CANCEL"), Some("cancel")),
            (&end, Some("action=Finish"), Some("end")),
            (&end, Some("action=x"), None),
            (&execute, None, Some("execute")),
            (&Commands::default(), Some("action=end"), None),
        ] {
            assert_eq!(commands.given(query), given, "{query:?}");
        }
    }
}
