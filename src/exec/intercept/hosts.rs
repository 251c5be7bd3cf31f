//! The hosts of the real services that are emulated.

/// The domains of the cloud.
const DOMAINS: [&str; 2] = [".myhuaweicloud.com", ".myhuaweicloud.eu"];

/// The services by the first label of their hosts.
const SERVICES: [&str; 3] = ["asm", "iam", "servicestage"];

/// The one service that has a host without a region.
const GLOBAL: &str = "iam";

/// True for a host of an emulated service of the cloud, in any region.
///
/// Sources: "Endpoints" in the API references of IAM, ASM and `ServiceStage`, read 2026-08.
pub(super) fn is_cloud(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let mut domains = DOMAINS.iter();
    let Some(name) = domains.find_map(|domain| host.strip_suffix(domain)) else {
        return false;
    };
    match name.split_once('.') {
        None => name == GLOBAL,
        Some((service, region)) => SERVICES.contains(&service) && is_region(region),
    }
}

/// True for the name of a region, such as `cn-north-4`.
fn is_region(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name.contains('-') && name.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulated_services_are_known_in_every_region() {
        for host in [
            "iam.myhuaweicloud.com",
            "iam.cn-north-4.myhuaweicloud.com",
            "asm.ap-southeast-1.myhuaweicloud.com",
            "servicestage.cn-east-3.myhuaweicloud.com",
            "ServiceStage.CN-North-4.MyHuaweiCloud.com.",
            "iam.eu-west-101.myhuaweicloud.eu",
        ] {
            assert!(is_cloud(host), "{host}");
        }
    }

    #[test]
    fn no_other_host_is() {
        for host in [
            "obs.cn-north-4.myhuaweicloud.com",
            "asm.myhuaweicloud.com",
            "myhuaweicloud.com",
            "iam.cn-north-4.myhuaweicloud.com.evil.example",
            "x.iam.cn-north-4.myhuaweicloud.com",
            "iam.x.myhuaweicloud.com",
            "evil-iam.cn-north-4.myhuaweicloud.com",
            "iammyhuaweicloud.com",
            "localhost",
            "",
        ] {
            assert!(!is_cloud(host), "{host}");
        }
    }
}
