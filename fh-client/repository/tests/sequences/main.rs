//! Sequences: drawn steps of a repository's life, with what every read answers and every listener receives, in order. The repository in
//! TypeScript replays them and must do the same (`bindings/web/equality/README.md`, "Sequences").

// Sequences catch panics, which abort a WebAssembly program.
#![cfg(panic = "unwind")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "writes files")]

mod choose;
mod draw;
mod features;
mod files;
mod known;
mod reads;
mod rules;
mod shown;
mod user_code;
mod world;

use serde_json::{Value, json};

use draw::Draw;
use world::World;

/// Returns the sequence that a seed gives: its contexts and its steps with their results.
fn sequence(seed: u64) -> Value {
    let mut draw = Draw::new(seed);
    let world = World::new(draw.contexts(), draw.capacity());
    let mut steps: Vec<Value> = vec![world.step(json!({"do": "begin"}))];
    for _ in 0..draw.length() {
        steps.push(world.step(draw.step()));
    }
    for step in draw.last_steps() {
        steps.push(world.step(step));
    }
    json!({
        "name": format!("sequence {seed}"),
        "contexts": draw.contexts(),
        "hasRules": draw.has_rules(),
        "events": world.capacity,
        "steps": steps,
    })
}

/// A sequence depends on its seed only, so that TypeScript can replay what this test writes anywhere.
#[test]
fn a_seed_gives_the_same_sequence_again() {
    for seed in 0..20 {
        assert_eq!(sequence(seed), sequence(seed), "sequence {seed}");
    }
}
