//! The grammar of image references, as the service's library reads them: `[domain/]path[:tag][@digest]`.

/// The most bytes of a name.
const LONGEST_NAME: usize = 255;

/// The last part of the name of an image, or nothing if its address is no reference.
pub(super) fn reference_name(image: &str) -> &str {
    let rest = match image.split_once('@') {
        Some((rest, digest)) if is_digest(digest) => rest,
        Some(_) => return "",
        None => image,
    };
    // A colon behind the last slash begins the tag; one before it, a port.
    let name = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => {
            if !is_tag(tag) {
                return "";
            }
            name
        }
        _ => rest,
    };
    if !is_name(name) {
        return "";
    }
    name.rsplit('/').next().unwrap_or_default()
}

fn is_name(name: &str) -> bool {
    if name.len() > LONGEST_NAME {
        return false;
    }
    let is_path = |path: &str| path.split('/').all(is_component);
    is_path(name)
        || name
            .split_once('/')
            .is_some_and(|(domain, path)| is_domain(domain) && is_path(path))
}

/// Lower-case words with a dot, one or two underscores, or hyphens between them.
fn is_component(component: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separators = component.split(|c: char| c.is_ascii() && is_word(c as u8));
    let mut separators = separators.filter(|separator| !separator.is_empty());
    let bytes = component.as_bytes();
    let ends_in_words = [bytes.first(), bytes.last()]
        .into_iter()
        .all(|end| end.is_some_and(|byte| is_word(*byte)));
    ends_in_words
        && separators.all(|separator| {
            matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

fn is_domain(domain: &str) -> bool {
    let host = match domain.split_once(':') {
        Some((host, port))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            host
        }
        Some(_) => return false,
        None => domain,
    };
    host.split('.').all(|label| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty()
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = tag.as_bytes();
    bytes.first().is_some_and(|first| is_word(*first))
        && bytes.len() <= 128
        && bytes
            .iter()
            .all(|byte| is_word(*byte) || matches!(byte, b'.' | b'-'))
}

/// A digest of an algorithm that the library knows.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, digits)) = digest.split_once(':') else {
        return false;
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    let is_hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    digits.len() == length && digits.bytes().all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_last_part_without_tag_and_digest() {
        let digest = "a".repeat(64);
        for (image, name) in [
            (
                "koderover.tencentcloudcr.com/test/service1:20240419133934-5-main",
                "service1",
            ),
            ("web", "web"),
            ("host:5000/web:1", "web"),
            ("REG.io/ns/web__a-b.c:1", "web__a-b.c"),
            (&*format!("reg.io/ns/other@sha256:{digest}"), "other"),
            (&*format!("reg.io/ns/other:1@sha256:{digest}"), "other"),
            ("reg.io/ns/other@sha256:short", ""),
            ("host:5000//web:1", ""),
            ("reg.io/ns/web:", ""),
            ("reg.io/ns/Web:1", ""),
            ("reg.io/ns/w eb:1", ""),
            ("reg.io/ns/web-:1", ""),
            ("reg.io/ns/a___b:1", ""),
            ("", ""),
        ] {
            assert_eq!(reference_name(image), name, "{image}");
        }
    }
}
