//! Starts two processes `fh serve` for each scenario: one that serves the state, and a relay of it, which is the server under test.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Evaluated::{ByClient, ByServer};
use super::check::{Failure, Outcome, check};
use super::identifiers::Identifiers;
use super::launcher::{ServerLauncher, Setup, Subject};
use super::program::{PATIENCE, Process, Program, broken};
use super::scenario_client::by_key;
use super::standard;
use crate::case::Profile;
use crate::server::wire::{Base, Connection, Request, component};

/// A launcher that starts `fh serve --relay` in front of `fh serve`.
#[derive(Debug, Clone)]
pub struct Relay(pub Program);

struct Relayed {
    origin: Process,
    relay: Process,
}

impl ServerLauncher for Relay {
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure> {
        let Self(program) = self;
        let origin = program.serve(&Setup { state: setup.state.clone(), ..Setup::default() })?;
        let base = origin.base();
        let url = format!("http://{}{}", base.authority(), base.target(""));
        let mut arguments = vec!["--relay".to_owned(), url];
        for keys in keys() {
            arguments.extend(["--relay-key".to_owned(), keys]);
        }
        let folder = tempfile::tempdir().map_err(|error| broken("a folder", error))?;
        let relayed = Relayed { relay: program.start_with(setup, arguments, folder)?, origin };
        if setup.state.is_some() {
            relayed.settle()?;
        }
        Ok(Box::new(relayed))
    }
}

/// Returns the keys of each account for each environment, as `--relay-key` takes them. A relay evaluates as clients do, so the keys of an
/// environment that evaluates otherwise are not paired: the server evaluates for those that are configured alone.
fn keys() -> Vec<String> {
    let known = Identifiers::standard();
    let mut keys = Vec::new();
    for account in known.accounts.keys() {
        for (name, environment) in &known.environments {
            let both = [ByClient, ByServer].map(|by| known.key(account, name, by).ok());
            let both = both.into_iter().flatten();
            match environment.profile {
                Profile::Edge => keys.extend(both),
                _ => keys.push(both.collect::<Vec<_>>().join(",")),
            }
        }
    }
    keys
}

/// Returns what the accounts may do, and the environments.
fn granted(state: &Value) -> Vec<Option<&Value>> {
    let list = |part: &str| state.get(part).and_then(Value::as_array).into_iter().flatten();
    let accounts = list("accounts").map(|each| each.get("permissions"));
    accounts.chain(list("environments").map(|each| each.get("id"))).collect()
}

impl Relayed {
    /// Returns the features that a server has for all client-evaluated keys, in the order of their keys. A relay asks for a stale
    /// environment only every ten minutes, so its features are left out.
    fn features(base: &Base) -> Result<Vec<BTreeMap<String, Value>>, Failure> {
        let known = Identifiers::standard();
        let of = |environment: &String| {
            let keys = known.accounts.keys().map(|name| known.key(name, environment, ByClient));
            keys.flatten().collect::<Vec<_>>()
        };
        let keys = known.environments.keys().filter(|name| *name != "stale").flat_map(of);
        let keys: Vec<String> = keys.map(|key| format!("apiKey={}", component(&key))).collect();
        let poll = Request::new("GET", base.target(&format!("/features?{}", keys.join("&"))));
        let environments = Connection::open(base, PATIENCE)?.request(&poll)?.json();
        let features = |each: &Value| by_key(each.get("features").unwrap_or(&Value::Null));
        Ok(environments.as_array().into_iter().flatten().map(features).collect())
    }
}

impl Subject for Relayed {
    fn base(&self) -> &Base {
        self.relay.base()
    }

    fn monitor(&self) -> Result<&Base, Failure> {
        self.relay.monitor()
    }

    fn patience(&self) -> Duration {
        self.relay.patience()
    }

    fn serve(&self, state: &Value) -> Outcome {
        if granted(state) != granted(&standard()) {
            return Err(Failure::Unable("a relay revokes a key after ten minutes of refusals"));
        }
        self.origin.serve(state)?;
        self.settle()
    }

    fn settle(&self) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while Self::features(self.base())? != Self::features(self.origin.base())? {
            check!(Instant::now() < deadline, "the relay does not get what the server has");
            sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn stop(&self) -> Outcome {
        self.relay.stop()
    }

    fn start_again(&self) -> Outcome {
        self.relay.start_again()?;
        self.settle()
    }
}
