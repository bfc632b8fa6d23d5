//! What several fuzz targets need.

#[cfg(feature = "edge")]
pub mod edge;
pub mod memory;
pub mod session;
