//! What creating a version takes: the service's checks in its order, then rows and pushes.

use super::references::{References, Registry, image_name, image_namespace, image_tag};
use super::refusal::{Cause, Refusal, Stop};
use super::rows::{Deploy, Distribute, DistributeType};
use super::version::{Chart, Push, Whose};
use crate::sim::lifecycle::{Does, Outcome};
use crate::sim::scripts::Scripts;

/// What a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The project.
    pub project: String,
    /// The version's name.
    pub name: String,
    /// Whether a failed version is to be retried. Then only project and name count.
    pub retry: bool,
    /// The environment whose images the version pins.
    pub environment: String,
    /// Whether that is a production environment.
    pub production: bool,
    /// What the version is for.
    pub description: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// The id of the registry that images go to; empty: none.
    pub registry: String,
    /// The repository that charts go to; empty for a K8s version.
    pub chart_repo: String,
    /// The services.
    pub services: Vec<ServiceOrder>,
}

/// A service of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceOrder {
    /// Its name.
    pub service: String,
    /// The version of its chart; empty for a K8s version.
    pub chart_version: String,
    /// Its images.
    pub images: Vec<ImageOrder>,
}

/// An image of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageOrder {
    /// The container that runs it.
    pub container: String,
    /// Its name.
    pub name: String,
    /// The tag it is given.
    pub tag: String,
    /// Whether it is pushed.
    pub push: bool,
}

/// How strictly an order is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strictness {
    /// Whether what it refers to must exist.
    pub checked: bool,
    /// Whether Helm versions with images fail as they do in v3.1 to v3.4.1.
    pub helm_defect: bool,
}

/// The first checks of a K8s version, which come before it is known whether it is a retry.
pub fn check_environment(
    order: &Order,
    references: &References,
    strictness: Strictness,
) -> Result<(), Refusal> {
    if !strictness.checked {
        return Ok(());
    }
    let (project, environment) = (order.project.clone(), order.environment.clone());
    let Some(known) = references.environment(&order.project, &order.environment, order.production)
    else {
        return Err(Refusal::UnknownEnvironment {
            project,
            environment,
        });
    };
    for ServiceOrder {
        service, images, ..
    } in &order.services
    {
        let Some(running) = known.service(service) else {
            return Err(Refusal::UnknownService {
                service: service.clone(),
            });
        };
        for image in images {
            if running.image_of(&image.container).is_none() {
                return Err(Refusal::UnknownContainer {
                    project,
                    environment,
                    service: service.clone(),
                    container: image.container.clone(),
                });
            }
        }
    }
    Ok(())
}

/// The checks of a new K8s version before its name.
pub fn check_k8s(
    order: &Order,
    references: &References,
    strictness: Strictness,
) -> Result<(), Refusal> {
    check_registry(order, references, strictness)?;
    if !strictness.checked {
        return Ok(());
    }
    for service in &order.services {
        for image in service.images.iter().filter(|image| image.push) {
            let running = running(order, references, &service.service, &image.container);
            check_source(running.unwrap_or_default(), &image.name, references)
                .map_err(|cause| order.refuse(cause))?;
        }
    }
    Ok(())
}

/// The checks of a new Helm version before its name.
pub fn check_helm(
    order: &Order,
    references: &References,
    strictness: Strictness,
) -> Result<(), Refusal> {
    let missing = if order.services.is_empty() {
        Some(Cause::NoCharts)
    } else if order.chart_repo.is_empty() {
        Some(Cause::NoChartRepo)
    } else if order.registry.is_empty() {
        Some(Cause::NoRegistry)
    } else {
        None
    };
    if let Some(cause) = missing {
        return Err(order.refuse(cause));
    }
    if strictness.checked {
        check_charts(order, references).map_err(|cause| order.refuse(cause))?;
    }
    check_registry(order, references, strictness)?;
    let mut images = order.services.iter().flat_map(|service| &service.images);
    if strictness.helm_defect && images.any(|image| image.push) {
        // The service never looks up what the image is in the environment.
        return Err(order.refuse(Cause::UnknownSource(String::new())));
    }
    Ok(())
}

fn check_charts(order: &Order, references: &References) -> Result<(), Cause> {
    let known = references.environment(&order.project, &order.environment, order.production);
    let Some(known) = known else {
        return Err(Cause::UnknownEnvironment {
            project: order.project.clone(),
            environment: order.environment.clone(),
        });
    };
    for ServiceOrder { service, .. } in &order.services {
        match known.service(service) {
            None => return Err(Cause::UnknownService(service.clone())),
            Some(running) if running.chart.is_none() => {
                return Err(Cause::NoChart(service.clone()));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks that an image to be pushed is in a registry that the service knows.
fn check_source(image: &str, name: &str, references: &References) -> Result<(), Cause> {
    let parts: Vec<_> = image.split(':').collect();
    let suffix = match parts[..] {
        [_] => format!("/{name}"),
        [_, tag] | [_, _, tag] => format!("/{name}:{tag}"),
        _ => return Err(Cause::InvalidImage(image.to_owned())),
    };
    let place = image.strip_suffix(&suffix).unwrap_or(image);
    if references.has_registry_at(place) {
        Ok(())
    } else {
        Err(Cause::UnknownSource(image.to_owned()))
    }
}

/// The image that a container runs in the order's environment, if that is known.
fn running<'a>(
    order: &Order,
    references: &'a References,
    service: &str,
    container: &str,
) -> Option<&'a str> {
    let environment =
        references.environment(&order.project, &order.environment, order.production)?;
    environment.service(service)?.image_of(container)
}

/// Checks that images may go to the registry that the order names, if it names one.
fn check_registry(
    order: &Order,
    references: &References,
    strictness: Strictness,
) -> Result<(), Refusal> {
    if order.registry.is_empty() {
        return Ok(());
    }
    match references.registry(&order.project, &order.registry) {
        Some(registry) if registry.supports(&order.project) => Ok(()),
        Some(registry) => Err(order.refuse(Cause::RegistryNotForProject {
            address: registry.address.clone(),
            namespace: registry.namespace.clone(),
            project: order.project.clone(),
        })),
        None if strictness.checked => Err(Refusal::Crash("a registry that nobody knows")),
        None => Ok(()),
    }
}

impl Order {
    /// A refusal of this order.
    #[must_use]
    pub fn refuse(&self, cause: Cause) -> Refusal {
        Refusal::Create {
            project: self.project.clone(),
            version: self.name.clone(),
            retry: self.retry,
            cause: Box::new(cause),
        }
    }

    /// The whole address of an image in the registry that the order names. A registry that nobody knows
    /// stands at `registry.local`, with the project as its namespace.
    fn target_of(&self, references: &References, name: &str, tag: &str) -> String {
        let place = references
            .registry(&self.project, &self.registry)
            .map_or_else(
                || format!("registry.local/{}", self.project),
                Registry::target,
            );
        format!("{place}/{name}:{tag}")
    }
}

/// The rows and pushes of a K8s version, and what stops it if anything does. Rows are those written until
/// then.
pub fn deliver(
    order: &Order,
    references: &References,
    now_seconds: i64,
    mut draw: impl FnMut() -> String,
) -> (Vec<Deploy>, Result<Vec<Push>, Stop>) {
    let (mut placed, mut pushes) = (Vec::new(), Vec::new());
    let environment = references.environment(&order.project, &order.environment, order.production);
    let mut seen = std::collections::HashSet::new();
    let mut stop = None;
    'rows: for service in &order.services {
        let place = environment.map_or(0, |known| known.place(&service.service));
        for image in &service.images {
            let running = running(order, references, &service.service, &image.container)
                .filter(|_| order.registry.is_empty());
            let address = running.map_or_else(
                || order.target_of(references, &image.name, &image.tag),
                str::to_owned,
            );
            if !seen.insert((&service.service, &image.container)) {
                stop = Some(Stop::SameContainer {
                    service: service.service.clone(),
                    container: image.container.clone(),
                    image: address,
                });
                break 'rows;
            }
            let service_name = if image.container.is_empty() {
                String::new()
            } else {
                service.service.clone()
            };
            let row = Deploy {
                id: draw(),
                service_name,
                service_module: image.container.clone(),
                image_name: image_name(&address).to_owned(),
                image: address,
                registry_id: order.registry.clone(),
                create_time: now_seconds,
            };
            if image.push {
                pushes.push(Push {
                    image: image.name.clone(),
                    service: service.service.clone(),
                });
            }
            placed.push((place, row));
        }
    }
    placed.sort_by_key(|(place, _)| *place);
    let rows = placed.into_iter().map(|(_, row)| row).collect();
    let stop = stop.or_else(|| {
        let nowhere = order.registry.is_empty() && !pushes.is_empty();
        nowhere.then(|| Stop::NoTarget(order.name.clone()))
    });
    (rows, stop.map_or(Ok(pushes), Err))
}

/// The charts of a Helm version, each once, with the images to be pushed.
///
/// An image is selected by its name. Where the service is known, it must be one that it runs; its current
/// tag stands in for one that is not given.
#[must_use]
pub fn charts(order: &Order, references: &References, strictness: Strictness) -> Vec<Chart> {
    let environment = references.environment(&order.project, &order.environment, order.production);
    let mut charts: Vec<Chart> = Vec::new();
    for service in &order.services {
        if charts.iter().any(|chart| chart.service == service.service) {
            continue;
        }
        let known = environment.and_then(|known| known.service(&service.service));
        let mut names: Vec<&str> = Vec::new();
        let mut images = Vec::new();
        for image in service.images.iter().filter(|image| image.push) {
            let running = known.and_then(|known| known.image_named(&image.name));
            if names.contains(&&*image.name) || (strictness.checked && running.is_none()) {
                continue;
            }
            // The last of several entries for one image decides its tag.
            let same = |other: &&ImageOrder| other.push && other.name == image.name;
            let last = service.images.iter().rfind(same).unwrap_or(image);
            let tag = match last.tag.as_str() {
                "" => running.map_or("", image_tag),
                tag => tag,
            };
            names.push(&image.name);
            images.push(order.target_of(references, &image.name, tag));
        }
        charts.push(Chart {
            service: service.service.clone(),
            version: service.chart_version.clone(),
            images,
        });
    }
    charts
}

/// Packages charts and pushes them to a repository, which is done before the request is answered. Every
/// chart is tried; scripts decide by the chart's name.
pub fn package(
    whose: Whose,
    repo: &str,
    charts: &[Chart],
    references: &References,
    strictness: Strictness,
    scripts: &mut Scripts,
) -> Result<(), Stop> {
    if strictness.checked && !references.has_chart_repo(repo) {
        return Err(Stop::UnknownChartRepo {
            project: whose.project.to_owned(),
            repo: repo.to_owned(),
        });
    }
    let mut errors = Vec::new();
    for Chart {
        service, version, ..
    } in charts
    {
        if let Does::Work {
            outcome: Outcome::Fail(why),
            ..
        } = whose.decide(scripts, service)
        {
            errors.push(format!(
                "failed to push chart: {service}-{version}.tgz: {why}"
            ));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Stop::Charts(errors))
    }
}

/// The rows of packaged charts, and the pushes of their images.
///
/// Every image is pushed, but one that several charts have is recorded with the first of them only.
pub fn distribute(
    repo: &str,
    charts: &[Chart],
    now_seconds: i64,
    mut draw: impl FnMut() -> String,
) -> (Vec<Distribute>, Vec<Push>) {
    let mut pushes = Vec::new();
    let mut recorded = std::collections::HashSet::new();
    let mut children: Vec<Vec<Distribute>> = Vec::new();
    // The service records images before charts, and ids are drawn in that order.
    for chart in charts {
        let mut rows = Vec::new();
        for image in &chart.images {
            let name = image_name(image);
            pushes.push(Push {
                image: name.to_owned(),
                service: chart.service.clone(),
            });
            if recorded.insert(name) {
                rows.push(Distribute {
                    id: draw(),
                    service_name: chart.service.clone(),
                    distribute_type: DistributeType::Image,
                    service_module: name.to_owned(),
                    image: image.clone(),
                    image_name: name.to_owned(),
                    namespace: image_namespace(image).to_owned(),
                    create_time: now_seconds,
                    ..Distribute::default()
                });
            }
        }
        children.push(rows);
    }
    let rows = charts
        .iter()
        .zip(children)
        .map(|(chart, sub_distributes)| Distribute {
            id: draw(),
            service_name: chart.service.clone(),
            distribute_type: DistributeType::Chart,
            chart_name: chart.service.clone(),
            chart_repo_name: repo.to_owned(),
            chart_version: chart.version.clone(),
            create_time: now_seconds,
            sub_distributes,
            ..Distribute::default()
        });
    (rows.collect(), pushes)
}
