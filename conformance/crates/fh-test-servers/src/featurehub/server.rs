//! The state that all threads of one Edge share.
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use crate::server::locked;

use crate::featurehub::behaviour::Behaviour;
use crate::featurehub::connection::{Closing, Mailbox};
use crate::featurehub::recorder::Recorder;
use crate::featurehub::request::Route;
use crate::featurehub::world::World;

pub(crate) struct Server {
    pub(crate) world: Mutex<World>,
    pub(crate) recorder: Recorder,
    routes: Mutex<Routes>,
    signals: Mutex<HashSet<String>>,
    connections: Mutex<Vec<Arc<Mailbox>>>,
}

#[derive(Default)]
struct Routes {
    poll: Plan,
    stream: Plan,
    put: Plan,
    other: Plan,
    /// True if the plan of other requests is not that of all routes. It then also answers preflights of browsers.
    scripts_preflights: bool,
    on_accept: Option<Behaviour>,
}

/// The behaviours of the next requests, and the one of all later requests.
#[derive(Default)]
struct Plan {
    next: VecDeque<Behaviour>,
    afterwards: Behaviour,
}

impl Routes {
    fn of(&mut self, route: Route) -> &mut Plan {
        match route {
            Route::Poll => &mut self.poll,
            Route::Stream => &mut self.stream,
            Route::Put => &mut self.put,
            Route::Other => &mut self.other,
        }
    }
}

impl Server {
    pub(crate) fn new(world: World) -> Self {
        Self {
            world: Mutex::new(world),
            recorder: Recorder::default(),
            routes: Mutex::default(),
            signals: Mutex::default(),
            connections: Mutex::default(),
        }
    }

    pub(crate) fn plan(&self, route: Route, next: Vec<Behaviour>, afterwards: Behaviour) {
        let mut routes = locked(&self.routes);
        *routes.of(route) = Plan { next: next.into(), afterwards };
        routes.scripts_preflights |= route == Route::Other;
    }

    pub(crate) fn plan_all(&self, behaviour: &Behaviour) {
        let mut routes = locked(&self.routes);
        for route in Route::ALL {
            *routes.of(route) = Plan { next: VecDeque::new(), afterwards: behaviour.clone() };
        }
        routes.scripts_preflights = false;
    }

    pub(crate) fn scripts_preflights(&self) -> bool {
        locked(&self.routes).scripts_preflights
    }

    pub(crate) fn plan_accept(&self, behaviour: Option<Behaviour>) {
        locked(&self.routes).on_accept = behaviour;
    }

    pub(crate) fn on_accept(&self) -> Option<Behaviour> {
        locked(&self.routes).on_accept.clone()
    }

    pub(crate) fn next_behaviour(&self, route: Route) -> Behaviour {
        let mut routes = locked(&self.routes);
        let plan = routes.of(route);
        plan.next.pop_front().unwrap_or_else(|| plan.afterwards.clone())
    }

    pub(crate) fn signal(&self, name: &str) {
        locked(&self.signals).insert(name.to_owned());
        for mailbox in locked(&self.connections).iter() {
            mailbox.nudge();
        }
    }

    pub(crate) fn was_signalled(&self, name: &str) -> bool {
        locked(&self.signals).contains(name)
    }

    pub(crate) fn enter(&self, mailbox: &Arc<Mailbox>) {
        locked(&self.connections).push(Arc::clone(mailbox));
    }

    pub(crate) fn note_streams(&self, world: &World) {
        self.recorder.streams(world.subscribers().len());
    }

    pub(crate) fn leave(&self, mailbox: &Arc<Mailbox>) {
        let mut world = locked(&self.world);
        if world.unsubscribe(mailbox) {
            self.note_streams(&world);
        }
        drop(world);
        locked(&self.connections).retain(|known| !Arc::ptr_eq(known, mailbox));
    }

    pub(crate) fn close_connections(&self, how: Closing) {
        for mailbox in locked(&self.connections).iter() {
            mailbox.close(how);
        }
    }
}
