//! `cargo xtask bench instructions --against COMMIT`: counts the instructions of the engine's workloads with callgrind, in the present
//! code and in an older commit, and compares them. Unlike times, the counts do not depend on what else the machine does.

use std::fs;
use std::path::{Path, PathBuf};

use crate::output::say;
use crate::shell::{Run, root, target_folder, tracked_files};

/// The workloads of `benches/README.md`, each with the repetitions that are counted. The hashes of maps have random seeds, so that two runs
/// differ by some thousand instructions before the first repetition. The last number is the largest ratio to the older commit that passes.
const WORKLOADS: [(&str, u32, f64); 11] = [
    ("W1", 20_000, EVALUATION),
    ("W2", 20_000, EVALUATION),
    ("W3", 20_000, EVALUATION),
    ("W4re", 5_000, EVALUATION),
    ("W4suf", 5_000, EVALUATION),
    ("W5re", 5, EVALUATION),
    ("W5suf", 5, EVALUATION),
    ("C1", 5_000, EVALUATION),
    ("load", 5, LOAD),
    ("lists evaluate", 20_000, EVALUATION),
    ("lists load", 5, LOAD),
];
const EVALUATION: f64 = 1.01;
const LOAD: f64 = 1.05;

/// The builds of both commits: a name, and the cargo features of `fh-eval` beside its default.
const BUILDS: [(&str, &str); 2] =
    [("FeatureHub alone", ""), ("all systems", "fh-eval/featbit fh-eval/featuresignals")];

/// Counts the instructions of each workload in the present code and in the commit, and prints a table.
///
/// # Errors
/// No commit is named, valgrind is missing, a build fails, or a workload takes more instructions than its limit allows.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let [option, commit] = arguments else {
        return Err(usage());
    };
    if option != "--against" {
        return Err(usage());
    }
    if !Run::new("valgrind --version").succeeds() {
        return Err("valgrind, which counts instructions, is not installed; on Debian and Ubuntu: `apt-get install valgrind`".into());
    }
    let folder = std::path::absolute(target_folder().join("instructions"));
    let folder = folder.map_err(|why| why.to_string())?;
    let checkout = folder.join("checkout");
    check_out(commit, &checkout)?;
    let programs = |benches: &Path, kind: &str| -> Result<Vec<PathBuf>, String> {
        let target = |name: &str| folder.join(format!("{kind}-{}", name.replace(' ', "-")));
        BUILDS.iter().map(|(name, features)| build(benches, &target(name), features)).collect()
    };
    let old = programs(&checkout.join("benches"), "old");
    let remove = Run::new("git worktree remove --force").args(&[checkout.display().to_string()]);
    // A failed build leaves no checkout, either.
    let removed = remove.output();
    let old = old?;
    removed?;
    let new = programs(&root().join("benches"), "new")?;
    compare(commit, &old, &new, &folder)
}

fn usage() -> String {
    "write `cargo xtask bench instructions --against COMMIT`, with the commit to compare the present code with".into()
}

/// Checks the commit out, with the present benches, so that the same program drives both engines.
fn check_out(commit: &str, checkout: &Path) -> Result<(), String> {
    let place = checkout.display().to_string();
    // A run that was interrupted leaves its checkout.
    Run::new("git worktree remove --force").args(std::slice::from_ref(&place)).succeeds();
    Run::new("git worktree add --quiet --detach")
        .args(&[place.clone(), commit.to_string()])
        .output()?;
    let failed = |path: &Path, why: std::io::Error| format!("{}: {why}", path.display());
    let benches = checkout.join("benches");
    fs::remove_dir_all(&benches).map_err(|why| failed(&benches, why))?;
    for path in tracked_files()?.iter().filter(|path| path.starts_with("benches/")) {
        let copy = checkout.join(path);
        if let Some(parent) = copy.parent() {
            fs::create_dir_all(parent).map_err(|why| failed(parent, why))?;
        }
        fs::copy(root().join(path), &copy).map_err(|why| failed(&copy, why))?;
    }
    // Other benches may need features that an older engine lacks.
    let manifest = benches.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|why| failed(&manifest, why))?;
    fs::write(&manifest, only_instructions(&text)).map_err(|why| failed(&manifest, why))
}

/// Returns the manifest of a workspace with the members that the counted program needs.
fn only_instructions(manifest: &str) -> String {
    let lines = manifest.lines().map(|line| match line.split_once(" = ") {
        Some(("members", _)) => "members = [\"harness\"]\n".to_string(),
        Some(("default-members", _)) => "default-members = [\"harness\"]\n".to_string(),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// Builds the program. The lock file is not enforced, because an older commit may have had other dependencies.
fn build(benches: &Path, target: &Path, features: &str) -> Result<PathBuf, String> {
    Run::new(
        "cargo build --release -p harness --no-default-features --bin instructions --target-dir",
    )
    .args(&[target.display().to_string(), "--features".into(), features.into()])
    .in_folder(benches)
    .go()?;
    Ok(target.join("release/instructions"))
}

fn compare(commit: &str, old: &[PathBuf], new: &[PathBuf], folder: &Path) -> Result<(), String> {
    let columns = BUILDS.map(|(name, _)| format!("{name}: {commit} | now | ratio")).join(" | ");
    say!("| instructions | {columns} |");
    say!("|---|{}", "--:|".repeat(3 * BUILDS.len()));
    let mut grown = Vec::new();
    for (workload, count, limit) in WORKLOADS {
        let mut row = format!("| {workload} |");
        for ((name, _), (old, new)) in BUILDS.iter().zip(old.iter().zip(new)) {
            let before = instructions(old, workload, count, folder)?;
            let now = instructions(new, workload, count, folder)?;
            let ratio = now / before;
            row.push_str(&format!(" {before:.0} | {now:.0} | {ratio:.3} |"));
            if ratio > limit {
                grown.push(format!("{workload} ({name}): {ratio:.3}, at most {limit}"));
            }
        }
        say!("{row}");
    }
    match grown.is_empty() {
        true => Ok(()),
        false => Err(format!("too many instructions: {}", grown.join("; "))),
    }
}

/// Returns the instructions of one repetition: the difference of a run with one repetition and one with `count` more, divided by
/// `count`. Loading the payload and starting the program cancel out.
fn instructions(program: &Path, workload: &str, count: u32, folder: &Path) -> Result<f64, String> {
    let once = total(program, workload, 1, folder)?;
    let often = total(program, workload, 1 + count, folder)?;
    Ok((often - once) / f64::from(count))
}

/// Returns all instructions of one run of the program.
fn total(program: &Path, workload: &str, count: u32, folder: &Path) -> Result<f64, String> {
    let counts = folder.join("callgrind.out");
    Run::new("valgrind --tool=callgrind --quiet")
        .args(&[
            format!("--callgrind-out-file={}", counts.display()),
            program.display().to_string(),
            workload.to_string(),
            count.to_string(),
        ])
        .output()?;
    let text = fs::read_to_string(&counts).map_err(|why| format!("{}: {why}", counts.display()))?;
    totals(&text).ok_or_else(|| format!("{} has no line `totals:`", counts.display()))
}

/// Reads the number of the line `totals: NUMBER` of a file that callgrind wrote.
fn totals(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{only_instructions, totals};

    #[test]
    fn other_members_are_left_out() {
        let manifest = "[workspace]\nmembers = [\"a\", \"b\"]\ndefault-members = [\"a\"]\n[profile.release]\nlto = \"fat\"\n";
        assert_eq!(
            only_instructions(manifest),
            "[workspace]\nmembers = [\"harness\"]\ndefault-members = [\"harness\"]\n[profile.release]\nlto = \"fat\"\n"
        );
    }

    #[test]
    fn the_total_of_a_file_of_callgrind_is_read() {
        assert_eq!(totals("events: Ir\nfn=(1)\n28 8\n\ntotals: 57439626\n"), Some(57_439_626.0));
        assert_eq!(totals("events: Ir\nsummary: 12\n"), None);
    }
}
