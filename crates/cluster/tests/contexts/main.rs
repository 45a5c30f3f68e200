//! Kubeconfigs as people have them, and servers as people meet them: every defect is one clear
//! sentence, in bounded time, and no secret gets out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod files;
mod opening;
mod programs;
mod secrets;
mod server;
mod target;
mod watching;

use std::path::{Path, PathBuf};

use meshlift_cluster::contexts::{self, Context, KubeconfigFiles, Kubeconfigs};
use tempfile::TempDir;

/// A folder with kubeconfigs in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn listed(files: &[&Path]) -> KubeconfigFiles {
    let env = std::env::join_paths(files).unwrap();
    KubeconfigFiles { env: Some(env), home: None, added: Vec::new() }
}

fn read(files: &[&Path]) -> Kubeconfigs {
    contexts::read(&listed(files))
}

fn context<'a>(found: &'a Kubeconfigs, name: &str) -> &'a Context {
    found.contexts.iter().find(|context| context.name == name).unwrap()
}

fn messages(found: &Kubeconfigs) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

/// A kubeconfig with one context, whose cluster and user are given as YAML in braces.
fn kubeconfig(name: &str, cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {name}\n\
         clusters:\n- name: {name}\n  cluster: {cluster}\n\
         users:\n- name: {name}\n  user: {user}\n\
         contexts:\n- name: {name}\n  context: {{cluster: {name}, user: {name}}}\n"
    )
}
