//! Refusals: 400, 401, 403, 404 and `failure` (D-21, D-28, D-114).

use super::*;

#[test]
fn refusals_on_first_contact_fail_at_once_and_are_retried_slowly() {
    for status in [400, 401, 403, 404] {
        for mode in [Mode::Streaming, POLL, Mode::Once] {
            let mut driver = TestDriver::new(mode, &[CLIENT]);
            let mut waits = Vec::new();
            for _ in 0..6 {
                driver.answer(ResponseHead::new(status), "");
                assert_eq!(driver.status().readiness, Readiness::Failed, "{status} {mode:?}");
                waits.push(driver.wait() / 1000);
            }
            assert_eq!(waits, [60, 120, 240, 480, 600, 600], "{status} {mode:?}");
            driver.good(mode);
            assert_eq!(driver.status().readiness, Readiness::Ready);
            assert_eq!((driver.status().problem.clone(), driver.status().attempts), (None, 0));
        }
    }
}
