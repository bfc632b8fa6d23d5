use super::Ended;
use clap::Args;
/// x
#[derive(Debug, Args)]
pub(crate) struct Arguments {}
pub(super) fn generate(_: &crate::data::Data, _: Option<&std::path::Path>, _: &Arguments) -> Ended {
    Ok(0)
}
