//! The Edge of the demo and its clients, which use real sockets.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Client, TestUpdates};
use fh_edge::listen::{self, ListenOptions, Listener, Stopped};
use fh_edge::state::file::{ExtraAccount, Options as FileOptions};
use fh_edge::state::{Permission, ServiceKey, State};
use fh_edge::{AdminKey, Console, Edge, EdgeHandle, Options};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::SHOP;
use crate::edge;
use crate::failure::Failure;
use crate::random_ids::{client_key, letters};

/// The time within which streams have to end when the server stops.
const GRACE: Duration = Duration::from_millis(200);

/// A running Edge, and its keys.
pub(crate) struct DemoServer {
    pub(crate) url: String,
    /// The API key (`ENVIRONMENT/KEY`) of the shop, which has permission to read.
    pub(crate) shop_key: String,
    /// The API key (`ENVIRONMENT/KEY`) of the tests, which has all permissions.
    pub(crate) tests_key: String,
    pub(crate) admin_key: String,
    environment: String,
    admin: reqwest::Client,
    handle: EdgeHandle,
    end: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<Stopped>>,
}

impl DemoServer {
    /// Starts an Edge on a free port of the loopback address.
    pub(crate) fn start() -> Result<Self, Failure> {
        let [shop, tests] = [client_key()?, client_key()?];
        let admin_key = letters(40)?;
        let options = FileOptions::new()
            .account(account("shop", &shop, &[Permission::Read])?)
            .account(account("tests", &tests, &Permission::ALL)?);
        let state = State::from_text(SHOP, &options).map_err(failure)?.state;
        let environment = state.environments.first().map(|environment| environment.id.to_string());
        let environment = environment.unwrap_or_default();
        let mut options = Options::default();
        options.admin_key = Some(AdminKey::new(&admin_key).map_err(failure)?);
        options.console = Console::On;
        let edge = Edge::builder().state(state).options(options).build().map_err(failure)?;
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).map_err(failure)?;
        let url = format!("http://{}", listener.local_addr().map_err(failure)?);
        let mut listening = ListenOptions::default();
        listening.grace = GRACE;
        let (end, mut ending) = watch::channel(false);
        let ended = async move {
            // If the sender is dropped, the server stops too.
            let _ = ending.wait_for(|is_over| *is_over).await;
        };
        let (router, handle) = (edge.router(), edge.handle());
        let server =
            tokio::spawn(async move { listen::serve([listener], router, listening, ended).await });
        Ok(Self {
            url,
            shop_key: format!("{environment}/{shop}"),
            tests_key: format!("{environment}/{tests}"),
            admin_key,
            environment,
            admin: admin()?,
            handle,
            end,
            server,
        })
    }

    /// Returns the URL of the console.
    pub(crate) fn console(&self) -> String {
        format!("{}/console", self.url)
    }

    /// Returns a client that streams. It ignores proxy settings, because the Edge is on this machine.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let transport = ReqwestTransport::builder().no_proxy().build().map_err(failure)?;
        Client::builder(&self.url, &self.shop_key)
            .transport(transport)
            .start()
            .map_err(edge::unstarted)
    }

    /// Returns the handle for test updates, which uses the API key of the tests.
    pub(crate) fn updates(&self, client: &Client) -> Result<TestUpdates, Failure> {
        client.test_updates().with_api_key(&self.tests_key).map_err(failure)
    }

    /// Changes a feature through the admin API, as the console does.
    pub(crate) async fn change(&self, feature: &str, change: &Value) -> Result<(), Failure> {
        let url = format!("{}/admin/v1/features/{}/{feature}", self.url, self.environment);
        let request = self
            .admin
            .patch(url)
            .header("authorization", format!("Bearer {}", self.admin_key))
            .header("content-type", "application/json")
            .body(change.to_string());
        let answer = request.send().await.map_err(|error| failure(error.without_url()))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said = answer.text().await.unwrap_or_default();
        Err(failure(format!("the admin API answers {status}: {said}")))
    }

    /// Ends the streams, and then stops the server.
    pub(crate) async fn end(self) {
        self.handle.say_bye(GRACE).await;
        self.end.send_replace(true);
        // The demo is over, so an error of the server is ignored.
        let _ = self.server.await;
    }
}

fn account(name: &str, key: &str, permissions: &[Permission]) -> Result<ExtraAccount, Failure> {
    Ok(ExtraAccount {
        name: name.into(),
        client_keys: vec![ServiceKey::new(key).map_err(failure)?],
        server_keys: Vec::new(),
        filters: Default::default(),
        permissions: permissions.iter().copied().collect(),
    })
}

/// Returns an HTTP client for plain HTTP, which uses no proxies and trusts no certificate.
fn admin() -> Result<reqwest::Client, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failure)?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build();
    client.map_err(failure)
}

pub(super) fn failure(why: impl std::fmt::Display) -> Failure {
    Failure::Edge(format!("the demo's Edge failed: {why}"))
}
