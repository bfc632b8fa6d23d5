//! Items for other crates of this project. They may change or be removed in any version.

pub use crate::client_network::ClientNetwork;
pub use crate::forwarded::proxy_header;
