//! Runs other people's programs, istioctl today: a name, arguments and an environment go in, an exit
//! and its output come out. Never a shell, never a terminal, nothing on standard input.
//!
//! Entry point: [`Programs::run`]. The demo puts a [`SimulatedProgram`] behind the same port.
//! Deliberately absent: what any program means (`provider`), and downloading one.
//!
//! Output goes to unnamed temporary files and not to pipes: an upgrade that is half done must run
//! to its end when the app is killed beside it, and a pipe without a reader would end it.

mod environment;
mod output;
mod process;
mod spawn;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::door::{Door, IntentId};

pub use process::{Left, Life, alive, end, ended, left, left_by};

/// Where programs run.
#[derive(Clone)]
pub enum Programs {
    /// On this computer.
    Real,
    /// Inside this process: the demo's.
    Simulated(Arc<dyn SimulatedProgram>),
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "Programs::Real",
            Self::Simulated(_) => "Programs::Simulated",
        })
    }
}

/// A program that is played inside this process.
pub trait SimulatedProgram: Send + Sync {
    /// Runs it with these arguments, the program's own name left out, and what they name as files.
    fn run(&self, args: &[String], files: &[InputFile]) -> BoxFuture<'_, Exit>;
}

/// One call of a program.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Path of the binary.
    pub program: PathBuf,
    /// Its arguments, each passed on as it is.
    pub args: Vec<OsString>,
    /// What it reads as files of its own: an argument that is a file's name becomes its path, and so
    /// does such a name in a variable that lists paths.
    pub files: Vec<InputFile>,
    /// Variables on top of the few that every program gets.
    pub env: Vec<(OsString, OsString)>,
    /// Whether it may change a cluster.
    pub effect: Effect,
    /// Ends it and everything it started.
    pub cancel: CancellationToken,
}

/// A text that a program reads as a file for the time of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its text, which holds no secret.
    pub text: String,
}

/// Whether a program may change a cluster.
#[derive(Debug, Clone)]
pub enum Effect {
    /// It only reads.
    Reads,
    /// It writes: refused in read-only mode, and only for a journaled intent.
    Writes {
        /// The switch that it asks before it starts.
        door: Door,
        /// The intent that was journaled for it.
        intent: IntentId,
    },
}

/// How a program ended and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code; none when a signal ended it.
    pub status: Option<i32>,
    /// Its standard output, at most [`OUTPUT_LIMIT`].
    pub stdout: String,
    /// Its standard error, at most [`OUTPUT_LIMIT`].
    pub stderr: String,
}

impl Exit {
    /// Whether it says that all went well.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// The last thing it said that was not empty, for a sentence about its failure.
    pub fn last_words(&self) -> &str {
        let last = |text: &'_ str| text.trim_end().rfind('\n').map_or(0, |at| at + 1);
        let source = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        source[last(source)..].trim()
    }
}

/// Bytes that a program may write to one of its outputs before it is ended.
pub const OUTPUT_LIMIT: u64 = 32 * 1024 * 1024;

/// Why a program gave no answer.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum ProgramError {
    #[error("read-only mode is on: {program} was not started")]
    ReadOnly { program: String },
    #[error("{program} could not be started: {source}")]
    Start { program: String, source: std::io::Error },
    #[error("{program} was ended because it was cancelled")]
    Cancelled { program: String },
    #[error("{program} was ended because it wrote more than {limit} bytes")]
    TooMuchOutput { program: String, limit: u64 },
    #[error("{program} could not be waited for: {source}")]
    Wait { program: String, source: std::io::Error },
    #[error("the output of {program} could not be read: {source}")]
    Output { program: String, source: std::io::Error },
}

impl Programs {
    /// Runs a program to its end. `on_started` gets the process id and the start time that the
    /// kernel keeps, to be journaled before anything else; a simulated program has neither.
    pub async fn run(
        &self,
        invocation: Invocation,
        on_started: impl FnOnce(u32, u64) + Send,
    ) -> Result<Exit, ProgramError> {
        let program = invocation.program.display().to_string();
        match &invocation.effect {
            Effect::Reads => {}
            Effect::Writes { door, intent } => {
                if door.is_read_only() {
                    return Err(ProgramError::ReadOnly { program });
                }
                tracing::info!(%intent, program, "starting a program that writes");
            }
        }
        match self {
            Self::Real => spawn::run(invocation, on_started).await,
            Self::Simulated(played) => {
                let args: Vec<String> = invocation
                    .args
                    .iter()
                    .map(|argument| argument.to_string_lossy().into_owned())
                    .collect();
                tokio::select! {
                    exit = played.run(&args, &invocation.files) => Ok(exit),
                    () = invocation.cancel.cancelled() => Err(ProgramError::Cancelled { program }),
                }
            }
        }
    }
}
