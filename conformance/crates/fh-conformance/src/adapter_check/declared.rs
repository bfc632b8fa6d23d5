//! What an adapter declares: each capability exactly once.

use std::collections::BTreeMap;

use super::{CheckOutcome, Trial, line_to_add};
use crate::data::Capability;
use crate::protocol::{Hello, PROTOCOL};

/// Returns the capabilities that an adapter declares neither under `can` nor under `cannot`.
#[must_use]
pub fn missing_declarations<'c>(hello: &Hello, capabilities: &'c [Capability]) -> Vec<&'c str> {
    let is_declared = |id: &str| hello.has(id) || hello.cannot.contains_key(id);
    capabilities.iter().map(|each| each.id.as_str()).filter(|id| !is_declared(id)).collect()
}

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

/// Checks that each capability is declared once, and that no other is.
pub(super) fn capabilities(trial: &Trial) -> CheckOutcome {
    let hello = trial.hello();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for id in hello.can.iter().chain(hello.cannot.keys()) {
        *counts.entry(id).or_default() += 1;
    }
    let known = |id: &str| trial.capabilities().iter().any(|each| each.id == id);
    if let Some(unknown) = counts.keys().find(|id| !known(id)) {
        return Err(format!("{unknown} is no capability"));
    }
    if let Some((twice, _)) = counts.iter().find(|(_, count)| **count > 1) {
        return Err(format!("{twice} is declared twice"));
    }
    if let Some((id, _)) = hello.cannot.iter().find(|(_, reason)| reason.trim().is_empty()) {
        return Err(format!("{id} stands in cannot without a reason"));
    }
    match line_to_add(hello, trial.capabilities()) {
        Some(line) => Err(format!("capabilities are missing; add {line}")),
        None => Ok(()),
    }
}
