//! A crash at each call to the operating system, with each number of bytes of the write under way on the disk.

use std::sync::Arc;

use super::faulty_disk::FaultyDisk;
use super::scratch::{Scratch, base, numbers, store};
use crate::storage::OpenMode;

/// Uses a directory until the crash, and returns the number of the last command that was acknowledged.
fn use_until_crash(scratch: &Scratch, disk: &FaultyDisk) -> Option<u64> {
    let directory = scratch
        .open_on(Arc::new(disk.clone()), OpenMode::Use)
        .ok()?;
    let log = directory
        .create_world("main", b"settings", &base(0, "empty"))
        .ok()?;
    let mut last = 0;
    let store_some = |last: &mut u64| {
        for _ in 0..3 {
            if store(&log, *last + 1) {
                *last += 1;
            }
        }
    };
    store_some(&mut last);
    for _ in 0..2 {
        if log.prepare_switch().is_err() || !log.switch() {
            break;
        }
        let at = last;
        store_some(&mut last);
        if log
            .write_base(&base(at, &format!("up to {at}")), at)
            .is_err()
        {
            break;
        }
        store_some(&mut last);
    }
    Some(last)
}

#[test]
fn a_crash_at_any_step_loses_no_acknowledged_command() {
    let mut n_crashes = 0;
    for torn_bytes in [0, 1, 31, 40, 1_000] {
        for calls in 0.. {
            let (scratch, disk) = (Scratch::new(), FaultyDisk::crashing(calls, torn_bytes));
            let last = use_until_crash(&scratch, &disk);
            let directory = scratch.open(OpenMode::Use).unwrap();
            let Some(last) = last else {
                // The world was not made, or was and nobody was told.
                for name in directory.worlds().unwrap() {
                    let world = directory.read_world(&name).unwrap();
                    assert_eq!(world.base, base(0, "empty"));
                }
                continue;
            };
            let world = directory.read_world("main").unwrap();
            let at = format!("crash after {calls} calls and {torn_bytes} bytes: {world:?}");
            assert_eq!(world.damage, None, "{at}");
            let base = &world.base;
            let image = format!("up to {}", base.number);
            assert!(base.number == 0 || base.image == image.as_bytes(), "{at}");
            let found = numbers(&world);
            // The command under way may be whole.
            let end = base.number + found.len() as u64;
            assert!(end == last || end == last + 1, "{at}");
            assert_eq!(found, (base.number + 1..=end).collect::<Vec<_>>(), "{at}");
            assert!(store(&world.log, end + 1), "{at}");
            drop(directory);
            assert_eq!(numbers(&scratch.restart()).last(), Some(&(end + 1)), "{at}");
            if !disk.has_crashed() {
                break;
            }
            n_crashes += 1;
        }
    }
    assert!(n_crashes > 100, "{n_crashes}");
}
