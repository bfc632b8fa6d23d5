//! Features for the commands that evaluate or check them: a payload, a state file or the answer of an Edge.

mod document;
mod document_form;
mod download;
mod input;
mod state_file;

pub(crate) use self::document::Payload;
pub(crate) use self::input::{
    FeatureInputArgs, Input, InputArgs, InputEdgeArgs, WaitArgs, read_bytes,
};
pub(crate) use self::state_file::is_state;
