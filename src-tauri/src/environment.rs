//! Completes the process environment before anything is started.
//!
//! Entry points: [`private_files`] and [`complete`]. A graphical session starts programs without
//! the `PATH` of the login shell, so credential programs and istioctl would not be found; and
//! `WebKitGTK` draws blank windows on some graphics stacks unless told otherwise. The environment
//! of a running process cannot be changed without risk, so the program replaces itself once, with
//! the same process id.

use std::ffi::OsString;

/// Files that this process creates are for its user only: the journal, the settings and the log
/// name clusters and people.
pub(crate) fn private_files() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// Replaces the process by itself with a complete environment; returns when it is complete.
#[cfg(target_os = "linux")]
pub(crate) fn complete() -> anyhow::Result<()> {
    replace_with(missing(|name| std::env::var_os(name), login_path))
}

/// Replaces the process by itself with a complete environment; returns when it is complete.
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn complete() -> anyhow::Result<()> {
    let mut missing = missing(|name| std::env::var_os(name), login_path);
    missing.retain(|(name, _)| *name != WEBKIT);
    replace_with(missing)
}

/// Windows gives every program the user's environment.
#[cfg(windows)]
pub(crate) fn complete() -> anyhow::Result<()> {
    Ok(())
}

const WEBKIT: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
/// Says that the login shell was asked, so that a replaced process does not ask again.
const ASKED: &str = "MESHLIFT_LOGIN_PATH";

#[cfg(unix)]
fn missing(
    get: impl Fn(&str) -> Option<OsString>,
    login_path: impl FnOnce() -> Option<OsString>,
) -> Vec<(&'static str, OsString)> {
    let mut missing = Vec::new();
    if get(WEBKIT).is_none() {
        missing.push((WEBKIT, "1".into()));
    }
    if get("TERM").is_none() && get(ASKED).is_none() {
        missing.push((ASKED, "asked".into()));
        missing.extend(login_path().map(|path| ("PATH", path)));
    }
    missing
}

#[cfg(unix)]
fn replace_with(missing: Vec<(&'static str, OsString)>) -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt as _;

    use anyhow::Context as _;

    if missing.is_empty() {
        return Ok(());
    }
    let program = std::env::current_exe().context("failed to find the program's own file")?;
    let error =
        std::process::Command::new(&program).args(std::env::args_os().skip(1)).envs(missing).exec();
    Err(error).with_context(|| format!("failed to start {} again", program.display()))
}

#[cfg(unix)]
fn login_path() -> Option<OsString> {
    let shell = std::env::var_os("SHELL")?;
    path_of_shell(&shell, std::time::Duration::from_secs(3))
}

/// What `shell` calls `PATH` when it is a login shell; none when it does not say so in time.
#[cfg(unix)]
fn path_of_shell(shell: &std::ffi::OsStr, patience: std::time::Duration) -> Option<OsString> {
    use std::process::{Command, Stdio};

    // Profiles print greetings, so the value is told apart by what stands around it.
    let mut child = Command::new(shell)
        .args(["-ilc", "printf '<meshlift>%s</meshlift>' \"$PATH\""])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut output = child.stdout.take()?;
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        if std::io::Read::read_to_string(&mut output, &mut text).is_ok() {
            told.send(text).ok();
        }
    });
    let text = heard.recv_timeout(patience).ok();
    child.kill().ok();
    child.wait().ok();
    between(&text?).map(OsString::from)
}

#[cfg(unix)]
fn between(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<meshlift>")?;
    let (path, _) = rest.split_once("</meshlift>")?;
    (!path.is_empty()).then_some(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    fn completed(given: &[(&str, &str)], login: Option<&str>) -> BTreeMap<&'static str, OsString> {
        let given: BTreeMap<&str, &str> = given.iter().copied().collect();
        let get = |name: &str| given.get(name).map(OsString::from);
        missing(get, || login.map(OsString::from)).into_iter().collect()
    }

    #[test]
    fn a_start_from_the_dock_gets_the_login_path() {
        let found = completed(&[], Some("/opt/bin:/usr/bin"));

        assert_eq!(found.get("PATH"), Some(&"/opt/bin:/usr/bin".into()), "no TERM, so no shell");
    }

    #[test]
    fn a_start_from_a_terminal_keeps_its_path() {
        let found = completed(&[("TERM", "xterm")], Some("/opt/bin"));

        assert_eq!(found.get("PATH"), None, "the terminal's own PATH is the one the user sees");
    }

    #[test]
    fn what_the_user_set_stays() {
        let found = completed(&[("TERM", "xterm"), (WEBKIT, "0")], None);

        assert!(found.is_empty(), "nothing is missing, so the process is not replaced: {found:?}");
    }

    #[test]
    fn a_replaced_process_is_complete() {
        let first = completed(&[], None);
        let given: Vec<(&str, &str)> =
            first.iter().filter_map(|(name, value)| Some((*name, value.to_str()?))).collect();

        assert!(completed(&given, None).is_empty(), "or the program would replace itself for ever");
    }

    #[test]
    fn the_path_is_found_between_greetings() {
        let text = "Welcome!\n<meshlift>/a:/b</meshlift>\n";

        assert_eq!(between(text), Some("/a:/b"), "profiles may print");
        assert_eq!(between("<meshlift></meshlift>"), None, "an empty PATH is no answer");
    }

    #[test]
    fn a_real_shell_is_asked() {
        let found = path_of_shell("/bin/sh".as_ref(), Duration::from_secs(20));

        assert!(found.is_some_and(|path| !path.is_empty()), "a login shell has a PATH");
    }

    #[test]
    fn a_shell_that_hangs_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let shell = folder.path().join("shell");
        std::fs::write(&shell, "#!/bin/sh\nexec cat /dev/zero >/dev/null\n").unwrap();
        make_executable(&shell).unwrap();

        let found = path_of_shell(shell.as_os_str(), Duration::from_millis(200));

        assert_eq!(found, None, "the window must open even if a profile never ends");
    }

    fn make_executable(file: &std::path::Path) -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o700))
    }
}
