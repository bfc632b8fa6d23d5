//! The model of the servers: which of them are there, and how many openings they have to do.

use super::random::Random;

/// The number of connections that wait until a server accepts them: that of `fh serve` on Linux.
const BACKLOG: f64 = 4096.0;

pub struct Servers {
    servers: Vec<State>,
    /// The time of an opening on a server, in milliseconds.
    pub opening: f64,
}

#[derive(Clone)]
struct State {
    is_up: bool,
    /// The time at which all accepted openings are done, in milliseconds.
    free_at: f64,
}

/// The outcome of an attempt to connect.
pub enum Attempt {
    /// The request is answered at this time.
    Accepted(u64),
    Refused,
    /// The backlog is full, so that the packet is lost.
    Lost,
}

impl Servers {
    pub fn new(count: usize) -> Self {
        Self { servers: vec![State { is_up: true, free_at: 0.0 }; count], opening: 0.0 }
    }

    pub fn len(&self) -> usize {
        self.servers.len()
    }

    pub fn set_up(&mut self, server: usize, is_up: bool) {
        self.servers[server] = State { is_up, free_at: 0.0 };
    }

    /// Chooses a server as a load balancer does: any that is there. Returns `None` if none is.
    pub fn choose(&self, random: &mut Random) -> Option<usize> {
        let up = self.servers.iter().filter(|server| server.is_up).count();
        if up == 0 {
            return None;
        }
        let chosen = random.below(up as u64) as usize;
        let mut numbers = (0..self.servers.len()).filter(|number| self.servers[*number].is_up);
        numbers.nth(chosen)
    }

    pub fn connect(&mut self, server: usize, now: u64) -> Attempt {
        let (state, now) = (&mut self.servers[server], now as f64);
        if !state.is_up {
            return Attempt::Refused;
        }
        let begin = state.free_at.max(now);
        if self.opening > 0.0 && (begin - now) / self.opening > BACKLOG {
            return Attempt::Lost;
        }
        state.free_at = begin + self.opening;
        Attempt::Accepted(state.free_at.ceil() as u64 + 1)
    }
}
