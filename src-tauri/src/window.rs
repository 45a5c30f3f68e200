//! The one window: how it opens, where it may go, and what closing it asks.
//!
//! Entry points: [`open`], [`raise`] and [`closing`].

use meshlift_app::Meshlift;
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{
    AppHandle, CloseRequestApi, Manager, Runtime, Url, WebviewUrl, WebviewWindowBuilder, Window,
};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind};
use tauri_plugin_opener::OpenerExt as _;

use crate::bell::{self, Runs};
use crate::commands::Page;
use crate::words;

/// Label of the window, in `tauri.conf.json` and in the capability.
pub(crate) const MAIN: &str = "main";

/// Opens the window that the configuration describes, on the mesh of a context if one is named.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>, context: Option<&str>) -> tauri::Result<()> {
    let windows = &app.config().app.windows;
    let Some(config) = windows.iter().find(|window| window.label == MAIN) else {
        return Err(tauri::Error::WindowNotFound);
    };
    let mut config = config.clone();
    if let Some(page) = context.and_then(page_of) {
        config.url = WebviewUrl::App(page.into());
    }
    let (inside, outside) = (app.clone(), app.clone());
    WebviewWindowBuilder::from_config(app, &config)?
        .data_directory(app.path().app_local_data_dir()?.join("webview"))
        .on_navigation(move |url| stays(url) || leave(&inside, url))
        .on_new_window(move |url, _| {
            leave(&outside, &url);
            NewWindowResponse::Deny
        })
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                window.state::<Page>().turn();
            }
        })
        .build()?;
    Ok(())
}

/// Upgrade Management of a context, as the page's own address.
fn page_of(context: &str) -> Option<String> {
    let mut page = Url::parse("page:/upgrade").ok()?;
    page.path_segments_mut().ok()?.push(context);
    Some(format!("index.html#{}", page.path()))
}

/// Brings the window to the front, for a second start on the same data folder.
pub(crate) fn raise<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let raised = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = raised {
        tracing::warn!(%error, "the window could not be raised");
    }
}

/// Asks before the window closes on a run that has not ended.
pub(crate) fn closing<R: Runtime>(window: &Window<R>, api: &CloseRequestApi) {
    let app = window.app_handle().clone();
    let Some(run) = app.state::<Runs>().unfinished() else {
        return;
    };
    api.prevent_close();
    let window = window.clone();
    tauri::async_runtime::spawn(async move {
        let language = bell::language(&app.state::<Meshlift>()).await;
        let question = words::closing(language, &run);
        app.dialog()
            .message(question.text)
            .title(question.title)
            .kind(MessageDialogKind::Warning)
            .parent(&window)
            .buttons(MessageDialogButtons::OkCancelCustom(
                question.close.to_owned(),
                question.stay.to_owned(),
            ))
            .show(move |close| {
                if close && let Err(error) = window.destroy() {
                    tracing::error!(%error, "the window did not close");
                }
            });
    });
}

/// The page may only be our own: the one in the binary, or Vite's while developing.
fn stays(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost")) => true,
        ("http", Some("127.0.0.1")) => cfg!(dev) && url.port() == Some(5173),
        (scheme, _) => scheme == "about",
    }
}

/// Opens a link of the page in the user's browser; the window itself does not go there.
fn leave<R: Runtime>(app: &AppHandle<R>, url: &Url) -> bool {
    if url.scheme() == "https"
        && let Err(error) = app.opener().open_url(url.as_str(), None::<&str>)
    {
        tracing::warn!(%error, "the link was not opened");
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_has_a_page_whatever_its_name_is() {
        let page = |context| page_of(context).unwrap();

        assert_eq!(page("demo-istio"), "index.html#/upgrade/demo-istio");
        assert_eq!(page("arn:aws:eks/a b#1"), "index.html#/upgrade/arn:aws:eks%2Fa%20b%231");
    }

    #[test]
    fn the_window_stays_on_its_own_page() {
        let url = |text: &str| Url::parse(text).unwrap();

        assert!(stays(&url("tauri://localhost/index.html")), "the page in the binary");
        assert!(stays(&url("http://tauri.localhost/")), "its address on Windows");
        assert!(!stays(&url("https://istio.io/latest/docs")), "a link opens in the browser");
        assert!(!stays(&url("http://127.0.0.1:8080/")), "no other server of this computer");
        assert!(!stays(&url("file:///etc/passwd")), "no file");
    }
}
