//! Contexts of server-evaluated keys (D-62, sdk-behaviour 2.12).

use std::sync::Arc;

use fh_eval::{Attributes, Value};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::{Bootstrap, Reason, Repository};

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
