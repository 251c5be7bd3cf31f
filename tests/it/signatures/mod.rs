//! Signatures: vectors, over HTTP, and under mutation.
