//! A view is the part of an environment that keys with the same rights see. All of these keys share the answers of the view. If this Edge
//! evaluates the features, each context has its own answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use fh_eval::{Profile, WorkBound};
use http::HeaderValue;
use uuid::Uuid;

use super::answer::{Answer, List};
use super::answers::{AnswerBudget, ViewAnswers};
use super::change::{changes, write_change};
use super::feature::ServedFeature;
use super::time_state::TimeState;
use super::view_key::{Detail, EvaluatedBy, ViewKey};
use crate::digest::{Hash, digits};
use crate::wire::coding::{CompressionLevel, gzip};
use crate::wire::sse::Batch;

/// The features that a view shows. A stream keeps this value and not the whole generation that it sent last, so that answers and rules of
/// old generations can be freed.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) generation: u64,
    /// The outcome of the environment's rules on `now` in this generation.
    pub(crate) time_state: TimeState,
    /// The profile under which the features are evaluated.
    pub(crate) profile: Profile,
    /// The visible features, in the order in which answers list them.
    pub(crate) features: Vec<Arc<ServedFeature>>,
}

/// One view of one generation of an environment.
#[derive(Debug)]
pub(crate) struct View {
    /// The id of the environment.
    id: Uuid,
    pub(crate) key: ViewKey,
    pub(crate) shown: Arc<Shown>,
    /// A digest of the view's content, for etags and event ids.
    pub(crate) tag: Box<str>,
    /// The tag of the content without locks and versions, which the answers of OFREP do not show.
    values_tag: OnceLock<Box<str>>,
    /// The answer of a shared view to requests without a context.
    shared: OnceLock<Arc<Answer>>,
    /// The compressed body of the shared answer. The inner `None` means that the body is sent uncompressed, because it is short or
    /// compression saves less than half of it.
    shared_gzip: OnceLock<Option<Bytes>>,
    /// The stream events for all differences between the previous generation and this one, for streams of a shared view without a context.
    delta: OnceLock<Bytes>,
    /// The evaluated answers of a view that is not shared, by the text of the context in the request. The cache is created when the first
    /// answer is cached.
    answers: OnceLock<Arc<ViewAnswers>>,
    budget: Arc<AnswerBudget>,
    /// True if one pass over all features of the ruleset evaluates the view.
    pub(super) is_evaluated_at_once: bool,
    /// An upper bound, in evaluation steps, of the work of evaluating the view once.
    pub(super) work: OnceLock<WorkBound>,
    /// The expected length of an answer in bytes.
    size: AtomicUsize,
}

impl View {
    /// Makes the view that `key` identifies within a generation of the environment with this id.
    pub(super) fn new(
        id: Uuid,
        key: &ViewKey,
        shown: Shown,
        is_evaluated_at_once: bool,
        budget: &Arc<AnswerBudget>,
    ) -> Self {
        Self {
            id,
            tag: tag(id, key, &shown, ServedFeature::add_to).into(),
            values_tag: OnceLock::new(),
            is_evaluated_at_once,
            key: key.clone(),
            shown: Arc::new(shown),
            shared: OnceLock::new(),
            shared_gzip: OnceLock::new(),
            delta: OnceLock::new(),
            answers: OnceLock::new(),
            budget: Arc::clone(budget),
            work: OnceLock::new(),
            size: AtomicUsize::new(0),
        }
    }

    /// Returns the visible features, in the order in which answers list them.
    pub(crate) fn features(&self) -> &[Arc<ServedFeature>] {
        &self.shown.features
    }

    /// Returns a digest of what the answers of OFREP depend on: the content without locks and versions.
    pub(crate) fn values_tag(&self) -> &str {
        self.values_tag.get_or_init(|| {
            tag(self.id, &self.key, &self.shown, ServedFeature::add_values_to).into()
        })
    }

    /// Renders an answer of the view. `write` appends the features to the list.
    pub(crate) fn render(&self, context_tag: &str, write: impl FnOnce(&mut List)) -> Answer {
        let answer =
            Answer::new(self.id, self.expected_size(), write).with_etag(self.etag(context_tag));
        self.expect(answer.body.len());
        answer
    }

    /// Returns the answer of a shared view to requests without a context. The first call renders the answer.
    pub(crate) fn shared(&self) -> &Arc<Answer> {
        self.shared.get_or_init(|| {
            Arc::new(self.render("0", |list| {
                for feature in self.features() {
                    feature.write_with_strategies(list.next(), self.key.detail);
                }
            }))
        })
    }

    /// Returns the answer of a shared view, or `None` if no call has rendered it yet.
    pub(crate) fn shared_if_made(&self) -> Option<&Arc<Answer>> {
        self.shared.get()
    }

    /// Returns the gzip-compressed body of an answer. Returns `None` if the body is short, or if compression saves less than half of it. A
    /// shared view uses a higher compression level, since its body may be sent to many clients. `header` is the text of the request's
    /// context.
    pub(crate) fn compressed(&self, header: &str, answer: &Answer) -> Option<Bytes> {
        if self.key.is_shared() {
            let make = || gzip(&answer.body, CompressionLevel::Much).map(Bytes::from);
            return self.shared_gzip.get_or_init(make).clone();
        }
        answer.known_gzip().unwrap_or_else(|| {
            let answer = answer.with_gzip();
            let compressed = answer.known_gzip().flatten();
            // The answer with both bodies replaces the cached one, so that the cache counts the additional memory.
            self.keep(header, Arc::new(answer));
            compressed
        })
    }

    /// Returns the expected length of an answer in bytes.
    fn expected_size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    /// Returns the number of bytes for which a request reserves memory before its answer is made. Before the first answer, this is an upper
    /// bound.
    pub(crate) fn answer_bytes(&self) -> usize {
        match self.expected_size() {
            0 => self.features().iter().map(|feature| feature.most_bytes()).sum(),
            size => size,
        }
    }

    /// Sets the expected length of answers to `size` bytes plus a 64th of `size`, so that a slightly longer answer needs no reallocation.
    fn expect(&self, size: usize) {
        self.size.store(size + size / 64, Ordering::Relaxed);
    }

    fn answers(&self) -> &ViewAnswers {
        self.answers.get_or_init(|| ViewAnswers::new(&self.budget, self.features().len()))
    }

    /// Returns the cached answer for the text of a request's context; `None` if there is none.
    pub(crate) fn evaluated_if_made(&self, header: &str) -> Option<Arc<Answer>> {
        self.answers.get()?.get(header)
    }

    /// Returns the cached answer for the text of a request's context, or makes and caches the answer. Other callers with the same context
    /// wait for `make`, so `make` must not take long.
    pub(crate) fn evaluated(&self, header: &str, make: impl FnOnce() -> Answer) -> Arc<Answer> {
        self.answers().get_or_make(header, make)
    }

    /// Caches an answer for `header`, the text of a request's context.
    pub(crate) fn keep(&self, header: &str, answer: Arc<Answer>) {
        self.answers().keep(header, answer);
    }

    /// Returns the stream events for all differences between an older state of a shared view and this one. `id` is the id of this state, and
    /// `all` are all features of its generation.
    pub(crate) fn delta(&self, older: &Shown, id: &str, all: &[Arc<ServedFeature>]) -> Bytes {
        let write = |id: &str| {
            let mut batch = Batch::default();
            for change in changes(&older.features, self.features()) {
                let mut data = String::new();
                let name = write_change(&mut data, &change, &self.key, all, |feature, out| {
                    feature.write_with_strategies(out, self.key.detail);
                });
                batch.add(name, data);
            }
            batch.end(id)
        };
        // All streams that sent the previous generation last, and whose clients gave no context, get the same bytes.
        if older.generation + 1 == self.shown.generation && id == &*self.tag {
            return self.delta.get_or_init(|| write(id)).clone();
        }
        write(id)
    }

    /// Returns the id of this view for one context, which stream events carry. The id contains no quotes.
    pub(crate) fn id(&self, context_tag: &str) -> String {
        if context_tag == "0" {
            self.tag.to_string()
        } else {
            format!("{}//{context_tag}", self.tag)
        }
    }

    /// Returns the id of this view for one context, in quotes, as the value of an `etag` header; `None` if the id is not a valid header
    /// value.
    pub(crate) fn etag(&self, context_tag: &str) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("\"{}\"", self.id(context_tag))).ok()
    }
}

/// Returns a digest of the content that a view shows. The digest does not depend on the process, so that restarts and replicas give equal
/// tags. The last digit is 1 for [`Detail::Extended`], else 0. `add` adds the content of one feature to the digest.
fn tag(
    id: Uuid,
    key: &ViewKey,
    shown: &Shown,
    add: fn(&ServedFeature, &mut Hash, Detail),
) -> String {
    let mut hash = Hash::new();
    hash.update(id.as_bytes());
    for feature in &shown.features {
        add(feature, &mut hash, key.detail);
    }
    if shown.profile == Profile::Edge {
        // Clients with client-evaluated keys may request evaluated answers, too (D-107), which depend on these ids.
        for feature in &shown.features {
            hash.update(feature.value_id.as_deref().unwrap_or_default());
            hash.update([0]);
        }
        hash.update("edge");
    }
    if key.evaluated_by == EvaluatedBy::Here {
        hash.update("evaluated");
        hash.update(shown.time_state.tag().unwrap_or_default());
    }
    let mut tag = digits(&hash.finalize(), 16);
    tag.push(if key.detail == Detail::Extended { '1' } else { '0' });
    tag
}
