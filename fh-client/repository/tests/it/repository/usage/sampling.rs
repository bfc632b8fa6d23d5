//! Observers that get a part of the evaluations: one of several, and none that repeats an earlier one.

use super::*;

#[test]
fn one_of_four_evaluations_is_reported() {
    let repository = ready(&everything());
    let keeps = Keeps::new(Dispatch::Inline);
    let one_of = NonZeroU32::new(4).unwrap();
    let _guard =
        repository.observe(keeps.clone(), UsageOptions { one_of, ..UsageOptions::default() });
    for _ in 0..7 {
        let _ = repository.read().boolean("on", None);
        let _ = repository.read().boolean("missing", None);
    }
    assert_eq!(keeps.events.take().len(), 2, "the first and the fifth; unknown keys do not count");
    repository.record("named", Params::new(), None);
    assert_eq!(keeps.events.take().len(), 1, "what the user reports is never left out");
}

fn deduplicating(remembered: usize) -> (Repository, Arc<AtomicI64>, Arc<Keeps>, Subscription) {
    let now = Arc::new(AtomicI64::new(NOW));
    let clock = Arc::clone(&now);
    let repository = Repository::new(RepositoryOptions::new(move || {
        Timestamp::from_millis(clock.load(Ordering::SeqCst))
    }));
    publish(&repository, Cause::First, &everything());
    show(&repository, Readiness::Ready);
    repository.deliver();
    let keeps = Keeps::new(Dispatch::Inline);
    let deduplicate = Some(Deduplicate { window: Duration::from_secs(60), remembered });
    let guard =
        repository.observe(keeps.clone(), UsageOptions { deduplicate, ..UsageOptions::default() });
    (repository, now, keeps, guard)
}

#[test]
fn repeated_evaluations_are_left_out() {
    let (repository, now, keeps, _guard) = deduplicating(100);
    let (gold, silver, fred) = (plan("gold"), plan("silver"), user("fred"));
    let _ = repository.read().boolean("gold", Some(&gold));
    let _ = repository.read().is_enabled("gold", Some(&plan("gold")));
    assert_eq!(keeps.keys(), ["gold"], "an equal context, another getter: the same");
    let _ = repository.read().boolean("gold", Some(&silver));
    let _ = repository.read().boolean("gold", Some(&fred));
    let _ = repository.read().boolean("gold", None);
    let _ = repository.read().boolean("on", None);
    assert_eq!(keeps.keys(), ["gold", "gold", "gold", "on"], "value, user, nobody, feature differ");
    let mut list = everything();
    list[0]["value"] = false.into();
    publish(&repository, Cause::Change, &list);
    let _ = repository.read().boolean("on", None);
    assert_eq!(keeps.keys(), ["on"], "another value by an update");
    now.fetch_add(59_999, Ordering::SeqCst);
    let _ = repository.read().boolean("gold", Some(&gold));
    assert_eq!(keeps.keys().len(), 0);
    now.fetch_add(1, Ordering::SeqCst);
    let _ = repository.read().boolean("gold", Some(&gold));
    assert_eq!(keeps.keys(), ["gold"], "the window has passed");
    now.store(NOW - 1_000_000, Ordering::SeqCst);
    let _ = repository.read().boolean("gold", Some(&gold));
    assert_eq!(keeps.keys(), ["gold"], "a clock that was set back silences nobody");
    let anonymous = |country: &str| Arc::new(Attributes::builder().country(country).build());
    let _ = repository.read().boolean("on", Some(&anonymous("nz")));
    let _ = repository.read().boolean("on", Some(&anonymous("nz")));
    let _ = repository.read().boolean("on", Some(&anonymous("uk")));
    assert_eq!(keeps.keys(), ["on", "on"]);
}

#[test]
fn remembered_evaluations_are_not_reported_again() {
    let (repository, _now, keeps, _guard) = deduplicating(4);
    for _ in 0..3 {
        for user_key in ["u0", "u1", "u2"] {
            let _ = repository.read().boolean("on", Some(&user(user_key)));
        }
    }
    assert_eq!(keeps.keys().len(), 3);
}

/// The memory for deduplication is bounded. A forgotten evaluation is reported again, a recent one is not.
#[test]
fn what_is_remembered_is_bounded() {
    let (repository, _now, keeps, _guard) = deduplicating(4);
    for number in 0..50 {
        let _ = repository.read().boolean("on", Some(&user(&format!("u{number}"))));
        let _ = repository.read().boolean("on", Some(&user(&format!("u{number}"))));
    }
    assert_eq!(keeps.keys().len(), 50);
    let _ = repository.read().boolean("on", Some(&user("u49")));
    assert_eq!(keeps.keys().len(), 0);
    let _ = repository.read().boolean("on", Some(&user("u0")));
    assert_eq!(keeps.keys().len(), 1);
}
