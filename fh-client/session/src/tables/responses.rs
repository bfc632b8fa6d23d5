//! Heads of responses: their classes, and the times that they request.

use fh_repository::problem::Problem;
use serde_json::{Value, json};

use super::check;
use super::texts::problem;
use crate::action::{RequestKind, ResponseHead};
use crate::response_class::{
    RequestCondition, ResponseClass, cut, max_age, response_class, retry_after,
};

fn class(class: &ResponseClass) -> Value {
    let named = |name: &str, why: &Problem| json!({"class": name, "problem": problem(why)});
    match class {
        ResponseClass::Features => json!({"class": "features"}),
        ResponseClass::LastFeatures => json!({"class": "lastFeatures"}),
        ResponseClass::Unchanged => json!({"class": "unchanged"}),
        ResponseClass::Redirect => json!({"class": "redirect"}),
        ResponseClass::NoStreaming => json!({"class": "noStreaming"}),
        ResponseClass::Refused(why) => named("refused", why),
        ResponseClass::Trouble(why) => named("trouble", why),
    }
}

fn kinds() -> impl Iterator<Item = (RequestKind, RequestCondition)> {
    use RequestCondition::{IfNoneMatch, Plainly};
    [(RequestKind::Poll, Plainly), (RequestKind::Poll, IfNoneMatch), (RequestKind::Stream, Plainly)]
        .into_iter()
}

fn row(kind: RequestKind, asked: RequestCondition, head: &ResponseHead) -> Value {
    let headers: Vec<(&str, &str)> = head.headers().collect();
    json!({
        "kind": if kind == RequestKind::Poll { "poll" } else { "stream" }, "isConditional": asked == RequestCondition::IfNoneMatch,
        "status": head.status, "headers": headers, "result": class(&response_class(kind, asked, head)),
    })
}

#[test]
fn response_classes() {
    let mut rows = Vec::new();
    let statuses = (100..104)
        .chain(200..240)
        .chain(300..310)
        .chain(400..432)
        .chain(450..452)
        .chain(498..512)
        .chain([0, 99, 598, 599, 600, 999, 65_535]);
    for status in statuses {
        for (kind, asked) in kinds() {
            rows.push(row(kind, asked, &ResponseHead::new(status)));
        }
    }
    let long = format!("text/{}", "x".repeat(200));
    let astral = format!("\u{1f600}{}", "y".repeat(100));
    for content in [
        "",
        " ",
        ";",
        "application/json",
        "Application/JSON; charset=utf-8",
        " application/json ;x",
        "text/json",
        "xjson",
        "json",
        "application/jsonx",
        "application/problem+json",
        "text/plain",
        "TEXT/PLAIN;x",
        "application/octet-stream",
        "text/html",
        "text/event-stream",
        "Text/Event-Stream;charset=utf-8",
        "text/event-stream2",
        "text/event-stream, text/html",
        "\u{a0}text/event-stream\u{a0}",
        "\u{feff}text/event-stream",
        "TEXT/\u{130}",
        "\u{212a}",
        &long,
        &astral,
    ] {
        for status in [200, 236] {
            for (kind, asked) in kinds() {
                rows.push(row(
                    kind,
                    asked,
                    &ResponseHead::new(status).header("Content-Type", content),
                ));
            }
        }
    }
    let twice = ResponseHead::new(200)
        .header("content-type", "text/html")
        .header("content-type", "application/json");
    rows.push(row(RequestKind::Poll, RequestCondition::Plainly, &twice));
    check("response-classes", &rows);
}

#[test]
fn max_ages() {
    let rows = [
        "bork, bork, max-age=20, sister",
        "public, max-age=2",
        "s-maxage=9, max-age=1",
        "MAX-AGE=\"7\"",
        "max-age=0",
        "no-store",
        "max-age=-1",
        "max-age=1.5",
        "max-age=99999999999999",
        "max-age=99999999999999999999999999",
        "max-age",
        "max-age=",
        "max-age=\"\"",
        "max-age=\"\"8\"\"",
        "max-age = 5 ",
        "max-age=5=6",
        "x=max-age=5",
        "max-age=86399",
        "max-age=86400",
        "max-age=86401",
        "max-age=007",
        "max-age=+7",
        "max-age=0,max-age=9",
        "max-age=x,max-age=9",
        "\u{a0}max-age\u{2003}=\u{85}5\u{a0}",
        "max-age=٣",
        "",
        ",,max-age=3,,",
        "max-age=18446744073709551615",
        "max-age=18446744073709551616",
        "max-age=5;x",
    ]
    .map(|value| {
        let head = ResponseHead::new(200).header("Cache-Control", value);
        let interval = max_age(&head).map(|it| it.as_millis() as u64);
        json!({"cacheControl": value, "interval": interval})
    });
    check("max-ages", &rows);
}

#[test]
fn retries() {
    const DATE: &str = "Fri, 20 Nov 2026 12:00:00 GMT";
    let mut rows = Vec::new();
    let mut add = |date: Option<&str>, value: &str| {
        let head = ResponseHead::new(503).header("Retry-After", value);
        let head = date.into_iter().fold(head, |head, date| head.header("Date", date));
        rows.push(json!({
            "retryAfter": value, "date": date, "delay": retry_after(&head).map(|it| it.as_millis() as u64),
        }));
    };
    for value in [
        "3",
        "0",
        " 3 ",
        "3600",
        "3601",
        "99999999",
        "99999999999999999999999",
        "soon",
        "-5",
        "+5",
        "1.5",
        "",
        "0003",
        "3 ,4",
        "٣",
        DATE,
        "Fri, 20 Nov 2026 12:00:30 GMT",
        "Fri, 20 Nov 2026 11:00:00 GMT",
        "Fri, 20 Nov 2026 13:00:00 GMT",
        "Fri, 20 Nov 2026 13:00:01 GMT",
        "Fri, 20 Foo 2026 12:00:30 GMT",
        "Mon, 20 Nov 2026 12:00:30 GMT",
        "x, 20 Nov 2026 12:00:30 GMT",
        ", 20 Nov 2026 12:00:30 GMT",
        "20 Nov 2026 12:00:30 GMT",
        "Fri,20 Nov 2026 12:00:30 GMT",
        "Fri, 20 Nov 2026 12:00:30 UTC",
        "Fri, 20 Nov 2026 12:00:30",
        "Fri, 20  Nov 2026 12:00:30 GMT",
        "Fri, 5 Dec 2026 12:00:30 GMT",
        "Fri, 05 Dec 2026 12:00:30 GMT",
        "Fri, 31 Nov 2026 12:00:30 GMT",
        "Sat, 29 Feb 2028 12:00:30 GMT",
        "Sun, 29 Feb 2026 12:00:30 GMT",
        "Fri, 20 Nov 2026 24:00:00 GMT",
        "Fri, 20 Nov 2026 23:59:60 GMT",
        "Fri, 20 Nov 2026 12:00 GMT",
        "Fri, 20 Nov 2026 12:00:30.5 GMT",
        "Fri, 20 Nov 26 12:00:30 GMT",
        "Fri, 20 Nov 9999 12:00:00 GMT",
        "Fri, 20 Nov 0001 12:00:00 GMT",
        "Fri, 20 Nov 10000 12:00:00 GMT",
        "Fri, 20 nov 2026 12:00:30 GMT",
        "Fri, 00 Nov 2026 12:00:30 GMT",
        "Friday, 20-Nov-26 12:00:30 GMT",
        "Fri Nov 20 12:00:30 2026",
        "Fri, 20 Nov 2026 12:00:30 gmt",
        "Fri, 20 Nov 2026 2:00:30 GMT",
        "Fri, 20 Nov +2026 12:00:30 GMT",
    ] {
        add(Some(DATE), value);
        add(None, value);
        add(Some("Fri, 20 Nov 0001 12:00:00 GMT"), value);
        add(Some("never"), value);
        add(Some(" Fri, 20 Nov 2026 12:00:29 GMT "), value);
    }
    check("retry-after", &rows);
}

#[test]
fn cut_texts() {
    let rows = [
        ("añb", 2),
        ("añ", 2),
        ("añ", 1),
        ("", 0),
        ("a", 0),
        ("\u{1f600}\u{1f600}", 1),
        ("e\u{301}x", 2),
        ("a\u{1f600}b", 2),
    ]
    .map(|(text, most)| json!({"text": text, "most": most, "cut": cut(text, most)}));
    check("cut-texts", &rows);
}
