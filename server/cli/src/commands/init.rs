//! `fh init`: writes a commented state file to start from.

use std::io::{ErrorKind, Write};
use std::path::Path;

use clap::Args;
use fh_edge::internal::{STATE_SCHEMA, STATE_SCHEMA_FILE, TEMPLATE};

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::random_ids::{client_key, environment, letters};
use crate::screen::{BOLD, PLAIN, QUIET, Screen};
use crate::shell::quoted;
use crate::written_file::unwritable;

/// The URL of the server in the suggested commands.
const URL: &str = "http://127.0.0.1:8903";
/// The environment ids of the template, which generated ids replace.
const ENVIRONMENTS: [&str; 2] =
    ["00000000-0000-4000-8000-00000000000d", "00000000-0000-4000-8000-00000000000e"];
/// The API keys of the template, which generated keys replace.
const KEYS: [&str; 3] = ["CLIENT*KEY", "SERVER-KEY", "TESTS*KEY"];

/// Write a commented state file to start from.
///
/// The file contains features of each type, two environments and three service accounts. The ids of the environments and the
/// API keys are random. Comments explain the members. `fh serve` can serve the file unchanged. The JSON Schema of state files is
/// written beside the file, and the first line of the file names the schema, so that editors complete and check the file without
/// a network.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh init
  fh init flags.yaml
  fh init - | less

An existing file is not overwritten. The file contains API keys, so on Unix only its
owner and root can read it.

Exit codes: 0 fine; 2 an error, for example because the file exists already.")]
pub(crate) struct InitArgs {
    /// The state file to write, or - for stdout. If the file exists already, it is not replaced, and the exit status is 2
    #[arg(value_name = "FILE", default_value = "state.yaml")]
    file: String,
}

pub(crate) fn run(args: &InitArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let fresh = Fresh::new()?;
    if args.file == "-" {
        screen.raw().write_all(fresh.text.as_bytes())?;
        return Ok(Status::Fine);
    }
    // Editors look for the schema in the folder of the file.
    write(
        &args.file,
        &format!("# yaml-language-server: $schema={STATE_SCHEMA_FILE}\n{}", fresh.text),
    )?;
    let schema = Path::new(&args.file).with_file_name(STATE_SCHEMA_FILE).display().to_string();
    std::fs::write(&schema, STATE_SCHEMA).map_err(|error| unwritable(&schema, &error))?;
    let [client, _, tests] = &fresh.keys;
    let key = |secret: &str| format!("{}/{secret}", fresh.development);
    if json {
        let [client, server, tests] = fresh.keys.each_ref().map(|secret| key(secret));
        let written = serde_json::json!({
            "written": args.file, "schema": schema, "clientKey": client, "serverKey": server, "testsKey": tests,
        });
        json_output::document(screen.raw(), &written)?;
        return Ok(Status::Fine);
    }
    screen.line(BOLD, &format!("wrote {}", args.file))?;
    screen
        .line(QUIET, &format!("wrote {schema}, with which editors complete and check the file"))?;
    for (what, command) in [
        (
            "serve the file; edits apply while it is served",
            format!("fh serve --state {}", quoted(&args.file)),
        ),
        (
            "watch the features that an SDK receives",
            format!("fh watch {URL} {}", quoted(&key(client))),
        ),
        (
            "change a feature, as a test does",
            format!("fh set {URL} {} NEW_CHECKOUT false", quoted(&key(tests))),
        ),
        ("check the file", format!("fh serve --check {}", quoted(&args.file))),
    ] {
        screen.end()?;
        screen.line(QUIET, &format!("  # {what}"))?;
        screen.line(PLAIN, &format!("  {command}"))?;
    }
    Ok(Status::Fine)
}

/// The template with generated ids and keys.
struct Fresh {
    text: String,
    development: String,
    keys: [String; 3],
}

impl Fresh {
    fn new() -> Result<Self, Failure> {
        let [development, production] = [environment()?, environment()?];
        let keys = [client_key()?, letters(40)?, client_key()?];
        let fresh = [&development, &production].into_iter().chain(&keys);
        let text = ENVIRONMENTS
            .iter()
            .chain(&KEYS)
            .zip(fresh)
            .fold(TEMPLATE.to_string(), |text, (old, new)| text.replace(old, new));
        Ok(Self { text, development, keys })
    }
}

fn write(path: &str, text: &str) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists if Path::new(path).is_dir() => {
            let file = Path::new(path).join("state.yaml");
            Failure::Input(format!("{path} is a folder: write `fh init {}`", quoted(&file.display().to_string())))
        }
        ErrorKind::AlreadyExists => {
            Failure::Input(format!(
                "{path} exists already, and the keys in it would be lost: choose another name, or remove it"
            ))
        }
        _ => unwritable(path, &error),
    })
}
