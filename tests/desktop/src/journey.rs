//! What a person does in the window, in the window's own words, with a picture of every step.
//!
//! Entry point: [`Journey::begin`]. Deliberately absent: asking the cluster whether it worked; a
//! journey's test does that with kubectl and istioctl, past the application.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{bail, ensure};

use crate::patience::until;
use crate::{Control, Pictures, Screen, Start, Window};

/// How long a run of a few workloads may take.
const RUN: Duration = Duration::from_mins(5);
/// How long reading the mesh, a precheck or a plan may take.
const READ: Duration = Duration::from_mins(1);

/// A window, and the pictures that are taken of it.
#[derive(Debug)]
pub struct Journey {
    window: Window,
    pictures: Pictures,
    /// Context and address that every confirmation has to name.
    cluster: (String, String),
    // Last, so that the window goes before the screen that it is on.
    screen: Screen,
}

impl Journey {
    /// Opens the window on a screen of its own.
    pub async fn begin(name: &str, start: &Start) -> anyhow::Result<Self> {
        let screen = Screen::start()?;
        let pictures = Pictures::of(name)?;
        let window = Window::open(&screen, start).await?.watched(&pictures);
        let cluster = Default::default();
        Ok(Self { window, pictures, cluster, screen })
    }

    /// Ends the program as a crash would, and starts it again on the same data.
    pub async fn crash_and_reopen(self, start: &Start) -> anyhow::Result<Self> {
        let Self { window, pictures, cluster, screen } = self;
        window.kill().await?;
        let window = Window::open(&screen, start).await?.watched(&pictures);
        Ok(Self { window, pictures, cluster, screen })
    }

    /// Starts the program once more beside the window, and waits until it ends.
    pub async fn start_beside(&self, start: &Start) -> anyhow::Result<ExitStatus> {
        crate::window::start_beside(&self.screen, start).await
    }

    /// Closes the window.
    pub async fn end(self) -> anyhow::Result<()> {
        self.window.close().await
    }

    /// Takes the next picture.
    pub async fn picture(&mut self, name: &str) -> anyhow::Result<()> {
        self.window.picture(&mut self.pictures, name).await
    }

    /// Takes the next pictures of one page: as it is, in the dark, and in the dark and in Chinese.
    pub async fn picture_in_every_look(&mut self, name: &str) -> anyhow::Result<()> {
        self.picture(name).await?;
        self.press("button", "Theme: switch to Dark").await?;
        self.find("button", "Theme: switch to Light").await?;
        self.picture(&format!("{name}-dark")).await?;
        self.press("button", "中文").await?;
        self.find("link", "设置").await?;
        self.picture(&format!("{name}-dark-zh")).await?;
        self.press("button", "EN").await?;
        // Settings are replaced as a whole: the next change has to know this one.
        self.find("link", "Settings").await?;
        self.press("button", "Theme: switch to Light").await?;
        self.find("button", "Theme: switch to Dark").await?;
        Ok(())
    }

    /// Names an istioctl under Settings.
    pub async fn add_istioctl(&self, path: &Path) -> anyhow::Result<()> {
        self.press("link", "Settings").await?;
        let section = self.find("region", "istioctl").await?;
        let path = path.display().to_string();
        self.fill("textbox", "Path of an istioctl", &path).await?;
        self.press_in(&section, "button", "Add").await?;
        self.find_within(READ, "button", &format!("Remove {path}")).await?;
        Ok(())
    }

    /// Names, under Settings, the file that a mesh was installed with.
    pub async fn name_values(&self, context: &str, file: &Path) -> anyhow::Result<()> {
        self.press("link", "Settings").await?;
        let field = format!("Install values of {context}");
        // The key ends the field, which keeps what was typed.
        let typed = format!("{}\u{E007}", file.display());
        self.fill("textbox", &field, &typed).await
    }

    /// Opens a mesh from the list of all.
    pub async fn open_mesh(&mut self, context: &str, server: &str) -> anyhow::Result<()> {
        self.cluster = (context.to_owned(), server.to_owned());
        self.press("link", "Meshes").await?;
        self.contexts_are_read().await?;
        self.press("link", &format!("Open {context}")).await?;
        self.find_within(READ, "tab", "Canary Upgrade").await?;
        Ok(())
    }

    /// Shows a tab of Upgrade Management, wherever the window is.
    pub async fn show(&self, tab: &str) -> anyhow::Result<()> {
        self.press("link", "Upgrade Management").await?;
        self.show_tab(READ, tab).await
    }

    /// Shows the canary's control plane or its data plane, wherever the window is.
    pub async fn show_canary(&self, pane: &str) -> anyhow::Result<()> {
        self.show("Canary Upgrade").await?;
        self.show_tab(READ, pane).await
    }

    /// Selects everything in a grid that can be selected.
    pub async fn select_all_in(&self, grid: &str) -> anyhow::Result<()> {
        let grid = self.find("grid", grid).await?;
        self.press_in(&grid, "checkbox", "Select all").await
    }

    /// Performs the precheck and expects that nothing blocks.
    pub async fn precheck(&self) -> anyhow::Result<()> {
        self.press_within(READ, "button", "Perform Upgrade Precheck").await?;
        self.says_within(READ, "passed").await?;
        let words = self.find("region", "Precheck").await?.words().await?;
        ensure!(!words.contains("blocking"), "the precheck found something: {words}");
        Ok(())
    }

    /// Waits until a button may not be pressed for this reason, which stands beside it.
    pub async fn refuses(&self, button: &str, reason: &str) -> anyhow::Result<()> {
        until(&format!("{button:?} to be refused"), READ, async || {
            let control = self.find("button", button).await?;
            let beside = control.attribute("aria-describedby").await?;
            let script = "return document.getElementById(arguments[0])?.textContent ?? ''";
            let words = self.script(script, vec![beside.into()]).await?;
            let refused = !control.is_enabled() && words == reason;
            Ok(if refused { Ok(()) } else { Err(format!("beside it stands {words}")) })
        })
        .await
    }

    /// Presses a button, reads and confirms its plan, and follows the run to its end.
    pub async fn carry_out(&mut self, button: &str, picture: &str) -> anyhow::Result<()> {
        self.begin_run(button, picture).await?;
        self.run_to_its_end().await?;
        self.picture(&format!("{picture}-done")).await
    }

    /// As [`Journey::carry_out`] for a run that restarts pods, with a picture of a wave, or of all of
    /// them where they were done before one could be looked at.
    pub async fn carry_out_waves(&mut self, button: &str, picture: &str) -> anyhow::Result<()> {
        self.begin_run(button, picture).await?;
        self.run_shows_waves().await?;
        self.picture(&format!("{picture}-wave")).await?;
        self.run_to_its_end().await?;
        self.picture(&format!("{picture}-done")).await
    }

    /// As [`Journey::carry_out`] for a run that waits for a step in a simulated console.
    pub async fn carry_out_by_hand(&mut self, button: &str, picture: &str) -> anyhow::Result<()> {
        self.begin_run(button, picture).await?;
        self.do_in_the_console(picture).await?;
        self.run_to_its_end().await?;
        self.picture(&format!("{picture}-done")).await
    }

    /// Does the step in the simulated console for which a run waits.
    pub async fn do_in_the_console(&mut self, picture: &str) -> anyhow::Result<()> {
        self.find_within(RUN, "region", "In the ASM console").await?;
        self.picture(&format!("{picture}-console")).await?;
        self.press("button", "Do it in the simulated console").await
    }

    /// Presses a button, reads its plan, which names the cluster and its address, and confirms it.
    pub async fn begin_run(&mut self, button: &str, picture: &str) -> anyhow::Result<()> {
        self.press("button", button).await?;
        let dialog = self.plan().await?;
        dialog.says(&self.cluster.0).await?;
        dialog.says(&self.cluster.1).await?;
        self.picture(&format!("{picture}-plan")).await?;
        for consent in self.all_in(&dialog, "checkbox").await? {
            self.press_in(&dialog, "checkbox", &consent).await?;
        }
        self.press_in(&dialog, "button", "OK").await
    }

    /// Follows the run until it is done.
    pub async fn run_to_its_end(&self) -> anyhow::Result<()> {
        until("the end of the run", RUN, async || {
            let now = match self.region_now().await? {
                Ok(words) => words,
                Err(seen) => return Ok(Err(seen)),
            };
            if now.starts_with("Done") {
                return Ok(Ok(()));
            }
            if ["Stopped", "Waiting for your answer", "Aborted"]
                .iter()
                .any(|end| now.starts_with(end))
            {
                bail!("the run did not come through: {}", self.words().await?);
            }
            Ok(Err(format!("the run says: {now}")))
        })
        .await
    }

    /// Waits until the run has begun to restart pods.
    pub async fn run_restarts_pods(&self) -> anyhow::Result<()> {
        until("a wave", RUN, async || {
            let now = match self.region_now().await? {
                Ok(words) => words,
                Err(seen) => return Ok(Err(seen)),
            };
            Ok(if restarts_pods(&now) { Ok(()) } else { Err(format!("the run says: {now}")) })
        })
        .await
    }

    /// Waits until the run restarts pods, or has done so.
    async fn run_shows_waves(&self) -> anyhow::Result<()> {
        until("waves", RUN, async || {
            let now = match self.region_now().await? {
                Ok(words) => words,
                Err(seen) => return Ok(Err(seen)),
            };
            let shown = restarts_pods(&now) || now.starts_with("Done");
            Ok(if shown { Ok(()) } else { Err(format!("the run says: {now}")) })
        })
        .await
    }

    /// Waits until every context was read, after which the list of them stands still.
    async fn contexts_are_read(&self) -> anyhow::Result<()> {
        until("every context to be read", READ, async || {
            let words = self.words().await?;
            let mut counts = words.split(" contexts read").next().unwrap_or_default().rsplit(' ');
            let (all, of, read) = (counts.next(), counts.next(), counts.next());
            let done = of == Some("of") && read == all;
            Ok(if done { Ok(()) } else { Err(format!("the page says: {words}")) })
        })
        .await
    }

    async fn plan(&self) -> anyhow::Result<Control> {
        until("the confirmation", READ, async || {
            for title in ["Important", "Confirm upgrade?"] {
                if self.has("dialog", title).await? {
                    return Ok(Ok(self.find("dialog", title).await?));
                }
            }
            Ok(Err(format!("the page says: {}", self.words().await?)))
        })
        .await
    }

    async fn region_now(&self) -> anyhow::Result<Result<String, String>> {
        if !self.has("region", "Now").await? {
            return Ok(Err(format!("the page says: {}", self.words().await?)));
        }
        Ok(Ok(self.find("region", "Now").await?.words().await?))
    }
}

impl Deref for Journey {
    type Target = Window;

    fn deref(&self) -> &Window {
        &self.window
    }
}

impl DerefMut for Journey {
    fn deref_mut(&mut self) -> &mut Window {
        &mut self.window
    }
}

/// Whether a run says that it waits for pods of a workload.
fn restarts_pods(now: &str) -> bool {
    now.starts_with("Waiting for") && now.contains("pods of")
}
