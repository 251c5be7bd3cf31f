//! The service's refusals in its own words: English, Chinese and misspelt as they are.
//!
//! None of these has a code of its own in this generation. The codes that the service has for them (6560 to
//! 6563) are lost on the way out, and only their Chinese texts survive inside a 500.

use super::model::rows::VersionStatus;

/// Why a request was refused after it was bound and allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// 6563 inside: no version has the id, or it is none.
    #[error("failed to get delivery version, ID: {id}, error: 查询交付中心版本失败: ")]
    UnknownVersion {
        /// The id as it was said.
        id: String,
    },
    /// 6562 inside: what was to be deleted is no id.
    #[error("failed to delete delivery version, ID: {id}, error: 删除交付中心版本失败: ")]
    MalformedId {
        /// The id as it was said.
        id: String,
    },
    /// A K8s version of an environment that does not exist.
    #[error(
        "failed to find product, product name: {project}, env name: {environment}, \
         error: mongo: no documents in result"
    )]
    UnknownEnvironment {
        /// The project.
        project: String,
        /// The environment.
        environment: String,
    },
    /// A K8s version of a service that the environment has not.
    #[error("product service not found, service name: {service}")]
    UnknownService {
        /// The service.
        service: String,
    },
    /// A K8s version of a container that the service has not.
    #[error(
        "container image not found, product name: {project}, env name: {environment}, \
         service name: {service}, container name: {container}"
    )]
    UnknownContainer {
        /// The project.
        project: String,
        /// The environment.
        environment: String,
        /// The service.
        service: String,
        /// The container.
        container: String,
    },
    /// Anything else about creating or retrying. The text says `k8s` for Helm versions too.
    #[error(
        "failed to create k8s delivery version, project name: {project}, version name {version}, \
         retry: {retry}, error: {cause}"
    )]
    Create {
        /// The project.
        project: String,
        /// The version's name.
        version: String,
        retry: bool,
        cause: Box<Cause>,
    },
    /// Nothing is answered at all: the service looks into something that is not there.
    #[error("the service crashes on {0}")]
    Crash(&'static str),
}

/// Why a version could not be created or retried.
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
    /// 6560 inside: a Helm version of an environment that does not exist.
    #[error(
        "新建交付中心版本失败: failed to query product info, procutName: {project} envName {environment}"
    )]
    UnknownEnvironment {
        /// The project.
        project: String,
        /// The environment.
        environment: String,
    },
    /// 6560 inside: a Helm version of a service that the environment has not.
    #[error("新建交付中心版本失败: service {0} not found in environment")]
    UnknownService(String),
    /// 6560 inside: a Helm version of a service that is not deployed from a chart.
    #[error("新建交付中心版本失败: can't find renderChart for service: {0}")]
    NoChart(String),
    /// A registry that is kept for other projects.
    #[error("registry {address}/{namespace} not support project {project}")]
    RegistryNotForProject {
        /// The registry's address.
        address: String,
        /// Its namespace.
        namespace: String,
        /// The project.
        project: String,
    },
    /// An image to be pushed that comes from no registry the service knows.
    #[error("failed to check registry, err: can't find source registry for image: {0}")]
    UnknownSource(String),
    /// An image to be pushed whose address has too many colons.
    #[error("failed to check registry, err: invalid image: {0}")]
    InvalidImage(String),
    /// 6560 inside: a name that is given in the project already.
    #[error("新建交付中心版本失败: failed to insert delivery version {0}, version already exist")]
    Duplicate(String),
    /// Stored as failed: what stopped the version before any push began.
    #[error(transparent)]
    Stopped(#[from] Stop),
    /// A retry of a K8s version that does not exist.
    #[error("failed to query delivery version data, verisonName: {0}")]
    NothingToRetry(String),
    /// A retry of a Helm version that does not exist.
    #[error(
        "failed to query delivery version data, verisonName: {0}, error: mongo: no documents in result"
    )]
    NoChartsToRetry(String),
    /// A retry of a version that has not failed.
    #[error("can't reCreate version with status:{0}")]
    NotFailed(VersionStatus),
    /// A retry of a K8s version that never got to push anything.
    #[error("no workflow task found for version: {0}")]
    NoPushes(String),
}

/// What stops a version after it was stored and before any push begins: it stays, as failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Two images for one container. What the database itself says is inferred.
    #[error(
        "failed to insert deliveryDeploy, serviceName: {service}, imageName: {container}, image: {image}, \
         err: write exception: write errors: [E11000 duplicate key error collection]"
    )]
    SameContainer {
        /// The service.
        service: String,
        /// The container.
        container: String,
        /// The image.
        image: String,
    },
    /// Images to push, but nowhere to.
    #[error(
        "failed to generate workflow from delivery version, versionName: {0}, err: target registry not appointed"
    )]
    NoTarget(String),
    /// A chart repository that nobody knows.
    #[error("failed to query chart-repo info, productName: {project}, repoName: {repo}")]
    UnknownChartRepo {
        /// The project.
        project: String,
        /// The repository.
        repo: String,
    },
    /// Charts that could not be packaged or pushed.
    #[error("{}", several(.0))]
    Charts(Vec<String>),
}

/// Several errors in one text, as the service's library lists them.
pub fn several(errors: &[String]) -> String {
    let lines: Vec<_> = errors.iter().map(|error| format!("* {error}")).collect();
    let head = match errors.len() {
        1 => "1 error occurred:".to_owned(),
        n => format!("{n} errors occurred:"),
    };
    format!("{head}\n\t{}\n\n", lines.join("\n\t"))
}

#[cfg(test)]
mod tests {
    use super::several;

    #[test]
    fn errors_are_listed_one_a_line() {
        assert_eq!(several(&["a".to_owned()]), "1 error occurred:\n\t* a\n\n");
        assert_eq!(
            several(&["a".to_owned(), "b".to_owned()]),
            "2 errors occurred:\n\t* a\n\t* b\n\n"
        );
    }
}
