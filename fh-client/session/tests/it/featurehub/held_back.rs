//! Streams that a proxy holds back (D-65).

use super::*;

/// Lets the stream, or its request, end because of the time limit, and returns the problem that the status then shows.
fn held_back(driver: &mut TestDriver, has_head: bool) -> Option<Problem> {
    assert_eq!(driver.request().kind, RequestKind::Stream);
    if has_head {
        driver.open();
    }
    assert_eq!(driver.wait(), if has_head { 15_000 } else { 12_000 });
    driver.status().problem.clone()
}

#[test]
fn the_second_stream_in_a_row_that_is_held_back_makes_the_client_poll() {
    for heads in [[true, true], [true, false], [false, true], [false, false]] {
        let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
        let problem = |has_head: bool| {
            Some(if has_head { Problem::HeldBack } else { Problem::TimedOut(Stage::Head) })
        };
        assert_eq!(held_back(&mut driver, heads[0]), problem(heads[0]));
        driver.come_back();
        assert_eq!(held_back(&mut driver, heads[1]), problem(heads[1]));
        assert_eq!(driver.request().kind, RequestKind::Poll, "{heads:?}");
        assert!(driver.notices.is_empty());
        driver.good_poll();
        assert_eq!(driver.status().readiness, Readiness::Ready);
        assert_eq!(driver.status().problem, Some(Problem::HeldBack));
        assert_eq!(driver.notices, [Notice::StreamsHeldBack]);
        // A poll each 30 s, and after 10 minutes a stream.
        for _ in 1..20 {
            assert_eq!(driver.wait(), 30_000);
            assert_eq!(driver.request().kind, RequestKind::Poll);
            driver.good_poll();
        }
        driver.come_back();
        // One further stream that is held back is enough, and brings no further notice.
        held_back(&mut driver, heads[0]);
        assert_eq!(driver.request().kind, RequestKind::Poll);
        driver.good_poll();
        assert_eq!(driver.notices.len(), 1);
        for _ in 0..20 {
            driver.come_back();
            if driver.request().kind == RequestKind::Poll {
                driver.good_poll();
            }
        }
        // A list on a stream begins the count anew.
        driver.live();
        assert_eq!(driver.status().problem, None);
        driver.close();
        driver.come_back();
        held_back(&mut driver, true);
        driver.come_back();
        assert_eq!(driver.request().kind, RequestKind::Stream);
    }
}
