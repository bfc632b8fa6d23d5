//! The main job of a binding: a program shows the value of a feature for a user, and each change of it.

use crate::local_edge::{Edge, KEY, SERVER_KEY};
use crate::program::Program;

/// The user whose value the program shows.
pub(crate) const USER: &str = "mara";
/// The feature that the program shows.
pub(crate) const FEATURE: &str = "COLOUR";

/// Runs a program against an Edge, which has a folder with the name of the binding. The program sees the changes of the Edge's state, also
/// after the Edge was killed and started again, and ends soon after the end of its input. With a server-evaluated key, which has no values of
/// the user's context, the program shows the reason, and gets one notice.
pub(crate) fn run(
    binding: &str,
    start: impl Fn(&Edge, &str) -> Result<Program, String>,
) -> Result<(), String> {
    let mut edge = Edge::start(binding, "blue")?;
    let program = start(&edge, SERVER_KEY)?;
    program.expect_all(["COLOUR for mara: OTHER_CONTEXT", "notice: other_context"])?;
    program.end()?;
    let program = start(&edge, KEY)?;
    program.expect("COLOUR for mara: blue")?;
    edge.set("green")?;
    program.expect("COLOUR for mara: blue -> green")?;
    edge.kill();
    edge.set("white")?;
    edge.restart()?;
    program.expect("COLOUR for mara: green -> white")?;
    program.end()
}
