//! Contexts: what is wrong with a kubeconfig is said plainly, and nothing hangs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use meshlift_app::api::dto::*;
use meshlift_app::settings::file::FileStore;
use meshlift_app::{DemoPace, KubeconfigSources, Meshlift, Options};
use tempfile::TempDir;

const TWO: &str = "
apiVersion: v1
kind: Config
current-context: gone
clusters:
- name: dead
  cluster: { server: 'https://127.0.0.1:1' }
users:
- name: ada
  user: { token: planted-secret-token }
- name: runs
  user:
    exec: { apiVersion: client.authentication.k8s.io/v1, command: /nonexistent/kubelogin, args: [get-token], interactiveMode: Never }
contexts:
- name: dead
  context: { cluster: dead, user: ada }
- name: runs-a-program
  context: { cluster: dead, user: runs }
- name: half
  context: { cluster: missing, user: ada }
";

const FAILING: &str = "
apiVersion: v1
kind: Config
clusters:
- name: dead
  cluster: { server: 'https://127.0.0.1:1' }
users:
- name: runs
  user:
    exec: { apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, exit 3, --token=planted], interactiveMode: Never }
contexts:
- name: fails
  context: { cluster: dead, user: runs }
";

struct Home {
    app: Meshlift,
    folder: TempDir,
}

impl Home {
    async fn with(kubeconfig: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, kubeconfig).unwrap();
        let store = Arc::new(FileStore::new(folder.path().join("data/settings.json")));
        let app = Meshlift::open(Options {
            kubeconfigs: KubeconfigSources { env: Some(file.into()), home: None },
            demo: Some(DemoPace::Instant),
            istioctl_path: None,
            ..Options::new(folder.path().join("data"), store)
        })
        .await
        .unwrap();
        Self { app, folder }
    }

    async fn open(&self, context: &str) -> Result<ContextRow, ApiError> {
        let request = ContextName { context: context.into() };
        let opened = tokio::time::timeout(Duration::from_mins(1), self.app.context_open(request));
        opened.await.expect("opening a context has a time limit")
    }
}

#[tokio::test]
async fn every_context_is_listed_with_what_it_would_execute() {
    let home = Home::with(TWO).await;

    let list = home.app.context_list(Nothing {}).await.unwrap();

    let names: Vec<&str> = list.contexts.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(
        names,
        ["demo-istio", "demo-asm", "demo-asm-gateways", "dead", "runs-a-program", "half"]
    );
    assert!(list.contexts[..3].iter().all(|row| row.simulated));
    let executes = list.contexts[4].executes.as_deref().unwrap();
    assert!(executes.contains("/nonexistent/kubelogin get-token"), "{executes}");
    assert!(list.contexts[5].problem.as_ref().unwrap().english().contains("missing"));
    let text = serde_json::to_string(&list).unwrap();
    assert!(!text.contains("planted-secret"), "no secret leaves: {text}");
}

#[tokio::test]
async fn an_unreachable_context_says_so_and_the_demo_stays_usable() {
    let home = Home::with(TWO).await;

    let refused = home.open("dead").await.expect_err("nobody listens there");

    assert_eq!(refused.code, ErrorCode::Unreachable);
    assert!(refused.message.contains("127.0.0.1:1"), "{}", refused.message);
    home.open("demo-istio").await.expect("the demo opens");
    let scan = ContextName { context: "demo-istio".into() };
    let summary = home.app.context_scan(scan).await.expect("the demo can be looked at");
    assert_eq!(summary.provider, Some(ProviderKind::Istioctl));
}

#[tokio::test]
async fn nothing_is_executed_before_a_context_is_opened() {
    let home = Home::with(TWO).await;

    let scan = ContextName { context: "runs-a-program".into() };
    let looked = home.app.context_scan(scan).await.expect_err("it would execute a program");
    assert_eq!(looked.code, ErrorCode::CredentialProgram);
    assert!(looked.message.contains("kubelogin"), "{}", looked.message);

    let opened = home.open("runs-a-program").await.expect_err("there is no such program");
    assert_eq!(opened.code, ErrorCode::CredentialProgram);
    let hint = opened.hint.expect("a hint");
    assert_eq!(hint.code, PhraseCode::HintProgramMissing);
}

#[tokio::test]
async fn a_credential_program_that_fails_is_named_with_its_exit_code_and_what_to_do() {
    let home = Home::with(FAILING).await;

    let opened = home.open("fails").await.expect_err("it gives no credential");

    assert_eq!(opened.code, ErrorCode::CredentialProgram);
    assert_eq!(
        opened.hint.expect("a hint").english(),
        "sh ended with exit code 3. Run sh -c 'exit 3' --token=*** in a terminal; once it prints a \
         credential there, open the context again"
    );
}

#[tokio::test]
async fn a_broken_file_is_named() {
    let home = Home::with("{ this is: [not").await;

    let list = home.app.context_list(Nothing {}).await.unwrap();

    assert_eq!(list.problems.len(), 1);
    let file = home.folder.path().join("config").display().to_string();
    assert_eq!(list.problems[0].file, file);
    let unknown = home.open("dead").await.expect_err("no file names it");
    assert_eq!(unknown.code, ErrorCode::ContextUnknown);
}

#[tokio::test]
async fn a_changed_kubeconfig_is_noticed() {
    use futures::StreamExt as _;
    let home = Home::with(TWO).await;
    let events = home.app.app_watch(WatchApp { watch_id: "app".into() }).await.unwrap();
    let mut events = std::pin::pin!(events);
    let file = home.folder.path().join("config");

    // The watch on the file begins some time after the app was opened.
    let noticed = async {
        loop {
            std::fs::write(&file, TWO.replace("half", "other")).unwrap();
            let waited = tokio::time::timeout(Duration::from_millis(500), events.next()).await;
            if let Ok(Some(AppEvent::ContextsChanged)) = waited {
                let list = home.app.context_list(Nothing {}).await.unwrap();
                if list.contexts.iter().any(|row| row.name == "other") {
                    return;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), noticed).await.expect("it is noticed");
}

/// A cluster that says who it is, and nothing else. Ends with the test.
fn cluster(uid: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let (status, body) = if head.starts_with("GET /version ") {
                    ("200 OK", r#"{"gitVersion":"v1.34.3"}"#.to_owned())
                } else if head.starts_with("GET /api/v1/namespaces/kube-system ") {
                    ("200 OK", format!(r#"{{"metadata":{{"uid":"{uid}"}}}}"#))
                } else {
                    (
                        "404 Not Found",
                        r#"{"kind":"Status","reason":"NotFound","code":404}"#.to_owned(),
                    )
                };
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
                     content-length: {}\r\n\r\n{body}",
                    body.len()
                );
            });
        }
    });
    address
}

fn leading_to(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: u, user: {{}}}}]\n\
         contexts: [{{name: prod, context: {{cluster: c, user: u}}}}]\n"
    )
}

#[tokio::test]
async fn a_context_whose_kubeconfig_is_rewritten_stays_where_it_is_until_it_is_closed() {
    let (first, second) = (cluster("cluster-one"), cluster("cluster-two"));
    let home = Home::with(&leading_to(&first)).await;
    let opened = home.open("prod").await.unwrap();
    assert_eq!((opened.server.as_str(), opened.moved_to), (first.as_str(), None));

    std::fs::write(home.folder.path().join("config"), leading_to(&second)).unwrap();

    let list = home.app.context_list(Nothing {}).await.unwrap();
    let row = list.contexts.iter().find(|row| row.name == "prod").unwrap();
    assert!(row.open);
    assert_eq!(row.server, first, "what is shown is what is written to");
    assert_eq!(row.moved_to.as_deref(), Some(second.as_str()), "and the other address is told");

    let kept = home.open("prod").await.unwrap();
    assert_eq!(kept.server, first, "nobody asked to go there");

    let request = ContextName { context: "prod".into() };
    home.app.context_close(request).await.unwrap();
    let again = home.open("prod").await.unwrap();
    assert_eq!((again.server.as_str(), again.moved_to), (second.as_str(), None));
}
