//! A program beside the test, ended at the latest with it.
//!
//! Entry point: [`Process::start`].

use std::ffi::OsStr;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `program`. The kernel ends it too when the test itself is killed.
    pub fn start<S: AsRef<OsStr>>(program: &OsStr, arguments: &[S]) -> Result<Self> {
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let output = child.stdout.take().context("its output is piped")?;
        Ok(Self { child, lines: BufReader::new(output).lines() })
    }

    /// The next line that it prints; none at its end.
    pub async fn line(&mut self) -> Result<Option<String>> {
        self.lines.next_line().await.context("reading a program's output")
    }

    /// Kills it (SIGKILL) and waits for its end.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("killing a program")
    }

    /// Waits for its end; whether it was content.
    pub async fn ended(mut self) -> Result<bool> {
        Ok(self.child.wait().await.context("waiting for a program")?.success())
    }
}
