//! The artifacts of a version: its rows and its pushes, and the charts that are packaged first.

use std::collections::HashSet;

use super::pushing::Push;
use super::reference::reference_name;
use super::rows::{Deploy, Distribute, DistributeType};
use super::version::{Chart, VersionRef};
use super::version_request::VersionRequest;
use crate::families::zadig::catalog::{Catalog, image_name, image_namespace, image_tag};
use crate::families::zadig::versions::messages::Stop;
use crate::sim::Millis;
use crate::sim::lifecycle::Outcome;
use crate::sim::scripts::Scripts;

/// The rows of a K8s version, and its pushes unless it stops. The rows are those written before the stop.
pub fn deploy(
    request: &VersionRequest,
    id: &str,
    catalog: &Catalog,
    now: Millis,
    mut draw_id: impl FnMut() -> String,
) -> (Vec<Deploy>, Result<Vec<Push>, Stop>) {
    let (mut placed_rows, mut pushes) = (Vec::new(), Vec::new());
    let environment = request.known_environment(catalog);
    let mut containers = HashSet::new();
    let mut stop = None;
    'rows: for service in &request.services {
        let mut known_services = environment.iter().flat_map(|known| &known.services);
        let position = known_services.position(|known| known.name == service.service);
        for image in &service.images {
            let container = &image.container_name;
            let running = request
                .running_image(catalog, &service.service, container)
                .filter(|_| request.registry.is_empty());
            let address = running.map_or_else(
                || request.target_address(catalog, &image.image_name, &image.image_tag),
                str::to_owned,
            );
            if !containers.insert((&service.service, container)) {
                stop = Some(Stop::SameContainer {
                    version: id.to_owned(),
                    service: service.service.clone(),
                    container: container.clone(),
                    image: address,
                });
                break 'rows;
            }
            let service_name = if container.is_empty() {
                String::new()
            } else {
                service.service.clone()
            };
            let row = Deploy {
                id: draw_id(),
                service_name,
                service_module: container.clone(),
                image_name: reference_name(&address).to_owned(),
                image: address,
                registry_id: request.registry.clone(),
                create_time: now.div_euclid(1_000),
            };
            if !image.disable_image_dist {
                pushes.push(Push {
                    image: image.image_name.clone(),
                    service: service.service.clone(),
                });
            }
            // An unknown service counts as the first.
            placed_rows.push((position.unwrap_or(0), row));
        }
    }
    placed_rows.sort_by_key(|(position, _)| *position);
    let rows = placed_rows.into_iter().map(|(_, row)| row).collect();
    if stop.is_none() && request.registry.is_empty() && !pushes.is_empty() {
        stop = Some(Stop::NoTarget(request.name.clone()));
    }
    (rows, stop.map_or(Ok(pushes), Err))
}

/// The charts of a Helm version, each once, with the images to be pushed.
///
/// An image is selected by its name. If references are checked (`is_checked`), its service must run it. An empty tag stands for
/// the current one.
pub fn charts(request: &VersionRequest, catalog: &Catalog, is_checked: bool) -> Vec<Chart> {
    let environment = request.known_environment(catalog);
    let mut charts: Vec<Chart> = Vec::new();
    for service in &request.services {
        if charts.iter().any(|chart| chart.service == service.service) {
            continue;
        }
        let known_service = environment.and_then(|known| known.service(&service.service));
        let mut names: Vec<&str> = Vec::new();
        let mut images = Vec::new();
        for image in service.pushed_images() {
            let name = &image.image_name;
            let running = known_service.and_then(|known| known.image_named(name));
            if names.contains(&name.as_str()) || (is_checked && running.is_none()) {
                continue;
            }
            // The last of several entries for one image decides its tag.
            let last = service
                .pushed_images()
                .rfind(|other| other.image_name == *name);
            let tag = match last.unwrap_or(image).image_tag.as_str() {
                "" => running.map_or("", image_tag),
                tag => tag,
            };
            names.push(name);
            images.push(request.target_address(catalog, name, tag));
        }
        charts.push(Chart {
            service: service.service.clone(),
            version: service.chart_version.clone(),
            images,
        });
    }
    charts
}

/// Packages charts and pushes them to a repository, before the request is answered.
///
/// Every chart is tried. Scripts decide by the chart's name, but cannot make it hang. `checked_catalog` is the
/// catalog that must have the repository, if references are checked.
pub fn package(
    version_ref: VersionRef,
    chart_repo: &str,
    charts: &[Chart],
    checked_catalog: Option<&Catalog>,
    scripts: &mut Scripts,
) -> Result<(), Stop> {
    let is_known = |catalog: &Catalog| catalog.chart_repos().any(|known| known.name == chart_repo);
    if checked_catalog.is_some_and(|catalog| !is_known(catalog)) {
        return Err(Stop::UnknownChartRepo {
            project: version_ref.project.to_owned(),
            repo: chart_repo.to_owned(),
        });
    }
    let mut errors = Vec::new();
    for chart in charts {
        let (service, version) = (&chart.service, &chart.version);
        if let Outcome::Fail(why) =
            scripts.decide_instant(&version_ref.step_query(service, service))
        {
            let archive = format!("{service}-{version}.tgz");
            errors.push(format!("failed to push chart: {archive}: {why}"));
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
/// Every image is pushed, but an image of several charts is recorded with the first of them only.
pub fn distribute(
    chart_repo: &str,
    charts: &[Chart],
    now: Millis,
    mut draw_id: impl FnMut() -> String,
) -> (Vec<Distribute>, Vec<Push>) {
    let create_time = now.div_euclid(1_000);
    let mut pushes = Vec::new();
    let mut recorded = HashSet::new();
    let mut rows: Vec<Distribute> = Vec::new();
    for chart in charts {
        let mut sub_distributes = Vec::new();
        for image in &chart.images {
            let name = image_name(image);
            pushes.push(Push {
                image: name.to_owned(),
                service: chart.service.clone(),
            });
            if recorded.insert(name) {
                sub_distributes.push(Distribute {
                    id: draw_id(),
                    service_name: chart.service.clone(),
                    distribute_type: DistributeType::Image,
                    service_module: reference_name(image).to_owned(),
                    image: image.clone(),
                    image_name: reference_name(image).to_owned(),
                    namespace: image_namespace(image).to_owned(),
                    create_time,
                    ..Distribute::default()
                });
            }
        }
        rows.push(Distribute {
            service_name: chart.service.clone(),
            distribute_type: DistributeType::Chart,
            chart_name: chart.service.clone(),
            chart_repo_name: chart_repo.to_owned(),
            chart_version: chart.version.clone(),
            create_time,
            sub_distributes,
            ..Distribute::default()
        });
    }
    // The service records all images before the charts, and draws ids in that order.
    for row in &mut rows {
        row.id = draw_id();
    }
    (rows, pushes)
}
