//! The bodies of requests and responses.

mod assume_role;
mod body;
pub mod domain;
mod links;
pub mod login;
pub mod project;
pub mod service;
pub mod temporary_key;
pub mod token;
pub mod user;
pub mod version;
