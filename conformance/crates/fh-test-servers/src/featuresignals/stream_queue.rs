//! The events that wait until the thread of a stream writes them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::server::{Ending, locked};

/// Further events are dropped, as the server drops them.
const MOST_EVENTS: usize = 64;

#[derive(Debug)]
pub(crate) enum Item {
    /// The text of an event.
    Event(String),
    /// The server ends the connection.
    End(Ending),
    /// The client has closed the connection.
    Closed,
}

#[derive(Debug, Default)]
pub(crate) struct StreamQueue {
    items: Mutex<VecDeque<Item>>,
    ready: Condvar,
}

impl StreamQueue {
    pub(crate) fn send(&self, item: Item) {
        let mut items = locked(&self.items);
        if matches!(item, Item::Event(_)) && items.len() >= MOST_EVENTS {
            return;
        }
        items.push_back(item);
        drop(items);
        self.ready.notify_all();
    }

    /// Waits for the next item.
    pub(crate) fn next(&self) -> Item {
        let items = locked(&self.items);
        let waited = self.ready.wait_while(items, |items| items.is_empty());
        let item = waited.unwrap_or_else(PoisonError::into_inner).pop_front();
        item.unwrap_or(Item::Closed)
    }
}
