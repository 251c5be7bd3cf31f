//! The commands of a plan, and the way to a status that allows one.

use super::plan::Plan;
use super::vocabulary::PlanStatus;
use crate::families::servicestage::commands::Commanded;
use crate::sim::Millis;

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum PlanCommand {
    Edit,
    Delete,
    Execute,
    Rollback,
    Abort,
}

impl Commanded for Plan {
    type ResourceCommand = PlanCommand;
    type ResourceStatus = PlanStatus;

    fn status(&self, now: Millis) -> PlanStatus {
        self.progress.status(now)
    }

    /// The pages state only that an abort is for a plan being executed; the rest is inferred.
    fn allowed_in(command: PlanCommand) -> &'static [PlanStatus] {
        match command {
            PlanCommand::Edit | PlanCommand::Delete => &[
                PlanStatus::Created,
                PlanStatus::Success,
                PlanStatus::Failed,
                PlanStatus::PartiallyFailed,
                PlanStatus::Aborted,
                PlanStatus::RollbackSucceed,
                PlanStatus::RollbackFailed,
            ],
            PlanCommand::Execute => &[
                PlanStatus::Created,
                PlanStatus::Failed,
                PlanStatus::PartiallyFailed,
                PlanStatus::Aborted,
                PlanStatus::RollbackSucceed,
            ],
            PlanCommand::Rollback => &[
                PlanStatus::Success,
                PlanStatus::Failed,
                PlanStatus::PartiallyFailed,
            ],
            PlanCommand::Abort => &[PlanStatus::Running],
        }
    }

    fn run_due(&self, now: Millis) -> Millis {
        self.progress.next_due(now)
    }

    fn allows(&self, command: PlanCommand, now: Millis) -> bool {
        Self::allowed_in(command).contains(&self.status(now))
            && (command != PlanCommand::Abort || self.progress.is_at_work(now))
    }

    fn advice(&self, command: PlanCommand, at: Millis) -> String {
        let advice = match (self.status(at), command) {
            (PlanStatus::Running, _) if self.allows(PlanCommand::Abort, at) => {
                "time alone does not end it: POST .../abort does"
            }
            (PlanStatus::Running | PlanStatus::Aborting | PlanStatus::RollingBack, _) => {
                "time alone does not end it: PATCH /_emulator/v1/state gives it another status"
            }
            (_, PlanCommand::Abort) => {
                "only an execution can be aborted: POST .../execute starts one"
            }
            (PlanStatus::Created | PlanStatus::Aborted, _) => {
                "nothing has been released: POST .../execute first"
            }
            (PlanStatus::RollbackSucceed, _) => {
                "it is already rolled back: POST .../execute releases it again"
            }
            (
                PlanStatus::Success
                | PlanStatus::Failed
                | PlanStatus::PartiallyFailed
                | PlanStatus::RollbackFailed,
                _,
            ) => "an edit (PUT) makes it CREATED again",
        };
        advice.to_owned()
    }
}
