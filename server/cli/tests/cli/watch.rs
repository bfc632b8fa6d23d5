use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, Permission, Route};
use serde_json::{Value, json};

use crate::following::Following;
use crate::tool::{Run, command, fh, of_edge};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    let rule = json!([{"id": "kiwi", "value": "kia ora", "attributes": [
        {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]);
    edge.set_feature(Feature::string("BANNER", "plain").strategies(rule));
    edge.set_feature(Feature::number("LIMIT", 7.5).locked());
    edge
}

fn following(edge: &FakeEdge, others: &[&str]) -> Following {
    Following::start(&mut command(&of_edge("watch", edge, others)))
}

fn watched(edge: &FakeEdge, others: &[&str]) -> Run {
    fh(&of_edge("watch", edge, others))
}

fn event(watch: &mut Following, parts: &[&str]) -> Value {
    serde_json::from_str(&watch.line(parts)).unwrap()
}

#[test]
fn a_line_for_each_value_and_change() {
    let edge = edge();
    let mut watch = following(&edge, &[]);
    watch.line(&["Z ready, streaming, 2 features"]);
    watch.line(&["Z BANNER = \"plain\" (version 1)"]);
    watch.line(&["Z LIMIT = 7.5, locked (version 1)"]);
    edge.set_value("BANNER", "new");
    watch.line(&["BANNER: \"plain\" → \"new\" (version 2)"]);
    edge.unlock("LIMIT");
    watch.line(&["LIMIT is unlocked (version 2)"]);
    edge.change("LIMIT", |limit| limit.member("value", json!(8)).locked());
    watch.line(&["LIMIT: 7.5 → 8, locked (version 3)"]);
    edge.change("BANNER", |banner| banner);
    watch.line(&["BANNER is still \"new\" (version 3)"]);
    edge.set_value("NEW", true);
    watch.line(&["NEW is new: true (version 1)"]);
    edge.delete_feature("NEW");
    watch.line(&["NEW is gone; its value was true"]);
}

#[test]
fn lines_of_json() {
    let edge = edge();
    let mut watch = following(&edge, &["--json", "-c", "country=new_zealand"]);
    let status = event(&mut watch, &["\"status\"", "\"READY\"", "streaming"]);
    assert_eq!((&status["features"], &status["problem"]), (&json!(2), &Value::Null));
    let value = event(&mut watch, &["\"value\"", "BANNER"]);
    assert_eq!(
        (&value["value"], &value["strategyId"], &value["type"], &value["version"]),
        (&json!("kia ora"), &json!("kiwi"), &json!("STRING"), &json!(1))
    );
    assert!(
        value["time"].as_str().unwrap().ends_with('Z') && value.get("old").is_none(),
        "{value}"
    );
    let (url, key) = (edge.url(), edge.client_key());
    let get = fh(&["get", &url, &key, "BANNER", "--json", "-c", "country=new_zealand"]);
    for (name, member) in get.expect(0).json()[0].as_object().unwrap() {
        assert_eq!(&value[name], member, "{name}");
    }
    // First the feature's own value changes, then the value of this context.
    edge.set_value("BANNER", "other");
    let update = event(&mut watch, &["\"update\""]);
    assert_eq!((&update["value"], &update["version"]), (&json!("kia ora"), &json!(2)));
    edge.change("BANNER", |banner| banner.strategies(json!([])));
    let change = event(&mut watch, &["\"change\""]);
    assert_eq!(
        (&change["old"], &change["value"], &change["reason"], &change["wasLocked"]),
        (&json!("kia ora"), &json!("other"), &json!("STATIC"), &json!(false))
    );
    edge.set_value("BANNER", Value::Null);
    assert_eq!(event(&mut watch, &["\"change\""])["value"], Value::Null);
    edge.delete_feature("LIMIT");
    assert_eq!(event(&mut watch, &["\"gone\""])["feature"], "LIMIT");
}

#[test]
fn the_connection_is_told_of() {
    let edge = edge();
    let mut watch = following(&edge, &["LIMIT", "NEW"]);
    watch.line(&["ready, streaming"]);
    watch.line(&["LIMIT = 7.5"]);
    watch.line(&["note: there is no feature NEW yet"]);
    edge.refuse();
    edge.close_streams(Closing::Fin);
    watch.line(&["ready, not connected", "next try in"]);
    watch.line(&["cannot be reached", "refused"]);
    // BANNER is not watched.
    edge.set_value("BANNER", "new");
    edge.set_value("LIMIT", 8);
    edge.set_value("NEW", "x");
    edge.listen_again().unwrap();
    let seen = watch.line(&["LIMIT: 7.5 → 8"]);
    assert!(!seen.contains("BANNER"));
    watch.line(&["NEW is new"]);
    edge.set_value("BANNER", "newer");
    edge.set_value("LIMIT", 9);
    let (status, all) = {
        watch.line(&["LIMIT: 8 → 9"]);
        #[cfg(unix)]
        watch.interrupt();
        watch.end()
    };
    assert!(status.success() && !all.contains("BANNER"), "{status} {all}");
}

#[test]
fn polling_of_both_sorts() {
    for (option, is_planned) in [("--poll", true), ("--passive", false)] {
        let edge = edge();
        let mut watch = following(&edge, &[option, "0.05"]);
        // A passive client plans no poll, because it polls only when features are read.
        let state = watch.line(&["ready, polling"]);
        assert_eq!(state.contains("next poll in"), is_planned, "{state}");
        watch.line(&["LIMIT"]);
        edge.set_value("LIMIT", 8);
        watch.line(&["LIMIT: 7.5 → 8"]);
        assert_eq!(edge.recording().count(Route::Stream), 0);
        // Polls without a change print nothing.
        let polls = edge.recording().count(Route::Poll);
        let further = if is_planned { 8 } else { 2 };
        edge.wait_for_requests(Route::Poll, polls + further, PATIENCE).unwrap();
        edge.set_value("LIMIT", 9);
        let (mut lines, mut last) = (0, String::new());
        while !last.contains("8 → 9") {
            last = watch.line(&[]);
            lines += 1;
        }
        assert_eq!(lines, 1, "{last}");
        // A passive client sends requests only because of reads. The command reads the features once a second, at the start, and after
        // each of the two changes. Load only makes gaps longer.
        let gaps = edge.recording().gaps(Route::Poll);
        let short = gaps.iter().filter(|gap| gap.as_millis() <= 300).count();
        assert!(is_planned || short <= 3, "{short} short gaps");
    }
}

#[test]
fn the_edge_evaluates_for_a_server_key() {
    let edge = edge();
    edge.evaluate_with(|context, mut features| {
        if features[0]["key"] == "BANNER" && context.get("userkey").is_some() {
            features[0]["value"] =
                json!(format!("{} for fred", features[0]["value"].as_str().unwrap()));
        }
        features
    });
    let (url, key) = (edge.url(), edge.server_key());
    let mut watch = Following::start(&mut command(&["watch", &url, &key, "-c", "userkey=fred"]));
    watch.line(&["BANNER = \"plain for fred\""]);
    edge.set_value("BANNER", "new");
    watch.line(&["→ \"new for fred\""]);
    assert_eq!(edge.recording().requests.len(), 1);
}

#[test]
fn notices_are_shown() {
    let edge = edge();
    edge.behave_on(Route::Stream, Behaviour::status(501));
    let mut watch = following(&edge, &["--json"]);
    let notice = event(&mut watch, &["\"notice\""]);
    assert!(notice["message"].as_str().unwrap().contains("cannot stream"), "{notice}");
}

/// The output of `--catch` corresponds to catch & release of a client (C-CR-001 to 009).
#[test]
fn what_is_held_back_and_released() {
    let edge = edge();
    let mut watch = following(&edge, &["--catch"]);
    watch.line(&["BANNER = \"plain\""]);
    watch.line(&["LIMIT = 7.5"]);
    edge.set_value("BANNER", "new");
    watch.line(&["Z BANNER has an update, which is held back"]);
    edge.set_value("BANNER", "newer");
    edge.set_value("LIMIT", 8);
    watch.line(&["LIMIT has an update, which is held back"]);
    edge.set_value("FRESH", true);
    watch.line(&["FRESH has an update"]);
    // One update is released. A name without a held update is reported.
    watch.say("LIMIT, NOTHING");
    watch.line(&["note: no update of NOTHING is held back"]);
    watch.line(&["Z LIMIT is released"]);
    watch.line(&["Z LIMIT: 7.5 → 8 (version 2)"]);
    // A new feature is deleted before its release.
    edge.delete_feature("FRESH");
    watch.line(&["FRESH: the update is no longer held back"]);
    // An empty line releases all updates. Each change is printed once.
    watch.say("");
    watch.line(&["BANNER is released"]);
    watch.line(&["BANNER: \"plain\" → \"newer\" (version 3)"]);
    // The command continues after the end of its input.
    watch.say_no_more();
    edge.set_value("BANNER", "newest");
    watch.line(&["BANNER has an update"]);
    #[cfg(unix)]
    watch.interrupt();
    let (_, all) = watch.end();
    assert!(!all.contains("newest") && !all.contains("FRESH is new"), "{all}");
    assert_eq!(all.matches("the update is no longer held back").count(), 1, "{all}");
    watched(&edge, &["--catch", "--once"]).expect(2);
}

#[test]
fn what_is_held_back_as_json() {
    let edge = edge();
    let mut watch = following(&edge, &["--catch", "--json", "BANNER"]);
    watch.line(&["\"value\"", "BANNER"]);
    // LIMIT is not watched.
    edge.set_value("LIMIT", 8);
    edge.set_value("BANNER", "new");
    let held = event(&mut watch, &["\"held\""]);
    assert_eq!(held["feature"], "BANNER");
    assert!(held["time"].is_string() && held.get("value").is_none(), "{held}");
    watch.say("");
    assert_eq!(event(&mut watch, &["\"released\""])["feature"], "BANNER");
    assert_eq!(event(&mut watch, &["\"change\""])["value"], "new");
}

#[test]
fn once_and_for_a_while() {
    let edge = edge();
    let run = watched(&edge, &["--once", "-c", "country=new_zealand"]).expect(0);
    assert_eq!(
        run.out,
        "FEATURE  REASON          STRATEGY  VALUE\n\
         BANNER   STRATEGY_MATCH  kiwi      \"kia ora\"\n\
         LIMIT    STATIC                    7.5\n"
    );
    let run = watched(&edge, &["--once", "LIMIT"]).expect(0);
    assert!(run.out.contains("LIMIT") && !run.out.contains("BANNER"), "{run:?}");
    // A missing feature is named on stderr, not in the table.
    let run = watched(&edge, &["--once", "NEW", "LIMIT"]).expect(0);
    assert!(run.out.contains("LIMIT") && !run.out.contains("NEW"), "{run:?}");
    assert_eq!(run.err, "note: there is no feature NEW yet\n");
    assert_eq!(watched(&edge, &["--once", "NEW"]).expect(0).out, "");
    let run = watched(&edge, &["--once", "--json"]).expect(0);
    assert!(
        run.out.lines().any(|line| line.contains("\"value\"") && line.contains("LIMIT")),
        "{run:?}"
    );
    let run = watched(&edge, &["--for", "2"]).expect(0);
    assert!(run.out.contains("LIMIT = 7.5"), "{run:?}");
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
}

#[test]
fn an_edge_that_gives_nothing() {
    let edge = edge();
    edge.only_allowed_keys();
    watched(&edge, &["--once"]).refused(2, &["refuses the stream", "check the API key"]);
    let run = watched(&edge, &["--for", "2"]).expect(2);
    assert!(
        run.out.contains("refused, not connected") && run.err.contains("no features"),
        "{run:?}"
    );
    let run = watched(&edge, &["--once", "--json"]).expect(2);
    assert!(run.out.contains("\"FAILED\""), "{run:?}");
    edge.behave(Behaviour::silence());
    watched(&edge, &["--once", "--for", "0.2"]).refused(2, &["no features", "not answered"]);
    edge.refuse();
    edge.close_connections(Closing::Rst);
    watched(&edge, &["--once", "--for", "1"]).refused(2, &["no features", "cannot be reached"]);
    // Without --for, the command waits until the Edge serves the key.
    let edge = FakeEdge::start().unwrap();
    edge.behave_on(Route::Stream, Behaviour::status(503));
    let mut watch = following(&edge, &[]);
    watch.line(&["not ready, not connected", "503", "next try in"]);
    edge.allow(&edge.client_key(), &[Permission::Read]);
    edge.set_feature(Feature::boolean("LATE", true));
    edge.behave(Behaviour::healthy());
    watch.line(&["LATE = true"]);
}

#[cfg(unix)]
mod on_a_terminal {
    use super::*;
    use crate::following::{ENTER, FRAME, LEAVE};

    fn terminal(edge: &FakeEdge, rows: u16, columns: u16, others: &[&str]) -> Following {
        Following::on_a_terminal(command(&of_edge("watch", edge, others)), rows, columns)
    }

    #[test]
    fn a_table_is_drawn_in_place_and_the_screen_given_back() {
        let edge = edge();
        let mut watch = terminal(&edge, 20, 100, &["-c", "country=fiji", "BANNER", "LIMIT", "NEW"]);
        watch.until(FRAME, &["ready, streaming", "BANNER", "\"plain\"", "NEW", "not there"]);
        edge.set_value("BANNER", "new");
        watch.until(FRAME, &["BANNER: \"plain\" → \"new\" (version 2)", "LIMIT"]);
        edge.refuse();
        edge.close_streams(Closing::Fin);
        watch.until(FRAME, &["not connected", "cannot be reached", "next try in", "\"new\""]);
        watch.interrupt();
        let (status, all) = watch.end();
        assert!(status.success(), "{status}");
        assert_eq!((all.matches(ENTER).count(), all.matches(LEAVE).count()), (1, 1));
        let (drawn, left) = all.split_once(LEAVE).unwrap();
        assert!(drawn.starts_with(ENTER) && drawn.contains("country=fiji"), "{drawn}");
        // The cursor is shown again, and the last frame stays on the normal screen.
        assert!(
            drawn.contains("\u{1b}[?25l") && drawn.ends_with("\u{1b}[?7h\u{1b}[?25h"),
            "{drawn}"
        );
        assert!(left.contains("LIMIT") && !left.contains("\u{1b}[?"), "{left}");
        // The screen is cleared once. Clearing it before each frame would flicker.
        assert_eq!(drawn.matches("\u{1b}[2J").count(), 1);
    }

    #[test]
    fn what_is_held_back_stands_above_the_table() {
        let edge = edge();
        let mut watch = terminal(&edge, 20, 100, &["--catch"]);
        watch.until(FRAME, &["no update is held back so far", "\"plain\""]);
        edge.set_value("BANNER", "new");
        let frame =
            watch.until(FRAME, &["held back: BANNER; Enter releases", "BANNER has an update"]);
        assert!(frame.contains("\"plain\"") && !frame.contains("\"new\""), "{frame}");
        watch.say("");
        watch.until(
            FRAME,
            &["no update is held back so far", "BANNER is released", "\"plain\" → \"new\""],
        );
    }

    #[test]
    fn no_frame_is_larger_than_the_terminal() {
        let edge = FakeEdge::start().unwrap();
        edge.replace_all(
            (0..50).map(|n| Feature::string(&format!("FEATURE_{n:02}"), &"long ".repeat(30))),
        );
        let mut watch = terminal(&edge, 12, 60, &[]);
        watch.until(FRAME, &["FEATURE_00", "more: name features"]);
        for n in 0..20 {
            edge.set_value(&format!("FEATURE_{n:02}"), "new");
        }
        watch.until(FRAME, &["FEATURE_19: "]);
        watch.interrupt();
        let (status, all) = watch.end();
        assert!(status.success());
        let (drawn, _) = all.split_once(LEAVE).unwrap();
        let mut frames = 0;
        for frame in drawn.split("\u{1b}[?2026h").skip(1) {
            frames += 1;
            assert!(frame.matches('\n').count() < 12, "{frame}");
        }
        assert!(frames > 1);
    }

    #[test]
    fn an_error_is_said_on_the_screen_that_was_there_before() {
        let edge = edge();
        edge.behave(Behaviour::silence());
        let watch = terminal(&edge, 20, 100, &["--for", "0.3"]);
        let (status, all) = watch.end();
        assert_eq!(status.code(), Some(2));
        assert!(all.contains("connecting") && all.ends_with(LEAVE), "{all}");
    }
}
