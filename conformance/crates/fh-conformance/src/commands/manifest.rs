//! The command `vectors manifest`.

use std::path::Path;

use clap::Args;

use super::{Ended, Problem, print, write_file};
use crate::data::{Data, Suite, manifest as document};

/// Write or check the manifest.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write the manifest into the data folder, which must be given with --data.
    #[arg(long)]
    write: bool,
}

pub(super) fn manifest(data: &Data, folder: Option<&Path>, arguments: &Arguments) -> Ended {
    let suite = Suite::load(data)?;
    if arguments.write {
        let folder = folder.ok_or_else(|| Problem::Usage("--write needs --data DIR".to_owned()))?;
        write_file(&folder.join(document::PATH), &document::write(data, &suite))?;
        return Ok(0);
    }
    let errors = document::check(data, &suite);
    if errors.is_empty() {
        print("the manifest is up to date\n");
        return Ok(0);
    }
    Err(errors.into())
}
