//! The headers that are known by name.

/// The way in which the value of a header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderValueKind {
    MediaType,
    Word,
    Number,
    /// A name, of which a stand-in is written.
    Name,
    /// The shape only.
    Shape,
}

/// The known headers, in the order of their names.
const KNOWN: [(&str, HeaderValueKind); 82] = {
    use HeaderValueKind::{MediaType, Name, Number, Shape, Word};
    [
        ("accept", MediaType),
        ("accept-charset", Word),
        ("accept-encoding", Word),
        ("accept-language", Word),
        ("access-control-allow-credentials", Word),
        ("access-control-allow-headers", Word),
        ("access-control-allow-methods", Word),
        ("access-control-allow-origin", Shape),
        ("access-control-expose-headers", Word),
        ("access-control-max-age", Number),
        ("age", Number),
        ("allow", Word),
        ("alt-svc", Shape),
        ("authorization", Shape),
        ("cache-control", Word),
        ("cdn-src-ip", Shape),
        ("connection", Word),
        ("content-disposition", Shape),
        ("content-encoding", Word),
        ("content-language", Word),
        ("content-length", Number),
        ("content-location", Shape),
        ("content-security-policy", Shape),
        ("content-type", MediaType),
        ("cookie", Shape),
        ("cross-origin-opener-policy", Word),
        ("date", Shape),
        ("etag", Shape),
        ("expect", Word),
        ("expires", Shape),
        ("forwarded", Shape),
        ("host", Name),
        ("if-match", Shape),
        ("if-modified-since", Shape),
        ("if-none-match", Shape),
        ("keep-alive", Word),
        ("last-modified", Shape),
        ("link", Shape),
        ("location", Shape),
        ("origin", Shape),
        ("pragma", Word),
        ("proxy-connection", Word),
        ("referer", Shape),
        ("referrer-policy", Word),
        ("retry-after", Number),
        ("server", Shape),
        ("set-cookie", Shape),
        ("strict-transport-security", Shape),
        ("te", Word),
        ("trailer", Word),
        ("transfer-encoding", Word),
        ("upgrade", Word),
        ("user-agent", Shape),
        ("vary", Word),
        ("via", Shape),
        ("www-authenticate", Shape),
        ("x-api-version", Word),
        ("x-auth-token", Shape),
        ("x-content-type-options", Word),
        ("x-domain-id", Name),
        ("x-download-options", Word),
        ("x-emulator-evidence", Shape),
        ("x-emulator-hint", Shape),
        ("x-emulator-fault", Shape),
        ("x-enterprise-project-id", Name),
        ("x-forwarded-for", Shape),
        ("x-forwarded-host", Shape),
        ("x-forwarded-proto", Word),
        ("x-frame-options", Word),
        ("x-language", Word),
        ("x-permitted-cross-domain-policies", Word),
        ("x-project-id", Name),
        ("x-real-ip", Shape),
        ("x-request-id", Shape),
        ("x-requested-with", Word),
        ("x-sdk-content-sha256", Shape),
        ("x-sdk-date", Shape),
        ("x-security-token", Shape),
        ("x-subject-token", Shape),
        ("x-trace-id", Shape),
        ("x-user-id", Name),
        ("x-xss-protection", Word),
    ]
};

/// The parts of media types that are written.
const PARTS: [&str; 22] = [
    "*",
    "application",
    "charset",
    "csv",
    "form",
    "html",
    "javascript",
    "json",
    "merge",
    "multipart",
    "octet",
    "patch",
    "plain",
    "problem",
    "q",
    "stream",
    "text",
    "urlencoded",
    "utf",
    "www",
    "x",
    "xml",
];

pub fn is_known_header(name: &str) -> bool {
    find(name).is_some()
}

/// The way in which the value of a header is written.
pub fn kind_of(name: &str) -> HeaderValueKind {
    find(name).unwrap_or(HeaderValueKind::Shape)
}

fn find(name: &str) -> Option<HeaderValueKind> {
    let mut known = KNOWN.iter();
    known
        .find(|(known, _)| *known == name)
        .map(|(_, kind)| *kind)
}

/// True for media types and their parameters that are made of known parts.
pub fn is_plain_media_type(text: &str) -> bool {
    let parts = text.split(['/', ';', ',', '=', '-', '+', ' ', '.']);
    text.len() <= 200
        && parts.filter(|part| !part.is_empty()).all(|part| {
            let is_number = part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number || PARTS.contains(&&*part.to_ascii_lowercase())
        })
}

/// Headers that describe the connection or the machine that answers, and not the service.
const OF_TRANSPORT: [&str; 22] = [
    "age",
    "alt-svc",
    "cdn-src-ip",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "cross-origin-opener-policy",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "proxy-connection",
    "referrer-policy",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
    "x-permitted-cross-domain-policies",
    "x-download-options",
];

/// True for a header that is not compared.
pub fn is_of_transport(name: &str) -> bool {
    OF_TRANSPORT.contains(&name)
        || name.starts_with("x-emulator-")
        || name.starts_with("access-control-")
}
