//! The page, with the actions of a user.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;

use crate::browser::{PATIENCE, folder};
use crate::shop::{ADMIN_KEY, Shop};

#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) driver: WebDriver,
    url: String,
}

impl Page {
    pub(crate) fn new(driver: WebDriver, shop: &Shop) -> Self {
        Self { driver, url: format!("{}/console/", shop.url) }
    }

    /// Opens the console by its address without the final slash, as people type it.
    pub(crate) async fn arrive(&self) {
        self.driver.goto(self.url.trim_end_matches('/')).await.unwrap();
    }

    /// Opens an address within the console, such as `#/ask/dev`.
    pub(crate) async fn open(&self, hash: &str) {
        self.driver.goto(format!("{}{hash}", self.url)).await.unwrap();
    }

    pub(crate) async fn sign_in(&self) {
        self.type_into("[name=key]", ADMIN_KEY).await;
        self.press(Key::Enter.value()).await;
        self.see(".features tbody tr", "NEW_CHECKOUT").await;
    }

    /// Waits for an element of a selector and returns the first one.
    pub(crate) async fn find(&self, css: &str) -> WebElement {
        let query = self.driver.query(By::Css(css)).wait(PATIENCE, Duration::from_millis(20));
        query.first().await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Waits until an element of a selector is visible with this text.
    pub(crate) async fn see(&self, css: &str, text: &str) -> WebElement {
        let mut seen = Vec::new();
        for _ in self.tries() {
            seen.clear();
            for element in self.driver.find_all(By::Css(css)).await.unwrap() {
                // The element may have been removed already.
                let shown = element.is_displayed().await.unwrap_or_default();
                let Ok(given) = element.text().await else { continue };
                if shown && given.contains(text) {
                    return element;
                }
                seen.push(given);
            }
            pause().await;
        }
        panic!("{css} does not show {text:?}, but {seen:?}");
    }

    /// Waits until no element of a selector is visible with this text.
    pub(crate) async fn miss(&self, css: &str, text: &str) {
        self.until(&format!("{css} {text} to go"), || async {
            for element in self.driver.find_all(By::Css(css)).await.unwrap() {
                let shown = element.is_displayed().await.unwrap_or_default();
                if shown && element.text().await.is_ok_and(|given| given.contains(text)) {
                    return false;
                }
            }
            true
        })
        .await;
    }

    /// Waits until a condition holds.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, is: impl Fn() -> F) {
        for _ in self.tries() {
            if is().await {
                return;
            }
            pause().await;
        }
        panic!("timed out waiting for {what}");
    }

    fn tries(&self) -> impl Iterator<Item = ()> + use<> {
        let end = std::time::Instant::now() + PATIENCE;
        std::iter::from_fn(move || (std::time::Instant::now() < end).then_some(()))
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Clicks the element of a selector with this text.
    pub(crate) async fn tap(&self, css: &str, text: &str) {
        for _ in self.tries() {
            match self.see(css, text).await.click().await {
                Ok(()) => return,
                // The element was replaced between finding and clicking it.
                Err(error)
                    if matches!(
                        error.as_inner(),
                        WebDriverErrorInner::StaleElementReference(_)
                    ) => {}
                Err(error) => panic!("{css} {text:?}: {error}"),
            }
        }
        panic!("{css} {text:?} is replaced again and again");
    }

    /// Clicks the button with this text.
    pub(crate) async fn push(&self, text: &str) {
        self.tap("button", text).await;
    }

    /// Replaces the content of a field by typing.
    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.click().await.unwrap();
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(Key::Delete + "").await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses an option by its text.
    pub(crate) async fn choose(&self, css: &str, option: &str) {
        let field = self.find(css).await;
        let select = thirtyfour::components::SelectElement::new(&field).await.unwrap();
        select.select_by_visible_text(option).await.unwrap();
    }

    pub(crate) async fn value_of(&self, css: &str) -> String {
        self.find(css).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Presses a key on the focused element.
    pub(crate) async fn press(&self, key: char) {
        self.driver.action_chain().send_keys(key.to_string()).perform().await.unwrap();
    }

    /// Presses Tab until the focus is on an element of this selector. Fails after 200 times: then it cannot be reached by keyboard.
    pub(crate) async fn tab_to(&self, css: &str) {
        for _ in 0..200 {
            self.press(Key::Tab.value()).await;
            if self.is_focused(css).await {
                return;
            }
        }
        panic!("{css} cannot be reached by keyboard");
    }

    pub(crate) async fn is_focused(&self, css: &str) -> bool {
        let script = "return document.activeElement.matches(arguments[0])";
        self.run(script, json!(css)).await == json!(true)
    }

    /// Runs a script with one argument.
    pub(crate) async fn run(&self, script: &str, argument: Value) -> Value {
        self.driver.execute(script, vec![argument]).await.unwrap().json().clone()
    }

    /// Stores a screenshot of the page.
    pub(crate) async fn picture(&self, name: &str) {
        let file = folder("console").join(format!("{name}.png"));
        self.driver.screenshot(&file).await.unwrap();
    }

    /// Returns the messages of the browser's console, except about requests that were refused with one of these statuses.
    pub(crate) async fn said(&self, provoked: &[u16]) -> Vec<String> {
        let entries = self.driver.browser_log().await.unwrap();
        let messages =
            entries.into_iter().map(|entry| format!("{}: {}", entry.level, entry.message));
        let is_provoked = |message: &String| {
            provoked
                .iter()
                .any(|status| message.contains(&format!("responded with a status of {status}")))
        };
        messages.filter(|message| !is_provoked(message)).collect()
    }

    /// Sends a command of the Chrome DevTools Protocol, for functions that WebDriver lacks.
    pub(crate) async fn cdp(&self, method: &str, parameters: Value) {
        self.driver.cdp().send_raw(method, parameters).await.unwrap();
    }
}

/// Waits between two checks of a condition.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
