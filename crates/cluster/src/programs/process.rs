//! Tells a process that we started from any other, over restarts of the app. Entry points:
//! [`alive`], [`ended`], [`end`], [`left`], [`left_by`].
//!
//! A process id alone is reused; with the start time that the kernel keeps it names one process.
//! On Linux the start time comes from `/proc`. Elsewhere only "gone" can be told for certain.
//!
//! An app can be killed after it started a process and before it noted the id. Such a process is
//! found by the intent in its environment, where environments can be read: on Linux.

/// The variable that holds the intent of a program that writes.
pub(super) const MARK: &str = "MESHLIFT_INTENT";

/// Whether a process that was started earlier still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Running,
    /// It is over.
    Gone,
    /// A process of this id runs, and it can't be told whether it is the same.
    CannotTell,
}

/// A writing program that still runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The run whose intent it carries.
    pub run: String,
    /// Its process id.
    pub pid: u32,
    /// When the kernel says that it started.
    pub started: u64,
}

/// The writing program of a run that still runs, as process id and start time.
pub fn left_by(run: &str) -> Option<(u32, u64)> {
    left().into_iter().find(|left| left.run == run).map(|left| (left.pid, left.started))
}

#[cfg(target_os = "linux")]
pub(super) use linux::kill_group;
#[cfg(target_os = "linux")]
pub use linux::{alive, end, ended, left};
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) use other::kill_group;
#[cfg(not(target_os = "linux"))]
pub use other::{alive, end, ended, left};

/// When the kernel says that a process started; none where that is not told.
pub(super) fn started(pid: u32) -> Option<u64> {
    #[cfg(target_os = "linux")]
    return linux::started(pid);
    #[cfg(not(target_os = "linux"))]
    return other::started(pid);
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::process::{
        Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal,
    };

    use super::{Left, Life};

    /// Time that a program gets to end by itself after it was asked to.
    const GRACE: Duration = Duration::from_secs(10);
    /// How often a process is looked at. It is not our child, so nobody tells when it ends.
    const LOOK: Duration = Duration::from_millis(200);

    /// Whether the process that started at this time still runs.
    pub fn alive(pid: u32, started: u64) -> Life {
        match stat(pid) {
            Some(found) if found.started == started && !found.is_over => Life::Running,
            Some(_) | None => Life::Gone,
        }
    }

    /// Waits until the process is over. Says whether that could be seen.
    pub async fn ended(pid: u32, started: u64) -> Life {
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            match alive(pid, started) {
                Life::Running => {}
                over @ (Life::Gone | Life::CannotTell) => return over,
            }
        }
    }

    /// Asks the process to end, makes it end if it does not, and waits for a bounded time until it is
    /// over. Says whether it is.
    pub async fn end(pid: u32, started: u64) -> Life {
        let Some(handle) = open(pid, started) else { return alive(pid, started) };
        // An error means that it is over.
        let _ = pidfd_send_signal(&handle, Signal::TERM);
        if let Ok(life) = tokio::time::timeout(GRACE, ended(pid, started)).await {
            return life;
        }
        let _ = pidfd_send_signal(&handle, Signal::KILL);
        // One that waits for a disk or a network file system does not even die at once.
        let killed = tokio::time::timeout(GRACE, ended(pid, started)).await;
        killed.unwrap_or(Life::Running)
    }

    /// Kills every process of the group that this process leads.
    pub(crate) fn kill_group(pid: u32) {
        if let Some(pid) = raw(pid) {
            // An error means that none of them is left.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }

    /// Every writing program of this user that still runs, whichever run started it. Programs that
    /// it started itself inherit its mark and not its place as the leader of their group.
    pub fn left() -> Vec<Left> {
        let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
        processes
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
            .filter_map(|pid| Some((pid, stat(pid)?)))
            .filter(|(pid, found)| found.group == *pid && !found.is_over)
            .filter_map(|(pid, found)| {
                Some(Left { run: run_of(pid)?, pid, started: found.started })
            })
            .collect()
    }

    /// The run whose intent a process carries. Other people's environments cannot be read, and are
    /// none of ours.
    fn run_of(pid: u32) -> Option<String> {
        let variables = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
        variables.split(|&byte| byte == 0).find_map(|variable| {
            let intent = std::str::from_utf8(variable).ok()?.strip_prefix(super::MARK)?;
            let (run, _) = intent.strip_prefix('=')?.rsplit_once('/')?;
            Some(run.to_owned())
        })
    }

    pub(super) fn started(pid: u32) -> Option<u64> {
        stat(pid).map(|found| found.started)
    }

    /// A handle on exactly this process. The start time is compared after the handle is open, so
    /// an id that was reused in between is not mistaken.
    fn open(pid: u32, started: u64) -> Option<OwnedFd> {
        let handle = pidfd_open(raw(pid)?, PidfdFlags::empty()).ok()?;
        (alive(pid, started) == Life::Running).then_some(handle)
    }

    fn raw(pid: u32) -> Option<Pid> {
        Pid::from_raw(i32::try_from(pid).ok()?)
    }

    struct Stat {
        started: u64,
        group: u32,
        is_over: bool,
    }

    /// Fields 3 (state), 5 (group) and 22 (start time) of `/proc/<pid>/stat`. Field 2, the name, stands in
    /// parentheses and may itself hold spaces and parentheses.
    fn stat(pid: u32) -> Option<Stat> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = text[text.rfind(')')? + 1..].split_ascii_whitespace();
        let is_over = matches!(fields.next()?, "Z" | "X");
        let group = fields.nth(1)?.parse().ok()?;
        let started = fields.nth(16)?.parse().ok()?;
        Some(Stat { started, group, is_over })
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use super::{Left, Life};

    /// Whether the process that started at this time still runs.
    pub fn alive(pid: u32, _started: u64) -> Life {
        #[cfg(unix)]
        if let Some(pid) = raw(pid)
            && rustix::process::test_kill_process(pid).is_err()
        {
            return Life::Gone;
        }
        let _ = pid;
        Life::CannotTell
    }

    /// Waits until the process is over, where that can be seen.
    pub async fn ended(pid: u32, started: u64) -> Life {
        let mut looks = tokio::time::interval(std::time::Duration::from_secs(1));
        loop {
            looks.tick().await;
            match alive(pid, started) {
                Life::Gone => return Life::Gone,
                Life::Running => {}
                Life::CannotTell if cfg!(unix) => {}
                Life::CannotTell => return Life::CannotTell,
            }
        }
    }

    /// Ends nothing: without a start time it could be somebody else's process.
    pub async fn end(pid: u32, started: u64) -> Life {
        std::future::ready(alive(pid, started)).await
    }

    /// None: environments of other processes cannot be read here.
    pub fn left() -> Vec<Left> {
        Vec::new()
    }

    #[cfg(unix)]
    pub(crate) fn kill_group(pid: u32) {
        if let Some(pid) = raw(pid) {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }

    pub(super) fn started(_pid: u32) -> Option<u64> {
        None
    }

    #[cfg(unix)]
    fn raw(pid: u32) -> Option<rustix::process::Pid> {
        rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)
    }
}
