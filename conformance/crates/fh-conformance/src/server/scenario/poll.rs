//! Polling: keys and etags.

use serde_json::{Value, json};

use super::Evaluated::{ByClient, ByServer};
use super::check::{Failure, Outcome, check, same, there};
use super::scenario_client::ScenarioClient;
use super::{Bench, StateKnowledge};
use crate::server::wire::{Response, component};

/// A well-formed key that does not exist.
pub(super) const UNKNOWN: &str = "Zz9unknown*key-Zz9";
/// The id of an environment that does not exist.
pub(super) const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";
/// The id of another environment that does not exist.
const NOWHERE_ELSE: &str = "00000000-0000-4000-8000-000000000001";

pub(super) fn ok(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let response = client.polled(&client.dev(ByClient)?)?;
    same("status", response.status, 200)?;
    same("content type", response.header("content-type"), Some("application/json"))?;
    let etag = etag(&response)?;
    let is_quoted = etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"');
    check!(is_quoted, "the etag is {etag}");
    let body = response.json();
    same("environments", body.as_array().map(Vec::len), Some(1))?;
    same("id", body.pointer("/0/id"), Some(&client.environment("dev")?.into()))?;
    let list = body.pointer("/0/features").and_then(Value::as_array);
    let list = there("features", list)?;
    check!(!list.is_empty(), "no features");
    for feature in list {
        for member in ["id", "key", "l", "version", "type"] {
            check!(feature.get(member).is_some(), "{feature} has no {member}");
        }
        let has_value = feature.get("version") != Some(&0.into());
        let strategies = feature.get("strategies").and_then(Value::as_array);
        check!(!has_value || strategies.is_some(), "{feature} has no strategies");
    }
    if client.identifiers().knowledge() == StateKnowledge::Unknown {
        return Ok(());
    }
    let flag = list.iter().find(|each| each.get("key") == Some(&"FLAG".into()));
    let strategies = there("FLAG", flag)?.get("strategies").and_then(Value::as_array);
    same("strategies of FLAG", strategies.map(Vec::len), Some(1))
}

pub(super) fn trailing_slash(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let key = component(&client.dev(ByClient)?);
    let plain = client.ask(&client.request("GET", &format!("/features?apiKey={key}")))?;
    let slash = client.ask(&client.request("GET", &format!("/features/?apiKey={key}")))?;
    same("status", slash.status, 200)?;
    same("body", slash.json(), plain.json())?;
    same("etag", slash.header("etag"), plain.header("etag"))
}

pub(super) fn sdk_url(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    // The other key is valid, too, so that it would add an environment to the answer.
    let good = component(&client.dev(ByClient)?);
    let bad = component(&client.dev(ByServer)?);
    let plain = client.polled(&client.dev(ByClient)?)?;
    for query in [
        format!("sdkUrl={good}"),
        format!("apiKey={bad}&sdkUrl={good}"),
        format!("sdkUrl={good}&apiKey=nonsense&contextSha=0"),
    ] {
        let alias = client.ask(&client.request("GET", &format!("/features?{query}")))?;
        same(&query, (alias.status, alias.json()), (200, plain.json()))?;
    }
    Ok(())
}

pub(super) fn no_keys(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    for path in ["/features", "/features/", "/features?", "/features?contextSha=0"] {
        let response = client.ask(&client.request("GET", path))?;
        refused(path, &response, 400)?;
    }
    Ok(())
}

/// Checks that a response has this status, and either no body or a short plain text, which SDKs ignore.
fn refused(what: &str, response: &Response, status: u16) -> Outcome {
    same(what, response.status, status)?;
    let text = response.text();
    let is_plain = response.header("content-type").is_some_and(|of| of.starts_with("text/plain"));
    check!(text.is_empty() || is_plain && text.len() <= 200, "{what}: the body is {text:?}");
    Ok(())
}

pub(super) fn unparsable_key(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let id = client.environment("dev")?;
    for key in [
        "",
        "nonsense",
        "/",
        &id,
        &format!("{id}/"),
        &format!("{id}//"),
        &format!("a/b/{id}/k"),
        "1-1-1-1-1/k",
        "not-a-uuid/k",
        &format!("{}/k", id.replace('-', "")),
    ] {
        let response = client.polled(key)?;
        refused(&format!("apiKey={key}"), &response, 404)?;
    }
    Ok(())
}

pub(super) fn unknown_key(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let shown = |response: &Response| {
        let mut headers = response.headers.0.clone();
        headers.retain(|(name, _)| name != "date");
        (response.status, headers, response.text())
    };
    // The answer must not reveal which part of the key is wrong.
    let unparsable = shown(&client.polled("nonsense")?);
    same("status", unparsable.0, 404)?;
    let dev = client.environment("dev")?;
    let secret = |key: &str| key.split_once('/').map(|(_, secret)| secret.to_owned());
    let reader = there("a secret", secret(&client.dev(ByClient)?))?;
    let mut wrong = vec![
        ("the secret of no account", format!("{dev}/{UNKNOWN}")),
        ("the id of no environment", format!("{NOWHERE}/{reader}")),
        ("letters of the other case", format!("{dev}/{}", other_case(&reader))),
        ("one character less", format!("{dev}/{}", without_last(&reader))),
    ];
    if client.identifiers().knowledge() == StateKnowledge::Scenarios {
        let lodger = there("a secret", secret(&client.key("lodger", "other", ByServer)?))?;
        wrong.push(("the secret of another environment", format!("{dev}/{lodger}")));
    }
    for (what, key) in wrong {
        same(what, shown(&client.polled(&key)?), unparsable.clone())?;
    }
    Ok(())
}

/// Returns a secret in small letters, or in capitals if it has only small letters.
fn other_case(secret: &str) -> String {
    let lower = secret.to_lowercase();
    if lower == secret { secret.to_uppercase() } else { lower }
}

/// Returns a text without its last character.
fn without_last(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next_back();
    characters.as_str()
}

pub(super) fn mixed_keys(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let nowhere = format!("{NOWHERE}/{UNKNOWN}");
    // Where only keys are known, there may be no second environment.
    let other = client.environment("other").unwrap_or_else(|_| NOWHERE_ELSE.to_owned());
    let stranger = format!("{other}/{UNKNOWN}");
    let response = client.ask(&client.poll(&[&nowhere, &client.dev(ByClient)?, &stranger]))?;
    same("status", response.status, 200)?;
    let body = response.json();
    let ids: Vec<&Value> =
        body.as_array().into_iter().flatten().filter_map(|e| e.get("id")).collect();
    same("ids", json!(ids), json!([NOWHERE, client.environment("dev")?, other]))?;
    for features in ["/0/features", "/2/features"] {
        same("features of an unknown key", body.pointer(features), Some(&json!([])))?;
    }
    let known = body.pointer("/1/features").and_then(Value::as_array);
    check!(known.is_some_and(|list| !list.is_empty()), "the known key got no features");
    Ok(())
}

pub(super) fn duplicate_key(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let key = client.dev(ByClient)?;
    let once = client.polled(&key)?;
    let twice = client.ask(&client.poll(&[&key, &key]))?;
    same("body", (twice.status, twice.json()), (200, once.json()))?;
    same("etag", twice.header("etag"), once.header("etag"))
}

pub(super) fn two_environments(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let (one, other) = (client.dev(ByClient)?, client.key("reader", "other", ByServer)?);
    let ids = [client.environment("dev")?, client.environment("other")?];
    for (keys, ids) in
        [([&*one, &*other], [&ids[0], &ids[1]]), ([&*other, &*one], [&ids[1], &ids[0]])]
    {
        // Ten times, because a random order may be right by chance.
        for _ in 0..10 {
            let response = client.ask(&client.poll(&keys))?;
            same("status", response.status, 200)?;
            let body = response.json();
            let seen = [body.pointer("/0/id"), body.pointer("/1/id")].map(|id| json!(id));
            same("order", seen, ids.map(|id| json!(id)))?;
            let etag = etag(&response)?;
            same("parts of the etag", etag.split(';').count(), 2)?;
            let again = client.ask(&client.poll(&keys).header("if-none-match", &*etag))?;
            same("again", (again.status, again.header("etag")), (304, Some(&*etag)))?;
            let turned: Vec<&str> = etag.trim_matches('"').rsplit(';').collect();
            let turned = format!("\"{}\"", turned.join(";"));
            let turned = client.ask(&client.poll(&keys).header("if-none-match", turned))?;
            same("tags in the other order", turned.status, 200)?;
        }
    }
    // A server key gets no strategies, even together with a client key.
    let both = client.ask(&client.poll(&[&one, &client.key("guest", "dev", ByServer)?]))?.json();
    let strategies = |at: usize| both.get(at).map(|each| each.to_string().contains("strategies"));
    same("strategies for the client key", strategies(0), Some(true))?;
    same("strategies for the server key", strategies(1), Some(false))?;
    Ok(())
}

pub(super) fn three_part_key(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let plain = client.polled(&client.dev(ByClient)?)?;
    for cache in ["default", "another", "DEFAULT"] {
        let old = client.polled(&format!("{cache}/{}", client.dev(ByClient)?))?;
        same(cache, (old.status, old.json()), (200, plain.json()))?;
        same(cache, old.header("etag"), plain.header("etag"))?;
    }
    let upper = client
        .dev(ByClient)?
        .split_once('/')
        .map(|(id, key)| format!("{}/{key}", id.to_uppercase()));
    let upper = client.polled(&there("a key", upper)?)?;
    same("the id in capitals", (upper.status, upper.json()), (200, plain.json()))
}

pub(super) fn not_modified(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    for evaluated in [ByClient, ByServer] {
        let poll =
            client.poll(&[&client.dev(evaluated)?]).header("x-featurehub", "country=new_zealand");
        let etag = etag(&client.ask(&poll)?)?;
        let again = client.ask(&poll.header("if-none-match", &*etag))?;
        same("status", again.status, 304)?;
        same("body", again.text(), String::new())?;
        same("etag", again.header("etag"), Some(&*etag))?;
    }
    Ok(())
}

pub(super) fn not_modified_after_change(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    for evaluated in [ByClient, ByServer] {
        client.set("SCRATCH", &json!(format!("before {evaluated:?}")))?;
        let before = etag(&client.polled(&client.dev(evaluated)?)?)?;
        client.set("SCRATCH", &json!(format!("after {evaluated:?}")))?;
        let changed = client
            .ask(&client.poll(&[&client.dev(evaluated)?]).header("if-none-match", &*before))?;
        same("status", changed.status, 200)?;
        let after = etag(&changed)?;
        check!(after != before, "the etag stayed {after}");
        let body = super::scenario_client::features(&changed.json());
        let scratch = client.feature_key("SCRATCH")?;
        let value = body.get(&scratch).and_then(|feature| feature.get("value"));
        same("value", value, Some(&json!(format!("after {evaluated:?}"))))?;
        let again =
            client.ask(&client.poll(&[&client.dev(evaluated)?]).header("if-none-match", after))?;
        same("the new etag", again.status, 304)?;
    }
    Ok(())
}

pub(super) fn etag_of_another_context(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let key = client.dev(ByServer)?;
    let poll = |context: &str| client.poll(&[&key]).header("x-featurehub", context);
    let fred = etag(&client.ask(&poll("userkey=fred,country=turkey"))?)?;
    let same_context = poll("country=turkey,userkey=fred").header("if-none-match", &*fred);
    same("the same context", client.ask(&same_context)?.status, 304)?;
    for other in ["userkey=jane,country=turkey", "userkey=fred", "userkey=fred%2Cturkey"] {
        let response = client.ask(&poll(other).header("if-none-match", &*fred))?;
        same(other, response.status, 200)?;
    }
    let none = client.ask(&client.poll(&[&key]).header("if-none-match", fred))?;
    same("no context", none.status, 200)
}

pub(super) fn etag_garbage(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let current = etag(&client.polled(&client.dev(ByClient)?)?)?;
    let bare = current.trim_matches('"').to_owned();
    let ask = |etag: &str| {
        client.ask(&client.poll(&[&client.dev(ByClient)?]).header("if-none-match", etag))
    };
    for garbage in [
        &*bare,
        "*",
        "\"",
        "\"\"",
        "",
        "W/",
        "\"//\"",
        "\";;;\"",
        &format!("\"{bare}"),
        &format!("\"{bare}//0ff\""),
        &format!("\"{bare};{bare}\""),
        &format!("\"{}\"", "a".repeat(6000)),
        &format!("\"{}\"", ";".repeat(6000)),
    ] {
        let response = ask(garbage)?;
        same(&format!("if-none-match: {garbage:.40}"), response.status, 200)?;
        same("etag", response.header("etag"), Some(&*current))?;
    }
    // RFC 9110 allows both forms, and a FeatureHub Edge accepts neither.
    for form in [format!("W/{current}"), format!("{current}, \"other\"")] {
        let status = ask(&form)?.status;
        check!(status == 304 || status == 200, "{form:.40} answers {status}");
    }
    let both = client.poll(&[&client.dev(ByClient)?]).header("if-none-match", "\"one\"");
    let both = client.ask(&both.header("if-none-match", "\"two\""))?;
    same("two headers", both.status, 200)
}

/// Returns the etag of an answer.
pub(super) fn etag(response: &Response) -> Result<String, Failure> {
    Ok(there("the etag", response.header("etag"))?.to_owned())
}

/// Polls with a server key and a context.
pub(super) fn with_context(
    client: &ScenarioClient,
    key: &str,
    context: &str,
) -> Result<Response, Failure> {
    client.ask(&client.poll(&[key]).header("x-featurehub", context))
}
