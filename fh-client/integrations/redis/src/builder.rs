//! The builder for a Redis store.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use fh_client::{Client, KeyKind, Readiness, Source};

use crate::error::StoreError;
use crate::servers::{Given, Login, Servers};
use crate::status::SharedStatus;
use crate::store::{RedisStore, SOURCE};
#[cfg(feature = "rustls")]
use crate::tls::{Certificates, without_mark};
use crate::worker::{Settings, Worker};
use crate::write_queue::WriteQueue;

/// A Redis server, or the sentinels that know the address of a Redis master. The value is made from a URL or from a
/// [`redis::Client`].
///
/// `redis-sentinel://[user:password@]host[:port][,host[:port]...][/database]#NAME` gives the addresses of sentinels (default
/// port 26379) and the name under which the sentinels know the master. The user, the password and the database are those of the
/// master. The query may contain the user and password of the sentinels, percent-encoded:
/// `?sentinel_username=USER&sentinel_password=PASSWORD` before `#NAME`. With `rediss-sentinel://`, connections to the sentinels
/// and to the master use TLS.
///
/// The `Debug` output contains the address of the server, or `none` for a URL that cannot be used, but no password.
pub struct Server(Result<Given, StoreError>);

impl Server {
    /// Returns the address of the server for messages: the host and the port, the path of a Unix socket, or the name of the master with the
    /// addresses of its sentinels. Returns `none` for a URL that cannot be used.
    fn address(&self) -> String {
        match &self.0 {
            Ok(given) => given.address(),
            Err(_) => "none".to_string(),
        }
    }
}

impl From<redis::Client> for Server {
    fn from(client: redis::Client) -> Self {
        Self(Ok(Given::One(client)))
    }
}

impl From<&str> for Server {
    fn from(url: &str) -> Self {
        let wants_tls = ["rediss:", "rediss-sentinel:", "valkeys:"];
        if wants_tls.iter().any(|scheme| url.starts_with(scheme)) && !cfg!(feature = "rustls") {
            return Self(Err(StoreError::NoTls));
        }
        Self(Given::of_url(url))
    }
}

impl From<String> for Server {
    fn from(url: String) -> Self {
        url.as_str().into()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.address()).finish()
    }
}

/// A builder for a [`RedisStore`]; see [`RedisStore::builder`].
#[must_use = "call `attach`"]
pub struct RedisStoreBuilder {
    server: Server,
    settings: Settings,
    sentinel_login: Login,
    #[cfg(feature = "rustls")]
    pub(crate) certificates: Certificates,
}

impl RedisStore {
    /// Returns a builder for a store on this server. The server is a URL, or a [`redis::Client`] for settings that a URL cannot
    /// express.
    pub fn builder(server: impl Into<Server>) -> RedisStoreBuilder {
        RedisStoreBuilder::new(server.into())
    }
}

impl RedisStoreBuilder {
    fn new(server: Server) -> Self {
        let settings = Settings {
            prefix: "featurehub".to_string(),
            refresh: Some(Duration::from_secs(300)),
            backoff: Duration::from_millis(500),
            attempts: 10,
            timeout: Duration::from_secs(5),
        };
        Self {
            server,
            settings,
            sentinel_login: Login::default(),
            #[cfg(feature = "rustls")]
            certificates: Certificates::default(),
        }
    }

    /// Sets the prefix of the store's keys in Redis. The default is `featurehub`. All programs that share features, in any
    /// language, must use the same prefix.
    ///
    /// On a Redis Cluster, both keys of an environment must be in one slot. To achieve this, put the prefix in braces
    /// (`{featurehub}`) in all programs. The store finds the node that holds the keys.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.prefix = prefix.into();
        self
    }

    /// Sets the interval at which the store checks whether other programs have written features. The store adds such features
    /// to the client. The default is 300 s. With zero, the store checks only after it has connected.
    pub fn refresh(mut self, interval: Duration) -> Self {
        self.settings.refresh = (!interval.is_zero()).then_some(interval);
        self
    }

    /// Sets the pause between attempts to write, which is also the first pause between attempts to connect. Each further
    /// pause between attempts to connect is twice as long, up to 30 s, or up to the first pause if that is longer. The
    /// default is 500 ms; a shorter pause than 1 ms counts as 1 ms.
    pub fn backoff(mut self, pause: Duration) -> Self {
        self.settings.backoff = pause.max(Duration::from_millis(1));
        self
    }

    /// Sets the number of attempts to write an update of an environment on one connection, and the number of connections that may break
    /// while the store writes the update. After either number the update is dropped. The default is 10; 0 counts as 1. An update is kept
    /// while the server loads its data or is a replica, and while its cluster is down or moves the keys.
    pub fn retries(mut self, attempts: u32) -> Self {
        self.settings.attempts = attempts.max(1);
        self
    }

    /// Sets the time limit for opening a connection, and for each read from and write to the connection. The default is 5 s; a shorter time
    /// than 1 ms counts as 1 ms. After a timeout the store connects again.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Sets the password of the sentinels, which may differ from the password of the master. The default is the parameter
    /// `sentinel_password` in the URL's query. Without this parameter, the store sends no password to the sentinels.
    pub fn sentinel_password(mut self, password: impl Into<String>) -> Self {
        self.sentinel_login.password = Some(password.into());
        self
    }

    /// Sets the user with which the store logs in to the sentinels. A user without a password makes [`Self::attach`] fail. The
    /// default is the parameter `sentinel_username` in the URL's query, or else the default user of the sentinels.
    pub fn sentinel_username(mut self, username: impl Into<String>) -> Self {
        self.sentinel_login.username = Some(username.into());
        self
    }

    /// Starts the store. The store adds the features in Redis to the client. It writes to Redis the features that the client has from the
    /// Edge, and the updates that the client receives from now on from other sources than this store. Returns at once, even if Redis is
    /// unreachable. [`RedisStore::flush`] waits until the stored features are loaded.
    ///
    /// # Errors
    /// [`StoreError`] if the API keys are server-evaluated, if the URL, a certificate, or the user and password of the
    /// sentinels cannot be used, or if no thread can be started.
    pub fn attach(self, client: &Client) -> Result<RedisStore, StoreError> {
        if client.key_kind() == KeyKind::ServerEvaluated {
            return Err(StoreError::ServerEvaluatedKey);
        }
        let address = self.server.address();
        let given = self.server.0?.logged_in(self.sentinel_login)?;
        #[cfg(feature = "rustls")]
        let given = given.try_map(|server| self.certificates.used_with(server))?;
        let servers = Servers::new(given, self.settings.timeout);
        let queue = Arc::new(WriteQueue::default());
        let shared_status = Arc::new(SharedStatus::default());
        let close_on_drop = CloseOnDrop(Arc::clone(&queue));
        let updates = client.on_raw(move |update| {
            if update.source.as_str() != SOURCE {
                close_on_drop.0.put(update.clone());
            }
        });
        // The status is watched as well, because the Edge's first list may have arrived before the subscription to updates.
        let received = Arc::clone(&queue);
        let states = client.on_status(move |status| {
            let is_of_edge = status.source.as_ref().is_some_and(Source::is_edge);
            if status.readiness == Readiness::Ready && is_of_edge {
                received.received();
            }
        });
        let worker = Worker::new(
            client.clone(),
            servers,
            self.settings,
            Arc::clone(&queue),
            Arc::clone(&shared_status),
        );
        thread::Builder::new()
            .name("fh-redis".to_string())
            .spawn(move || worker.run())
            .map_err(StoreError::Thread)?;
        let subscriptions = Mutex::new(Some([updates, states]));
        Ok(RedisStore { client: client.clone(), queue, shared_status, subscriptions, address })
    }
}

#[cfg(feature = "rustls")]
impl RedisStoreBuilder {
    /// Makes the store trust these certificate authorities instead of the system's. `pem` holds one or several certificates. If `pem` holds
    /// no certificate or one that cannot be used, or if the URL does not use TLS, [`Self::attach`] fails.
    pub fn ca_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.authorities = Some(without_mark(pem.into()));
        self
    }

    /// Sets the certificate that the store presents if a server requests a certificate. The PEM text holds the certificate chain and the
    /// private key. If one of them is missing or cannot be used, or if the URL does not use TLS, [`Self::attach`] fails.
    pub fn client_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.identity = Some(without_mark(pem.into()));
        self
    }
}

impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("server", &self.server)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A guard that closes the queue when the guard is dropped. A listener of the client owns the guard, so that a closed client
/// also closes the store.
struct CloseOnDrop(Arc<WriteQueue>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}
