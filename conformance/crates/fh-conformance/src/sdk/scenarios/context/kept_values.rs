//! Values that a client keeps while its context changes.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Route};
use serde_json::Value;

use super::server_evaluated::{LATE, create, set, user_of};
use super::user;
use crate::protocol::{Create, Mode, Read, SdkReadiness};
use crate::sdk::{Scene, SdkClient, Stop, TEMPO, Tempo, Verdict, equal};

/// Delays of a client whose requests the Edge holds back.
pub(super) const PATIENT: Tempo = Tempo {
    poll: Duration::from_secs(60),
    head: Duration::from_secs(30),
    whole_poll: Duration::from_secs(30),
    ..TEMPO
};

/// The time after which the runner gives up a call that waits for an answer. The call's request is still in flight.
const IMPATIENCE: Duration = Duration::from_millis(100);

/// Reads the feature for a user.
fn read(client: &SdkClient, name: &str) -> Result<Value, Stop> {
    let context = Some(user(name));
    Ok(client.read(Read { context, ..SdkClient::getter("F", "STRING") })?.value)
}

fn is_ready(client: &SdkClient) -> Verdict {
    let label = "READY while the context changes";
    equal(label, client.state()?.readiness, SdkReadiness::Ready)
}

pub(super) fn until_the_answer(scene: &Scene<'_>) -> Verdict {
    let client = create(scene, Create { keep_values: true, ..scene.following() })?;
    set(&client, &user("mary"))?;
    client.until_string("value of the first context", "F", "one for mary")?;
    // A call that waits for the answer is given up here.
    let _ = client.context(&user(LATE), IMPATIENCE)?;
    scene.until("a request with the second context", "one", |seen| {
        seen.requests.iter().any(|seen| user_of(&seen.request.context()) == Some(LATE))
    })?;
    let watch = Tempo::watch(scene.tempo().retry, 5);
    client.string_stays("value before the answer", "F", "one for mary", watch)?;
    equal("value for the first context", read(&client, "mary")?, "one for mary")?;
    equal("value for the second context", read(&client, LATE)?, "one for mary")?;
    is_ready(&client)?;
    scene.edge().signal(LATE);
    client.until_string("value after the answer", "F", "one for late")?;
    equal("value for the second context after the answer", read(&client, LATE)?, "one for late")
}

pub(super) fn once(scene: &Scene<'_>) -> Verdict {
    let mode = Mode::Once;
    let client = create(scene, Create { mode, keep_values: true, ..scene.polling() })?;
    let failure = Behaviour::status(503);
    scene.edge().script(Route::Poll, [failure.clone(), failure], Behaviour::healthy());
    // The call may report the failure of its request.
    let _ = client.context(&user("fred"), IMPATIENCE)?;
    is_ready(&client)?;
    client.until_string("value of the context", "F", "one for fred")
}
