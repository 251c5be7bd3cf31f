use std::io::ErrorKind;
use std::sync::Arc;
use std::thread;

use super::faulty_disk::FaultyDisk;
use super::scratch::{Scratch, base, numbers, payload, rewind, store};
use crate::storage::{OpenMode, WorldLog};

fn log_on(disk: &FaultyDisk) -> (Scratch, Arc<WorldLog>) {
    let scratch = Scratch::new();
    let directory = scratch
        .open_on(Arc::new(disk.clone()), OpenMode::Use)
        .unwrap();
    let log = directory.create_world("main", b"", &base(0, "")).unwrap();
    (scratch, log)
}

#[test]
fn a_full_disk_refuses_before_the_append_and_goes_on_with_room() {
    let disk = FaultyDisk::sound();
    let (scratch, log) = log_on(&disk);
    disk.set_room(300_000);
    let mut stored = 0;
    while store(&log, stored + 1) {
        stored += 1;
    }
    assert!(stored > 1_000, "the room that there is is used: {stored}");
    let error = log.reserve(100).unwrap_err().to_string();
    assert!(error.contains("log-1: the disk is full"), "{error}");
    assert!(!log.has_unwritten());
    assert_eq!(
        numbers(&scratch.restart()),
        (1..=stored).collect::<Vec<_>>()
    );
    disk.set_room(i64::MAX);
    assert!(store(&log, stored + 1));
    assert_eq!(numbers(&scratch.restart()).len() as u64, stored + 1);
}

#[test]
fn what_is_reserved_has_room_whatever_others_take() {
    let disk = FaultyDisk::sound();
    let (_scratch, log) = log_on(&disk);
    let room = log.reserve(200_000).unwrap();
    disk.set_room(0);
    let mut stored = 0;
    while store(&log, stored + 1) {
        stored += 1;
    }
    let large = vec![b'x'; 200_000];
    log.append(stored + 1, 0, &large);
    assert!(!log.has_unwritten());
    drop(room);
}

#[test]
fn a_command_for_which_no_room_was_made_stays_as_it_is() {
    let (scratch, log) = log_on(&FaultyDisk::sound());
    // The use of a fault by a read.
    log.append(1, 1, payload(1).as_bytes());
    assert!(store(&log, 2));
    let large = "x".repeat(3 << 20);
    log.append(3, 3, large.as_bytes());
    assert!(store(&log, 4));
    let world = scratch.restart();
    assert_eq!((world.damage, world.torn), (None, None));
    let numbers: Vec<u64> = world.records.iter().map(|record| record.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[test]
fn a_command_that_the_disk_takes_not_at_once_is_written_with_the_next() {
    let disk = FaultyDisk::sound();
    let (scratch, log) = log_on(&disk);
    assert!(store(&log, 1));
    let room = log.reserve(100).unwrap();
    disk.refuse_writes(Some(ErrorKind::ReadOnlyFilesystem));
    log.append(2, 2, payload(2).as_bytes());
    drop(room);
    assert!(log.has_unwritten());
    let error = log.reserve(100).unwrap_err().to_string();
    assert!(error.contains("read-only"), "{error}");
    assert!(log.sync().is_err());
    disk.refuse_writes(None);
    assert!(store(&log, 3));
    assert_eq!(numbers(&scratch.restart()), [1, 2, 3]);
}

#[test]
fn a_directory_that_is_gone_refuses() {
    let (scratch, log) = log_on(&FaultyDisk::sound());
    assert!(store(&log, 1));
    std::fs::remove_dir_all(scratch.path()).unwrap();
    let error = log.reserve(100).unwrap_err().to_string();
    assert!(error.contains("the data directory is gone"), "{error}");
}

#[test]
fn one_sync_covers_all_that_was_appended_before() {
    let disk = FaultyDisk::sound();
    let (_scratch, log) = log_on(&disk);
    assert!((1..=64).all(|number| store(&log, number)));
    let before = disk.n_syncs();
    assert_eq!(log.sync().unwrap(), 64);
    assert_eq!(disk.n_syncs(), before + 1);
}

#[test]
fn a_sync_after_a_switch_covers_the_old_log_too() {
    let disk = FaultyDisk::sound();
    let (_scratch, log) = log_on(&disk);
    assert!(store(&log, 1));
    log.prepare_switch().unwrap();
    assert!(log.switch());
    assert!(store(&log, 2));
    let before = disk.n_syncs();
    assert_eq!(log.sync().unwrap(), 2);
    assert_eq!(disk.n_syncs(), before + 2);
    assert_eq!(log.sync().unwrap(), 2);
    assert_eq!(disk.n_syncs(), before + 3);
}

#[test]
fn a_compaction_replaces_the_base_and_loses_no_command_that_comes_meanwhile() {
    let (scratch, log) = log_on(&FaultyDisk::sound());
    assert!((1..=10).all(|number| store(&log, number)));
    assert!(!log.switch(), "none is ready");
    log.prepare_switch().unwrap();
    assert!(log.switch());
    assert!((11..=12).all(|number| store(&log, number)));
    let meanwhile = scratch.restart();
    assert_eq!(numbers(&meanwhile), (1..=12).collect::<Vec<_>>());
    log.write_base(&base(10, "compact"), 10).unwrap();
    let world = scratch.restart();
    assert_eq!(world.base, base(10, "compact"));
    assert_eq!(numbers(&world), [11, 12]);
    assert!(!scratch.file("log-1").exists() && !scratch.file("base-1").exists());
    assert_eq!(log.stats().generation, 2);
}

#[test]
fn records_of_many_threads_are_whole() {
    let (scratch, log) = log_on(&FaultyDisk::sound());
    let order = Arc::new(std::sync::Mutex::new(0));
    let threads = (0..8).map(|_| {
        let (log, order) = (Arc::clone(&log), Arc::clone(&order));
        thread::spawn(move || {
            for _ in 0..500 {
                let _room = log.reserve(100).unwrap();
                let mut number = order.lock().unwrap();
                *number += 1;
                log.append(*number, number.cast_signed(), payload(*number).as_bytes());
            }
        })
    });
    let threads: Vec<_> = threads.collect();
    let compact = |number: u64| {
        log.prepare_switch().unwrap();
        let at = {
            let number = order.lock().unwrap();
            assert!(log.switch());
            *number
        };
        log.write_base(&base(at, &number.to_string()), at).unwrap();
    };
    (0..20).for_each(compact);
    for thread in threads {
        thread.join().unwrap();
    }
    let world = scratch.restart();
    let expected: Vec<u64> = (world.base.number + 1..=4_000).collect();
    assert_eq!(numbers(&world), expected);
}

#[test]
fn a_base_stays_as_long_as_the_world_can_be_set_back_to_before_the_next() {
    let (scratch, log) = log_on(&FaultyDisk::sound());
    let compact = |at: u64, earliest: u64| {
        log.prepare_switch().unwrap();
        assert!(log.switch());
        log.write_base(&base(at, "later"), earliest).unwrap();
    };
    assert!((1..=10).all(|number| store(&log, number)));
    compact(10, 3);
    assert!((11..=12).all(|number| store(&log, number)));
    assert_eq!(scratch.restart().base.number, 10);
    assert!(rewind(&log, 13, 4));
    let world = scratch.restart();
    assert_eq!(world.base, base(0, ""));
    assert_eq!(numbers(&world), (1..=13).collect::<Vec<_>>());
    assert!(store(&log, 14));
    compact(14, 13);
    let world = scratch.restart();
    assert_eq!((world.base.number, numbers(&world)), (14, vec![]));
    // From the second base none goes on that is set back to 13.
    assert!(scratch.file("base-1").exists());
    assert!(rewind(&log, 15, 13));
    let world = scratch.restart();
    assert_eq!((world.base.number, numbers(&world).len()), (0, 15));
    std::fs::write(scratch.file("base-2.part"), "half").unwrap();
    compact(15, 15);
    assert!(!scratch.file("base-2.part").exists());
    assert!(!scratch.file("base-1").exists() && !scratch.file("base-2").exists());
    assert_eq!(scratch.restart().base.number, 15);
}
