//! Runs real programs, small ones.
#![cfg(target_os = "linux")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use meshlift_cluster::door::{Door, IntentId};
use meshlift_cluster::programs::{
    Effect, Exit, InputFile, Invocation, Life, OUTPUT_LIMIT, ProgramError, Programs,
    SimulatedProgram, alive, end, ended, left_by,
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

fn call(program: &str, args: &[&str]) -> Invocation {
    Invocation {
        program: PathBuf::from(program),
        args: args.iter().map(OsString::from).collect(),
        files: Vec::new(),
        env: Vec::new(),
        effect: Effect::Reads,
        cancel: CancellationToken::new(),
    }
}

/// Looks until there is something to see, for some seconds at most.
async fn eventually<T>(look: impl Fn() -> Option<T>) -> Option<T> {
    let seen = async {
        loop {
            match look() {
                Some(seen) => break seen,
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seen).await.ok()
}

#[tokio::test]
async fn arguments_arrive_as_they_are() {
    let odd = ["two words", "it's \"quoted\"", "$HOME", "*", "a\\b", "line\nbreak", ""];
    let args: Vec<&str> = std::iter::once("%s|").chain(odd).collect();
    let exit = Programs::Real.run(call("/usr/bin/printf", &args), |_, _| {}).await.unwrap();
    let expected = odd.join("|") + "|";
    assert_eq!(exit.stdout, expected, "no shell read them");
}

fn with_a_file() -> Invocation {
    let file = InputFile { name: "own.yaml".to_owned(), text: "revision: 1-31\n".to_owned() };
    Invocation { files: vec![file], ..call("/bin/grep", &["--with-filename", "1-31", "own.yaml"]) }
}

#[tokio::test]
async fn a_file_of_the_call_is_there_for_its_time() {
    let exit = Programs::Real.run(with_a_file(), |_, _| {}).await.unwrap();

    let (path, line) = exit.stdout.trim_end().split_once(':').unwrap();
    assert_eq!(line, "revision: 1-31");
    assert!(path.ends_with("/own.yaml"), "in a folder of its own: {path}");
    assert!(!std::path::Path::new(path).exists(), "and only for the call");
}

/// Says what it was called with.
struct Echo;

impl SimulatedProgram for Echo {
    fn run(&self, args: &[String], files: &[InputFile]) -> BoxFuture<'_, Exit> {
        let stdout = format!("{} {files:?}", args.join(" "));
        std::future::ready(Exit { status: Some(0), stdout, stderr: String::new() }).boxed()
    }
}

#[tokio::test]
async fn a_simulated_program_needs_no_file_on_the_disk() {
    let programs = Programs::Simulated(Arc::new(Echo));
    let exit = programs.run(with_a_file(), |_, _| {}).await.unwrap();
    let file = r#"[InputFile { name: "own.yaml", text: "revision: 1-31\n" }]"#;
    assert_eq!(exit.stdout, format!("--with-filename 1-31 own.yaml {file}"));
}

#[tokio::test]
async fn the_environment_is_small_and_what_is_given_is_added() {
    let mut call = call("/usr/bin/env", &[]);
    call.env = vec![("MESHLIFT_TEST".into(), "with a space".into())];
    let exit = Programs::Real.run(call, |_, _| {}).await.unwrap();
    let names: Vec<&str> =
        exit.stdout.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(exit.stdout.contains("MESHLIFT_TEST=with a space\n"), "{}", exit.stdout);
    assert!(names.contains(&"PATH"), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("CARGO")), "nothing else: {names:?}");
}

#[tokio::test]
async fn nothing_can_be_read_from_standard_input() {
    let exit = Programs::Real.run(call("/bin/cat", &[]), |_, _| {}).await.unwrap();
    assert_eq!(exit, Exit { status: Some(0), stdout: String::new(), stderr: String::new() });
}

#[tokio::test]
async fn a_failure_is_an_exit_with_its_words() {
    let missing = ["/there/is/no/such/file"];
    let exit = Programs::Real.run(call("/bin/cat", &missing), |_, _| {}).await.unwrap();
    assert!(!exit.success());
    assert!(exit.last_words().contains("No such file"), "{}", exit.stderr);
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let error = Programs::Real.run(call("/nowhere/istioctl", &[]), |_, _| {}).await.unwrap_err();
    assert!(matches!(error, ProgramError::Start { .. }), "{error}");
    assert!(error.to_string().starts_with("/nowhere/istioctl could not be started"), "{error}");
}

#[tokio::test]
async fn cancelling_leaves_no_process_behind() {
    // env starts sleep in its own place; timeout starts it as a child of its own.
    let call = call("/usr/bin/timeout", &["600", "/bin/sleep", "600"]);
    let cancel = call.cancel.clone();
    let (started, told) = oneshot::channel();
    let running = tokio::spawn(async move {
        Programs::Real.run(call, |pid, at| started.send((pid, at)).unwrap()).await
    });
    let (pid, at) = told.await.unwrap();
    assert_eq!(alive(pid, at), Life::Running);
    cancel.cancel();
    let outcome = running.await.unwrap();
    assert!(matches!(outcome, Err(ProgramError::Cancelled { .. })), "{outcome:?}");
    assert_eq!(alive(pid, at), Life::Gone);
    // A killed process takes a moment to be gone.
    let empty = eventually(|| group_of(pid).is_empty().then_some(()));
    assert_eq!(empty.await, Some(()), "its own children are gone too: {:?}", group_of(pid));
}

#[tokio::test]
async fn a_process_is_told_from_a_later_one_of_its_id() {
    let call = call("/bin/sleep", &["600"]);
    let cancel = call.cancel.clone();
    let (started, told) = oneshot::channel();
    let running = tokio::spawn(async move {
        Programs::Real.run(call, |pid, at| started.send((pid, at)).unwrap()).await
    });
    let (pid, at) = told.await.unwrap();
    assert_eq!(alive(pid, at + 1), Life::Gone, "it started at another time");
    assert_eq!(end(pid, at + 1).await, Life::Gone, "and is not touched");
    assert_eq!(alive(pid, at), Life::Running);
    cancel.cancel();
    drop(running.await);
}

#[tokio::test]
async fn a_program_that_was_left_running_can_be_waited_for_and_ended() {
    let (started, told) = oneshot::channel();
    let running = tokio::spawn(async move {
        let call = call("/bin/sleep", &["600"]);
        Programs::Real.run(call, |pid, at| started.send((pid, at)).unwrap()).await
    });
    let (pid, at) = told.await.unwrap();
    let waiting = tokio::spawn(ended(pid, at));
    assert_eq!(end(pid, at).await, Life::Gone);
    assert_eq!(waiting.await.unwrap(), Life::Gone);
    assert_eq!(running.await.unwrap().unwrap().status, None, "a signal ended it");
}

#[tokio::test]
async fn a_program_whose_start_nobody_noted_is_found_by_its_run() {
    // timeout starts sleep, which inherits the mark: the one that was started by us is meant.
    let mut call = call("/usr/bin/timeout", &["--foreground", "600", "/bin/sleep", "600"]);
    let run = format!("run-of-{}", std::process::id());
    let intent = IntentId::new(format!("{run}/7"));
    call.effect = Effect::Writes { door: Door::new(false), intent };
    let cancel = call.cancel.clone();
    let (started, told) = oneshot::channel();
    let running = tokio::spawn(async move {
        Programs::Real.run(call, |pid, at| started.send((pid, at)).unwrap()).await
    });
    let noted = told.await.unwrap();

    // A program that has only just taken its process over has no environment yet for an instant.
    assert_eq!(eventually(|| left_by(&run)).await, Some(noted));
    assert_eq!(left_by(&run[..run.len() - 1]), None, "it belongs to no other run");

    cancel.cancel();
    drop(running.await);
    assert_eq!(left_by(&run), None, "it is over");
}

#[tokio::test]
async fn output_without_end_is_cut_off() {
    let outcome = Programs::Real.run(call("/usr/bin/yes", &[]), |_, _| {}).await;
    let Err(ProgramError::TooMuchOutput { limit, .. }) = outcome else {
        panic!("it was not ended: {outcome:?}")
    };
    assert_eq!(limit, OUTPUT_LIMIT);
}

#[tokio::test]
async fn read_only_mode_starts_nothing_that_writes() {
    let door = Door::new(true);
    let mut call = call("/bin/sleep", &["600"]);
    call.effect = Effect::Writes { door: door.clone(), intent: IntentId::new("7") };
    let outcome = Programs::Real.run(call.clone(), |_, _| panic!("it was started")).await;
    assert!(matches!(outcome, Err(ProgramError::ReadOnly { .. })), "{outcome:?}");
}

/// Processes of the group that this process led.
fn group_of(leader: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            let mut fields = after_name.split_ascii_whitespace();
            let (state, group) = (fields.next(), fields.nth(1));
            state != Some("Z") && group == Some(leader.to_string().as_str())
        })
        .collect()
}
