//! P: what a client sends and accepts on the wire.

use fh_fake_edge::Route;

use crate::sdk::{Group, SCENARIO, Scenario, Scene, Verdict, equal};

/// The scenarios of the wire.
pub(super) const GROUP: Group = Group {
    name: "P",
    title: "wire protocol of the client",
    scenarios: &[Scenario {
        id: "P-001",
        name: "url.poll",
        tier: 1,
        requires: &["transport.poll"],
        given: "base URLs without a slash at the end, with one, and with a path",
        when: "a client polls",
        then: "it requests GET {base}/features?apiKey=…, without a double slash",
        decision: "sdk-behaviour 0.3",
        run: url_poll,
        ..SCENARIO
    }],
    not_executed: &[],
};

fn url_poll(scene: &Scene<'_>) -> Verdict {
    for (number, (suffix, path)) in
        [("", "/features"), ("/", "/features"), ("/some/path", "/some/path/features")]
            .into_iter()
            .enumerate()
    {
        let mut create = scene.polling();
        create.edge_url = format!("{}{suffix}", scene.edge().url());
        let client = scene.create(create)?;
        client.until_ready()?;
        let polls = scene.until_requests("a poll of each client", Route::Poll, number + 1)?;
        let expected = scene.edge().client_key();
        let poll = polls.of(Route::Poll).rfind(|seen| seen.request.path == path);
        let request = poll.map(|seen| &seen.request);
        equal("path of the poll", request.map(|request| request.path.as_str()), Some(path))?;
        let keys = request.map(|request| request.api_keys()).unwrap_or_default();
        equal("key of the poll", keys, [expected])?;
        client.close()?;
    }
    Ok(())
}
