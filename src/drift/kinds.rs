//! The kinds of differences between a recorded answer and ours, with their weights.

use serde::Serialize;

/// A kind of difference. What the service sends and we do not is missing with us; what we send alone is extra.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum DriftKind {
    /// The status of the answer.
    Status,
    /// A body where the other has none, or none where the other has one.
    Body,
    /// The media type.
    ContentType,
    /// A header that the service sends and we do not.
    HeaderMissing,
    /// A header that we send and the service does not.
    HeaderExtra,
    /// A key that the service sends and we do not.
    KeyMissing,
    /// A key that we send and the service does not.
    KeyExtra,
    /// The order of the keys of an object.
    KeyOrder,
    /// The JSON type of a value.
    Type,
    /// Null where the other has no key.
    NullOrAbsent,
    /// A number where the other has a text.
    NumberOrText,
    /// The unit of a time: seconds against milliseconds.
    Units,
    /// The form of a text: another form of ids or of times.
    Format,
    /// A word that our enumeration lacks.
    Enumeration,
    /// The code of an error.
    ErrorCode,
    /// The text of an error, in other words that say much the same.
    ErrorTextSimilar,
    /// The text of an error, in words that have little in common.
    ErrorTextDifferent,
    /// The page of a list, or its count.
    Paging,
}

impl DriftKind {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The weight, from 1 to 10: how likely it is that a client trips over it.
    pub const fn weight(self) -> u32 {
        match self {
            Self::Status => 10,
            Self::Type | Self::NumberOrText | Self::Units => 8,
            Self::Body | Self::KeyMissing | Self::Enumeration | Self::ErrorCode | Self::Paging => 6,
            Self::ContentType => 5,
            Self::KeyExtra | Self::NullOrAbsent => 4,
            Self::Format | Self::ErrorTextDifferent => 3,
            Self::HeaderMissing => 2,
            Self::HeaderExtra | Self::KeyOrder | Self::ErrorTextSimilar => 1,
        }
    }
}

/// A difference of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub kind: DriftKind,
    /// The place: `status`, `header x-request-id`, or the path of a field, in which items are not counted.
    pub field: String,
    /// The recorded side, in words.
    pub recorded: String,
    /// Our side, in words.
    pub ours: String,
    /// The name of the schema around the field, if it has one.
    pub schema: Option<&'static str>,
}

/// The weight of differences together.
pub fn weight_of(differences: &[Difference]) -> u32 {
    differences
        .iter()
        .map(|difference| difference.kind.weight())
        .sum()
}
