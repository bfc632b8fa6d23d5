//! Overrides of feature values by environment variables, by a local YAML file, and by the program itself.
//!
//! All kinds of overrides are interceptors. Once an interceptor is registered, its values take precedence over the values of
//! the rules, except for locked features if the lock policy respects locks. The client does not register these interceptors by
//! itself.
//!
//! A YAML file can also be a *store*, whose values are features like the features of an Edge; see [`YamlStore`].

mod environment;
mod memory;
mod yaml;
mod yaml_file;
mod yaml_store;
mod yaml_watch;

pub use fh_files::Position;
pub use fh_repository::EnvironmentOverrides;

pub use environment::environment_overrides;
pub use memory::{IfLocked, MemoryOverride, MemoryOverrides};
pub use yaml::YamlOverrides;
pub use yaml_file::{YamlProblem, usual_yaml_path};
pub use yaml_store::YamlStore;
pub use yaml_watch::{WATCH_INTERVAL, YamlWatch};
