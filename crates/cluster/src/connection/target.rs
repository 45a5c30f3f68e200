//! Where a child program is sent: to the very cluster that this connection was opened to.
//!
//! A kubeconfig can be rewritten while the app is open, and a program that looked its context up by
//! name would then write to a cluster that nobody confirmed. So a program is given a file of ours with
//! address, authority and proxy as they were at the opening, under names that no other file has. The
//! user alone is looked up in the kubeconfig it came from: no secret is copied, and credentials that
//! are renewed there, or given by a program, go on working.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kube::config::{Cluster, Context as ContextSpec, Kubeconfig, NamedCluster, NamedContext};
use thiserror::Error;

use crate::contexts::Context;
use crate::programs::InputFile;

/// Name of the file that holds the destination.
const FILE_NAME: &str = "meshlift-target.json";

/// The destination of child programs.
#[derive(Clone)]
pub struct Target {
    context: String,
    text: String,
    users: Option<PathBuf>,
}

/// Why a child program can't be sent to the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "programs can't be given the kubeconfig {}: its path contains the character that separates paths",
    path.display()
)]
pub struct UnlistablePath {
    /// The kubeconfig that holds the user.
    pub path: PathBuf,
}

impl Target {
    pub(super) fn of(context: &Context) -> Self {
        let access = &context.access;
        let name = format!("{} as Meshlift opened it", context.name);
        let cluster = access.cluster.clone().map(|cluster| Cluster {
            server: Some(context.server.clone()),
            certificate_authority: cluster.certificate_authority.as_deref().map(whole),
            ..cluster
        });
        let spec = ContextSpec {
            cluster: name.clone(),
            user: Some(access.user_name.clone()).filter(|user| !user.is_empty()),
            namespace: access.namespace.clone(),
            ..ContextSpec::default()
        };
        let users = access.origin.user.as_ref();
        Self::written(name, cluster, spec, users.map(|file| absolute(file)))
    }

    /// Stands where a program of the simulator would be told a cluster.
    pub(crate) fn simulated(name: &str) -> Self {
        let spec = ContextSpec { cluster: name.to_owned(), ..ContextSpec::default() };
        Self::written(name.to_owned(), None, spec, None)
    }

    fn written(
        name: String,
        cluster: Option<Cluster>,
        spec: ContextSpec,
        users: Option<PathBuf>,
    ) -> Self {
        let kubeconfig = Kubeconfig {
            api_version: Some("v1".to_owned()),
            kind: Some("Config".to_owned()),
            clusters: vec![NamedCluster { name: name.clone(), cluster, ..NamedCluster::default() }],
            contexts: vec![NamedContext {
                name: name.clone(),
                context: Some(spec),
                ..NamedContext::default()
            }],
            ..Kubeconfig::default()
        };
        // Nothing in it has keys that JSON can't carry.
        let text = serde_json::to_string(&kubeconfig).unwrap_or_default();
        Self { context: name, text, users }
    }

    /// Name of the context to choose.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The file to put beside the call.
    pub fn file(&self) -> InputFile {
        InputFile { name: FILE_NAME.to_owned(), text: self.text.clone() }
    }

    /// The variable that names the file, and the kubeconfig of the user after it.
    pub fn variable(&self) -> Result<(OsString, OsString), UnlistablePath> {
        let files = std::iter::once(Path::new(FILE_NAME)).chain(self.users.as_deref());
        let list = env::join_paths(files)
            .map_err(|_| UnlistablePath { path: self.users.clone().unwrap_or_default() })?;
        Ok(("KUBECONFIG".into(), list))
    }
}

/// Paths in the file are read from another folder than that of the kubeconfig.
fn whole(path: &str) -> String {
    absolute(Path::new(path)).to_str().map_or_else(|| path.to_owned(), str::to_owned)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_list_can_hold_is_told() {
        let mut target = Target::simulated("demo");
        assert_eq!(target.variable(), Ok(("KUBECONFIG".into(), FILE_NAME.into())));

        let separator = if cfg!(windows) { '"' } else { ':' };
        let path = PathBuf::from(format!("/home/ada/a{separator}b"));
        target.users = Some(path.clone());

        assert_eq!(target.variable(), Err(UnlistablePath { path }));
    }
}
