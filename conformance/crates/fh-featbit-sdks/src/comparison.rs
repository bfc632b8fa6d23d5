//! The answers of an SDK beside those of the conformance data.

use std::collections::BTreeMap;

use fh_test_servers::featbit::TestServer;
use serde_json::value::RawValue;

use crate::program::Program;
use crate::vectors::{Case, DataSet};

/// The result of the cases of one or more data sets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) equal: usize,
    pub(crate) all: usize,
    /// The errors of the data sets with which the process of the SDK has ended.
    pub(crate) ended: Vec<String>,
    /// For each flag with other answers, their number.
    pub(crate) different: BTreeMap<String, usize>,
}

/// Serves each data set to a client of its own, and compares its answers.
pub(crate) fn compare(program: &mut Program, sets: &[DataSet]) -> Result<Compared, String> {
    let server = TestServer::start().map_err(|why| why.to_string())?;
    let mut compared = Compared::default();
    for set in sets {
        let environment = server.add_environment();
        environment
            .replace_all(&texts(&set.flags), &texts(&set.segments))
            .map_err(|why| why.to_string())?;
        // The answers of a client that is not ready are defaults, and are compared all the same.
        let connected = program.connect(&server, &environment);
        let read = connected.and_then(|_| {
            let values = program.read(set.cases.iter().flat_map(Case::reads).collect())?;
            program.close()?;
            Ok(values)
        });
        let mut values = match read {
            Ok(values) => values.into_iter(),
            Err(why) => {
                // The SDK has ended its process, and gives no answers.
                compared.ended.push(why);
                program.restart()?;
                Vec::new().into_iter()
            }
        };
        for case in &set.cases {
            let own: Vec<_> = values.by_ref().take(case.reads().len()).collect();
            compared.all += 1;
            match case.is_met(&own) {
                true => compared.equal += 1,
                false => *compared.different.entry(case.flag.clone()).or_default() += 1,
            }
        }
    }
    Ok(compared)
}

fn texts(records: &[Box<RawValue>]) -> Vec<&str> {
    records.iter().map(|record| record.get()).collect()
}
