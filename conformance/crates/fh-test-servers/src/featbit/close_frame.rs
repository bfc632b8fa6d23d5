//! Close frames, and the answers to them.

/// The code and the reason of a close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CloseFrame {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

/// The close frame of a refused connection.
pub(crate) fn refused() -> CloseFrame {
    CloseFrame { code: 4003, reason: "invalid request, close by server".to_owned() }
}

/// The close frame of a connection whose secret could not be looked up.
pub(crate) fn unavailable() -> CloseFrame {
    CloseFrame { code: 1011, reason: "service unavailable, close by server".to_owned() }
}

impl CloseFrame {
    /// Returns the answer to the payload of a client's close frame: the same code and reason, 1000 if there is none, 1002 if it is invalid.
    pub(crate) fn answer_to(payload: &[u8]) -> Self {
        let plain = |code| Self { code, reason: String::new() };
        match payload {
            [] => plain(1000),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                let reason = std::str::from_utf8(reason).ok().filter(|_| is_valid(code));
                reason
                    .map_or_else(|| plain(1002), |reason| Self { code, reason: reason.to_owned() })
            }
            [_] => plain(1002),
        }
    }

    pub(crate) fn payload(&self) -> Vec<u8> {
        let mut payload = self.code.to_be_bytes().to_vec();
        payload.extend(self.reason.as_bytes());
        payload
    }
}

/// Returns true for the codes that .NET accepts.
fn is_valid(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1011 | 3000..=4999)
}
