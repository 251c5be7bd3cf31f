//! The images of containers, replaced inside a Deployment whose other text stays the same byte for byte.

use std::cmp::Reverse;
use std::ops::Range;

use serde::Deserialize;

use crate::families::asm::fields::ensure;
use crate::http::json::{RawJson, RawSlice};
use crate::world::fixture::ValidationError;

/// An image that an update assigns to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUpdate {
    /// The field of the pod with the list of containers.
    list: &'static str,
    /// The position in the list.
    position: usize,
    /// The container's name; if absent, the position selects the container.
    name: Option<String>,
    image: String,
}

fn image_path(list: &str, position: usize) -> String {
    format!("spec.template.spec.{list}[{position}].image")
}

#[derive(Default, Deserialize)]
struct Deployment<'a> {
    #[serde(borrow)]
    spec: Option<DeploymentSpec<'a>>,
}

#[derive(Deserialize)]
struct DeploymentSpec<'a> {
    #[serde(borrow)]
    template: Option<PodTemplate<'a>>,
}

#[derive(Deserialize)]
struct PodTemplate<'a> {
    #[serde(borrow)]
    spec: Option<PodSpec<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodSpec<'a> {
    #[serde(borrow)]
    init_containers: Option<Vec<PodContainer<'a>>>,
    #[serde(borrow)]
    containers: Option<Vec<PodContainer<'a>>>,
}

#[derive(Deserialize)]
struct PodContainer<'a> {
    name: Option<String>,
    /// The JSON text, a slice of the Deployment's.
    #[serde(borrow)]
    image: Option<RawSlice<'a>>,
}

impl<'a> Deployment<'a> {
    /// The containers, with their lists and positions.
    fn containers(self) -> impl Iterator<Item = (&'static str, usize, PodContainer<'a>)> {
        let pod = self.spec.and_then(|spec| spec.template?.spec);
        let (containers, init_containers) =
            pod.map_or((None, None), |pod| (pod.containers, pod.init_containers));
        [
            ("containers", containers),
            ("initContainers", init_containers),
        ]
        .into_iter()
        .flat_map(|(list, containers)| {
            let numbered = containers.into_iter().flatten().enumerate();
            numbered.map(move |(position, container)| (list, position, container))
        })
    }
}

/// The images in the Deployment of an update.
pub fn updates_in(template: &RawJson) -> Result<Vec<ImageUpdate>, ValidationError> {
    let mut updates = Vec::new();
    for (list, position, container) in template.read::<Deployment>()?.containers() {
        let Some(image) = container.image else {
            continue;
        };
        let image = image
            .read()
            .map_err(|error: ValidationError| error.nested_in(image_path(list, position)))?;
        updates.push(ImageUpdate {
            list,
            position,
            name: container.name,
            image,
        });
    }
    Ok(updates)
}

/// Replaces images in a Deployment. Only the tag or digest of an image may change.
///
/// # Panics
/// Never: a JSON string in place of another leaves the text valid JSON.
pub fn replace(template: &RawJson, updates: &[ImageUpdate]) -> Result<RawJson, ValidationError> {
    if updates.is_empty() {
        return Ok(template.clone());
    }
    let text = template.text();
    // A template that is not a Deployment has no containers, so the error names the missing container.
    let deployment: Deployment = template.read().unwrap_or_default();
    let containers: Vec<_> = deployment.containers().collect();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for update in updates {
        let path = image_path(update.list, update.position);
        let container = containers.iter().find(|(list, position, container)| {
            let matches = match &update.name {
                Some(name) => container.name.as_ref() == Some(name),
                None => *position == update.position,
            };
            *list == update.list && matches
        });
        let Some(old_json) = container.and_then(|(_, _, container)| container.image) else {
            let expected = "the task has no such container with an image";
            return Err(ValidationError::new(path, expected));
        };
        let old_json = old_json.text();
        let old_image: String = serde_json::from_str(old_json).unwrap_or_default();
        let repository = repository(&old_image).unwrap_or(&old_image);
        let rule = format!("only the tag or digest may change, and the repository is {repository}");
        ensure(
            self::repository(&update.image) == Some(repository),
            path,
            rule,
        )?;
        // The JSON of the image is a slice of the text, so its offset is the distance of the two.
        let start = old_json.as_ptr().addr() - text.as_ptr().addr();
        if old_image != update.image {
            let image = serde_json::to_string(&update.image).expect("a text is JSON");
            edits.push((start..start + old_json.len(), image));
        }
    }
    // Back to front, so that the offsets of the remaining edits stay valid.
    edits.sort_by_key(|(range, _)| Reverse(range.start));
    edits.dedup_by_key(|(range, _)| range.start);
    let mut text = text.to_owned();
    for (range, image) in edits {
        text.replace_range(range, &image);
    }
    Ok(serde_json::from_str(&text).expect("a text in place of a text leaves JSON"))
}

/// The part of an image before tag and digest; `None` if that, the tag or the digest is empty.
fn repository(image: &str) -> Option<&str> {
    let (named, digest) = match image.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (image, None),
    };
    // A colon before the last slash belongs to the registry's port.
    let path = named.rfind('/').map_or(0, |slash| slash + 1);
    let (repository, tag) = match named[path..].split_once(':') {
        Some((last, tag)) => (&named[..path + last.len()], Some(tag)),
        None => (named, None),
    };
    let is_complete = digest != Some("") && tag != Some("") && repository.len() > path;
    is_complete.then_some(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> RawJson {
        serde_json::from_str(text).unwrap()
    }

    fn tagged(tag: &str) -> Vec<ImageUpdate> {
        let text = format!(
            r#"{{"spec":{{"template":{{"spec":{{"containers":[{{"image":"r/app:{tag}"}}]}}}}}}}}"#
        );
        updates_in(&template(&text)).unwrap()
    }

    #[test]
    fn the_repository_comes_before_tag_and_digest() {
        for (image, repository) in [
            ("nginx", Some("nginx")),
            ("nginx:1.27", Some("nginx")),
            (
                "swr.example.com:5000/group/app:v2",
                Some("swr.example.com:5000/group/app"),
            ),
            (
                "swr.example.com:5000/group/app",
                Some("swr.example.com:5000/group/app"),
            ),
            ("group/app:v2@sha256:ab", Some("group/app")),
            ("group/app@sha256:ab", Some("group/app")),
            ("", None),
            ("group/", None),
            ("app:", None),
            ("app@", None),
        ] {
            assert_eq!(super::repository(image), repository, "{image}");
        }
    }

    #[test]
    fn only_the_image_changes() {
        let before = r#"{"z":1.50,"spec":{"replicas":1e0,"template":{"spec":{"containers":[{"image":"r\/app:v1","name":"app"}],"dup":1,"dup":2}}},"a":[]}"#;
        let after = replace(&template(before), &tagged("v2")).unwrap();
        assert_eq!(after.text(), before.replace(r"r\/app:v1", "r/app:v2"));
    }

    #[test]
    fn the_same_image_keeps_its_spelling() {
        let before = r#"{"spec":{"template":{"spec":{"containers":[{"image":"r\/app:v1"}]}}}}"#;
        assert_eq!(
            replace(&template(before), &tagged("v1")).unwrap().text(),
            before
        );
    }

    #[test]
    fn other_json_has_no_containers() {
        for text in [
            "{}",
            r#"{"spec":7}"#,
            r#"{"spec":{"template":{"spec":{"containers":[{}]}}}}"#,
        ] {
            let error = replace(&template(text), &tagged("v1")).unwrap_err();
            assert_eq!(error.path, "spec.template.spec.containers[0].image");
        }
    }
}
