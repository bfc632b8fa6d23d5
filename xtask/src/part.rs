//! Parts of a run: their requirements, their execution, and the summary at the end.

use std::time::Instant;

use crate::shell::in_ci;

/// A part of a run.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// Installs what is missing. The error explains why the part cannot run on this machine.
    pub(crate) prepare: fn() -> Result<(), String>,
    pub(crate) run: fn() -> Result<(), String>,
}

/// Prepares nothing, for parts that need only the toolchain.
pub(crate) fn nothing() -> Result<(), String> {
    Ok(())
}

/// Runs all parts, even after one has failed, and prints the result of each.
pub(crate) fn run_all(parts: &[Part]) -> Result<(), String> {
    let mut account = Vec::new();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for part in parts {
        println!("\n==> {}", part.name);
        let begin = Instant::now();
        let outcome = match (part.prepare)() {
            Err(why) if in_ci() => {
                failed += 1;
                format!("FAILED: not run, and in CI every part must run: {why}")
            }
            Err(why) => {
                skipped += 1;
                format!("NOT RUN: {why}")
            }
            Ok(()) => match (part.run)() {
                Ok(()) => {
                    passed += 1;
                    "passed".to_string()
                }
                Err(why) => {
                    failed += 1;
                    format!("FAILED: {why}")
                }
            },
        };
        account.push(format!(
            "{:<24} {:>5.0} s  {outcome}",
            part.name,
            begin.elapsed().as_secs_f64()
        ));
    }
    println!("\n{}", account.join("\n"));
    println!("\nparts: {passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 { Err("some parts failed, see above".to_string()) } else { Ok(()) }
}
