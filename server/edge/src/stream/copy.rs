//! The features that the client of a stream holds, and the events that update these features to a newer generation.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use fh_eval::Attributes;
use uuid::Uuid;

use super::context::StreamContext;
use crate::clock::now;
use crate::evaluations::Caller;
use crate::serving::{Answer, Published, Shown, View, ViewKey, changes, write_change};
use crate::wire::sse::Batch;

/// The features that the client of a stream holds, with the view and the context for which they were rendered.
#[derive(Clone)]
pub(super) struct Copy {
    pub(super) view: ViewKey,
    pub(super) context: StreamContext,
    /// The features that the client holds, because the stream has sent them or the client's `Last-Event-ID` names them. `None` if the
    /// client is to get a whole list next.
    pub(super) sent: Option<Arc<Shown>>,
}

/// The kind of thread on which an evaluation for a stream runs.
#[derive(Clone, Copy)]
pub(super) enum EvaluationThread<'a> {
    /// The evaluation runs on a thread that serves requests. While a whole list is evaluated, other callers with the same context wait for
    /// the list.
    Request,
    /// The evaluation waits in a queue and runs on a thread for large evaluations. Other callers do not wait for the result. The evaluation
    /// stops early if the client of the stream, which is the caller, disconnects.
    Background(&'a Caller),
}

impl EvaluationThread<'_> {
    /// Returns true if the evaluation runs in the background and the client of the stream has disconnected, so that the result is of no
    /// use.
    fn is_abandoned(self) -> bool {
        matches!(self, Self::Background(caller) if caller.has_left())
    }
}

impl Copy {
    pub(super) fn seen<'a>(&self, published: &'a Published) -> Option<&'a View> {
        let position = published.grants.views().iter().position(|view| *view == self.view)?;
        published.view(position)
    }

    /// Returns true if other streams get the bytes of the next events as well: a whole list of a shared view, or the cached differences to
    /// the generation before.
    pub(super) fn shares_events(&self, published: &Published) -> bool {
        let is_cached = |sent: &Arc<Shown>| {
            self.context.tag() == "0" && sent.generation + 1 == published.generation
        };
        self.view.is_shared() && self.sent.as_ref().is_none_or(is_cached)
    }

    /// Returns an upper bound, in evaluation steps, for evaluating all features of the view. The result is 0 if this Edge evaluates nothing
    /// for the view, or if the generation has no such view.
    pub(super) fn steps(&self, published: &Published) -> u64 {
        if self.view.is_shared() {
            return 0;
        }
        let attributes = self.attributes(published);
        self.seen(published).map_or(0, |view| published.steps_of_view(view, &attributes))
    }

    fn attributes(&self, published: &Published) -> Attributes {
        published.as_read(self.context.attributes().cloned().unwrap_or_default())
    }

    /// Appends the events that update the client from the features sent last to this generation, and records that the client holds this
    /// generation. If the generation has no such view, appends nothing, and the next call writes a whole list. If the client disconnects
    /// during an evaluation in the background, appends and records nothing.
    pub(super) fn write(
        &mut self,
        published: &Published,
        thread: EvaluationThread<'_>,
        ready: &mut VecDeque<Bytes>,
    ) {
        let Some(view) = self.seen(published) else {
            self.sent = None;
            return;
        };
        let id = view.id(self.context.tag());
        let written = match &self.sent {
            None => self.write_all(published, view, &id, thread, ready),
            Some(older) => {
                let delta = match self.view.is_shared() {
                    true => Some(view.delta(older, &id, &published.features)),
                    false => self.evaluated_delta(older, view, &id, published, thread),
                };
                delta.map(|delta| ready.push_back(delta))
            }
        };
        if written.is_some() {
            self.sent = Some(Arc::clone(&view.shown));
        }
    }

    /// Appends the event with the whole list of features. If the client disconnects during an evaluation in the background, appends nothing
    /// and returns `None`.
    fn write_all(
        &self,
        published: &Published,
        view: &View,
        id: &str,
        thread: EvaluationThread<'_>,
        ready: &mut VecDeque<Bytes>,
    ) -> Option<()> {
        let answer = match view.key.is_shared() {
            true => Arc::clone(view.shared()),
            false => self.evaluated(published, view, thread)?,
        };
        // Several streams may send this list and share its bytes, so the list is not copied into the event.
        ready.push_back(Bytes::from(format!("event: features\nid: {id}\ndata: ")));
        ready.push_back(answer.list());
        ready.push_back(Bytes::from_static(b"\n\n"));
        Some(())
    }

    /// Returns the list of features for the context of the stream, or `None` if the client disconnects during an evaluation in the
    /// background.
    fn evaluated(
        &self,
        published: &Published,
        view: &View,
        thread: EvaluationThread<'_>,
    ) -> Option<Arc<Answer>> {
        let (text, tag) = (self.context.text(), self.context.tag());
        match thread {
            EvaluationThread::Request => Some(view.evaluated(text, || {
                let attributes = self.attributes(published);
                view.render(tag, |list| {
                    published.write_view(view, &attributes, now(), list);
                })
            })),
            EvaluationThread::Background(caller) => {
                let attributes = self.attributes(published);
                published.answer_for(view, (text, tag), &attributes, caller)
            }
        }
    }

    /// Returns the events of all differences between the features sent last and this generation. Returns `None` if the client disconnects
    /// during an evaluation in the background.
    fn evaluated_delta(
        &self,
        older: &Shown,
        view: &View,
        id: &str,
        published: &Published,
        thread: EvaluationThread<'_>,
    ) -> Option<Bytes> {
        let attributes = self.attributes(published);
        let (now, detail) = (now(), view.key.detail);
        let mut batch = Batch::default();
        let mut written: Vec<Uuid> = Vec::new();
        for change in changes(&older.features, view.features()) {
            if thread.is_abandoned() {
                return None;
            }
            let mut data = String::new();
            let all = &published.features;
            let name = write_change(&mut data, &change, &view.key, all, |feature, out| {
                written.push(feature.id);
                published.write_evaluated(feature, &attributes, now, detail, out);
            });
            batch.add(name, data);
        }
        if older.time_state != view.shown.time_state {
            let by_time = view.features().iter().filter(|feature| published.reads_clock(feature));
            for feature in by_time.filter(|feature| !written.contains(&feature.id)) {
                if thread.is_abandoned() {
                    return None;
                }
                let (mut before, mut data) = (String::new(), String::new());
                let then = older.time_state.time();
                published.write_evaluated(feature, &attributes, then, detail, &mut before);
                published.write_evaluated(feature, &attributes, now, detail, &mut data);
                // When a time rule changes its result, contexts may get the same value as before.
                if data != before {
                    batch.add("feature", data);
                }
            }
        }
        Some(batch.end(id))
    }
}
