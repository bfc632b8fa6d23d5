//! Polling with server-evaluated keys.

use serde_json::{Value, json};

use super::Bench;
use super::Evaluated::{ByClient, ByServer};
use super::check::{Failure, Outcome, check, same, there};
use super::poll::with_context;
use super::scenario_client::{ScenarioClient, features};
use crate::case::Profile;
use crate::server::wire::component;

/// An environment with the feature SPLIT.
struct Split {
    profile: Profile,
    /// A server-evaluated key of the environment.
    key: String,
    /// The id that the server hashes.
    hashed: String,
}

/// Returns the environments of the server that have the feature SPLIT.
fn splits(client: &ScenarioClient) -> Result<Vec<Split>, Failure> {
    let mut splits = Vec::new();
    for name in ["dev", "upstream"] {
        let environment = match client.identifiers().environment(name) {
            Ok(environment) => environment,
            // A target may have environments of one profile only.
            Err(_) if name == "upstream" => continue,
            Err(missing) => return Err(missing),
        };
        let hashed = match environment.profile {
            Profile::Client => {
                let split = client.feature(&client.key("reader", name, ByClient)?, "SPLIT")?;
                let id = there("the id of SPLIT", split.get("id").and_then(Value::as_str))?;
                id.to_owned()
            }
            Profile::Edge => environment.split_value_id(name)?,
        };
        let key = client.key("reader", name, ByServer)?;
        splits.push(Split { profile: environment.profile, key, hashed });
    }
    Ok(splits)
}

/// Returns the value and the strategy of a feature for a context.
fn told(
    client: &ScenarioClient,
    key: &str,
    context: &str,
    name: &str,
) -> Result<(Value, Value), Failure> {
    let response = with_context(client, key, context)?;
    check!(response.status == 200, "`{context}` is answered with {}", response.status);
    let feature = there(name, features(&response.json()).remove(name))?;
    let member = |name: &str| feature.get(name).cloned().unwrap_or_default();
    Ok((member("value"), member("v")))
}

pub(super) fn strategy(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let response = with_context(&client, &client.dev(ByServer)?, "country=new_zealand")?;
    let flag = there("FLAG", features(&response.json()).remove("FLAG"))?;
    same("value", flag.get("value"), Some(&true.into()))?;
    same("v", flag.get("v"), Some(&"kiwi".into()))?;
    check!(!response.text().contains("strategies"), "strategies are sent to a server key");
    check!(!response.text().contains("attributes"), "rules are sent to a server key");
    Ok(())
}

pub(super) fn no_context(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let flag = client.feature(&client.dev(ByServer)?, "FLAG")?;
    same("value", flag.get("value"), Some(&false.into()))?;
    same("v", flag.get("v"), None)?;
    same(
        "another country",
        told(&client, &client.dev(ByServer)?, "country=turkey", "FLAG")?.0,
        false.into(),
    )
}

pub(super) fn encoding(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for (context, value) in [
        ("plan=a%3Db", "equals"),
        ("plan=a=b", "equals"),
        ("plan=first%2Csecond", "second"),
        ("plan=first%2csecond%2C", "second"),
        ("plan=first,second", "none"),
        ("n%C3%A4me=%C3%A4+b%2Bc", "letters"),
        ("n%c3%a4me=%c3%a4%20b%2bc", "letters"),
        ("one=1,two=2", "both"),
        ("two=2,one=1,more", "both"),
        ("one=1, two=2", "both"),
        ("one=1&two=2", "both"),
        ("plan=a%3Db,plan=other", "none"),
        ("plan=%zz", "none"),
        ("plan=%", "none"),
        ("plan=%ff", "none"),
        ("=a%3Db", "none"),
        ("", "none"),
    ] {
        let (seen, _) = told(&client, &client.dev(ByServer)?, context, "DECODED")?;
        same(&format!("x-featurehub: {context}"), seen, value.into())?;
    }
    let lines = client.poll(&[&client.dev(ByServer)?]).header("x-featurehub", "one=1");
    let lines = client.ask(&lines.header("x-featurehub", "two=2"))?.json();
    let decoded = there("DECODED", features(&lines).remove("DECODED"))?;
    same("two lines", decoded.get("value"), Some(&"both".into()))
}

/// Returns the bucket of a user: 0 to 999,999.
fn bucket(user: &str, id: &str) -> u64 {
    let text = format!("{user}{id}");
    // Reading from memory cannot fail.
    let hash = murmur3::murmur3_32(&mut std::io::Cursor::new(text), 0).unwrap_or_default();
    (u64::from(hash) * 1_000_000) >> 32
}

/// Returns the value of SPLIT for a user.
fn split(user: &str, id: &str) -> &'static str {
    if bucket(user, id) <= 300_000 { "thirty" } else { "seventy" }
}

pub(super) fn percentage(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let mut connection = client.connect()?;
    for Split { key, hashed: id, .. } in splits(&client)? {
        let mut thirty = 0;
        for user in (0..1000).map(|number| format!("user-{number}")) {
            let poll = client.poll(&[&key]).header("x-featurehub", format!("userkey={user}"));
            let body = connection.request(&poll)?.json();
            let feature = there("SPLIT", features(&body).remove("SPLIT"))?;
            let expected = split(&user, &id);
            same(&user, feature.get("value"), Some(&expected.into()))?;
            thirty += usize::from(expected == "thirty");
        }
        // Four standard deviations around the expected 300 of 1000.
        check!((242..=358).contains(&thirty), "{thirty} of 1000 users are in 30 %");
    }
    Ok(())
}

pub(super) fn session(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let names = || (0..1000).map(|number| format!("s-{number}"));
    for Split { profile, key, hashed: id } in splits(&client)? {
        let session = there("a session", names().find(|each| split(each, &id) == "thirty"))?;
        let user = there("a user", names().find(|each| split(each, &id) == "seventy"))?;
        let value = |context: &str| Ok::<_, Failure>(told(&client, &key, context, "SPLIT")?.0);
        // Profile `client` reads `session` and `sessionkey`, profile `edge` only `sessionkey`, which no SDK sends.
        let by_session = match profile {
            Profile::Client => "thirty",
            Profile::Edge => "seventy",
        };
        let (session, user) = (component(&session), component(&user));
        let both = value(&format!("session={session},userkey={user}"))?;
        same(&format!("session with profile {profile}"), both, by_session.into())?;
        let synonym = value(&format!("sessionkey={session},userkey={user}"))?;
        same(&format!("sessionkey with profile {profile}"), synonym, "thirty".into())?;
        same("the user alone", value(&format!("userkey={user}"))?, "seventy".into())?;
        same("nobody", value("")?, "nobody".into())?;
    }
    Ok(())
}

pub(super) fn poison(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let response =
        with_context(&client, &client.dev(ByServer)?, "userkey=fred,country=new_zealand")?;
    same("status", response.status, 200)?;
    let mut features = features(&response.json());
    let mut value = |name: &str| features.remove(name).and_then(|each| each.get("value").cloned());
    same("POISON", value("POISON"), Some("base".into()))?;
    same("FLAG", value("FLAG"), Some(true.into()))?;
    same("COLOUR", value("COLOUR"), Some("grey".into()))
}

pub(super) fn attributes_limit(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    // The 30th attribute counts; the 31st is ignored.
    for (before, value) in [(29, true), (30, false), (1000, false)] {
        let mut context: Vec<String> = (0..before).map(|n| format!("a{n}={n}")).collect();
        context.push("country=new_zealand".to_owned());
        let (seen, _) = told(&client, &client.dev(ByServer)?, &context.join(","), "FLAG")?;
        same(&format!("after {before} attributes"), seen, value.into())?;
    }
    Ok(())
}

pub(super) fn names_are_no_addresses(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    // `localhost` is 127.0.0.1 on every machine without a DNS query, so a server that resolves names would match it.
    for (address, value) in [
        ("127.0.0.1", true),
        ("localhost", false),
        ("localhost.", false),
        ("127.1", false),
        ("2130706433", false),
        ("black-hole.invalid", false),
        ("10.0.0.1", false),
    ] {
        let context = format!("address={address}");
        same(address, told(&client, &client.dev(ByServer)?, &context, "OFFICE")?.0, json!(value))?;
    }
    Ok(())
}
