//! A view: what the holders of one sort of key see of an environment, written down once for all of them (D-97).

use std::collections::BTreeSet;
use std::fmt::Write;
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
use super::moment::Moment;
use super::published::Published;
use crate::wire::coding::{Effort, gzip};
use crate::wire::sse::write_event;

/// Are properties shown? (`EXTENDED_DATA`, edge-protocol 2.6)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Detail {
    Plain,
    Extended,
}

/// Who evaluates for the holders of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum EvaluatedBy {
    /// They do: strategies are sent.
    Reader,
    /// This Edge does, for each context.
    Here,
    /// The Edge that is relayed has done so, for the one context of this place.
    Upstream,
}

/// What tells views of one environment apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ViewKey {
    pub(crate) evaluated_by: EvaluatedBy,
    pub(crate) detail: Detail,
    /// Empty: everything is seen.
    pub(crate) filters: BTreeSet<String>,
}

impl ViewKey {
    /// The kind of the keys that see it.
    pub(crate) fn kind(&self) -> KeyKind {
        match self.evaluated_by {
            EvaluatedBy::Reader => KeyKind::ClientEvaluated,
            EvaluatedBy::Here | EvaluatedBy::Upstream => KeyKind::ServerEvaluated,
        }
    }

    /// Is it the same to every context?
    pub(crate) fn is_shared(&self) -> bool {
        self.evaluated_by != EvaluatedBy::Here
    }
}

/// What a view shows. Streams remember what they sent last by this alone: who reads slowly holds no answers and no rules of a
/// generation that is long gone.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) generation: u64,
    /// The moment of its environment (D-96).
    pub(crate) moment: Moment,
    /// Whose rules were followed (D-91).
    pub(crate) profile: Profile,
    /// Those that are seen, in order.
    pub(crate) features: Vec<Arc<ServedFeature>>,
}

/// One view of one generation of an environment.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) key: ViewKey,
    pub(crate) shown: Arc<Shown>,
    /// What stands for the content in etags and ids (D-95).
    pub(crate) tag: Box<str>,
    /// If it is shared: the answer to everybody.
    shared: OnceLock<Arc<Answer>>,
    /// Its body by gzip, if that is worth it.
    shared_gzip: OnceLock<Option<Bytes>>,
    /// What changed since the generation before, for streams of a shared view.
    delta: OnceLock<Bytes>,
    /// If it is not: answers by context, as the header was written. Made when the first one is kept.
    answers: OnceLock<Arc<ViewAnswers>>,
    budget: Arc<AnswerBudget>,
    /// The work that evaluating it can take.
    work: OnceLock<WorkBound>,
    /// How long answers have been.
    size: AtomicUsize,
}

impl View {
    /// Makes the view of an environment as it is.
    pub(crate) fn new(published: &Published, key: &ViewKey, budget: &Arc<AnswerBudget>) -> Self {
        let seen = published.features.iter().filter(|feature| feature.is_visible(&key.filters));
        let features: Vec<Arc<ServedFeature>> = seen.cloned().collect();
        Self {
            tag: tag(published, key, &features).into(),
            key: key.clone(),
            shown: Arc::new(Shown {
                generation: published.generation,
                moment: published.moment.clone(),
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

    /// Those that are seen, in order.
    pub(crate) fn features(&self) -> &[Arc<ServedFeature>] {
        &self.shown.features
    }

    /// The answer of a shared view to those without a context.
    pub(crate) fn shared(&self, published: &Published) -> &Arc<Answer> {
        self.shared.get_or_init(|| {
            Arc::new(Answer::of(published, self, "0", |list| {
                for feature in self.features() {
                    feature.write_with_strategies(list.next(), self.key.detail);
                }
            }))
        })
    }

    /// The same, if somebody has asked for it.
    pub(crate) fn shared_if_made(&self) -> Option<&Arc<Answer>> {
        self.shared.get()
    }

    /// The body of this view's answer to a context by gzip, if that is worth it. What is sent to many is worth more effort.
    pub(crate) fn compressed(&self, header: &str, answer: &Answer) -> Option<Bytes> {
        if self.key.is_shared() {
            let make = || gzip(&answer.body, Effort::Much).map(Bytes::from);
            return self.shared_gzip.get_or_init(make).clone();
        }
        answer.known_gzip().unwrap_or_else(|| {
            let answer = answer.with_gzip();
            let compressed = answer.known_gzip().flatten();
            // In the place of the one without, since it takes more memory.
            self.keep(header, Arc::new(answer));
            compressed
        })
    }

    /// How long an answer will be, most likely.
    pub(super) fn expected_size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    /// Answers are so long; a little more is better than copying them because of one byte.
    pub(super) fn expect(&self, size: usize) {
        self.size.store(size + size / 64, Ordering::Relaxed);
    }

    fn answers(&self) -> &ViewAnswers {
        self.answers.get_or_init(|| ViewAnswers::new(&self.budget, self.features().len()))
    }

    /// The answer to a context that a request wrote like this, if it is kept.
    pub(crate) fn evaluated_if_made(&self, header: &str) -> Option<Arc<Answer>> {
        self.answers.get()?.get(header)
    }

    /// The answer to a context that a request wrote like this. Callers with the same context wait for it meanwhile, so only
    /// what is made at once may be made here.
    pub(crate) fn evaluated(&self, header: &str, make: impl FnOnce() -> Answer) -> Arc<Answer> {
        self.answers().get_or_make(header, make)
    }

    /// Keeps the answer to a context that a request wrote like this.
    pub(crate) fn keep(&self, header: &str, answer: Arc<Answer>) {
        self.answers().keep(header, answer);
    }

    /// The most steps that evaluating everything that is seen takes for a context (D-115).
    pub(crate) fn steps(&self, published: &Published, attributes: &Attributes) -> u64 {
        self.work.get_or_init(|| published.work_of(self)).steps(attributes)
    }

    /// Events that lead from what an older view showed to this one, if it is shared, each with the id of what it leads
    /// to.
    pub(crate) fn delta(&self, older: &Shown, id: &str, published: &Published) -> Bytes {
        let write = |id: &str| {
            let mut out = String::new();
            for change in changes(&older.features, self.features()) {
                let mut data = String::new();
                let name = write_change(&mut data, &change, self, published, |feature, out| {
                    feature.write_with_strategies(out, self.key.detail);
                });
                write_event(&mut out, name, Some(id), &data);
            }
            Bytes::from(out)
        };
        // All who hold the generation before and sent no context get the same bytes.
        if older.generation + 1 == self.shown.generation && id == &*self.tag {
            return self.delta.get_or_init(|| write(id)).clone();
        }
        write(id)
    }

    /// The id of this view for a context: what a stream sends, without quotes.
    pub(crate) fn id(&self, context_tag: &str) -> String {
        if context_tag == "0" {
            self.tag.to_string()
        } else {
            format!("{}//{context_tag}", self.tag)
        }
    }

    /// The same as an etag.
    pub(crate) fn etag(&self, context_tag: &str) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("\"{}\"", self.id(context_tag))).ok()
    }
}

/// A digest of what is seen: equal content has equal tags, over restarts and replicas (D-95). The last digit tells whether
/// properties are shown.
fn tag(published: &Published, key: &ViewKey, features: &[Arc<ServedFeature>]) -> String {
    let mut hash = hmac_sha256::Hash::new();
    hash.update(published.id.as_bytes());
    for feature in features {
        feature.add_to(&mut hash, key.detail);
    }
    if published.settings.profile == Profile::Edge {
        // Holders of client-evaluated keys may ask for evaluated answers, too (D-107).
        for feature in features {
            hash.update(feature.value_id.as_deref().unwrap_or_default());
            hash.update([0]);
        }
        hash.update("edge");
    }
    if key.evaluated_by == EvaluatedBy::Here {
        hash.update("evaluated");
        hash.update(published.moment.tag().unwrap_or_default());
    }
    let digest = hash.finalize();
    let mut tag = String::with_capacity(33);
    for byte in digest.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push(if key.detail == Detail::Extended { '1' } else { '0' });
    tag
}
