//! The rules of the crate's layers, checked on its import graph.
//!
//! This file has the rules as data and asserts them for `src`. To print the graph:
//!
//! ```text
//! ARCHITECTURE_PRINT=1 cargo test --test it architecture -- --nocapture
//! ```

mod cycles;
mod graph;
mod operations;
mod parse;
mod planted;
mod rules;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use graph::{Graph, Sources};

/// Each of the lower layers with the folders that it may name.
const LAYERS: [(&str, &[&str]); 4] = [
    ("sim", &[]),
    ("storage", &["sim"]),
    ("http", &["sim", "storage"]),
    ("world", &["http", "sim"]),
];

/// Names from HTTP, JSON and the runtime, which are not allowed in the kernel.
const NOT_IN_SIM: [&str; 5] = ["axum", "hyper", "tokio", "serde_json", "StatusCode"];

/// Names from HTTP, which are not allowed in a family's model.
const NOT_IN_MODELS: [&str; 2] = ["axum", "StatusCode"];

/// The families that others may import, and those others.
const SHARED_FAMILIES: [(&str, &[&str]); 1] = [(
    "families/huawei",
    &["families/iam", "families/asm", "families/servicestage"],
)];

/// Folders within a family that must not import each other.
const STRANGERS: [(&str, &str); 1] = [(
    "families/servicestage/plans",
    "families/servicestage/pipelines",
)];

const READS_OF_THE_CLOCK: [&str; 3] = ["SystemTime::now", "Instant::now", "Utc::now"];
const READ_THE_CLOCK: [&str; 1] = ["sim/clock.rs"];

const WAITING: [&str; 3] = ["sleep", "sleep_until", "interval_at"];
/// The timer, the accept loops, the watch over connections, the delivery to webhooks, faults, and a health check that waits.
const MAY_WAIT: [&str; 8] = [
    "health.rs",
    "http/faults/apply.rs",
    "http/middleware/guard.rs",
    "record/mod.rs",
    "server/accept.rs",
    "server/timer.rs",
    "server/watch.rs",
    "server/webhooks.rs",
];

const SPAWNING: [&str; 4] = ["spawn", "spawn_blocking", "spawn_local", "spawn_on"];
/// The process, its log, a world's tasks, a connection's, a recorder's, a body that nobody reads, a command, long work, an emulator
/// in a program without a runtime, a network for a command, and the last lines of a run.
const MAY_SPAWN: [&str; 20] = [
    "commands/process.rs",
    "commands/record.rs",
    "commands/start.rs",
    "control/apart.rs",
    "drift/live.rs",
    "emulator/threads.rs",
    "exec/isolate/network.rs",
    "exec/outcome.rs",
    "http/durability.rs",
    "log.rs",
    "record/forward.rs",
    "record/log.rs",
    "record/mod.rs",
    "registry/durable/sink.rs",
    "server/accept.rs",
    "server/connection.rs",
    "server/worlds.rs",
    "signals/guard.rs",
    "signals/unix.rs",
    "signals/windows.rs",
];

/// Crates of the macros, which run on the machine that builds, and with other features in the tests.
const BUILT_AGAIN: [&str; 2] = ["proc-macro2", "syn"];

/// Names that exist on one kind of operating system only.
const OF_AN_OPERATING_SYSTEM: [&str; 5] = ["ctrl_c", "fd", "libc", "rustix", "unix"];
/// The files for Unix and Windows, and the one that picks them. And those for Linux alone, and the one that gives a file
/// or a directory its mode.
const KNOW_THE_OPERATING_SYSTEM: [&str; 12] = [
    "corpus/writer.rs",
    "exec/intercept/folder.rs",
    "exec/isolate/helper.rs",
    "exec/isolate/loopback.rs",
    "exec/isolate/network.rs",
    "exec/isolate/sockets.rs",
    "signals/guard.rs",
    "signals/mod.rs",
    "signals/unix.rs",
    "signals/windows.rs",
    "storage/private/mod.rs",
    "storage/private/unix.rs",
];
/// The folders of these files, with the same functions for each system.
const FOR_EACH_OPERATING_SYSTEM: [&str; 2] = ["signals", "storage/private"];

/// The texts of the crate.
static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    fn collect(root: &Path, folder: &Path, into: &mut Sources) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(root, &path, into);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root).expect("below src");
                let name = name.to_str().expect("unicode").replace('\\', "/");
                let text = std::fs::read_to_string(&path).expect("a text");
                into.insert(name, text);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Sources::new();
    collect(&root, &root, &mut sources);
    sources
});

static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
    let graph = Graph::read("release_emulator", &SOURCES).expect("a module tree");
    if std::env::var_os("ARCHITECTURE_PRINT").is_some() {
        for (key, names) in &graph.imports {
            eprintln!("{}", rules::edge(key, names));
        }
        for (key, names) in &graph.reexports {
            eprintln!("re-export: {}", rules::edge(key, names));
        }
        let folders = rules::folder_edges(&graph.imports);
        eprintln!("{}", rules::listed(&folders));
    }
    graph
});

#[track_caller]
fn assert_none(offences: &[String]) {
    let n = offences.len();
    assert!(
        offences.is_empty(),
        "{n} offences:\n{}",
        offences.join("\n")
    );
}

fn is_in(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// True for a file of a family's model: `model.rs`, or one in a folder `model/`.
fn is_model(file: &str) -> bool {
    is_in(file, "families")
        && file
            .split('/')
            .any(|part| matches!(part, "model" | "model.rs"))
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    assert_none(&rules::circles(&GRAPH));
}

#[test]
fn folders_import_each_other_one_way() {
    assert_none(&rules::folder_circles(&GRAPH));
}

#[test]
fn the_crate_docs_list_the_imports_between_folders() {
    let offences = rules::undocumented(&GRAPH, &SOURCES["lib.rs"]);
    let measured = rules::listed(&rules::folder_edges(&GRAPH.imports));
    assert!(
        offences.is_empty(),
        "{}\n\nas it is now:\n{measured}",
        offences.join("\n")
    );
}

#[test]
fn lower_layers_do_not_know_the_higher_ones() {
    let folders = LAYERS.map(|(layer, _)| layer);
    let mut offences = rules::missing_folders(&GRAPH, &folders);
    for (layer, below) in LAYERS {
        offences.extend(rules::out_of_layer(&GRAPH, layer, below));
    }
    assert_none(&offences);
}

#[test]
fn the_kernel_names_nothing_of_http_json_or_the_runtime() {
    let named = rules::naming(&GRAPH, &NOT_IN_SIM);
    assert_none(&rules::among(&named, |file| is_in(file, "sim")));
}

#[test]
fn models_name_nothing_of_http() {
    let has_models = GRAPH.files.iter().any(|file| is_model(file));
    assert!(has_models, "no file of a family is a model");
    let named = rules::naming(&GRAPH, &NOT_IN_MODELS);
    assert_none(&rules::among(&named, is_model));
}

#[test]
fn families_do_not_know_each_other() {
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    for (shared, users) in SHARED_FAMILIES {
        folders.insert(shared);
        folders.extend(users);
    }
    for (one, other) in STRANGERS {
        folders.extend([one, other]);
    }
    let folders: Vec<&str> = folders.into_iter().collect();
    let mut offences = rules::missing_folders(&GRAPH, &folders);
    offences.extend(rules::between_families(&GRAPH, &SHARED_FAMILIES));
    for (one, other) in STRANGERS {
        for (from, to) in [(one, other), (other, one)] {
            let found = rules::forbidden(&GRAPH, |file| is_in(file, from), |file| is_in(file, to));
            offences.extend(found);
        }
    }
    assert_none(&offences);
}

#[test]
fn one_file_reads_the_clock() {
    let calling = rules::calling(&GRAPH, &READS_OF_THE_CLOCK);
    assert_none(&rules::only_in(&calling, &READ_THE_CLOCK));
}

#[test]
fn few_files_wait_or_spawn() {
    let waiting = rules::naming(&GRAPH, &WAITING);
    let mut offences = rules::only_in(&waiting, &MAY_WAIT);
    let spawning = rules::naming(&GRAPH, &SPAWNING);
    offences.extend(rules::only_in(&spawning, &MAY_SPAWN));
    assert_none(&offences);
}

/// The other systems' files are built by the release workflow alone, so this holds what can be held on each machine.
#[test]
fn what_only_one_operating_system_has_is_in_a_file_for_it() {
    let naming = rules::naming(&GRAPH, &OF_AN_OPERATING_SYSTEM);
    assert_none(&rules::only_in(&naming, &KNOW_THE_OPERATING_SYSTEM));

    let functions = |file: &str| -> BTreeSet<&str> {
        let lines = SOURCES[file].lines().map(str::trim_start);
        lines
            .filter(|line| line.starts_with("pub") && line.contains("fn "))
            .collect()
    };
    for folder in FOR_EACH_OPERATING_SYSTEM {
        assert_eq!(
            functions(&format!("{folder}/unix.rs")),
            functions(&format!("{folder}/windows.rs")),
            "both systems have the same functions"
        );
        let picks = &SOURCES[&format!("{folder}/mod.rs")];
        for system in ["unix", "windows"] {
            assert!(picks.contains(&format!("#[cfg({system})]\nmod {system};")));
        }
    }
}

#[test]
fn tests_add_no_feature_to_a_crate_of_the_program() {
    let features = |edges: &str| -> BTreeSet<String> {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--locked",
                "--prefix",
                "none",
                "--format",
                "{p} [{f}]",
            ])
            .args(["--edges", edges])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("a text");
        let lines = text.lines().map(|line| line.trim_end_matches(" (*)"));
        lines.map(str::to_owned).collect()
    };
    let (program, tests) = (features("normal"), features("normal,dev"));
    assert!(program.len() > 100, "the tree has packages: {program:?}");
    let package = |line: &str| line.split(" [").next().unwrap_or_default().to_owned();
    let built: BTreeSet<String> = program.iter().map(|line| package(line)).collect();
    let again: Vec<String> = tests
        .difference(&program)
        .filter(|line| built.contains(&package(line)))
        .filter(|line| !BUILT_AGAIN.contains(&line.split(' ').next().unwrap_or_default()))
        .cloned()
        .collect();
    assert_none(&again);
}

#[test]
fn chrono_cannot_read_the_clock_and_uuid_cannot_draw_by_itself() {
    for (package, feature) in [("chrono", "now"), ("chrono", "clock"), ("uuid", "v4")] {
        assert_feature_is_off(package, feature);
    }
}

/// Asserts that neither the crate nor one of its dependencies enables a feature of `package`. What tests enable does
/// not count.
fn assert_feature_is_off(package: &str, feature: &str) {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--edges",
            "features,normal",
            "--invert",
            package,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        tree.contains(&format!("{package} feature \"std\"")),
        "the tree shows features:\n{tree}"
    );
    assert!(
        !tree.contains(&format!("{package} feature \"{feature}\"")),
        "{feature} is on:\n{tree}"
    );
}

#[test]
fn the_library_does_not_change_the_json_of_its_users() {
    let manifest = include_str!("../../../Cargo.toml");
    let (_, dependencies) = manifest.split_once("[dependencies]").expect("a section");
    let (dependencies, _) = dependencies.split_once("\n[").expect("a next section");
    for feature in ["preserve_order", "arbitrary_precision"] {
        assert!(!dependencies.contains(feature), "{feature}");
        assert_feature_is_off("serde_json", feature);
    }
}
