//! Tests of the storage, on the disk of the machine and on one with faults.

mod crashes;
mod damage;
mod directory;
mod faulty_disk;
mod log;
mod scratch;
