//! One component of a bed as a process of this computer.
//!
//! Entry point: [`Process::spawn`]. A process ends at the latest with the one that started it: the
//! kernel kills it then (`PR_SET_PDEATHSIG`). `setpriv` sets that, because doing it here would need
//! unsafe code.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// A running component. Dropping it kills it and waits for its end.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts `command` with its output appended to `log`.
    pub(crate) fn spawn(name: &str, command: &Command, log: &Path) -> Result<Self> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("opening {}", log.display()))?;
        let errors = output.try_clone().with_context(|| format!("opening {}", log.display()))?;
        let mut bound = bound_to_us(command);
        bound.stdin(Stdio::null()).stdout(output).stderr(errors);
        // A group of its own: Ctrl-C in a terminal reaches the harness alone, which then stops the
        // rest in order.
        bound.process_group(0);
        let child = spawn_on_lasting_thread(bound).with_context(|| format!("starting {name}"))?;
        Ok(Self { name: name.to_owned(), child })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end, and kills it when it has not after `grace`.
    pub(crate) async fn stop(&mut self, grace: Duration) {
        if let Ok(pid) = i32::try_from(self.child.id())
            && !self.has_ended()
            && let Some(pid) = Pid::from_raw(pid)
        {
            // It may end between the check and the signal; it is not reaped yet, so the id is its own.
            let _ = kill_process(pid, Signal::TERM);
        }
        let deadline = Instant::now() + grace;
        while !self.has_ended() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.kill();
    }

    pub(crate) fn kill(&mut self) {
        if !self.has_ended() {
            // Neither can fail in a way that leaves it running: it is our child and not reaped.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The same command, killed by the kernel when the thread that starts it ends.
pub(crate) fn bound_to_us(command: &Command) -> Command {
    let mut bound = Command::new("setpriv");
    bound.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => bound.env(key, value),
            None => bound.env_remove(key),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        bound.current_dir(directory);
    }
    bound
}

type Request = (Command, mpsc::SyncSender<io::Result<Child>>);

/// The death signal follows the thread that called fork, and a test's thread ends with its test. So
/// one thread, which ends only with the process, starts everything.
fn spawn_on_lasting_thread(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<mpsc::Sender<Request>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (requests, inbox) = mpsc::channel::<Request>();
        thread::spawn(move || {
            for (mut command, answer) in inbox {
                // The asker waits for the answer; if it panicked meanwhile, dropping is right.
                let _ = answer.send(command.spawn());
            }
        });
        requests
    });
    let (answer, result) = mpsc::sync_channel(1);
    spawner
        .send((command, answer))
        .map_err(|_| io::Error::other("the thread that starts processes has ended"))?;
    result.recv().map_err(|_| io::Error::other("the thread that starts processes has ended"))?
}
