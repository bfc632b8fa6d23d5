//! The part of the session that all systems have: it starts and stops, sends requests at a limited rate, aborts them at their deadlines, retries after
//! delays, reports the outcomes of commands, sleeps while the program is suspended, and shows its status.
//!
//! A [`Protocol`] adds what differs: which requests there are, what their answers mean, and what the client keeps of them. Each system has a
//! folder with its protocol. No code of the kernel depends on the system.
//!
//! Every state in which a session waits for a server has a deadline, so that no failure can stop a client silently.

mod commands;
mod events;
mod outcome;
mod protocol;
mod requests;
mod status;
mod suspension;

pub(crate) use self::protocol::{Body, Kernel, Pending, Protocol, State, Timing};
