//! IAM: tokens, projects, accounts.
