use super::scratch::{Scratch, base, numbers, store};
use crate::storage::{OpenMode, StorageError};

#[test]
fn a_world_comes_back_with_its_settings_its_base_and_its_commands() {
    let scratch = Scratch::new();
    {
        let directory = scratch.open(OpenMode::Use).unwrap();
        assert!(directory.is_new().unwrap());
        let log = directory
            .create_world("main", b"strict", &base(4, "state"))
            .unwrap();
        assert!((5..=40).all(|number| store(&log, number)));
        assert_eq!(log.stats().last_number, 40);
    }
    let world = scratch.restart();
    assert_eq!(world.settings, b"strict");
    assert_eq!(world.base, base(4, "state"));
    assert_eq!(numbers(&world), (5..=40).collect::<Vec<_>>());
    assert_eq!((world.torn, world.damage), (None, None));
    assert!(store(&world.log, 41));
    assert_eq!(numbers(&scratch.restart()), (5..=41).collect::<Vec<_>>());
}

#[test]
fn worlds_have_folders_of_their_own_and_go_with_them() {
    let scratch = Scratch::new();
    let directory = scratch.open(OpenMode::Use).unwrap();
    for name in ["w1", "main", "..."] {
        directory.create_world(name, b"", &base(0, name)).unwrap();
    }
    assert_eq!(directory.worlds().unwrap(), ["...", "main", "w1"]);
    directory.remove_world("w1").unwrap();
    assert_eq!(directory.worlds().unwrap(), ["...", "main"]);
    assert_eq!(directory.read_world("...").unwrap().base, base(0, "..."));
    directory
        .create_world("w1", b"", &base(0, "again"))
        .unwrap();
    assert_eq!(directory.read_world("w1").unwrap().base, base(0, "again"));
}

#[test]
fn the_second_user_of_a_directory_is_told_of_the_first() {
    let scratch = Scratch::new();
    let first = scratch.open(OpenMode::Use).unwrap();
    first.create_world("main", b"", &base(0, "")).unwrap();
    for mode in [OpenMode::Use, OpenMode::Reset] {
        let error = scratch.open(mode).unwrap_err();
        let StorageError::InUse { pid, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*pid, Some(std::process::id()));
        let text = error.to_string();
        assert!(
            text.contains(&format!("in use by process {}", std::process::id())),
            "{text}"
        );
    }
    let reader = scratch.open(OpenMode::Read).unwrap();
    assert_eq!(reader.worlds().unwrap(), ["main"]);
    drop((reader, first));
    assert!(scratch.open(OpenMode::Use).is_ok());
}

#[test]
fn a_directory_that_is_lost_is_begun_again_only_if_its_place_is_empty() {
    let scratch = Scratch::new();
    let directory = scratch.open(OpenMode::Use).unwrap();
    let log = directory
        .create_world("main", b"settings", &base(0, ""))
        .unwrap();
    assert!(store(&log, 1));
    assert!(directory.is_in_place() && !log.is_lost());
    directory.begin_again().unwrap();
    assert!(!log.is_lost(), "there is nothing to do");

    std::fs::remove_dir_all(scratch.path()).unwrap();
    assert!(!directory.is_in_place() && log.is_lost());
    let error = directory.begin_again().unwrap_err();
    assert!(matches!(error, StorageError::Gone { .. }), "{error}");
    std::fs::create_dir(scratch.path()).unwrap();
    let thesis = scratch.path().join("thesis.tex");
    std::fs::write(&thesis, "").unwrap();
    let error = directory.begin_again().unwrap_err();
    assert!(matches!(error, StorageError::Replaced { .. }), "{error}");
    std::fs::remove_file(thesis).unwrap();

    directory.begin_again().unwrap();
    assert!(directory.is_in_place() && log.is_lost());
    log.prepare_folder(b"settings").unwrap();
    assert!(log.switch());
    // As a crash here would find it.
    assert!(directory.worlds().unwrap().is_empty());
    assert!(log.is_lost());
    log.place_folder(&base(1, "anew")).unwrap();
    assert!(store(&log, 2));
    let error = scratch.open(OpenMode::Use).unwrap_err();
    assert!(matches!(error, StorageError::InUse { .. }), "{error}");
    drop(directory);
    let world = scratch.restart();
    assert_eq!(
        (&*world.settings, &world.base),
        (&b"settings"[..], &base(1, "anew"))
    );
    assert_eq!(numbers(&world), [2]);
}

#[test]
fn a_newer_directory_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    let directory = scratch.open(OpenMode::Use).unwrap();
    directory.create_world("main", b"", &base(0, "")).unwrap();
    drop(directory);
    let version = scratch.path().join("version");
    assert_eq!(std::fs::read_to_string(&version).unwrap(), "1\n");
    std::fs::write(&version, "2\n").unwrap();
    for mode in [OpenMode::Use, OpenMode::Read] {
        let error = scratch.open(mode).unwrap_err();
        assert!(
            matches!(
                error,
                StorageError::Newer {
                    found: 2,
                    known: 1,
                    ..
                }
            ),
            "{error}"
        );
    }
    assert!(scratch.file("base-1").exists());
    let directory = scratch.open(OpenMode::Reset).unwrap();
    assert!(directory.is_new().unwrap());
    assert_eq!(std::fs::read_to_string(&version).unwrap(), "1\n");
}

#[test]
fn a_directory_with_other_files_is_refused_even_for_a_reset() {
    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.path()).unwrap();
    std::fs::write(scratch.path().join("thesis.tex"), "").unwrap();
    for mode in [OpenMode::Use, OpenMode::Reset, OpenMode::Read] {
        let error = scratch.open(mode).unwrap_err();
        assert!(matches!(error, StorageError::Foreign { .. }), "{error}");
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
}

#[test]
fn reading_needs_a_data_directory() {
    let scratch = Scratch::new();
    assert!(scratch.open(OpenMode::Read).is_err());
    assert!(!scratch.path().exists());
}

#[test]
#[cfg(unix)]
fn files_and_folders_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new();
    let directory = scratch.open(OpenMode::Use).unwrap();
    let log = directory.create_world("main", b"", &base(0, "")).unwrap();
    assert!(store(&log, 1));
    let mut folders = vec![scratch.path().to_owned()];
    let mut n_files = 0;
    while let Some(folder) = folders.pop() {
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700, "{folder:?}");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), 0o600, "{path:?}");
                n_files += 1;
            }
        }
    }
    assert_eq!(n_files, 5, "version, lock, settings, base, log");
}
