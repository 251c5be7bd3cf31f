//! The artifacts of a version: its rows and its pushes, and the charts that are packaged before.

use std::collections::HashSet;

use super::catalog::{Catalog, image_name, image_namespace, image_tag};
use super::rows::{Deploy, Distribute, DistributeType};
use super::version::{Chart, Push, VersionRef};
use super::version_request::{ImageRequest, Strictness, VersionRequest, running};
use crate::families::zadig::messages::Stop;
use crate::sim::lifecycle::Outcome;
use crate::sim::scripts::Scripts;

/// The rows and pushes of a K8s version, and what stops it if anything does. Rows are those written until
/// then.
pub fn deploy(
    request: &VersionRequest,
    catalog: &Catalog,
    now_seconds: i64,
    mut draw: impl FnMut() -> String,
) -> (Vec<Deploy>, Result<Vec<Push>, Stop>) {
    let (mut placed, mut pushes) = (Vec::new(), Vec::new());
    let environment =
        catalog.environment(&request.project, &request.environment, request.production);
    let mut seen = HashSet::new();
    let mut stop = None;
    'rows: for service in &request.services {
        let place = environment.map_or(0, |known| known.place(&service.service));
        for image in &service.images {
            let running = running(request, catalog, &service.service, &image.container)
                .filter(|_| request.registry.is_empty());
            let address = running.map_or_else(
                || request.target_of(catalog, &image.name, &image.tag),
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
                registry_id: request.registry.clone(),
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
        let nowhere = request.registry.is_empty() && !pushes.is_empty();
        nowhere.then(|| Stop::NoTarget(request.name.clone()))
    });
    (rows, stop.map_or(Ok(pushes), Err))
}

/// The charts of a Helm version, each once, with the images to be pushed.
///
/// An image is selected by its name. Where the service is known, it must be one that it runs; its current
/// tag stands in for one that is not given.
pub fn charts(request: &VersionRequest, catalog: &Catalog, strictness: Strictness) -> Vec<Chart> {
    let environment =
        catalog.environment(&request.project, &request.environment, request.production);
    let mut charts: Vec<Chart> = Vec::new();
    for service in &request.services {
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
            let same = |other: &&ImageRequest| other.push && other.name == image.name;
            let last = service.images.iter().rfind(same).unwrap_or(image);
            let tag = match last.tag.as_str() {
                "" => running.map_or("", image_tag),
                tag => tag,
            };
            names.push(&image.name);
            images.push(request.target_of(catalog, &image.name, tag));
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
/// chart is tried; scripts decide by the chart's name, but not that it hangs.
pub fn package(
    version_ref: VersionRef,
    repo: &str,
    charts: &[Chart],
    catalog: &Catalog,
    strictness: Strictness,
    scripts: &mut Scripts,
) -> Result<(), Stop> {
    if strictness.checked && !catalog.has_chart_repo(repo) {
        return Err(Stop::UnknownChartRepo {
            project: version_ref.project.to_owned(),
            repo: repo.to_owned(),
        });
    }
    let mut errors = Vec::new();
    for Chart {
        service, version, ..
    } in charts
    {
        if let Outcome::Fail(why) = scripts.decide_instant(&version_ref.ask(service)) {
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
    let mut recorded = HashSet::new();
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
