use super::Ended;
use clap::Args;
/// x
#[derive(Debug, Args)]
pub(crate) struct Arguments {}
pub(super) fn diff(_: &Arguments) -> Ended {
    Ok(0)
}
