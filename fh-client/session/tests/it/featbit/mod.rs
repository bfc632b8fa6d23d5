//! Examples of the rules of the session. The simulation (`tests/simulation/featbit`) proves the rules, in random orders of events.

mod blocked;
mod bootstrap;
mod commands;
mod ends;
mod full;
mod message;
mod polls;
mod ready;
mod refusals;
mod replay;
mod secret;
mod silence;
mod test_driver;

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::notice::Notice;
use fh_repository::problem::{Problem, Stage};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_session::featbit::{Config, Endpoints, Mode, Secret, Session};
use fh_session::{Action, CommandId, End, Input, Request, RequestId, ResponseHead};
use serde_json::{Value, json};

use test_driver::{FULL, PONG, SECRET, TestDriver, archived, flag, full, patch};
