//! What several fuzz targets need.

pub mod edge;
pub mod memory;
pub mod session;
