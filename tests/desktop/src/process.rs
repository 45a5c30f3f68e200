//! A program that runs as long as its guard lives.

use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

/// A running program; ended when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts `program` and says what its words are: arguments, environment.
    ///
    /// The kernel ends it too if the test itself is killed.
    pub(crate) fn start(
        program: &str,
        prepare: impl FnOnce(&mut Command) -> &mut Command,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--", program]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = prepare(&mut command).spawn().with_context(|| {
            format!("failed to start {program}; `make test-desktop` installs it")
        })?;
        Ok(Self { child })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its output, once.
    pub(crate) fn output(&mut self) -> anyhow::Result<ChildStdout> {
        self.child.stdout.take().context("the output is not piped")
    }

    /// Whether it ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        signal(self.id(), Signal::TERM);
        let patience = Instant::now() + Duration::from_secs(5);
        while !self.has_ended() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Sends a signal to one process by its id; a process that is gone already is no error.
pub(crate) fn signal(id: u32, signal: Signal) {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        kill_process(pid, signal).ok();
    }
}

/// Ids of the children of `parent` whose program file is `program`.
pub(crate) fn children_of(parent: u32, program: &Path) -> Vec<u32> {
    let list = format!("/proc/{parent}/task/{parent}/children");
    let children = std::fs::read_to_string(list).unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .filter(|id| program_of(*id).is_some_and(|found| found.as_os_str() == program))
        .collect()
}

/// Whether a process of this id exists and is not merely waiting to be reaped.
pub(crate) fn lives(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The state follows the name, which stands in parentheses and may hold anything.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn program_of(id: u32) -> Option<std::path::PathBuf> {
    std::fs::read_link(format!("/proc/{id}/exe")).ok()
}
