//! Several held updates, the end of holding, and a failure.

use fh_test_servers::featurehub::Feature;

use super::super::listeners::calls::last_call;
use super::super::readiness::{readiness_listener, recover, states};
use super::Holder;
use crate::protocol::SdkReadiness;
use crate::sdk::{ExpectedAnswer, ExpectedChange, Scene, Tempo, Verdict, equal};

pub(super) fn two_updates(scene: &Scene<'_>) -> Verdict {
    let holder = Holder::start(scene)?;
    let listener = holder.client.on_change("f", "F")?;
    let change = |value: &'static str| {
        move || {
            scene.edge().set_value("F", value);
        }
    };
    holder.holds("value while one is held", change("two"), &ExpectedAnswer::string("one"))?;
    holder.holds("value while two are held", change("three"), &ExpectedAnswer::string("one"))?;
    equal("calls before the release", listener.calls().len(), 0)?;
    holder.client.release()?;
    let three = ExpectedAnswer::string("three").version(3);
    holder.comes("value after the release", "F", Some("three"), &three)?;
    last_call("call after the release", &listener, 1, &ExpectedChange::to("F", "three", 3))?;
    listener.no_more_than("one call for the release", 1, Tempo::watch(scene.tempo().poll, 5))
}

pub(super) fn older_held(scene: &Scene<'_>) -> Verdict {
    let holder = Holder::start(scene)?;
    let version = |value: &'static str, version: u64| {
        move || scene.edge().set_feature(Feature::string("F", value).version(version))
    };
    holder.holds("value while one is held", version("three", 3), &ExpectedAnswer::string("one"))?;
    let older_and_g = || {
        version("two", 2)();
        // A change of another feature after the older version shows that both have arrived.
        scene.edge().set_value("G", "two");
    };
    holder.holds(
        "value while the older one has arrived",
        older_and_g,
        &ExpectedAnswer::string("one"),
    )?;
    holder.client.release()?;
    holder.comes(
        "value of G after the release",
        "G",
        Some("two"),
        &ExpectedAnswer::string("two").version(2),
    )?;
    holder.reads("value after the release", "F", &ExpectedAnswer::string("three").version(3))?;
    holder.stays(
        "value some time after the release",
        "F",
        &ExpectedAnswer::string("three").version(3),
    )
}

pub(super) fn disable(scene: &Scene<'_>) -> Verdict {
    let holder = Holder::start(scene)?;
    let change = || {
        scene.edge().set_value("F", "two");
    };
    holder.holds("value while it is held", change, &ExpectedAnswer::string("one"))?;
    let change = || {
        scene.edge().set_value("G", "two");
    };
    holder.holds("value while two are held", change, &ExpectedAnswer::string("one"))?;
    holder.reads("value of G while it is held", "G", &ExpectedAnswer::string("one"))?;
    holder.client.catch(false)?;
    let two = ExpectedAnswer::string("two").version(2);
    holder.comes("value after the end", "F", Some("two"), &two)?;
    holder.comes("value of G after the end", "G", Some("two"), &two)?;
    scene.edge().set_value("F", "three");
    let three = ExpectedAnswer::string("three").version(3);
    holder.comes("value of a later update", "F", Some("three"), &three)
}

pub(super) fn failure_held(scene: &Scene<'_>) -> Verdict {
    let holder = Holder::start(scene)?;
    let client = &holder.client;
    let listener = readiness_listener(scene, client)?;
    let change = || {
        scene.edge().set_value("F", "two");
    };
    holder.holds("value while it is held", change, &ExpectedAnswer::string("one"))?;
    scene.edge().push_event("failure", r#"{"status":"the environment is gone"}"#);
    scene.edge().end_streams();
    client.until_readiness("the client reports FAILED", SdkReadiness::Failed)?;
    holder.reads("value while FAILED", "F", &ExpectedAnswer::string("one"))?;
    recover(scene, client)?;
    holder.stays("value while it is still held", "F", &ExpectedAnswer::string("one"))?;
    client.release()?;
    let two = ExpectedAnswer::string("two").version(2);
    holder.comes("value after the release", "F", Some("two"), &two)?;
    let Some(listener) = listener else { return Ok(()) };
    let expected = [SdkReadiness::Ready, SdkReadiness::Failed, SdkReadiness::Ready];
    listener.until_calls("calls of the readiness listener", expected.len())?;
    equal("states of the listener", states(&listener), expected)
}
