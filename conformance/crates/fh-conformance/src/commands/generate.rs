//! The command `vectors generate`.

use std::path::Path;

use clap::Args;

use super::{Ended, FAILED, Problem, print, seed, write_file};
use crate::data::{Data, DataError, Schemas};
use crate::generated::{self, GROUP, PATH};

/// Write or check the generated cases.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The group; only one group is generated.
    #[arg(long, default_value = GROUP, value_parser = [GROUP])]
    group: String,
    /// The seed of the generator.
    #[arg(long, default_value = "0x5EED0001", value_parser = seed)]
    seed: u64,
    /// The number of cases.
    #[arg(long, default_value_t = 2_000)]
    count: usize,
    /// Write nothing, and fail unless the data has exactly these cases.
    #[arg(long)]
    check: bool,
}

pub(super) fn generate(data: &Data, folder: Option<&Path>, arguments: &Arguments) -> Ended {
    let schemas = Schemas::compile(data)?;
    let text = match generated::write(arguments.seed, arguments.count, &schemas) {
        Ok(text) => text,
        Err(stopped) => {
            eprint!("{stopped}");
            return Ok(FAILED);
        }
    };
    if arguments.check {
        if data.text(PATH).is_ok_and(|there| there == text) {
            print(&format!("{PATH} equals the output of the seed, bit for bit\n"));
            return Ok(0);
        }
        let problem = format!("differs from the output of seed {:#x}", arguments.seed);
        return Err(vec![DataError::in_file(PATH, problem)].into());
    }
    match folder {
        Some(folder) => {
            let path = folder.join(PATH);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .map_err(|error| Problem::Outside(format!("{}: {error}", parent.display())))?;
            }
            write_file(&path, &text)?;
        }
        None => print(&text),
    }
    Ok(0)
}
