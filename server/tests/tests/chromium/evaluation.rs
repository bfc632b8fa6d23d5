//! The views "Evaluate" and "Rollout".

use fh_edge::FeatureChange;
use fh_edge::state::Json;
use serde_json::{Value, json};

use crate::browser::with_console;

#[tokio::test(flavor = "multi_thread")]
async fn values_and_explanations_for_a_context() {
    with_console(&[400], |page, shop| async move {
        page.sign_in().await;
        page.open("#/ask/dev").await;
        page.type_into(".context-row:nth-child(1) .given", "mara").await;
        page.type_into(".context-row:nth-child(2) .given", "fiji").await;
        page.push("Show").await;
        page.see("summary", "BANNER").await;
        page.see("details.picked summary", "Bula!").await;
        page.see("summary", "strategy fijis").await;
        page.tap("summary", "BANNER").await;
        page.see(".line.good", "country EQUALS [\"fiji\", \"tonga\"]").await;
        page.tap("summary", "NEW_CHECKOUT").await;
        page.see(".line.bad", "email ENDS_WITH [\"@shop.example\"] as STRING: attribute missing")
            .await;
        page.see(".line", "\"mara\" falls into bucket").await;
        // Retired features are not shown.
        page.miss("summary", "LEGACY_RETURNS").await;

        // The page follows changes, and opened details stay open.
        shop.set("DELIVERY_FEE", "9.90").await;
        page.see("summary", "9.90").await;
        page.see(".line.good", "country EQUALS").await;

        page.type_into("[placeholder=now]", "noon").await;
        page.push("Show").await;
        page.see(".error", "not a date-time such as").await;
        page.see("summary", "9.90").await;
        page.type_into("[placeholder=now]", "2032-01-01T00:00:00Z").await;
        page.push("Show").await;
        page.see("details.picked summary", "WHOLESALE").await;

        page.push("Add an attribute").await;
        page.driver.active_element().await.unwrap().send_keys("email").await.unwrap();
        page.type_into(".context-row:nth-child(3) .given", "mara@shop.example").await;
        page.push("Show").await;
        page.see("details.picked summary", "strategy staff").await;
        // The context is still there after a visit to another page.
        page.open("#/features/dev").await;
        page.see(".features", "BANNER").await;
        page.open("#/ask/dev").await;
        page.see("details.picked summary", "strategy staff").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_as_a_histogram() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.open("#/rollout/dev/NEW_CHECKOUT").await;
        page.see(".bars li", "10 % of users by userkey").await;
        let bars = page.driver.find_all(thirtyfour::By::Css(".bars li")).await.unwrap();
        assert_eq!(bars.len(), 4);
        let share = async |nth: usize| -> f64 {
            let script = "return document.querySelector(`.bars li:nth-child(${arguments[0]}) .share`)?.textContent";
            let shown = page.run(script, nth.into()).await;
            shown.as_str().and_then(|shown| shown.strip_suffix(" %")?.parse().ok()).unwrap_or(-1.0)
        };
        assert!((8.0..12.0).contains(&share(3).await), "{}", share(3).await);
        assert!((88.0..92.0).contains(&share(4).await));
        // The bar has the length of its share, and the mark is at the configured percentage.
        let widths = "const track = document.querySelector('.bars li:nth-child(3) .track').getBoundingClientRect(); \
            const of = (name) => document.querySelector('.bars li:nth-child(3) .' + name).getBoundingClientRect(); \
            return [of('fill').width / track.width * 100, (of('mark').left - track.left) / track.width * 100]";
        let widths = page.run(widths, Value::Null).await;
        assert!((widths[0].as_f64().unwrap() - share(3).await).abs() < 0.5, "{widths}");
        assert!((widths[1].as_f64().unwrap() - 10.0).abs() < 0.5, "{widths}");

        page.type_into(".context-row .given", "new_zealand").await;
        page.push("Try").await;
        page.until("the kiwis", async || (18.0..22.0).contains(&share(2).await)).await;

        // The histogram follows changes of the strategies.
        let half = Json::parse(r#"{"id":"half","percentage":500000,"value":true}"#).unwrap();
        let change = FeatureChange { strategies: Some(vec![half]), ..FeatureChange::default() };
        shop.change("NEW_CHECKOUT", change).await;
        page.see(".bars li", "50 % of users by userkey").await;
        page.until("half of them", async || (48.0..52.0).contains(&share(1).await)).await;

        page.open("#/rollout/dev/THEME").await;
        page.see("main", "No strategy depends on userkey").await;
        page.type_into("section .fields input", "company").await;
        page.push("Try").await;
        page.miss("main", "No strategy depends on").await;
        page.until("half of the companies", async || (48.0..52.0).contains(&share(1).await)).await;
    })
    .await;
}

/// Even with many changes only one request is in progress at a time, and the last answer is the newest.
#[tokio::test(flavor = "multi_thread")]
async fn answers_follow_many_changes() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.open("#/ask/dev").await;
        page.push("Show").await;
        page.see("summary", "BANNER").await;
        let hold = "window.questions = 0; const ask = window.fetch; window.fetch = async (url, options) => { \
            if (!String(url).endsWith('/evaluate')) return ask(url, options); \
            questions += 1; \
            const answer = await ask(url, options); \
            if (questions === 1) await new Promise((resolve) => { window.release = resolve; }); \
            return answer; };";
        page.run(hold, Value::Null).await;
        let is = async |what: String| page.run(&what, Value::Null).await == json!(true);
        shop.set("BANNER", "\"first\"").await;
        page.until("a question", async || is("return 'release' in window".into()).await).await;
        for number in 0..5 {
            shop.set("BANNER", &format!("\"change {number}\"")).await;
            let heard = format!(
                "return import('./store.js').then(({{ store, featureOf }}) => \
                    featureOf(store.environments.find((each) => each.name === 'dev').id, 'BANNER').value === 'change {number}')"
            );
            page.until("the change", async || is(heard.clone()).await).await;
        }
        assert_eq!(page.run("return questions", Value::Null).await, json!(1));
        page.run("release()", Value::Null).await;
        page.see("summary", "change 4").await;
        assert_eq!(page.run("return questions", Value::Null).await, json!(2));
    })
    .await;
}
