//! What is held, and what a release serves.

use fh_test_servers::featurehub::Feature;

use super::super::listeners::calls::last_call;
use super::Holder;
use crate::sdk::{ExpectedAnswer, ExpectedChange, Scene, Tempo, Verdict, equal};

pub(super) fn hold(scene: &Scene<'_>) -> Verdict {
    let holder = Holder::start(scene)?;
    let change = || {
        scene.edge().set_value("F", "two");
    };
    holder.holds("value while it is held", change, &ExpectedAnswer::string("one"))?;
    holder.reads("value of another feature", "G", &ExpectedAnswer::string("one"))?;
    let Some(news) = &holder.news else { return Ok(()) };
    news.until_calls("call for a new state", 1)?;
    news.no_more_than("one call for a new state", 1, Tempo::watch(scene.tempo().poll, 5))?;
    let held: Vec<bool> = news.calls().iter().map(|call| call.held.unwrap_or(true)).collect();
    equal("the new state is held", held, [true])
}

pub(super) fn release(scene: &Scene<'_>) -> Verdict {
    let holder = Holder::start(scene)?;
    let listener = holder.client.on_change("f", "F")?;
    let change = |value: &'static str| {
        move || {
            scene.edge().set_value("F", value);
        }
    };
    holder.holds("value while it is held", change("two"), &ExpectedAnswer::string("one"))?;
    equal("calls before the release", listener.calls().len(), 0)?;
    holder.client.release()?;
    let two = ExpectedAnswer::string("two").version(2);
    holder.comes("value after the release", "F", Some("two"), &two)?;
    last_call("call after the release", &listener, 1, &ExpectedChange::to("F", "two", 2))?;
    holder.holds("value of a later update", change("three"), &two)?;
    listener.no_more_than("one call for the release", 1, Tempo::watch(scene.tempo().poll, 5))
}

pub(super) fn first_load(scene: &Scene<'_>) -> Verdict {
    let mut create = scene.updating();
    create.catch = true;
    let holder = Holder::ready(scene, create, !scene.can("transport.stream"))?;
    holder.reads("value of the first list", "F", &ExpectedAnswer::string("one"))?;
    let change = || {
        scene.edge().set_value("F", "two");
    };
    holder.holds("value while it is held", change, &ExpectedAnswer::string("one"))?;
    holder.client.release()?;
    let two = ExpectedAnswer::string("two").version(2);
    holder.comes("value after the release", "F", Some("two"), &two)
}

pub(super) fn delete_held(scene: &Scene<'_>) -> Verdict {
    let holder = Holder::ready(scene, scene.polling(), true)?;
    holder.client.catch(true)?;
    let delete = || {
        scene.edge().delete_feature("G");
    };
    holder.holds("value of another feature", delete, &ExpectedAnswer::string("one"))?;
    holder.stays("the deleted feature while it is held", "G", &ExpectedAnswer::string("one"))?;
    holder.client.release()?;
    holder.comes("the deleted feature after the release", "G", None, &ExpectedAnswer::missing())?;
    holder.reads("another feature after the release", "F", &ExpectedAnswer::string("one"))
}

pub(super) fn new_feature_held(scene: &Scene<'_>) -> Verdict {
    let holder = Holder::start(scene)?;
    let create = || scene.edge().set_feature(Feature::string("H", "new"));
    holder.holds("value of another feature", create, &ExpectedAnswer::string("one"))?;
    holder.stays("the new feature while it is held", "H", &ExpectedAnswer::missing())?;
    holder.client.release()?;
    holder.comes(
        "the new feature after the release",
        "H",
        Some("new"),
        &ExpectedAnswer::string("new"),
    )
}
