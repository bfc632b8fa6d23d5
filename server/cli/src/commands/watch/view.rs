//! What `fh watch` and `fh demo` need of their output.

use std::time::Duration;

use fh_client::Client;

use super::change_tracker::{ForeignUpdate, Observer};
use crate::failure::Failure;

/// An output of `fh watch` or of `fh demo`: a live display, or lines.
pub(crate) trait View {
    /// Shows the changes since the last call of this function.
    fn show(
        &mut self,
        client: &Client,
        observer: &Observer,
        news: ForeignUpdate,
    ) -> Result<(), Failure>;

    /// Shows a message about an unusual event.
    fn notice(&mut self, text: &str) -> Result<(), Failure>;

    /// Shows the text of a step of the demo.
    fn step(&mut self, text: &str) -> Result<(), Failure>;

    /// Returns the time to wait before the next update. Changes during this time are shown together.
    fn pause(&self) -> Duration;

    /// Restores the terminal before the process stops (Ctrl-Z). Line output does nothing.
    fn suspend(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Draws on the terminal again after the process has continued.
    fn resume(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
