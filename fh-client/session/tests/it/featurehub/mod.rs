//! Examples of the rules of the session. The simulation (`tests/simulation`) proves the rules, in random orders of events.

mod contexts;
mod held_back;
mod life;
mod pace;
mod polls;
mod refusals;
mod stale;
mod stored;
mod streams;
mod suspension;
mod test_driver;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::notice::Notice;
use fh_repository::problem::{Problem, Stage};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_session::{
    Action, ApiKeys, CommandId, Config, EdgeUrl, End, Input, Mode, Request, RequestId, RequestKind,
    ResponseHead, Session, SplitList, WhileSwitching,
};

use test_driver::{CLIENT, LIST, POLL, SERVER, TestDriver, json, user};
