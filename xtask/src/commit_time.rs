//! The time of the commit, which archives and packages have in place of the time of their build.

use crate::shell::Run;

/// Returns the time in seconds since 1970. `SOURCE_DATE_EPOCH` names another one.
pub(crate) fn seconds() -> Result<String, String> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => Ok(seconds),
        Err(_) => Run::new("git log -1 --format=%ct").output().map(|time| time.trim().to_string()),
    }
}

/// Returns the time as RFC 3339 has it, such as `2026-01-31T12:00:00Z`.
pub(crate) fn rfc3339() -> Result<String, String> {
    formatted("%Y-%m-%dT%H:%M:%SZ")
}

/// Returns the time in a format of the program `date`.
pub(crate) fn formatted(format: &str) -> Result<String, String> {
    let time = format!("--date=@{}", seconds()?);
    let date = Run::new(&format!("date --utc +{format}")).args(&[time]).output()?;
    Ok(date.trim().to_string())
}
