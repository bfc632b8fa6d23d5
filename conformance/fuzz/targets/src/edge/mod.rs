//! Any requests to an Edge in memory: polls, streams, PUTs and OFREP with hostile paths, headers, contexts, etags and
//! bodies. The responses satisfy the invariants, and the memory for a request is bounded by its length times a factor.

mod laws;
mod script;
mod stage;

use stage::Stage;
use std::cell::RefCell;

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(Stage::new());
}

/// Sends the requests of a script, in the format of `script::requests`.
pub fn run(script: &[u8]) {
    STAGE.with_borrow_mut(|stage| stage.play(script));
}
