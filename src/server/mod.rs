//! The worlds of a process: each on a port of its own, with its accept loop and its timer task.

pub mod accept;
mod connection;
pub mod connections;
mod head;
mod http2;
pub mod http_client;
pub mod keeping;
pub mod listeners;
mod socket;
pub mod timer;
mod watch;
mod webhooks;
pub mod worlds;
