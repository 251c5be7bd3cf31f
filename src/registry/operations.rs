//! The operations of all families.

use std::sync::LazyLock;

use super::families::families;
use crate::http::Operation;
use crate::http::matching::known::KnownOperation;
use crate::world::family::{FamilyTable, Service};

/// Declares functions over all services.
macro_rules! operations {
    (services: $($service:ty),+; tables: $($(#[$doc:meta])+ $field:ident: $table:ty),+;) => {
        /// Every operation of every family, in the order of paths within a family.
        pub fn operations() -> impl Iterator<Item = &'static Operation> {
            std::iter::empty()$(.chain(<$service>::routes().operations()))+
        }

        /// The same with the requests that each takes.
        pub fn known_operations() -> &'static [KnownOperation] {
            static KNOWN: LazyLock<Vec<KnownOperation>> = LazyLock::new(|| {
                std::iter::empty()$(.chain(<$service>::routes().known_operations()))+.collect()
            });
            &KNOWN
        }

        /// The names that scripts, transitions and timelines call the families by.
        pub fn family_names() -> Vec<&'static str> {
            [$(<$table>::NAMES),+].concat()
        }
    };
}
families!(operations);
