//! What a relay is told.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fh_client::transport::Transport;
use fh_client::{Config, EdgeUrl};
use fh_eval::Timestamp;

/// Keys that belong together.
#[derive(Clone)]
pub struct RelayKeys {
    pub(super) client: Option<String>,
    pub(super) server: Option<String>,
    pub(super) name: Option<Arc<str>>,
}

impl RelayKeys {
    /// A client-evaluated key alone.
    #[must_use]
    pub fn client(key: impl Into<String>) -> Self {
        Self { client: Some(key.into()), server: None, name: None }
    }

    /// The two keys of one service account in one environment. What the first one gets is evaluated here for the holders of
    /// the second one, as the clients of the first one evaluate it.
    #[must_use]
    pub fn pair(client: impl Into<String>, server: impl Into<String>) -> Self {
        Self { client: Some(client.into()), server: Some(server.into()), name: None }
    }

    /// A server-evaluated key alone. The upstream Edge evaluates, for each context by a connection of its own.
    #[must_use]
    pub fn server(key: impl Into<String>) -> Self {
        Self { client: None, server: Some(key.into()), name: None }
    }

    /// How people, logs and figures call it; by default by its number. Those of one environment have each their own.
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

/// How much a relay takes on. Start from the defaults and set what differs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RelayLimits {
    /// Most connections upstream beside those of the client-evaluated keys that are configured: one for each context of a
    /// server-evaluated key, and one for each key that only [`RelayOptions::allow_any_key`] lets in. Who needs one more takes
    /// the place of the one that was not used for longest; if all are in use by streams, polls get 429, and streams wait.
    /// 128, so that there are descriptors left beside as many clients as a listener takes by default.
    pub connections: NonZeroUsize,
    /// Such a connection is closed when nobody has used it for so long: longer than clients rest between two polls. 10 minutes.
    pub idle: Duration,
    /// How long a poll waits for what the upstream Edge says to a context, or key, that it has not been asked for yet. 10
    /// seconds.
    pub first_answer: Duration,
    /// How long a key that the upstream Edge does not know is refused without asking again; and how long a request that it took for
    /// nonsense (400) is not sent again. A minute.
    pub refused_for: Duration,
    /// The upstream Edge said that an environment is not in use any more: when somebody asks for it all the same, it is asked
    /// again, not more often than this. 10 minutes.
    pub stale_for: Duration,
    /// How long features are served after the upstream Edge last answered their key well. Then they expire: readiness fails, and
    /// the key is answered with 503, until there is a good answer again. Zero: without end. 7 days.
    pub max_age: Duration,
    /// How long a key that was good is served while the upstream Edge refuses it for certain, attempt after attempt. Then it is
    /// revoked. 401 and 403 are certain; 404 is while another key of the same upstream Edge is answered well. 10 minutes.
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
/// Says what time it is.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What to relay, and how. See [the module](crate::origin::relay).
#[derive(Clone)]
pub struct RelayOptions {
    pub(super) url: String,
    pub(super) keys: Vec<RelayKeys>,
    pub(super) any_key: Option<NonZeroUsize>,
    pub(super) snapshots: Option<PathBuf>,
    pub(super) transport: Option<Arc<dyn Transport>>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) changes: Vec<Change>,
    pub(super) limits: RelayLimits,
    pub(super) clock: Clock,
}

/// The time of day at this moment, which goes on however the system's clock is set.
fn steady() -> Clock {
    let (began, start) = (crate::world::now().as_millis(), Instant::now());
    Arc::new(move || {
        let passed = i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(began.saturating_add(passed))
    })
}

impl RelayOptions {
    /// Relays the Edge at this URL.
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
            limits: RelayLimits::default(),
            clock: steady(),
        }
    }

    /// Relays these keys. Others are unknown.
    #[must_use]
    pub fn keys(mut self, keys: RelayKeys) -> Self {
        self.keys.push(keys);
        self
    }

    /// Tries other keys upstream, too, at most so many at a time and so many new ones a second; beyond that polls get 429, and streams wait. What the upstream
    /// Edge knows is relayed as long as it is used.
    #[must_use]
    pub fn allow_any_key(mut self, most: NonZeroUsize) -> Self {
        self.any_key = Some(most);
        self
    }

    /// Keeps what client-evaluated keys get in files of this folder, which is made if it is not there, and starts with them: so
    /// a relay can start while the upstream Edge is away. They hold features and their rules, no keys. Beside them is when each key
    /// was last answered well, and whether it is refused. One relay has the folder at a time.
    #[must_use]
    pub fn snapshot_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.snapshots = Some(folder.into());
        self
    }

    /// Asks upstream by other means than the default, such as a
    /// [`ReqwestTransport`](fh_client::transport::ReqwestTransport) with certificates or a proxy of one's own. It should open a
    /// connection for each stream, as the default does
    /// ([`http1_only`](fh_client::transport::ReqwestTransportBuilder::http1_only)): on one of HTTP/2 servers take a hundred
    /// streams or so.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// A header to send with every request upstream, such as one that a proxy wants. Logs and errors do not show its value.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Any setting of the upstream clients: delays after trouble, limits of time and size.
    #[must_use]
    pub fn configure(mut self, change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        self.changes.push(Arc::new(change));
        self
    }

    /// How much it takes on.
    #[must_use]
    pub fn limits(mut self, limits: RelayLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Measures [`RelayLimits::max_age`] and [`RelayLimits::revoke_after`] by this clock, which a test can drive. By default by the
    /// system's: its time of day when the relay is made, and from then on a monotonic clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
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
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
