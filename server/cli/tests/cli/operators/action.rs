//! The script of the GitHub Action, run against good and bad state files.

use std::process::Command;

use super::{not_run, packaged};
use crate::serve::state;
use crate::tool::{Run, file, path, run};

/// Runs the script on these files, as the action does.
fn check(files: &str) -> Run {
    let mut command = Command::new("bash");
    command.arg(packaged("action/check.sh"));
    command.env("FH", env!("CARGO_BIN_EXE_fh")).env("FILES", files);
    run(&mut command, "")
}

/// Returns the state with this entry of BANNER in place of its value.
fn with_banner(entry: &str) -> String {
    state("plain")
        .replace("{ NEW_CHECKOUT: true, BANNER: plain }", &format!("{{ BANNER: {entry} }}"))
}

/// Returns an entry with one strategy and one rule, which has these members.
fn rule(members: &str, values: &str) -> String {
    format!(
        "{{ value: plain, strategies: [{{ id: a, value: a, attributes: [{{ fieldName: user, {members}, values: [{values}] }}] }}] }}"
    )
}

#[test]
fn mistakes_in_state_files_are_annotated() {
    if let Some(missing) =
        ["bash", "jq"].iter().find(|name| Command::new(name).arg("--version").output().is_err())
    {
        return not_run("the GitHub Action", &format!("the program {missing} is missing"));
    }
    let good = file("action-good.yaml", state("plain"));
    let wrong =
        file("action-wrong.yaml", state("plain").replace("true, BANNER: plain", "5, BANER: plain"));
    let small = "{ value: plain, strategies: [{ id: a, percentage: 25, value: a }] }";
    let mistaken = file("action-mistaken.yaml", with_banner(small));
    let accepted = file(
        "action-accepted.yaml",
        with_banner(&small.replace("value: plain,", "value: plain, accept: [percentage-unit],")),
    );
    let odd = file("action-100%,odd:.yaml", with_banner(small));
    // `fh lint` names the line of the rule, and the check that of the conditional.
    let lines = with_banner(&rule("\n        type: STRING,\n        conditional: EQUAL", "x"));
    let lines = file("action-lines.yaml", lines);
    // Only `fh lint` finds what an Edge with profile `edge` would evaluate differently.
    let other = with_banner(&rule("type: STRING, conditional: NOT_EQUALS", "x, y"));
    let other = file("action-other.yaml", other);
    let broken = file("action-broken.yaml", "features: [");
    let missing = path("action-missing.yaml");
    let folder = good.trim_end_matches("action-good.yaml").to_string();
    let place = |file: &str, line: u32| format!("::error file={file},line={line},");
    for (files, code, count, annotations) in [
        (good.clone(), 0, 0, vec!["files checked: 1".to_string()]),
        (format!("{good}\n  {accepted}"), 0, 0, vec!["files checked: 2".to_string()]),
        (wrong.clone(), 1, 2, vec![place(&wrong, 7), "did you mean BANNER?".to_string()]),
        // The check and the lint find this, and it is annotated once.
        (mistaken.clone(), 1, 1, vec![place(&mistaken, 7), "title=percentage-unit::".to_string()]),
        (lines.clone(), 1, 1, vec![place(&lines, 9), "title=unknown-name::".to_string()]),
        (other.clone(), 0, 1, vec![format!("::warning file={other},line=7,title=edge::")]),
        (format!("{good} {mistaken}"), 1, 1, vec!["files checked: 2".to_string()]),
        (broken.clone(), 1, 1, vec![place(&broken, 2)]),
        (missing.clone(), 1, 1, vec![place(&missing, 1), "no such file".to_string()]),
        (format!("{folder}action-g*.yaml"), 0, 0, vec!["files checked: 1".to_string()]),
        (format!("{folder}none-*.yaml"), 1, 1, vec!["::error::no file matches ".to_string()]),
        (
            odd.replace("100%,odd:", "100*"),
            1,
            1,
            vec![place(&odd.replace("100%,odd:", "100%25%2Codd%3A"), 7)],
        ),
    ] {
        let run = check(&files).expect(code);
        let printed = run.out.lines().filter(|line| line.starts_with("::")).count();
        assert_eq!(printed, count, "{files}: {run:?}");
        for part in annotations {
            assert!(run.out.contains(&part), "{files}: no {part} in {run:?}");
        }
        assert_eq!(run.err, "", "{files}");
    }
}
