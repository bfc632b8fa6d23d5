//! A PostgreSQL for servers of a cluster.

use std::process::Command;

use fh_test_servers::postgres::Postgres;

use crate::process::usage;
use crate::servers::{Places, Server};

pub struct Database(Postgres);

/// What the servers of a cluster have cost PostgreSQL since its start.
#[derive(Clone, Copy)]
pub struct Work {
    pub transactions: f64,
    /// Processor time of the connections of servers, in seconds.
    pub processor: f64,
    /// Resident memory of a connection's process, in bytes. It includes pages that PostgreSQL's processes share.
    pub connection: f64,
}

impl Database {
    /// Starts a PostgreSQL, and makes the tables of a cluster with the state of this run.
    pub fn new(places: &Places) -> Result<Self, String> {
        let database = Self(Postgres::new());
        let mut init = Command::new(places.fh()?);
        init.args(["cluster", "init", "--state"]).arg(&places.state);
        init.env("FH_EDGE_CLUSTER", database.0.url());
        let done = init.output().map_err(|why| format!("{init:?}: {why}"))?;
        if !done.status.success() {
            return Err(format!("{init:?}: {}", String::from_utf8_lossy(&done.stderr)));
        }
        Ok(database)
    }

    /// Starts a server of the cluster.
    pub fn server(&self, places: &Places, number: usize) -> Result<Server, String> {
        let flags = ["--cluster", &self.0.url(), "--server-name", &format!("bench-{number}")];
        Server::ours_with(places, &flags.map(str::to_string))
    }

    pub fn work(&self) -> Result<Work, String> {
        let read = self.0.sql(
            "SELECT (SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database), pid
             FROM pg_stat_activity WHERE application_name LIKE 'bench-%'",
        );
        let (mut work, mut count) =
            (Work { transactions: 0.0, processor: 0.0, connection: 0.0 }, 0.0);
        for line in read.lines() {
            let row = line.split_once('|');
            let row =
                row.and_then(|(sum, process)| Some((sum.parse().ok()?, process.parse().ok()?)));
            let (sum, process) = row.ok_or_else(|| format!("PostgreSQL says {line:?}"))?;
            let usage = usage(process)?;
            work.transactions = sum;
            work.processor += usage.processor;
            work.connection += usage.resident as f64;
            count += 1.0;
        }
        work.connection /= f64::max(count, 1.0);
        Ok(work)
    }
}
