//! Where istioctl is sent: to the cluster that was opened, whatever the kubeconfig says meanwhile.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use meshlift_cluster::actuate::{ActError, Performed};
use meshlift_cluster::connection::Connection;
use meshlift_cluster::door::{Door, IntentId};
use meshlift_cluster::programs::Programs;
use meshlift_cluster::provider::istioctl;
use meshlift_core::rollout::{Install, InstallPart};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::server::{Authority, Server, healthy, http};
use super::{Home, context, kubeconfig, read};

/// An istioctl that keeps what it is told about the cluster.
fn istioctl(home: &Home) -> Install {
    let script = home.file(
        "script",
        &format!(
            "#!/bin/sh\n\
             if [ \"$1\" = version ]; then echo '{{\"clientVersion\":{{\"version\":\"1.31.1\"}}}}'; exit; fi\n\
             cd '{}'\necho \"$*\" > words\necho \"$KUBECONFIG\" > list\n\
             cat \"${{KUBECONFIG%%:*}}\" > first\n",
            home.path().display()
        ),
    );
    // Copied by a program: one that this process holds open for writing could not be started.
    let path = home.path().join("istioctl");
    let copied = Command::new("install").args(["-m", "755"]).arg(&script).arg(&path).status();
    assert!(copied.unwrap().success());
    let values = home.file("values.yaml", "");
    Install {
        revision: Some("1-31".into()),
        version: "1.31.1".parse().unwrap(),
        binary: path.display().to_string(),
        values_digest: istioctl::values_digest(b""),
        values_file: values.display().to_string(),
        part: InstallPart::Everything,
    }
}

fn cluster(server: &Server, authority: &Authority) -> String {
    format!("{{server: '{}', certificate-authority-data: {}}}", server.url(), authority.data())
}

async fn run(connection: &Connection, install: &Install) -> Result<Performed, ActError> {
    let (stop, intent) = (CancellationToken::new(), IntentId::new("run-1/1"));
    let (programs, cluster) = (Programs::Real, "the-uid");
    istioctl::install(connection, &programs, &intent, install, cluster, stop, |_, _| {}).await
}

fn text(home: &Home, name: &str) -> String {
    std::fs::read_to_string(home.path().join(name)).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_kubeconfig_that_is_rewritten_sends_no_install_elsewhere() {
    let (home, authority) = (Home::new(), Authority::new());
    let opened = Server::with_tls(&authority, "127.0.0.1", 2090, healthy);
    let other = Server::with_tls(&authority, "127.0.0.1", 2090, healthy);
    let user = "{token: planted-secret}";
    let file = home.file("config", &kubeconfig("prod", &cluster(&opened, &authority), user));
    let found = read(&[&file]);
    let connection = Connection::open(context(&found, "prod"), Door::new(false)).await.unwrap();
    let install = istioctl(&home);

    home.file("config", &kubeconfig("prod", &cluster(&other, &authority), user));
    run(&connection, &install).await.unwrap();

    let told: Value = serde_json::from_str(&text(&home, "first")).unwrap();
    assert_eq!(told["clusters"][0]["cluster"]["server"], opened.url(), "{told}");
    assert!(!told.to_string().contains("planted-secret"), "no secret is copied: {told}");
    let name = told["contexts"][0]["name"].as_str().unwrap();
    assert_ne!(name, "prod", "no other file can say what it is");
    assert_eq!(told["contexts"][0]["context"]["cluster"], told["clusters"][0]["name"]);
    let words = text(&home, "words");
    assert!(words.contains(&format!("--context {name} ")) && !words.contains("--kubeconfig"));
    let list = text(&home, "list");
    let (ours, users) = list.split_once(':').unwrap();
    assert_eq!(Path::new(users), file, "the credentials are looked up where they were");
    assert!(!Path::new(ours).exists(), "it is gone after the call");
}

#[tokio::test]
async fn files_beside_the_kubeconfig_are_found_from_the_file_of_the_destination() {
    let (home, authority) = (Home::new(), Authority::new());
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, healthy);
    let authority_file = home.file("kube/pki/ca.crt", authority.pem());
    let cluster = format!("{{server: '{}', certificate-authority: pki/ca.crt}}", server.url());
    let clusters = home.file("kube/clusters", &kubeconfig("prod", &cluster, "{}"));
    let found = read(&[&clusters]);
    let connection = Connection::open(context(&found, "prod"), Door::new(false)).await.unwrap();

    let told: Value = serde_json::from_str(&connection.target().file().text).unwrap();

    let named = told["clusters"][0]["cluster"]["certificate-authority"].as_str().unwrap();
    assert_eq!(Path::new(named), authority_file);
}

#[tokio::test]
async fn another_cluster_at_the_same_address_gets_no_install() {
    static MOVED: AtomicBool = AtomicBool::new(false);
    let (home, authority) = (Home::new(), Authority::new());
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, |head| {
        if MOVED.load(Ordering::SeqCst) && head.starts_with("GET /api/v1/namespaces/kube-system ") {
            return http("200 OK", r#"{"metadata":{"name":"kube-system","uid":"another"}}"#);
        }
        healthy(head)
    });
    let file = home.file("config", &kubeconfig("prod", &cluster(&server, &authority), "{}"));
    let found = read(&[&file]);
    let connection = Connection::open(context(&found, "prod"), Door::new(false)).await.unwrap();
    let install = istioctl(&home);

    MOVED.store(true, Ordering::SeqCst);
    let refused = run(&connection, &install).await.unwrap_err();

    assert_eq!(refused.to_string(), "cluster another answers in the place of cluster the-uid");
    assert!(!home.path().join("words").exists(), "istioctl was not started");
}
