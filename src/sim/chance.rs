//! Chance from a seed: numbers that are the same for the same seed, draw and purpose.

use super::ids::mix;

/// A pseudo-random number from 0 to 1. `n` counts the draws, `purpose` tells apart the numbers of a draw.
pub fn chance(seed: u64, n: u64, purpose: u64) -> f64 {
    let bits = mix(mix(seed ^ mix(n)) ^ purpose);
    // An `f64` has a mantissa of 53 bits.
    #[expect(clippy::cast_precision_loss)]
    let fraction = (bits >> 11) as f64 / (1_u64 << 53) as f64;
    fraction
}

/// A number that is evenly distributed from `min` to `max`. It draws purpose 1.
pub fn uniform(min: f64, max: f64, seed: u64, n: u64) -> f64 {
    min + (max - min).max(0.0) * chance(seed, n, 1)
}

/// A number of which half are below `median`, and whose logarithm is normally distributed with the deviation `sigma`. It
/// draws purposes 1 and 2.
pub fn log_normal(median: f64, sigma: f64, seed: u64, n: u64) -> f64 {
    // The Box-Muller transform.
    let (u1, u2) = (
        chance(seed, n, 1).max(f64::MIN_POSITIVE),
        chance(seed, n, 2),
    );
    let normal = (-2.0 * u1.ln()).sqrt() * (std::f64::consts::TAU * u2).cos();
    median * (sigma * normal).exp()
}
