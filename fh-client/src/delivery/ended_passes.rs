//! The order in which deliveries end, if some of them hang and others go on beside them.

/// The passes of one client that ended while other passes were running, the oldest first. Consecutive passes that wait for the
/// same running passes share an entry. Each entry holds the highest request number of its passes, and the numbers of the passes
/// that still run. The requests up to that number count as carried out once those passes have ended too.
#[derive(Default)]
pub(super) struct EndedPasses(Vec<(u64, Vec<u64>)>);

impl EndedPasses {
    /// Records the end of a pass for the requests up to `order`, while the passes `running` go on. Returns the number of the last
    /// request that is now carried out, or `None` if the end of this pass completes no request. A request does not count as
    /// carried out while another pass runs that was running at the end of this pass, because that pass may still call a listener
    /// with an earlier event.
    pub(super) fn end(&mut self, pass: u64, order: u64, running: Vec<u64>) -> Option<u64> {
        for (_, others) in &mut self.0 {
            others.retain(|other| *other != pass);
        }
        match self.0.last_mut() {
            // This pass waits for the same running passes as the pass that ended before it, so that one entry serves both.
            Some((last, same)) if *same == running => *last = order.max(*last),
            _ => self.0.push((order, running)),
        }
        let done = self.0.iter().filter(|(_, others)| others.is_empty()).map(|(order, _)| *order);
        let done = done.max();
        self.0.retain(|(order, _)| done.is_none_or(|done| *order > done));
        done
    }
}
