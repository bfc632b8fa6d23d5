//! `fh man`: writes the manual pages.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Args, Command};
use clap_mangen::Man;
use fh_files::closest;

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::screen::{BOLD, Screen};
use crate::written_file::unwritable;

/// Write a manual page, or all pages into a folder.
///
/// A page has the text of `fh COMMAND --help` in the format of `man`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh man | man -l -
  fh man serve | man -l -
  fh man --folder ~/.local/share/man/man1

Exit codes: 0 fine; 2 an error, for example a folder that cannot be written.")]
pub(crate) struct ManArgs {
    /// The command whose page is written to stdout. Without it, the page of `fh` itself is written
    #[arg(value_name = "COMMAND", conflicts_with = "folder")]
    command: Option<String>,

    /// Write the pages of `fh` and of all its commands into this folder, as fh.1, fh-eval.1 and so on. The folder is created
    /// if it does not exist. Pages that exist are replaced
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
}

/// Writes the pages of a program with its commands.
pub(crate) fn run(
    args: &ManArgs,
    program: Command,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let mut all = program.disable_help_subcommand(true);
    // Building gives each command its full name, such as `fh-eval`, and the options of all commands.
    all.build();
    let Some(folder) = &args.folder else {
        let page = match &args.command {
            None => page(&all)?,
            Some(name) => page(named(&all, name)?)?,
        };
        screen.raw().write_all(&page)?;
        return Ok(Status::Fine);
    };
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut written = Vec::new();
    for command in std::iter::once(&all).chain(all.get_subcommands()) {
        let file = Path::new(folder).join(Man::new(command.clone()).get_filename());
        let file = file.display().to_string();
        fs::write(&file, page(command)?).map_err(|error| unwritable(&file, &error))?;
        written.push(file);
    }
    if json {
        json_output::document(screen.raw(), &serde_json::json!({ "written": written }))?;
    } else {
        screen.line(BOLD, &format!("wrote {} pages into {folder}", written.len()))?;
    }
    Ok(Status::Fine)
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    // Lines of examples stay lines, which `.nf` says.
    let page = String::from_utf8_lossy(&page)
        .replace(".SH EXTRA\n", ".SH \"EXAMPLES AND EXIT CODES\"\n.nf\n")
        .replace(".SH VERSION\n", ".fi\n.SH VERSION\n");
    Ok(page.into_bytes())
}

fn named<'c>(all: &'c Command, name: &str) -> Result<&'c Command, Failure> {
    all.find_subcommand(name).ok_or_else(|| {
        let names: Vec<&str> = all.get_subcommands().map(Command::get_name).collect();
        let advice = match closest(name, names.iter().copied()) {
            Some(meant) => format!("write `fh man {meant}`"),
            None => format!("the commands are {}", names.join(", ")),
        };
        Failure::Input(format!("`fh` has no command {name}: {advice}"))
    })
}
