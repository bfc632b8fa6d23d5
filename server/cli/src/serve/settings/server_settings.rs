//! The values of all settings of a server.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use fh_client::EdgeUrl;
use fh_edge::cluster::ClusterOptions;
use fh_edge::listen::{ListenOptions, TrustedProxies};
use fh_edge::origin::relay::{RelayKeys, RelayLimits};
use fh_edge::state::ServiceKey;
use fh_edge::{AdminTransport, Administration, Options};

use super::relay_header::RelayHeader;
use super::state_source::StateSource;
use crate::serve::logs::{LogFormat, LogLevel};

/// The default port of the API, which is the port of FeatureHub's Edge.
const PORT: u16 = 8903;
/// The default interval at which a state is fetched from a URL.
const STATE_POLL: Duration = Duration::from_secs(10);

/// The default schema of the tables of a cluster.
const CLUSTER_SCHEMA: &str = "fh_edge";

/// The settings of a server. Settings that are not given have their defaults.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) state: Option<StateSource>,
    /// The interval at which a state is fetched from a URL.
    pub(crate) state_poll: Duration,
    /// The file with the token for the URL of the state.
    pub(crate) state_token_file: Option<PathBuf>,
    /// The state file that is used if neither a state nor a relay is given.
    pub(crate) default_state: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    /// The API keys that are accepted in addition to those in the state file.
    pub(crate) keys: Vec<ServiceKey>,
    /// The file with further API keys. `file_keys` is the content of this file at the start.
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) file_keys: Vec<ServiceKey>,
    /// True if the server repairs a damaged file in the data folder at its start.
    pub(crate) data_repair: bool,
    /// The URL of the upstream Edge: the parsed URL, and the text as it was given. `None` if the server is not a relay.
    pub(crate) relay: Option<(EdgeUrl, String)>,
    pub(crate) relay_keys: Vec<RelayKeys>,
    /// The file with further keys to relay. `relay_file_keys` is the content of this file at the start.
    pub(crate) relay_key_file: Option<PathBuf>,
    pub(crate) relay_file_keys: Vec<RelayKeys>,
    /// The headers for every request to the upstream Edge that the flag or the variable gives. `relay_file_headers` are the headers
    /// in the file at the start.
    pub(crate) relay_headers: Vec<RelayHeader>,
    pub(crate) relay_header_file: Option<PathBuf>,
    pub(crate) relay_file_headers: Vec<RelayHeader>,
    /// The limit on unconfigured keys that are relayed at a time, and on new keys that are tried per second. With 0, only
    /// configured keys are relayed.
    pub(crate) relay_any_key: usize,
    /// The time for which a relay serves the features of a key after the last successful response of the upstream Edge for this
    /// key. Zero means no limit.
    pub(crate) relay_max_age: Duration,
    pub(crate) relay_poll: Duration,
    /// The database of the cluster, from its URL or from the file with it. `None` if the server is no server of a cluster.
    pub(crate) cluster: Option<ClusterOptions>,
    pub(crate) cluster_file: Option<PathBuf>,
    pub(crate) cluster_ca: Option<PathBuf>,
    pub(crate) cluster_schema: String,
    /// The name of this server in a cluster. `None` for the name of the host.
    pub(crate) server_name: Option<String>,
    pub(crate) address: IpAddr,
    /// The port of the API. With 0, the system chooses a free port.
    pub(crate) port: u16,
    pub(crate) monitor_port: Option<u16>,
    /// The address of the monitor port. With `None`, the monitor port has the address of the API.
    pub(crate) monitor_address: Option<IpAddr>,
    /// True if the monitor port uses TLS, with the API's certificate.
    pub(crate) monitor_tls: bool,
    /// The prefix of the API's paths: empty, or `/...` without a `/` at its end.
    pub(crate) url_path: String,
    pub(crate) tls_certificate: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    /// The file from which the admin key in `edge` was read, or `None` if the key does not come from a file.
    pub(crate) admin_key_file: Option<PathBuf>,
    pub(crate) edge: Options,
    pub(crate) listen: ListenOptions,
    pub(crate) proxies: TrustedProxies,
    pub(crate) shutdown_delay: Duration,
    pub(crate) log: LogLevel,
    pub(crate) log_format: LogFormat,
    pub(crate) audit_log: bool,
    pub(crate) access_log: bool,
    pub(crate) properties: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            state: None,
            state_poll: STATE_POLL,
            state_token_file: None,
            default_state: None,
            data: None,
            keys: Vec::new(),
            key_file: None,
            file_keys: Vec::new(),
            data_repair: false,
            relay: None,
            relay_keys: Vec::new(),
            relay_key_file: None,
            relay_file_keys: Vec::new(),
            relay_headers: Vec::new(),
            relay_header_file: None,
            relay_file_headers: Vec::new(),
            relay_any_key: 0,
            relay_max_age: RelayLimits::default().max_age,
            relay_poll: Duration::ZERO,
            cluster: None,
            cluster_file: None,
            cluster_ca: None,
            cluster_schema: CLUSTER_SCHEMA.to_string(),
            server_name: None,
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            port: PORT,
            monitor_port: None,
            monitor_address: None,
            monitor_tls: false,
            url_path: String::new(),
            tls_certificate: None,
            tls_key: None,
            admin_key_file: None,
            edge: Options::default(),
            listen: ListenOptions::default(),
            proxies: TrustedProxies::default(),
            shutdown_delay: Duration::ZERO,
            log: LogLevel::Info,
            log_format: LogFormat::Text,
            audit_log: true,
            access_log: false,
            properties: Vec::new(),
        }
    }
}

impl Settings {
    /// Returns the options of the cluster, or `None` if this server is not in one.
    pub(crate) fn cluster(&self) -> Option<ClusterOptions> {
        let options = self.cluster.clone()?.schema(&*self.cluster_schema);
        let options = options.server_name(self.server_name.clone().unwrap_or_else(host_name));
        Some(match &self.cluster_ca {
            Some(file) => options.certificate_authorities(file),
            None => options,
        })
    }

    /// Returns a warning if other machines can use the admin API over plain HTTP, or cannot use it at all.
    pub(super) fn admin_warning(&self) -> Option<&'static str> {
        let (address, has_tls) = match self.edge.administration {
            Administration::WithMonitoring => {
                (self.monitor_address.unwrap_or(self.address), self.monitor_tls)
            }
            _ => (self.address, self.tls_certificate.is_some()),
        };
        if self.edge.admin_key.is_none() || has_tls || address.is_loopback() {
            return None;
        }
        match self.edge.admin_transport {
            AdminTransport::Any => Some(
                "the admin API is served over plain HTTP (--admin-over-plain-http): the admin key can be read on the network",
            ),
            // The trusted proxies may use TLS towards clients.
            _ if !self.proxies.is_empty() => None,
            _ => Some(
                "without TLS the admin API is served to this machine only: other machines need --tls-certificate and --tls-key, \
                 or a proxy of --trusted-proxies that sends x-forwarded-proto: https, or --admin-over-plain-http",
            ),
        }
    }
}

/// Returns the name of this host.
#[cfg(unix)]
pub(super) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns the name of this host.
#[cfg(not(unix))]
pub(super) fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "fh-edge".to_string())
}
