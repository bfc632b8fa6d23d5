//! The servers that a client is checked against, and the changes of their flags.

use std::io::{BufRead, Write};
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Client, ClientBuilder, featuresignals};
use fh_conformance::systems::Set;
use fh_test_servers::featuresignals::TestServer;

use crate::changed_flag::{Change, ChangedFlag};

/// A server, and the way to change its flags.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    url: String,
    api_key: String,
    environment: String,
    pub(crate) streams: Streams,
    changed_by: ChangedBy,
}

/// The streams of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streams {
    Work,
    Refused,
}

enum ChangedBy {
    Calls(Box<TestServer>),
    /// The program that started this one executes the changes, which are lines of standard output.
    Lines,
}

impl Target {
    /// Starts a test server with the recorded ruleset, at the recorded time.
    pub(crate) fn test_server(recorded: &Set) -> Result<Self, String> {
        let server = TestServer::start().map_err(|why| why.to_string())?;
        let environment = server.environment();
        environment.replace_all(&recorded.ruleset).map_err(|why| why.to_string())?;
        server.set_time(Some(&recorded.now)).map_err(|why| why.to_string())?;
        Ok(Self {
            name: "test server",
            url: server.url(),
            api_key: environment.server_key(),
            environment: environment.slug().to_string(),
            streams: Streams::Work,
            changed_by: ChangedBy::Calls(Box::new(server)),
        })
    }

    pub(crate) fn live(url: &str, api_key: &str, environment: &str, streams: Streams) -> Self {
        Self {
            name: "real server",
            url: url.to_string(),
            api_key: api_key.to_string(),
            environment: environment.to_string(),
            streams,
            changed_by: ChangedBy::Lines,
        }
    }

    /// Returns the settings of a client of this server.
    pub(crate) fn settings(&self) -> featuresignals::Settings {
        featuresignals::Settings::new(&self.api_key).url(&self.url).environment(&self.environment)
    }

    /// Changes a flag.
    pub(crate) fn change(&self, flag: &ChangedFlag, change: Change) -> Result<(), String> {
        match &self.changed_by {
            ChangedBy::Calls(server) => match change {
                Change::Define(default) => server.put_flag(&flag.definition(default)),
                _ => server.environment().put_state(&flag.key, &flag.state(change)),
            }
            .map_err(|why| why.to_string()),
            ChangedBy::Lines => {
                match change {
                    Change::Off => println!("off {}", flag.key),
                    Change::On => println!("on {}", flag.key),
                    Change::Define(default) => println!("define {} {default}", flag.key),
                }
                let mut line = String::new();
                std::io::stdout()
                    .flush()
                    .and_then(|()| std::io::stdin().lock().read_line(&mut line))
                    .map_err(|why| why.to_string())?;
                if line.is_empty() { Err(format!("{change:?} has no answer")) } else { Ok(()) }
            }
        }
    }
}

/// Returns a builder without the proxies of this machine.
pub(crate) fn builder(settings: featuresignals::Settings) -> Result<ClientBuilder, String> {
    let transport =
        ReqwestTransport::builder().no_proxy().build().map_err(|why| why.to_string())?;
    Ok(Client::featuresignals(settings).transport(transport))
}

/// Starts a client, and waits until it is ready.
pub(crate) fn started(builder: ClientBuilder) -> Result<Client, String> {
    let client = builder.start().map_err(|why| why.to_string())?;
    client.wait_ready(Duration::from_secs(10)).map_err(|why| why.to_string())?;
    Ok(client)
}
