//! The error texts of generation 2, as of v4.3.0.

use super::messages::joined;
use super::model::rows::VersionStatus;
use crate::families::zadig::error::Error;
use crate::http::Evidence;

/// The code and the message of the refusals that the service does not wrap.
const NOT_CREATED: (u16, &str) = (6560, "新建交付中心版本失败");

/// The refusal of a request of generation 2 that was bound and allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The version that is shown by its name is unknown.
    #[error(
        "failed to get delivery version, projectName: {project}, versionName: {name} \
         error: mongo: no documents in result"
    )]
    UnknownName { project: String, name: String },
    /// The page is so far out that the database refuses its number.
    #[error(
        "failed to list delivery version, error: (Location51024) BSON field 'skip' value must be >= 0, \
         actual value '{skip}'"
    )]
    PageOverflow { skip: i64 },
    #[error("env name is required when source is from env")]
    NoEnvironment,
    #[error(
        "failed to find env, projectKey: {project}, envName: {environment}, error: mongo: no documents in result"
    )]
    UnknownEnvironment {
        project: String,
        environment: String,
    },
    #[error(
        "container not found, serviceName: {service}, containerName: {container}, envName: {environment}, \
         projectKey: {project}"
    )]
    UnknownContainer {
        service: String,
        container: String,
        environment: String,
        project: String,
    },
    /// A K8s service without images that is not in the environment.
    #[error("not found service {service} in env {environment}")]
    UnknownService {
        service: String,
        environment: String,
    },
    /// A Helm version of an environment that only exists with the other production flag.
    #[error(
        "failed to list release for project: {project}, env: {environment}, production: {production}, \
         err: failed to find project: {project}, err: mongo: no documents in result"
    )]
    NoReleases {
        project: String,
        environment: String,
        production: bool,
    },
    /// A service that is not deployed from a chart.
    #[error("failed get release for service {service} from env {project}/{environment}")]
    NoRelease {
        service: String,
        project: String,
        environment: String,
    },
    #[error("original version name is required when source is from version")]
    NoOriginal,
    #[error(
        "failed to get original version, projectKey: {project}, versionName: {name}, \
         error: mongo: no documents in result"
    )]
    UnknownOriginal { project: String, name: String },
    #[error(
        "image not found, serviceName: {service}, containerName: {container}, originalVersionName: {original}, \
         projectKey: {project}"
    )]
    UnknownImage {
        service: String,
        container: String,
        original: String,
        project: String,
    },
    #[error("not found service {service} in version {original}")]
    NotInOriginal { service: String, original: String },
    #[error("can't find service {service} in project {project}")]
    NotInProject { service: String, project: String },
    #[error(
        "failed to find container {container} in service {service}, project: {project}, production: {production}"
    )]
    NotInService {
        container: String,
        service: String,
        project: String,
        production: bool,
    },
    /// 6560: a Helm version without services.
    #[error("no service info appointed")]
    NoServices,
    /// 6560: a Helm version without a registry.
    #[error("image registry not appointed")]
    NoRegistry,
    #[error("can not find target registry")]
    UnknownRegistry,
    #[error("registry {address}/{namespace} not support project {project}")]
    RegistryNotForProject {
        address: String,
        namespace: String,
        project: String,
    },
    #[error("failed to check registry, err: can't find source registry for image: {0}")]
    UnknownSource(String),
    #[error("failed to check registry, err: invalid image: {0}")]
    InvalidImage(String),
    /// 6560: the project has a version of that name.
    #[error("failed to insert delivery version {0}, version already exist")]
    Duplicate(String),
    #[error(transparent)]
    Stopped(#[from] DeliveryStop),
    #[error("failed to retry create delivery version, id: {id}, error: {cause}")]
    Retry { id: String, cause: RetryCause },
    /// The service dereferences a null pointer, and its answer has no body.
    #[error("the service crashes on {0}")]
    Crash(&'static str),
}

/// The failure of a version after it is stored and before its pushes begin. The version keeps the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryStop {
    #[error("failed to update service image in yaml, serviceName: {service}, err: {why}")]
    Manifest { service: String, why: ManifestError },
    #[error(
        "failed to generate workflow from delivery version, versionName: {0}, err: target registry not appointed"
    )]
    NoTarget(String),
    #[error(
        "failed to query chart-repo info, productName: {project}, repoName: {repo}, \
         err: mongo: no documents in result"
    )]
    UnknownChartRepo { project: String, repo: String },
    /// Charts that could not be packaged or pushed.
    #[error("{}", joined(.0))]
    Charts(Vec<String>),
}

/// The reason that a manifest cannot get its images.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is not YAML. The text of the reader is the emulator's own.
    #[error("解析yaml失败: {0}")]
    Malformed(String),
    /// It lacks a field on the way to its containers.
    #[error("yaml缺少{0}字段")]
    Lacks(&'static str),
}

/// The reason that a version cannot be retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetryCause {
    #[error("failed to query delivery version data, id: {0}, error: mongo: no documents in result")]
    UnknownId(String),
    #[error(
        "failed to query delivery version data, id: {id}, error: {}", malformed(.id)
    )]
    MalformedId { id: String },
    #[error("can't reCreate version with status:{0}")]
    NotFailed(VersionStatus),
    /// A K8s version that failed before its pushes began.
    #[error("no workflow task found for version: {0}")]
    NoPushes(String),
    /// The service has given up on the version, whose task has not failed.
    #[error(
        "failed to retry workflow task, workflowName: zadig-delivery-{project}-{version}, taskID: 1, \
         err: 工作流任务状态无法重试"
    )]
    StillPushing { project: String, version: String },
    #[error("failed to find registry, err: mongo: no documents in result")]
    NoRegistry,
    #[error(transparent)]
    Stopped(#[from] DeliveryStop),
}

/// The text of the database's client on an id that is none.
fn malformed(id: &str) -> String {
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit();
    match id.bytes().find(|byte| !is_hex(byte)) {
        Some(byte) if id.len() == 24 => {
            format!("encoding/hex: invalid byte: {}", quoted_byte(byte))
        }
        _ => "the provided hex string is not a valid ObjectID".to_owned(),
    }
}

/// A byte as Go's `%#U` prints it.
fn quoted_byte(byte: u8) -> String {
    let character = char::from(byte);
    // Go prints the character itself only if it is printable.
    if character.is_control() || matches!(byte, 0xa0 | 0xad) {
        format!("U+{byte:04X}")
    } else {
        format!("U+{byte:04X} '{character}'")
    }
}

impl DeliveryError {
    /// The evidence for the text.
    pub fn evidence(&self) -> Evidence {
        let stop = match self {
            Self::Stopped(stop)
            | Self::Retry {
                cause: RetryCause::Stopped(stop),
                ..
            } => stop,
            Self::PageOverflow { .. } => return Evidence::Inferred,
            _ => return Evidence::Observed,
        };
        match stop {
            DeliveryStop::Charts(_)
            | DeliveryStop::Manifest {
                why: ManifestError::Malformed(_),
                ..
            } => Evidence::Inferred,
            _ => Evidence::Observed,
        }
    }
}

impl From<DeliveryError> for Error {
    fn from(delivery_error: DeliveryError) -> Self {
        let text = delivery_error.to_string();
        match delivery_error {
            DeliveryError::Crash(cause) => Self::crash(cause),
            DeliveryError::NoServices | DeliveryError::NoRegistry | DeliveryError::Duplicate(_) => {
                let (code, message) = NOT_CREATED;
                Self::typed(code, message, text)
            }
            other => Self::untyped(text, other.evidence()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::malformed;

    #[test]
    fn a_malformed_id_is_named_as_the_database_does() {
        assert_eq!(
            malformed("zz"),
            "the provided hex string is not a valid ObjectID"
        );
        assert_eq!(
            malformed("66287b110b8b8a631910f5ax"),
            "encoding/hex: invalid byte: U+0078 'x'"
        );
    }
}
