//! The units of numbers that tell a time, by their size.

/// The unit of a time since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum TimeUnit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl TimeUnit {
    /// The unit in which a number is an instant between 1990 and 2100; `None`: it is none in any.
    pub const fn of(number: i64) -> Option<Self> {
        const FIRST: i64 = 631_152_000;
        const LAST: i64 = 4_102_444_800;
        match number {
            FIRST..LAST => Some(Self::Seconds),
            _ if number / 1_000 >= FIRST && number / 1_000 < LAST => Some(Self::Milliseconds),
            _ if number / 1_000_000 >= FIRST && number / 1_000_000 < LAST => {
                Some(Self::Microseconds)
            }
            _ if number / 1_000_000_000 >= FIRST && number / 1_000_000_000 < LAST => {
                Some(Self::Nanoseconds)
            }
            _ => None,
        }
    }

    /// The unit of a family's times.
    pub fn of_family(family: &str) -> Option<Self> {
        match family {
            "pipelines" | "plans" => Some(Self::Milliseconds),
            "zadig" => Some(Self::Seconds),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// True for the name of a field that tells a time.
pub(super) fn is_time_field(name: &str) -> bool {
    const ENDS: [&str; 8] = [
        "time",
        "_at",
        "at",
        "date",
        "timestamp",
        "created",
        "updated",
        "expires",
    ];
    const NOT: [&str; 6] = ["format", "runtime", "stat", "flat", "repeat", "seat"];
    let lower = name.to_ascii_lowercase();
    ENDS.iter().any(|end| lower.ends_with(end)) && !NOT.iter().any(|end| lower.ends_with(end))
}
