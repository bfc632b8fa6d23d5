//! The settings of a relay.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fh_client::transport::Transport;
use fh_client::{Config, EdgeUrl};
use fh_eval::Timestamp;

/// The API keys of one service account in one environment, which a relay uses.
#[derive(Clone)]
pub struct RelayKeys {
    pub(super) client: Option<String>,
    pub(super) server: Option<String>,
    pub(super) name: Option<Arc<str>>,
}

impl RelayKeys {
    /// Relays a client-evaluated key without a server-evaluated key.
    #[must_use]
    pub fn client(key: impl Into<String>) -> Self {
        Self { client: Some(key.into()), server: None, name: None }
    }

    /// Relays the two keys of one service account in one environment. For clients with the server-evaluated key, the relay evaluates
    /// features itself, from the rules that it receives with the client-evaluated key.
    #[must_use]
    pub fn pair(client: impl Into<String>, server: impl Into<String>) -> Self {
        Self { client: Some(client.into()), server: Some(server.into()), name: None }
    }

    /// Relays a server-evaluated key without a client-evaluated key. The upstream Edge evaluates, and the relay opens one connection for
    /// each context.
    #[must_use]
    pub fn server(key: impl Into<String>) -> Self {
        Self { client: None, server: Some(key.into()), name: None }
    }

    /// Sets the name of these keys in logs and metrics. The default is `keys` and the position of the keys in the settings, counted from 1.
    /// Two values of this type in the same environment must have different names.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}

impl fmt::Debug for RelayKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayKeys").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The limits of a relay. To change a limit, start from the defaults and set its field.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RelayLimits {
    /// The largest number of upstream connections that are made on demand. The connections of configured client-evaluated keys are not
    /// counted. A server-evaluated key without a paired client-evaluated key needs one connection for each context. A client-evaluated key
    /// that only [`RelayOptions::allow_any_key`] admits needs one connection.
    ///
    /// When the limit is reached, the least recently used connection that no client uses is closed to make room for a new one. For an
    /// unconfigured key that has no connection with features, only a connection of an unconfigured key that has no features is closed. If
    /// no connection can be closed, polls that need a new connection are answered with 429, and streams wait. Default: 128, so that file
    /// descriptors remain for the clients that a listener accepts by default.
    pub connections: NonZeroUsize,
    /// The time after which an unused connection that counts towards `connections` is closed. This time should be longer than the interval
    /// between a client's polls. Default: 10 minutes.
    pub idle: Duration,
    /// The longest time that a poll or a PUT waits for the first upstream response on a connection that is made on demand. After this time,
    /// the request is answered with 503. Default: 10 seconds.
    pub first_answer: Duration,
    /// The time for which a key that the upstream Edge does not know is refused without another upstream request. Configured
    /// client-evaluated keys are excepted. If the upstream Edge answers a request with 400, the request is repeated after this time, or
    /// after 100 milliseconds if this time is shorter. Default: one minute.
    pub refused_for: Duration,
    /// The minimum time between two refreshes of an environment that the upstream Edge calls stale, if requests of clients cause the
    /// refreshes. Default: 10 minutes.
    pub stale_for: Duration,
    /// The time for which features are served after the last successful upstream response for their key. An open stream without a problem
    /// counts as a successful response. After this time, the features expire: polls with only this key are answered with 503 until the next
    /// successful response. If the key is a configured client-evaluated key, readiness fails. Zero means that features never expire.
    /// Default: 7 days.
    pub max_age: Duration,
    /// The time for which a key whose features are served stays valid while the upstream Edge refuses it at every attempt. After this time
    /// and at least two refusals, the key is revoked. Responses with 401 and 403 count as refusals. A 404 and a stream's `failure` event
    /// count as refusals only while another key of the same upstream Edge is answered successfully. Default: 10 minutes.
    pub revoke_after: Duration,
}

impl Default for RelayLimits {
    fn default() -> Self {
        Self {
            connections: NonZeroUsize::new(128).unwrap_or(NonZeroUsize::MIN),
            idle: Duration::from_secs(600),
            first_answer: Duration::from_secs(10),
            refused_for: Duration::from_secs(60),
            stale_for: Duration::from_secs(600),
            max_age: Duration::from_secs(7 * 86_400),
            revoke_after: Duration::from_secs(600),
        }
    }
}

type Change = Arc<dyn Fn(&mut Config) + Send + Sync>;
/// A function that returns the current time.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The settings of a relay. See [the module](crate::origin::relay).
#[derive(Clone)]
pub struct RelayOptions {
    pub(super) url: String,
    pub(super) keys: Vec<RelayKeys>,
    pub(super) any_key: Option<NonZeroUsize>,
    pub(super) snapshots: Option<PathBuf>,
    pub(super) transport: Option<Arc<dyn Transport>>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) changes: Vec<Change>,
    pub(super) polling: Option<Duration>,
    pub(super) limits: RelayLimits,
    pub(super) clock: Clock,
}

/// Returns a clock that starts at the current system time and ignores later changes of the system clock.
fn steady() -> Clock {
    let (began, start) = (crate::clock::now().as_millis(), Instant::now());
    Arc::new(move || {
        let passed = i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(began.saturating_add(passed))
    })
}

impl RelayOptions {
    /// Creates the settings of a relay whose upstream Edge is at this URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            keys: Vec::new(),
            any_key: None,
            snapshots: None,
            transport: None,
            headers: Vec::new(),
            changes: Vec::new(),
            polling: None,
            limits: RelayLimits::default(),
            clock: steady(),
        }
    }

    /// Adds keys that clients may use. Other keys are refused, unless [`Self::allow_any_key`] is set.
    #[must_use]
    pub fn keys(mut self, keys: RelayKeys) -> Self {
        self.keys.push(keys);
        self
    }

    /// Also sends keys upstream that are not configured. A key that the upstream Edge knows is relayed as long as clients use it. `most`
    /// limits the number of unconfigured keys that have connections at a time, and the number of new keys that are sent per second. Beyond
    /// the first limit, an unused connection is closed if possible. Otherwise, and beyond the second limit, polls are answered with 429 and
    /// streams wait.
    #[must_use]
    pub fn allow_any_key(mut self, most: NonZeroUsize) -> Self {
        self.any_key = Some(most);
        self
    }

    /// Stores the features of configured client-evaluated keys in files of this folder, and starts with the stored features. After a
    /// restart, the relay can then serve features while the upstream Edge is unreachable. The folder is created if it does not exist.
    ///
    /// The files contain features and their rules, but no API keys. For each configured client-evaluated key whose features the relay has
    /// had, a record in the same folder contains the time of the last successful response, the number of the latest consecutive refusals,
    /// the time of the first of these refusals, and whether the key is revoked. The recorded time of the last successful response may be
    /// too early by up to about ten minutes. On Unix and Windows, only one relay at a time can use the folder.
    #[must_use]
    pub fn snapshot_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.snapshots = Some(folder.into());
        self
    }

    /// Sets the transport of upstream requests, such as a [`ReqwestTransport`](fh_client::transport::ReqwestTransport) with its own
    /// certificates or proxy. The transport should open one connection for each stream, as the default transport does
    /// ([`http1_only`](fh_client::transport::ReqwestTransportBuilder::http1_only)). Many servers accept only about a hundred streams on one
    /// HTTP/2 connection.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Adds a header to the upstream requests, such as a header that a proxy requires. `Debug` does not show the header's value.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a function that changes the settings of each upstream client, such as retry delays, timeouts and sizes.
    #[must_use]
    pub fn configure(mut self, change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        self.changes.push(Arc::new(change));
        self
    }

    /// Polls the upstream Edge at this interval, which the upstream Edge may change, and opens no streams. The relay streams by default, and
    /// polls by itself while a proxy holds its streams back; this setting spares it the attempts. Zero has no effect.
    #[must_use]
    pub fn polling(mut self, interval: Duration) -> Self {
        self.polling = Some(interval).filter(|interval| !interval.is_zero());
        self
    }

    /// Sets the limits of the relay.
    #[must_use]
    pub fn limits(mut self, limits: RelayLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the clock for [`RelayLimits::max_age`] and [`RelayLimits::revoke_after`]. The default clock starts with the system time at
    /// which these settings are created, and is monotonic from then on.
    pub(crate) fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl fmt::Debug for RelayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("RelayOptions")
            .field("url", &EdgeUrl::parse(&self.url))
            .field("keys", &self.keys)
            .field("any_key", &self.any_key)
            .field("snapshots", &self.snapshots)
            .field("headers", &headers)
            .field("polling", &self.polling)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
