//! The status codes of pipelines, stages and tasks.

pub const INITIALISED: u64 = 1;
pub const SUCCEEDED: u64 = 2;
pub const FAILED: u64 = 3;
pub const RELEASING: u64 = 4;
pub const TO_BE_APPROVED: u64 = 5;
pub const PAUSED: u64 = 7;
pub const ROLLING_BACK: u64 = 10;
pub const ROLLED_BACK: u64 = 11;
pub const ROLLBACK_FAILED: u64 = 12;
pub const STOPPING: u64 = 13;
pub const RESTARTING: u64 = 14;
