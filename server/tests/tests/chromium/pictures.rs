//! Screenshots of every view (light, dark and narrow) for people to look at. No view may be wider than the window.

use serde_json::{Value, json};

use crate::browser::with_console;
use crate::page::Page;

async fn dark(page: &Page) {
    let features = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
    page.cdp("Emulation.setEmulatedMedia", json!({"features": features})).await;
}

async fn narrow(page: &Page) {
    let size = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
    page.cdp("Emulation.setDeviceMetricsOverride", size).await;
}

async fn views(page: &Page, look: &str) {
    page.open("#/features/dev").await;
    page.see(".features", "NEW_CHECKOUT").await;
    shoot(page, &format!("features-{look}")).await;
    page.open("#/features/dev/NEW_CHECKOUT").await;
    page.see(".detail h2", "NEW_CHECKOUT").await;
    shoot(page, &format!("feature-{look}")).await;
    page.push("Edit strategies").await;
    page.see("legend", "20 %").await;
    shoot(page, &format!("strategies-{look}")).await;
    page.push("Cancel").await;
    page.open("#/features/dev/THEME").await;
    page.type_into(".detail textarea", "{\"accent\": \"plum\",").await;
    page.push("Save").await;
    page.see(".error", "This is not JSON").await;
    shoot(page, &format!("value-{look}")).await;
    page.push("Revert").await;
    page.open("#/ask/dev").await;
    page.type_into(".context-row:nth-child(1) .given", "mara").await;
    page.type_into(".context-row:nth-child(2) .given", "fiji").await;
    page.push("Show").await;
    page.tap("summary", "NEW_CHECKOUT").await;
    page.see(".line", "falls into bucket").await;
    shoot(page, &format!("ask-{look}")).await;
    page.open("#/rollout/dev/NEW_CHECKOUT").await;
    page.see(".bars", "all other users").await;
    page.type_into(".context-row .given", "new_zealand").await;
    page.push("Try").await;
    page.see(".bars li:nth-child(2) .share", "19.3 %").await;
    shoot(page, &format!("rollout-{look}")).await;
    page.open("#/clients/dev").await;
    page.see("main table", "shop").await;
    shoot(page, &format!("clients-{look}")).await;
    page.open("#/keys/dev").await;
    page.push("Show the keys").await;
    page.see("main code", "shop*client").await;
    shoot(page, &format!("keys-{look}")).await;
}

async fn shoot(page: &Page, name: &str) {
    let sticks_out =
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert!(
        page.run(sticks_out, Value::Null).await.as_i64().unwrap() <= 0,
        "{name} is wider than the window"
    );
    // Every control has a label, and the order of focus is the default one.
    let nameless = "return [...document.querySelectorAll('input:not([hidden]), select, textarea, button')].filter((each) => \
        !each.labels?.length && !each.getAttribute('aria-label') && !each.textContent.trim()).map((each) => each.outerHTML)";
    assert_eq!(page.run(nameless, Value::Null).await, json!([]), "{name}");
    let unreachable = "return [...document.querySelectorAll('[tabindex]')].filter((each) => each.tabIndex > 0).length";
    assert_eq!(page.run(unreachable, Value::Null).await, json!(0), "{name}");
    page.picture(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn light() {
    with_console(&[], |page, shop| async move {
        page.picture("sign-in-light").await;
        page.sign_in().await;
        let _client = shop.client().await;
        views(&page, "light").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_dark() {
    with_console(&[], |page, shop| async move {
        dark(&page).await;
        page.picture("sign-in-dark").await;
        page.sign_in().await;
        let _client = shop.client().await;
        views(&page, "dark").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_telephone() {
    with_console(&[], |page, shop| async move {
        narrow(&page).await;
        page.picture("sign-in-narrow").await;
        page.sign_in().await;
        let _client = shop.client().await;
        views(&page, "narrow").await;
    })
    .await;
}
