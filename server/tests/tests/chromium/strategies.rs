//! Editing strategies.

use fh_edge::FeatureChange;
use fh_edge::state::Json;
use serde_json::json;

use crate::browser::with_console;
use crate::shop::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_percentage_is_raised_and_clients_see_it() {
    with_console(&[], |page, shop| async move {
        let client = shop.client().await;
        let share = |client: &fh_client::Client| {
            (0..400)
                .filter(|n| {
                    client
                        .context()
                        .user_key(format!("user-{n}"))
                        .build()
                        .is_enabled("NEW_CHECKOUT")
                })
                .count()
        };
        assert!((20..80).contains(&share(&client)), "{}", share(&client));
        page.sign_in().await;
        page.open("#/features/dev/NEW_CHECKOUT").await;
        page.push("Edit strategies").await;
        page.type_into(".strategy:nth-of-type(3) .field:first-child input", "62,5").await;
        page.see(".strategy:nth-of-type(3) legend", "62.5 % of users by userkey").await;
        page.miss(".preview", "").await;
        page.push("Save strategies").await;
        page.see("#notices", "NEW_CHECKOUT has new strategies in dev.").await;
        until(&client, "NEW_CHECKOUT", |client| (200..300).contains(&share(client))).await;
        assert_eq!(
            shop.strategies("NEW_CHECKOUT").await[2],
            json!({"id": "tenth", "percentage": 625_000, "value": true})
        );
        // The other strategies have not changed.
        assert_eq!(
            shop.strategies("NEW_CHECKOUT").await[0]["attributes"][0]["values"],
            json!(["@shop.example"])
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strategies_are_added_moved_and_removed_in_the_form() {
    with_console(&[], |page, shop| async move {
        page.sign_in().await;
        page.open("#/features/dev/MAX_BASKET").await;
        page.see(".detail", "None: all users get the value above.").await;
        page.push("Edit strategies").await;
        page.push("Add a strategy by percentage").await;
        page.push("Save strategies").await;
        page.see(".strategy .error", "This is not a number, such as 12.50.").await;
        page.type_into(".strategy .field:nth-child(3) input", "10.50").await;
        page.type_into(".strategy .field:nth-child(2) input", "company, plan").await;
        page.see("legend", "10 % of users by company and plan → 10.50").await;
        page.push("Add a rule").await;
        page.see(".strategy", "if").await;
        page.type_into("[aria-label='Attribute of rule 1']", "age").await;
        page.choose("[aria-label='Type of rule 1']", "number").await;
        page.choose("[aria-label='Condition of rule 1']", "≥").await;
        page.type_into("[aria-label='Values of rule 1']", "18, 21.50").await;
        page.see("legend", "if age is at least one of 18, 21.50").await;
        page.type_into(".strategy .field:first-child input", "0").await;
        page.see(".strategy .error", "0 % counts as no percentage").await;
        page.type_into(".strategy .field:first-child input", "101").await;
        page.see(".strategy .error", "A percentage is 0 to 100").await;
        page.type_into(".strategy .field:first-child input", "25").await;
        page.click(".forms + .actions button:last-child").await;
        page.type_into(".strategy:nth-of-type(2) .field:nth-child(3) input", "1").await;
        page.type_into(".strategy:nth-of-type(2) [aria-label='Values of rule 1']", "fiji").await;
        page.click("[aria-label='Move strategy 2 up']").await;
        page.see(".strategy:first-child legend", "1. all users, if country is fiji → 1").await;
        page.push("Save strategies").await;
        page.see("#notices", "MAX_BASKET has new strategies in dev.").await;
        let strategies = shop.strategies("MAX_BASKET").await;
        assert_eq!(strategies[0]["attributes"][0]["values"], json!(["fiji"]));
        assert_eq!(strategies[1]["percentage"], 250_000);
        assert_eq!(strategies[1]["percentageAttributes"], json!(["company", "plan"]));
        assert_eq!(strategies[1]["attributes"][0]["values"], json!([18, 21.5]));
        page.push("Edit strategies").await;
        page.click("[aria-label='Remove strategy 1']").await;
        page.click("[aria-label='Remove strategy 1']").await;
        page.push("Save strategies").await;
        page.see(".detail", "None: all users get the value above.").await;
        assert_eq!(shop.strategies("MAX_BASKET").await, json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strategies_are_edited_as_json_and_refusals_name_the_place() {
    with_console(&[422], |page, shop| async move {
        page.sign_in().await;
        page.open("#/features/dev/DELIVERY_FEE").await;
        page.push("Edit strategies").await;
        page.push("Edit as JSON").await;
        let text = ".editor textarea";
        page.type_into(text, "[{\"id\":\"x\",").await;
        page.see(".editor .error", "This is not JSON").await;
        page.type_into(text, r#"[{"id":"x","value":5.00,"note":"kept","attributes":[{"fieldName":"a","type":"STRING","conditional":"IS","values":["b"]}]}]"#).await;
        page.see(".preview", "all users, if a IS b → 5.00").await;
        page.push("Save strategies").await;
        page.see(".editor .error", "strategies[0].attributes[0].conditional").await;
        page.push("Edit as a form").await;
        page.push("Save strategies").await;
        page.see(".strategy .error", "rule 1.conditional: \"IS\": unknown conditional").await;
        page.choose("[aria-label='Condition of rule 1']", "is").await;
        page.push("Save strategies").await;
        page.see("#notices", "DELIVERY_FEE has new strategies in dev.").await;
        let state = shop.state().await;
        let saved = state.environments[0].values["DELIVERY_FEE"].strategies[0].as_str();
        assert_eq!(
            saved,
            r#"{"id":"x","value":5.00,"note":"kept","attributes":[{"fieldName":"a","type":"STRING","conditional":"EQUALS","values":["b"]}]}"#
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probable_mistakes_are_named() {
    with_console(&[], |page, shop| async move {
        let strategy = Json::parse(r#"{"id":"a","percentage":25,"value":true}"#).unwrap();
        let change = FeatureChange { strategies: Some(vec![strategy]), ..Default::default() };
        shop.change("NEW_CHECKOUT", change).await;
        page.sign_in().await;
        page.see("body", "probable mistake").await;
        page.open("#/features/dev/NEW_CHECKOUT").await;
        page.see(".problems", "strategies[0].percentage 25: the number 25 means 0.0025 %").await;
        page.see(".problems", "[percentage-unit]").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_outlives_what_others_change() {
    with_console(&[412], |page, shop| async move {
        page.sign_in().await;
        page.open("#/features/dev/NEW_CHECKOUT").await;
        page.push("Edit strategies").await;
        page.type_into(".strategy:nth-of-type(3) .field:first-child input", "90").await;
        // A change of the value is no conflict of strategies.
        shop.set("NEW_CHECKOUT", "true").await;
        page.see(".detail .switch", "on").await;
        let none = FeatureChange { strategies: Some(Vec::new()), ..Default::default() };
        shop.change("NEW_CHECKOUT", none).await;
        page.see(".conflict", "no strategies").await;
        page.push("Save strategies").await;
        page.see(".conflict", "no strategies").await;
        assert_eq!(shop.strategies("NEW_CHECKOUT").await, json!([]));
        page.see("legend", "90 % of users").await;
        page.push("Save mine anyway").await;
        page.see("#notices", "NEW_CHECKOUT has new strategies in dev.").await;
        assert_eq!(shop.strategies("NEW_CHECKOUT").await[2]["percentage"], 900_000);
    })
    .await;
}
