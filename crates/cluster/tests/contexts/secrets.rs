//! Secrets of a kubeconfig stay in it.

use std::fmt::Write as _;
use std::sync::Arc;

use meshlift_cluster::door::Door;
use meshlift_cluster::{connection::Connection, contexts};

use super::server::{Authority, Server, http};
use super::{Home, kubeconfig, listed, read};

const SECRETS: [&str; 6] =
    ["hunter-token", "hunter-password", "hunter-key", "hunter-env", "hunter-arg", "hunter-proxy"];

fn users() -> [String; 4] {
    let secret =
        |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    [
        "{token: hunter-token}".to_owned(),
        "{username: someone, password: hunter-password}".to_owned(),
        format!(
            "{{client-certificate-data: {}, client-key-data: {}}}",
            secret("no certificate"),
            secret("hunter-key")
        ),
        "{exec: {command: 'false', args: ['--client-secret=hunter-arg', --password, hunter-arg], \
         env: [{name: KEY, value: hunter-env}]}}"
            .to_owned(),
    ]
}

#[tokio::test]
async fn no_secret_gets_into_words_or_the_log() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(Arc::new(log.reopen().unwrap()))
        .with_ansi(false)
        .finish();
    // For the whole process: a line that another test's thread meets first, without a subscriber of
    // its own, would be taken for silent here as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let authority = Authority::new();
    let server =
        Server::with_tls(&authority, "127.0.0.1", 2090, |_| http("401 Unauthorized", "{}"));
    let mut said = String::new();

    for user in users() {
        let home = Home::new();
        let cluster = format!(
            "{{server: '{}', certificate-authority-data: {}}}",
            server.url().replace("https://", "https://x:hunter-password@"),
            authority.data()
        );
        let file = home.file("config", &kubeconfig("it", &cluster, &user));
        let found = read(&[&file]);
        write!(said, "{found:?} {:?}", found.contexts[0]).unwrap();
        let opened = Connection::open(&found.contexts[0], Door::new(true)).await;
        let error = opened.expect_err("this server accepts nobody");
        write!(said, "{error} {error:?}").unwrap();
    }

    said.push_str(&std::fs::read_to_string(log.path()).unwrap());
    assert!(said.contains("did not accept the credentials"), "something was said: {said}");
    assert!(
        said.contains("--client-secret=*** --password ***"),
        "the program is still named: {said}"
    );
    for secret in SECRETS {
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, secret);
        assert!(!said.contains(secret) && !said.contains(&encoded), "{secret} got out: {said}");
    }
}

#[test]
fn a_broken_file_is_not_quoted() {
    let home = Home::new();
    for text in [
        "users:\n- name: a\n  user: {token: hunter-token",
        "users: hunter-token\n",
        "users:\n- name: a\n  user:\n    exec: hunter-token\n",
        "users:\n- name: a\n  user:\n\t token: hunter-token\n",
        "users:\n- name: a\n  user: {as-groups: hunter-token}\n",
    ] {
        let file = home.file("config", text);

        let found = contexts::read(&listed(&[&file]));

        assert_eq!(found.problems.len(), 1, "{text} is not valid: {found:?}");
        assert!(!format!("{found:?}").contains("hunter"), "{found:?}");
    }
}
