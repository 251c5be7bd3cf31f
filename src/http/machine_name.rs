//! The name of the machine.

use std::sync::LazyLock;

/// The name of the machine, by which others in its network ask for it; absent if neither Linux nor the environment tells
/// it. macOS does not, whose usual names end with `.local`.
pub fn machine_name() -> Option<&'static str> {
    static NAME: LazyLock<Option<String>> = LazyLock::new(|| {
        let of_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let of_environment = || std::env::var("COMPUTERNAME").ok();
        let name = of_kernel.or_else(of_environment)?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    });
    NAME.as_deref()
}
