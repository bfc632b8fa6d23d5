//! The line of a server's log that reports the start: its version, its origin, and how much it serves.

use fh_edge::EdgeHandle;
use tracing::info;

use super::origin::relay_keys;
use super::settings::{Settings, StateSource};

/// Logs the line. For a relay, the line has no counts of environments and features, because the features arrive later.
pub(crate) async fn log(settings: &Settings, edge: &EdgeHandle) {
    let version = env!("CARGO_PKG_VERSION");
    if let Some((url, _)) = &settings.relay {
        let accounts = relay_keys(settings, &settings.relay_file_keys).len();
        info!(version, origin = "relay", %url, accounts, "starting");
        return;
    }
    if settings.cluster.is_some() {
        info!(version, origin = "cluster", "starting");
        return;
    }
    // An error means that the writer thread has ended, which requests report.
    let Ok(state) = edge.state().await else { return };
    let (environments, features) = (state.environments.len(), state.features.len());
    match &settings.state {
        Some(StateSource::File(path)) => {
            let file = path.display();
            info!(version, origin = "file", %file, environments, features, "starting");
        }
        Some(StateSource::Url(url)) => {
            info!(version, origin = "URL", %url, environments, features, "starting");
        }
        None => info!(version, origin = "admin API", environments, features, "starting"),
    }
}
