//! A client in a process that forks.

use std::time::Duration;

use fh_test_servers::featurehub::{Recording, Route};

use crate::sdk::{Scene, Verdict, check, equal};

/// The time within which the stream of a closed client ends.
const LONGEST_END: Duration = Duration::from_secs(1);

pub(super) fn both_follow(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    let streams = |seen: &Recording| seen.of(Route::Stream).count();
    let before = scene.until("the client has a stream", "one", |seen| seen.live_streams() == 1)?;
    equal("streams before the fork", streams(&before), 1)?;
    let child = client.fork()?;
    equal("value in the child", child.string("F")?, "one")?;
    // A client that loses its stream by the fork may open another one, so the child must be there before the first change.
    scene.until("the child has a stream of its own", "two streams", |seen| {
        seen.live_streams() == 2
    })?;
    for value in ["two", "three"] {
        scene.edge().set_value("F", value);
        child.until_string("value in the child after a change", "F", value)?;
        client.until_string("value in the parent after a change", "F", value)?;
    }
    equal("streams of parent and child", streams(&scene.edge().recording()), 2)?;
    client_outlives(scene, &before)?;
    child.close()?;
    let ended = scene
        .happens_within(LONGEST_END + scene.lateness().slack(), |seen| seen.live_streams() == 1);
    check("the child's stream ends with its client", ended, "one live stream", || {
        format!("{} live streams", scene.edge().recording().live_streams())
    })?;
    scene.edge().set_value("F", "four");
    client.until_string("value in the parent after the end of the child's client", "F", "four")?;
    equal("streams at the end", streams(&scene.edge().recording()), 2)?;
    client_outlives(scene, &before)
}

/// Checks that the connection of the stream that was there before the fork is open.
fn client_outlives(scene: &Scene<'_>, before: &Recording) -> Verdict {
    let connection = before.of(Route::Stream).next().map(|stream| stream.connection);
    let seen = scene.edge().recording();
    let ended = connection.and_then(|at| seen.connections.get(at)).map(|each| each.ended);
    check("the parent's stream", matches!(ended, Some(None)), "it is open", || format!("{ended:?}"))
}
