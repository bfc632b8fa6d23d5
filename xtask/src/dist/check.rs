//! `cargo xtask dist check`: the command lists of the pages, each in an empty folder with the programs that its users have.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::marked_lists::{self, Block, Lists, fits};
use super::output_folder::OutputFolder;
use super::search_path;
use crate::interrupt;
use crate::output::say;
use crate::program::lines_of;
use crate::temporary_folder::TemporaryFolder;

/// The time that a list may take, apart from those of [`LONG`].
const TIME: Duration = Duration::from_secs(120);
/// The lists whose users compile, or download the libraries of Java.
const LONG: [&str; 4] = ["rust", "kotlin", "java", "swift"];
const LONG_TIME: Duration = Duration::from_secs(900);
/// The time between two looks at the shell.
const PERIOD: Duration = Duration::from_millis(200);
/// The end of the line that the shell prints after the commands of a block. Some programs, such as Maven, print codes for colours before it.
const DONE: &str = "-- the block has ended --";
/// The URL and the API keys of pages. A key with a star comes before the one that is its beginning.
const URL: (&str, &str) = ("https://edge.example", "http://127.0.0.1:8903");
const KEYS: [(&str, &str); 2] =
    [("ENVIRONMENT/KEY*", "clientKey: "), ("ENVIRONMENT/KEY", "serverKey: ")];
/// The state file that the commands of a list make with `fh init`.
const STATE: &str = "state.yaml";

/// Runs the named lists, or all lists.
pub(crate) fn run(names: &[String]) -> Result<(), String> {
    let lists = marked_lists::read()?;
    if let Some(unknown) = names.iter().find(|name| !lists.contains_key(*name)) {
        let known: Vec<&str> = lists.keys().map(String::as_str).collect();
        return Err(format!("no page has a list {unknown}; there are: {}", known.join(", ")));
    }
    let mut failed = Vec::new();
    for (name, blocks) in lists.iter().filter(|(name, _)| names.is_empty() || names.contains(*name))
    {
        match run_list(name, blocks, &lists) {
            Ok(time) => say!("{name}: {:.1} s to the last line of its output", time.as_secs_f64()),
            Err(why) => {
                say!("{name}: {why}");
                failed.push(name.as_str());
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed lists: {}", failed.join(", "))) }
}

/// Runs a list in an empty folder, and returns its time.
fn run_list(name: &str, blocks: &[Block], lists: &Lists) -> Result<Duration, String> {
    let folder = TemporaryFolder::create(&format!("fh-check-{name}"))?;
    let limit = if LONG.contains(&name) { LONG_TIME } else { TIME };
    let mut shell = Shell::start(name, folder.path(), limit)?;
    shell.run(blocks, lists)?;
    Ok(shell.begin.elapsed())
}

/// A shell with the commands of a list.
struct Shell {
    child: Child,
    folder: PathBuf,
    begin: Instant,
    limit: Duration,
    lines: Receiver<String>,
    /// The printed lines, without the lines [`DONE`].
    printed: Vec<String>,
}

impl Shell {
    fn start(name: &str, folder: &Path, limit: Duration) -> Result<Self, String> {
        let (home, work) = (folder.join("home"), folder.join(name));
        for folder in [&home, &work] {
            fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        }
        let programs = search_path::create(name, folder)?;
        let settings = std::env::var("HOME").unwrap_or_default();
        let path = format!("{}:{}", home.join(".local/bin").display(), programs.display());
        let mut child = Command::new("sh")
            .arg("-eu")
            .process_group(0)
            .current_dir(&work)
            .env("PATH", path)
            .env("HOME", &home)
            .env("DIST", OutputFolder::open()?.path)
            // The registries that this machine uses are in the settings of its user.
            .env("NPM_CONFIG_USERCONFIG", format!("{settings}/.npmrc"))
            .env("RUSTUP_HOME", rustup_home(&settings))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("sh: {why}"))?;
        let lines = lines_of(&mut child)?;
        let printed = Vec::new();
        let mut shell = Self { child, folder: work, begin: Instant::now(), limit, lines, printed };
        shell.send("exec 2>&1\n")?;
        Ok(shell)
    }

    fn run(&mut self, blocks: &[Block], lists: &Lists) -> Result<(), String> {
        for block in blocks {
            match block {
                Block::Commands(text) => self.commands(text)?,
                Block::File { name, text } => self.write(name, text)?,
                Block::Output(text) => self.expect(text)?,
                Block::List(other) => {
                    let blocks = lists.get(other).ok_or(format!("there is no list {other}"))?;
                    self.run(blocks, lists)?;
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, text: &str) -> Result<(), String> {
        let input = self.child.stdin.as_mut().ok_or("the shell has no input")?;
        input.write_all(text.as_bytes()).map_err(|why| format!("the shell has ended: {why}"))
    }

    /// Runs the commands of a block, and waits for their end.
    fn commands(&mut self, text: &str) -> Result<(), String> {
        say!("    $ {}", text.trim_end().replace('\n', "\n    $ "));
        let text = self.with_keys(text);
        self.send(&format!("{{\n{text}\n}} </dev/null\necho '{DONE}'\n"))?;
        self.wait_for(&|line: &str| line.ends_with(DONE), "a command failed")
    }

    /// Writes a file of the list.
    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let file = self.folder.join(name);
        file.parent().map_or(Ok(()), fs::create_dir_all).map_err(|why| format!("{name}: {why}"))?;
        fs::write(&file, self.with_keys(text)).map_err(|why| format!("{name}: {why}"))
    }

    /// Waits until the list has printed a line for each one of a block.
    fn expect(&mut self, text: &str) -> Result<(), String> {
        for pattern in text.lines().filter(|line| !line.trim().is_empty()) {
            if !self.printed.iter().any(|line| fits(line, pattern)) {
                self.wait_for(
                    &|line: &str| fits(line, pattern),
                    &format!("it did not print `{pattern}`"),
                )?;
            }
        }
        Ok(())
    }

    fn wait_for(&mut self, is_it: &dyn Fn(&str) -> bool, failure: &str) -> Result<(), String> {
        loop {
            let left = self.limit.saturating_sub(self.begin.elapsed());
            match self.lines.recv_timeout(left.min(PERIOD)) {
                Ok(line) => {
                    let found = is_it(&line);
                    if line != DONE {
                        let text = line.trim_end_matches(DONE);
                        say!("    {text}");
                        self.printed.push(text.to_string());
                    }
                    if found {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(failure.to_string()),
                // A server that a list has started keeps the output open after the shell.
                Err(RecvTimeoutError::Timeout) if self.has_ended() => {
                    return Err(failure.to_string());
                }
                Err(RecvTimeoutError::Timeout) if left > PERIOD => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("{failure} within {} s", self.limit.as_secs()));
                }
            }
        }
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Returns a text with the URL of the server, and with the keys of the state file, if there is one.
    fn with_keys(&self, text: &str) -> String {
        let text = text.replace(URL.0, URL.1);
        let Ok(state) = fs::read_to_string(self.folder.join(STATE)) else { return text };
        let member = |name: &str| {
            let line = state.lines().find_map(|line| line.trim().strip_prefix(name))?;
            line.split_whitespace().next()
        };
        // Each environment and each account of the file has its members on lines of their own, the first ones first.
        let environment = member("id: ").unwrap_or_default();
        KEYS.iter().fold(text, |text, (of_pages, name)| match member(name) {
            Some(key) => text.replace(of_pages, &format!("{environment}/{key}")),
            None => text,
        })
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        interrupt::kill_with_children(&mut self.child);
        // The programs of a shell that has ended are its children no more, but in its group.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

fn rustup_home(home: &str) -> String {
    std::env::var("RUSTUP_HOME").unwrap_or_else(|_| format!("{home}/.rustup"))
}
