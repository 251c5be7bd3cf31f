use super::scratch::{Scratch, base, numbers, store};
use crate::storage::OpenMode;

/// A world with commands, and the file of its log without the room behind them.
fn written(n_commands: u64) -> (Scratch, Vec<u8>) {
    let scratch = Scratch::new();
    let directory = scratch.open(OpenMode::Use).unwrap();
    let log = directory.create_world("main", b"", &base(0, "")).unwrap();
    assert!((1..=n_commands).all(|number| store(&log, number)));
    let end = usize::try_from(log.stats().log_bytes).unwrap();
    let bytes = std::fs::read(scratch.file("log-1")).unwrap();
    assert!(bytes.len() > end && bytes[end..].iter().all(|byte| *byte == 0));
    (scratch, bytes[..end].to_vec())
}

#[test]
fn a_last_record_that_is_cut_at_any_byte_goes_and_the_others_stay() {
    let (scratch, whole) = written(3);
    let last = {
        let (other, two) = written(2);
        drop(other);
        two.len()
    };
    for cut in last..whole.len() {
        for room in [0, 5_000] {
            let mut bytes = whole[..cut].to_vec();
            bytes.resize(cut + room, 0);
            std::fs::write(scratch.file("log-1"), &bytes).unwrap();
            let world = scratch.restart();
            assert_eq!(numbers(&world), [1, 2], "cut at {cut}");
            assert_eq!(world.damage, None);
            let torn = world.torn.map(|(_, torn)| torn.at);
            assert_eq!(torn, (cut > last).then_some(last as u64), "cut at {cut}");
            assert!(store(&world.log, 3));
            assert_eq!(numbers(&scratch.restart()), [1, 2, 3]);
        }
    }
}

#[test]
fn a_changed_byte_before_the_last_record_is_damage_with_its_place() {
    let (scratch, whole) = written(4);
    let starts: Vec<usize> = (0..whole.len())
        .filter(|at| whole[*at..].starts_with(b"RECD"))
        .collect();
    for at in 0..starts[3] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(scratch.file("log-1"), &bytes).unwrap();
        let world = scratch.restart();
        let record = starts.iter().rposition(|start| *start <= at).unwrap();
        let (path, damage) = world.damage.as_ref().unwrap();
        assert_eq!(*path, scratch.file("log-1"));
        assert_eq!(damage.at, starts[record] as u64);
        assert_eq!(damage.last_good, (record > 0).then_some(record as u64));
        assert_eq!(damage.next_good, Some(starts[record + 1] as u64));
        assert_eq!(numbers(&world), (1..=record as u64).collect::<Vec<_>>());
        assert_eq!(world.torn, None);
    }
}

#[test]
fn a_hole_of_zeros_before_good_records_is_damage() {
    let (scratch, whole) = written(4);
    let mut bytes = whole;
    let second = bytes
        .windows(4)
        .skip(1)
        .position(|window| window == b"RECD")
        .unwrap()
        + 1;
    bytes[second..second + 40].fill(0);
    std::fs::write(scratch.file("log-1"), &bytes).unwrap();
    assert!(scratch.restart().damage.is_some());
}

#[test]
fn a_damaged_base_or_a_missing_log_is_told() {
    for file in ["base-1", "log-1"] {
        let (scratch, _) = written(2);
        if file == "log-1" {
            std::fs::remove_file(scratch.file(file)).unwrap();
        } else {
            let mut bytes = std::fs::read(scratch.file(file)).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(scratch.file(file), bytes).unwrap();
        }
        let directory = scratch.open(OpenMode::Use).unwrap();
        let error = directory.read_world("main").unwrap_err().to_string();
        assert!(
            error.contains("the world main") && error.contains(file),
            "{error}"
        );
    }
}
