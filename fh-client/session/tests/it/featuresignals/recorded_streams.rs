//! The streams that a running server has sent, cut into two pieces at every byte.

use super::*;

const RECORDED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../conformance/data/imported/featuresignals/sse.json"
));

/// Returns the head and the body of a recorded answer, without the frame of each chunk.
fn answer(name: &str) -> (ResponseHead, Vec<u8>) {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let raw = recorded[name]["raw"].as_str().unwrap();
    let (head, mut chunks) = raw.split_once("\r\n\r\n").unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap();
    assert_eq!(status, "HTTP/1.1 200 OK");
    let headers = headers.lines().map(|line| line.split_once(": ").unwrap());
    let head =
        headers.fold(ResponseHead::new(200), |head, (name, value)| head.header(name, value.trim()));
    let mut body = Vec::new();
    while let Some((length, rest)) = chunks.split_once("\r\n") {
        let (chunk, rest) = rest.split_at(usize::from_str_radix(length, 16).unwrap());
        body.extend_from_slice(chunk.as_bytes());
        chunks = rest.strip_prefix("\r\n").unwrap();
    }
    (head, body)
}

/// Passes a stream in two pieces to a session, and returns the number of polls before the stream ends. The events arrive within the second
/// in which a poll has begun already, so that all of them cause one more.
fn polls(head: &ResponseHead, body: &[u8], cut: usize, millis_between: u64) -> usize {
    let mut driver = TestDriver::started(Mode::Streaming(Duration::from_secs(3_600)));
    driver.serve();
    driver.stream_head(head);
    driver.come_back();
    driver.serve();
    for piece in [&body[..cut], &body[cut..]] {
        driver.tell(Input::Bytes { request_id: driver.stream.unwrap(), bytes: piece });
        driver.pass(millis_between);
    }
    driver.pass(2_000);
    driver.serve();
    let before = driver.polls();
    driver.now += 5_000;
    driver.end_stream(End::Broken("cut"));
    driver.serve();
    assert_eq!(driver.polls(), before + 1, "the end of the stream");
    before
}

#[test]
fn a_cut_at_any_byte_causes_the_same_polls() {
    // The first poll, that after the connect, and that of the events.
    for (name, expected) in [("two_events", 3), ("event_after_33s", 2)] {
        let (head, body) = answer(name);
        for cut in 0..=body.len() {
            for millis in [0, 400] {
                let polls = polls(&head, &body, cut, millis);
                assert_eq!(polls, expected, "{name}, {millis} ms at {cut}");
            }
        }
    }
}
