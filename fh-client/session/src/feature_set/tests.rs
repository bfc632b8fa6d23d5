use fh_eval::FeatureRef;

use super::*;

fn feature_set(keys: &[&str]) -> FeatureSet {
    FeatureSet::new(Profile::Client, &ApiKeys::parse(keys).unwrap())
}

fn received(json: &str) -> Received<'_> {
    read_one(json).unwrap()
}

fn state(id: &str, key: &str, version: i64, value: &str) -> String {
    format!(
        r#"{{"id":"{id}","key":"{key}","version":{version},"type":"STRING","value":"{value}"}}"#
    )
}

impl FeatureSet {
    fn take(&mut self, environment: &str, states: &[String], authority: Authority) -> Effect {
        let features: Vec<Received<'_>> = states.iter().map(|json| received(json)).collect();
        self.list(environment, None, &features, authority, Millis::default())
    }

    fn shown(&mut self) -> Vec<String> {
        let rules = self.rules(None, None, &mut |_| {});
        let mut shown: Vec<String> = rules
            .ruleset()
            .iter()
            .map(|feature| {
                let nobody = fh_eval::Subject::without_context(fh_eval::Timestamp::from_millis(0));
                let value = feature.evaluate(&nobody).string().unwrap_or("-").to_string();
                let from = rules.environment_of(feature.key()).unwrap();
                format!("{from}:{}={value}@{}", feature.key(), feature.version())
            })
            .collect();
        shown.sort();
        shown
    }
}

#[test]
fn which_version_counts() {
    for (held, incoming, effect, shown) in [
        (state("a", "A", 5, "x"), state("a", "A", 4, "y"), Effect::None, "e:A=x@5"),
        (state("a", "A", 5, "x"), state("a", "A", 5, "x"), Effect::None, "e:A=x@5"),
        (state("a", "A", 5, "x"), state("a", "A", 5, "y"), Effect::Seen, "e:A=y@5"),
        (state("a", "A", 5, "x"), state("a", "A", 6, "x"), Effect::Invisible, "e:A=x@6"),
        (state("a", "A", 5, "x"), state("a", "A", 6, "y"), Effect::Seen, "e:A=y@6"),
        // The feature was created anew under the same key.
        (state("a", "A", 5, "x"), state("b", "A", 1, "y"), Effect::Seen, "e:A=y@1"),
        // The feature was renamed, with the same version.
        (state("a", "A", 5, "x"), state("a", "B", 5, "x"), Effect::Seen, "e:B=x@5"),
        (state("a", "A", 5, "x"), state("a", "B", 4, "x"), Effect::None, "e:A=x@5"),
    ] {
        let mut alone = feature_set(&["e/k*"]);
        alone.take("e", std::slice::from_ref(&held), Authority::Edge);
        assert_eq!(
            alone.feature("e", &received(&incoming), Authority::Edge),
            Ok(effect),
            "{incoming}"
        );
        assert_eq!(alone.shown(), [shown], "{incoming}");
        let mut listed = feature_set(&["e/k*"]);
        listed.take("e", std::slice::from_ref(&held), Authority::Edge);
        assert_eq!(
            listed.take("e", std::slice::from_ref(&incoming), Authority::Edge),
            effect,
            "{incoming}"
        );
        assert_eq!(listed.shown(), [shown], "{incoming}");
    }
}

#[test]
fn an_older_version_counts_if_all_lists_of_an_hour_have_it() {
    // Lists of the Edge (`L`) and of a store (`S`), and events (`E`): the minute, and the version. The feature is held with version 9.
    for (steps, version) in [
        ("L0:5 L30:5 L60:5", 5),
        ("L0:5 L30:5 L59:5", 9),
        ("L0:5 L60:5", 9),
        ("L0:5 L60:5 L61:4", 4),
        ("L0:5 L30:5 L45:9 L60:5 L90:5", 9),
        ("L0:5 L30:5 L45:9 L60:5 L90:5 L120:5", 5),
        ("L0:5 L30:5 E45:9 L60:5", 9),
        ("L0:5 L30:5 E45:5 L60:5", 5),
        ("L0:5 S30:5 L60:5", 9),
        ("L0:5 L30:5 S60:5 S61:5", 9),
        ("L0:5 L30:5 L60:5 L61:9", 9),
        ("L0:5 L30:5 L60:5 E61:6", 6),
    ] {
        let mut feature_set = feature_set(&["e/k*"]);
        feature_set.take("e", &[state("a", "A", 9, "x")], Authority::Edge);
        for step in steps.split(' ') {
            let (minute, version) = step[1..].split_once(':').unwrap();
            let now = Millis::new(minute.parse::<u64>().unwrap() * 60_000);
            let json = state("a", "A", version.parse().unwrap(), "y");
            let features = [received(&json)];
            match &step[..1] {
                "L" => feature_set.list("e", None, &features, Authority::Edge, now),
                "S" => feature_set.list("e", None, &features, Authority::LateStore, now),
                _ => feature_set.feature("e", &features[0], Authority::Edge).unwrap(),
            };
        }
        let held = feature_set.environment("e").unwrap().ruleset.get("A").unwrap().version();
        assert_eq!(held, version, "{steps}");
    }
}

#[test]
fn which_delete_counts() {
    for (delete, effect, left) in [
        (r#"{"id":"a","key":"A","version":4}"#, Effect::None, true),
        (r#"{"id":"a","key":"A","version":5}"#, Effect::Seen, false),
        (r#"{"id":"a","key":"A","version":6}"#, Effect::Seen, false),
        (r#"{"id":"a","key":"A","version":0}"#, Effect::Seen, false),
        (r#"{"id":"a","key":"A"}"#, Effect::Seen, false),
        (r#"{"key":"A"}"#, Effect::Seen, false),
        (r#"{"id":"a"}"#, Effect::Seen, false),
        (r#"{"id":"other","key":"A","version":9}"#, Effect::None, true),
        (r#"{"id":"other","key":"B"}"#, Effect::None, true),
    ] {
        let mut feature_set = feature_set(&["e/k*"]);
        feature_set.take("e", &[state("a", "A", 5, "x")], Authority::Edge);
        assert_eq!(feature_set.delete("e", &received(delete)), Ok(effect), "{delete}");
        assert_eq!(!feature_set.shown().is_empty(), left, "{delete}");
    }
    for nonsense in ["7", "[]", "{}", r#"{"version":3}"#] {
        assert!(feature_set(&["e/k*"]).delete("e", &received(nonsense)).is_err(), "{nonsense}");
    }
}

#[test]
fn a_deleted_feature_stays_deleted_until_a_newer_state() {
    let mut feature_set = feature_set(&["e/k*"]);
    feature_set.take("e", &[state("a", "A", 3, "x")], Authority::Edge);
    feature_set.delete("e", &received(r#"{"id":"a","key":"A","version":5}"#)).unwrap();
    assert_eq!(
        feature_set.feature("e", &received(&state("a", "A", 5, "late")), Authority::Edge),
        Ok(Effect::None)
    );
    assert_eq!(
        feature_set.feature("e", &received(&state("a", "A", 6, "back")), Authority::Edge),
        Ok(Effect::Seen)
    );
    assert_eq!(feature_set.shown(), ["e:A=back@6"]);
    // A list overrules an earlier delete.
    feature_set.delete("e", &received(r#"{"id":"a","key":"A","version":9}"#)).unwrap();
    feature_set.take("e", &[state("a", "A", 2, "restored")], Authority::Edge);
    assert_eq!(feature_set.shown(), ["e:A=restored@2"]);
    // After a delete with version 0 every version counts.
    feature_set.delete("e", &received(r#"{"id":"a","key":"A","version":0}"#)).unwrap();
    assert_eq!(
        feature_set.feature("e", &received(&state("a", "A", 1, "again")), Authority::Edge),
        Ok(Effect::Seen)
    );
}

#[test]
fn lists_of_the_edge_remove_and_those_of_stores_do_not() {
    let mut feature_set = feature_set(&["e/k*"]);
    feature_set.take("e", &[state("a", "A", 5, "x"), state("b", "B", 1, "y")], Authority::Edge);
    let stored = [state("a", "A", 4, "old"), state("c", "C", 1, "z")];
    assert_eq!(feature_set.take("e", &stored, Authority::Store), Effect::Seen);
    assert_eq!(feature_set.shown(), ["e:A=x@5", "e:B=y@1", "e:C=z@1"]);
    assert_eq!(feature_set.take("e", &[state("b", "B", 1, "y")], Authority::Edge), Effect::Seen);
    assert_eq!(feature_set.shown(), ["e:B=y@1"]);
    assert_eq!(feature_set.take("e", &[], Authority::Edge), Effect::Seen);
    assert!(feature_set.shown().is_empty());
}

/// A list with the same elements is not compiled again, even if it has elements that are not features.
#[test]
fn a_list_with_elements_that_are_left_out_is_applied_once() {
    let (a, b) = (state("a", "A", 1, "x"), state("b", "B", 1, "y"));
    let later = state("c", "A", 1, "z");
    for list in [
        [a.clone(), "7".to_string(), b.clone()],
        [r#"{"key":7}"#.to_string(), a.clone(), b.clone()],
        [a.clone(), b.clone(), later.clone()],
        [a.clone(), b.clone(), b.clone()],
    ] {
        let mut feature_set = feature_set(&["e/k*"]);
        assert_eq!(feature_set.take("e", &list, Authority::Edge), Effect::Seen, "{list:?}");
        let shown = feature_set.shown();
        assert_eq!(shown.len(), 2, "{list:?}");
        assert_eq!(feature_set.take("e", &list, Authority::Edge), Effect::None, "{list:?}");
        // Another order, or an element that is no longer there, is another list.
        let mut reversed = list.clone();
        reversed.reverse();
        assert_ne!(feature_set.take("e", &reversed, Authority::Edge), Effect::None, "{list:?}");
        feature_set.take("e", &list, Authority::Edge);
        assert_eq!(feature_set.shown(), shown, "{list:?}");
        let [_, _, last] = &list;
        feature_set.take("e", std::slice::from_ref(last), Authority::Edge);
        assert_eq!(feature_set.shown().len(), 1, "{list:?}");
    }
}

/// Elements without a readable key are not features, so a store's list with such an element keeps the held feature of the same id.
#[test]
fn unreadable_elements_of_stores_remove_nothing() {
    for authority in [Authority::Store, Authority::LateStore] {
        for key in ["", r#""key":null,"#, r#""key":7,"#, r#""key":"","#] {
            let mut feature_set = feature_set(&["e/k*"]);
            feature_set.take("e", &[state("a", "A", 5, "x")], Authority::Edge);
            let unreadable = format!(r#"{{"id":"a",{key}"version":6,"type":"STRING"}}"#);
            feature_set.take("e", &[unreadable], authority);
            assert_eq!(feature_set.shown(), ["e:A=x@5"], "{authority:?} {key}");
        }
    }
}

#[test]
fn a_rename_in_a_list_leaves_one_key() {
    let mut feature_set = feature_set(&["e/k*"]);
    feature_set.take("e", &[state("a", "A", 5, "x")], Authority::Edge);
    feature_set.take("e", &[state("a", "B", 5, "x")], Authority::Edge);
    assert_eq!(feature_set.shown(), ["e:B=x@5"]);
    feature_set.take("e", &[state("a", "C", 5, "x")], Authority::Store);
    assert_eq!(feature_set.shown(), ["e:C=x@5"]);
    feature_set.feature("e", &received(&state("a", "D", 5, "x")), Authority::Edge).unwrap();
    feature_set.delete("e", &received(r#"{"id":"a","key":"C"}"#)).unwrap();
    assert!(feature_set.shown().is_empty());
}

#[test]
fn the_earliest_environment_answers() {
    let mut feature_set = feature_set(&["e/k*", "f/k*"]);
    feature_set.take("F", &[state("f1", "A", 9, "f"), state("f2", "B", 1, "f")], Authority::Edge);
    assert_eq!(feature_set.shown(), ["f:A=f@9", "f:B=f@1"]);
    feature_set.take("e", &[state("e1", "A", 1, "e")], Authority::Edge);
    let mut notices = Vec::new();
    feature_set.rules(None, None, &mut |notice| notices.push(notice.to_string()));
    feature_set.rules(None, None, &mut |notice| notices.push(notice.to_string()));
    assert_eq!(
        notices,
        ["several environments have the feature A; the feature of environment e is used"]
    );
    assert_eq!(feature_set.shown(), ["e:A=e@1", "f:B=f@1"]);
    // Versions are compared only within one environment.
    feature_set.delete("e", &received(r#"{"id":"e1","version":1}"#)).unwrap();
    assert_eq!(feature_set.shown(), ["f:A=f@9", "f:B=f@1"]);
    let closed = feature_set.open(&ApiKeys::parse(["e/k*"]).unwrap());
    assert!(closed.had_features && closed.environments == ["f".into()]);
    assert!(feature_set.shown().is_empty());
}

#[test]
fn strategies_that_an_edge_applied() {
    let mut feature_set = feature_set(&["e/k", "f/k"]);
    let with = |id: &str, v: &str| {
        format!(r#"{{"id":"{id}","key":"A","version":1,"type":"STRING","value":"x","v":"{v}"}}"#)
    };
    let applied = |feature_set: &mut FeatureSet| {
        let rules = feature_set.rules(Some(Arc::default()), None, &mut |_| {});
        rules.evaluated_for().unwrap().strategies.get("A").map(ToString::to_string)
    };
    feature_set.take("f", &[with("f1", "late")], Authority::Edge);
    assert_eq!(applied(&mut feature_set).as_deref(), Some("late"));
    feature_set.take("e", &[state("e1", "A", 1, "x")], Authority::Edge);
    assert_eq!(applied(&mut feature_set), None);
    feature_set.feature("e", &received(&with("e1", "kiwi")), Authority::Edge).unwrap();
    assert_eq!(applied(&mut feature_set).as_deref(), Some("kiwi"));
    feature_set.feature("e", &received(&state("e1", "A", 2, "x")), Authority::Edge).unwrap();
    assert_eq!(applied(&mut feature_set), None);
    // Of two features with one key, the later one is served, with its own strategy or none.
    let two = [with("e2", "kiwi"), state("e3", "A", 1, "y")];
    feature_set.take("e", &two, Authority::Edge);
    assert_eq!(applied(&mut feature_set), None);
}

#[test]
fn an_outdated_store_restores_nothing() {
    let held = [state("a", "A", 5, "edge"), state("b", "B", 1, "edge")];
    let mut behind = feature_set(&["e/k*"]);
    behind.take("e", &held, Authority::Edge);
    behind.delete("e", &received(r#"{"id":"b","version":2}"#)).unwrap();
    for (stored, effect) in [
        (state("a", "A", 4, "store"), Effect::None),
        (state("a", "A", 5, "store"), Effect::None),
        (state("a", "Former", 5, "store"), Effect::None),
        (state("former", "A", 9, "store"), Effect::None),
        (state("b", "B", 2, "store"), Effect::None),
        (state("c", "C", 1, "store"), Effect::Seen),
        (state("a", "A", 6, "store"), Effect::Seen),
        (state("b", "B", 3, "store"), Effect::Seen),
    ] {
        let list = [received(&stored)];
        assert_eq!(
            behind.list("e", None, &list, Authority::LateStore, Millis::default()),
            effect,
            "{stored}"
        );
        let again = behind.feature("e", &received(&stored), Authority::LateStore);
        assert_eq!(again, Ok(Effect::None), "{stored}");
    }
    // `Authority::Store` is the authority of stores before the Edge has sent a list.
    let mut behind = feature_set(&["e/k*"]);
    behind.take("e", &held, Authority::Edge);
    for stored in [state("a", "A", 5, "other"), state("new", "A", 1, "made anew")] {
        let list = [received(&stored)];
        assert_eq!(
            behind.list("e", None, &list, Authority::Store, Millis::default()),
            Effect::Seen,
            "{stored}"
        );
    }
}

/// A list whose features have not changed is compared as text, and a changed feature is parsed once for all its uses.
#[test]
fn unchanged_features_are_not_parsed() {
    let mut feature_set = feature_set(&["e/k*"]);
    let with = |version: i64| {
        format!(
            r#"{{"id":"b","key":"B","version":{version},"type":"STRING","value":"x","v":"s{version}"}}"#
        )
    };
    let [a, b] = [state("a", "A", 1, "x"), with(1)];
    assert_eq!(feature_set.take("e", &[a.clone(), b.clone()], Authority::Edge), Effect::Seen);
    let same = [received(&a), received(&b)];
    assert_eq!(
        feature_set.list("e", None, &same, Authority::Edge, Millis::default()),
        Effect::None
    );
    let parses = |list: &[Received<'_>; 2]| list.each_ref().map(|each| each.parses.get());
    assert_eq!(parses(&same), [0, 0]);
    let newer = with(2);
    let changed = [received(&a), received(&newer)];
    feature_set.list("e", None, &changed, Authority::Edge, Millis::default());
    assert_eq!(parses(&changed), [0, 1]);
    let applied = |feature_set: &mut FeatureSet| {
        let rules = feature_set.rules(Some(Arc::default()), None, &mut |_| {});
        rules.evaluated_for().unwrap().strategies.get("B").cloned().unwrap()
    };
    assert_eq!(&*applied(&mut feature_set), "s2");
    // A held feature stays together with the strategy that an Edge applied, whether the list has the same or an older version of it.
    feature_set.take("e", &[state("a", "A", 2, "y"), with(2)], Authority::Edge);
    assert_eq!(&*applied(&mut feature_set), "s2");
    feature_set.take("e", &[state("a", "A", 3, "z"), with(1)], Authority::Edge);
    assert_eq!(&*applied(&mut feature_set), "s2");
}

/// With a server-evaluated key, the value of the Edge is the answer, whatever else the payload holds (D-123).
#[test]
fn strategies_count_only_with_a_client_evaluated_key() {
    let with = |id: &str, key: &str| {
        format!(
            r#"{{"id":"{id}","key":"{key}","version":1,"type":"STRING","value":"edge","strategies":[{{"id":"s","value":"strategy","attributes":[{{"conditional":"EQUALS","fieldName":"userkey","values":["fred"],"type":"STRING"}}]}}]}}"#
        )
    };
    for (keys, value) in [(["e/k*", "f/k*"], "strategy"), (["e/k", "f/k"], "edge")] {
        let mut feature_set = feature_set(&keys);
        let attributes = Attributes::builder().user_key("fred").build();
        let fred = fh_eval::Subject::new(&attributes, fh_eval::Timestamp::from_millis(0));
        let context = || keys[0].strip_suffix('*').is_none().then(Arc::default);
        let values = |feature_set: &mut FeatureSet| -> Vec<String> {
            let rules = feature_set.rules(context(), None, &mut |_| {});
            let value = |feature: FeatureRef<'_>| feature.evaluate(&fred).string().unwrap().into();
            rules.ruleset().iter().map(value).collect()
        };
        feature_set.take("e", &[with("a", "A")], Authority::Edge);
        assert_eq!(values(&mut feature_set), [value], "a list, {keys:?}");
        feature_set.feature("e", &received(&with("b", "B")), Authority::Edge).unwrap();
        assert_eq!(values(&mut feature_set), [value; 2], "an update, {keys:?}");
        feature_set.take("e", &[with("a", "A"), with("c", "C")], Authority::Edge);
        assert_eq!(values(&mut feature_set), [value; 2], "a list that keeps a feature, {keys:?}");
        feature_set.take("f", &[with("d", "D")], Authority::Edge);
        assert_eq!(values(&mut feature_set), [value; 3], "two environments, {keys:?}");
    }
}
