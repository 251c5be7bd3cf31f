//! The families of operations.

/// A family of operations. IAM does no work, so scripts refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
#[non_exhaustive]
pub enum Family {
    /// Tokens, projects and accounts.
    Iam,
    /// ASM grayscale releases and meshes.
    Asm,
    /// Release plans.
    Plans,
    /// Pipelines.
    Pipelines,
    /// Delivery versions.
    Zadig,
}

impl Family {
    /// The name of the family in patterns and on the control plane.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The family of a name.
    ///
    /// # Panics
    /// If it is none of the above.
    pub(super) fn named(name: &str) -> Self {
        let all = [
            Self::Iam,
            Self::Asm,
            Self::Plans,
            Self::Pipelines,
            Self::Zadig,
        ];
        let family = all.into_iter().find(|family| family.as_str() == name);
        family.expect("every family is listed")
    }
}
