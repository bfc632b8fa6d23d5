//! Runs other programs.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use crate::folders::{root, target_folder};
use crate::interrupt;
use crate::output::{Output, say};

/// The time between two looks at a program that has a time limit.
const PERIOD: Duration = Duration::from_millis(20);

/// A program to run, by default in the project's root.
pub(crate) struct Run {
    command: Command,
    text: String,
}

impl Run {
    /// Creates a run of `program argument argument`. Arguments must not contain spaces.
    pub(crate) fn new(line: &str) -> Self {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(root());
        Self { command, text: line.to_string() }
    }

    /// Creates a run of the program at this path with the arguments of a line.
    pub(crate) fn program(path: &str, line: &str) -> Self {
        let mut command = Command::new(path);
        command.args(line.split(' ')).current_dir(root());
        let name = path.rsplit('/').next().unwrap_or(path);
        Self { command, text: format!("{name} {line}") }
    }

    pub(crate) fn args(mut self, arguments: &[String]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs the program in a folder outside the project.
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn within(mut self, folder: &str) -> Self {
        self.command.current_dir(root().join(folder));
        self
    }

    /// Runs the program. What it prints goes to the output of this thread.
    pub(crate) fn go(mut self) -> Result<(), String> {
        let output = Output::current();
        output.write(&format!("    $ {}", self.text));
        self.run_into(output.stream()?, output.stream()?, output.limit())
    }

    /// Runs the program, and then prints its output and its time at once, so that several programs can run at the same time.
    pub(crate) fn go_timed(mut self) -> Result<(), String> {
        let begin = Instant::now();
        let broken = |why: std::io::Error| format!("there is no pipe: {why}");
        let (mut reader, writer) = std::io::pipe().map_err(broken)?;
        let reading = thread::spawn(move || {
            let mut printed = Vec::new();
            // A pipe that breaks ends the output.
            let _ = reader.read_to_end(&mut printed);
            String::from_utf8_lossy(&printed).into_owned()
        });
        let errors = writer.try_clone().map_err(broken)?;
        let ended = self.run_into(errors.into(), writer.into(), Output::current().limit());
        let printed = reading.join().unwrap_or_default();
        say!("{printed}    $ {}: {:.1} s", self.text, begin.elapsed().as_secs_f64());
        ended
    }

    /// Runs the program with these streams, and ends it after the limit.
    fn run_into(
        &mut self,
        out: Stdio,
        errors: Stdio,
        limit: Option<Duration>,
    ) -> Result<(), String> {
        let child = self.command.stdin(Stdio::null()).stdout(out).stderr(errors).spawn();
        // The command would keep the streams open.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.map_err(|why| format!("`{}` did not start: {why}", self.text))?;
        let failed = |why| format!("`{}` cannot be waited for: {why}", self.text);
        let status = match limit {
            None => Some(child.wait().map_err(failed)?),
            Some(limit) => wait(&mut child, limit).map_err(failed)?,
        };
        match status {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("`{}` failed: {status}", self.text)),
            None => {
                let seconds = limit.unwrap_or_default().as_secs();
                Err(format!("`{}` did not end within {seconds} s, and was ended", self.text))
            }
        }
    }

    /// Runs the program and captures its standard output. Returns the output, and an error if the program failed.
    pub(crate) fn capture(mut self) -> Result<(String, Result<(), String>), String> {
        say!("    $ {}", self.text);
        let errors = Output::current().stream()?;
        let output = self.command.stdin(Stdio::null()).stderr(errors).output();
        let output = output.map_err(|why| format!("`{}` did not start: {why}", self.text))?;
        let outcome = match output.status.success() {
            true => Ok(()),
            false => Err(format!("`{}` failed: {}", self.text, output.status)),
        };
        Ok((String::from_utf8_lossy(&output.stdout).into_owned(), outcome))
    }

    /// Runs the program without output. Returns true if it succeeds.
    pub(crate) fn succeeds(mut self) -> bool {
        let command = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Runs the program and returns its output.
    ///
    /// # Errors
    /// The program did not start or failed. Holds what it wrote to standard error.
    pub(crate) fn output(mut self) -> Result<String, String> {
        let output = self.command.stdin(Stdio::null()).output();
        let output = output.map_err(|why| format!("`{}` did not start: {why}", self.text))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => Err(format!(
                "`{}` failed: {}\n{}",
                self.text,
                output.status,
                text(&output.stderr).trim_end()
            )),
        }
    }
}

/// Waits for a program. Ends it with all programs that it started if it takes longer than the limit, and returns `None`.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begin.elapsed() >= limit {
            interrupt::kill_with_children(child);
            return child.wait().map(|_| None);
        }
        thread::sleep(PERIOD);
    }
}

/// Returns the paths of the files that Git tracks, and of new files that it does not ignore.
pub(crate) fn tracked_files() -> Result<Vec<String>, String> {
    let listed = Run::new("git ls-files --cached --others --exclude-standard").output()?;
    Ok(listed.lines().filter(|path| root().join(path).is_file()).map(str::to_string).collect())
}

/// Returns true in CI, where every part must run.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value != "false" && !value.is_empty())
}
