//! The running server, with the recorded ruleset and one API key.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use rustix::process::Signal;

use super::database::{Database, clean};
use super::http::{self, Answer};
use super::requirements::PostgreSql;
use super::ruleset::Ruleset;
use super::service::Service;
use crate::temporary_folder::TemporaryFolder;

/// The API key, in the form of the server's own keys.
const API_KEY: &str = "fs_srv_0123456789abcdef0123456789abcdef0123456789abcdef";
/// The server's secret key, with which it hashes API keys.
const MASTER_KEY: [u8; 32] = [7; 32];

/// A running server with its database. Both are ended when it is dropped.
pub(super) struct LiveServer {
    address: SocketAddr,
    pub(super) environment: String,
    // The server ends before its database.
    _service: Service,
    database: Database,
}

impl LiveServer {
    /// Starts a database and the server in a folder. The server applies its migrations, and then the ruleset is written. The server listens on
    /// all addresses of the machine, and has no setting for that.
    pub(super) fn start(
        postgresql: &PostgreSql,
        program: &Path,
        folder: &TemporaryFolder,
    ) -> Result<Self, String> {
        let database = Database::start(postgresql, folder.path())?;
        let address = free_address()?;
        // The server reads the file `.env` of its folder and of the one above.
        let empty = folder.path().join("run/server");
        fs::create_dir_all(&empty).map_err(|why| format!("{}: {why}", empty.display()))?;
        let mut command = clean(program);
        command
            .current_dir(&empty)
            .env("DATABASE_URL", database.url())
            .env("PORT", address.port().to_string())
            .env("DEPLOYMENT_MODE", "cloud")
            .env("EMAIL_PROVIDER", "none")
            .env("ENCRYPTION_MASTER_KEY", hexadecimal(&MASTER_KEY))
            .env("JWT_SECRET", hexadecimal(&MASTER_KEY))
            .env("LOG_LEVEL", "warn");
        let log = folder.path().join("server.log");
        // The server would wait for open streams, and its database is deleted.
        let mut service = Service::start("the server", &mut command, log, Signal::KILL)?;
        let is_healthy = |answer: Answer| answer.status == 200;
        service.wait_until(|| http::get(address, "/health", "").is_ok_and(is_healthy))?;
        let ruleset = Ruleset::read()?;
        let key_hash = hexadecimal(&hmac_sha256::HMAC::mac(API_KEY, MASTER_KEY));
        ruleset.write(&database, API_KEY, &key_hash)?;
        Ok(Self { address, environment: ruleset.environment, _service: service, database })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the server key of the environment.
    pub(super) fn api_key(&self) -> &'static str {
        API_KEY
    }

    /// Executes statements of SQL in the server's database, and returns their rows. The server is notified of changes of
    /// `flag_states` only, and takes a few milliseconds to drop its cached ruleset.
    pub(super) fn sql(&self, text: &str) -> Result<String, String> {
        self.database.sql(text)
    }
}

/// Returns an address on which no server listens.
fn free_address() -> Result<SocketAddr, String> {
    let free =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    free.map_err(|why| format!("no port is free: {why}"))
}

/// Returns the digits of bytes.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
