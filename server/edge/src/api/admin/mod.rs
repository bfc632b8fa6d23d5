//! The admin API at `/admin/v1`, for consoles, tests and scripts. Each request needs the admin key. Responses carry no CORS
//! headers.

mod accounts;
mod background_work;
mod body;
mod comparison;
mod connections;
mod credential;
mod evaluate;
mod events;
mod feature;
mod features;
pub(super) mod guard;
mod overview;
mod problem;
mod rollout;
mod router;
mod shared;
mod state;
mod subject;
mod tag;
mod transport;

pub(super) use router::router;
