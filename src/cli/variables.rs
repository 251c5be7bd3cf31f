//! The environment variables of the flags.

use clap::error::{ContextKind, ContextValue};

use super::commands::flags;
use crate::sim::fuzzy::nearest;

/// The prefix of the environment variables of flags.
const PREFIX: &str = "RELEASE_EMULATOR_";

/// Variables with the prefix that belong to no flag: they are passed to programs under test.
const NEVER_FLAGS: [&str; 2] = ["RELEASE_EMULATOR_URL", "RELEASE_EMULATOR_WORLD"];

/// The variable of `--fixtures`, which splits at commas, unlike the flag.
pub(super) const FIXTURES: &str = "RELEASE_EMULATOR_FIXTURES";

/// The error for the first variable with the prefix that belongs to no flag, with the closest known one.
pub(super) fn unknown_variable(names: impl Iterator<Item = String>) -> Option<String> {
    let mut known: Vec<String> = flags()
        .iter()
        .filter_map(|flag| flag.get_env()?.to_str().map(str::to_owned))
        .collect();
    known.push(FIXTURES.to_owned());
    let mut unknown: Vec<String> = names
        .filter(|name| name.starts_with(PREFIX))
        .filter(|name| !known.contains(name) && !NEVER_FLAGS.contains(&name.as_str()))
        .collect();
    unknown.sort();
    let name = unknown.first()?;
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known variables: {}", known.join(", ")),
    };
    Some(format!("unknown environment variable {name}; {hint}"))
}

/// The flag that an error is about and its variable, if the invalid value came from the variable.
pub(super) fn env_source_of(
    error: &clap::Error,
    arguments: impl Iterator<Item = String>,
) -> Option<(String, String)> {
    let Some(ContextValue::String(usage)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let flag = usage.split(' ').next()?;
    // Arguments after `--` belong to the command.
    if arguments
        .take_while(|argument| argument != "--")
        .any(|argument| argument.split('=').next() == Some(flag))
    {
        return None;
    }
    let known = flags()
        .into_iter()
        .find(|known| known.get_long() == flag.strip_prefix("--"))?;
    let variable = known.get_env()?.to_str()?.to_owned();
    Some((usage.clone(), variable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_variable_names_the_near_ones() {
        let say = |name: &str| unknown_variable([name.to_owned()].into_iter());
        assert!(
            say("RELEASE_EMULATOR_SETP")
                .unwrap()
                .contains("did you mean RELEASE_EMULATOR_STEP?")
        );
        assert!(
            say("RELEASE_EMULATOR_XYZZY")
                .unwrap()
                .contains("known variables: RELEASE_EMULATOR_LISTEN")
        );
        for known in [
            "RELEASE_EMULATOR_STEP",
            "RELEASE_EMULATOR_FAIL_ON",
            FIXTURES,
            "RELEASE_EMULATOR_URL",
            "PATH",
        ] {
            assert_eq!(say(known), None);
        }
    }
}
