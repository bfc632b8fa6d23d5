//! An Edge in memory, and the invariants of its responses.

mod laws;
mod script;
mod stage;

use stage::Stage;
use std::cell::RefCell;

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(Stage::new());
}

/// Sends the requests of a script, in the format of [`script::requests`].
///
/// # Panics
/// If a response violates an invariant.
pub fn play(script: &[u8]) {
    STAGE.with_borrow_mut(|stage| stage.play(script));
}
