//! One request on its way, and what comes back: late, in pieces, cut off, or not at all.

use fh_session::Ticket;

use crate::edge::{Answer, Asked, Ending};
use crate::random::Random;
use crate::world::{News, View};

pub struct Connection {
    pub ticket: Ticket,
    pub asked: Asked,
    pub answer: Option<Answer>,
    pub is_open: bool,
    /// Nothing comes from it any more.
    pub is_over: bool,
    /// Did the client give it up?
    pub is_aborted: bool,
    /// Where it breaks, and how.
    pub cut: Option<(usize, Ending)>,
    pub pieces: Pieces,
    /// Is a piece on its way?
    pub is_flowing: bool,
    /// Whose news it is told.
    pub tells: Option<usize>,
    /// News that let others overtake them.
    pub held_back: Option<News>,
    /// What it was told since its last list.
    pub told: Vec<News>,
    /// What a client serves that has its whole answer.
    pub view: Option<View>,
    /// Does it tell all that changes?
    pub is_honest: bool,
}

/// How bytes are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pieces {
    Whole,
    Some,
    Single,
    /// Few, and slowly.
    Drips,
}

impl Connection {
    pub fn new(ticket: Ticket, asked: Asked, random: &mut Random) -> Self {
        let pieces = match random.below(100) {
            0..70 => Pieces::Whole,
            70..97 => Pieces::Some,
            _ => Pieces::Single,
        };
        Self {
            ticket,
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

    /// Has all that was sent arrived, and said something?
    pub fn is_settled(&self) -> bool {
        let through = self.answer.as_ref().is_some_and(|answer| answer.wire.left() == 0);
        self.is_open && through && self.held_back.is_none()
    }

    /// Bytes that can still come.
    pub fn left(&self) -> usize {
        let Some(answer) = &self.answer else { return 0 };
        match self.cut {
            Some((at, _)) => at.saturating_sub(answer.wire.given()).min(answer.wire.left()),
            None => answer.wire.left(),
        }
    }

    /// How many bytes come next, and after how long.
    pub fn piece(&self, random: &mut Random) -> (usize, u64) {
        let left = self.left();
        match self.pieces {
            Pieces::Whole => (left, random.between(0, 30)),
            Pieces::Some => (random.between(0, left as u64) as usize, random.between(0, 400)),
            Pieces::Single => (1, random.between(0, 3)),
            Pieces::Drips => (random.between(1, 40) as usize, random.between(500, 20_000)),
        }
    }

    /// May these two be told the other way round, so that versions put it right? (edge-protocol 3.5)
    pub fn may_swap(first: &News, second: &News) -> bool {
        let ((id, version), (other, newer)) = (first.version(), second.version());
        id != other || (version > 0 && newer > version)
    }

    /// Something that was told before and is out of date by now, as its version shows.
    pub fn outdated(&self, random: &mut Random) -> Option<News> {
        let outdated: Vec<&News> = self
            .told
            .iter()
            .filter(|news| {
                let (id, version) = news.version();
                let last = self.told.iter().rev().map(News::version).find(|last| last.0 == id);
                version > 0 && last.is_some_and(|last| last.1 > version)
            })
            .collect();
        (!outdated.is_empty()).then(|| outdated[random.index(outdated.len())].clone())
    }
}
