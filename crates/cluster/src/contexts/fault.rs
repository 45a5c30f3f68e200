//! What can be wrong with a kubeconfig and with a context in it, each as one sentence. None repeats
//! the text of a file: that may be a token.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// The file.
    pub file: PathBuf,
    /// What it is.
    pub fault: FileFault,
}

/// A defect of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFault {
    /// It is a folder.
    Folder,
    /// It has no byte.
    Empty,
    /// It has neither cluster nor user nor context.
    Blank,
    /// Somebody named it, and it is not there.
    Missing,
    /// The user may not read it.
    Forbidden,
    /// It is not UTF-8.
    NotText,
    /// The system does not read it.
    Unreadable {
        /// The system's words.
        why: String,
    },
    /// It is no kubeconfig from this place on.
    Invalid {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
    },
    /// It is not YAML, and nobody knows where.
    NotYaml,
    /// Its documents are of different kinds.
    Mixed,
    /// It can't be used for another reason.
    Unusable,
    /// Its context is not used.
    Shadowed {
        /// The context.
        context: String,
        /// The file that names it first.
        first: PathBuf,
    },
    /// It names a context twice.
    Twice {
        /// The context.
        context: String,
    },
    /// Its current context is nowhere.
    NoSuchCurrent {
        /// The context.
        context: String,
    },
    /// It sets no current context.
    NoCurrent,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.fault {
            FileFault::Folder => write!(f, "{file} is a folder, not a kubeconfig"),
            FileFault::Empty => write!(f, "{file} is empty"),
            FileFault::Blank => write!(f, "{file} holds no cluster, user or context"),
            FileFault::Missing => write!(f, "{file} does not exist"),
            FileFault::Forbidden => write!(f, "{file} may not be read by this user"),
            FileFault::NotText => write!(f, "{file} is not text"),
            FileFault::Unreadable { why } => write!(f, "{file} can't be read: {why}"),
            FileFault::Invalid { line, column } => {
                write!(f, "{file} is not a valid kubeconfig: see line {line}, column {column}")
            }
            FileFault::NotYaml => write!(f, "{file} is not valid YAML"),
            FileFault::Mixed => write!(f, "{file} mixes documents of different kinds"),
            FileFault::Unusable => write!(f, "{file} can't be used as a kubeconfig"),
            FileFault::Shadowed { context, first } => write!(
                f,
                "context `{context}` of {file} is not used: {} names it first",
                first.display()
            ),
            FileFault::Twice { context } => {
                write!(f, "{file} names context `{context}` twice: the first one counts")
            }
            FileFault::NoSuchCurrent { context } => write!(
                f,
                "{file} says that the current context is `{context}`, and there is no such context"
            ),
            FileFault::NoCurrent => {
                write!(f, "{file} sets no current context: its contexts can be opened all the same")
            }
        }
    }
}

/// Why a context can't be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum ContextFault {
    #[error("it names no cluster")]
    NoCluster,
    #[error("its cluster `{cluster}` is in no kubeconfig")]
    ClusterGone { cluster: String },
    #[error("its cluster `{cluster}` has no server address")]
    NoServer { cluster: String },
    #[error("the server address of its cluster `{cluster}` is not a URL")]
    NotAUrl { cluster: String },
    #[error("its user `{user}` is in no kubeconfig")]
    UserGone { user: String },
    #[error(
        "its user `{user}` signs in with auth-provider `{provider}`, which Kubernetes has removed: \
         use a credential program (exec) instead"
    )]
    AuthProvider { user: String, provider: String },
    #[error("its user `{user}` signs in with a program that is not named")]
    ProgramUnnamed { user: String },
    #[error(
        "its user `{user}` signs in with a program that needs a terminal (interactiveMode: Always)"
    )]
    Terminal { user: String },
}
