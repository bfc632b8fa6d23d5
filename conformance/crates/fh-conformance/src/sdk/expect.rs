//! Checks of scenarios.

use std::fmt::Debug;

use super::scenario::Verdict;
use super::stop::Stop;

/// Checks that two values are equal. The label is the name of the check in reports and baselines.
///
/// # Errors
/// The failed check.
pub fn equal<T: Debug + PartialEq<E>, E: Debug>(label: &str, actual: T, expected: E) -> Verdict {
    if actual == expected {
        Ok(())
    } else {
        Err(Stop::failed(label, format!("{expected:?}"), format!("{actual:?}")))
    }
}

/// Checks a condition. `actual` describes what was observed.
///
/// # Errors
/// The failed check.
pub fn check(label: &str, holds: bool, expected: &str, actual: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Stop::failed(label, expected, actual())) }
}
