//! Complete HTTP/1.1 messages that a rewrite can change.

use serde_json::Value;

/// A request or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Message {
    /// The request line or the status line.
    pub(super) first: String,
    /// The headers as they were written. Names are compared without regard to case.
    pub(super) headers: Vec<(String, String)>,
    /// The body without its framing; `None` if the message is the head of an event stream.
    pub(super) body: Option<Vec<u8>>,
}

impl Message {
    /// Parses a head, which ends with an empty line. Returns `None` if it is not HTTP/1.1.
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
        let mut lines = text.split("\r\n");
        let first = lines.next().filter(|line| line.contains("HTTP/1.1"))?.to_owned();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        });
        Some(Self { first, headers: headers.collect::<Option<_>>()?, body: Some(Vec::new()) })
    }

    /// Returns the message as bytes. A body gets a `content-length`, unless the message cannot have one.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut message = self.clone();
        let body = self.body.clone().unwrap_or_default();
        if !body.is_empty() {
            message.remove("transfer-encoding");
            message.set("content-length", &body.len().to_string());
        }
        let mut out = message.first;
        for (name, value) in &message.headers {
            out.push_str(&format!("\r\n{name}: {value}"));
        }
        out.push_str("\r\n\r\n");
        let mut out = out.into_bytes();
        out.extend(body);
        out
    }

    /// Returns the first value of a header.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Removes all values of a header.
    pub(super) fn remove(&mut self, name: &str) {
        self.headers.retain(|(each, _)| !each.eq_ignore_ascii_case(name));
    }

    /// Replaces all values of a header by this one.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Changes the value of a header, if there is one.
    pub(super) fn change(&mut self, name: &str, change: impl Fn(&str) -> String) {
        for (each, value) in &mut self.headers {
            if each.eq_ignore_ascii_case(name) {
                *value = change(value);
            }
        }
    }

    /// Returns the status of an answer; 0 if the message is not an answer.
    pub(super) fn status(&self) -> u16 {
        self.first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// Replaces the status of an answer.
    pub(super) fn set_status(&mut self, status: u16) {
        self.first = format!("HTTP/1.1 {status} Rewritten");
    }

    /// Replaces the status and the body of an answer.
    pub(super) fn answer(&mut self, status: u16, body: &str) {
        self.set_status(status);
        self.remove("transfer-encoding");
        self.set("content-length", &body.len().to_string());
        self.body = Some(body.as_bytes().to_vec());
    }

    /// Returns the body as JSON, or `Null`.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(self.body.as_deref().unwrap_or_default()).unwrap_or_default()
    }

    /// Replaces the body by JSON.
    pub(super) fn set_json(&mut self, value: &Value) {
        self.body = Some(value.to_string().into_bytes());
    }

    /// Returns true if the message announces an event stream.
    pub(super) fn is_stream(&self) -> bool {
        self.status() == 200
            && self.get("content-type").is_some_and(|value| value.starts_with("text/event-stream"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_what_is_not_changed() {
        let head = b"PUT /features/e/k/A HTTP/1.1\r\nHost: x\r\nbaggage: a: b\r\n\r\n";
        let mut message = Message::parse(head).unwrap();
        assert_eq!(message.to_bytes(), head);
        assert_eq!(message.get("BAGGAGE"), Some("a: b"));
        message.body = Some(b"{}".to_vec());
        assert!(message.to_bytes().ends_with(b"\r\ncontent-length: 2\r\n\r\n{}"));
        message.remove("host");
        assert_eq!(message.get("host"), None);
    }

    #[test]
    fn what_is_not_http_is_no_message() {
        for bytes in [
            &b"GET /features\r\n\r\n"[..],
            b"GET / HTTP/1.1\r\nno header\r\n\r\n",
            b"\xff HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(Message::parse(bytes), None);
        }
    }

    #[test]
    fn an_answer_with_another_status_and_body() {
        let head = b"HTTP/1.1 403 Forbidden\r\ntransfer-encoding: chunked\r\n\r\n";
        let mut answer = Message::parse(head).unwrap();
        assert_eq!(answer.status(), 403);
        answer.answer(200, "");
        assert_eq!(answer.to_bytes(), b"HTTP/1.1 200 Rewritten\r\ncontent-length: 0\r\n\r\n");
    }
}
