//! Starts a program on this computer, watches it and takes its output. Entry point: [`run`].

use std::ffi::OsString;
use std::io;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{MissedTickBehavior, interval};

use super::output::Output;
use super::{Effect, Exit, Invocation, OUTPUT_LIMIT, ProgramError, environment, process};

/// How often the size of the output is looked at.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(
    invocation: Invocation,
    on_started: impl FnOnce(u32, u64) + Send,
) -> Result<Exit, ProgramError> {
    let program = invocation.program.display().to_string();
    let start = |source| ProgramError::Start { program: program.clone(), source };

    let (stdout, stderr) = (Output::new().map_err(start)?, Output::new().map_err(start)?);
    let (_folder, args) = placed(&invocation).map_err(start)?;
    let mut child = spawn(&invocation, &args, &stdout, &stderr).map_err(start)?;
    if let Some(pid) = child.id() {
        on_started(pid, process::started(pid).unwrap_or_default());
    }

    let end = watch(&mut child, &invocation, &stdout, &stderr).await;
    let status = match end {
        End::Exited(status) => status,
        End::Cancelled => {
            stop(&mut child).await;
            return Err(ProgramError::Cancelled { program });
        }
        End::TooMuch => {
            stop(&mut child).await;
            return Err(ProgramError::TooMuchOutput { program, limit: OUTPUT_LIMIT });
        }
        End::Lost(source) => {
            stop(&mut child).await;
            return Err(ProgramError::Wait { program, source });
        }
    };
    let read = |output: Output| {
        output
            .text(OUTPUT_LIMIT)
            .map_err(|source| ProgramError::Output { program: program.clone(), source })
    };
    Ok(Exit { status, stdout: read(stdout)?, stderr: read(stderr)? })
}

enum End {
    Exited(Option<i32>),
    Cancelled,
    TooMuch,
    Lost(io::Error),
}

/// The arguments with the paths of the call's files, and the private folder that holds these until it
/// is dropped. A program that outlives the app still finds them.
fn placed(invocation: &Invocation) -> io::Result<(Option<TempDir>, Vec<OsString>)> {
    if invocation.files.is_empty() {
        return Ok((None, invocation.args.clone()));
    }
    let folder = tempfile::tempdir()?;
    for file in &invocation.files {
        std::fs::write(folder.path().join(&file.name), &file.text)?;
    }
    let place = |argument: &OsString| {
        let file = invocation.files.iter().find(|file| *argument == *file.name);
        file.map_or_else(|| argument.clone(), |file| folder.path().join(&file.name).into())
    };
    let args = invocation.args.iter().map(place).collect();
    Ok((Some(folder), args))
}

fn spawn(
    invocation: &Invocation,
    args: &[OsString],
    stdout: &Output,
    stderr: &Output,
) -> io::Result<Child> {
    let mut command = Command::new(&invocation.program);
    command
        .args(args)
        .env_clear()
        .envs(environment::inherited(std::env::vars_os()))
        .envs(invocation.env.iter().map(|(name, value)| (name, value)))
        .stdin(std::process::Stdio::null())
        .stdout(stdout.handle()?)
        .stderr(stderr.handle()?);
    match &invocation.effect {
        // Nobody waits for what a program that only reads would still say.
        Effect::Reads => command.kill_on_drop(true),
        // One that writes goes on, and its effect is observed later. The mark finds it again even if
        // the app was killed between its start and the note of its process id.
        Effect::Writes { door: _, intent } => command.env(process::MARK, intent.as_str()),
    };
    // Its own group: what it starts itself (credential programs) is ended with it, and an interrupt
    // typed into the terminal that started the app does not reach it.
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

async fn watch(
    child: &mut Child,
    invocation: &Invocation,
    stdout: &Output,
    stderr: &Output,
) -> End {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            status = child.wait() => {
                return match status {
                    Ok(status) => End::Exited(status.code()),
                    Err(source) => End::Lost(source),
                };
            }
            () = invocation.cancel.cancelled() => return End::Cancelled,
            _ = looks.tick() => {
                let longest = stdout.len().unwrap_or_default().max(stderr.len().unwrap_or_default());
                if longest > OUTPUT_LIMIT {
                    return End::TooMuch;
                }
            }
        }
    }
}

/// Ends the program and what it started, and takes its exit so that nothing is left of it.
async fn stop(child: &mut Child) {
    #[cfg(unix)]
    if let Some(pid) = child.id() {
        process::kill_group(pid);
    }
    // Ends it where there are no groups; an error means that it is over already.
    drop(child.kill().await);
}
