//! Listens to the application's runs: a notification when one ends or asks while the window is
//! not looked at, and the answer to whether closing would cut one short.
//!
//! Entry points: [`follow`] and [`Runs::unfinished`].

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures::StreamExt as _;
use meshlift_app::Meshlift;
use meshlift_app::api::dto::{ApiError, AppEvent, Nothing, RunState, RunSummary, WatchApp};
use tauri::{AppHandle, Manager as _, Runtime};
use tauri_plugin_notification::NotificationExt as _;

use crate::words::{self, Language};

/// The runs as they were heard of last.
#[derive(Debug, Default)]
pub(crate) struct Runs(Mutex<BTreeMap<String, RunSummary>>);

impl Runs {
    /// A run that goes on in this process, if there is one.
    pub(crate) fn unfinished(&self) -> Option<RunSummary> {
        self.lock().values().find(|run| goes_on(run.state)).cloned()
    }

    /// Remembers the run; true when it came into another state.
    fn hear(&self, run: &RunSummary) -> bool {
        let before = self.lock().insert(run.id.clone(), run.clone());
        before.is_none_or(|before| before.state != run.state)
    }

    /// Nothing in this process drives the run any more, whatever state it is in.
    fn let_go(&self, id: &str) {
        if let Some(run) = self.lock().get_mut(id)
            && goes_on(run.state)
        {
            run.state = RunState::Interrupted;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, RunSummary>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows the application until it ends. Expects [`Meshlift`] and [`Runs`] in the managed state.
pub(crate) fn follow<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = listen(&app).await {
            tracing::error!(message = error.message, "no notifications: watching failed");
        }
    });
}

/// The language that the user chose.
pub(crate) async fn language(meshlift: &Meshlift) -> Language {
    match meshlift.settings_get(Nothing {}).await {
        Ok(settings) => Language::of(&settings.language),
        Err(_) => Language::English,
    }
}

async fn listen<R: Runtime>(app: &AppHandle<R>) -> Result<(), ApiError> {
    let meshlift = app.state::<Meshlift>();
    let request = WatchApp { watch_id: "desktop".to_owned() };
    let mut events = std::pin::pin!(meshlift.app_watch(request).await?);
    while let Some(event) = events.next().await {
        match event {
            AppEvent::RunChanged { run } => ring(app, &meshlift, &run).await,
            AppEvent::RunEnded { run_id } => app.state::<Runs>().let_go(&run_id),
            AppEvent::ContextsChanged | AppEvent::SettingsChanged => {}
        }
    }
    Ok(())
}

async fn ring<R: Runtime>(app: &AppHandle<R>, meshlift: &Meshlift, run: &RunSummary) {
    if !app.state::<Runs>().hear(run) || is_looked_at(app) {
        return;
    }
    let Some(news) = words::news(language(meshlift).await, run) else {
        return;
    };
    let shown = app.notification().builder().title(news.title).body(news.text).show();
    if let Err(error) = shown {
        tracing::warn!(%error, "the desktop shows no notifications");
    }
}

fn is_looked_at<R: Runtime>(app: &AppHandle<R>) -> bool {
    app.get_webview_window(crate::window::MAIN)
        .is_some_and(|window| window.is_focused().unwrap_or(false))
}

fn goes_on(state: RunState) -> bool {
    match state {
        RunState::Running
        | RunState::Pausing
        | RunState::Paused
        | RunState::Waiting
        | RunState::Asking => true,
        RunState::Interrupted | RunState::Succeeded | RunState::Failed | RunState::Aborted => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::run;

    #[test]
    fn closing_asks_while_a_run_goes_on() {
        let runs = Runs::default();
        assert_eq!(runs.unfinished(), None, "nothing was started");

        runs.hear(&run(RunState::Paused));
        assert_eq!(runs.unfinished().map(|run| run.number), Some(27), "a pause is not an end");

        runs.hear(&run(RunState::Succeeded));
        assert_eq!(runs.unfinished(), None, "it ended");
    }

    #[test]
    fn a_run_that_nobody_drives_does_not_hold_the_window() {
        let runs = Runs::default();
        let run = run(RunState::Waiting);
        runs.hear(&run);

        runs.let_go(&run.id);

        assert_eq!(runs.unfinished(), None, "closing would cut nothing short");
    }

    #[test]
    fn a_state_is_news_once() {
        let runs = Runs::default();

        assert!(runs.hear(&run(RunState::Asking)), "it began to ask");
        assert!(!runs.hear(&run(RunState::Asking)), "progress within a state rings no bell");
    }
}
