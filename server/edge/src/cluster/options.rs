//! The options of a cluster: the database, and the name of this server in it.

use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::config::{Host, LoadBalanceHosts, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, Connection, Socket};

use super::tls::{Tls, Verified};

/// The time limit for a connection to one host.
const CONNECT: Duration = Duration::from_secs(5);
/// The time limit for an attempt with several hosts. One that accepts connections and does not answer would use up the time of the others.
const ATTEMPT: Duration = Duration::from_secs(3);

/// The database that the servers of a cluster share, and the name of this server. `Debug` does not show the URL, which may contain a
/// password.
#[derive(Clone)]
pub struct ClusterOptions {
    address: Address,
    certificates: Option<PathBuf>,
    pub(super) schema: String,
    pub(super) server: String,
}

#[derive(Clone)]
enum Address {
    Url(String),
    File(PathBuf),
}

/// The reason why the options of a cluster cannot be used, or why its database cannot. The field is a sentence, which contains no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterError(pub(super) String);

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ClusterError {}

impl fmt::Debug for ClusterOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (schema, server) = (&self.schema, &self.server);
        f.debug_struct("ClusterOptions")
            .field("schema", schema)
            .field("server", server)
            .finish_non_exhaustive()
    }
}

impl ClusterOptions {
    /// Uses the database at this URL, such as `postgres://user:password@db.example/flags`.
    ///
    /// # Errors
    /// Returns [`ClusterError`] if the URL cannot be read.
    pub fn new(url: &str) -> Result<Self, ClusterError> {
        config(url).map_err(ClusterError)?;
        Ok(Self::at(Address::Url(url.trim().to_owned())))
    }

    /// Uses the database whose URL is in this file. The file is read for each connection, so that its password can be rotated.
    ///
    /// # Errors
    /// Returns [`ClusterError`] if the file or its URL cannot be read.
    pub fn from_file(file: impl Into<PathBuf>) -> Result<Self, ClusterError> {
        let file = file.into();
        config(&url_in(&file).map_err(ClusterError)?)
            .map_err(|why| ClusterError(format!("{}: {why}", file.display())))?;
        Ok(Self::at(Address::File(file)))
    }

    fn at(address: Address) -> Self {
        let (schema, server) = ("fh_edge".to_owned(), "fh-edge".to_owned());
        Self { address, certificates: None, schema, server }
    }

    /// Trusts the certificate authorities in this PEM file, in place of those of the operating system.
    #[must_use]
    pub fn certificate_authorities(self, file: impl Into<PathBuf>) -> Self {
        Self { certificates: Some(file.into()), ..self }
    }

    /// Sets the schema of the two tables. Default: `fh_edge`.
    #[must_use]
    pub fn schema(self, name: impl Into<String>) -> Self {
        Self { schema: name.into(), ..self }
    }

    /// Sets the name of this server, which the log of changes and `pg_stat_activity` show. Default: `fh-edge`.
    #[must_use]
    pub fn server_name(self, name: impl Into<String>) -> Self {
        Self { server: name.into(), ..self }
    }

    /// Opens a connection to the primary.
    pub(super) async fn connect(
        &self,
    ) -> Result<(Client, Connection<Socket, Verified<Socket>>), String> {
        let url = match &self.address {
            Address::Url(url) => url.clone(),
            Address::File(file) => url_in(file)?,
        };
        let mut config = config(&url)?;
        config.application_name(&self.server);
        let tls = match (&self.certificates, config.get_ssl_mode()) {
            (Some(file), _) => Tls::from_file(file)?,
            (None, _) => Tls::of_system()?,
        };
        let limit = if config.get_hosts().len() > 1 { ATTEMPT } else { Duration::MAX };
        match timeout(limit, config.connect(tls)).await {
            Ok(connected) => connected.map_err(|why| sentence(&why)),
            Err(_) => Err(format!("no host has answered within {} s", ATTEMPT.as_secs())),
        }
    }
}

/// Returns the text of an error with its causes.
pub(super) fn sentence(why: &dyn std::error::Error) -> String {
    let mut text = why.to_string();
    let mut cause = why.source();
    while let Some(next) = cause {
        let more = next.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = next.source();
    }
    text
}

fn url_in(file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
    Ok(text.trim().to_owned())
}

/// Reads a URL. TLS is required and verified, unless the URL says `sslmode=disable` or all hosts are sockets or this machine.
fn config(url: &str) -> Result<Config, String> {
    let url = url.trim();
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("the URL of the cluster does not begin with postgres://; write postgres://USER:PASSWORD@HOST/DATABASE".into());
    }
    // All connections with TLS are verified, so these modes mean the same.
    let url = url.replace("sslmode=verify-full", "sslmode=require");
    let url = url.replace("sslmode=verify-ca", "sslmode=require");
    let mut config: Config = url.parse().map_err(|why: tokio_postgres::Error| unread(&why))?;
    if config.get_hosts().is_empty() {
        return Err(
            "the URL of the cluster names no host; write postgres://USER:PASSWORD@HOST/DATABASE"
                .into(),
        );
    }
    if config.get_ssl_mode() == SslMode::Prefer {
        let is_here = config.get_hosts().iter().all(is_this_machine);
        config.ssl_mode(if is_here { SslMode::Disable } else { SslMode::Require });
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    // A host that hangs uses up the time of an attempt, and the next one may begin with another host.
    config.load_balance_hosts(LoadBalanceHosts::Random);
    Ok(config)
}

/// Returns the reason why a URL cannot be read. It does not repeat the name of an unknown option, which may be a part of a password.
fn unread(why: &tokio_postgres::Error) -> String {
    let text = sentence(why);
    if !text.contains("unknown option") {
        return text;
    }
    "the URL of the cluster has an unknown option after its `?`; options of PostgreSQL are, for example, sslmode and connect_timeout"
        .into()
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_required_except_on_this_machine() {
        for (url, mode) in [
            ("postgres://db.example/flags", Ok(SslMode::Require)),
            ("postgresql://db.example/flags?sslmode=prefer", Ok(SslMode::Require)),
            ("postgres://db.example/flags?sslmode=require", Ok(SslMode::Require)),
            ("postgres://db.example/flags?sslmode=verify-full", Ok(SslMode::Require)),
            ("postgres://db.example/flags?sslmode=verify-ca", Ok(SslMode::Require)),
            ("postgres://db.example/flags?sslmode=disable", Ok(SslMode::Disable)),
            ("postgres://localhost/flags", Ok(SslMode::Disable)),
            ("postgres://127.0.0.1,[::1]/flags", Ok(SslMode::Disable)),
            ("postgres://localhost,db.example/flags", Ok(SslMode::Require)),
            ("postgres://localhost/flags?sslmode=require", Ok(SslMode::Require)),
            ("postgres:///flags?host=/run/postgresql", Ok(SslMode::Disable)),
            ("mysql://db.example/flags", Err("does not begin with postgres://")),
            ("postgres:///flags", Err("names no host")),
            ("postgres://db.example/flags?sslmode=other", Err("invalid")),
            ("postgres://db.example/flags?sslmod=require", Err("has an unknown option")),
        ] {
            match (config(url), mode) {
                (Ok(config), Ok(mode)) => assert_eq!(config.get_ssl_mode(), mode, "{url}"),
                (Err(why), Err(part)) => assert!(why.contains(part), "{url}: {why}"),
                (read, _) => panic!("{url}: {read:?}"),
            }
        }
    }
}
