//! The command `explain`.

use std::fmt::Write as _;

use clap::Args;

use super::list::no_such_case;
use super::{Ended, is_drawn, print, suite};
use crate::case::{Case, Check, Profile};
use crate::clock;
use crate::compare::{Outcome, check};
use crate::data::Data;
use crate::json::Json;
use crate::sdk::scenarios;
use crate::server::scenario;
use crate::target::{Engine, Reference, Target};

/// Show what a case or a scenario expects. For a case, also show the actual answers and the steps of the evaluation.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The id of a case or of a scenario, such as `pct.boundary`, `C-POLL-010` or `S-PUT-007`.
    id: String,
}

pub(super) fn explain(data: &Data, arguments: &Arguments) -> Ended {
    if let Some(scenario) = scenarios::named(&arguments.id) {
        print(&scenarios::explanation(scenario));
        return Ok(0);
    }
    if let Some((id, reason)) = scenarios::not_executed(&arguments.id) {
        print(&format!("{id} is not executed: {reason}\n"));
        return Ok(0);
    }
    if let Some(scenario) = scenario::Scenario::named(&arguments.id) {
        let (id, name, checks) = (scenario.id, scenario.name, scenario.checks);
        print(&format!(
            "{id} {name}\n  checks   {checks}\n  fh-conformance server run --fh PATH --only {id}\n"
        ));
        return Ok(0);
    }
    let suite = suite(data, is_drawn(&arguments.id))?;
    let case = suite.get(&arguments.id).ok_or_else(|| no_such_case(&arguments.id))?;
    let mut out = format!("{}  {}\n{} · {}\n", case.id, case.title, case.group, case.file);
    if let Some(decision) = case.source.as_ref().and_then(|source| source.get("ambiguity")) {
        let _ = writeln!(out, "decided by {decision}");
    }
    if let Check::Evaluation(evaluation) = &case.check {
        let question = &evaluation.question;
        let context = case.to_json().get("context").cloned().unwrap_or(Json::Null);
        let _ =
            writeln!(out, "getter {} of {} for {context}", question.kind.name(), question.feature);
        if question.now_ms != clock::DEFAULT_NOW_MS {
            let _ = writeln!(out, "now is {} ms since 1970", question.now_ms);
        }
    }
    for profile in case.profiles() {
        let _ = writeln!(out, "\nprofile {profile}\n  expected   {}", expected(case, profile));
        let mut targets: [Box<dyn Target>; 2] = [Box::new(Engine), Box::new(Reference::new())];
        for target in &mut targets {
            let verdict = match check(target.as_mut(), case, profile) {
                Outcome::Pass => "pass".to_owned(),
                Outcome::Fail(failure) => format!("FAIL: {}", failure.message),
                Outcome::Skip(capability) => format!("skip: lacks {capability}"),
            };
            let answer = answer(target.as_mut(), case, profile);
            let _ = writeln!(out, "  {:<10} {answer}  {verdict}", target.name());
        }
        if let Check::Evaluation(evaluation) = &case.check
            && let Some(text) = Engine.explain(profile, &evaluation.question)
        {
            out.push('\n');
            text.lines().for_each(|line| out.push_str(&format!("  {line}\n")));
        }
    }
    print(&out);
    Ok(0)
}

fn expected(case: &Case, profile: Profile) -> Json {
    match &case.check {
        Check::Evaluation(evaluation) => {
            let answer = evaluation.answers.iter().find(|(p, _)| *p == profile);
            let getters = evaluation.getters.as_ref().map(|(_, getters)| getters.clone());
            answer.map_or(getters.into(), |(_, answer)| answer.to_json())
        }
        Check::Hash(hash) => {
            let bucket = hash.buckets.iter().find(|(p, _)| *p == profile);
            bucket.map(|(_, bucket)| Json::number(*bucket)).into()
        }
    }
}

fn answer(target: &mut dyn Target, case: &Case, profile: Profile) -> Json {
    let answer = match &case.check {
        Check::Evaluation(evaluation) if evaluation.answers.is_empty() => {
            target.getters(profile, &evaluation.question)
        }
        Check::Evaluation(evaluation) => {
            target.read(profile, &evaluation.question).map(|answer| answer.to_json())
        }
        Check::Hash(hash) => target.bucket(profile, &hash.key, &hash.feature_id).map(Json::number),
    };
    answer.unwrap_or_else(|broken| Json::from(broken.0))
}
