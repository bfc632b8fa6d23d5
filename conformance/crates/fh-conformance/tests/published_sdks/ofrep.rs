//! OpenFeature's published OFREP providers.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::sdk::{Installed, Mode, Sdk, installed};
use crate::stage::{SERVER_KEY, Stage};

fn start(stage: &Stage, mode: Mode) -> Sdk {
    Sdk::start(&Installed::Ofrep, stage, SERVER_KEY, mode, Some(&context()))
}

fn context() -> Value {
    json!({"targetingKey": "user-0", "country": "new_zealand"})
}

fn check(sdk: &mut Sdk) {
    let defaults = json!({"NEW_CHECKOUT": false, "BANNER": "none", "LIMIT": -1, "THEME": {}, "NEVER_SET": "none"});
    let answers: Value = sdk.answers(&context(), &defaults).into_iter().collect();
    assert_eq!(
        answers["NEW_CHECKOUT"],
        json!({"value": true, "reason": "TARGETING_MATCH", "variant": "kiwi"})
    );
    assert_eq!(
        answers["BANNER"],
        json!({"value": "Welcome", "reason": "STATIC", "variant": "default"})
    );
    assert_eq!(answers["THEME"]["value"], json!(r#"{"colour":"red"}"#));
    let limit = answers["LIMIT"]["value"].as_f64();
    assert!(limit.is_some_and(|limit| limit > 0.0), "{answers}");
    assert_eq!(answers["NEVER_SET"]["value"], "none", "the default of the program is used");
    assert_eq!(answers["NEVER_SET"]["error"], "FLAG_NOT_FOUND");
}

#[test]
#[ignore = "needs Node and the providers; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn the_web_provider_fetches_all_flags_and_sends_the_etag() {
    let stage = Stage::new();
    let mut sdk = start(&stage, Mode::Poll);
    check(&mut sdk);
    stage.until_statuses(|statuses| statuses.contains(&304));
    let mut statuses = stage.statuses();
    statuses.dedup();
    assert_eq!(statuses, [200, 304]);
}

#[test]
#[ignore = "needs Node and the providers; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn the_server_provider_fetches_each_flag() {
    let stage = Stage::new();
    check(&mut start(&stage, Mode::Passive));
    let mut statuses = stage.statuses();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 404], "one request for each flag");
}

/// Runs a program, and returns its output.
fn run(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The contexts of the programs have a structure.
#[test]
#[ignore = "needs Node, Python and the providers; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn the_programs_of_the_page_print_the_value() {
    let stage = Stage::new();
    let page = include_str!("../../../../../docs/ofrep.md");
    let programs = |language: &str| -> Vec<String> {
        let fence = format!("```{language}\n");
        let parts = page.split(&fence).skip(1);
        let texts = parts.map(|part| part.split("```").next().unwrap());
        let at_the_stage = |text: &str| {
            text.replace("https://edge.example", &stage.url())
                .replace("ENVIRONMENT/KEY", SERVER_KEY)
        };
        texts.map(at_the_stage).collect()
    };
    let (javascript, python) = (programs("js"), programs("python"));
    assert_eq!((javascript.len(), python.len()), (2, 1));
    for text in javascript {
        // Node finds the packages beside the file. The provider for pages polls until it is closed.
        let file = installed("openfeature-ofrep/program_of_the_page.mjs");
        std::fs::write(&file, format!("{text}await OpenFeature.close();\n")).unwrap();
        let shown = run(Path::new("node"), &[file.to_str().unwrap()]);
        assert_eq!(shown, "true TARGETING_MATCH kiwi\n", "{text}");
    }
    let interpreter = installed("openfeature-ofrep-python/venv/bin/python");
    assert_eq!(run(&interpreter, &["-c", &python[0]]), "True TARGETING_MATCH kiwi\n");
}
