//! The server of `fh serve`, from start to end.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use axum::Router;
use fh_edge::internal::{Topic, set_notice};
use fh_edge::listen::{
    AccessLog, App, Connections, ListenOptions, Listener, ProxyProtocol, Stopped, Tls,
    TrustedProxies,
};
use fh_edge::{
    Administration, Console, DamagedData, Edge, EdgeHandle, ListenerFigures, RedactedLog,
};
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};
use tracing::{error, info, warn};

use super::origin::{self, Opened, Origin};
use super::secrets::{Held, SecretFiles, SecretRead};
use super::settings::{ResolvedSettings, Settings};
use super::signals::{SignalAction, Signals};
use crate::failure::Failure;

/// The longest time that open connections of the monitor port have to end after the API has closed. A shorter grace period
/// shortens the time.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// A server whose sockets are bound.
pub(crate) struct Server {
    edge: Edge,
    origin: Origin,
    secrets: SecretFiles,
    settings: Settings,
    tls: Option<Tls>,
    api: Listener,
    monitor: Option<Listener>,
    monitor_scheme: &'static str,
    listen: ListenOptions,
    url_path: String,
    administration: Administration,
    console: Console,
    proxies: TrustedProxies,
}

/// The URLs at which programs on this machine reach the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) api: String,
    pub(crate) monitor: Option<String>,
    pub(crate) console: Option<String>,
}

impl Server {
    /// Opens the origin, the data folder, the certificate and the sockets, so that their errors are errors of the start.
    pub(crate) async fn new(resolved: &ResolvedSettings) -> Result<Self, Failure> {
        let settings = &resolved.settings;
        let opened = Origin::open(settings).await?;
        let Opened { mut origin, state, as_of, read_only, notice } = opened;
        let mut builder = Edge::builder().options(settings.edge.clone());
        match (origin::relay(settings), &settings.data) {
            (Some(relay), _) => builder = builder.relay(relay),
            (None, Some(folder)) => {
                let damaged = match settings.data_repair {
                    true => DamagedData::Repair,
                    false => DamagedData::Refuse,
                };
                builder = builder.data_folder(folder).damaged_data(damaged);
            }
            (None, None) => {}
        }
        if let Some(cluster) = settings.cluster() {
            builder = builder.cluster(cluster);
        }
        if let Some(state) = state {
            builder = builder.state(state);
        }
        if let Some(as_of) = as_of {
            builder = builder.state_as_of(as_of);
        }
        if let Some(owner) = read_only {
            builder = builder.read_only(owner);
        }
        let edge = builder.build().map_err(|error| Failure::Input(error.to_string()))?;
        // The data folder is locked by this process now.
        origin.keep_last_good();
        if notice.is_some() {
            edge.handle().note_failed_reload();
        }
        set_notice(&edge.handle(), Topic::StateFile, notice);
        let secrets = SecretFiles::follow(settings)?;
        let tls = tls(settings)?;
        let mut api = bind(settings.address, settings.port)?;
        if let Some(tls) = &tls {
            api = api.with_tls(tls.clone());
        }
        let at = settings.monitor_address.unwrap_or(settings.address);
        let mut monitor = settings.monitor_port.map(|port| bind(at, port)).transpose()?;
        if settings.monitor_tls
            && let Some(tls) = &tls
        {
            monitor = monitor.map(|monitor| monitor.with_tls(tls.clone()));
        }
        Ok(Self {
            edge,
            origin,
            secrets,
            settings: settings.clone(),
            tls,
            api,
            monitor,
            monitor_scheme: if settings.monitor_tls { "https" } else { "http" },
            listen: listen(settings),
            url_path: settings.url_path.clone(),
            administration: settings.edge.administration,
            console: settings.edge.console,
            proxies: settings.proxies.clone(),
        })
    }

    /// Returns a handle of the Edge that this server serves.
    pub(crate) fn handle(&self) -> EdgeHandle {
        self.edge.handle()
    }

    pub(crate) fn addresses(&self) -> Result<Addresses, Failure> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let api = format!("{}{}", url(scheme, &self.api)?, self.url_path);
        let monitor = self.monitor.as_ref();
        let monitor = monitor.map(|monitor| url(self.monitor_scheme, monitor)).transpose()?;
        let beside = match self.administration {
            Administration::WithMonitoring => monitor.as_ref().unwrap_or(&api),
            _ => &api,
        };
        let console = self.console == Console::On;
        let console = console.then(|| format!("{beside}/console"));
        Ok(Addresses { monitor, console, api })
    }

    /// Serves until a signal requests a stop, and then stops gracefully. A second such signal stops the server at once. Fails if
    /// a listener fails.
    pub(crate) async fn run(self, signals: Signals) -> Result<(), Failure> {
        let (end, ending) = watch::channel(false);
        let (over, is_over) = watch::channel(false);
        let router = self.proxies.before(under(&self.url_path, &self.edge));
        let app = App::from(router)
            .shortcut(self.edge.poll_shortcut(&self.url_path))
            .probes(self.edge.probe_paths(&self.url_path));
        let grace = self.listen.grace;
        let handle = self.edge.handle();
        let edge = handle.clone();
        handle.show_listener(ListenerFigures::new("api", &self.listen, self.tls.clone()));
        let mut monitoring = self.listen.clone();
        monitoring.grace = LAST_LOOK.min(grace);
        monitoring.connections = Connections::default();
        // Probes connect directly, also from the network of the trusted proxies.
        monitoring.proxy_protocol = ProxyProtocol::Off;
        if self.monitor.is_some() {
            let tls = self.tls.clone().filter(|_| self.monitor_scheme == "https");
            handle.show_listener(ListenerFigures::new("monitor", &monitoring, tls));
        }
        let api = fh_edge::listen::serve([self.api], app, self.listen, wait_for_signal(ending));
        let api = async {
            let stopped = api.await;
            over.send_replace(true);
            stopped
        };
        let monitor_app = App::from(self.proxies.before(self.edge.monitor_router()))
            .probes(self.edge.probe_paths(""));
        let monitor = async {
            match self.monitor {
                Some(monitor) => {
                    serve_apart(monitor, monitor_app, monitoring, wait_for_signal(is_over)).await
                }
                None => Ok(()),
            }
        };
        let control = Control {
            handle,
            delay: self.settings.shutdown_delay,
            origin: self.origin,
            secrets: self.secrets,
            settings: self.settings,
            tls: self.tls,
            grace,
        };
        let served = tokio::select! {
            served = async { tokio::try_join!(api, monitor) } => served,
            () = control.run(signals, end) => {
                warn!("second signal: all connections are closed at once");
                edge.close().await;
                return Ok(());
            }
        };
        edge.close().await;
        let (Stopped { cut, .. }, ()) = served.map_err(|error| {
            Failure::Input(format!("the server cannot continue to serve: {error}"))
        })?;
        info!(cut, "stopped");
        Ok(())
    }
}

/// The part of the server that handles signals and changed files.
struct Control {
    handle: EdgeHandle,
    origin: Origin,
    secrets: SecretFiles,
    settings: Settings,
    tls: Option<Tls>,
    grace: Duration,
    /// The time for which readiness answers 503 before streams end and the sockets close.
    delay: Duration,
}

impl Control {
    /// Handles signals and changed files. Returns after the second signal that requests a stop.
    async fn run(mut self, mut signals: Signals, end: watch::Sender<bool>) {
        loop {
            tokio::select! {
                asked = signals.next() => match asked {
                    SignalAction::Reload => self.reload().await,
                    SignalAction::End => break,
                },
                read = self.origin.next() => self.origin.serve(read, &self.handle).await,
                read = self.secrets.next() => self.take_secret(read),
            }
        }
        info!(streams = self.handle.streams(), grace = self.grace.as_secs_f64(), "stopping");
        let ending = async {
            // Load balancers must see that the server is not ready before it refuses connections.
            self.handle.announce_stop();
            tokio::time::sleep(self.delay).await;
            // A relay closes its upstream connections first, which may take a few seconds.
            self.handle.say_bye(self.grace).await;
            end.send_replace(true);
            std::future::pending::<()>().await;
        };
        let again = async { while signals.next().await != SignalAction::End {} };
        tokio::select! {
            () = ending => {}
            () = again => {}
        }
    }

    async fn reload(&self) {
        if let Some(tls) = self.tls.clone() {
            match tokio::task::spawn_blocking(move || tls.reload()).await {
                Ok(Ok(_)) => info!("the certificate was read again"),
                Ok(Err(error)) => {
                    warn!(%error, "the new certificate cannot be used, so the previous certificate remains in use");
                }
                Err(error) => {
                    warn!(%error, "the certificate files were not read, so the previous certificate remains in use");
                }
            }
        }
        self.secrets.reload();
        self.origin.reload();
    }

    /// Applies the new content of a file. After an error the previous secret remains in use.
    fn take_secret(&self, SecretRead { secret, file, held }: SecretRead) {
        let (flag, file) = (secret.flag(), file.display());
        match held.and_then(|held| self.put_into_force(held)) {
            Ok(()) => {
                info!(flag, %file, "the secret was read again");
                set_notice(&self.handle, Topic::Secrets(flag), None);
            }
            Err(why) => {
                error!(flag, %file, why, "the new secret cannot be used, so the previous secret remains in use");
                let notice = format!("{flag} {file}: {why}; the previous secret remains in use");
                set_notice(&self.handle, Topic::Secrets(flag), Some(notice));
            }
        }
    }

    fn put_into_force(&self, held: Held) -> Result<(), String> {
        match held {
            Held::AdminKey(key) => self.handle.set_admin_key(key),
            Held::Keys(keys) => self.origin.reload_with(origin::with_keys(&self.settings, &keys)),
            Held::RelayKeys(keys) => {
                let keys = origin::relay_keys(&self.settings, &keys);
                self.handle.set_relay_keys(&keys).map_err(|why| why.to_string())?;
            }
            Held::RelayHeaders(headers) => {
                let headers = origin::relay_headers(&self.settings, &headers);
                self.handle.set_relay_headers(&headers).map_err(|why| why.to_string())?;
            }
        }
        Ok(())
    }
}

/// Serves the monitor port on a thread and a runtime of its own, so that liveness is answered even if the threads of the API
/// are busy.
async fn serve_apart(
    listener: Listener,
    app: App,
    options: ListenOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (end, ended) = oneshot::channel();
    thread::Builder::new().name("fh-monitor".to_string()).spawn(move || {
        let served = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            runtime.block_on(async {
                let listener = listener.move_to_this_runtime()?;
                fh_edge::listen::serve([listener], app, options, shutdown).await.map(drop)
            })
        });
        // The receiver is gone if the server was stopped at once.
        let _ = end.send(served);
    })?;
    ended.await.unwrap_or_else(|_| Err(io::Error::other("the thread of the monitor port failed")))
}

async fn wait_for_signal(mut signal: watch::Receiver<bool>) {
    // A dropped sender counts as the signal.
    let _ = signal.wait_for(|is_set| *is_set).await;
}

fn bind(address: IpAddr, port: u16) -> Result<Listener, Failure> {
    let address = SocketAddr::new(address, port);
    Listener::bind(address).map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => {
                "; stop the program that listens there, or choose another port with --port or --monitor-port"
            }
            ErrorKind::AddrNotAvailable => {
                "; --listen and --monitor-listen take an address of this machine, such as 127.0.0.1"
            }
            ErrorKind::PermissionDenied => "; choose a port from 1024 on",
            _ => "",
        };
        Failure::Input(format!("cannot listen at {address}: {error}{advice}"))
    })
}

/// Returns the options of the listeners. The access log trusts the same proxies as all other parts of the server.
fn listen(settings: &Settings) -> ListenOptions {
    let mut listen = settings.listen.clone();
    listen.proxies = settings.proxies.clone();
    let access_log =
        || AccessLog::new(settings.proxies.clone(), RedactedLog::below(&settings.url_path));
    listen.access_log = settings.access_log.then(access_log);
    listen
}

fn tls(settings: &Settings) -> Result<Option<Tls>, Failure> {
    let files = settings.tls_certificate.as_ref().zip(settings.tls_key.as_ref());
    let tls = files.map(|(certificate, key)| Tls::from_files(certificate, key)).transpose();
    tls.map_err(|error| Failure::Input(error.to_string()))
}

/// Returns the URL at which programs on this machine reach the listener.
fn url(scheme: &str, listener: &Listener) -> Result<String, Failure> {
    let unknown =
        |error| Failure::Input(format!("the address of the listener is unknown: {error}"));
    let mut address = listener.local_addr().map_err(unknown)?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(format!("{scheme}://{address}"))
}

/// Returns the routes below a path prefix. Health is also served without the prefix, because probes do not know the prefix. If
/// metrics have no port of their own, they are also served without the prefix. All other routes need the prefix.
fn under(path: &str, edge: &Edge) -> Router {
    match path {
        "" => edge.router(),
        path => Router::new().nest(path, edge.router()).fallback_service(edge.probe_router()),
    }
}
