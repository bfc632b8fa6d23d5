//! The lines that wait for the adapter or for the runner.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::adapter::connection::{Incoming, LONGEST_LINE};

/// The state that the runner's thread and the server's thread share.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    state: Mutex<State>,
    /// Wakes the runner.
    changed: Condvar,
    /// Wakes the request that waits for a command.
    command: Notify,
}

#[derive(Debug, Default)]
struct State {
    commands: VecDeque<String>,
    lines: VecDeque<Incoming>,
    has_dialled: bool,
    is_waiting: bool,
    has_ended: bool,
    knows_the_end: bool,
    problem: Option<String>,
}

/// The answer to a request for the next command.
#[derive(Debug)]
pub(super) enum Next {
    /// A command.
    Command(String),
    /// The scenario has ended.
    Ended,
    /// No command arrived in time.
    Nothing,
}

/// The outcome of waiting for lines.
#[derive(Debug)]
pub(super) enum Arrival {
    Line(Incoming),
    Problem(String),
    Nothing,
}

impl Mailbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a command for the adapter.
    pub(super) fn send(&self, command: &str) {
        self.state().commands.push_back(command.to_owned());
        self.command.notify_one();
    }

    /// Waits for a line. A problem comes after the lines that arrived before it.
    pub(super) fn receive(&self, timeout: Duration) -> Arrival {
        let is_empty = |state: &mut State| state.lines.is_empty() && state.problem.is_none();
        let waited = self.changed.wait_timeout_while(self.state(), timeout, is_empty);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match (state.lines.pop_front(), &state.problem) {
            (Some(line), _) => Arrival::Line(line),
            (None, Some(problem)) => Arrival::Problem(problem.clone()),
            (None, None) => Arrival::Nothing,
        }
    }

    /// Returns true if an adapter has sent a request, at the latest after the timeout.
    pub(super) fn has_dialled(&self, timeout: Duration) -> bool {
        self.wait(timeout, |state| state.has_dialled)
    }

    /// Ends the input of the adapter.
    pub(super) fn end(&self) {
        self.state().has_ended = true;
        self.command.notify_one();
    }

    /// Returns true if the adapter has received the end of its input, at the latest after the timeout.
    pub(super) fn knows_the_end(&self, timeout: Duration) -> bool {
        self.wait(timeout, |state| state.knows_the_end)
    }

    fn wait(&self, timeout: Duration, condition: fn(&State) -> bool) -> bool {
        let pending = |state: &mut State| !condition(state);
        let waited = self.changed.wait_timeout_while(self.state(), timeout, pending);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        condition(&state)
    }

    /// Begins to wait for a command. Returns `None` while another request waits, because a scenario has one adapter.
    pub(super) fn turn(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        state.has_dialled = true;
        self.changed.notify_all();
        if state.is_waiting {
            return None;
        }
        state.is_waiting = true;
        Some(Turn(self))
    }

    /// Adds the lines of one request. Returns false if the scenario has ended.
    pub(super) fn accept(&self, lines: &str) -> bool {
        let at = Instant::now();
        let mut state = self.state();
        if state.has_ended {
            return false;
        }
        state.has_dialled = true;
        state.lines.extend(lines.lines().map(|line| Incoming { at, line: line.to_owned() }));
        self.changed.notify_all();
        true
    }

    /// Ends the adapter's output, because it sent too much.
    pub(super) fn refuse(&self) {
        let problem = format!("the adapter sent more than {LONGEST_LINE} bytes at once");
        self.state().problem.get_or_insert(problem);
        self.changed.notify_all();
    }

    /// Notes that the adapter has received the end of its input.
    pub(super) fn note_end(&self) {
        self.state().knows_the_end = true;
        self.changed.notify_all();
    }
}

/// The one request that waits for a command. Dropping it lets another one wait.
#[derive(Debug)]
pub(super) struct Turn<'m>(&'m Mailbox);

impl Turn<'_> {
    /// Waits for a command or for the end.
    pub(super) async fn next(&self, limit: Duration) -> Next {
        let end = tokio::time::Instant::now() + limit;
        loop {
            {
                let mut state = self.0.state();
                if state.has_ended {
                    return Next::Ended;
                }
                if let Some(command) = state.commands.pop_front() {
                    return Next::Command(command);
                }
            }
            // A notification that arrived before this line is kept.
            if tokio::time::timeout_at(end, self.0.command.notified()).await.is_err() {
                return Next::Nothing;
            }
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().is_waiting = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits for a command, and returns the time that the wait took by a clock that stands still, and jumps to the next time limit when
    /// nothing else can happen.
    fn timed(mailbox: &Mailbox, limit: Duration) -> (Next, Duration) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let begin = tokio::time::Instant::now();
            (mailbox.turn().unwrap().next(limit).await, begin.elapsed())
        })
    }

    #[test]
    fn a_request_without_a_command_ends() {
        let mailbox = Mailbox::default();
        let limit = Duration::from_secs(20);
        let (nothing, took) = timed(&mailbox, limit);
        assert!(matches!(nothing, Next::Nothing) && took >= limit, "{took:?}");
        // A notification without a command does not end it earlier.
        mailbox.command.notify_one();
        let (nothing, took) = timed(&mailbox, limit);
        assert!(matches!(nothing, Next::Nothing) && took >= limit, "{took:?}");
    }
}
