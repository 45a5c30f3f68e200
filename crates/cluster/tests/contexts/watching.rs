//! Changes of kubeconfigs are noticed.

use std::time::Duration;

use futures::StreamExt;
use meshlift_cluster::contexts::{self, KubeconfigFiles};
use tokio_util::sync::CancellationToken;

use super::{Home, kubeconfig, listed};

const CLUSTER: &str = "{server: 'https://127.0.0.1:6443'}";

/// A change is told by the kernel; this only bounds a test that fails.
async fn tells(watch: &mut (impl futures::Stream<Item = ()> + Unpin)) -> bool {
    tokio::time::timeout(Duration::from_secs(10), watch.next())
        .await
        .is_ok_and(|told| told.is_some())
}

#[tokio::test]
async fn a_file_that_changes_is_replaced_or_goes() {
    let home = Home::new();
    let file = home.file("config", "");
    let mut watch = Box::pin(contexts::watch(&listed(&[&file]), CancellationToken::new()));

    home.file("config", &kubeconfig("new", CLUSTER, "{token: t}"));
    assert!(tells(&mut watch).await, "it was written to");

    let other = home.file("other", &kubeconfig("newer", CLUSTER, "{token: t}"));
    std::fs::rename(other, &file).unwrap();
    assert!(tells(&mut watch).await, "editors replace a file");

    std::fs::remove_file(&file).unwrap();
    assert!(tells(&mut watch).await, "it is gone");
}

#[tokio::test]
async fn a_file_that_appears_in_a_folder_that_appears() {
    let home = Home::new();
    let files = KubeconfigFiles { env: None, home: Some(home.path().to_owned()), added: vec![] };
    let mut watch = Box::pin(contexts::watch(&files, CancellationToken::new()));

    std::fs::create_dir(home.path().join(".kube")).unwrap();
    assert!(tells(&mut watch).await, "the folder is on the way to the file");
    home.file(".kube/config", &kubeconfig("it", CLUSTER, "{token: t}"));
    assert!(tells(&mut watch).await, "the first login made a kubeconfig");

    assert_eq!(contexts::read(&files).contexts.len(), 1);
}

#[tokio::test]
async fn other_files_are_nobodys_business_and_a_watch_ends() {
    let home = Home::new();
    let file = home.file("config", "");
    let cancel = CancellationToken::new();
    let mut watch = Box::pin(contexts::watch(&listed(&[&file]), cancel.clone()));

    home.file("cache/discovery", "x");
    home.file("notes", "x");
    cancel.cancel();

    assert_eq!(watch.next().await, None, "only the end is told");
}
