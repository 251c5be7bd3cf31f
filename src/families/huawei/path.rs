//! Segments of request paths.

use percent_encoding::percent_decode_str;

/// The n-th segment of a path, counted from 1; segment 0 is the text before the first slash.
pub fn segment(path: &str, n: usize) -> Option<&str> {
    // Faster than `split`, whose searcher costs more to set up than a short path to scan.
    let slash = |text: &str| text.bytes().position(|byte| byte == b'/');
    let mut rest = path;
    for _ in 0..n {
        rest = &rest[slash(rest)? + 1..];
    }
    Some(&rest[..slash(rest).unwrap_or(rest.len())])
}

/// A segment of a path, decoded.
pub fn decoded(segment: &str) -> String {
    if !segment.as_bytes().contains(&b'%') {
        return segment.to_owned();
    }
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn segments_equal_those_of_a_split() {
        for path in ["", "/", "/v3/p1/pipelines", "/v3/p1/", "//x", "no/slash"] {
            for n in 0..5 {
                assert_eq!(segment(path, n), path.split('/').nth(n), "{n} of {path:?}");
            }
        }
    }
}
