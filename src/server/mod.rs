//! The worlds of a process: each on a port of its own, with its accept loop and its timer task.

pub mod accept;
mod begin;
mod connection;
pub mod connections;
mod handshake;
mod head;
mod http2;
pub mod http_client;
pub mod interception;
pub mod keeping;
pub mod listeners;
mod open_worlds;
mod ports;
mod proxy;
mod socket;
pub mod timer;
mod transport;
mod watch;
mod webhooks;
pub mod worlds;
