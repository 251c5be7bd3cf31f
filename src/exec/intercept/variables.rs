//! The environment variables by which programs find a proxy and the authorities that they trust.

use std::net::SocketAddr;
use std::path::Path;

use super::java;

/// The variables of the proxy. Programs differ in which case they read.
const PROXY: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// The variables of the hosts that are asked without it.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Those hosts: the command's own, among them the emulator under its own URL. An outer value is not passed on.
const DIRECT: &str = "localhost,127.0.0.1,::1";

/// The variables that replace the authorities of the system: OpenSSL with all that stand on it, Go and rustls; curl; Python
/// requests and pip; git; the AWS SDKs; cargo.
const BUNDLE: [&str; 8] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "CARGO_HTTP_CAINFO",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
];

/// The variables that add to the authorities of a program: Node and Deno. And that for all other programs.
const ADDED: [&str; 3] = [
    "NODE_EXTRA_CA_CERTS",
    "DENO_CERT",
    "RELEASE_EMULATOR_CA_FILE",
];

/// The variable by which Node heeds the proxy since 22.21 and 24.5, and the options of every Node, with which a script does
/// the same for older ones.
const NODE: &str = "NODE_USE_ENV_PROXY";
const NODE_OPTIONS: &str = "NODE_OPTIONS";

/// The options of every Java, which goes by nothing else.
const JAVA: &str = "JAVA_TOOL_OPTIONS";

/// The variables; `outer` is the value of one so far.
pub(super) fn variables(
    folder: &Path,
    proxy: SocketAddr,
    outer: &dyn Fn(&str) -> Option<String>,
) -> Vec<(&'static str, String)> {
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut variables = Vec::new();
    let mut set = |names: &[&'static str], value: &str| {
        variables.extend(names.iter().map(|name| (*name, value.to_owned())));
    };
    set(&PROXY, &format!("http://{proxy}"));
    set(&NO_PROXY, DIRECT);
    set(&BUNDLE, &file("bundle.pem"));
    set(&ADDED, &file("ca.pem"));
    set(&[NODE], "1");
    let script = format!("--require={}", quoted(&file("node.js")));
    set(&[NODE_OPTIONS], &after(outer(NODE_OPTIONS), &script));
    let (host, port) = (proxy.ip(), proxy.port());
    let (store, password) = (file("java.jks"), java::PASSWORD);
    let java = format!(
        "-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStoreType=JKS -Djavax.net.ssl.trustStorePassword={password} \
         -Dhttp.proxyHost={host} -Dhttp.proxyPort={port} -Dhttps.proxyHost={host} -Dhttps.proxyPort={port} \
         -Dhttp.nonProxyHosts=localhost|127.*|[::1]"
    );
    // The last of two options counts.
    set(&[JAVA], &after(outer(JAVA), &java));
    variables
}

/// Options behind those of the user.
fn after(outer: Option<String>, options: &str) -> String {
    match outer.filter(|outer| !outer.trim().is_empty()) {
        Some(outer) => format!("{outer} {options}"),
        None => options.to_owned(),
    }
}

/// A path as Node reads it, which splits its options at spaces.
fn quoted(path: &str) -> String {
    if path.contains(' ') {
        format!("\"{path}\"")
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(outer: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let outer = |name: &str| {
            let found = outer.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let proxy = "127.0.0.1:4711".parse().unwrap();
        variables(Path::new("/private"), proxy, &outer)
    }

    #[track_caller]
    fn value<'a>(variables: &'a [(&'static str, String)], name: &str) -> &'a str {
        let mut found = variables.iter().filter(|(known, _)| *known == name);
        let (_, value) = found.next().unwrap();
        assert!(found.next().is_none(), "{name} is set once");
        value
    }

    #[test]
    fn every_program_finds_the_proxy_and_its_authority() {
        let variables = of(&[("NO_PROXY", "*")]);
        assert_eq!(value(&variables, "HTTPS_PROXY"), "http://127.0.0.1:4711");
        assert_eq!(value(&variables, "http_proxy"), "http://127.0.0.1:4711");
        assert_eq!(value(&variables, "NO_PROXY"), DIRECT);
        assert_eq!(value(&variables, "SSL_CERT_FILE"), "/private/bundle.pem");
        assert_eq!(value(&variables, "NODE_EXTRA_CA_CERTS"), "/private/ca.pem");
    }

    #[test]
    fn the_options_of_java_follow_those_of_the_user() {
        let java = of(&[("JAVA_TOOL_OPTIONS", "-Xmx64m")]);
        let java = value(&java, "JAVA_TOOL_OPTIONS");
        let expected = "-Xmx64m -Djavax.net.ssl.trustStore=/private/java.jks ";
        assert!(java.starts_with(expected), "{java}");
        assert!(
            java.contains(" -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4711 "),
            "{java}"
        );
    }
}
