//! `fh completions`: writes the completions of a shell.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;

use crate::failure::{Failure, Status};
use crate::screen::Screen;

/// Write the completions of a shell.
///
/// The completions contain the commands and their options. A new version of `fh` may have other options, so write them anew
/// after an update.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh completions bash > ~/.local/share/bash-completion/completions/fh
  fh completions zsh > ~/.zfunc/_fh    # a folder of $fpath
  fh completions fish > ~/.config/fish/completions/fh.fish
  source <(fh completions bash)        # this shell only

Exit codes: 0 fine; 2 an error, for example a shell without completions.")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: CompletedShell,
}

/// A shell whose completions are tested.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum CompletedShell {
    Bash,
    Zsh,
    Fish,
}

/// Writes the completions of a program with its commands.
pub(crate) fn run(
    args: &CompletionsArgs,
    mut program: Command,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let shell = match args.shell {
        CompletedShell::Bash => Shell::Bash,
        CompletedShell::Zsh => Shell::Zsh,
        CompletedShell::Fish => Shell::Fish,
    };
    // The generator panics if a write fails, for example because `head` has ended. A write into memory cannot fail.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "fh", &mut script);
    screen.raw().write_all(&script)?;
    Ok(Status::Fine)
}
