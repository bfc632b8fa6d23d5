//! The test that the tables of `docs/reference/settings.md` are those of the program.

use std::path::Path;

use super::setting::Form;
use super::{Group, SETTINGS, ignored_properties};

const BEGIN: &str = "<!-- made from the program's table: begin -->\n";
const END: &str = "<!-- made from the program's table: end -->\n";
/// If this variable is set, the test writes the page instead of comparing it.
const WRITE: &str = "FH_WRITE_PAGES";

fn tables() -> String {
    let mut out = String::from(
        "\n| flag | variable | FeatureHub's property | default | what it does |\n|---|---|---|---|---|\n",
    );
    for group in Group::ALL {
        out.push_str(&format!("| **{}** | | | | |\n", group.title()));
        for setting in SETTINGS.iter().filter(|setting| setting.group == group) {
            let flag = match setting.form {
                Form::One(value) | Form::Many(value) | Form::Lines(value) => {
                    format!("--{} {value}", setting.name)
                }
                Form::Switch => format!("--{}", setting.name),
            };
            let property = setting.property.map(|property| format!("`{}`", property.name));
            let default = match setting.default_words() {
                words if setting.default.is_some() || words.is_empty() => words,
                text => format!("`{text}`"),
            };
            let is_many = matches!(setting.form, Form::Many(_) | Form::Lines(_));
            let many = if is_many { " (several)" } else { "" };
            let row = [
                format!("`{}`{many}", flag.replace('|', "\\|")),
                format!("`{}`", setting.variable()),
                property.unwrap_or_default(),
                default,
                setting.help.to_string(),
            ];
            out.push_str(&format!("| {} |\n", row.join(" | ")));
        }
    }
    out.push_str("\nThese properties of FeatureHub have no effect on this Edge. One warning at the start names those that are set:\n\n");
    out.push_str("| properties | about |\n|---|---|\n");
    for (about, names) in ignored_properties::all() {
        out.push_str(&format!("| {names} | {about} |\n"));
    }
    out.push('\n');
    out
}

#[test]
fn the_page_has_the_tables_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/settings.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(BEGIN).unwrap();
    let (tables_there, tail) = rest.split_once(END).unwrap();
    let tables = tables();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}{tables}{END}{tail}")).unwrap();
        return;
    }
    assert!(
        tables_there == tables,
        "docs/reference/settings.md is behind; `{WRITE}=1 cargo test -p fh-cli the_page_has` writes it. It should say:\n{tables}"
    );
}
