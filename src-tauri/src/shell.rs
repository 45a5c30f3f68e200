//! Wires the application to Tauri: plugins, commands, state and the window.
//!
//! Entry point: [`run`]. The order matters: a second start on the same data folder must be found
//! before anything is opened, and nothing is shown before the application can answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use meshlift_app::settings::file::FileStore;
use meshlift_app::{KubeconfigSources, Meshlift};
use tauri::utils::config::AppDirectoriesOverride;
use tauri::{App, AppHandle, Builder, Context, Manager as _, RunEvent, Runtime, WindowEvent};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogKind};
use tauri_plugin_window_state::StateFlags;

use crate::bell::{self, Runs};
use crate::commands::{self, Page};
use crate::options::Options;
use crate::{folder, log, window};

/// How long the application may take to let go of its leases.
const CLOSES: Duration = Duration::from_secs(5);

/// Opens the window and stays until it is closed.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    // A provider that is there already is as good.
    rustls::crypto::ring::default_provider().install_default().ok();

    let wanted = options.clone();
    let app = plugins(wire(Builder::default()), options)
        .setup(move |app| {
            if let Err(error) = open(app, &wanted) {
                give_up(app.handle(), &error);
            }
            Ok(())
        })
        .build(context(options)?)
        .context("failed to open the desktop window")?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            end(app);
        }
    });
    Ok(())
}

/// What the window needs whatever draws it: commands, state and the question at closing.
pub(crate) fn wire<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder
        .invoke_handler(commands::handler())
        .manage(Page::default())
        .manage(Runs::default())
        .on_window_event(|webview, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                window::closing(webview, api);
            }
        })
}

fn context<R: Runtime>(options: &Options) -> anyhow::Result<Context<R>> {
    let mut context = tauri::generate_context!();
    if let Some(data) = &options.data {
        let data = std::path::absolute(data)
            .with_context(|| format!("failed to make {} absolute", data.display()))?;
        context.config_mut().app.app_directories_override =
            Some(AppDirectoriesOverride::Root(data));
    }
    Ok(context)
}

fn plugins<R: Runtime>(builder: Builder<R>, options: &Options) -> Builder<R> {
    // Whether a run is visible depends on what is on the screen, so the window is always shown.
    let kept = StateFlags::all() & !StateFlags::VISIBLE;
    one_per_folder(builder, options)
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(kept).build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::init())
}

/// A second start raises the first one's window. Where the desktop cannot tell the folders apart,
/// the application's own lock still refuses the second process.
fn one_per_folder<R: Runtime>(builder: Builder<R>, options: &Options) -> Builder<R> {
    let plugin = tauri_plugin_single_instance::Builder::new()
        .callback(|app, _arguments, _folder| window::raise(app));
    match &options.data {
        None => builder.plugin(plugin.build()),
        Some(data) if cfg!(target_os = "linux") => {
            builder.plugin(plugin.dbus_id(folder::bus_name(data)).build())
        }
        Some(_) => builder,
    }
}

fn open<R: Runtime>(app: &App<R>, options: &Options) -> anyhow::Result<()> {
    let logs = app.path().app_log_dir().context("failed to find the user's log folder")?;
    app.manage(log::start(&logs)?);
    let data = app.path().app_data_dir().context("failed to find the user's data folder")?;
    let meshlift = tauri::async_runtime::block_on(Meshlift::open(wanted(data, options)?))?;
    app.manage(meshlift);
    bell::follow(app.handle());
    window::open(app.handle(), options.context.as_deref()).context("failed to open the window")
}

/// What the command line and the desktop say to the application.
fn wanted(data: PathBuf, options: &Options) -> anyhow::Result<meshlift_app::Options> {
    let settings = Arc::new(FileStore::new(data.join("settings.json")));
    let mut wanted = meshlift_app::Options::new(data, settings);
    wanted.read_only_forced = options.read_only;
    if !options.kubeconfigs.is_empty() {
        let list = std::env::join_paths(&options.kubeconfigs)
            .context("a kubeconfig's path holds the character that separates paths")?;
        wanted.kubeconfigs = KubeconfigSources { env: Some(list), home: None };
    }
    Ok(wanted)
}

fn end<R: Runtime>(app: &AppHandle<R>) {
    let Some(meshlift) = app.try_state::<Meshlift>() else { return };
    let closing = async { tokio::time::timeout(CLOSES, meshlift.close()).await };
    if tauri::async_runtime::block_on(closing).is_err() {
        tracing::warn!(
            "the application did not close in time; its runs are resumed at the next start"
        );
    }
}

/// Says why there is no window, and ends.
fn give_up<R: Runtime>(app: &AppHandle<R>, error: &anyhow::Error) {
    tracing::error!(error = format!("{error:#}"), "no window");
    let ending = app.clone();
    app.dialog()
        .message(format!("{error:#}"))
        .title("Meshlift")
        .kind(MessageDialogKind::Error)
        .show(move |_| ending.exit(1));
}
