//! The state of a version of generation 2 at an instant: the statuses of its images, and its error.

use std::borrow::Cow;

use super::delivered::{Delivered, DeliveredImage, PASSED, push_error};
use super::pushing::Pushing;
use super::version::{Version, VersionLifecycle};
use crate::sim::Millis;
use crate::sim::lifecycle::{StepState, Verdict};

impl Version {
    /// The instant as of which images are shown: once the service gives up on pushes, it looks at them no more.
    pub fn images_as_of(&self, now: Millis) -> Millis {
        match &self.lifecycle {
            VersionLifecycle::Pushing(pushing) if pushing.is_given_up(now) => {
                pushing.run.ended(now).map_or(now, |ended| ended - 1)
            }
            _ => now,
        }
    }

    /// The status and the error of an image at an instant, which is that of [`Self::images_as_of`].
    pub fn image_state<'a>(
        &'a self,
        service: &str,
        image: &'a DeliveredImage,
        now: Millis,
    ) -> (&'a str, Cow<'a, str>) {
        let given = (&*image.status, Cow::Borrowed(&*image.error));
        let (VersionLifecycle::Pushing(Pushing { run, .. }), Some(step)) =
            (&self.lifecycle, image.step)
        else {
            return given;
        };
        let status = match run.step_state(step, now) {
            StepState::Idle => {
                let is_next = step.checked_sub(1).is_some_and(|before| {
                    matches!(run.step_state(before, now), StepState::Open { .. })
                });
                if is_next { "prepare" } else { "" }
            }
            StepState::Open { .. } => "running",
            StepState::Ended { verdict, .. } => match verdict {
                Verdict::Succeeded => PASSED,
                Verdict::Failed => {
                    let why = run.failure(step, now).unwrap_or_default();
                    return ("failed", Cow::Owned(push_error(service, why)));
                }
                Verdict::Interrupted | Verdict::TimedOut | Verdict::Skipped => "",
            },
        };
        (status, given.1)
    }

    /// The error of a version of generation 2 at an instant. A failed push has none.
    pub fn delivery_error<'a>(&'a self, delivered: &'a Delivered, now: Millis) -> &'a str {
        match &self.lifecycle {
            VersionLifecycle::Stopped(stopped) => &stopped.error,
            VersionLifecycle::Pushing(pushing) if pushing.is_given_up(now) => "timeout",
            VersionLifecycle::Pushing(_) | VersionLifecycle::Given { .. } => &delivered.error,
        }
    }

    /// Keeps what the present pushes have left behind, before others begin.
    pub fn keep_delivery(&mut self, now: Millis) {
        let Some(mut delivered) = self.delivered.take() else {
            return;
        };
        let error = self.delivery_error(&delivered, now).to_owned();
        delivered.error = error;
        let now = self.images_as_of(now);
        for service in &mut delivered.services {
            for image in &mut service.images {
                let (status, error) = self.image_state(&service.service_name, image, now);
                let (status, error) = (status.to_owned(), error.into_owned());
                (image.status, image.error) = (status, error);
            }
        }
        self.delivered = Some(delivered);
    }
}
