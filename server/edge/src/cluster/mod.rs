//! Several servers with one state, in PostgreSQL. Each server keeps the whole state in memory and follows the log of the others. A change
//! locks the one row of the table `cluster`, so that it is decided on the newest state.

mod kept;
mod link;
mod operations;
mod options;
mod proof;
mod read;
mod schema;
mod start;
mod status;
mod store;
mod tls;

pub use operations::{Initialised, Server, Survey, export, import, init, survey};
pub use options::{ClusterError, ClusterOptions};
pub(crate) use start::{Cluster, RunningCluster};
pub use status::ClusterStatus;
