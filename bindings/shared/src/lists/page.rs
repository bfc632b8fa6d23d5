//! The page `docs/reference/client-settings.md`.

use std::fmt::Write;

use fh_client::System;

use super::enumerations::enumerations;
use super::json::members;
use crate::language::{Language, Spelling};
use crate::settings::{BACKOFF, Form, LIMITS, SETTINGS, Setting, Systems};

const HEAD: &str = "# Settings of the client

All languages have the same settings, with the same units and the same words. Names are in `snake_case` in Rust and Python, and in `camelCase` in TypeScript, Kotlin, Swift
and the settings document. Durations are seconds: a number in TypeScript and in the document, a number or a `timedelta` in Python, a `Duration` in Rust, Kotlin and Swift.

A binding for another language passes the settings to the client as a **settings document**: a JSON object whose members are the settings of the first table. Its
JSON Schema is [client-settings.schema.json](client-settings.schema.json). A member that is missing or null has its default. A wrong member is an error,
and so is one that clients of the selected [system](../guide/featbit.md) do not have:

```
interval: the mode does not poll: write \"mode\": \"polling\" or \"mode\": \"passive\"
secret: only a client of FeatBit has this setting: write \"system\": \"featbit\"
limits.idle: the value is a text: write seconds as a number from 0
healthAfter: there is no such setting: write healthyAfter
```

A test of each language compares its names, units, defaults and choices with these tables, which are made from `bindings/shared/src/settings/table.rs`
(`FH_WRITE_PAGES=1 cargo test -p fh-binding lists`).

";

const LARGE_MESSAGES: &str = "
A message with so many small parts that reading it might take more than 8 times its size and 32 MB is refused with the problem `too_large`, and the last features stay.
Ordinary messages with 100,000 features, with 10,000 rules of one feature, or with 1,000,000 values of one rule or users of one segment are read.
";

/// The enumerations whose values the page about troubleshooting explains.
const EXPLAINED: [&str; 3] = ["Problem", "Reason", "Notice"];

/// Returns the name of a setting, in both spellings if they differ.
fn name(snake: &str) -> String {
    match Spelling::Camel.spell(snake) {
        camel if camel == snake => format!("`{snake}`"),
        camel => format!("`{snake}`, `{camel}`"),
    }
}

/// Returns the languages that have the setting, and why the others lack it.
fn languages(setting: &Setting) -> String {
    let (mut has, mut lack, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
    for language in Language::ALL {
        match setting.languages.lack(language) {
            None => has.push(language.as_str()),
            Some(why) => {
                lack.push(language.as_str());
                reasons.push(why);
            }
        }
    }
    reasons.dedup();
    match lack.is_empty() {
        true => "all".to_string(),
        false => format!(
            "{}; not {}, because {}",
            has.join(", "),
            lack.join(" and "),
            reasons.join(", and ")
        ),
    }
}

/// Returns a sentence about the systems whose clients have a setting or a value, or about those whose clients lack it. It names FeatureHub only
/// if it has to.
fn only(systems: Systems, noun: &str) -> String {
    let (have, lack): (Vec<_>, Vec<_>) =
        System::ALL.into_iter().partition(|each| systems.have(*each));
    let names =
        |of: &[System]| of.iter().map(|system| system.name()).collect::<Vec<_>>().join(" and ");
    match (have.contains(&System::FeatureHub), noun) {
        _ if lack.is_empty() => String::new(),
        (false, "value") => format!(" Only for {}.", names(&have)),
        (false, _) => format!(" Only clients of {} have this setting.", names(&have)),
        (true, "value") => format!(" Not for {}.", names(&lack)),
        (true, _) => format!(" Clients of {} do not have this setting.", names(&lack)),
    }
}

fn form(setting: &Setting) -> String {
    match &setting.form {
        Form::Choice(choices) => {
            choices.iter().map(|choice| format!("`{}`", choice.word)).collect::<Vec<_>>().join(", ")
        }
        Form::Range(_) => "two numbers of seconds".to_string(),
        Form::Flag(_) => "true or false".to_string(),
        Form::Text { .. } => "text".to_string(),
        Form::Texts { .. } => "list of texts".to_string(),
        Form::Path(_) => "path".to_string(),
        Form::Headers(_) => "names and values".to_string(),
        Form::Context(_) => "attributes".to_string(),
        Form::Json(_) => "JSON, or its text".to_string(),
        Form::Pem(_) => "PEM".to_string(),
        Form::Proxy(_) => "URL or false".to_string(),
        Form::Backoff { .. } | Form::Limits(_) => "object, see below".to_string(),
        Form::Seconds(_) | Form::Count(_) => setting.form.unit().unwrap_or_default().to_string(),
        Form::Code => String::new(),
    }
}

#[test]
fn the_page_is_that_of_the_tables() {
    let mut page = HEAD.to_string();
    page.push_str("## Data\n\n| setting | value | default | what it does | languages |\n|---|---|---|---|---|\n");
    for setting in SETTINGS.iter().filter(|setting| setting.is_data()) {
        let mut about = setting.about.to_string();
        if let Form::Choice(choices) = &setting.form {
            for choice in *choices {
                write!(about, " `{}`: {}", choice.word, choice.about).unwrap();
                about.push_str(&only(choice.systems, "value"));
            }
        }
        about.push_str(&only(setting.systems, "setting"));
        let default = match &setting.form {
            Form::Backoff { .. } | Form::Limits(_) => String::new(),
            _ => setting
                .default
                .map(|default| format!("`{}`", default.trim_matches('"')))
                .unwrap_or_default(),
        };
        let row = [name(setting.name), form(setting), default, about, languages(setting)];
        writeln!(page, "| {} |", row.join(" | ")).unwrap();
    }
    for setting in &SETTINGS {
        let default = super::json::default(setting);
        let members = match &setting.form {
            Form::Backoff { .. } => members(&BACKOFF, &default),
            Form::Limits(_) => members(&LIMITS, &default),
            _ => continue,
        };
        writeln!(
            page,
            "\n### {}\n\n| member | unit | default | meaning |\n|---|---|---|---|",
            name(setting.name)
        )
        .unwrap();
        for member in members {
            let text = |name: &str| member[name].as_str().unwrap_or_default().to_string();
            let row = [
                name(&text("name")),
                text("unit"),
                format!("`{}`", member["default"]),
                text("about"),
            ];
            writeln!(page, "| {} |", row.join(" | ")).unwrap();
        }
    }
    page.push_str(LARGE_MESSAGES);
    page.push_str("\n## Functions and objects\n\nThese settings are functions or objects of the program, so each language has its own form of them.\n\n| setting | what it does | languages |\n|---|---|---|\n");
    for setting in SETTINGS.iter().filter(|setting| !setting.is_data()) {
        writeln!(page, "| {} | {} | {} |", name(setting.name), setting.about, languages(setting))
            .unwrap();
    }
    page.push_str("\n## Names of states\n\nAll languages use these names. [Troubleshooting](../guide/troubleshooting.md) has those of problems, reasons and notices.\n");
    for enumeration in enumerations().into_iter().filter(|it| !EXPLAINED.contains(&it.name)) {
        writeln!(page, "\n### {}\n\n| name | meaning |\n|---|---|", enumeration.name).unwrap();
        for value in enumeration.values {
            let lacking: Vec<&str> =
                value.lacking.iter().map(|language| language.as_str()).collect();
            let lacking = match lacking.is_empty() {
                true => String::new(),
                false => format!(" Not in {}.", lacking.join(" and ")),
            };
            writeln!(page, "| `{}` | {}{lacking} |", value.name, value.about).unwrap();
        }
    }
    super::check("docs/reference/client-settings.md", &page);
}

#[test]
fn the_page_about_troubleshooting_explains_each_value() {
    let page = super::path("docs/guide/troubleshooting.md");
    let page = std::fs::read_to_string(page).unwrap();
    for enumeration in enumerations().into_iter().filter(|it| EXPLAINED.contains(&it.name)) {
        let (_, section) = page.split_once(&format!("\n## {}\n", enumeration.name)).unwrap();
        let rows = section.split("\n## ").next().unwrap().lines();
        let explained: Vec<&str> =
            rows.filter_map(|row| Some(row.strip_prefix("| `")?.split_once('`')?.0)).collect();
        let known: Vec<&str> = enumeration.values.iter().map(|value| value.name.as_str()).collect();
        assert_eq!(explained, known, "{}", enumeration.name);
    }
}
