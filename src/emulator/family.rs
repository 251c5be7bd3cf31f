//! The families of operations.

/// A family of operations. IAM does no work, so scripts refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
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
}
