//! Reads the output of a running `fh`. Each wait has a time limit.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use fh_test::wait::{PATIENCE, wait_for};

use crate::tool::SECRET;

/// The escape sequences that take the screen and give it back.
pub(crate) const ENTER: &str = "\u{1b}[?1049h";
pub(crate) const LEAVE: &str = "\u{1b}[?1049l";
/// The escape sequence at the end of a frame.
pub(crate) const FRAME: &str = "\u{1b}[?2026l";

/// A running program and its output. The program is killed when this is dropped.
pub(crate) struct Following {
    child: Child,
    input: Option<Box<dyn Write>>,
    pieces: Receiver<Vec<u8>>,
    written: Vec<u8>,
    /// Number of bytes of `written` that were searched already.
    read: usize,
}

impl Following {
    /// Starts a program with a pipe for its output.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (input, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self::of(child, input, out)
    }

    /// Starts a program with one pipe for its output, errors and logs.
    pub(crate) fn with_errors(mut command: Command) -> Self {
        let (out, writer) = std::io::pipe().unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .spawn()
            .unwrap();
        // The command still holds ends of the pipe.
        drop(command);
        Self::of(child, std::io::sink(), out)
    }

    /// Starts a program on a terminal of this size.
    #[cfg(unix)]
    pub(crate) fn on_a_terminal(mut command: Command, rows: u16, columns: u16) -> Self {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        use rustix::termios::{Winsize, tcsetwinsize};
        use std::fs::File;

        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let screen = File::options().read(true).write(true).open(name).unwrap();
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        command.stdin(screen.try_clone().unwrap()).stdout(screen).stderr(Stdio::inherit());
        let child = command.spawn().unwrap();
        // The command still holds the other end of the terminal.
        drop(command);
        let master = File::from(master);
        Self::of(child, master.try_clone().unwrap(), master)
    }

    /// Follows the output of a process.
    pub(crate) fn of(
        child: Child,
        input: impl Write + 'static,
        mut out: impl Read + Send + 'static,
    ) -> Self {
        let (sender, pieces) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // On a terminal, the end of the output is an error.
            while let Ok(count @ 1..) = out.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, input: Some(Box::new(input)), pieces, written: Vec::new(), read: 0 }
    }

    /// Writes a line to the program's input.
    pub(crate) fn say(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
        input.flush().unwrap();
    }

    /// Closes the program's input.
    pub(crate) fn say_no_more(&mut self) {
        self.input = None;
    }

    /// Waits for a line that contains all parts and returns it. The lines before it are skipped.
    pub(crate) fn line(&mut self, parts: &[&str]) -> String {
        self.until("\n", parts)
    }

    /// Waits for a piece of output that is followed by `end` and contains all parts, and returns it. The pieces before it are skipped.
    pub(crate) fn until(&mut self, end: &str, parts: &[&str]) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let bytes = end.as_bytes();
            while let Some(at) =
                self.written[self.read..].windows(bytes.len()).position(|window| window == bytes)
            {
                let piece = &self.written[self.read..self.read + at];
                let piece = String::from_utf8(piece.to_vec()).unwrap();
                self.read += at + bytes.len();
                if parts.iter().all(|part| piece.contains(part)) {
                    return piece;
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.written.extend(piece),
                Err(_) => panic!("no {parts:?} in {}", String::from_utf8_lossy(&self.written)),
            }
        }
    }

    /// Returns the id of the process.
    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGINT, as Ctrl-C does.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        self.send(rustix::process::Signal::INT);
    }

    /// Sends SIGINT and returns everything that the program wrote. Asserts that it ends with success.
    #[cfg(unix)]
    pub(crate) fn end_after_interrupt(self) -> String {
        self.interrupt();
        let (status, all) = self.end();
        assert!(status.success(), "{status}: {all}");
        all
    }

    /// Sends a signal to the process.
    #[cfg(unix)]
    pub(crate) fn send(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits until a signal has stopped the process.
    #[cfg(unix)]
    pub(crate) fn wait_until_stopped(&self) {
        use rustix::process::{Pid, WaitOptions, waitpid};
        let id = Pid::from_child(&self.child);
        let (_, status) = wait_for("the process stops", || {
            waitpid(Some(id), WaitOptions::UNTRACED | WaitOptions::NOHANG).unwrap()
        });
        assert!(status.stopped(), "it ended: {status:?}");
    }

    /// Closes the program's input and waits for its end. Returns its status and everything that it wrote. Asserts that no key is shown.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        self.say_no_more();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.written.extend(piece),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(_) => panic!("no end of {}", String::from_utf8_lossy(&self.written)),
            }
        }
        let status = self.child.wait().unwrap();
        let written = String::from_utf8(std::mem::take(&mut self.written)).unwrap();
        assert!(!written.contains(SECRET), "a key is shown");
        (status, written)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
