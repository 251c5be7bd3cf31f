//! Secrets are nowhere to be seen.
