//! The parts of a request that decide which rewrite applies to it.

use super::message::Message;

/// The kinds of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `GET /features` or `GET /features/`.
    Poll,
    /// `GET /features/ENVIRONMENT/KEY`.
    Stream,
    /// `PUT /features/ENVIRONMENT/KEY/FEATURE`.
    Put,
    /// Any other request, and each that is not HTTP/1.1.
    Other,
}

impl Message {
    /// Returns the method of a request.
    pub(super) fn method(&self) -> &str {
        self.first.split(' ').next().unwrap_or_default()
    }

    /// Returns the path and the query of a request.
    pub(super) fn target(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// Returns the path of a request, as it was written.
    pub(super) fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// Returns the query of a request.
    pub(super) fn query(&self) -> &str {
        self.target().split_once('?').map_or("", |(_, query)| query)
    }

    /// Replaces the path and the query of a request.
    pub(super) fn set_target(&mut self, target: &str) {
        self.first = format!("{} {target} HTTP/1.1", self.method());
    }

    /// Returns the kind of a request.
    pub(super) fn kind(&self) -> Kind {
        match (self.method(), self.path().strip_prefix("/features")) {
            ("GET", Some("" | "/")) => Kind::Poll,
            ("GET", Some(path)) if path.len() > 1 => Kind::Stream,
            ("PUT", Some(path)) if path.len() > 1 => Kind::Put,
            _ => Kind::Other,
        }
    }

    /// Returns the keys of a request in their order: `ENVIRONMENT/SECRET`.
    pub(super) fn keys(&self) -> Vec<String> {
        let of_path = || self.path().strip_prefix("/features/").map(str::to_owned);
        match self.kind() {
            Kind::Stream => of_path().into_iter().collect(),
            Kind::Put => {
                let key = of_path().and_then(|path| Some(path.rsplit_once('/')?.0.to_owned()));
                key.into_iter().collect()
            }
            Kind::Poll => {
                let pairs = self.query().split('&');
                let keys = pairs.filter_map(|pair| {
                    pair.strip_prefix("apiKey=").or_else(|| pair.strip_prefix("sdkUrl="))
                });
                keys.map(|key| key.replace("%2F", "/")).collect()
            }
            Kind::Other => Vec::new(),
        }
    }

    /// Returns true if the request has keys and all of them are evaluated by the server.
    pub(super) fn is_server_evaluated(&self) -> bool {
        let keys = self.keys();
        !keys.is_empty() && keys.iter().all(|key| !key.contains('*'))
    }

    /// Returns the context in the header of a request.
    pub(super) fn context(&self) -> &str {
        self.get("x-featurehub").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_each_kind_of_request() {
        let request =
            |line: &str| Message { first: format!("{line} HTTP/1.1"), ..Message::default() };
        let poll = request("GET /features?apiKey=e%2Fk*c&contextSha=0&sdkUrl=e%2Fs");
        assert_eq!(
            (poll.kind(), poll.keys()),
            (Kind::Poll, vec!["e/k*c".to_owned(), "e/s".to_owned()])
        );
        assert!(!poll.is_server_evaluated());
        let stream = request("GET /features/e/s?xfeaturehub=a");
        assert_eq!((stream.kind(), stream.keys()), (Kind::Stream, vec!["e/s".to_owned()]));
        assert!(stream.is_server_evaluated());
        let put = request("PUT /features/default/e/s/FLAG");
        assert_eq!((put.kind(), put.keys()), (Kind::Put, vec!["default/e/s".to_owned()]));
        for other in ["GET /info/version", "OPTIONS /features", "PUT /features", ""] {
            assert_eq!(request(other).kind(), Kind::Other, "{other}");
        }
    }
}
