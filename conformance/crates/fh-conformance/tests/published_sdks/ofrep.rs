//! OpenFeature's published OFREP providers.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fh_edge::Options;
use fh_eval::{Attributes, EvaluationReason, FeatureRef, Profile, Ruleset, Subject, Timestamp};
use fh_test::wait::{wait_for, wait_until};
use serde_json::{Value, json};

use crate::sdk::{Installed, Mode, Sdk, installed};
use crate::stage::{self, SERVER_KEY, Stage};

fn start(stage: &Stage, mode: Mode) -> Sdk {
    start_with(stage, SERVER_KEY, mode)
}

fn start_with(stage: &Stage, key: &str, mode: Mode) -> Sdk {
    Sdk::start(&Installed::Ofrep, stage, key, mode, Some(&context()))
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

/// Returns the features of the stage, and one with a rule on an attribute that comes from a structure.
fn features() -> Value {
    let mut features = stage::features();
    features.as_array_mut().unwrap().push(json!({
        "id": "3f2c8e0d-1111-4a6e-9a51-0b4a0d1f7e22", "key": "TABLET", "type": "STRING", "value": "no", "version": 1,
        "strategies": [{"id": "ipad", "value": "yes", "attributes": [
            {"fieldName": "device.os", "type": "STRING", "conditional": "EQUALS", "values": ["ipados"]}]}]
    }));
    features
}

/// The defaults of the program. Each has the type of its feature.
fn defaults() -> Value {
    json!({"NEW_CHECKOUT": false, "BANNER": "none", "LIMIT": -1, "THEME": {}, "NEVER_SET": "none", "TABLET": "none"})
}

/// Returns OpenFeature's context of a user, and the same context in the form of this project.
fn user(number: usize) -> (Value, Value) {
    let (key, country) = (format!("user-{number}"), ["new_zealand", "turkey"][number % 2]);
    let os = ["ipados", "ios", "android"][number % 3];
    let device = json!({"os": os, "languages": ["en", "mi"], "screens": [{"width": 10}]});
    (
        json!({"targetingKey": key, "country": country, "device": device}),
        json!({"userkey": key, "country": country, "device.os": os}),
    )
}

/// Returns the details that the engine computes for a context, in OpenFeature's words.
fn details(context: &Value) -> Value {
    let body = features().to_string();
    let ruleset = Ruleset::from_json(body.as_bytes(), Profile::Client).unwrap();
    let attributes = Attributes::from_json(&context.to_string()).unwrap();
    let subject = Subject::new(&attributes, Timestamp::from_millis(0));
    let detail = |feature: FeatureRef<'_>| {
        let evaluation = feature.evaluate(&subject);
        let Some(value) = feature.value_token(&evaluation) else {
            let value = &defaults()[feature.key()];
            return json!({"value": value, "reason": "ERROR", "error": "FLAG_NOT_FOUND"});
        };
        let value: Value = serde_json::from_str(value).unwrap();
        let reason = match evaluation.reason() {
            EvaluationReason::StrategyMatch => "TARGETING_MATCH",
            EvaluationReason::Split => "SPLIT",
            EvaluationReason::Default => "DEFAULT",
            other => {
                assert_eq!(other, EvaluationReason::Static);
                "STATIC"
            }
        };
        let variant = evaluation.strategy_id().unwrap_or("default");
        json!({"value": value, "reason": reason, "variant": variant})
    };
    ruleset.iter().map(|feature| (feature.key().to_string(), detail(feature))).collect()
}

/// Returns the details of all features, without the messages of errors.
fn answers(sdk: &mut Sdk, context: &Value) -> Value {
    let answers = sdk.answers(context, &defaults()).into_iter();
    let without_message = |(key, mut answer): (String, Value)| {
        answer.as_object_mut().unwrap().retain(|name, value| name != "message" && !value.is_null());
        (key, answer)
    };
    answers.map(without_message).collect()
}

#[test]
#[ignore = "needs Node and the providers; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn a_thousand_users_have_the_values_variants_and_reasons_of_the_engine() {
    let stage = Stage::of(features(), Options::default());
    let mut seen = BTreeSet::new();
    for mode in [Mode::Passive, Mode::Poll] {
        let mut sdk = start(&stage, mode);
        for number in 0..1000 {
            let (context, attributes) = user(number);
            if matches!(mode, Mode::Poll) {
                sdk.set_context(&context);
            }
            let answers = answers(&mut sdk, &context);
            assert_eq!(answers, details(&attributes), "{context}");
            seen.extend(answers.as_object().unwrap().values().map(ToString::to_string));
        }
    }
    assert_eq!(seen.len(), 10, "each value of each feature: {seen:#?}");
}

#[test]
#[ignore = "needs Node and the providers; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn a_change_arrives_by_polling() {
    let stage = Stage::of(features(), Options::default());
    let mut sdk = start(&stage, Mode::Poll);
    assert_eq!(answers(&mut sdk, &context())["BANNER"]["value"], "Welcome");
    stage.set("BANNER", &json!("Sale!"));
    wait_until("the provider polls the change", || {
        answers(&mut sdk, &context())["BANNER"]["value"] == "Sale!"
    });
}

/// What a program sees of each error: the code, and the words of the Edge where the provider passes them on.
#[test]
#[ignore = "needs Node and the providers; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn errors_reach_the_program() {
    let many = json!({"many": (0..1001).collect::<Vec<usize>>()});
    let long = json!({"a": "x".repeat(2000)});
    let fred = json!({"targetingKey": "fred", "device": {"os": "ios"}});
    let of = |options| Stage::of(features(), options);
    let plain = || of(Options::default());
    let mut limited = Options::default();
    limited.requests_per_second = Some(1);
    let mut tight = Options::default();
    tight.max_context_bytes = 1000;
    let mut cheap = Options::default();
    cheap.evaluation_budget = 1;
    let refused = "Failed OFREP bulk evaluation request, status: 400";
    for (status, stage, key, context, code, message, in_a_page) in [
        (400, plain(), SERVER_KEY, &many, "INVALID_CONTEXT", "more than 1000 values", refused),
        (400, of(tight), SERVER_KEY, &long, "INVALID_CONTEXT", "larger than 1000 bytes", refused),
        (400, of(cheap), SERVER_KEY, &fred, "GENERAL", "more work", refused),
        (401, plain(), "wrong", &fred, "GENERAL", "", "Initialization failed"),
        (404, plain(), SERVER_KEY, &fred, "FLAG_NOT_FOUND", "no value", ""),
        (429, of(limited), SERVER_KEY, &fred, "GENERAL", "TooManyRequests", "rate limit exceeded"),
        (
            503,
            Stage::without_state(),
            SERVER_KEY,
            &fred,
            "GENERAL",
            "does not match",
            "does not match",
        ),
    ] {
        let mut sdk = start_with(&stage, key, Mode::Passive);
        // The limit of requests admits some at once.
        let answer = wait_for("an error", || {
            let answers: Value = sdk.answers(context, &defaults()).into_iter().collect();
            let answer = &answers[if status == 400 { "TABLET" } else { "NEVER_SET" }];
            let is_there = !answer["error"].is_null() && stage.statuses().contains(&status);
            is_there.then(|| answer.clone())
        });
        assert_eq!(
            (&answer["error"], &answer["value"]),
            (&json!(code), &json!("none")),
            "{status}"
        );
        assert!(answer["message"].as_str().unwrap().contains(message), "{status}: {answer}");
        // The other program goes on, so that the limit of requests admits none of the page.
        let is_over = AtomicBool::new(false);
        let page = thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    sdk.answers(context, &defaults());
                }
            });
            let page = Sdk::try_start(&Installed::Ofrep, &stage, key, Mode::Poll, Some(context));
            is_over.store(true, Ordering::Relaxed);
            page
        });
        let why = page.map_or_else(|(why, _)| why.to_string(), |_| String::new());
        assert_eq!(why.is_empty(), in_a_page.is_empty(), "{status}: {why}");
        assert!(why.contains(in_a_page), "{status}: {why}");
    }
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
    let page = include_str!("../../../../../docs/reference/ofrep.md");
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
