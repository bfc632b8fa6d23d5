use super::Ended;
use clap::Args;
/// x
#[derive(Debug, Args)]
pub(crate) struct Arguments {}
pub(super) fn self_test(_: &crate::data::Data, _: &Arguments) -> Ended {
    Ok(0)
}
