//! The cache of evaluated answers, and its limit of memory for all views together (`--answer-cache`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::answer::Answer;

/// The memory that evaluated answers of all views of an Edge may take together, in bytes. If it is exceeded, the view that was used least
/// recently loses all its answers.
#[derive(Debug)]
pub(crate) struct AnswerBudget {
    limit: u64,
    /// The bytes that the answers of all views take.
    held: AtomicU64,
    /// A logical clock that orders the uses of views. It advances by two whenever an answer is kept. A cache hit counts as one after the
    /// last answer that was kept.
    clock: AtomicU64,
    views: Mutex<Vec<Weak<ViewAnswers>>>,
}

/// The evaluated answers of one view, by context as the request wrote it.
#[derive(Debug)]
pub(super) struct ViewAnswers {
    budget: Arc<AnswerBudget>,
    answers: Cache<String, Arc<Answer>, ByBytes>,
    /// The bytes of this view that are counted in the budget.
    held: AtomicU64,
    /// The budget's clock when an answer was last found or kept here.
    used: AtomicU64,
}

/// Weighs answers by the memory that they take, so that the cache is bounded in bytes.
#[derive(Debug, Clone)]
struct ByBytes;

/// The assumed memory of an entry beside its bytes.
const ENTRY: u64 = 256;

impl Weighter<String, Arc<Answer>> for ByBytes {
    fn weight(&self, context: &String, answer: &Arc<Answer>) -> u64 {
        (context.len() + answer.memory()) as u64 + ENTRY
    }
}

impl AnswerBudget {
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            limit,
            held: AtomicU64::new(0),
            clock: AtomicU64::new(0),
            views: Mutex::default(),
        })
    }

    /// Returns the bytes that all answers take at this moment.
    pub(crate) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Evicts the answers of other views, the least recently used view first, until the limit holds. The cache of one view is bounded by
    /// the same limit, so `kept` itself is never evicted here.
    fn make_room_for(&self, kept: &ViewAnswers) {
        let views: Vec<Arc<ViewAnswers>> = {
            let views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
            views.iter().filter_map(Weak::upgrade).collect()
        };
        while self.held() > self.limit {
            let others = views.iter().filter(|view| !std::ptr::eq(&***view, kept));
            let held = others.filter(|view| view.held.load(Ordering::Relaxed) > 0);
            let Some(oldest) = held.min_by_key(|view| view.used.load(Ordering::Relaxed)) else {
                return;
            };
            oldest.answers.clear();
            oldest.account();
        }
    }
}

impl ViewAnswers {
    /// Makes the cache of a view with this number of features.
    pub(super) fn new(budget: &Arc<AnswerBudget>, features: usize) -> Arc<Self> {
        let answer_size = 256 * features as u64 + ENTRY;
        let expected = usize::try_from(budget.limit / answer_size).unwrap_or(usize::MAX);
        let answers = Cache::with_weighter(expected.clamp(8, 1 << 16), budget.limit, ByBytes);
        let this = Arc::new(Self {
            budget: Arc::clone(budget),
            answers,
            held: AtomicU64::new(0),
            used: AtomicU64::new(0),
        });
        let mut views = budget.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.push(Arc::downgrade(&this));
        this
    }

    pub(super) fn get(&self, context: &str) -> Option<Arc<Answer>> {
        let found = self.answers.get(context)?;
        // All readers read this value, but it is written only if an answer was kept since. Otherwise every cache hit would write to a cache
        // line that all processors share.
        let now = self.budget.clock.load(Ordering::Relaxed) + 1;
        if self.used.load(Ordering::Relaxed) != now {
            self.used.store(now, Ordering::Relaxed);
        }
        Some(found)
    }

    /// Returns the answer to a context, and makes it if it is not kept. Other callers with the same context wait meanwhile, so `make` must
    /// not block.
    pub(super) fn get_or_make(&self, context: &str, make: impl FnOnce() -> Answer) -> Arc<Answer> {
        if let Some(found) = self.get(context) {
            return found;
        }
        let kept = self
            .answers
            .get_or_insert_with(context, || Ok::<_, std::convert::Infallible>(Arc::new(make())));
        let answer = match kept {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        self.was_kept();
        answer
    }

    /// Keeps an answer. It replaces another one to the same context.
    pub(super) fn keep(&self, context: &str, answer: Arc<Answer>) {
        self.answers.insert(context.to_string(), answer);
        self.was_kept();
    }

    fn was_kept(&self) {
        let now = self.budget.clock.fetch_add(2, Ordering::Relaxed) + 2;
        self.used.store(now, Ordering::Relaxed);
        self.account();
        if self.budget.held() > self.budget.limit {
            self.budget.make_room_for(self);
        }
    }

    /// Updates the budget to the bytes that this view holds now.
    fn account(&self) {
        let now = self.answers.weight();
        let before = self.held.swap(now, Ordering::Relaxed);
        // The difference may be negative. It wraps around, and the sum over all views is right.
        self.budget.held.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }
}

impl Drop for ViewAnswers {
    fn drop(&mut self) {
        let held = *self.held.get_mut();
        self.budget.held.fetch_sub(held, Ordering::Relaxed);
        let mut views = self.budget.views.lock().unwrap_or_else(PoisonError::into_inner);
        // Upgrading could keep a view alive beyond its last user; dropping it here would then lock this mutex a second time.
        views.retain(|view| view.strong_count() > 0);
    }
}
