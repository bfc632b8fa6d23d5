//! The queue from which threads of the other language take their work.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::process::PerProcess;

/// The number of threads that wait for work. A thread that finds as many waiting threads ends.
const MOST_IDLE: usize = 2;

thread_local! {
    /// True while this thread does a job.
    static IS_CALLING: Cell<bool> = const { Cell::new(false) };
}

/// Returns true if this thread does a job of a pump. A wait for the end of all jobs would then wait for itself.
pub fn is_calling() -> bool {
    IS_CALLING.get()
}

/// A queue of jobs for threads of the other language. Each process has its own threads, also after a fork.
pub struct Pump<J: Send + 'static> {
    queue: PerProcess<Arc<Queue<J>>>,
    start: fn(Seat<J>) -> bool,
}

/// The place of one thread at a pump.
pub struct Seat<J: Send + 'static>(Arc<Queue<J>>);

/// The error of a job that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallFailed;

struct Queue<J> {
    jobs: Mutex<Jobs<J>>,
    given: Condvar,
}

struct Jobs<J> {
    waiting: VecDeque<(J, Arc<Done>)>,
    idle: usize,
    /// The number of threads that may wait for work.
    most_idle: usize,
    is_over: bool,
}

/// The end of a job, for the thread that waits for it.
#[derive(Default)]
struct Done {
    outcome: Mutex<Outcome>,
    condvar: Condvar,
}

#[derive(Default)]
struct Outcome {
    is_done: bool,
    has_failed: bool,
}

impl Done {
    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self) {
        self.outcome().is_done = true;
        self.condvar.notify_all();
    }

    fn wait(&self) -> Result<(), CallFailed> {
        let mut outcome = self.outcome();
        while !outcome.is_done {
            outcome = self.condvar.wait(outcome).unwrap_or_else(PoisonError::into_inner);
        }
        if outcome.has_failed { Err(CallFailed) } else { Ok(()) }
    }
}

/// A job that a thread has begun. Dropping it ends the job, so that the waiting thread is never left behind.
pub struct Progress {
    done: Arc<Done>,
    has_ended: bool,
}

impl Progress {
    /// Marks the job as failed. The job still runs until [`Self::finish`].
    pub fn fail(&self) {
        self.done.outcome().has_failed = true;
    }

    /// Ends the job, on the thread that took it. The waiting thread goes on.
    pub fn finish(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.has_ended = true;
        IS_CALLING.set(false);
        self.done.finish();
    }
}

/// A job that is given up without [`Progress::finish`], for example because its thread panicked, has failed.
impl Drop for Progress {
    fn drop(&mut self) {
        if !self.has_ended {
            self.fail();
            self.end();
        }
    }
}

impl<J: Send + 'static> Queue<J> {
    fn new() -> Arc<Self> {
        let jobs = Jobs { waiting: VecDeque::new(), idle: 0, most_idle: MOST_IDLE, is_over: false };
        Arc::new(Self { jobs: Mutex::new(jobs), given: Condvar::new() })
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs<J>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J: Send + 'static> Seat<J> {
    /// Blocks this thread until there is a job, and returns the job. With `None`, the thread should end: enough threads wait already, or the
    /// pump has ended.
    pub fn next(&self) -> Option<(J, Progress)> {
        let mut jobs = self.0.jobs();
        if jobs.idle >= jobs.most_idle && jobs.waiting.is_empty() {
            return None;
        }
        jobs.idle += 1;
        let job = loop {
            if jobs.is_over {
                break None;
            }
            if let Some(job) = jobs.waiting.pop_front() {
                break Some(job);
            }
            if jobs.idle > jobs.most_idle {
                break None;
            }
            jobs = self.0.given.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        };
        jobs.idle -= 1;
        drop(jobs);
        let (job, done) = job?;
        IS_CALLING.set(true);
        Some((job, Progress { done, has_ended: false }))
    }
}

impl<J: Send + 'static> Pump<J> {
    /// Returns a pump. `start` starts a thread of the other language that does the jobs of [`Seat::next`] until there is none, and returns
    /// false if no thread can be started. It is called on threads of the client while they hold no lock.
    pub const fn new(start: fn(Seat<J>) -> bool) -> Self {
        Self { queue: PerProcess::unmade(), start }
    }

    fn queue(&self) -> &Arc<Queue<J>> {
        self.queue.get_or_make(|_| Queue::new())
    }

    /// Adds a job, and blocks this thread until it has ended. Has no effect after [`Self::end`], and if there is no thread for the job.
    ///
    /// # Errors
    /// [`CallFailed`] if the job failed.
    pub fn call(&self, job: J) -> Result<(), CallFailed> {
        self.give(job).wait()
    }

    /// Adds a job, and does not wait for it.
    pub fn post(&self, job: J) {
        self.give(job);
    }

    /// Adds a job, and starts a thread for it if no thread waits.
    fn give(&self, job: J) -> Arc<Done> {
        let queue = self.queue();
        let done = Arc::new(Done::default());
        let mut jobs = queue.jobs();
        if jobs.is_over {
            drop(jobs);
            done.finish();
            return done;
        }
        jobs.waiting.push_back((job, Arc::clone(&done)));
        let needs_thread = jobs.waiting.len() > jobs.idle;
        drop(jobs);
        queue.given.notify_one();
        if needs_thread && !(self.start)(Seat(Arc::clone(queue))) {
            // A thread that ends its present job takes the next one; without any thread, the job is left out.
            let left = queue.jobs().waiting.pop_back();
            left.iter().for_each(|(_, done)| done.finish());
        }
        done
    }

    /// Ends the threads that wait, or lets threads wait again. Jobs have threads meanwhile, which end after them.
    pub fn rest(&self, is_resting: bool) {
        let queue = self.queue();
        queue.jobs().most_idle = if is_resting { 0 } else { MOST_IDLE };
        queue.given.notify_all();
    }

    /// Ends the threads that wait. Jobs have no effect from now on.
    pub fn end(&self) {
        let queue = self.queue();
        let left = {
            let mut jobs = queue.jobs();
            jobs.is_over = true;
            std::mem::take(&mut jobs.waiting)
        };
        queue.given.notify_all();
        left.iter().for_each(|(_, done)| done.finish());
    }
}
