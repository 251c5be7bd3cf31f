//! The service's own error texts: English, Chinese and misspelt as they are.
//!
//! None of these has a code of its own in this generation. The codes that the service has for them (6560 to
//! 6563) are lost on the way out, and only their Chinese texts survive inside a 500.

use super::model::rows::VersionStatus;
use crate::families::zadig::error::Error;
use crate::http::Evidence;

/// The refusal of a request that was bound and allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// 6563 inside: the id is unknown or malformed.
    #[error("failed to get delivery version, ID: {id}, error: 查询交付中心版本失败: ")]
    UnknownVersion { id: String },
    /// 6562 inside: the id to delete is malformed.
    #[error("failed to delete delivery version, ID: {id}, error: 删除交付中心版本失败: ")]
    MalformedId { id: String },
    /// 6561 inside: the page is so far out that the database refuses its number.
    #[error(
        "failed to list delivery version, error: 获取交付中心版本列表失败: (Location51024) BSON field 'skip' value must \
         be >= 0, actual value '{skip}'"
    )]
    PageOverflow { skip: i64 },
    /// A K8s version of an unknown environment.
    #[error(
        "failed to find product, product name: {project}, env name: {environment}, \
         error: mongo: no documents in result"
    )]
    UnknownEnvironment {
        project: String,
        environment: String,
    },
    /// A K8s version of a service that is not in the environment.
    #[error("product service not found, service name: {service}")]
    UnknownService { service: String },
    /// A K8s version of a container that is not in the service.
    #[error(
        "container image not found, product name: {project}, env name: {environment}, \
         service name: {service}, container name: {container}"
    )]
    UnknownContainer {
        project: String,
        environment: String,
        service: String,
        container: String,
    },
    /// Any other refusal of a creation or a retry. The text says `k8s` for Helm versions too.
    #[error(
        "failed to create k8s delivery version, project name: {project}, version name {version}, \
         retry: {retry}, error: {cause}"
    )]
    Create {
        project: String,
        version: String,
        retry: bool,
        cause: Box<Cause>,
    },
    /// The service dereferences a null pointer, and its answer has no body.
    #[error("the service crashes on {0}")]
    Crash(&'static str),
}

impl VersionError {
    /// The evidence for the text.
    pub fn evidence(&self) -> Evidence {
        match self {
            Self::Create { cause, .. } => match **cause {
                Cause::Stopped(Stop::SameContainer { .. }) => Evidence::Inferred,
                _ => Evidence::Observed,
            },
            Self::PageOverflow { .. } => Evidence::Inferred,
            _ => Evidence::Observed,
        }
    }
}

impl From<VersionError> for Error {
    fn from(version_error: VersionError) -> Self {
        match version_error {
            VersionError::Crash(cause) => Self::crash(cause),
            other => Self::untyped(other.to_string(), other.evidence()),
        }
    }
}

/// The reason that a version cannot be created or retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// 6560 inside: a Helm version without charts.
    #[error("新建交付中心版本失败: no chart info appointed")]
    NoCharts,
    /// 6560 inside: a Helm version without a chart repository.
    #[error("新建交付中心版本失败: chart repo not appointed")]
    NoChartRepo,
    /// 6560 inside: a Helm version without a registry.
    #[error("新建交付中心版本失败: image registry not appointed")]
    NoRegistry,
    /// 6560 inside: a Helm version of an unknown environment.
    #[error(
        "新建交付中心版本失败: failed to query product info, procutName: {project} envName {environment}"
    )]
    UnknownEnvironment {
        project: String,
        environment: String,
    },
    /// 6560 inside: a Helm version of a service that is not in the environment.
    #[error("新建交付中心版本失败: service {0} not found in environment")]
    UnknownService(String),
    /// 6560 inside: a Helm version of a service that is not deployed from a chart.
    #[error("新建交付中心版本失败: can't find renderChart for service: {0}")]
    NoChart(String),
    /// A registry that only other projects may use.
    #[error("registry {address}/{namespace} not support project {project}")]
    RegistryNotForProject {
        address: String,
        namespace: String,
        project: String,
    },
    /// An image to be pushed from an unknown registry.
    #[error("failed to check registry, err: can't find source registry for image: {0}")]
    UnknownSource(String),
    /// An image to be pushed with too many colons in its address.
    #[error("failed to check registry, err: invalid image: {0}")]
    InvalidImage(String),
    /// 6560 inside: the project has a version of that name.
    #[error("新建交付中心版本失败: failed to insert delivery version {0}, version already exist")]
    Duplicate(String),
    /// The version is stored as failed.
    #[error(transparent)]
    Stopped(#[from] Stop),
    /// A retry of an unknown K8s version.
    #[error("failed to query delivery version data, verisonName: {0}")]
    NothingToRetry(String),
    /// A retry of an unknown Helm version.
    #[error(
        "failed to query delivery version data, verisonName: {0}, error: mongo: no documents in result"
    )]
    NoChartsToRetry(String),
    /// A retry of a version that has not failed.
    #[error("can't reCreate version with status:{0}")]
    NotFailed(VersionStatus),
    /// A retry of a K8s version that the service has given up on, whose task has not failed.
    #[error(
        "failed to retry workflow task, workflowName: zadig-delivery-{project}, taskID: {task}, \
         err: 工作流任务状态无法重试"
    )]
    StillPushing { project: String, task: u64 },
    /// A retry of a K8s version that failed before its pushes began.
    #[error("no workflow task found for version: {0}")]
    NoPushes(String),
}

/// The failure of a version after it is stored and before its pushes begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Two images for one container. The text of the database is a guess.
    #[error(
        "failed to insert deliveryDeploy, serviceName: {service}, imageName: {container}, image: {image}, \
         err: write exception: write errors: [E11000 duplicate key error collection: zadig.delivery_deploy index: \
         release_id_1_service_name_1_container_name_1_deleted_at_1 dup key: {{ release_id: ObjectId('{version}'), \
         service_name: \"{service}\", container_name: \"{container}\", deleted_at: 0 }}]"
    )]
    SameContainer {
        version: String,
        service: String,
        container: String,
        image: String,
    },
    /// Images to push, but no registry to push them to.
    #[error(
        "failed to generate workflow from delivery version, versionName: {0}, err: target registry not appointed"
    )]
    NoTarget(String),
    #[error("failed to query chart-repo info, productName: {project}, repoName: {repo}")]
    UnknownChartRepo { project: String, repo: String },
    /// Charts that could not be packaged or pushed.
    #[error("{}", joined(.0))]
    Charts(Vec<String>),
}

/// Several errors in one text, as the service's library lists them.
pub fn joined(errors: &[String]) -> String {
    let lines: Vec<_> = errors.iter().map(|error| format!("* {error}")).collect();
    let head = match errors.len() {
        1 => "1 error occurred:".to_owned(),
        n => format!("{n} errors occurred:"),
    };
    format!("{head}\n\t{}\n\n", lines.join("\n\t"))
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn errors_are_listed_one_a_line() {
        assert_eq!(joined(&["a".to_owned()]), "1 error occurred:\n\t* a\n\n");
        assert_eq!(
            joined(&["a".to_owned(), "b".to_owned()]),
            "2 errors occurred:\n\t* a\n\t* b\n\n"
        );
    }
}
