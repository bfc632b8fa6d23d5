//! Contexts for which the server evaluates, one at a time or in a pool.

use std::collections::HashMap;

use fh_client::{Attributes, Client, ContextPool, Problem, Readiness, Reason, WhileSwitching};
use fh_test_servers::featuresignals::{Fault, Route, TestServer, Times};

use super::{STATE, builder, server, settings};
use crate::support::{soon, started, until};

/// Some flags expire, so that the server and the clients have one time.
const NOW: &str = "2026-11-21T00:08:40Z";

fn user(name: &str, country: &str) -> Attributes {
    Attributes::builder().attribute("key", name).attribute("country", country).build()
}

#[test]
fn values_are_those_of_the_context_that_was_set() {
    let server = server();
    let client = started(builder(settings(&server)));
    let mara = soon(client.set_context(user("mara", "NZ"))).unwrap();
    let bob = soon(client.set_context(user("bob", "AU"))).unwrap();
    assert_eq!(bob.string("new-checkout").as_deref(), Some("one page"));
    assert_eq!(mara.detail("new-checkout").reason, Reason::OtherContext);
    let empty = Attributes::builder().attribute("key", "").build();
    assert_eq!(soon(client.set_context(empty)).unwrap_err(), Problem::EmptyKey);
    assert_eq!(bob.string("new-checkout").as_deref(), Some("one page"), "the context is kept");
}

#[test]
fn former_values_are_hidden_or_kept_while_the_server_evaluates() {
    for (what, value) in [(WhileSwitching::Hide, None), (WhileSwitching::Keep, Some("two pages"))] {
        let server = server();
        let client = builder(settings(&server)).while_switching(what).start().unwrap();
        soon(client.set_context(user("mara", "NZ"))).unwrap();
        server.arm(Fault::Unauthorized, Route::Any, Times::UntilCleared);
        soon(client.set_context(user("bob", "AU"))).unwrap_err();
        let bob = client.context_of(user("bob", "AU"));
        assert_eq!(bob.string("new-checkout").as_deref(), value);
        assert_eq!(client.readiness() == Readiness::Ready, value.is_some());
        server.clear_faults();
        until(&client, |_| bob.string("new-checkout").as_deref() == Some("one page"));
    }
}

/// Each context of a pool has the values of its own map and answers.
#[test]
fn fifty_contexts_of_a_pool_have_their_own_values() {
    let server = TestServer::start().unwrap();
    server.environment().replace_all(STATE).unwrap();
    server.set_time(Some(NOW)).unwrap();
    let client = started(builder(settings(&server)));
    let pool = client.context_pool(ContextPool::DEFAULT_LIMIT).requests_per_second(1_000);
    let contexts: Vec<_> = (0..50)
        .map(|number| soon(pool.get(user(&format!("user-{number}"), "NZ"))).unwrap())
        .collect();
    assert_eq!(pool.live(), 50);
    let local = Client::featuresignals(fh_client::featuresignals::Settings::of_ruleset(STATE));
    let local = started(local.clock(|| NOW.parse().unwrap()));
    let mut differing: HashMap<String, usize> = HashMap::new();
    for (number, context) in contexts.iter().enumerate() {
        let own = local.context_of(user(&format!("user-{number}"), "NZ"));
        for key in local.snapshot().keys() {
            let (given, expected) = (context.detail(&key), own.detail(&key));
            assert_eq!(
                (given.value, given.reason),
                (expected.value.clone(), expected.reason),
                "{key}"
            );
            *differing.entry(format!("{key} {:?}", expected.value)).or_default() += 1;
        }
    }
    assert!(differing.values().any(|count| *count < 50), "the contexts have different values");
}
