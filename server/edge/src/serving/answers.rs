//! The cache of evaluated answers, with one memory limit for all views together (`--answer-cache`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::answer::Answer;

/// The memory limit in bytes for the evaluated answers of all views of an Edge. If the limit is exceeded when a view caches an answer,
/// other views lose all their answers, one view after the other until the limit holds, the least recently used view first.
#[derive(Debug)]
pub(crate) struct AnswerBudget {
    limit: u64,
    /// The memory in bytes that the cached answers of all views take.
    held: AtomicU64,
    /// A logical clock that orders the uses of views. Each answer that is cached advances the clock by two. A cache hit gets the clock's
    /// value plus one, so the hit counts as later than the last cached answer.
    clock: AtomicU64,
    views: Mutex<Vec<Weak<ViewAnswers>>>,
}

/// The evaluated answers of one view. The key of an answer is the text of the evaluation context in the request.
#[derive(Debug)]
pub(super) struct ViewAnswers {
    budget: Arc<AnswerBudget>,
    answers: Cache<String, Arc<Answer>, ByBytes>,
    /// The memory in bytes that this view's answers take, as the budget last counted it.
    held: AtomicU64,
    /// The time on the budget's clock at which an answer of this view was last found or cached.
    used: AtomicU64,
}

/// The weighter of the cache. It weighs answers by their memory, so that the limit of the cache is a number of bytes.
#[derive(Debug, Clone)]
struct ByBytes;

/// The memory in bytes that a cache entry is assumed to take besides its context and answer.
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

    /// Returns the memory in bytes that the cached answers of all views take, as each view last counted it.
    pub(crate) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Returns the number of views with a cache that shares the budget.
    #[cfg(test)]
    pub(super) fn views(&self) -> usize {
        self.views.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Evicts the answers of other views, starting with the least recently used view, until the limit holds or no other view has answers.
    /// The answers of `kept` are never evicted here, because the cache of each view is bounded by the same limit.
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
    /// Makes an empty cache for a view. `features` is the number of the view's features, from which the size of an answer is estimated.
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
        // A cache hit writes `used` only if an answer was cached since the last hit. Otherwise every hit would write to a cache line that
        // all processors share.
        let now = self.budget.clock.load(Ordering::Relaxed) + 1;
        if self.used.load(Ordering::Relaxed) != now {
            self.used.store(now, Ordering::Relaxed);
        }
        Some(found)
    }

    /// Returns the cached answer for a context, or makes and caches the answer. Other callers with the same context wait for `make`, so
    /// `make` must not block.
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

    /// Caches an answer. The new answer replaces an older one for the same context.
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

    /// Updates the budget with the memory that this view's answers take now.
    fn account(&self) {
        let now = self.answers.weight();
        let before = self.held.swap(now, Ordering::Relaxed);
        // The difference may be negative. It then wraps around, but the sum over all views is still correct.
        self.budget.held.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }
}

impl Drop for ViewAnswers {
    fn drop(&mut self) {
        let held = *self.held.get_mut();
        self.budget.held.fetch_sub(held, Ordering::Relaxed);
        let mut views = self.budget.views.lock().unwrap_or_else(PoisonError::into_inner);
        // Upgrading the references could make this function the last owner of another view. Dropping that view would lock this mutex a
        // second time.
        views.retain(|view| view.strong_count() > 0);
    }
}
