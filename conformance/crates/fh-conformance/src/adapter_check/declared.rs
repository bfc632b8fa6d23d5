//! The checks of the answer to `hello`.

use super::{CheckOutcome, Trial};
use crate::protocol::PROTOCOL;

/// Checks the protocol's version and the name and version of the SDK.
pub(super) fn identity(trial: &Trial) -> CheckOutcome {
    let hello = trial.hello();
    if hello.protocol != PROTOCOL {
        return Err(format!("protocol is {}, expected {PROTOCOL}", hello.protocol));
    }
    if hello.sdk.name.is_empty() || hello.sdk.version.is_empty() {
        return Err("sdk has no name or no version".to_owned());
    }
    Ok(())
}

/// Checks that the adapter names only capabilities in `cannot`, each with a reason.
pub(super) fn capabilities(trial: &Trial) -> CheckOutcome {
    for (id, reason) in &trial.hello().cannot {
        if !trial.capabilities().iter().any(|each| each.id == *id) {
            return Err(format!("{id} stands in cannot, and is no capability"));
        }
        if reason.trim().is_empty() {
            return Err(format!("{id} stands in cannot without a reason"));
        }
    }
    Ok(())
}
