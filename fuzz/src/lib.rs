//! Code that several fuzz targets share.

#[cfg(feature = "edge")]
pub mod edge;
pub mod memory;
pub mod session;
