//! A connection with one request and its response, which may be late, cut into pieces, broken off or missing.

use fh_session::RequestId;

use crate::edge::{Answer, Ending, ReceivedRequest};
use crate::random::Random;
use crate::world::{EdgeEvent, View};

pub struct Connection {
    pub request_id: RequestId,
    pub asked: ReceivedRequest,
    pub answer: Option<Answer>,
    pub is_open: bool,
    /// True if no more input comes from this connection.
    pub is_over: bool,
    /// True if the client has aborted the request.
    pub is_aborted: bool,
    /// The byte at which the connection breaks, and how it ends.
    pub cut: Option<(usize, Ending)>,
    pub pieces: Pieces,
    /// True if a piece is on its way.
    pub is_flowing: bool,
    /// The environment whose updates the stream sends.
    pub tells: Option<usize>,
    /// An update that later ones may overtake.
    pub held_back: Option<EdgeEvent>,
    /// The updates that were sent since the last list.
    pub told: Vec<EdgeEvent>,
    /// The features that a client serves after it has received the whole response.
    pub view: Option<View>,
    /// True if the connection sends all changes.
    pub is_honest: bool,
}

/// The sizes of the pieces into which the bytes are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pieces {
    Whole,
    Some,
    Single,
    /// A few bytes at long intervals.
    Drips,
}

impl Connection {
    pub fn new(request_id: RequestId, asked: ReceivedRequest, random: &mut Random) -> Self {
        let pieces = match random.below(100) {
            0..70 => Pieces::Whole,
            70..97 => Pieces::Some,
            _ => Pieces::Single,
        };
        Self {
            request_id,
            asked,
            answer: None,
            is_open: false,
            is_over: false,
            is_aborted: false,
            cut: None,
            pieces,
            is_flowing: false,
            tells: None,
            held_back: None,
            told: Vec::new(),
            view: None,
            is_honest: false,
        }
    }

    /// Returns true if the response is open and everything that was sent has arrived.
    pub fn is_settled(&self) -> bool {
        let through = self.answer.as_ref().is_some_and(|answer| answer.wire.left() == 0);
        self.is_open && through && self.held_back.is_none()
    }

    /// Returns the number of bytes that can still arrive.
    pub fn left(&self) -> usize {
        let Some(answer) = &self.answer else { return 0 };
        match self.cut {
            Some((at, _)) => at.saturating_sub(answer.wire.given()).min(answer.wire.left()),
            None => answer.wire.left(),
        }
    }

    /// Returns the size of the next piece in bytes, and its delay in milliseconds.
    pub fn piece(&self, random: &mut Random) -> (usize, u64) {
        let left = self.left();
        match self.pieces {
            Pieces::Whole => (left, random.between(0, 30)),
            Pieces::Some => (random.between(0, left as u64) as usize, random.between(0, 400)),
            Pieces::Single => (1, random.between(0, 3)),
            Pieces::Drips => (random.between(1, 40) as usize, random.between(500, 20_000)),
        }
    }

    /// Returns true if these two updates may arrive in the opposite order, because their versions reveal the right order (edge-protocol
    /// 3.5).
    pub fn may_swap(first: &EdgeEvent, second: &EdgeEvent) -> bool {
        let ((id, version), (other, newer)) = (first.version(), second.version());
        id != other || (version > 0 && newer > version)
    }

    /// Returns an update that was sent before and that a later one has made outdated.
    pub fn outdated(&self, random: &mut Random) -> Option<EdgeEvent> {
        let outdated: Vec<&EdgeEvent> = self
            .told
            .iter()
            .filter(|news| {
                let id = news.version().0;
                let last = self.told.iter().rev().find(|last| last.version().0 == id);
                last.is_some_and(|last| last.outdates(news))
            })
            .collect();
        (!outdated.is_empty()).then(|| outdated[random.index(outdated.len())].clone())
    }
}
