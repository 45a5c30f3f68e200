//! Starts a program on this computer, watches it and takes its output. Entry point: [`run`].

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
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
    let placed = placed(&invocation).map_err(start)?;
    let mut child = spawn(&invocation, &placed, &stdout, &stderr).map_err(start)?;
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

/// What a program is given in the end.
struct Placed {
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    /// Private to the user, and there until this is dropped. A program that outlives the app still
    /// finds it.
    _folder: Option<TempDir>,
}

/// Puts the call's files down, and their paths where their names stand.
fn placed(invocation: &Invocation) -> io::Result<Placed> {
    let Invocation { args, env, files, .. } = invocation;
    if files.is_empty() {
        return Ok(Placed { args: args.clone(), env: env.clone(), _folder: None });
    }
    let folder = private_folder()?;
    for file in files {
        std::fs::write(folder.path().join(&file.name), &file.text)?;
    }
    let path_of = |word: &OsStr| {
        let file = files.iter().find(|file| *word == *file.name)?;
        Some(folder.path().join(&file.name))
    };
    let args = args.iter().map(|word| path_of(word).map_or_else(|| word.clone(), Into::into));
    let list = |value: &OsString| {
        let paths: Vec<PathBuf> = std::env::split_paths(value).collect();
        if !paths.iter().any(|path| path_of(path.as_os_str()).is_some()) {
            return Ok(value.clone());
        }
        let whole = paths.into_iter().map(|path| path_of(path.as_os_str()).unwrap_or(path));
        std::env::join_paths(whole).map_err(io::Error::other)
    };
    Ok(Placed {
        args: args.collect(),
        env: env
            .iter()
            .map(|(name, value)| Ok((name.clone(), list(value)?)))
            .collect::<io::Result<_>>()?,
        _folder: Some(folder),
    })
}

fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    builder.tempdir()
}

fn spawn(
    invocation: &Invocation,
    placed: &Placed,
    stdout: &Output,
    stderr: &Output,
) -> io::Result<Child> {
    let mut command = Command::new(&invocation.program);
    command
        .args(&placed.args)
        .env_clear()
        .envs(environment::inherited(std::env::vars_os()))
        .envs(placed.env.iter().map(|(name, value)| (name, value)))
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
