//! The manifests of services and the values of charts, in which images are replaced.
//!
//! As in v4.3.0 and before, a manifest keeps only its workloads, with sorted keys. v5.0.0 keeps all documents with a kind.

use serde_json::{Map, Value, json};

use super::delivered::DeliveredImage;
use super::yaml::write_yaml;
use crate::families::zadig::catalog::ImagePath;
use crate::families::zadig::versions::messages_v4::ManifestError;

/// The kinds of manifests whose containers are looked at.
const WORKLOADS: [&str; 6] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "ReplicaSet",
];

/// The way to the containers of a workload: each field with its name in the error.
const TO_CONTAINERS: [(&str, &str); 3] = [
    ("spec", "spec"),
    ("template", "template"),
    ("spec", "template.spec"),
];

/// The same for a `CronJob`.
const TO_CRON_CONTAINERS: [(&str, &str); 5] = [
    ("spec", "spec"),
    ("jobTemplate", "jobTemplate"),
    ("spec", "jobTemplate.spec"),
    ("template", "jobTemplate.spec.template"),
    ("spec", "jobTemplate.spec.template.spec"),
];

/// The deepest nesting and the most repeated parts of a manifest that are read.
const DEEPEST: usize = 100;
const MOST_REPEATED: usize = 10_000;

/// The manifest of a service as its environment renders it, of which the emulator knows the containers alone.
pub fn rendered<'a>(
    project: &str,
    environment: &str,
    service: &str,
    containers: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let containers = containers.map(|(name, image)| json!({"image": image, "name": name}));
    let containers: Vec<Value> = containers.collect();
    let labels = json!({"app": service});
    let manifest = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "labels": labels,
            "name": service,
            "namespace": format!("{project}-env-{environment}"),
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    });
    write_yaml(&manifest)
}

/// The workloads among manifests, with the images of a service in the containers that it names.
pub fn with_images(manifests: &str, images: &[DeliveredImage]) -> Result<String, ManifestError> {
    let mut written = String::new();
    for document in manifests.split("\n---\n") {
        let mut manifest = read(document)?;
        let kind = manifest.get("kind").and_then(Value::as_str);
        let kind = kind.ok_or(ManifestError::Lacks("kind"))?;
        if !WORKLOADS.contains(&kind) {
            continue;
        }
        let way: &[(&str, &'static str)] = match kind {
            "CronJob" => &TO_CRON_CONTAINERS,
            _ => &TO_CONTAINERS,
        };
        let mut place = &mut manifest;
        for (field, name) in way {
            let next = place.get_mut(*field).filter(|next| next.is_object());
            place = next.ok_or(ManifestError::Lacks(name))?;
        }
        let containers = place.get_mut("containers").and_then(Value::as_array_mut);
        for container in containers.ok_or(ManifestError::Lacks("containers"))? {
            let Some(container) = container.as_object_mut() else {
                continue;
            };
            // The last image for a container counts.
            let mut images = images.iter().rev();
            let image = images.find(|image| {
                container.get("name").and_then(Value::as_str) == Some(&image.container_name)
            });
            if let Some(image) = image {
                container.insert("image".to_owned(), image.target_image.clone().into());
            }
        }
        written.push_str(&write_yaml(&manifest));
        written.push('\n');
    }
    Ok(written)
}

/// Reads a document; an empty one has no fields.
fn read(document: &str) -> Result<Value, ManifestError> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPEATED },
        budget: serde_saphyr::budget! { max_depth: DEEPEST },
    };
    let malformed = |error: String| ManifestError::Malformed(error);
    if document.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let read: Result<Value, _> = serde_saphyr::from_str_with_options(document, options);
    match read {
        Ok(Value::Null) => Ok(Value::Object(Map::new())),
        Ok(manifest @ Value::Object(_)) => Ok(manifest),
        Ok(_) => Err(malformed("it must be a mapping".to_owned())),
        Err(error) => Err(malformed(error.to_string())),
    }
}

/// The values of a chart with its images in their places. Values that are not YAML are left out.
pub fn values<'a>(others: &str, images: impl Iterator<Item = (&'a ImagePath, &'a str)>) -> String {
    let mut values = read(others).unwrap_or_else(|_| Value::Object(Map::new()));
    for (image_path, address) in images {
        for (path, part) in parts(image_path, address) {
            set(&mut values, path, part);
        }
    }
    match &values {
        Value::Object(fields) if fields.is_empty() => "{}\n".to_owned(),
        _ => write_yaml(&values),
    }
}

/// The parts of an address, each with its place in the values. The name has what has no place of its own.
fn parts<'a>(image_path: &'a ImagePath, address: &str) -> Vec<(&'a str, String)> {
    let (rest, tag) = match address.rsplit_once(':') {
        Some((rest, tag)) if !tag.contains('/') => (rest, tag),
        _ => (address, ""),
    };
    let (place, mut name) = match rest.rsplit_once('/') {
        Some((place, name)) => (place, name.to_owned()),
        None => ("", rest.to_owned()),
    };
    let ImagePath {
        repo,
        namespace,
        image,
        tag: tag_path,
    } = image_path;
    let mut found = Vec::new();
    if repo.is_empty() {
        if !place.is_empty() {
            name = format!("{place}/{name}");
        }
    } else if namespace.is_empty() {
        found.push((&**repo, place.to_owned()));
    } else {
        let (host, within) = place.split_once('/').unwrap_or((place, ""));
        found.push((&**repo, host.to_owned()));
        found.push((&**namespace, within.to_owned()));
    }
    if tag_path.is_empty() {
        if !tag.is_empty() {
            name = format!("{name}:{tag}");
        }
    } else {
        found.push((tag_path, tag.to_owned()));
    }
    if !image.is_empty() {
        found.push((image, name));
    }
    found
}

/// Sets the field at a dotted path.
fn set(values: &mut Value, path: &str, text: String) {
    let mut place = values;
    for field in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[field];
    }
    *place = typed(text);
}

/// A text as the service's library reads it: some words and whole numbers are no texts.
fn typed(text: String) -> Value {
    match &*text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        "0" => 0.into(),
        digits if !digits.starts_with('0') => match digits.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => text.into(),
        },
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(container: &str, target: &str) -> DeliveredImage {
        DeliveredImage {
            container_name: container.to_owned(),
            target_image: target.to_owned(),
            ..DeliveredImage::default()
        }
    }

    #[test]
    fn workloads_get_their_images_and_other_documents_go() {
        let containers = [("web", "r/web:1"), ("proxy", "r/proxy:1")];
        let manifest = rendered("shop", "dev", "web", containers.into_iter());
        let service = "apiVersion: v1\nkind: Service\n---\n";
        let with = with_images(&format!("{service}{manifest}"), &[image("web", "r/web:2")]);
        assert_eq!(
            with.unwrap(),
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    app: web\n  name: web\n  \
             namespace: shop-env-dev\nspec:\n  selector:\n    matchLabels:\n      app: web\n  template:\n    \
             metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - image: r/web:2\n        \
             name: web\n      - image: r/proxy:1\n        name: proxy\n\n"
        );
        let cron = "kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c}, 7]}}}}}";
        let with = with_images(cron, &[image("c", "r/c:2"), image("c", "r/c:3")]).unwrap();
        assert!(with.contains("- image: r/c:3\n"), "{with}");
    }

    #[test]
    fn a_manifest_lacks_a_field_by_its_name() {
        for (manifest, lacks) in [
            ("", "kind"),
            ("a: 1", "kind"),
            ("kind: 7", "kind"),
            ("kind: Deployment", "spec"),
            ("kind: Deployment\nspec: x", "spec"),
            ("kind: Job\nspec: {}", "template"),
            ("kind: Job\nspec: {template: {}}", "template.spec"),
            ("kind: Job\nspec: {template: {spec: {}}}", "containers"),
            ("kind: CronJob", "spec"),
            ("kind: CronJob\nspec: {}", "jobTemplate"),
            ("kind: CronJob\nspec: {jobTemplate: {}}", "jobTemplate.spec"),
            (
                "kind: CronJob\nspec: {jobTemplate: {spec: {}}}",
                "jobTemplate.spec.template",
            ),
            (
                "kind: CronJob\nspec: {jobTemplate: {spec: {template: {}}}}",
                "jobTemplate.spec.template.spec",
            ),
        ] {
            assert_eq!(
                with_images(manifest, &[]),
                Err(ManifestError::Lacks(lacks)),
                "{manifest}"
            );
        }
        assert_eq!(with_images("kind: ConfigMap", &[]), Ok(String::new()));
        for malformed in ["kind: [", "- 1", "7"] {
            let refused = with_images(malformed, &[]);
            assert!(
                matches!(refused, Err(ManifestError::Malformed(_))),
                "{malformed}: {refused:?}"
            );
        }
    }

    #[test]
    fn the_parts_of_an_image_go_to_their_places() {
        let path = |repo: &str, namespace: &str, image: &str, tag: &str| ImagePath {
            repo: repo.to_owned(),
            namespace: namespace.to_owned(),
            image: image.to_owned(),
            tag: tag.to_owned(),
        };
        for (image_path, expected) in [
            (
                path("", "", "image.repository", "image.tag"),
                "image:\n  repository: h:80/a/b/web\n  tag: \"1.0\"\n",
            ),
            (path("", "", "image", ""), "image: h:80/a/b/web:1.0\n"),
            (path("r", "", "i", "t"), "i: web\nr: h:80/a/b\nt: \"1.0\"\n"),
            (
                path("r", "n", "i", "t"),
                "i: web\n\"n\": a/b\nr: h:80\nt: \"1.0\"\n",
            ),
        ] {
            let written = values("", [(&image_path, "h:80/a/b/web:1.0")].into_iter());
            assert_eq!(written, expected);
        }
        assert_eq!(values("", std::iter::empty()), "{}\n");
        let others = values(
            "b: 1\nimage: {tag: old, pull: Always}",
            [(&path("", "", "", "image.tag"), "web:2")].into_iter(),
        );
        assert_eq!(others, "b: 1\nimage:\n  pull: Always\n  tag: 2\n");
    }
}
