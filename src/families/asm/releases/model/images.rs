//! Images of containers, changed inside a Deployment that is otherwise left as it is, byte for byte.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::http::json::{RawJson, ValidationError, strict};

/// An image that an update names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUpdate {
    pub list: ContainerList,
    /// Its position there.
    pub position: usize,
    /// The container's name; absent: the container of the same position is meant.
    pub name: Option<String>,
    /// The image.
    pub image: String,
}

/// The lists of containers in a Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerList {
    /// `containers`.
    Containers,
    /// `initContainers`.
    InitContainers,
}

impl ContainerList {
    fn place(self, position: usize) -> String {
        let list = match self {
            Self::Containers => "containers",
            Self::InitContainers => "initContainers",
        };
        format!("spec.template.spec.{list}[{position}]")
    }
}

/// What does not fit, and where in the Deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageMismatch {
    /// The JSON path.
    pub place: String,
    pub wrong: String,
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
    /// As it is written, so that it can be found again in the text.
    #[serde(borrow)]
    image: Option<&'a RawValue>,
}

fn parse(template: &RawJson) -> Result<Deployment<'_>, ValidationError> {
    let mut json = serde_json::Deserializer::from_str(template.text());
    let mut track = serde_path_to_error::Track::new();
    strict::deserialize(serde_path_to_error::Deserializer::new(
        &mut json, &mut track,
    ))
    .map_err(|error| ValidationError::new(track.path(), error.to_string()))
}

impl<'a> Deployment<'a> {
    fn containers(self) -> impl Iterator<Item = (ContainerList, usize, PodContainer<'a>)> {
        let pod = self.spec.and_then(|spec| spec.template?.spec);
        let (containers, init) =
            pod.map_or((None, None), |pod| (pod.containers, pod.init_containers));
        let listed = |list, containers: Option<Vec<_>>| {
            let numbered = containers.into_iter().flatten().enumerate();
            numbered.map(move |(position, container)| (list, position, container))
        };
        listed(ContainerList::Containers, containers)
            .chain(listed(ContainerList::InitContainers, init))
    }
}

/// The images of a Deployment.
pub fn updates_in(template: &RawJson) -> Result<Vec<ImageUpdate>, ValidationError> {
    let mut updates = Vec::new();
    for (list, position, container) in parse(template)?.containers() {
        let Some(image) = container.image else {
            continue;
        };
        let image = serde_json::from_str(image.get()).map_err(|_| {
            ValidationError::new(format!("{}.image", list.place(position)), "must be a text")
        })?;
        updates.push(ImageUpdate {
            list,
            position,
            name: container.name,
            image,
        });
    }
    Ok(updates)
}

/// The Deployment with other images: same registry and repository, another tag or digest.
///
/// Errors: a container that is not there or has no image, another repository, an image that is none.
///
/// # Panics
/// Never: a text in place of a text leaves JSON.
pub fn replaced(template: &RawJson, updates: &[ImageUpdate]) -> Result<RawJson, ImageMismatch> {
    if updates.is_empty() {
        return Ok(template.clone());
    }
    let text = template.text();
    // A template that is no Deployment has no containers, which is what the caller hears.
    let known: Vec<_> = parse(template).unwrap_or_default().containers().collect();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for image in updates {
        let mismatch = |wrong: String| ImageMismatch {
            place: format!("{}.image", image.list.place(image.position)),
            wrong,
        };
        let found = known.iter().find(|(list, position, container)| {
            let meant = match &image.name {
                Some(name) => container.name.as_ref() == Some(name),
                None => *position == image.position,
            };
            *list == image.list && meant
        });
        let old = found
            .and_then(|(_, _, container)| container.image)
            .ok_or_else(|| mismatch("the task has no such container with an image".to_owned()))?;
        let written: String = serde_json::from_str(old.get()).unwrap_or_default();
        let repository = repository(&written).unwrap_or(&written);
        if self::repository(&image.image) != Some(repository) {
            return Err(mismatch(format!(
                "only the tag or digest may change, and the repository is {repository}"
            )));
        }
        // The raw value is a slice of the very text, so its distance from the start is its place.
        let start = old.get().as_ptr().addr() - text.as_ptr().addr();
        let range = start..start + old.get().len();
        if written != image.image {
            let image = serde_json::to_string(&image.image).expect("a text is JSON");
            edits.push((range, image));
        }
    }
    // From the back, so that places further in front stay what they are.
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    edits.dedup_by_key(|(range, _)| range.start);
    let mut text = text.to_owned();
    for (range, image) in edits {
        text.replace_range(range, &image);
    }
    Ok(serde_json::from_str(&text).expect("a text in place of a text leaves JSON"))
}

/// What an image is before its tag and digest; none if there is nothing, or an empty tag or digest.
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
    let whole = digest != Some("") && tag != Some("") && repository.len() > path;
    whole.then_some(repository)
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
    fn the_repository_is_what_comes_before_tag_and_digest() {
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
    fn an_image_changes_and_nothing_else_does() {
        let before = r#"{"z":1.50,"spec":{"replicas":1e0,"template":{"spec":{"containers":[{"image":"r\/app:v1","name":"app"}],"dup":1,"dup":2}}},"a":[]}"#;
        let after = replaced(&template(before), &tagged("v2")).unwrap();
        assert_eq!(after.text(), before.replace(r"r\/app:v1", "r/app:v2"));
    }

    #[test]
    fn the_same_image_leaves_its_spelling() {
        let before = r#"{"spec":{"template":{"spec":{"containers":[{"image":"r\/app:v1"}]}}}}"#;
        assert_eq!(
            replaced(&template(before), &tagged("v1")).unwrap().text(),
            before
        );
    }

    #[test]
    fn what_is_no_deployment_has_no_containers() {
        for text in [
            "{}",
            r#"{"spec":7}"#,
            r#"{"spec":{"template":{"spec":{"containers":[{}]}}}}"#,
        ] {
            let mismatch = replaced(&template(text), &tagged("v1")).unwrap_err();
            assert_eq!(mismatch.place, "spec.template.spec.containers[0].image");
        }
    }
}
