//! A view is the part of an environment that keys with the same rights see. All of these keys share the answers of the view. If this Edge
//! evaluates the features, each context has its own answer (D-97).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use fh_client::KeyKind;
use fh_eval::{Attributes, Profile, WorkBound};
use http::HeaderValue;

use super::answer::Answer;
use super::answers::{AnswerBudget, ViewAnswers};
use super::change::{changes, write_change};
use super::feature::ServedFeature;
use super::published::Published;
use super::time_state::TimeState;
use crate::digest::{Hash, digits};
use crate::wire::coding::{CompressionLevel, gzip};
use crate::wire::sse::Batch;

/// The amount of data that a view shows of each feature. With [`Self::Extended`], features show their properties, which requires the
/// permission `EXTENDED_DATA` (edge-protocol 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Detail {
    Plain,
    Extended,
}

/// The program that evaluates the features for the clients with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum EvaluatedBy {
    /// The client evaluates, so it receives the strategies.
    Reader,
    /// This Edge evaluates the features for the context of each request.
    Here,
    /// The upstream Edge has evaluated the features for the one context of this cell.
    Upstream,
}

/// The properties that identify a view within an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ViewKey {
    pub(crate) evaluated_by: EvaluatedBy,
    pub(crate) detail: Detail,
    /// The filters of the account. If the account has no filters, all features that are not retired are visible.
    pub(crate) filters: BTreeSet<String>,
}

impl ViewKey {
    /// Returns the kind of the API keys that have this view.
    pub(crate) fn kind(&self) -> KeyKind {
        match self.evaluated_by {
            EvaluatedBy::Reader => KeyKind::ClientEvaluated,
            EvaluatedBy::Here | EvaluatedBy::Upstream => KeyKind::ServerEvaluated,
        }
    }

    /// Returns true if the view's content is the same for every evaluation context.
    pub(crate) fn is_shared(&self) -> bool {
        self.evaluated_by != EvaluatedBy::Here
    }
}

/// The features that a view shows. A stream keeps this value and not the whole generation that it sent last, so that answers and rules of
/// old generations can be freed.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) generation: u64,
    /// The outcome of the environment's rules on `now` in this generation (D-96).
    pub(crate) time_state: TimeState,
    /// The profile under which the features are evaluated (D-91).
    pub(crate) profile: Profile,
    /// The visible features, in the order in which answers list them.
    pub(crate) features: Vec<Arc<ServedFeature>>,
}

/// One view of one generation of an environment.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) key: ViewKey,
    pub(crate) shown: Arc<Shown>,
    /// A digest of the view's content, for etags and event ids (D-95).
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
    work: OnceLock<WorkBound>,
    /// The expected length of an answer in bytes.
    size: AtomicUsize,
}

impl View {
    /// Makes the view that `key` identifies within a generation.
    pub(crate) fn new(published: &Published, key: &ViewKey, budget: &Arc<AnswerBudget>) -> Self {
        let seen = published.features.iter().filter(|feature| feature.is_visible(&key.filters));
        let features: Vec<Arc<ServedFeature>> = seen.cloned().collect();
        Self {
            tag: tag(published, key, &features, ServedFeature::add_to).into(),
            values_tag: OnceLock::new(),
            is_evaluated_at_once: published.evaluates_at_once(&features),
            key: key.clone(),
            shown: Arc::new(Shown {
                generation: published.generation,
                time_state: published.time_state.clone(),
                profile: published.settings.profile,
                features,
            }),
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
    pub(crate) fn values_tag(&self, published: &Published) -> &str {
        self.values_tag.get_or_init(|| {
            tag(published, &self.key, self.features(), ServedFeature::add_values_to).into()
        })
    }

    /// Returns the answer of a shared view to requests without a context. The first call renders the answer.
    pub(crate) fn shared(&self, published: &Published) -> &Arc<Answer> {
        self.shared.get_or_init(|| {
            Arc::new(Answer::of(published, self, "0", |list| {
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
    pub(super) fn expected_size(&self) -> usize {
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
    pub(super) fn expect(&self, size: usize) {
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

    /// Returns the largest number of steps that evaluating the view once for a context can take (D-115).
    pub(crate) fn steps(&self, published: &Published, attributes: &Attributes) -> u64 {
        self.work.get_or_init(|| published.work_of(self)).steps(attributes)
    }

    /// Returns the stream events for all differences between an older state of a shared view and this one. `id` is the id of this state.
    pub(crate) fn delta(&self, older: &Shown, id: &str, published: &Published) -> Bytes {
        let write = |id: &str| {
            let mut batch = Batch::default();
            for change in changes(&older.features, self.features()) {
                let mut data = String::new();
                let name = write_change(&mut data, &change, self, published, |feature, out| {
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
/// tags (D-95). The last digit is 1 for [`Detail::Extended`], else 0. `add` adds the content of one feature to the digest.
fn tag(
    published: &Published,
    key: &ViewKey,
    features: &[Arc<ServedFeature>],
    add: fn(&ServedFeature, &mut Hash, Detail),
) -> String {
    let mut hash = Hash::new();
    hash.update(published.id.as_bytes());
    for feature in features {
        add(feature, &mut hash, key.detail);
    }
    if published.settings.profile == Profile::Edge {
        // Clients with client-evaluated keys may request evaluated answers, too (D-107), which depend on these ids.
        for feature in features {
            hash.update(feature.value_id.as_deref().unwrap_or_default());
            hash.update([0]);
        }
        hash.update("edge");
    }
    if key.evaluated_by == EvaluatedBy::Here {
        hash.update("evaluated");
        hash.update(published.time_state.tag().unwrap_or_default());
    }
    let mut tag = digits(&hash.finalize(), 16);
    tag.push(if key.detail == Detail::Extended { '1' } else { '0' });
    tag
}
