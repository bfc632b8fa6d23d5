//! Examples of the rules of the session. The simulation (`tests/simulation/featuresignals`) proves the rules, in random orders of events.

mod answers;
mod commands;
mod contexts;
mod local;
mod polls;
mod recorded_streams;
mod refusals;
mod streams;
mod test_driver;

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_session::featuresignals::{Config, Endpoint, Key, Mode, Reasons, Session};
use fh_session::{Action, CommandId, End, Input, Request, RequestId, RequestKind, ResponseHead};
use serde_json::{Value, json};

use test_driver::{EVERY, Kind, TestDriver, context};
