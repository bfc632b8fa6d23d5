//! What this crate finds, and that it finds it.

mod playback;
mod replaying;
