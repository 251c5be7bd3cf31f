//! Faults of the disk: what is refused while it cannot be written, and what comes back when it can.

use std::path::Path;
use std::process::Command;

use super::{Directory, ask, body_of, create, kill, run, state};
use crate::process::Process;

/// Asserts that a command is refused in the words of its service and of the control plane, and nothing is changed.
fn assert_refused(process: &Process, reason: &str) {
    let before = state(process);
    let (status, answer) = create(process, "one-more", 30_000);
    assert_eq!(status, 500, "{answer}");
    let head = answer.to_ascii_lowercase();
    assert!(
        head.contains("x-emulator-hint") && head.contains(reason),
        "{answer}"
    );
    assert!(answer.contains("error_code"), "{answer}");
    assert_eq!(state(process), before);
}

#[test]
fn a_directory_that_vanishes_refuses_and_reads_go_on() {
    let directory = Directory::new("durable-vanish");
    let process = directory.start();
    assert!(create(&process, "spring", 1).0 < 300);
    std::fs::remove_dir_all(&directory.0).expect("it is removed");
    assert_refused(&process, "is gone; move it back, or make an empty one");
    for path in ["reset", "worlds"] {
        let (status, answer) = ask(&process, "POST", &format!("/_emulator/v1/{path}"), "{}");
        assert_eq!(status, 507, "{answer}");
    }
    assert!(!directory.0.exists(), "it is not made by itself");
}

#[test]
fn all_worlds_are_written_into_a_directory_that_is_made_anew() {
    let directory = Directory::new("durable-anew");
    let process = directory.start();
    assert!(create(&process, "spring", 1).0 < 300);
    body_of(
        &process,
        "POST",
        "/_emulator/v1/worlds",
        r#"{"name": "side"}"#,
    );
    std::fs::remove_dir_all(&directory.0).expect("it is removed");
    assert_refused(&process, "is gone");
    std::fs::create_dir(&directory.0).expect("it is made");
    assert!(create(&process, "summer", 1).0 < 300);
    let (code, text) = run(&directory.arguments());
    assert_eq!(code, Some(3), "the new one is locked too: {text}");
    body_of(
        &process,
        "POST",
        "/_emulator/v1/worlds",
        r#"{"name": "late"}"#,
    );
    let before = state(&process);
    kill(process);

    let process = directory.start();
    assert_eq!(state(&process), before);
    let worlds = body_of(&process, "GET", "/_emulator/v1/worlds", "");
    assert!(
        worlds.contains("\"side\"") && worlds.contains("\"late\""),
        "{worlds}"
    );
    // Only what is in it is gone this time.
    for entry in std::fs::read_dir(&directory.0).expect("a directory") {
        let path = entry.expect("an entry").path();
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(path)
        } else {
            std::fs::remove_file(path)
        };
        removed.expect("it is removed");
    }
    assert!(create(&process, "autumn", 1).0 < 300);
    let before = state(&process);
    kill(process);
    let (code, text) = run(&["data", "check", directory.0.to_str().expect("a text")]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(state(&directory.start()), before);
}

#[test]
#[cfg(unix)]
fn a_directory_that_is_moved_away_refuses_until_it_is_back() {
    let directory = Directory::new("durable-moved");
    let away = directory.0.with_extension("away");
    let _ = std::fs::remove_dir_all(&away);
    let process = directory.start();
    assert!(create(&process, "spring", 1).0 < 300);
    std::fs::rename(&directory.0, &away).expect("it is moved");
    assert_refused(&process, "is gone");
    // Another one in its place is left alone.
    std::fs::create_dir(&directory.0).expect("it is made");
    std::fs::write(directory.0.join("version"), "1\n").expect("it is written");
    assert_refused(&process, "another directory is in the place of");
    assert_eq!(
        std::fs::read_dir(&directory.0)
            .expect("it is there")
            .count(),
        1
    );
    std::fs::remove_dir_all(&directory.0).expect("it is removed");
    std::fs::rename(&away, &directory.0).expect("it is moved back");
    assert!(create(&process, "summer", 1).0 < 300);
    let before = state(&process);
    kill(process);
    assert_eq!(state(&directory.start()), before);
}

/// A small disk, where the test may mount one.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(path: &'a Path) -> Option<Self> {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(path)
            .status();
        if mount.is_ok_and(|status| status.success()) {
            return Some(Self(path));
        }
        eprintln!("skipped: a small disk cannot be mounted here, which takes Linux and root");
        None
    }

    fn remount(&self, options: &str) -> bool {
        let remount = Command::new("mount")
            .args(["-o", options])
            .arg(self.0)
            .status();
        remount.is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_and_the_next_success_comes_with_room() {
    let directory = Directory::new("durable-full");
    let Some(disk) = SmallDisk::mount(&directory.0) else {
        return;
    };
    let process = directory.start();
    let created = (0..1_000).take_while(|n| create(&process, &format!("plan-{n}"), 30_000).0 < 300);
    let created = created.count();
    assert!((10..900).contains(&created), "{created}");
    assert_refused(&process, "the disk is full");
    assert!(disk.remount("remount,size=8m"));
    assert!(create(&process, "one-more", 30_000).0 < 300);
    let before = state(&process);
    kill(process);
    let process = directory.start();
    assert_eq!(state(&process), before);
    drop(process);
}

#[test]
fn a_read_only_directory_is_read_and_refuses() {
    let directory = Directory::new("durable-read-only");
    let Some(disk) = SmallDisk::mount(&directory.0) else {
        return;
    };
    let process = directory.start();
    assert!(create(&process, "spring", 1).0 < 300);
    kill(process);
    assert!(disk.remount("remount,ro"));
    let process = directory.start();
    assert!(state(&process).contains("spring"));
    assert_refused(&process, "it is read-only");
    assert!(disk.remount("remount,rw"));
    assert!(create(&process, "summer", 1).0 < 300);
    kill(process);
    assert!(state(&directory.start()).contains("summer"));
}
