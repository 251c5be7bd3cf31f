//! The own time of a run: the world's, with jumps ahead.

use super::plan::{AcceptedCommand, Command};
use crate::sim::{Millis, NEVER};

/// The jumps of a run's own time. A forecast is made in own time; everything else speaks of the world's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnTime {
    jumps: Box<[Jump]>,
    /// The commands at their instants in own time.
    commands: Box<[AcceptedCommand]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Jump {
    /// The instant in the world's time.
    at: Millis,
    /// The own time before and after it.
    before: Millis,
    after: Millis,
}

impl Jump {
    /// The length by which own time is ahead of the world's after it.
    fn ahead(&self) -> Millis {
        self.after.saturating_sub(self.at)
    }
}

impl OwnTime {
    /// The own time of a run with these commands; none if it is the world's.
    pub(super) fn new(commands: &[AcceptedCommand]) -> Option<Box<Self>> {
        let mut jumps: Vec<Jump> = Vec::new();
        let mut own_commands = Vec::with_capacity(commands.len());
        let mut ahead = 0;
        for accepted in commands {
            let before = accepted.at.saturating_add(ahead);
            own_commands.push(AcceptedCommand {
                at: before,
                ..*accepted
            });
            if let Command::Forward(by) = accepted.command {
                let at = accepted.at;
                let after = before.saturating_add(by);
                let jump = Jump { at, before, after };
                ahead = jump.ahead();
                jumps.push(jump);
            }
        }
        let jumps = jumps.into_boxed_slice();
        let commands = own_commands.into_boxed_slice();
        (!jumps.is_empty()).then(|| Box::new(Self { jumps, commands }))
    }

    pub(super) fn commands(&self) -> &[AcceptedCommand] {
        &self.commands
    }

    /// Returns true if own time jumps at that instant of the world's.
    pub(super) fn jumps_at(&self, at: Millis) -> bool {
        self.jumps.binary_search_by_key(&at, |jump| jump.at).is_ok()
    }

    /// The own time at an instant, after the jumps at that instant.
    pub(super) fn own(&self, now: Millis) -> Millis {
        match self.jumps.partition_point(|jump| jump.at <= now) {
            0 => now,
            n => now.saturating_add(self.jumps[n - 1].ahead()),
        }
    }

    /// The instant of the world's time at which own time reaches `own`.
    pub(super) fn world(&self, own: Millis) -> Millis {
        if own == NEVER {
            return NEVER;
        }
        let n = self.jumps.partition_point(|jump| jump.after < own);
        match self.jumps.get(n) {
            // It is jumped over.
            Some(jump) if own > jump.before => jump.at,
            _ if n == 0 => own,
            _ => own.saturating_sub(self.jumps[n - 1].ahead()),
        }
    }
}
