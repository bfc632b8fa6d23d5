//! The features that the client of a stream holds, and the events that update these features to a newer generation.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use fh_eval::Attributes;
use uuid::Uuid;

use super::context::StreamContext;
use crate::clock::now;
use crate::serving::{Answer, Published, Shown, View, ViewKey, changes, write_change};
use crate::wire::sse::write_event;

/// The features that the client of a stream holds, with the view and the context for which they were rendered.
#[derive(Clone)]
pub(super) struct Copy {
    pub(super) view: ViewKey,
    pub(super) context: StreamContext,
    /// The features that the client holds, because the stream has sent them or the client's `Last-Event-ID` names them. `None` before the
    /// first list.
    pub(super) sent: Option<Arc<Shown>>,
}

/// The kind of thread on which an evaluation for a stream runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EvaluationThread {
    /// The evaluation runs on a thread that serves requests. Other callers with the same context wait for the result.
    Request,
    /// The evaluation waits in a queue and runs on a thread for large evaluations. Other callers do not wait for the result.
    Background,
}

impl Copy {
    pub(super) fn seen<'a>(&self, published: &'a Published) -> Option<&'a View> {
        let position = published.grants.views().iter().position(|view| *view == self.view)?;
        published.view(position)
    }

    /// Returns an upper bound, in evaluation steps, for evaluating all features of the view. The result is 0 if this Edge evaluates nothing
    /// for the view.
    pub(super) fn steps(&self, published: &Published) -> u64 {
        if self.view.is_shared() {
            return 0;
        }
        let attributes = self.attributes(published);
        self.seen(published).map_or(0, |view| view.steps(published, &attributes))
    }

    fn attributes(&self, published: &Published) -> Attributes {
        published.as_read(self.context.attributes().cloned().unwrap_or_default())
    }

    /// Appends the events that update the client from the features sent last to this generation, and records that the client holds this
    /// generation. If the generation has no such view, appends nothing, and the next call writes a whole list.
    pub(super) fn write(
        &mut self,
        published: &Published,
        thread: EvaluationThread,
        ready: &mut VecDeque<Bytes>,
    ) {
        let Some(view) = self.seen(published) else {
            self.sent = None;
            return;
        };
        let id = view.id(self.context.tag());
        match &self.sent {
            None => self.write_all(published, view, &id, thread, ready),
            Some(older) if self.view.is_shared() => {
                ready.push_back(view.delta(older, &id, published));
            }
            Some(older) => ready.push_back(self.evaluated_delta(older, view, &id, published)),
        }
        self.sent = Some(Arc::clone(&view.shown));
    }

    fn write_all(
        &self,
        published: &Published,
        view: &View,
        id: &str,
        thread: EvaluationThread,
        ready: &mut VecDeque<Bytes>,
    ) {
        let answer = match view.key.is_shared() {
            true => Arc::clone(view.shared(published)),
            false => self.evaluated(published, view, thread),
        };
        // All streams that send this list share its bytes, so the list is not copied into the event.
        ready.push_back(Bytes::from(format!("event: features\nid: {id}\ndata: ")));
        ready.push_back(answer.list());
        ready.push_back(Bytes::from_static(b"\n\n"));
    }

    fn evaluated(
        &self,
        published: &Published,
        view: &View,
        thread: EvaluationThread,
    ) -> Arc<Answer> {
        let text = self.context.text();
        let make = || {
            let (attributes, now) = (self.attributes(published), now());
            Answer::of(published, view, self.context.tag(), |list| {
                published.write_view(view, &attributes, now, list);
            })
        };
        match thread {
            EvaluationThread::Request => view.evaluated(text, make),
            EvaluationThread::Background => view.evaluated_if_made(text).unwrap_or_else(|| {
                let answer = Arc::new(make());
                view.keep(text, Arc::clone(&answer));
                answer
            }),
        }
    }

    fn evaluated_delta(
        &self,
        older: &Shown,
        view: &View,
        id: &str,
        published: &Published,
    ) -> Bytes {
        let attributes = self.attributes(published);
        let (now, detail) = (now(), view.key.detail);
        let mut out = String::new();
        let mut written: Vec<Uuid> = Vec::new();
        for change in changes(&older.features, view.features()) {
            let mut data = String::new();
            let name = write_change(&mut data, &change, view, published, |feature, out| {
                written.push(feature.id);
                published.write_evaluated(feature, &attributes, now, detail, out);
            });
            write_event(&mut out, name, Some(id), &data);
        }
        if older.time_state != view.shown.time_state {
            let by_time = view.features().iter().filter(|feature| published.reads_clock(feature));
            for feature in by_time.filter(|feature| !written.contains(&feature.id)) {
                let (mut before, mut data) = (String::new(), String::new());
                let then = older.time_state.time();
                published.write_evaluated(feature, &attributes, then, detail, &mut before);
                published.write_evaluated(feature, &attributes, now, detail, &mut data);
                // When a time rule changes its result, most contexts get the same value as before.
                if data != before {
                    write_event(&mut out, "feature", Some(id), &data);
                }
            }
        }
        Bytes::from(out)
    }
}
