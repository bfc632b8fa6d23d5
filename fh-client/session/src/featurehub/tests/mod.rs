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
use fh_repository::publication::{Cause, Publication};
use fh_repository::source::Source;

use super::*;
use crate::WhileSwitching;
use crate::action::{CommandId, End, Request, ResponseHead, SplitList};
use crate::edge_url::EdgeUrl;
use crate::key::ApiKeys;
use test_driver::{CLIENT, LIST, POLL, SERVER, TestDriver, json, user};
