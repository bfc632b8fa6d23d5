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

/// Returns the parts with these names, in their own order; all parts if there are no names.
///
/// # Errors
/// There is no part with one of the names.
pub(crate) fn chosen(mut parts: Vec<Part>, names: &[String]) -> Result<Vec<Part>, String> {
    if let Some(unknown) = names.iter().find(|name| !parts.iter().any(|part| part.name == **name)) {
        let known: Vec<&str> = parts.iter().map(|part| part.name).collect();
        return Err(format!("there is no part `{unknown}`; there are: {}", known.join("; ")));
    }
    parts.retain(|part| names.is_empty() || names.iter().any(|name| *name == part.name));
    Ok(parts)
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
        let row = format!("{:<24} {:>5.0} s  {outcome}", part.name, begin.elapsed().as_secs_f64());
        println!("<== {row}");
        account.push(row);
    }
    println!("\n{}", account.join("\n"));
    println!("\nparts: {passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 { Err("some parts failed, see above".to_string()) } else { Ok(()) }
}
