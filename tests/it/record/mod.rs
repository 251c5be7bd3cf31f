//! `record`, `verify` and `import`: what is written, what is found, what is made of it.

mod against;
mod double;
mod equal;
mod guide;
mod import;
mod planted;
mod process;
mod proxy;
mod secrets;
#[cfg(feature = "tls")]
mod secure;
mod session;
