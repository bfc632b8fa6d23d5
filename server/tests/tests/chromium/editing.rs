//! Editing values: errors are shown next to the field, and no input is lost.

use thirtyfour::Key;

use crate::browser::with_console;
use crate::shop::until;

const FIELD: &str = ".detail .editor textarea, .detail .editor input";

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_edited_and_a_client_sees_it() {
    with_console(&[], |page, shop| async move {
        let client = shop.client().await;
        page.sign_in().await;
        page.open("#/features/dev/BANNER").await;
        page.type_into(FIELD, "Kia ora & \"welcome\"").await;
        page.press(Key::Enter.value()).await;
        page.driver.active_element().await.unwrap().send_keys("second line").await.unwrap();
        page.driver
            .active_element()
            .await
            .unwrap()
            .send_keys(Key::Control + Key::Enter)
            .await
            .unwrap();
        page.see("#notices", "BANNER has a new value in dev.").await;
        until(&client, "BANNER", |client| {
            client.context().build().string("BANNER").as_deref()
                == Some("Kia ora & \"welcome\"\nsecond line")
        })
        .await;
        page.push("Unset").await;
        until(&client, "BANNER", |client| client.context().build().string("BANNER").is_none())
            .await;
        page.push("Make it an empty text").await;
        until(&client, "BANNER", |client| {
            client.context().build().string("BANNER").as_deref() == Some("")
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_stays_as_it_was_typed() {
    with_console(&[422], |page, shop| async move {
        page.sign_in().await;
        page.see(".features tr", "7.50").await;
        page.open("#/features/dev/DELIVERY_FEE").await;
        page.see(".detail h2", "DELIVERY_FEE").await;
        assert_eq!(page.value_of(FIELD).await, "7.50");
        page.type_into(FIELD, "seven").await;
        page.press(Key::Enter.value()).await;
        page.see(".detail .error", "This is not a number, such as 12.50.").await;
        assert!(page.is_focused("[aria-invalid=true]").await);
        assert_eq!(page.value_of(FIELD).await, "seven");
        page.type_into(FIELD, "12345678901234567890.10").await;
        page.press(Key::Enter.value()).await;
        page.see("#notices", "DELIVERY_FEE has a new value in dev.").await;
        assert_eq!(shop.value("DELIVERY_FEE").await.as_deref(), Some("12345678901234567890.10"));
        page.see(".features tr", "12345678901234567890.10").await;
        // The server decides; its errors are shown in the same place.
        page.type_into(FIELD, "1e999999999").await;
        page.press(Key::Enter.value()).await;
        page.see(".detail .error", "the value is not of type NUMBER").await;
        assert_eq!(shop.value("DELIVERY_FEE").await.as_deref(), Some("12345678901234567890.10"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_checked_and_tidied() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.open("#/features/dev/THEME").await;
        page.type_into(FIELD, "{\"accent\": 1.50,").await;
        page.push("Save").await;
        page.see(".detail .error", "This is not JSON").await;
        page.see(".detail .error", "line 1, column").await;
        assert_eq!(page.value_of(FIELD).await, "{\"accent\": 1.50,");
        page.type_into(FIELD, "{\"accent\": 1.50, \"list\": [1,2]}").await;
        page.push("Format").await;
        assert_eq!(
            page.value_of(FIELD).await,
            "{\n  \"accent\": 1.50,\n  \"list\": [\n    1,\n    2\n  ]\n}"
        );
        page.push("Save").await;
        page.see("#notices", "THEME has a new value in dev.").await;
        assert!(shop.value("THEME").await.unwrap().contains("1.50"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_shown_and_no_input_is_lost() {
    with_console(&[412], |page, shop| async move {
        page.sign_in().await;
        page.open("#/features/dev/BANNER").await;
        page.type_into(FIELD, "mine").await;
        shop.set("BANNER", "\"theirs\"").await;
        page.see(".conflict", "It is now: theirs").await;
        assert_eq!(page.value_of(FIELD).await, "mine");
        // The server refuses a save without a look at the conflict.
        page.press(Key::Tab.value()).await;
        page.find(".detail .editor").await;
        page.run(
            "document.querySelector('.detail .editor').requestSubmit()",
            serde_json::Value::Null,
        )
        .await;
        page.see(".conflict", "It is now: theirs").await;
        assert_eq!(shop.value("BANNER").await.as_deref(), Some("\"theirs\""));
        assert_eq!(page.value_of(FIELD).await, "mine");
        page.push("Save mine anyway").await;
        page.see("#notices", "BANNER has a new value in dev.").await;
        assert_eq!(shop.value("BANNER").await.as_deref(), Some("\"mine\""));
        page.miss(".conflict", "").await;

        page.type_into(FIELD, "mine again").await;
        shop.set("BANNER", "\"theirs again\"").await;
        page.see(".conflict", "It is now: theirs again").await;
        page.push("Take theirs").await;
        assert_eq!(page.value_of(FIELD).await, "theirs again");
        // A change of another property is no conflict.
        page.type_into(FIELD, "third").await;
        let lock = fh_edge::FeatureChange { locked: Some(true), ..Default::default() };
        shop.change("BANNER", lock).await;
        page.see(".detail .remark", "Locked").await;
        assert_eq!(page.value_of(FIELD).await, "third");
        page.push("Unlock").await;
        page.miss(".detail .remark", "Locked").await;
        page.push("Save").await;
        page.see("#notices", "BANNER has a new value in dev.").await;
        assert_eq!(shop.value("BANNER").await.as_deref(), Some("\"third\""));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_with_unsaved_input_asks_for_confirmation() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.open("#/features/dev/BANNER").await;
        page.type_into(FIELD, "half a sen").await;
        page.tap(".features a", "THEME").await;
        page.see("dialog", "Leave without saving?").await;
        page.press(Key::Escape.value()).await;
        page.miss("dialog", "").await;
        assert_eq!(page.value_of(FIELD).await, "half a sen");
        assert!(
            page.driver.current_url().await.unwrap().as_str().ends_with("#/features/dev/BANNER")
        );
        page.tap("nav a", "Rollout").await;
        page.tap("dialog button", "Leave").await;
        page.see("h2", "Rollout").await;
        page.open("#/features/dev/BANNER").await;
        page.see(".detail h2", "BANNER").await;
        assert_eq!(page.value_of(FIELD).await, "Welcome");
        assert_eq!(shop.value("BANNER").await.as_deref(), Some("\"Welcome\""));
    })
    .await;
}
