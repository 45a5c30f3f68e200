//! The page in the window: finding, reading and pressing what is on it.
//!
//! Everything is found by role and by name, so a journey breaks when a person could no longer
//! follow it, and not when the markup changes.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::{WebDriver, WebElement};

use crate::patience::{limited, until};

/// How long one call may take before the window counts as hung.
pub(crate) const CALL: Duration = Duration::from_mins(1);
/// How long something may take to appear on the page after what leads to it.
const APPEARS: Duration = Duration::from_secs(30);

const FIND: &str = include_str!("page.js");

/// Whether an element stays where it is while the page is drawn twice.
const RESTS: &str = "const [element, done] = arguments; \
    const place = () => JSON.stringify(element.getBoundingClientRect()); \
    const before = place(); \
    requestAnimationFrame(() => requestAnimationFrame(() => done(place() === before)))";

/// The page of an open window.
#[derive(Debug)]
pub struct Page {
    driver: WebDriver,
}

/// Something on the page.
#[derive(Debug, Clone)]
pub struct Control {
    element: WebElement,
    enabled: bool,
    what: String,
}

impl Page {
    pub(crate) fn new(driver: WebDriver) -> Self {
        Self { driver }
    }

    /// What has this role and this name; waits for it to appear. A trailing `*` in the name stands
    /// for any ending.
    pub async fn find(&self, role: &str, name: &str) -> anyhow::Result<Control> {
        self.find_for(APPEARS, role, name, None).await
    }

    /// As [`Page::find`], inside something else.
    pub async fn find_in(
        &self,
        outer: &Control,
        role: &str,
        name: &str,
    ) -> anyhow::Result<Control> {
        self.find_for(APPEARS, role, name, Some(outer)).await
    }

    /// As [`Page::find`], with patience for something that takes the cluster its time.
    pub async fn find_within(
        &self,
        limit: Duration,
        role: &str,
        name: &str,
    ) -> anyhow::Result<Control> {
        self.find_for(limit, role, name, None).await
    }

    /// Presses what has this role and name, as soon as it is there and may be pressed.
    pub async fn press(&self, role: &str, name: &str) -> anyhow::Result<()> {
        self.press_for(APPEARS, role, name, None).await
    }

    /// As [`Page::press`], inside something else.
    pub async fn press_in(&self, outer: &Control, role: &str, name: &str) -> anyhow::Result<()> {
        self.press_for(APPEARS, role, name, Some(outer)).await
    }

    /// As [`Page::press`], with patience for something that takes the cluster its time.
    pub async fn press_within(
        &self,
        limit: Duration,
        role: &str,
        name: &str,
    ) -> anyhow::Result<()> {
        self.press_for(limit, role, name, None).await
    }

    /// Shows what is behind a tab, and presses the tab again while it is not: what arrives from the
    /// cluster in that moment can push it from under the pointer.
    pub async fn show_tab(&self, limit: Duration, name: &str) -> anyhow::Result<()> {
        let what = format!("tab {name:?} to be shown");
        until(&what, limit, async || {
            let tab = match self.look("tab", name, None).await? {
                Ok(tab) => tab,
                Err(seen) => return Ok(Err(seen)),
            };
            match still_moving(&what, tab.element.attr("aria-selected")).await? {
                Ok(Some(selected)) if selected == "true" => return Ok(Ok(())),
                Ok(_) => {}
                Err(moved) => return Ok(Err(moved)),
            }
            Ok(Err(self.click(&tab).await?.err().unwrap_or_else(|| "it was pressed".to_owned())))
        })
        .await
    }

    /// Whether something of this role and name can be seen right now.
    pub async fn has(&self, role: &str, name: &str) -> anyhow::Result<bool> {
        Ok(self.look(role, name, None).await?.is_ok())
    }

    /// The names of everything of this role inside something else.
    pub async fn all_in(&self, outer: &Control, role: &str) -> anyhow::Result<Vec<String>> {
        let within = outer.element.to_json().context("failed to name an element")?;
        let answer = self.script(FIND, vec![json!(role), json!("*"), within]).await?;
        let names = answer["names"].as_array().into_iter().flatten();
        Ok(names.filter_map(|name| name.as_str().map(str::to_owned)).collect())
    }

    /// Chooses from a list by the beginning of what the choice says.
    pub async fn choose(&self, list: &str, choice: &str) -> anyhow::Result<()> {
        self.press("combobox", list).await?;
        self.press("choice", &format!("{choice}*")).await
    }

    /// Types into a field that has this name, over what stood there.
    pub async fn fill(&self, role: &str, name: &str, text: &str) -> anyhow::Result<()> {
        let field = self.find(role, name).await?;
        limited(&field.what, CALL, field.element.clear()).await?;
        limited(&field.what, CALL, field.element.send_keys(text)).await
    }

    /// Waits until the page says this somewhere.
    pub async fn says(&self, text: &str) -> anyhow::Result<()> {
        self.says_within(APPEARS, text).await
    }

    /// As [`Page::says`], with patience for something that takes the cluster its time.
    pub async fn says_within(&self, limit: Duration, text: &str) -> anyhow::Result<()> {
        until(&format!("the words {text:?}"), limit, async || {
            let words = self.words().await?;
            Ok(if words.contains(text) { Ok(()) } else { Err(format!("the page says: {words}")) })
        })
        .await
    }

    /// Everything that the page says, with single spaces.
    pub async fn words(&self) -> anyhow::Result<String> {
        let text = self.script("return document.body?.innerText ?? ''", vec![]).await?;
        Ok(text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Runs a script in the page.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> anyhow::Result<Value> {
        let answer = limited("a script", CALL, self.driver.execute(script, arguments)).await?;
        Ok(answer.json().clone())
    }

    /// Waits until what the page holds was drawn.
    pub(crate) async fn drawn(&self) -> anyhow::Result<()> {
        let frames = "const done = arguments[0]; \
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))";
        limited("two frames", CALL, self.driver.execute_async(frames, vec![])).await?;
        Ok(())
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        limited("closing the window", CALL, self.driver.quit()).await
    }

    /// Lets go of a window whose program is gone; asking the driver to close it would never end.
    pub(crate) fn leave(self) {
        self.driver.leak().ok();
    }

    async fn find_for(
        &self,
        limit: Duration,
        role: &str,
        name: &str,
        outer: Option<&Control>,
    ) -> anyhow::Result<Control> {
        until(&describe(role, name, outer), limit, async || self.look(role, name, outer).await)
            .await
    }

    async fn press_for(
        &self,
        limit: Duration,
        role: &str,
        name: &str,
        outer: Option<&Control>,
    ) -> anyhow::Result<()> {
        let what = describe(role, name, outer);
        until(&what, limit, async || {
            let control = match self.look(role, name, outer).await? {
                Ok(control) => control,
                Err(seen) => return Ok(Err(seen)),
            };
            if !control.enabled {
                return Ok(Err("it is there but disabled".to_owned()));
            }
            self.click(&control).await
        })
        .await
    }

    /// Presses something that stays where it is, or says what keeps it from being pressed.
    async fn click(&self, control: &Control) -> anyhow::Result<Result<(), String>> {
        let element = control.element.to_json().context("failed to name an element")?;
        let rests = self.driver.execute_async(RESTS, vec![element]);
        match still_moving(&control.what, rests).await? {
            Ok(answer) if answer.json() == &json!(true) => {}
            Ok(_) => return Ok(Err("it is being moved".to_owned())),
            Err(moved) => return Ok(Err(moved)),
        }
        still_moving(&control.what, control.element.click()).await
    }

    /// The first that fits, or what is there instead.
    async fn look(
        &self,
        role: &str,
        name: &str,
        outer: Option<&Control>,
    ) -> anyhow::Result<Result<Control, String>> {
        let within = match outer {
            Some(control) => control.element.to_json().context("failed to name an element")?,
            None => Value::Null,
        };
        let what = describe(role, name, outer);
        let arguments = vec![json!(role), json!(name), within];
        let answer = match still_moving(&what, self.driver.execute(FIND, arguments)).await? {
            Ok(answer) => answer.json().clone(),
            Err(moved) => return Ok(Err(moved)),
        };
        let Some(first) = answer["found"].get(0) else {
            return Ok(Err(format!("of role {role} there are {}", answer["names"])));
        };
        let element = WebElement::from_json(first.clone(), self.driver.handle().clone())
            .context("failed to read an element")?;
        Ok(Ok(Control { element, enabled: answer["enabled"][0] == json!(true), what }))
    }
}

impl Control {
    /// Whether it may be pressed.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// What it says, with single spaces.
    pub async fn words(&self) -> anyhow::Result<String> {
        let text = limited(&self.what, CALL, self.element.text()).await?;
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// One of its attributes.
    pub async fn attribute(&self, name: &str) -> anyhow::Result<Option<String>> {
        limited(&self.what, CALL, self.element.attr(name.to_owned())).await
    }

    /// Checks that it says this.
    pub async fn says(&self, text: &str) -> anyhow::Result<()> {
        let words = self.words().await?;
        ensure!(words.contains(text), "{} should say {text:?}, and says {words:?}", self.what);
        Ok(())
    }
}

fn describe(role: &str, name: &str, outer: Option<&Control>) -> String {
    match outer {
        Some(outer) => format!("{role} {name:?} in {}", outer.what),
        None => format!("{role} {name:?}"),
    }
}

/// A page that is drawn anew between looking and touching is looked at again.
async fn still_moving<T>(
    what: &str,
    call: impl Future<Output = WebDriverResult<T>>,
) -> anyhow::Result<Result<T, String>> {
    let call = async { Ok::<_, WebDriverError>(call.await) };
    match limited(what, CALL, call).await? {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) if has_moved(&error) => Ok(Err(error.to_string())),
        Err(error) => Err(error).with_context(|| format!("failed: {what}")),
    }
}

fn has_moved(error: &WebDriverError) -> bool {
    use thirtyfour::error::WebDriverErrorInner as Kind;
    matches!(
        error.as_inner(),
        Kind::StaleElementReference(_)
            | Kind::ElementClickIntercepted(_)
            | Kind::ElementNotInteractable(_)
    )
}
