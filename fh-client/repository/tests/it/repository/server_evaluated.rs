//! Contexts of server-evaluated keys (D-62, sdk-behaviour 2.12).

use std::sync::Arc;

use fh_eval::{Attributes, Value};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::{Bootstrap, Reason, Repository};
use serde_json::json;

use super::{Calls, evaluated_for, flags, repository, show, user};

fn publish_for(repository: &Repository, attributes: &Arc<Attributes>, cause: Cause, a: bool) {
    let strategies: &[(&str, &str)] = if a { &[("a", "s-1")] } else { &[] };
    repository.publish(Publication {
        rules: evaluated_for(attributes, &flags(&[("a", a)]), strategies),
        cause,
    });
}

#[test]
fn only_the_evaluated_context_gets_values() {
    let repository = repository();
    let (fred, mara) = (user("fred"), user("mara"));
    publish_for(&repository, &fred, Cause::First, true);
    show(&repository, Readiness::Ready);
    assert!(repository.read().is_enabled("a", Some(&fred)));
    assert!(repository.read().is_enabled("a", Some(&user("fred"))), "an equal context is the same");
    assert!(
        repository.read().is_enabled("a", None),
        "nobody in particular reads what the connection has"
    );
    let detail = repository.read().detail("a", Some(&fred));
    assert_eq!(
        (detail.reason, detail.strategy_id.as_deref()),
        (Reason::StrategyMatch, Some("s-1"))
    );
    let detail = repository.read().detail("a", Some(&mara));
    assert_eq!((detail.value, detail.reason), (None, Reason::OtherContext));
    assert_eq!(repository.read().boolean("a", Some(&mara)), None);
    assert!(!repository.read().is_set("a", Some(&mara)));
    assert_eq!(
        repository.read().explain("a", Some(&mara)).rules.map(|rules| rules.to_string()),
        None
    );
    assert!(repository.read().values(Some(&mara)).iter().all(|detail| detail.value.is_none()));
    assert_eq!(repository.read().detail("missing", Some(&fred)).reason, Reason::NotFound);
}

/// The first read of another context is reported. Before the first features, and while a new context's features are awaited, the client is
/// not ready for other contexts; then nothing is reported.
#[test]
fn the_first_read_of_another_context_is_reported() {
    let repository = repository();
    let (fred, mara, eve) = (user("fred"), user("mara"), user("eve"));
    let (notices, logged) = (Calls::new(), Calls::new());
    let (noted, log) = (notices.clone(), logged.clone());
    let _notices = repository.on_notice(move |notice| noted.note(notice.as_str()));
    repository.set_notice_log(move |notice| log.note(notice.to_string()));
    let read = |attributes| repository.read().detail("a", Some(attributes)).reason;
    assert_eq!(read(&mara), Reason::NotReady);
    publish_for(&repository, &fred, Cause::First, true);
    assert_eq!(read(&mara), Reason::NotReady);
    show(&repository, Readiness::Ready);
    let switching = Arc::new(ServerEvaluated {
        context: Arc::clone(&fred),
        kept_for: Some(Arc::clone(&mara)),
        ..ServerEvaluated::default()
    });
    let rules = evaluated_for(&fred, &flags(&[("a", true)]), &[]);
    let kept = Rules::server_evaluated(rules.ruleset().clone(), Environments::Unknown, switching);
    repository.publish(Publication { rules: Arc::new(kept), cause: Cause::Invisible });
    assert_eq!((read(&mara), read(&eve)), (Reason::Static, Reason::NotReady));
    publish_for(&repository, &mara, Cause::First, true);
    assert_eq!(repository.read().peek("a", Some(&fred)).reason, Reason::OtherContext);
    repository.deliver();
    assert_eq!((notices.len(), logged.len()), (0, 0));
    assert_eq!((read(&fred), read(&eve)), (Reason::OtherContext, Reason::OtherContext));
    repository.deliver();
    assert_eq!(notices.take(), ["other_context"]);
    let text = logged.take().concat();
    assert!(["`*`", "`set_context`", "`isolated`"].iter().all(|word| text.contains(word)));
    let document = Bootstrap::from(&repository.read().values(Some(&fred)));
    assert!(document.features.iter().all(|feature| feature.reason == Reason::NotReady));
}

#[test]
fn without_a_strategy_the_value_is_the_default() {
    let repository = repository();
    let fred = user("fred");
    publish_for(&repository, &fred, Cause::First, false);
    show(&repository, Readiness::Ready);
    let detail = repository.read().detail("a", Some(&fred));
    assert_eq!((detail.reason, detail.strategy_id), (Reason::Static, None));
}

/// Features that an Edge has evaluated are not evaluated again, even if strategies were sent with them.
#[test]
fn strategies_are_not_applied_twice() {
    let repository = repository();
    let fred = user("fred");
    let list = json!([{"id": "1", "key": "a", "type": "STRING", "value": "edge",
        "strategies": [{"id": "s", "value": "client", "percentage": 1_000_000}]}]);
    repository
        .publish(Publication { rules: evaluated_for(&fred, &list, &[]), cause: Cause::First });
    show(&repository, Readiness::Ready);
    assert_eq!(repository.read().string("a", Some(&fred)).as_deref(), Some("edge"));
}

/// Scenario C-READY-007 and D-62: there are no values while the Edge evaluates another context.
#[test]
fn the_old_values_are_not_served_for_the_new_context() {
    let repository = repository();
    let (fred, mara) = (user("fred"), user("mara"));
    let states = Calls::new();
    let noted = states.clone();
    let _readiness =
        repository.on_readiness(move |change| noted.note((change.readiness, change.is_first)));
    publish_for(&repository, &fred, Cause::First, true);
    show(&repository, Readiness::Ready);
    repository.deliver();
    let generation = repository.generation();
    show(&repository, Readiness::NotReady);
    assert!(repository.generation() > generation, "nobody's answer is another one");
    assert_eq!(repository.read().detail("a", None).reason, Reason::NotReady);
    assert_eq!(repository.read().detail("a", Some(&mara)).reason, Reason::NotReady);
    publish_for(&repository, &mara, Cause::First, false);
    show(&repository, Readiness::Ready);
    repository.deliver();
    assert_eq!(repository.read().boolean("a", None), Some(false));
    assert_eq!(repository.read().boolean("a", Some(&mara)), Some(false));
    assert_eq!(repository.read().detail("a", Some(&fred)).reason, Reason::OtherContext);
    assert_eq!(
        states.take(),
        [
            (Readiness::NotReady, false),
            (Readiness::Ready, true),
            (Readiness::NotReady, false),
            (Readiness::Ready, true)
        ]
    );
}

/// The features of a new context are served at once, even while updates are held (sdk-behaviour 2.7).
#[test]
fn a_new_context_passes_catch_and_release() {
    let repository = repository();
    let (fred, mara) = (user("fred"), user("mara"));
    publish_for(&repository, &fred, Cause::First, true);
    show(&repository, Readiness::Ready);
    repository.catch_updates();
    publish_for(&repository, &mara, Cause::First, false);
    assert_eq!(repository.read().boolean("a", Some(&mara)), Some(false));
    assert!(repository.is_catching() && !repository.is_holding());
    publish_for(&repository, &mara, Cause::Change, true);
    assert_eq!(
        repository.read().boolean("a", Some(&mara)),
        Some(false),
        "later ones are held again"
    );
}

/// With `WhileSwitching::Keep` (D-62), while updates are held, the new context reads the served values and not the held ones.
#[test]
fn values_kept_for_a_new_context_are_those_served() {
    let repository = repository();
    let (fred, mara) = (user("fred"), user("mara"));
    publish_for(&repository, &fred, Cause::First, true);
    show(&repository, Readiness::Ready);
    repository.catch_updates();
    publish_for(&repository, &fred, Cause::Change, false);
    publish_for(&repository, &mara, Cause::Invisible, false);
    let detail = repository.read().detail("a", Some(&mara));
    assert_eq!(
        (detail.value, detail.strategy_id.as_deref()),
        (Some(Value::Bool(true)), Some("s-1"))
    );
    assert_eq!(repository.read().detail("a", Some(&fred)).reason, Reason::OtherContext);
    assert!(repository.is_holding());
    repository.release();
    assert_eq!(repository.read().boolean("a", Some(&mara)), Some(false));
    publish_for(&repository, &mara, Cause::First, true);
    assert_eq!(repository.read().boolean("a", Some(&mara)), Some(true));
}

/// A listener sees only values for its own context. While there is none, nothing changes for it.
#[test]
fn listeners_do_not_see_other_contexts() {
    let repository = repository();
    let (fred, mara) = (user("fred"), user("mara"));
    publish_for(&repository, &fred, Cause::First, true);
    show(&repository, Readiness::Ready);
    let calls = Calls::new();
    let (to_fred, to_nobody) = (calls.clone(), calls.clone());
    let _fred = repository.on_change("a", Some(&fred), move |change| {
        to_fred.note(("fred", change.new.clone()));
    });
    let _nobody = repository.on_change("a", None, move |change| {
        to_nobody.note(("nobody", change.new.clone()));
    });
    show(&repository, Readiness::NotReady);
    repository.deliver();
    assert_eq!(calls.len(), 0);
    publish_for(&repository, &mara, Cause::First, false);
    show(&repository, Readiness::Ready);
    repository.deliver();
    assert_eq!(calls.take(), [("nobody", Some(Value::Bool(false)))]);
    publish_for(&repository, &fred, Cause::First, false);
    repository.deliver();
    assert_eq!(calls.take(), [("fred", Some(Value::Bool(false)))]);
}

/// Features that are released by key have the strategies of the held update.
#[test]
fn releasing_some_features_brings_their_strategies() {
    let repository = repository();
    let fred = user("fred");
    let rules = |value: bool, strategy: &str| {
        evaluated_for(
            &fred,
            &flags(&[("a", value), ("b", value)]),
            &[("a", strategy), ("b", strategy)],
        )
    };
    repository.publish(Publication { rules: rules(false, "old"), cause: Cause::First });
    show(&repository, Readiness::Ready);
    repository.catch_updates();
    repository.publish(Publication { rules: rules(true, "new"), cause: Cause::Change });
    repository.release_only(["a"]);
    let read = |key| {
        let detail = repository.read().detail(key, Some(&fred));
        (detail.value, detail.strategy_id.map(String::from))
    };
    assert_eq!(read("a"), (Some(Value::Bool(true)), Some("new".to_owned())));
    assert_eq!(read("b"), (Some(Value::Bool(false)), Some("old".to_owned())));
    assert!(repository.is_holding());
    repository.release_only(["b"]);
    assert_eq!(read("b"), (Some(Value::Bool(true)), Some("new".to_owned())));
    assert!(!repository.is_holding());
}

/// Features for two contexts are not merged, so one key releases the whole update. No key releases nothing.
#[test]
fn an_update_for_another_context_is_released_by_one_key_and_not_by_none() {
    let repository = repository();
    let (fred, mara) = (user("fred"), user("mara"));
    publish_for(&repository, &fred, Cause::First, false);
    show(&repository, Readiness::Ready);
    repository.catch_updates();
    publish_for(&repository, &mara, Cause::Change, true);
    repository.release_only::<&str>([]);
    assert!(repository.is_holding());
    repository.release_only(["other"]);
    assert!(!repository.is_holding() && repository.read().is_enabled("a", Some(&mara)));
}
