use std::future::Future;
use std::task::{Context, Poll, Waker};

use fh_test::Log;

use super::*;

const KIB: usize = 1024;

fn address(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

/// Returns a limit of 256 KiB, so that one network may use 64 KiB.
fn memory() -> RequestMemory {
    RequestMemory::new(256 * KIB as u64)
}

#[test]
fn a_network_may_use_a_quarter_and_all_networks_together_the_whole() {
    let memory = memory();
    let networks = ["192.0.2.1", "2001:db8::1", "192.0.2.3", "192.0.2.4", "192.0.2.5"];
    let mut held: Vec<_> = networks[..4]
        .iter()
        .flat_map(|network| [network; 2])
        .map(|network| memory.try_reserve(address(network), 32 * KIB).unwrap())
        .collect();
    assert_eq!(memory.reserved(), memory.limit());
    assert!(memory.try_reserve(None, 1).is_none());
    held.truncate(2);
    assert!(memory.try_reserve(address("192.0.2.1"), 1).is_none(), "its quarter is in use");
    assert!(memory.try_reserve(address("192.0.2.5"), 32 * KIB).is_some());
    assert!(memory.try_reserve(None, 96 * KIB).is_some(), "a proxy has no limit of its own");
    drop(held);
    assert_eq!(memory.reserved(), 0);
}

/// A body or answer that is larger than the whole limit must be possible, one at a time.
#[test]
fn a_larger_request_than_half_of_its_part_counts_as_half() {
    let memory = memory();
    let large = memory.try_reserve(address("192.0.2.1"), 64 << 20).unwrap();
    assert_eq!(memory.reserved(), 128 * KIB);
    assert!(memory.try_reserve(address("192.0.2.1"), 32 * KIB).is_some());
    assert!(memory.try_reserve(address("192.0.2.1"), 33 * KIB).is_some());
    drop(large);
    assert_eq!(memory.reserved(), 0);
}

#[test]
fn a_reservation_is_resized_in_both_parts_or_in_neither() {
    let memory = memory();
    let one = address("192.0.2.1");
    let mut first = memory.try_reserve(one, 10 * KIB).unwrap();
    first.resize(2 * KIB).unwrap();
    assert_eq!(memory.reserved(), 2 * KIB);
    let second = memory.try_reserve(one, 31 * KIB).unwrap();
    let third = memory.try_reserve(one, 28 * KIB).unwrap();
    assert_eq!(first.resize(6 * KIB), Err(NoMemory), "the network has no more");
    assert_eq!(memory.reserved(), 61 * KIB);
    drop(second);
    first.resize(6 * KIB).unwrap();
    drop((first, third));
    assert_eq!(memory.reserved(), 0);
    assert!(memory.try_reserve(one, 32 * KIB).is_some());
}

#[test]
fn bytes_hold_their_memory_until_their_last_part_is_dropped() {
    let memory = memory();
    let expected = memory.try_reserve(None, 100).unwrap();
    let mut bytes = expected.hold_answer(Bytes::from(vec![7; 10 * KIB]));
    assert_eq!((bytes.len(), memory.reserved()), (10 * KIB, 10 * KIB));
    let piece = bytes.split_to(KIB);
    drop(bytes);
    assert_eq!((piece[0], memory.reserved()), (7, 10 * KIB));
    drop(piece);
    assert_eq!(memory.reserved(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_memory_in_order_up_to_five_seconds() {
    let log = Log::capture();
    // No other test of this process has this limit.
    let memory = RequestMemory::new(256 * KIB as u64 + 1);
    let lines = || log.text().lines().filter(|line| line.contains("limit=262145")).count();
    let one = address("192.0.2.1");
    let held = [32, 32].map(|kib| memory.try_reserve(one, kib * KIB).unwrap());
    let begun = Instant::now();
    assert_eq!(memory.reserve(one, KIB, 0).await.map(drop), Err(NoMemory));
    assert_eq!(memory.reserve(one, KIB, 0).await.map(drop), Err(NoMemory));
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!(memory.refusals().get(), 2);
    assert_eq!(lines(), 1, "at most one line a minute");
    let mut waits = [20, 1].map(|kib| Box::pin(memory.reserve(one, kib * KIB, 0)));
    let mut task = Context::from_waker(Waker::noop());
    assert!(waits.iter_mut().all(|wait| wait.as_mut().poll(&mut task).is_pending()));
    let [first, second] = held;
    drop(first);
    for wait in &mut waits {
        assert!(matches!(wait.as_mut().poll(&mut task), Poll::Ready(Ok(_))));
    }
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn too_many_waiting_requests_are_refused_at_once() {
    let memory = memory();
    let held: Vec<_> = std::iter::from_fn(|| memory.try_reserve(None, 64 * KIB)).collect();
    assert_eq!(held.len(), 4);
    let mut task = Context::from_waker(Waker::noop());
    let mut waiting = Vec::new();
    let refused = loop {
        let mut wait = Box::pin(memory.reserve(None, KIB, 14 * KIB));
        match wait.as_mut().poll(&mut task) {
            Poll::Pending => waiting.push(wait),
            Poll::Ready(refused) => break refused,
        }
    };
    assert_eq!((refused.map(drop), waiting.len()), (Err(NoMemory), 4));
}

#[tokio::test]
async fn a_stop_ends_the_waits() {
    let memory = memory();
    let _held = [128, 128].map(|kib| memory.try_reserve(None, kib * KIB).unwrap());
    let mut wait = Box::pin(memory.wait(None, 1));
    let mut task = Context::from_waker(Waker::noop());
    assert!(wait.as_mut().poll(&mut task).is_pending());
    memory.stop();
    assert!(wait.await.is_none());
}

/// A client can use many addresses, so entries without a reservation must not stay.
#[test]
fn networks_without_a_reservation_are_forgotten() {
    let memory = memory();
    for number in 0..10_000_u128 {
        let network = std::net::Ipv6Addr::from(number << 64);
        drop(memory.try_reserve(Some(network.into()), 1));
    }
    assert!(memory.networks.lock().unwrap().parts.len() <= 64);
}
