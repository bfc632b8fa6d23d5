//! The read side.

mod smoke;
