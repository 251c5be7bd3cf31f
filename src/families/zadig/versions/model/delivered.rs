//! The record of a version of generation 2: its source, and its services with their images. The statuses of images follow
//! the pushes.

use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use crate::families::zadig::catalog::ImagePath;
use crate::sim::heap::heap_of;
use crate::sim::pack::pack_structs;

/// The status of a pushed image or chart.
pub const PASSED: &str = "passed";

/// The part of a version that only generation 2 has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// `manual`, `from_env`, `from_version`, or the word of the request.
    pub source: String,
    /// The repository that charts are pushed to, or empty.
    pub chart_repo: String,
    pub services: Vec<DeliveredService>,
    /// The error so far, without that of the present pushes.
    pub error: String,
}

/// A service of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliveredService {
    /// The name.
    pub service_name: String,
    /// The chart; empty for a K8s version.
    pub chart_name: String,
    /// Always empty here.
    pub original_chart_version: String,
    /// The chart's version; empty for a K8s version.
    pub chart_version: String,
    /// `passed` once the chart is pushed, or needs no push; empty before, and for a K8s version.
    pub chart_status: String,
    /// The manifests of a K8s version, or the values of a chart.
    pub yaml_content: String,
    /// The images, in the order of the request.
    pub images: Vec<DeliveredImage>,
    /// Always empty.
    pub error: String,
}

/// An image of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliveredImage {
    /// The container that runs it.
    pub container_name: String,
    /// The name.
    pub image_name: String,
    /// The address that it is pushed from.
    pub source_image: String,
    /// The tag of that.
    pub source_image_tag: String,
    /// The address of the request.
    pub target_image: String,
    /// The tag that it is pushed with.
    pub target_image_tag: String,
    /// The places of its parts in the values of a chart; null for a K8s version.
    pub image_path: Option<ImagePath>,
    /// True if it is pushed.
    pub push_image: bool,
    /// The status of the push: `prepare`, `running`, `passed`, `failed`, or empty before and without a push.
    pub status: String,
    /// The error of the last failed push, which stays when a retry succeeds.
    pub error: String,
    /// The step of its push.
    #[serde(skip)]
    pub step: Option<usize>,
}

heap_of! {
    Delivered { source, chart_repo, services, error }
    DeliveredService {
        service_name, chart_name, original_chart_version, chart_version, chart_status, yaml_content, images, error
    }
    DeliveredImage {
        container_name, image_name, source_image, source_image_tag, target_image, target_image_tag, image_path, status,
        error
    }
    ImagePath { repo, namespace, image, tag }
}

impl DeliveredService {
    pub fn pushed_images(&self) -> impl Iterator<Item = &DeliveredImage> {
        self.images.iter().filter(|image| image.push_image)
    }
}

impl Delivered {
    /// The service and the container of each push, in the order of the services and their images.
    pub fn pushes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.services.iter().flat_map(|service| {
            let images = service.pushed_images();
            images.map(|image| (&*service.service_name, &*image.container_name))
        })
    }

    /// Of the pushes those that have passed, as a fixture gives them.
    pub fn passed_pushes(&self) -> Vec<bool> {
        let images = self
            .services
            .iter()
            .flat_map(DeliveredService::pushed_images);
        images.map(|image| image.status == PASSED).collect()
    }

    /// Finds the step of each image: the last of its service and its container, pushed or not, as in the service.
    pub fn find_steps<'a>(&mut self, pushes: impl Iterator<Item = (&'a str, &'a str)>) {
        let steps = pushes.enumerate().map(|(step, push)| (push, step));
        let steps: HashMap<(&str, &str), usize> = steps.collect();
        for service in &mut self.services {
            for image in &mut service.images {
                let key = (&*service.service_name, &*image.container_name);
                image.step = steps.get(&key).copied();
            }
        }
    }

    pub fn find_service(&self, name: &str) -> Option<&DeliveredService> {
        // The service's own map has the last of that name.
        let mut services = self.services.iter().rev();
        services.find(|service| service.service_name == name)
    }

    pub fn find_image(&self, service: &str, container: &str) -> Option<&DeliveredImage> {
        let services = self.services.iter().rev();
        let mut images = services
            .filter(|known| known.service_name == service)
            .flat_map(|known| known.images.iter().rev());
        images.find(|image| image.container_name == container)
    }
}

/// The text on a failed push.
pub fn push_error(service: &str, why: &str) -> String {
    // With the service's trailing blank.
    format!("failed to build image distribute for service: {service}, status: failed, err: {why} ")
}

/// The approximate size of the detail of a version, in bytes.
pub fn detail_size(delivered: &Delivered) -> usize {
    let sizes = delivered
        .services
        .iter()
        .map(|service| 256 + service.yaml_content.len() * 9 / 8 + service.images.len() * 512);
    512 + sizes.sum::<usize>()
}

pack_structs! {
    Delivered { source, chart_repo, services, error }
    DeliveredService {
        service_name, chart_name, original_chart_version, chart_version, chart_status,
        yaml_content, images, error,
    }
    DeliveredImage {
        container_name, image_name, source_image, source_image_tag, target_image,
        target_image_tag, image_path, push_image, status, error, step,
    }
}
