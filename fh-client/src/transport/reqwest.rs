//! The default transport, which uses the crates `reqwest` and `rustls`.

mod connections;
mod error;
mod exchange;
mod proxies;
#[cfg(feature = "featbit")]
mod tunnel;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_session::EdgeUrl;

use self::connections::Connections;
use self::error::root_cause;
#[cfg(feature = "featbit")]
use self::error::{Phase, translate};
#[cfg(feature = "featbit")]
use self::exchange::{Exchanged, head};
use self::exchange::{Prepared, exchange, response};
use self::proxies::Proxies;
#[cfg(feature = "featbit")]
use super::Upgrade;
use super::proxy::Proxy;
use super::proxy::environment::EnvironmentProxies;
use super::setup_error::TransportSetupError;
use super::tls::{HttpVersions, TlsChoices};
use super::{BoxFuture, InvalidSetting, Response, Transport, TransportError, TransportRequest};

/// The default time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A transport for HTTP/1.1 and HTTP/2 that uses [`reqwest`], with TLS by rustls and the platform's certificates. It accepts
/// bodies compressed with gzip. It neither keeps cookies nor follows redirects. Unless the program sets or disables a proxy, it
/// uses the proxies from the environment variables `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` and, on macOS and Windows, from the
/// system's settings. `NO_PROXY` lists hosts that are reached without a proxy, separated by commas: a host or a domain with all
/// names below it (`edge.example`, `.edge.example` or `*.edge.example`), an address (`10.1.2.3`, `::1` or `[::1]`), a network
/// (`10.0.0.0/8`), or `*` for all hosts, each with a port if it applies to one port only (`edge.example:8903`, but not for
/// networks). The names of the variables may also be in lower case. A program can change these settings with
/// [`ReqwestTransportBuilder::configure`], or convert an HTTP client of its own.
///
/// By default, a client creates this transport by itself. A program creates it explicitly to select certificates or a proxy:
///
/// ```no_run
/// use fh_client::{Client, transport::ReqwestTransport};
/// let transport = ReqwestTransport::builder()
///     .ca_certificate(&std::fs::read("our-authority.pem")?)
///     .proxy("http://proxy.example:3128")
///     .build()?;
/// let client = Client::builder("https://edge.example", "environment/key*").transport(transport).start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ReqwestTransport {
    connections: Connections,
    /// The connections of sockets, which speak HTTP/1.1 only.
    #[cfg(feature = "featbit")]
    sockets: Connections,
    proxies: Proxies,
    /// The settings from which the HTTP client was built; `None` if the program built the HTTP client.
    settings: Option<Arc<ReqwestTransportBuilder>>,
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The `Debug` output of the HTTP client is left out, because it would contain the password of a proxy.
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

/// Converts an HTTP client, which is used unchanged. The HTTP client must not follow redirects
/// ([`redirect::Policy::none`](reqwest::redirect::Policy::none)). A request that is answered from another URL than the
/// requested URL fails. A transport that was converted cannot be used [after a fork](crate::Client::after_fork).
impl From<reqwest::Client> for ReqwestTransport {
    fn from(client: reqwest::Client) -> Self {
        Self::of(client, Proxies::Set(None), None)
    }
}

impl ReqwestTransport {
    fn of(
        client: reqwest::Client,
        proxies: Proxies,
        settings: Option<Arc<ReqwestTransportBuilder>>,
    ) -> Self {
        let make = |settings: &Arc<ReqwestTransportBuilder>| {
            let (settings, proxies) = (settings.as_ref().clone(), proxies.clone());
            Connections::new(move || settings.http_client(&proxies))
        };
        #[cfg(feature = "featbit")]
        let sockets = match &settings {
            Some(settings) => make(&Arc::new(settings.as_ref().clone().http1_only())),
            None => Connections::of(client.clone()),
        };
        let connections = match &settings {
            Some(settings) => make(settings).with(client),
            None => Connections::of(client),
        };
        Self {
            connections,
            #[cfg(feature = "featbit")]
            sockets,
            proxies,
            settings,
        }
    }

    /// Returns a builder with the default settings.
    #[must_use]
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder { connect_timeout: CONNECT_TIMEOUT, ..Default::default() }
    }

    /// Returns the proxies, or `None` if the program configured the HTTP client, which may use other proxies.
    fn known_proxies(&self) -> Option<&Proxies> {
        let is_known = self.settings.as_ref().is_some_and(|settings| settings.configure.is_none());
        is_known.then_some(&self.proxies)
    }
}

/// A builder for a [`ReqwestTransport`]; see [`ReqwestTransport::builder`].
#[derive(Clone, Default)]
pub struct ReqwestTransportBuilder {
    tls: TlsChoices,
    proxy: ProxyChoice,
    versions: HttpVersions,
    connect_timeout: Duration,
    trouble: Option<TransportSetupError>,
    configure: Option<Configure>,
}

/// The proxies that the program has chosen.
#[derive(Clone, Default)]
enum ProxyChoice {
    #[default]
    Environment,
    None,
    Set(Result<Proxy, TransportSetupError>),
}

type Configure = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

impl fmt::Debug for ReqwestTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder").finish_non_exhaustive()
    }
}

impl ReqwestTransportBuilder {
    /// Makes the transport trust these certificate authorities in addition to the platform's authorities. `pem` is a PEM text
    /// with one or several certificates. If `pem` holds no certificate, or one that cannot be used, [`Self::build`] fails. On
    /// Android, TLS handshakes fail if authorities were added here; install them in the platform's store instead.
    #[must_use]
    pub fn ca_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        let outcome = self.tls.trust(pem.as_ref());
        self.remember(outcome);
        self
    }

    /// Sets the certificate that the transport presents to servers that request one. The PEM text holds the certificate chain
    /// and the private key. If one of them is missing or cannot be used, [`Self::build`] fails.
    #[must_use]
    pub fn client_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        let outcome = self.tls.identify(pem.as_ref());
        self.remember(outcome);
        self
    }

    /// Makes the transport connect through the proxy at this URL, in place of the proxies from environment variables and the
    /// system's settings. The URL begins with `http://`, `https://` or, with the cargo feature `socks`, with the scheme of a
    /// SOCKS proxy such as `socks5://`. A URL without a scheme is read as an `http://` URL. The URL contains `user:password@`
    /// if the proxy requires a password, with `/`, `?`, `#` and `%` in percent-encoding. If the URL cannot be used,
    /// [`Self::build`] fails. Of several proxies, the first is used.
    #[must_use]
    pub fn proxy(mut self, url: &str) -> Self {
        let proxy = Proxy::parse(url, "the setting proxy").map_err(TransportSetupError::Proxy);
        // The first of several proxies is used, as by reqwest, but each of them is checked.
        if proxy.is_err() || !matches!(self.proxy, ProxyChoice::Set(_)) {
            self.proxy = ProxyChoice::Set(proxy);
        }
        self
    }

    /// Makes the transport connect directly, without any proxy from environment variables, from the system's settings, or from
    /// earlier calls of [`Self::proxy`].
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::None;
        self
    }

    /// Makes the transport use HTTP/1.1 only, so that each stream has a connection of its own. This setting is meant for
    /// programs with many clients of one Edge. Over HTTP/2, clients with the same transport can share one connection. Many
    /// servers accept about a hundred streams on a connection, and further requests then wait until a stream ends.
    #[must_use]
    pub fn http1_only(mut self) -> Self {
        self.versions = HttpVersions::Http1;
        self
    }

    /// Sets the time limit for opening a connection. The default is 5 seconds. A request whose connection is not open within the
    /// limit fails with [`TransportErrorKind::ConnectTimeout`](super::TransportErrorKind::ConnectTimeout).
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets a function that changes any other setting of reqwest. [`Self::build`] calls the function last, with a builder that
    /// already uses rustls. [`Client::after_fork`](crate::Client::after_fork) calls it again in a forked child process. The builder's
    /// methods about certificates have no effect, but the function may replace the whole TLS configuration
    /// ([`tls_backend_preconfigured`](reqwest::ClientBuilder::tls_backend_preconfigured)). Proxies that the function adds are used for
    /// hosts without a proxy of environment variables; call [`Self::no_proxy`] to use only these.
    #[must_use]
    pub fn configure(
        mut self,
        change: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.configure = Some(Arc::new(change));
        self
    }

    /// Returns the transport. The platform's certificates are not read by this function, but later, for TLS handshakes.
    ///
    /// # Errors
    /// Returns [`TransportSetupError`] if a certificate or the proxy's URL cannot be used, or if reqwest or rustls rejects
    /// the settings.
    pub fn build(self) -> Result<ReqwestTransport, TransportSetupError> {
        let proxies = self.proxies()?;
        let client = self.http_client(&proxies)?;
        Ok(ReqwestTransport::of(client, proxies, Some(Arc::new(self))))
    }

    fn proxies(&self) -> Result<Proxies, TransportSetupError> {
        Ok(match &self.proxy {
            ProxyChoice::Environment => {
                Proxies::Environment(Arc::new(EnvironmentProxies::of_process()))
            }
            ProxyChoice::None => Proxies::Set(None),
            ProxyChoice::Set(proxy) => Proxies::Set(Some(proxy.clone()?)),
        })
    }

    fn http_client(&self, proxies: &Proxies) -> Result<reqwest::Client, TransportSetupError> {
        if let Some(trouble) = &self.trouble {
            return Err(trouble.clone());
        }
        let tls = self.tls.configuration(self.versions)?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(connections::KEPT_FOR)
            .connector_layer(tower::util::MapRequestLayer::new(connections::opening))
            .tcp_keepalive(Duration::from_secs(60));
        if self.versions == HttpVersions::Http1 {
            builder = builder.http1_only();
        }
        // reqwest must not read the environment itself.
        builder = builder.no_proxy();
        if !matches!(proxies, Proxies::Set(None)) {
            let used = proxies.clone();
            let of = move |url: &reqwest::Url| used.of(url).map(|proxy| proxy.url());
            builder = builder.proxy(reqwest::Proxy::custom(of));
        }
        if let Some(configure) = &self.configure {
            builder = configure(builder);
        }
        let built = builder.build().map_err(reqwest::Error::without_url);
        built.map_err(|error| TransportSetupError::Http(root_cause(&error).to_string()))
    }

    fn remember(&mut self, outcome: Result<(), TransportSetupError>) {
        if let Err(trouble) = outcome {
            self.trouble.get_or_insert(trouble);
        }
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let connections = self.connections.clone();
        let proxies = self.known_proxies().cloned();
        Box::pin(async move {
            let prepared = Prepared::of(&connections, proxies, request)?;
            Ok(response(exchange(prepared).await?))
        })
    }

    #[cfg(feature = "featbit")]
    fn connect(&self, request: TransportRequest) -> BoxFuture<Result<Upgrade, TransportError>> {
        let connections = self.sockets.clone();
        let proxies = self.known_proxies().cloned();
        let settings = self.settings.clone();
        Box::pin(async move {
            let mut prepared = Prepared::of(&connections, proxies, request)?;
            if let Prepared { proxy: Some(proxy), asked, lease, .. } = &mut prepared
                && proxy.forwards(asked.url())
                && let Some(settings) = settings
            {
                lease.answered();
                let limit = settings.connect_timeout;
                return tunnel::upgrade(proxy, &settings.tls, limit, asked).await;
            }
            let Exchanged { answer, .. } = exchange(prepared).await?;
            let head = head(&answer);
            if head.status != 101 {
                return Ok(Upgrade { head, connection: None });
            }
            let upgraded = answer.upgrade().await;
            let connection = upgraded.map_err(|error| translate(error, Phase::Head))?;
            Ok(Upgrade { head, connection: Some(Box::new(connection)) })
        })
    }

    fn after_fork(&self) -> Option<Arc<dyn Transport>> {
        let settings = self.settings.as_ref()?;
        // The environment is not read again, because that takes a lock.
        let proxies = self.proxies.clone();
        let client = settings.http_client(&proxies).ok()?;
        Some(Arc::new(Self::of(client, proxies, Some(Arc::clone(settings)))))
    }

    fn check(&self, edge: &EdgeUrl) -> Result<(), InvalidSetting> {
        let url = reqwest::Url::parse(edge.as_str()).map_err(|why| {
            InvalidSetting::new("Edge URL", format!("{why}: write https://edge.example"))
        })?;
        match self.known_proxies() {
            Some(Proxies::Environment(environment)) => environment.check(&url),
            _ => Ok(()),
        }
    }
}
