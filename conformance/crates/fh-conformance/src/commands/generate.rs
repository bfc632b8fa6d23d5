//! The command `vectors generate`.

use clap::Args;

use super::{Ended, FAILED, Problem, print, seed};
use crate::data::version::sha256;
use crate::data::{Data, DataError, Schemas};
use crate::generated::{self, COUNT, DIGEST, GROUP, PATH, SEED};

/// Print or check the generated cases.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The group; only one group is generated.
    #[arg(long, default_value = GROUP, value_parser = [GROUP])]
    group: String,
    /// The seed of the generator.
    #[arg(long, default_value_t = SEED, value_parser = seed)]
    seed: u64,
    /// The number of cases.
    #[arg(long, default_value_t = COUNT)]
    count: usize,
    /// Print no cases, and fail unless their digest is that of the suite.
    #[arg(long)]
    check: bool,
}

pub(super) fn generate(data: &Data, arguments: &Arguments) -> Ended {
    let schemas = Schemas::compile(data)?;
    let text = match generated::write(arguments.seed, arguments.count, &schemas) {
        Ok(text) => text,
        Err(stopped) => {
            eprint!("{stopped}");
            return Ok(FAILED);
        }
    };
    if !arguments.check {
        print(&text);
        return Ok(0);
    }
    let digest = sha256(text.as_bytes());
    if digest == DIGEST {
        print(&format!("{PATH} has the digest of the suite\n"));
        return Ok(0);
    }
    let problem = format!("seed {:#x} has the digest {digest}", arguments.seed);
    Err(Problem::Data(vec![DataError::in_file(PATH, problem)]))
}
