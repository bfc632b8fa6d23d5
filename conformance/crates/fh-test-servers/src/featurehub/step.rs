//! The steps of a behaviour.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::featurehub::behaviour::Behaviour;
use crate::featurehub::connection::Closing;
use crate::featurehub::edge::EdgeHandle;
use crate::featurehub::request::Request;

/// The way in which the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `transfer-encoding: chunked`. Each step is a chunk of its own.
    Chunked,
    /// `content-length`, counted from the steps that follow.
    Length,
    /// `content-length` with this number, correct or not.
    Declared(u64),
    /// No length: the body ends with the connection, as in HTTP/1.0.
    UntilClose,
}

#[derive(Clone)]
pub(crate) enum Step {
    Head(Head),
    /// A header for the next head, which may be that of a healthy answer.
    Header(String, String),
    Body(Vec<u8>),
    /// Bytes without framing.
    Raw(Vec<u8>),
    Fill(u8, u64),
    Environments,
    Features,
    Pace(Pace),
    Sleep(Duration),
    Signal(String),
    Hang,
    Live,
    Healthy(Option<u16>),
    Call(Arc<dyn Fn(&EdgeHandle) + Send + Sync>),
    Choose(Arc<dyn Fn(&Request) -> Behaviour + Send + Sync>),
    Redirect(u16, RedirectTo),
    Close(Closing),
}

impl Step {
    /// Returns true if the step sends the head of an answer with a status of its own.
    pub(crate) fn is_head(&self) -> bool {
        matches!(self, Self::Head(_) | Self::Redirect(..))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) version: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) framing: Framing,
}

impl Head {
    pub(crate) fn new(status: u16, framing: Framing) -> Self {
        Self { status, version: "1.1", headers: Vec::new(), framing }
    }

    /// Sets a header unless there is one of the same name.
    pub(crate) fn set_missing(&mut self, name: &str, value: &str) {
        if !self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            self.set(name, value);
        }
    }

    /// Sets a header. A header of the same name is replaced.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// The target of a redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectTo {
    /// The same URL, so that clients loop.
    Itself,
    /// The same path and query at another origin, such as `http://127.0.0.1:9`.
    Origin(String),
    /// The same path and query of this origin after a prefix, such as `/moved`.
    Prefix(String),
    /// Exactly this location.
    Exactly(String),
}

/// The sizes and delays of writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    /// The sizes of consecutive writes; the last one is repeated. If empty, writes are not split.
    pub(crate) sizes: Vec<usize>,
    /// The delay between two writes.
    pub(crate) delay: Duration,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(head) => write!(f, "Head({} {:?})", head.status, head.framing),
            Self::Header(name, _) => write!(f, "Header({name})"),
            Self::Body(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Self::Raw(bytes) => write!(f, "Raw({} bytes)", bytes.len()),
            Self::Fill(byte, count) => write!(f, "Fill({byte:#04x}, {count})"),
            Self::Environments => write!(f, "Environments"),
            Self::Features => write!(f, "Features"),
            Self::Pace(pace) => write!(f, "{pace:?}"),
            Self::Sleep(pause) => write!(f, "Sleep({pause:?})"),
            Self::Signal(name) => write!(f, "Signal({name})"),
            Self::Hang => write!(f, "Hang"),
            Self::Live => write!(f, "Live"),
            Self::Healthy(status) => write!(f, "Healthy({status:?})"),
            Self::Call(_) => write!(f, "Call"),
            Self::Choose(_) => write!(f, "Choose"),
            Self::Redirect(status, to) => write!(f, "Redirect({status}, {to:?})"),
            Self::Close(how) => write!(f, "Close({how:?})"),
        }
    }
}
