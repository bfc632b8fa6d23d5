//! The operations by their names.

use std::io;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::clients::{AdapterClient, Clients};
use super::failure::{Outcome, adapter, unsupported};
use super::members::{read as members_of, written};
use super::waiting::Waiting;
use super::{create, evaluate, hello, interceptors, lifecycle, listeners, reads, updates, usage};
use crate::protocol::{Command, Create, Created, OPERATIONS};

/// The state of the adapter: its clients.
pub(super) struct Adapter {
    clients: Clients,
    waiting: Waiting,
}

/// The member that names the client of a command.
#[derive(Deserialize)]
struct OfClient {
    client: String,
}

impl Adapter {
    /// # Errors
    /// If the timer of waits cannot be created.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { clients: Clients::default(), waiting: Waiting::new()? })
    }

    /// Performs one command, and returns the members of its answer.
    ///
    /// # Errors
    /// If the client raises an error, or the command cannot be performed.
    pub(super) fn perform(&mut self, command: Command) -> Outcome<Map<String, Value>> {
        let Command { op, members, .. } = command;
        match op.as_str() {
            "hello" => written(hello::hello()?),
            "evaluate" => written(evaluate::evaluate(&members_of(&members)?)?),
            "create" => written(self.create(&members_of(&members)?)?),
            _ => self.perform_on_client(&op, &members),
        }
    }

    fn create(&mut self, settings: &Create) -> Outcome<Created> {
        self.clients.check_free(&settings.client)?;
        self.clients.add(create::create(settings)?);
        Ok(Created::default())
    }

    fn perform_on_client(
        &self,
        op: &str,
        members: &Map<String, Value>,
    ) -> Outcome<Map<String, Value>> {
        if !OPERATIONS.contains(&op) {
            return Err(adapter(format_args!("there is no operation {op:?}")));
        }
        let OfClient { client } = members_of(members)?;
        let client = self.clients.get(&client)?;
        let waiting = &self.waiting;
        match op {
            "state" => written(lifecycle::state(client)),
            "wait" => written(lifecycle::wait(&client.client, &members_of(members)?)),
            "read" => written(reads::read(client, &members_of(members)?)?),
            "context" => {
                written(lifecycle::set_context(&client.client, &members_of(members)?, waiting)?)
            }
            "keys" => written(lifecycle::set_keys(&client.client, &members_of(members)?, waiting)?),
            "refresh" => {
                written(lifecycle::refresh(&client.client, &members_of(members)?, waiting))
            }
            "update" => written(updates::update(&client.client, &members_of(members)?, waiting)?),
            "fork" => Err(unsupported(hello::NO_FORK)),
            "close" => written(lifecycle::close(&client.client, waiting)),
            _ => change(op, client, members).map(|()| Map::new()),
        }
    }

    /// Closes all clients.
    pub(super) fn close_all(&self) {
        lifecycle::close_all(&self.clients, &self.waiting);
    }
}

/// Performs an operation whose answer has no members.
fn change(op: &str, client: &Arc<AdapterClient>, members: &Map<String, Value>) -> Outcome<()> {
    match op {
        "listen" => listeners::listen(client, members_of(members)?)?,
        "unlisten" => listeners::unlisten(client, &members_of(members)?),
        "suspend" => client.client.suspend(),
        "resume" => client.client.resume(),
        "catch" => lifecycle::catch(&client.client, &members_of(members)?),
        "release" => lifecycle::release(&client.client, &members_of(members)?),
        "intercept" => interceptors::intercept(client, members_of(members)?),
        "record" => usage::record(client, &members_of(members)?),
        _ => return Err(adapter(format_args!("the adapter does not know {op:?}"))),
    }
    Ok(())
}
