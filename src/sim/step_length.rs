//! The length of a scripted step: a number, or a distribution from which each step draws its own.

#[cfg(test)]
use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};
#[cfg(test)]
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
#[cfg(test)]
use utoipa::openapi::{Ref, RefOr, Schema};
#[cfg(test)]
use utoipa::{PartialSchema, ToSchema};

use super::chance::{log_normal, uniform};
use super::{Millis, NEVER};
use crate::sim::pack::{pack_enums, pack_structs};

/// The longest length that a log-normal distribution draws: ten years.
const LONGEST_DRAWN: Millis = 10 * 366 * 86_400_000;

/// The widest deviation of a log-normal distribution.
const WIDEST: f64 = 10.0;

/// The length of a step in milliseconds of virtual time: the same for every step, or drawn for each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StepLength {
    /// The same for every step.
    Fixed(Millis),
    /// Evenly distributed.
    Uniform(UniformLength),
    /// Log-normally distributed.
    LogNormal(LogNormalLength),
}

/// Evenly distributed from `min` to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ScriptUniformLength))]
pub struct UniformLength {
    #[cfg_attr(test, schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = i64))]
    pub min: Millis,
    #[cfg_attr(test, schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = i64))]
    pub max: Millis,
}

/// Half of the lengths are below `median`; their logarithms are normally distributed with the deviation `sigma`. At most
/// ten years.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ScriptLogNormalLength))]
pub struct LogNormalLength {
    #[cfg_attr(test, schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = i64))]
    pub median: Millis,
    #[cfg_attr(test, schema(minimum = 0, maximum = 10))]
    pub sigma: f64,
}

// A derived schema would not limit the number.
#[cfg(test)]
impl PartialSchema for StepLength {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0))
            .maximum(Some(9_223_372_036_854_775_806_isize))
            .description(Some("The same for every step."));
        OneOfBuilder::new()
            .item(number)
            .item(Ref::from_schema_name(UniformLength::name()))
            .item(Ref::from_schema_name(LogNormalLength::name()))
            .description(Some(
                "The length of a step in milliseconds of virtual time: the same for every step, or drawn for each.",
            ))
            .into()
    }
}

#[cfg(test)]
impl ToSchema for StepLength {
    fn name() -> Cow<'static, str> {
        "ScriptLength".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((UniformLength::name().into(), UniformLength::schema()));
        schemas.push((LogNormalLength::name().into(), LogNormalLength::schema()));
    }
}

impl StepLength {
    /// Returns true if each step draws its own length.
    pub fn is_drawn(self) -> bool {
        !matches!(self, Self::Fixed(_))
    }

    /// The length of the `n`-th step.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a drawn length is rounded to whole milliseconds"
    )]
    pub fn draw(self, seed: u64, n: u64) -> Millis {
        match self {
            Self::Fixed(length) => length,
            Self::Uniform(UniformLength { min, max }) => {
                let drawn = uniform(min as f64, max as f64, seed, n).round() as Millis;
                drawn.clamp(min, max)
            }
            Self::LogNormal(LogNormalLength { median, sigma }) => {
                let drawn = log_normal(median as f64, sigma, seed, n).round() as Millis;
                drawn.clamp(0, LONGEST_DRAWN)
            }
        }
    }

    /// Checks the values. The error says what is wrong.
    pub fn check(self) -> Result<(), &'static str> {
        const TOO_LONG: &str = "is too long; a step that never ends has the outcome hang";
        const NEGATIVE: &str = "must not be negative";
        match self {
            Self::Fixed(NEVER)
            | Self::Uniform(UniformLength { max: NEVER, .. })
            | Self::LogNormal(LogNormalLength { median: NEVER, .. }) => Err(TOO_LONG),
            Self::Fixed(..0)
            | Self::Uniform(UniformLength { min: ..0, .. })
            | Self::LogNormal(LogNormalLength { median: ..0, .. }) => Err(NEGATIVE),
            Self::Uniform(UniformLength { min, max }) if min > max => {
                Err("min must not be over max")
            }
            Self::LogNormal(LogNormalLength { sigma, .. }) if !(0.0..=WIDEST).contains(&sigma) => {
                Err("sigma must be from 0 to 10")
            }
            Self::Fixed(_) | Self::Uniform(_) | Self::LogNormal(_) => Ok(()),
        }
    }
}

/// The keys of a distribution.
#[derive(DeriveDeserialize)]
#[serde(deny_unknown_fields)]
struct Distribution {
    min: Option<Millis>,
    max: Option<Millis>,
    median: Option<Millis>,
    sigma: Option<f64>,
}

impl<'de> Deserialize<'de> for StepLength {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An untagged enum would take an array for a struct, and would not name the field at fault.
        deserializer.deserialize_any(LengthVisitor)
    }
}

struct LengthVisitor;

impl<'de> Visitor<'de> for LengthVisitor {
    type Value = StepLength;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an integer, min and max, or median and sigma")
    }

    fn visit_i64<E: Error>(self, length: i64) -> Result<StepLength, E> {
        Ok(StepLength::Fixed(length))
    }

    fn visit_u64<E: Error>(self, length: u64) -> Result<StepLength, E> {
        // A length over the limit is refused with all other values.
        Ok(StepLength::Fixed(Millis::try_from(length).unwrap_or(NEVER)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StepLength, A::Error> {
        let keys = Distribution::deserialize(MapAccessDeserializer::new(map))?;
        match keys {
            Distribution {
                min: Some(min),
                max: Some(max),
                median: None,
                sigma: None,
            } => Ok(StepLength::Uniform(UniformLength { min, max })),
            Distribution {
                min: None,
                max: None,
                median: Some(median),
                sigma: Some(sigma),
            } => Ok(StepLength::LogNormal(LogNormalLength { median, sigma })),
            _ => Err(A::Error::custom(
                "must be an integer, min and max, or median and sigma",
            )),
        }
    }
}

pack_enums! {
    StepLength { 0: Fixed(length), 1: Uniform(uniform_length), 2: LogNormal(log_normal_length) }
}

pack_structs! {
    UniformLength { min, max }
    LogNormalLength { median, sigma }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand lengths, shortest first.
    fn sorted(length: StepLength) -> Vec<Millis> {
        let mut all: Vec<_> = (0..1_000).map(|n| length.draw(7, n)).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn lengths_have_the_distribution_that_was_chosen() {
        assert_eq!(sorted(StepLength::Fixed(200))[0], 200);
        let uniform = sorted(StepLength::Uniform(UniformLength { min: 100, max: 300 }));
        assert!(uniform[0] >= 100 && uniform[999] <= 300);
        assert!((180..220).contains(&uniform[500]), "{}", uniform[500]);
        let skewed = LogNormalLength {
            median: 200,
            sigma: 0.5,
        };
        let skewed = sorted(StepLength::LogNormal(skewed));
        assert!((180..220).contains(&skewed[500]), "{}", skewed[500]);
        // One deviation above the median: 200 times e to the 0.5.
        assert!((300..360).contains(&skewed[841]), "{}", skewed[841]);
    }

    #[test]
    fn the_ends_of_the_range_are_drawn_exactly() {
        let (min, max) = (NEVER - 1, NEVER - 1);
        let length = StepLength::Uniform(UniformLength { min, max });
        assert_eq!(length.check(), Ok(()));
        assert_eq!(length.draw(7, 0), NEVER - 1);
        let wide = LogNormalLength {
            median: NEVER - 1,
            sigma: 10.0,
        };
        let longest = sorted(StepLength::LogNormal(wide))[999];
        assert_eq!(longest, LONGEST_DRAWN);
    }
}
