//! Ctrl-C and SIGTERM: all programs that this program started end with it, also servers and browsers that left its process group.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, exit};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpid, kill_process};

use crate::temporary_folder;

/// The time that programs get to end by themselves.
const GRACE: Duration = Duration::from_secs(2);
/// The exit code of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Ends all children when a person or CI ends this program. Children of a child that ended become children of this program.
pub(crate) fn end_children() -> Result<(), String> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(getpid()))
        .map_err(|why| format!("children cannot be adopted: {why}"))?;
    let end = || {
        println!("\ninterrupted: the programs that run are ended");
        kill_all(Signal::TERM);
        thread::sleep(GRACE);
        kill_all(Signal::KILL);
        temporary_folder::remove_all();
        exit(INTERRUPTED);
    };
    ctrlc::set_handler(end).map_err(|why| format!("Ctrl-C cannot be handled: {why}"))
}

/// Ends a program and all programs that it started.
pub(crate) fn kill_with_children(child: &mut Child) {
    let below = i32::try_from(child.id()).map(descendants).unwrap_or_default();
    // The program may have ended.
    let _ = child.kill();
    send(&below, Signal::KILL);
}

/// Ends programs that still run when this program is about to end, such as the server of a test that crashed. Nothing else would end them.
pub(crate) fn end_leftovers() {
    kill_all(Signal::KILL);
}

/// Sends a signal to all descendants of this program.
fn kill_all(signal: Signal) {
    send(&descendants(getpid().as_raw_nonzero().get()), signal);
}

fn send(processes: &[i32], signal: Signal) {
    for process in processes.iter().filter_map(|process| Pid::from_raw(*process)) {
        // The process may have ended.
        let _ = kill_process(process, signal);
    }
}

/// Returns the processes below a process, from `/proc`.
fn descendants(of: i32) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let process = entry.file_name().to_string_lossy().parse::<i32>();
        let stat = fs::read_to_string(entry.path().join("stat"));
        if let (Ok(process), Some(parent)) = (process, stat.ok().as_deref().and_then(parent)) {
            children.entry(parent).or_default().push(process);
        }
    }
    let (mut found, mut open) = (Vec::new(), vec![of]);
    while let Some(process) = open.pop() {
        let below = children.remove(&process).unwrap_or_default();
        found.extend(&below);
        open.extend(below);
    }
    found
}

/// Reads the parent from a line of `/proc/…/stat`: the second field after the name, which stands in parentheses and may hold any text.
fn parent(stat: &str) -> Option<i32> {
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::output::{Log, Output};
    use crate::shell::Run;

    #[test]
    fn a_part_that_hangs_ends_with_its_children() {
        let folder = fh_test::Folder::new();
        let log = Log::create_in(folder.path(), "hangs", Duration::from_millis(200)).unwrap();
        let script = ["-c".to_string(), "sleep 61 & sleep 61".to_string()];
        let outcome = Output::Log(log).within(|| Run::new("sh").args(&script).go());
        assert!(outcome.unwrap_err().contains("did not end within 0 s"));
    }

    #[test]
    fn the_children_of_children_are_found() {
        let script = "sleep 60 & echo; wait";
        let mut shell =
            Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        // The shell prints a line after it started its child.
        std::io::Read::read(shell.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        let found = descendants(i32::try_from(std::process::id()).unwrap());
        let own = i32::try_from(shell.id()).unwrap();
        assert!(found.contains(&own), "{found:?}");
        let below = descendants(own);
        assert_eq!(below.len(), 1);
        assert!(found.contains(&below[0]));
        for process in below {
            kill_process(Pid::from_raw(process).unwrap(), Signal::KILL).unwrap();
        }
        shell.wait().unwrap();
    }

    #[test]
    fn names_with_parentheses_do_not_hide_the_parent() {
        assert_eq!(parent("17 (a) b (c)) S 4 17 17"), Some(4));
        assert_eq!(parent("damaged"), None);
    }
}
