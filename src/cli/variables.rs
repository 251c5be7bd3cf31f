//! The environment variables of the flags.

use clap::error::{ContextKind, ContextValue};

use super::commands::flags;
use crate::sim::fuzzy::nearest;

/// The prefix of the environment variables of flags.
const PREFIX: &str = "RELEASE_EMULATOR_";

/// The variable that Kubernetes makes for a Service named `release-emulator`, as `tcp://10.0.0.1:4600`.
const PORT: &str = "RELEASE_EMULATOR_PORT";

/// Variables with the prefix that belong to no flag: they are for programs under test, and the last one for the packages
/// that start this program.
const NEVER_FLAGS: [&str; 5] = [
    "RELEASE_EMULATOR_URL",
    "RELEASE_EMULATOR_HTTPS_URL",
    "RELEASE_EMULATOR_CA_FILE",
    "RELEASE_EMULATOR_WORLD",
    "RELEASE_EMULATOR_BINARY",
];

/// The variable of `--fixtures`, which splits at commas, unlike the flag.
pub(super) const FIXTURES: &str = "RELEASE_EMULATOR_FIXTURES";

/// Checks the variables with the prefix that belong to no flag. The error is for the first unknown one, with the closest
/// known one; a note is for one that looks like a flag, but is reserved.
pub(super) fn check_variables(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Option<String>, String> {
    let mut known: Vec<String> = flags()
        .iter()
        .filter_map(|flag| flag.get_env()?.to_str().map(str::to_owned))
        .collect();
    known.push(FIXTURES.to_owned());
    let mut rest: Vec<(String, String)> = variables
        .filter(|(name, _)| name.starts_with(PREFIX))
        .filter(|(name, _)| !known.contains(name) && !NEVER_FLAGS.contains(&name.as_str()))
        .collect();
    rest.sort();
    let port = rest.iter().find(|(name, _)| name == PORT);
    let port = port.filter(|(_, value)| !value.contains("://"));
    let note = port.map(|(_, value)| {
        format!(
            "{PORT}={value} is ignored, since Kubernetes makes variables of that name; \
             use RELEASE_EMULATOR_LISTEN={value}"
        )
    });
    let mut unknown = rest
        .iter()
        .filter(|(name, value)| !is_injected(name, value));
    let Some((name, _)) = unknown.next() else {
        return Ok(note);
    };
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known variables: {}", known.join(", ")),
    };
    Err(format!("unknown environment variable {name}; {hint}"))
}

/// True if Kubernetes makes the variable for a Service whose name begins with `release-emulator`, or a link of docker's for
/// a container of such a name.
fn is_injected(name: &str, value: &str) -> bool {
    let name = &name[PREFIX.len() - 1..];
    let is_port = |rest: &str| {
        let (number, rest) = rest.split_once('_').unwrap_or((rest, ""));
        let (protocol, part) = rest.split_once('_').unwrap_or((rest, ""));
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && ["TCP", "UDP", "SCTP"].contains(&protocol)
            && ["", "PROTO", "PORT", "ADDR", "START", "END"].contains(&part)
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.ends_with("_PORT")
        || name.match_indices("_PORT_").any(|(at, found)| is_port(&name[at + found.len()..]))
        // The names of the two containers, as `/web/db`.
        || name.ends_with("_NAME") && value.starts_with('/')
        || name.contains("_ENV_")
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

    fn check(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        check_variables(variables.iter().map(owned))
    }

    #[test]
    fn an_unknown_variable_names_the_near_ones() {
        let error = |name: &str| check(&[(name, "x")]).unwrap_err();
        let setp = error("RELEASE_EMULATOR_SETP");
        assert!(
            setp.contains("did you mean RELEASE_EMULATOR_STEP?"),
            "{setp}"
        );
        let xyzzy = error("RELEASE_EMULATOR_XYZZY");
        assert!(
            xyzzy.contains("known variables: RELEASE_EMULATOR_LISTEN"),
            "{xyzzy}"
        );
        let name = error("RELEASE_EMULATOR_NAME");
        assert!(name.contains("unknown environment variable"), "{name}");
        for known in [
            "RELEASE_EMULATOR_STEP",
            "RELEASE_EMULATOR_FAIL_ON",
            FIXTURES,
            "RELEASE_EMULATOR_URL",
            "RELEASE_EMULATOR_BINARY",
            "PATH",
        ] {
            assert_eq!(check(&[(known, "x")]), Ok(None));
        }
    }

    #[test]
    fn variables_of_kubernetes_and_of_docker_links_are_ignored() {
        let injected = [
            // A Service named `release-emulator`, with ports named `http` and `file`.
            ("RELEASE_EMULATOR_SERVICE_HOST", "10.0.171.239"),
            ("RELEASE_EMULATOR_SERVICE_PORT", "4600"),
            ("RELEASE_EMULATOR_SERVICE_PORT_HTTP", "4600"),
            ("RELEASE_EMULATOR_SERVICE_PORT_FILE", "4601"),
            ("RELEASE_EMULATOR_PORT", "tcp://10.0.171.239:4600"),
            ("RELEASE_EMULATOR_PORT_4600_TCP", "tcp://10.0.171.239:4600"),
            ("RELEASE_EMULATOR_PORT_4600_TCP_PROTO", "tcp"),
            ("RELEASE_EMULATOR_PORT_4600_TCP_PORT", "4600"),
            ("RELEASE_EMULATOR_PORT_4600_TCP_ADDR", "10.0.171.239"),
            ("RELEASE_EMULATOR_PORT_53_UDP", "udp://10.0.171.239:53"),
            // One named `release-emulator-world`.
            ("RELEASE_EMULATOR_WORLD_PORT", "tcp://10.0.171.240:4601"),
            ("RELEASE_EMULATOR_WORLD_PORT_4601_TCP_ADDR", "10.0.171.240"),
            ("RELEASE_EMULATOR_WORLD_SERVICE_PORT", "4601"),
            // Links of docker's.
            ("RELEASE_EMULATOR_NAME", "/tests/release-emulator"),
            ("RELEASE_EMULATOR_ENV_PATH", "/usr/bin"),
            (
                "RELEASE_EMULATOR_PORT_4600_TCP_START",
                "tcp://172.17.0.5:4600",
            ),
        ];
        assert_eq!(check(&injected), Ok(None));
        for unknown in [
            "RELEASE_EMULATOR_PORTFILE",
            "RELEASE_EMULATOR_PORT_HTTP",
            "RELEASE_EMULATOR_PORT_4600_HTTP",
            "RELEASE_EMULATOR_SERVICES",
        ] {
            check(&[(unknown, "4600")]).unwrap_err();
        }
    }

    #[test]
    fn no_flag_has_a_variable_that_is_injected() {
        for flag in flags() {
            let Some(name) = flag.get_env().and_then(|name| name.to_str()) else {
                continue;
            };
            assert!(!is_injected(name, "/x"), "{name}");
        }
    }

    #[test]
    fn a_port_that_somebody_set_by_hand_is_ignored_with_a_note() {
        let note = check(&[("RELEASE_EMULATOR_PORT", "4601")])
            .unwrap()
            .unwrap();
        assert!(note.ends_with("use RELEASE_EMULATOR_LISTEN=4601"), "{note}");
    }
}
