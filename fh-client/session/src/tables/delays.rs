//! Random delays before retries.

use std::time::Duration;

use serde_json::{Value, json};

use super::check;
use crate::config::Backoff;
use crate::delay::{Delays, Random, within};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}

#[test]
fn delays() {
    let backoffs = [
        (1_000, 30_000, 0.5),
        (60_000, 600_000, 0.5),
        (1_000, 30_000, 0.0),
        (1_000, 30_000, 1.0),
        (50, 700, 1.0),
        (0, 1_000, 0.5),
        (7, 86_400_000, 0.333),
        (5_000, 1_000, 0.25),
        (1_234, 98_765, -3.0),
        (1_234, 98_765, 7.0),
        (86_400_000, 86_400_000, 0.1),
    ];
    let mut rows = Vec::new();
    for (at, (initial, cap, jitter)) in backoffs.into_iter().enumerate() {
        let backoff = Backoff { initial: ms(initial), cap: ms(cap), jitter };
        for seed in [at as u64, 0x9E37_79B9_7F4A_7C15, u64::MAX - at as u64] {
            for own_cap in [cap, cap / 3] {
                let (mut random, mut delays) = (Random::new(seed), Delays::default());
                let drawn: Vec<u64> = (0..40)
                    .map(|_| millis(delays.next(&backoff, ms(own_cap), &mut random)))
                    .collect();
                rows.push(json!({
                    "seed": seed.to_string(), "backoff": {"initial": initial, "cap": cap, "jitter": jitter}, "cap": own_cap,
                    "delays": drawn,
                }));
            }
        }
    }
    check("delays", &rows);
}

#[test]
fn delays_after_a_drop() {
    let backoff = Backoff { initial: ms(1_000), cap: ms(30_000), jitter: 0.5 };
    let rows: Vec<Value> = [(100, 1_000), (0, 0), (5, 5), (10, 3), (0, 86_400_000)]
        .into_iter()
        .flat_map(|(low, high)| {
            [0_u64, 17, u64::MAX].map(|seed| {
                let range = ms(low)..=ms(high);
                let (mut random, mut delays) = (Random::new(seed), Delays::default());
                let after_drop: Vec<u64> =
                    (0..6).map(|_| millis(delays.after_drop(&range, &backoff, &mut random))).collect();
                let drawn: Vec<u64> = (0..6).map(|_| millis(within(&range, &mut random))).collect();
                json!({
                    "seed": seed.to_string(), "returnWithin": [low, high],
                    "backoff": {"initial": 1_000, "cap": 30_000, "jitter": 0.5}, "afterDrop": after_drop, "thenWithin": drawn,
                })
            })
        })
        .collect();
    check("delays-after-a-drop", &rows);
}

#[test]
fn shares() {
    let rows = [0_u64, 1, 5, 0x9E37_79B9_7F4A_7C15, u64::MAX].map(|seed| {
        let mut random = Random::new(seed);
        let shares: Vec<f64> = (0..20).map(|_| random.share()).collect();
        json!({"seed": seed.to_string(), "shares": shares})
    });
    check("shares", &rows);
}
