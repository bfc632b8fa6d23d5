//! Lists of stores that were split into their elements before.

use super::*;

#[test]
fn a_split_list_is_applied_as_a_whole_one() {
    let text = r#"[{"id":"1","key":"A","version":1,"type":"STRING","value":"x"}, 7]"#;
    let elements = vec![text.get(1..text.len() - 4).unwrap(), "7"];
    let (source, environment) = (Source::Snapshot, Arc::from("e"));
    let [mut whole, mut split] = [(); 2].map(|()| TestDriver::new(Mode::Offline, &[CLIENT]));
    whole.tell(Input::Stored {
        source: source.clone(),
        environment: Arc::clone(&environment),
        features: text.as_bytes(),
    });
    split.tell(Input::StoredList {
        source,
        environment,
        list: SplitList { text, elements, further: 0 },
    });
    let [whole, split] = [whole, split].map(|driver| {
        let rules = driver.published.first().map(|published| Arc::clone(&published.rules));
        let ruleset = rules.unwrap().ruleset().clone();
        let features: Vec<_> = ruleset.iter().map(|each| each.json().to_string()).collect();
        (features, ruleset.diagnostics().count(), driver.status().readiness)
    });
    assert_eq!(whole, split);
    assert_eq!((whole.0.len(), whole.2), (1, Readiness::Ready));
}

#[test]
fn a_split_list_of_too_many_parts_is_ignored() {
    let text = format!("[{}]", vec!["{}"; 1_000_000].join(","));
    let mut driver = TestDriver::new(Mode::Offline, &[CLIENT]);
    driver.tell(Input::StoredList {
        source: Source::Snapshot,
        environment: "e".into(),
        list: SplitList { text: &text, elements: vec!["{}"; 100], further: 999_900 },
    });
    assert!(driver.published.is_empty());
    assert!(matches!(driver.notices.as_slice(), [Notice::StoreIgnored { .. }]));
}
