//! An Edge in memory, and what holds for all that it says.

mod laws;
mod script;
mod stage;

use stage::Stage;
use std::cell::RefCell;

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(Stage::new());
}

/// Plays a script of requests: see [`script::requests`].
///
/// # Panics
/// If a law is broken.
pub fn play(script: &[u8]) {
    STAGE.with_borrow_mut(|stage| stage.play(script));
}
