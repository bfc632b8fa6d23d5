//! The hash function of the maps. It needs no secret seed, because the keys of the maps come from payloads and not from users who
//! could choose colliding keys.

/// foldhash, the fastest for short texts.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use foldhash::fast::FixedState as Hashing;

/// The hash function of the standard library, whose code is smaller than foldhash's. Pages load it.
#[cfg(target_arch = "wasm32")]
pub(crate) type Hashing = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;
