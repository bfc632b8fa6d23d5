//! Ready-made overrides: environment variables and a local YAML file (sdk-behaviour 2.8, 5.5).
//!
//! Both are interceptors: once registered, they answer reads before the rules do. The client registers none by itself.
//!
//! A file can also be a *store*, whose values are features like those of an Edge; see [`YamlStore`].

mod environment;
mod yaml;
mod yaml_file;
mod yaml_store;
mod yaml_watch;

pub use fh_files::Position;

pub use environment::EnvironmentOverrides;
pub use yaml::YamlOverrides;
pub use yaml_file::{YamlProblem, usual_yaml_path};
pub use yaml_store::YamlStore;
pub use yaml_watch::{WATCH_INTERVAL, YamlWatch};
