//! The calls of listeners and observers that do not return.

use std::time::Duration;

use fh_repository::notice::Notice;
use fh_repository::time::Millis;

/// The time after which a call of a listener or an observer is reported.
const BLOCKS_AFTER: Duration = Duration::from_secs(10);
/// The time between two checks of the running calls.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The calls that ran at the last check, which follows a delivery after a second, and goes on as long as deliveries run.
#[derive(Debug, Default)]
pub(super) struct BlockedCalls {
    next_check: Option<Millis>,
    calls: Vec<SeenCall>,
    were_all_taken: bool,
    /// The delivery that a program should begin, and the time of the first check that saw it.
    awaited: Option<(u64, Millis)>,
}

#[derive(Debug)]
struct SeenCall {
    number: u64,
    since: Millis,
    is_reported: bool,
}

impl BlockedCalls {
    /// Returns the time of the next check; `None` if no delivery is running.
    pub(super) const fn next_check(&self) -> Option<Millis> {
        self.next_check
    }

    /// Records that a delivery has begun.
    pub(super) fn begin(&mut self, now: Millis) {
        self.next_check.get_or_insert(now.after(CHECK_INTERVAL));
    }

    /// Returns true if the program has not begun the delivery with this number for 10 seconds; `None` if no delivery waits for it.
    pub(super) fn is_program_late(&mut self, awaited: Option<u64>, now: Millis) -> bool {
        let same = self.awaited.filter(|(number, _)| awaited == Some(*number));
        self.awaited = same.or(awaited.map(|number| (number, now)));
        self.awaited.is_some_and(|(_, since)| now.since(since) >= BLOCKS_AFTER)
    }

    /// Compares the running calls with those of the last check, and returns what must be reported. `running` is `None` if no delivery is
    /// running, and `taken` is the number of threads that deliver if calls run on all of them, or 0 if the program is late.
    pub(super) fn check(
        &mut self,
        running: Option<Vec<(u64, String)>>,
        taken: Option<usize>,
        now: Millis,
    ) -> Vec<Notice> {
        self.next_check = running.is_some().then(|| now.after(CHECK_INTERVAL));
        let running = running.unwrap_or_default();
        self.calls.retain(|call| running.iter().any(|(number, _)| *number == call.number));
        let mut notices = Vec::new();
        for (number, listener) in running {
            match self.calls.iter_mut().find(|call| call.number == number) {
                None => self.calls.push(SeenCall { number, since: now, is_reported: false }),
                Some(call) => {
                    if !call.is_reported && now.since(call.since) >= BLOCKS_AFTER {
                        call.is_reported = true;
                        notices.push(Notice::ListenerBlocks { listener });
                    }
                }
            }
        }
        let were_all_taken = std::mem::replace(&mut self.were_all_taken, taken.is_some());
        notices.extend(
            taken.filter(|_| !were_all_taken).map(|threads| Notice::ListenersWait { threads }),
        );
        notices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time, the running calls, the threads that are taken, and the notices.
    type Check = (u64, Option<Vec<u64>>, Option<usize>, Vec<Notice>);

    #[test]
    fn a_call_is_reported_once_after_ten_seconds_and_full_threads_when_they_fill() {
        let call = |number: u64| (number, format!("listener {number}"));
        let blocks =
            |number: u64| Notice::ListenerBlocks { listener: format!("listener {number}") };
        let full = || Notice::ListenersWait { threads: 64 };
        let mut calls = BlockedCalls::default();
        assert_eq!(calls.next_check(), None);
        calls.begin(Millis::new(0));
        calls.begin(Millis::new(500));
        let checks: [Check; 9] = [
            (1_000, Some(vec![]), None, vec![]),
            (2_000, Some(vec![1]), None, vec![]),
            (11_999, Some(vec![1, 2]), None, vec![]),
            (12_000, Some(vec![1, 2]), None, vec![blocks(1)]),
            (13_000, Some(vec![1, 2]), Some(64), vec![full()]),
            (21_999, Some(vec![1, 2]), Some(64), vec![blocks(2)]),
            (22_000, Some(vec![2]), None, vec![]),
            (23_000, Some(vec![3]), Some(64), vec![full()]),
            (40_000, None, None, vec![]),
        ];
        let mut next = 1_000;
        for (at, running, taken, expected) in checks {
            assert_eq!(calls.next_check(), Some(Millis::new(next)), "{at}");
            let is_over = running.is_none();
            let running = running.map(|running| running.into_iter().map(call).collect());
            assert_eq!(calls.check(running, taken, Millis::new(at)), expected, "{at}");
            next = at + 1_000;
            assert_eq!(calls.next_check().is_none(), is_over, "{at}");
        }
    }
}
