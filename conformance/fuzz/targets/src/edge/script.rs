//! The format of requests in scripts.

use axum::body::Body;
use http::Request;

/// Placeholders for keys and ids in scripts, so that mutations keep them whole.
pub(super) const WORDS: [(&str, &str); 6] = [
    ("@E", "71ed3c04-122b-4312-9ea8-06b2b8d6ceac"),
    ("@C", "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/reader*client"),
    ("@S", "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/reader-server"),
    ("@F", "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/filtered-server"),
    ("@W", "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/writer-server"),
    ("@P", "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0/reader-server"),
];

/// A request as it is sent.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Returns the requests of a script, at most eight. Each consists of `method path`, header lines, an empty line and the
/// body. A line of `====` separates two requests. `@T` stands for the last etag.
pub(super) fn requests(script: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(script);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.windows(6).position(|each| each == b"\n====\n");
        rest = end.and_then(|end| text.get(end + 6..));
        Some(end.map_or(text, |end| &text[..end]))
    })
    .take(8)
}

impl Asked {
    /// Parses a request. `None` if its first line has no method and path.
    pub(super) fn read(text: &[u8], tag: &str) -> Option<Self> {
        let (head, body) = match text.windows(2).position(|each| each == b"\n\n") {
            Some(end) => (&text[..end], &text[end + 2..]),
            None => (text, &b""[..]),
        };
        let mut head = String::from_utf8_lossy(head).into_owned();
        for (word, means) in WORDS {
            head = head.replace(word, means);
        }
        let head = head.replace("@T", tag);
        let mut lines = head.lines();
        let (method, path) = lines.next()?.split_once(' ')?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_string(), value.trim().to_string()));
        Some(Self {
            method: method.to_string(),
            path: path.to_string(),
            headers: headers.collect(),
            body: body.to_vec(),
        })
    }

    /// Returns the request for the router. `None` if it is no valid HTTP.
    pub(super) fn request(&self) -> Option<Request<Body>> {
        let mut request = Request::builder().method(self.method.as_str()).uri(self.path.as_str());
        for (name, value) in &self.headers {
            request = request.header(name.as_str(), value.as_bytes());
        }
        request.body(Body::from(self.body.clone())).ok()
    }

    /// Returns the length of path, headers and body, in bytes.
    pub(super) fn len(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len());
        self.path.len() + headers.sum::<usize>() + self.body.len()
    }

    /// Returns true if the request may contain a client-evaluated key.
    pub(super) fn may_name_a_client_key(&self) -> bool {
        let texts = self.headers.iter().map(|(_, value)| value.as_str());
        texts
            .chain([self.path.as_str()])
            .any(|text| text.contains('*') || text.contains("2A") || text.contains("2a"))
    }

    /// Returns true if path, headers or body contain the text.
    pub(super) fn has(&self, text: &str) -> bool {
        let texts = self.headers.iter().flat_map(|(name, value)| [name.as_str(), value]);
        texts.chain([self.path.as_str()]).any(|each| each.contains(text))
            || self.body.windows(text.len()).any(|each| each == text.as_bytes())
    }
}
