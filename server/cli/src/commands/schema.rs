//! `fh schema`: writes a JSON Schema that the program carries.

use clap::{Args, ValueEnum};
use fh_edge::internal::STATE_SCHEMA;

use crate::failure::{Failure, Status};
use crate::screen::Screen;

/// Write the JSON Schema of a file.
///
/// Editors complete and check a file with its schema, and other programs validate it. `fh serve --check` and `fh lint` check
/// more than the schema of state files does.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh schema > state-1.schema.json
  fh schema client-settings

A state file names the schema beside it for editors in its first line:
  # yaml-language-server: $schema=state-1.schema.json

Exit codes: 0 fine; 2 an error, for example a file without a schema.")]
pub(crate) struct SchemaArgs {
    /// The file that the schema describes
    #[arg(value_enum, default_value_t)]
    file: Described,
}

/// A file whose schema the program carries.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Described {
    /// A state file, which `fh serve` serves
    #[default]
    State,
    /// The settings of a client, as bindings read them
    ClientSettings,
    /// The stored features with which a client starts while the Edge cannot be reached
    Snapshot,
    /// The values of one context, with which a page starts
    Bootstrap,
}

impl Described {
    const fn schema(self) -> &'static str {
        match self {
            Self::State => STATE_SCHEMA,
            Self::ClientSettings => {
                include_str!("../../../../docs/reference/client-settings.schema.json")
            }
            Self::Snapshot => include_str!("../../../../docs/reference/snapshot.schema.json"),
            Self::Bootstrap => include_str!("../../../../docs/reference/bootstrap.schema.json"),
        }
    }
}

pub(crate) fn run(args: &SchemaArgs, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    screen.raw().write_all(args.file.schema().as_bytes())?;
    Ok(Status::Fine)
}
