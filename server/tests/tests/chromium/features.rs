//! Viewing features and switching them.

use fh_edge::FeatureChange;
use fh_edge::origin::relay::RelayKeys;
use fh_test_servers::featurehub::{FakeEdge, Feature};
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::browser::with_console;
use crate::shop::{ADMIN_KEY, Shop, until};

/// A script that tells the page that its tab became visible or hidden.
const LOOK: &str = "Object.defineProperty(document, 'visibilityState', { configurable: true, value: arguments[0] }); \
    document.dispatchEvent(new Event('visibilitychange'));";
const SWITCH: &str = "[role=switch][aria-label=NEW_CHECKOUT]";

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_is_switched_by_keyboard_and_a_client_sees_it() {
    with_console(&[], |page, shop| async move {
        let client = shop.client().await;
        let is_on =
            |client: &fh_client::Client| client.context().build().is_enabled("NEW_CHECKOUT");
        assert!(!is_on(&client));
        page.sign_in().await;
        page.tab_to(SWITCH).await;
        page.press(' ').await;
        until(&client, "NEW_CHECKOUT", is_on).await;
        page.see("#notices", "NEW_CHECKOUT is on in dev.").await;
        page.until("the switch", || async {
            page.find(SWITCH).await.attr("aria-checked").await.unwrap().as_deref() == Some("true")
        })
        .await;
        // The focus stays on the switch, and the change can be undone.
        assert!(page.is_focused(SWITCH).await);
        page.tab_to("#notices button").await;
        page.press(Key::Enter.value()).await;
        until(&client, "NEW_CHECKOUT", |client| !is_on(client)).await;
        page.see("#notices", "NEW_CHECKOUT is off in dev.").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_other_users_appear() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.see(".features tr", "Welcome").await;
        shop.set("BANNER", "\"Sale!\"").await;
        page.see(".features tr", "Sale!").await;
        let change = FeatureChange { locked: Some(true), ..FeatureChange::default() };
        shop.change("GIFT_WRAPPING", change).await;
        page.see(".features tr.flash", "locked").await;
        let switch = page.find("[role=switch][aria-label=GIFT_WRAPPING]").await;
        assert_eq!(switch.attr("aria-disabled").await.unwrap().as_deref(), Some("true"));
        switch.click().await.unwrap();

        // Features and environments are removed and renamed.
        let mut state = shop.state().await;
        state.features.retain(|feature| &*feature.key != "SEARCH_ENGINE");
        state.environments[0].values.remove("SEARCH_ENGINE");
        state.environments[1].name = "production".into();
        shop.replace(state).await;
        page.miss(".features tr", "SEARCH_ENGINE").await;
        page.see("#environment", "production").await;
        // The click on the locked switch changed nothing.
        assert_eq!(shop.value("GIFT_WRAPPING").await.as_deref(), Some("true"));
    })
    .await;
}

/// A browser opens at most six connections to a server, so a tab in the background must keep none.
#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_tab_keeps_no_stream() {
    with_console(&[], |page, shop| async move {
        let count = "window.streams = 0; const ask = window.fetch; window.fetch = (url, options) => { \
            if (String(url).endsWith('/events')) { \
                streams += 1; \
                options.signal.addEventListener('abort', () => { streams -= 1; }, { once: true }); \
            } \
            return ask(url, options); };";
        page.run(count, Value::Null).await;
        let streams = async || page.run("return streams", Value::Null).await;
        let look = async |state| page.run(LOOK, json!(state)).await;
        page.sign_in().await;
        page.see("#live", "Live").await;
        assert_eq!(streams().await, json!(1));
        look("hidden").await;
        assert_eq!(streams().await, json!(0));
        shop.set("BANNER", "\"Sale!\"").await;
        look("visible").await;
        page.see(".features tr", "Sale!").await;
        page.see("#live", "Live").await;
        assert_eq!(streams().await, json!(1));
        // Signing out ends the stream, too.
        page.push("Sign out").await;
        page.see("h1", "Feature console").await;
        assert_eq!(streams().await, json!(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn features_are_found_chosen_and_left_by_keyboard() {
    with_console(&[], |page, _shop| async move {
        page.sign_in().await;
        page.press('/').await;
        assert!(page.is_focused("input[type=search]").await);
        page.driver.active_element().await.unwrap().send_keys("checkout").await.unwrap();
        page.see(".tools", "1 of 12").await;
        page.tab_to(".features tr:not([hidden]) a").await;
        page.press(Key::Enter.value()).await;
        page.see(".detail h2", "NEW_CHECKOUT").await;
        assert!(page.is_focused(".detail h2").await);
        page.see(".detail", "20 % of users by userkey, if country is new_zealand → on").await;
        page.see(".detail", "payments").await;
        assert!(
            page.driver
                .current_url()
                .await
                .unwrap()
                .as_str()
                .ends_with("#/features/dev/NEW_CHECKOUT")
        );
        page.press(Key::Escape.value()).await;
        page.until("the focus to be back", || page.is_focused(".features tr:not([hidden]) a"))
            .await;
        // The address alone leads back to the same feature.
        page.open("#/features/prod/BANNER").await;
        page.see(".detail h2", "BANNER").await;
        assert_eq!(page.run("return document.title", Value::Null).await, json!("Features · prod"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_names_and_values_is_text() {
    with_console(&[], |page, _shop| async move {
        page.sign_in().await;
        page.see(".features tr", "<script>alert(1)</script>").await;
        page.see(".features tr", "<img src=x onerror=\"alert(2)\">").await;
        page.see(".features tr", "all users, if <i>name</i> is \"<svg onload=alert(4)>\"").await;
        page.tap(".features a", "<script>alert(1)</script>").await;
        page.see(".detail h2", "<script>alert(1)</script>").await;
        page.see(".detail", "<script>alert(3)</script>").await;
        page.push("Edit strategies").await;
        page.see("legend", "<i>name</i>").await;
        page.picture("markup").await;
        for view in ["ask", "rollout", "clients"] {
            page.open(&format!("#/{view}/dev/%3Cscript%3Ealert(1)%3C%2Fscript%3E")).await;
            page.see("h2", "").await;
        }
        page.open("#/ask/dev/%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
        page.see("summary", "<script>alert(1)</script>").await;
        let made = "return document.querySelectorAll('main script, main img, main svg:not(.icon), main i, main b b').length";
        assert_eq!(page.run(made, Value::Null).await, json!(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn locking_and_retiring() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.open("#/features/dev/BANNER").await;
        page.push("Lock").await;
        page.see(".detail .remark", "Locked").await;
        assert_eq!(
            page.find(".detail textarea").await.attr("readonly").await.unwrap().as_deref(),
            Some("true")
        );
        page.push("Unlock").await;
        page.miss(".detail .remark", "Locked").await;
        page.push("Retire").await;
        page.see("dialog", "Retire BANNER?").await;
        page.press(Key::Escape.value()).await;
        page.miss("dialog", "").await;
        let client = shop.client().await;
        assert!(client.feature("BANNER").exists());
        page.push("Retire").await;
        page.tap("dialog button", "Retire").await;
        until(&client, "BANNER", |client| !client.feature("BANNER").exists()).await;
        page.see(".detail .remark", "Retired").await;
        page.push("Bring back").await;
        until(&client, "BANNER", |client| client.feature("BANNER").exists()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_and_api_keys_are_listed() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.open("#/clients/dev").await;
        page.see("main", "No client is connected").await;
        let client = shop.client().await;
        page.see("main table", "shop").await;
        client.close();
        page.see("main", "No client is connected").await;
        page.open("#/keys/dev").await;
        page.see("main", "API keys").await;
        page.miss("main", "shop*client").await;
        page.push("Show the keys").await;
        page.see("main code", "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/shop*client").await;
        page.open("#/features/dev").await;
        page.open("#/keys/dev").await;
        page.see("main", "API keys").await;
        page.miss("main", "shop*client").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_or_removed_environment_is_not_replaced_by_another() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.open("#/features/prod/NEW_CHECKOUT").await;
        page.see(".detail h2", "NEW_CHECKOUT").await;
        let mut state = shop.state().await;
        state.environments[1].name = "production".into();
        shop.replace(state.clone()).await;
        let is_there = || async {
            page.driver
                .current_url()
                .await
                .unwrap()
                .as_str()
                .ends_with("#/features/production/NEW_CHECKOUT")
        };
        page.until("the new name", is_there).await;
        assert_eq!(
            page.run("return document.title", Value::Null).await,
            json!("Features · production")
        );
        page.see(".detail h2", "NEW_CHECKOUT").await;
        state.environments.remove(1);
        shop.replace(state).await;
        page.see("main", "There is no environment production.").await;
        page.open("#/features/nonsense").await;
        page.see("main", "There is no environment nonsense.").await;
        page.choose("#environment", "dev").await;
        page.see(".features tr", "NEW_CHECKOUT").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_reconnects_after_a_restart_of_the_server() {
    // While the server is down, the browser logs failed requests.
    with_console(&[], |page, mut shop| async move {
        page.sign_in().await;
        page.open("#/features/dev/BANNER").await;
        page.type_into(".detail textarea", "typed meanwhile").await;
        shop.stop().await;
        page.see("#live", "Not connected").await;
        page.push("Save").await;
        page.see(".detail .error", "The server does not answer. Nothing was changed.").await;
        shop.start(|state| {
            state.environments[0].values.get_mut("DELIVERY_FEE").unwrap().value =
                Some(fh_edge::state::Json::parse("12.34").unwrap());
        })
        .await;
        page.see("#live", "Live").await;
        page.see(".features tr", "12.34").await;
        assert_eq!(page.value_of(".detail textarea").await, "typed meanwhile");
        page.push("Save").await;
        page.see("#notices", "BANNER has a new value in dev.").await;
        assert_eq!(shop.value("BANNER").await.as_deref(), Some("\"typed meanwhile\""));
        let said = page.said(&[]).await;
        assert!(said.iter().all(|line| line.contains("net::ERR_")), "{said:#?}");
    })
    .await;
}

/// Streams end at their age. The page then connects again at once, shows changes of that time, and does not look disconnected.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_follows_changes_over_the_ends_of_its_streams() {
    with_console(&[], |page, mut shop| async move {
        page.sign_in().await;
        shop.stop().await;
        shop.drop_after = std::time::Duration::from_millis(200);
        shop.start(|_| ()).await;
        page.see("#live", "Live").await;
        // Discards the failed requests from the time without a server.
        page.said(&[]).await;
        let record = "window.opened = 0; window.states = []; \
            const send = fetch; window.fetch = (...all) => { opened += String(all[0]).endsWith('events'); return send(...all); }; \
            const live = document.getElementById('live'); \
            new MutationObserver(() => states.push(live.dataset.state)).observe(live, {attributes: true});";
        page.run(record, Value::Null).await;
        for fee in ["1.11", "2.22", "3.33"] {
            let before = page.run("return opened", Value::Null).await.as_u64();
            let is_next =
                || async { page.run("return opened", Value::Null).await.as_u64() > before };
            page.until("the next stream", is_next).await;
            shop.set("DELIVERY_FEE", fee).await;
            page.see(".features tr", fee).await;
        }
        assert_eq!(page.run("return states", Value::Null).await, json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn features_of_a_relay_are_read_only() {
    with_console(&[], |page, upstream| async move {
        let relay = Shop::relay(&upstream).await;
        page.driver.goto(format!("{}/console/", relay.url)).await.unwrap();
        page.sign_in().await;
        let switch = page.find(SWITCH).await;
        assert_eq!(switch.attr("aria-disabled").await.unwrap().as_deref(), Some("true"));
        page.tap(".features a", "BANNER").await;
        page.see(
            ".detail .remark",
            "This Edge relays another Edge; change features at the upstream Edge.",
        )
        .await;
        page.miss("button", "Lock").await;
        assert_eq!(
            page.find(".detail textarea").await.attr("readonly").await.unwrap().as_deref(),
            Some("true")
        );
        upstream.set("BANNER", "\"from afar\"").await;
        page.see(".features tr", "from afar").await;
        page.tap("nav a", "Evaluate").await;
        page.type_into(".context-row:nth-child(2) .given", "fiji").await;
        page.push("Show").await;
        page.see("details.picked summary", "Bula!").await;
    })
    .await;
}

/// A list that was read before a change arrives after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_during_the_request_of_the_list() {
    with_console(&[], |page, shop| async move {
        let hold = "const ask = window.fetch; window.fetch = async (url, options) => { \
            const answer = await ask(url, options); \
            if (!/[/]features[/][^/]+$/.test(String(url))) return answer; \
            const text = await answer.text(); \
            await new Promise((resolve) => { window.release = resolve; }); \
            return new Response(text, answer); };";
        page.run(hold, Value::Null).await;
        page.type_into("[name=key]", ADMIN_KEY).await;
        page.press(Key::Enter.value()).await;
        let is = async |what: &str| page.run(what, Value::Null).await == json!(true);
        page.until("the list", async || is("return 'release' in window").await).await;
        shop.set("BANNER", "\"Sale!\"").await;
        let heard = "return import('./store.js').then(({ store }) => store.revision > 0)";
        page.until("the change", async || is(heard).await).await;
        page.run("release()", Value::Null).await;
        page.see(".features tr", "Sale!").await;
    })
    .await;
}

/// A feature is created again with the same key and a lower version while the tab is hidden.
#[tokio::test(flavor = "multi_thread")]
async fn a_feature_that_was_created_again() {
    with_console(&[], |page, _shop| async move {
        let upstream = FakeEdge::start().unwrap();
        upstream.set_feature(Feature::string("NEW_CHECKOUT", "before").version(7));
        let keys = RelayKeys::client(upstream.client_key());
        let relay = Shop::relay_of(&upstream.url(), keys).await;
        page.driver.goto(format!("{}/console/", relay.url)).await.unwrap();
        page.sign_in().await;
        page.see(".features tr", "before").await;
        page.run(LOOK, json!("hidden")).await;
        let id = "11111111-1111-4111-8111-111111111111";
        upstream.delete_feature("NEW_CHECKOUT");
        upstream.set_feature(Feature::string("NEW_CHECKOUT", "anew").id(id).version(1));
        page.run(LOOK, json!("visible")).await;
        page.see(".features tr", "anew").await;
    })
    .await;
}
