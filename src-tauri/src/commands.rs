//! The application's commands as Tauri commands, made from the table.
//!
//! Entry point: [`handler`]. A command takes the application from the managed state, passes one
//! typed request on and answers; no command holds logic. Deliberately absent: permission, which
//! `permissions/*.toml` states, and read-only mode, which the application holds at every door.

use futures::{Stream, StreamExt as _};
use meshlift_app::Meshlift;
#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "the table decides which types there are")
)]
use meshlift_app::api::dto::*;
use tauri::ipc::{Channel, Invoke, IpcResponse};
use tauri::{Runtime, State};
use tokio::sync::watch;

/// Counts the pages that the window has loaded. A watch belongs to the page that started it.
#[derive(Debug)]
pub(crate) struct Page(watch::Sender<u32>);

impl Default for Page {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Page {
    /// Ends every watch: the page that could hear it is gone.
    pub(crate) fn turn(&self) {
        self.0.send_modify(|page| *page = page.wrapping_add(1));
    }
}

macro_rules! command {
    (watch $name:ident $request:ty, $message:ty) => {
        #[tauri::command]
        async fn $name(
            app: State<'_, Meshlift>,
            page: State<'_, Page>,
            request: $request,
            channel: Channel<$message>,
        ) -> Result<Nothing, ApiError> {
            let turned = page.0.subscribe();
            let messages = app.$name(request).await?;
            // Answered at once: an open answer holds one of the few connections that WebKit gives
            // a page, and with six watches nothing else would be answered any more.
            tauri::async_runtime::spawn(forward(messages, channel, turned));
            Ok(Nothing {})
        }
    };
    // An `observe` or an `operate` command: the class decides the permission, not the shape.
    ($class:ident $name:ident $request:ty, $answer:ty) => {
        #[tauri::command]
        async fn $name(app: State<'_, Meshlift>, request: $request) -> Result<$answer, ApiError> {
            app.$name(request).await
        }
    };
}

macro_rules! commands {
    ($($class:ident $name:ident($request:ty) -> $answer:ty;)*) => {
        $(command! { $class $name $request, $answer })*

        /// Answers what the window asks for.
        pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($name),*]
        }

        #[cfg(test)]
        pub(crate) const TABLE: &[(&str, &str)] = &[$((stringify!($class), stringify!($name))),*];
    };
}

meshlift_app::command_table!(commands);

/// Passes messages on until there are no more, or nobody is left to hear them.
async fn forward<T: IpcResponse>(
    messages: impl Stream<Item = T>,
    channel: Channel<T>,
    mut turned: watch::Receiver<u32>,
) {
    let mut messages = std::pin::pin!(messages);
    loop {
        let message = tokio::select! {
            message = messages.next() => message,
            _ = turned.changed() => None,
        };
        let Some(message) = message else { return };
        if channel.send(message).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
