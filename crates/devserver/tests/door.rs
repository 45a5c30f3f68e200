//! The door over loopback HTTP: who may call, what is served, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::sync::Arc;

use futures::StreamExt as _;
use meshlift_app::settings::file::FileStore;
use meshlift_app::{DEMO, DemoPace, KubeconfigSources, Meshlift, Options};
use meshlift_devserver::{Config, Door};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A door that is open, and a client that knows its token.
struct Open {
    address: String,
    token: String,
    client: reqwest::Client,
    app: Meshlift,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Open {
    async fn with(config: Config) -> Self {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(FileStore::new(folder.path().join("settings.json")));
        let app = Meshlift::open(Options {
            kubeconfigs: KubeconfigSources::default(),
            read_only_forced: !config.operate,
            demo: Some(DemoPace::Instant),
            istioctl_path: None,
            ..Options::new(folder.path().to_owned(), store)
        })
        .await
        .unwrap();
        let door = Door::open(app.clone(), config).await.unwrap();
        let (address, token) = (door.address().to_string(), door.token().reveal().to_owned());
        let stop = CancellationToken::new();
        tokio::spawn(door.serve(stop.clone()));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { address, token, client, app, stop, _folder: folder }
    }

    fn request(&self, path: &str) -> RequestBuilder {
        self.client.request(Method::POST, format!("http://{}{path}", self.address))
    }

    fn call(&self, command: &str, request: &Value) -> RequestBuilder {
        self.request(&format!("/api/{command}"))
            .header("x-meshlift-token", &self.token)
            .json(request)
    }

    async fn close(self) {
        self.stop.cancel();
        self.app.close().await;
    }
}

#[tokio::test]
async fn a_script_with_the_token_may_call() {
    let open = Open::with(Config::default()).await;

    let answer = open.call("app_info", &json!({})).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::OK);
    let info: Value = answer.json().await.unwrap();
    assert_eq!(info["readOnlyForced"], true, "it was not started with --operate");
    open.close().await;
}

#[rstest]
#[case::no_token("127.0.0.1", None, None, StatusCode::UNAUTHORIZED)]
#[case::wrong_token("127.0.0.1", Some("0000"), None, StatusCode::UNAUTHORIZED)]
#[case::rebound_name("evil.example", Some("right"), None, StatusCode::FORBIDDEN)]
#[case::page_of_another_site(
    "127.0.0.1",
    Some("right"),
    Some("https://evil.example"),
    StatusCode::FORBIDDEN
)]
#[case::own_page("127.0.0.1", Some("right"), Some("own"), StatusCode::OK)]
#[tokio::test]
async fn others_may_not_call(
    #[case] host: &str,
    #[case] token: Option<&str>,
    #[case] origin: Option<&str>,
    #[case] expected: StatusCode,
) {
    let open = Open::with(Config::default()).await;
    let port = open.address.rsplit_once(':').unwrap().1.to_owned();
    let mut request =
        open.request("/api/app_info").header("host", format!("{host}:{port}")).json(&json!({}));
    if let Some(token) = token {
        let token = if token == "right" { open.token.as_str() } else { token };
        request = request.header("x-meshlift-token", token);
    }
    if let Some(origin) = origin {
        let own = format!("http://{}", open.address);
        request = request.header("origin", if origin == "own" { own.as_str() } else { origin });
    }

    let answer = request.send().await.unwrap();

    assert_eq!(answer.status(), expected);
    open.close().await;
}

#[rstest]
#[case("run_start", json!({ "digest": "x", "consents": [], "typedName": null }))]
#[case("run_pause", json!({ "runId": "x" }))]
#[case("run_resume", json!({ "runId": "x" }))]
#[case("run_abort", json!({ "runId": "x" }))]
#[case("run_answer", json!({ "runId": "x", "questionId": "q", "answer": "retry" }))]
#[tokio::test]
async fn without_operate_nothing_is_written(#[case] command: &str, #[case] request: Value) {
    let open = Open::with(Config::default()).await;

    let answer = open.call(command, &request).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["code"], "readOnly");
    let opened = open.call("read_only_set", &json!({ "on": false })).send().await.unwrap();
    assert_eq!(opened.status(), StatusCode::FORBIDDEN, "nor can it be allowed from outside");
    open.close().await;
}

#[tokio::test]
async fn with_operate_a_writing_command_reaches_the_application() {
    let open = Open::with(Config { operate: true, ..Config::default() }).await;

    let answer = open.call("run_pause", &json!({ "runId": "no such run" })).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["code"], "runUnknown");
    open.close().await;
}

#[tokio::test]
async fn what_is_not_understood_is_a_bad_request() {
    let open = Open::with(Config::default()).await;

    let answer = open.call("context_open", &json!({ "name": 7 })).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["code"], "badRequest");
    open.close().await;
}

#[tokio::test]
async fn a_watch_delivers_the_rows_of_the_demo_line_by_line() {
    let open = Open::with(Config::default()).await;
    let opened = open.call("context_open", &json!({ "context": DEMO })).send().await.unwrap();
    assert_eq!(opened.status(), StatusCode::OK);

    let request = json!({ "watchId": "w", "context": DEMO });
    let answer = open.call("mesh_watch", &request).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let mut lines = Lines::of(answer);
    let mut kinds = Vec::new();
    let mut rows = 0;
    while let Some(line) = lines.next().await {
        kinds.push(line["kind"].as_str().unwrap().to_owned());
        rows += line["upserts"].as_array().map_or(0, Vec::len);
        if line["complete"] == true {
            break;
        }
    }
    assert!(kinds.iter().any(|kind| kind == "view"), "{kinds:?}");
    assert!(rows >= 30, "the demo has about forty workloads, {rows} came");

    let ended = open.call("watch_end", &json!({ "watchId": "w" })).send().await.unwrap();
    assert_eq!(ended.status(), StatusCode::OK);
    while lines.next().await.is_some() {}
    open.close().await;
}

#[tokio::test]
async fn the_page_carries_the_token_and_nothing_outside_its_folder_is_served() {
    let pages = tempfile::tempdir().unwrap();
    let page = r#"<html><meta name="meshlift-token" content="" /></html>"#;
    std::fs::create_dir(pages.path().join("dist")).unwrap();
    std::fs::write(pages.path().join("dist/index.html"), page).unwrap();
    std::fs::write(pages.path().join("secret.txt"), "secret").unwrap();
    let config = Config { pages: Some(pages.path().join("dist")), ..Config::default() };
    let open = Open::with(config).await;
    let get = |path: &str| open.client.get(format!("http://{}{path}", open.address)).send();

    let index = get("/").await.unwrap().text().await.unwrap();
    assert!(index.contains(&format!(r#"content="{}""#, open.token)), "{index}");

    for path in ["/%2e%2e/secret.txt", "/..%2fsecret.txt", "//etc/passwd", "/missing.js"] {
        let answer = get(path).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    open.close().await;
}

#[tokio::test]
async fn an_address_of_the_window_without_the_hash_leads_there() {
    let pages = tempfile::tempdir().unwrap();
    let config = Config { pages: Some(pages.path().to_owned()), ..Config::default() };
    let open = Open::with(config).await;
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();

    let address = format!("http://{}/planner?from=1.29.8&to=1.31.1", open.address);
    let answer = client.get(address).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.headers()["location"], "/#/planner?from=1.29.8&to=1.31.1");
    open.close().await;
}

/// The lines of an answer, as JSON.
struct Lines {
    answer: std::pin::Pin<Box<dyn futures::Stream<Item = Vec<u8>> + Send>>,
    rest: Vec<u8>,
}

impl Lines {
    fn of(answer: Response) -> Self {
        let bytes = answer.bytes_stream().filter_map(|chunk| async move { chunk.ok() });
        Self { answer: Box::pin(bytes.map(|chunk| chunk.to_vec())), rest: Vec::new() }
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            self.rest.extend(self.answer.next().await?);
        }
    }
}
