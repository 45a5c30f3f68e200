//! Short-lived commands (kubectl, istioctl) and their output.
//!
//! Entry point: [`run`]. Every command has a time limit and dies with this process.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::process::bound_to_us;

/// What a command left behind.
#[derive(Debug, Clone)]
pub struct Output {
    /// The command, as one would type it.
    pub command: String,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Whether it exited with 0.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// The standard output of a command that had to succeed.
    pub fn checked(self) -> Result<String> {
        if !self.success() {
            bail!("`{}` ended with {:?}: {}{}", self.command, self.code, self.stderr, self.stdout);
        }
        Ok(self.stdout)
    }
}

/// Runs `command` to its end, with `input` on its standard input.
pub(crate) async fn run(command: &Command, input: &str, limit: Duration) -> Result<Output> {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    let words = words.join(" ");
    let mut child = tokio::process::Command::from(bound_to_us(command))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting `{words}`"))?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A command that doesn't read its input to the end says why in its own output.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
    };
    let (ended, ()) = timeout(limit, async { tokio::join!(child.wait_with_output(), feed) })
        .await
        .with_context(|| format!("`{words}` took longer than {limit:?}"))?;
    let ended = ended.with_context(|| format!("waiting for `{words}`"))?;
    Ok(Output {
        command: words,
        code: ended.status.code(),
        stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
    })
}
