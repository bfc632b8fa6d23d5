//! The measured load of a cluster on PostgreSQL.

use std::thread::sleep;
use std::time::Duration;

use harness::median;

use crate::cluster::measure;
use crate::database::Database;
use crate::servers::{Places, Server};

/// The number of servers. The figures for other numbers are calculated.
const SERVERS: usize = 3;
const STREAMS: usize = 30;
/// The time without changes.
const IDLE: Duration = Duration::from_secs(10);

pub struct Load {
    /// Transactions a second of a server without changes.
    pub idle: f64,
    /// Transactions of a change on each server, with those that PostgreSQL makes to deliver a notification.
    pub change: f64,
    /// Processor time of a transaction, in seconds.
    pub processor: f64,
    /// Resident memory of a connection, in bytes.
    pub connection: f64,
    /// The median time until a change is answered, in seconds.
    pub answered: f64,
}

/// Measures servers without changes, and then this number of changes in turn.
pub fn load(places: &Places, changes: usize) -> Result<Load, String> {
    let database = Database::new(places)?;
    let servers: Result<Vec<Server>, String> =
        (0..SERVERS).map(|number| database.server(places, number)).collect();
    let servers = servers?;
    // Statistics are as old as a second.
    sleep(Duration::from_secs(3));
    let begin = database.work()?;
    sleep(IDLE);
    let still = database.work()?;
    let of_all = (still.transactions - begin.transactions) / IDLE.as_secs_f64();
    let figures = measure(&servers, STREAMS, changes)?;
    sleep(Duration::from_secs(3));
    let end = database.work()?;
    let transactions = end.transactions - still.transactions;
    let made = (changes + figures.warm_up) as f64;
    let each = (transactions - of_all * figures.took.as_secs_f64() - of_all * 3.0) / made;
    Ok(Load {
        idle: of_all / SERVERS as f64,
        change: each / SERVERS as f64,
        processor: (end.processor - still.processor) / transactions,
        connection: end.connection,
        answered: median(&figures.answered),
    })
}
