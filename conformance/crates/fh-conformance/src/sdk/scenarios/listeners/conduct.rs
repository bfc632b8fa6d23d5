//! Listeners that throw, sleep, or use the client.

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::Route;

use super::super::anna;
use super::calls::last_call;
use super::{called, on};
use crate::deadline::Deadline;
use crate::protocol::{Called, Then};
use crate::sdk::{
    ExpectedChange, Scene, SdkListener, Stop, Tempo, Verdict, check, equal, patience,
};

pub(super) fn throwing(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let throws = |name| client.listen(on(name, "F", None, vec![Then::Throw]));
    let first = throws("first")?;
    let calm = client.on_change("calm", "F")?;
    let last = throws("last")?;
    for (count, value) in ["two", "three"].into_iter().enumerate() {
        let version = i64::try_from(count).unwrap_or_default() + 2;
        scene.edge().set_value("F", value);
        let expected = ExpectedChange::to("F", value, version);
        last_call("call of the listener that does not throw", &calm, count + 1, &expected)?;
        last_call("call of the first listener", &first, count + 1, &expected)?;
        last_call("call of the last listener", &last, count + 1, &expected)?;
        client.until_string("value after the calls", "F", value)?;
    }
    if scene.can("transport.stream") {
        scene.no_request("the stream stays open", Route::Stream, watch(scene))?;
        equal("number of streams", scene.edge().recording().count(Route::Stream), 1)?;
    }
    called("one call for each change", &[(&first, 2), (&calm, 2), (&last, 2)])
}

pub(super) fn re_entrant(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let removed = client.on_change("removed", "F")?;
    let read =
        |feature: &str| Then::Read { feature: feature.to_owned(), kind: "STRING".to_owned() };
    let evaluate = Then::Evaluate {
        feature: "F".to_owned(),
        kind: "STRING".to_owned(),
        context: Some(anna::context()),
    };
    let remove = |name: &str| Then::Unlisten { listener: name.to_owned() };
    let add = Then::Listen { listener: "added".to_owned(), feature: "F".to_owned() };
    let actions = vec![read("F"), read("G"), evaluate, remove("removed"), remove("outer"), add];
    let outer = client.listen(on("outer", "G", None, actions))?;
    scene.edge().set_value("G", "two");
    let calls = outer.until_calls("call of the listener", 1)?;
    let reads = calls.first().map(|call| call.reads.clone()).unwrap_or_default();
    let of = |feature: &str| reads.get(feature).and_then(|value| value.as_str()).map(str::to_owned);
    equal("value of F in the listener", of("F").as_deref(), Some("one"))?;
    equal("value of G in the listener", of("G").as_deref(), Some("two"))?;
    client.until_string("value of G after the call", "G", "two")?;

    // The event of the call comes before the actions, of which the new listener is the last one.
    let added = client.listener("added");
    change_until_called(scene, &added)?;
    let before = removed.calls().len();
    let calls = added.calls().len();
    scene.edge().set_value("G", "three");
    scene.edge().set_value("F", "last");
    let is_last =
        |call: &Called| call.value.as_ref().and_then(|value| value.as_str()) == Some("last");
    added.until_call("call of the new listener", "a call with the value last", is_last)?;
    client.until_string("value of G after the removal", "G", "three")?;
    outer.no_more_than("no call of the listener that removed itself", 1, watch(scene))?;
    called("calls after the removal", &[(&removed, before), (&outer, 1), (&added, calls + 1)])
}

/// Changes `F` again and again until the listener is called, and waits until it was called for the last change.
fn change_until_called(scene: &Scene<'_>, listener: &SdkListener) -> Verdict {
    let deadline = Deadline::after(patience());
    for number in 0.. {
        let value = format!("change {number}");
        scene.edge().set_value("F", value.as_str());
        let called = |calls: &[Called]| {
            calls.last().and_then(|call| call.value.as_ref()).is_some_and(|last| *last == value)
        };
        let turn = Instant::now() + scene.tempo().poll * 2;
        while Instant::now() < turn {
            if called(&listener.calls()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        if deadline.is_over() {
            break;
        }
    }
    Err(Stop::failed("the new listener is called", "a call", format!("{:?}", listener.calls())))
}

/// The time for which the slow listener sleeps.
const SLEEP: Duration = Duration::from_secs(2);

pub(super) fn slow(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let sleep = Then::Sleep { ms: u64::try_from(SLEEP.as_millis()).unwrap_or_default() };
    let slow = client.listen(on("slow", "F", None, vec![sleep]))?;
    let other = scene.can("multi_client").then(|| scene.ready_client()).transpose()?;
    let listener = other.as_ref().map(|other| other.on_change("other", "F")).transpose()?;
    scene.edge().set_value("F", "two");
    slow.until_calls("call of the slow listener", 1)?;
    let start = Instant::now();
    for _ in 0..20 {
        equal("value while the listener sleeps", client.string("F")?, "two")?;
    }
    let reads = start.elapsed();
    if let (Some(other), Some(listener)) = (&other, &listener) {
        let expected = ExpectedChange::to("F", "two", 2);
        last_call("call of the other client's listener", listener, 1, &expected)?;
        // The first change may have reached the other client before the listener began to sleep.
        scene.edge().set_value("F", "three");
        let expected = ExpectedChange::to("F", "three", 3);
        last_call("second call of the other client's listener", listener, 2, &expected)?;
        equal("value of the other client", other.string("F")?, "three")?;
    }
    let all = start.elapsed();
    let most = SLEEP / 2 + scene.lateness().slack();
    let in_time = |label, took: Duration| {
        check(label, took < most, &format!("less than {most:?}"), || format!("{took:?}"))
    };
    in_time("reads do not wait for the listener", reads)?;
    in_time("another client does not wait for the listener", all)
}

fn watch(scene: &Scene<'_>) -> Duration {
    Tempo::watch(scene.tempo().poll, 5)
}
