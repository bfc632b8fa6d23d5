//! The test of the suite itself: every deliberate bug must be found, and every case and scenario must find one.

pub mod clients;
pub mod vectors;
