//! Finds the contexts of every kubeconfig and says what is wrong with them. Nothing is executed, and
//! no file is ever written.
//!
//! Entry points: [`read`] and [`watch`]; [`given`] for a kubeconfig that is in no file. The files of `KUBECONFIG`, or `~/.kube/config`, are merged by
//! kubectl's rules: the first file to name a cluster, a user or a context wins. Files that were added
//! in the app stand for themselves, as with `kubectl --kubeconfig`: merged into the others, a context
//! could end up with the credentials of another file's user of the same name.
//!
//! Deliberately absent: connecting ([`crate::connection`]), and running a credential program.

mod entry;
mod fault;
mod file;
mod merge;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;

pub use entry::Context;
pub(crate) use entry::{HIDDEN, secrets};
pub use fault::{ContextFault, FileFault, FileProblem};
pub use watch::watch;

/// Where kubeconfigs are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KubeconfigFiles {
    /// Value of `KUBECONFIG`: a list of files.
    pub env: Option<OsString>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// Files that the user added in the app.
    pub added: Vec<PathBuf>,
}

/// What the files say.
#[derive(Debug, Clone, Default)]
pub struct Kubeconfigs {
    /// Every context, in file order.
    pub contexts: Vec<Context>,
    /// What is wrong with the files.
    pub problems: Vec<FileProblem>,
    /// The current context, if there is one of that name.
    pub current: Option<String>,
}

/// Reads the files, which may take as long as a slow disk does.
pub fn read(files: &KubeconfigFiles) -> Kubeconfigs {
    let mut found = merge::merged(&files.merged());
    for file in &files.added {
        merge::add(&mut found, file);
    }
    found
}

/// The current context of a kubeconfig that a server gave, under a name of our own; why it can't be
/// used, without a word of its text. It must bring its credentials with it: nothing that came over
/// the network names a program to be executed or a file to be read.
pub fn given(name: &str, text: &str) -> Result<Context, String> {
    merge::given(name, text)
}

impl KubeconfigFiles {
    /// The files that kubectl would merge, with whether each must exist.
    fn merged(&self) -> Vec<file::Listed> {
        let listed: Vec<PathBuf> = match &self.env {
            Some(list) => {
                std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect()
            }
            None => Vec::new(),
        };
        if !listed.is_empty() {
            return listed.into_iter().map(file::Listed::by_name).collect();
        }
        let standard = self.home.as_ref().map(|home| home.join(".kube").join("config"));
        standard.into_iter().map(file::Listed::by_custom).collect()
    }

    /// Every file, for watching.
    fn all(&self) -> Vec<PathBuf> {
        let merged = self.merged().into_iter().map(|listed| listed.path);
        merged.chain(self.added.iter().cloned()).collect()
    }
}
