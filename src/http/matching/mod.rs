//! The matching of requests: one pattern for faults, for the verification of requests and for their listing.
//!
//! A [`RequestPattern`](pattern::RequestPattern) selects requests by what was sent; a
//! [`RequestFilter`](pattern::RequestFilter) by the answer too. [`known`] refuses patterns that can never match.

pub mod body;
pub mod condition;
pub mod filter;
pub mod known;
pub mod overlap;
pub mod pattern;
pub mod request;
