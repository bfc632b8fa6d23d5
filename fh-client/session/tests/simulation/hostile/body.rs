//! Bodies of responses. Most are valid, so that random scripts get past the parsers.

use std::fmt::Write;

use super::script::Bytes;

const IDS: [&str; 4] = ["a", "b", "c", ""];
const KEYS: [&str; 4] = ["A", "B", "C", "Ä\\u0022"];
const ENVIRONMENTS: [&str; 4] = [r#""id":"e","#, r#""id":"F","#, r#""id":"x","#, ""];
const EVENTS: [&str; 9] = [
    "features",
    "feature",
    "delete_feature",
    "bye",
    "failure",
    "config",
    "ack",
    "wibble",
    "features",
];
const STALE: [&str; 6] = ["true", "false", "5", "0.001", "1e999", "\"\""];

/// Writes a feature in one of many states.
fn feature(script: &mut Bytes<'_>, out: &mut String) {
    let (who, state, version) = (script.byte(), script.byte(), script.byte());
    out.push('{');
    let id = IDS[usize::from(who % 4)];
    if !id.is_empty() {
        let _ = write!(out, r#""id":"{id}","#);
    }
    if who / 16 % 16 != 15 {
        let _ = write!(out, r#""key":"{}","#, KEYS[usize::from(who / 4 % 4)]);
    }
    if version != 0 {
        let _ = write!(out, r#""version":{},"#, i16::from(version) - 2);
    }
    let _ = write!(out, r#""l":{},"#, state % 2 == 1);
    match state / 2 % 8 {
        0 => out.push_str(r#""value":null,"#),
        1 => {
            let _ = write!(out, r#""value":"{state}","v":"s{version}","#);
        }
        2 => out.push_str(
            r#""value":"x","strategies":[{"id":"s","attributes":[{"conditional":"EQUALS","fieldName":"userkey","values":["fred"],"type":"STRING"}],"value":"y"}],"#,
        ),
        3 => out.push_str(r#""strategies":[{"percentage":7,"value":{}},7],"#),
        4 => {
            let _ = write!(out, r#""value":"{state}","strategies":1e999,"fp":[1e999],"#);
        }
        _ => {
            let _ = write!(out, r#""value":"{state}","#);
        }
    }
    let kind = if state >= 248 { "WIBBLE" } else { "STRING" };
    let _ = write!(out, r#""type":"{kind}"}}"#);
}

/// Writes a list of a few or many features.
pub fn list(script: &mut Bytes<'_>, out: &mut String) {
    out.push('[');
    let count = usize::from(script.byte());
    if count < 224 {
        for at in 0..count % 6 {
            if at > 0 {
                out.push(',');
            }
            feature(script, out);
        }
    } else {
        for at in 0..count % 64 {
            let comma = if at > 0 { "," } else { "" };
            let _ = write!(
                out,
                r#"{comma}{{"id":"m{at}","key":"M{at}","version":1,"type":"STRING","value":"x","v":"s"}}"#
            );
        }
    }
    out.push(']');
}

/// Writes a single feature.
pub fn single(script: &mut Bytes<'_>, out: &mut String) {
    feature(script, out);
}

/// Writes the body of a poll.
pub fn poll(script: &mut Bytes<'_>, out: &mut String) {
    out.push('[');
    for at in 0..script.byte() % 4 {
        if at > 0 {
            out.push(',');
        }
        out.push('{');
        let how = script.byte();
        out.push_str(ENVIRONMENTS[usize::from(how % 4)]);
        match how / 4 % 8 {
            0 => out.push_str(r#""features":null}"#),
            1 => out.push_str(r#""other":1}"#),
            _ => {
                out.push_str(r#""features":"#);
                list(script, out);
                out.push('}');
            }
        }
    }
    out.push(']');
}

/// Writes an event of a stream.
pub fn event(script: &mut Bytes<'_>, out: &mut String) {
    let how = script.byte();
    let end = if how >= 128 { "\r\n" } else { "\n" };
    let name = EVENTS[usize::from(how) % EVENTS.len()];
    let mut data = String::new();
    match name {
        "features" => list(script, &mut data),
        "feature" | "delete_feature" => feature(script, &mut data),
        "config" => {
            let stale = STALE[usize::from(script.byte()) % STALE.len()];
            let _ = write!(data, r#"{{"edge.stale":{stale}}}"#);
        }
        "failure" => data.push_str(r#"{"status":"no"}"#),
        _ => data.push_str("\"ok\""),
    }
    let _ = write!(out, "event: {name}{end}data: {data}{end}{end}");
}
