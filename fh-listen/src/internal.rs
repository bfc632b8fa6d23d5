//! Items for other crates of this project. They may change or go with any version.

pub use crate::client_network::ClientNetwork;
