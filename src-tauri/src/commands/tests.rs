//! The door as the page meets it: Tauri's own handler and access check, without a webview.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use meshlift_app::KubeconfigSources;
use meshlift_app::settings::file::FileStore;
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, Manager as _, WebviewWindow, WebviewWindowBuilder};
use tempfile::TempDir;

use super::*;

const LIMIT: Duration = Duration::from_secs(30);
const OWN_PAGE: &str = "tauri://localhost";

#[test]
fn the_permissions_are_the_table() {
    let observe = include_str!("../../permissions/observe.toml");
    let operate = include_str!("../../permissions/operate.toml");

    for (class, name) in TABLE {
        let (granting, other) =
            if *class == "operate" { (operate, observe) } else { (observe, operate) };
        let entry = format!("\"{name}\",");
        assert!(granting.contains(&entry), "{name} is a command of class {class}: grant it there");
        assert!(!other.contains(&entry), "{name} is of class {class} only");
    }
    let listed = |file: &str| file.lines().filter(|line| line.trim().ends_with("\",")).count();
    assert_eq!(listed(observe) + listed(operate), TABLE.len(), "no more than the table");
}

#[test]
fn the_window_may_call_every_command() {
    let door = Door::open();

    for (_, name) in TABLE {
        let refused = door.call(name, json!({ "request": 5 })).unwrap_err();
        let reason = refused.as_str().unwrap_or_default();
        assert!(
            reason.starts_with("invalid args `request`"),
            "{name} must be found, granted, and take one request: {refused}",
        );
    }
}

#[test]
fn no_other_window_may_call_any() {
    let door = Door::open();
    let other = door.window("other");

    for (_, name) in TABLE {
        let refused = call(&other, OWN_PAGE, name, json!({ "request": {} })).unwrap_err();
        assert!(refused.to_string().contains("not allowed"), "{name} is for `main`: {refused}");
    }
}

#[test]
fn no_other_page_may_call_any() {
    let door = Door::open();

    for (_, name) in TABLE {
        let request = json!({ "request": {} });
        let refused = call(&door.main, "https://example.com", name, request).unwrap_err();
        assert!(refused.to_string().contains("not allowed"), "{name} from elsewhere: {refused}");
    }
}

#[test]
fn an_answer_is_spelled_as_the_front_end_reads_it() {
    let door = Door::open();

    let info = door.call("app_info", json!({ "request": {} })).unwrap();

    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"), "the version of the build: {info}");
    assert_eq!(info["readOnlyForced"], json!(true), "the door was opened read-only: {info}");
}

#[test]
fn a_refusal_has_a_code() {
    let door = Door::open();

    let request =
        json!({ "request": { "digest": "never computed", "consents": [], "typedName": null } });
    let refused = door.call("run_start", request).unwrap_err();

    let codes = [json!("planUnknown"), json!("readOnly")];
    assert!(codes.contains(&refused["code"]), "only a plan made here may start: {refused}");
    assert!(refused["message"].is_string(), "and it is said in words: {refused}");
}

#[test]
fn a_watch_is_heard_until_it_is_ended() {
    let door = Door::open();
    door.watch("w1");

    let heard = || door.heard.recv_timeout(LIMIT).unwrap();
    let view = std::iter::repeat_with(heard).find(|message| message["kind"] == "view");
    assert!(view.is_some_and(|view| view["view"]["context"] == door.demo()), "the demo's own");

    door.call("watch_end", json!({ "request": { "watchId": "w1" } })).unwrap();
    door.expect_no_watch();
}

#[test]
fn a_new_page_ends_the_watches_of_the_old_one() {
    let door = Door::open();
    door.watch("w1");
    door.heard.recv_timeout(LIMIT).unwrap();

    door.app.state::<Page>().turn();

    door.expect_no_watch();
}

/// The application behind Tauri's handler, with the demo mesh open.
struct Door {
    app: App<MockRuntime>,
    main: WebviewWindow<MockRuntime>,
    heard: Receiver<Value>,
    _data: TempDir,
}

impl Door {
    fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let settings = Arc::new(FileStore::new(data.path().join("settings.json")));
        let mut options = meshlift_app::Options::new(data.path().to_owned(), settings);
        options.kubeconfigs = KubeconfigSources { env: None, home: None };
        options.read_only_forced = true;
        let meshlift = tauri::async_runtime::block_on(Meshlift::open(options)).unwrap();
        let (tell, heard) = channel();
        let builder = mock_builder().channel_interceptor(move |_, _, _, message| {
            tell.send(message.clone().deserialize().unwrap()).ok();
            true
        });
        let app = crate::shell::wire(builder)
            .manage(meshlift)
            .build(tauri::generate_context!(test = true))
            .unwrap();
        let main = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default());
        Self { main: main.build().unwrap(), app, heard, _data: data }
    }

    fn window(&self, label: &str) -> WebviewWindow<MockRuntime> {
        WebviewWindowBuilder::new(&self.app, label, tauri::WebviewUrl::default()).build().unwrap()
    }

    fn call(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        call(&self.main, OWN_PAGE, command, arguments)
    }

    /// Watches the demo mesh; the command itself is answered at once.
    fn watch(&self, id: &str) {
        let demo = self.demo();
        self.call("context_open", json!({ "request": { "context": demo } })).unwrap();
        let request = json!({ "watchId": id, "context": demo });
        let arguments = json!({ "request": request, "channel": "__CHANNEL__:7" });
        self.call("mesh_watch", arguments).unwrap();
    }

    fn expect_no_watch(&self) {
        let page = self.app.state::<Page>();
        let ended = async { tokio::time::timeout(LIMIT, page.0.closed()).await };
        assert!(tauri::async_runtime::block_on(ended).is_ok(), "nobody listens any more");
    }

    fn demo(&self) -> String {
        let list = self.call("context_list", json!({ "request": {} })).unwrap();
        let contexts = list["contexts"].as_array().unwrap();
        let demo = contexts.iter().find(|context| context["simulated"] == true).unwrap();
        demo["name"].as_str().unwrap().to_owned()
    }
}

fn call(
    window: &WebviewWindow<MockRuntime>,
    page: &str,
    command: &str,
    arguments: Value,
) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: page.parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: tauri::http::HeaderMap::new(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body: InvokeResponseBody| body.deserialize().unwrap())
}
