//! What several fuzz targets need.

pub mod memory;
pub mod session;
