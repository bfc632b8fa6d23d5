//! The module `mutants` that each mutated crate gets in the copy.

use super::table::CrateMutants;

/// Returns the source of the module. `names` are the names of all mutants of the project, because one variable switches all crates.
pub(super) fn module(of_crate: &CrateMutants, names: &[&str]) -> String {
    let mutants = &of_crate.mutants;
    let variants: String = mutants
        .iter()
        .map(|mutant| format!("    /// {}\n    {},\n", mutant.breaks, mutant.name))
        .collect();
    let rows: String = mutants
        .iter()
        .map(|mutant| format!("        (Self::{}, {:?}),\n", mutant.name, mutant.breaks))
        .collect();
    format!(
        r#"//! The switch of the mutants.

use std::cell::Cell;
use std::fs::File;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{{AtomicBool, Ordering}};

/// A deliberate bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {{
{variants}}}

impl Mutant {{
    /// All mutants, each with its effect.
    pub const ALL: &[(Self, &str)] = &[
{rows}    ];

    /// Returns the mutant of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {{
        Self::ALL.iter().map(|(mutant, _)| *mutant).find(|mutant| format!("{{mutant:?}}") == name)
    }}
}}

/// The mutants of all crates.
const NAMES: &[&str] = &{names:?};

thread_local! {{
    static OF_THREAD: Cell<Option<Mutant>> = const {{ Cell::new(None) }};
}}

/// Switches a mutant on in this thread, in place of the one that is on; `None` switches it off.
pub fn switch_on(mutant: Option<Mutant>) {{
    OF_THREAD.set(mutant);
}}

/// Returns the mutant that the variable `FH_MUTANT` switches on in the whole process. The variable is read once.
///
/// # Panics
/// `FH_MUTANT` is not the name of a mutant.
#[must_use]
pub fn of_process() -> Option<Mutant> {{
    static OF_PROCESS: OnceLock<Option<Mutant>> = OnceLock::new();
    *OF_PROCESS.get_or_init(|| {{
        let name = std::env::var("FH_MUTANT").ok()?;
        assert!(NAMES.contains(&name.as_str()), "FH_MUTANT: there is no mutant {{name}}");
        Mutant::named(&name)
    }})
}}

/// The file that the variable `FH_MUTANTS_ASKED` names. Each process adds a line to it with the name of each mutant whose switch the
/// process asks. A process that never asks the switch of a mutant behaves the same with this mutant.
fn asked() -> Option<&'static File> {{
    static ASKED: OnceLock<Option<File>> = OnceLock::new();
    let open = || {{
        let path = std::env::var_os("FH_MUTANTS_ASKED")?;
        Some(File::options().append(true).create(true).open(&path).unwrap_or_else(|why| unwritten(&why)))
    }};
    ASKED.get_or_init(open).as_ref()
}}

/// Ends the process, because a list that lacks a mutant is taken for a proof. A panic could be caught.
fn unwritten(why: &std::io::Error) -> ! {{
    eprintln!("FH_MUTANTS_ASKED: {{why}}");
    std::process::abort()
}}

/// Writes the name of the mutant, the first time that its switch is asked. The line is written at once, because the process may be killed.
fn note_asked(mutant: Mutant) {{
    static SEEN: [AtomicBool; Mutant::ALL.len()] = [const {{ AtomicBool::new(false) }}; Mutant::ALL.len()];
    let seen = &SEEN[mutant as usize];
    if seen.load(Ordering::Relaxed) || seen.swap(true, Ordering::Relaxed) {{
        return;
    }}
    if let Some(mut file) = asked() {{
        file.write_all(format!("{{mutant:?}}\n").as_bytes()).unwrap_or_else(|why| unwritten(&why));
    }}
}}

/// Returns true if the mutant is switched on in this thread or in the process.
#[must_use]
pub fn is_on(mutant: Mutant) -> bool {{
    note_asked(mutant);
    OF_THREAD.get() == Some(mutant) || of_process() == Some(mutant)
}}
"#
    )
}
