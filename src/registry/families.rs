//! The list of the families: the one place that names them.

/// Hands the families to `$expand!`: the services in the order of their operations, then the tables with the keys under
/// which the state document holds them. A new family is one line here.
macro_rules! families {
    ($expand:ident) => {
        $expand! {
            services:
                $crate::families::iam::Iam,
                $crate::families::asm::Asm,
                $crate::families::servicestage::ServiceStage,
                $crate::families::zadig::Zadig;
            tables:
                /// Meshes with their releases: `{"meshes":[{"id","name","releases":[…]}]}`.
                asm: $crate::families::asm::Table,
                /// Projects with their release plans and pipelines: `{"projects":[{"id","release_plans":[…],"pipelines":[…]}]}`.
                servicestage: $crate::families::servicestage::Tables,
                /// Projects with their versions and what these refer to, and the release plans:
                /// `{"generation","projects":[{"key","versions":[…],"workflows":[…],"environments":[…],"service_templates":[…],"registries":[…],"chart_repos":[…]}],"release_plans":[…]}`.
                zadig: $crate::families::zadig::Table;
        }
    };
}
pub(super) use families;

/// The gateway's refusal of a path that belongs to no service.
pub(super) use crate::families::huawei::GatewayError;
