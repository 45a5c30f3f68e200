//! Credential programs, which run when a context is opened and not before.

use std::path::Path;

use meshlift_cluster::calls::{CallError, ProgramFault};
use rstest::rstest;

use super::Home;
use super::opening::open;
use super::server::{Authority, Server, healthy, http};

/// A user who signs in with a script.
fn script(home: &Home, text: &str) -> String {
    let path = home.file("login.sh", text);
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['{}'], \
         installHint: Ask the platform team., env: [{{name: WHO, value: me}}]}}}}",
        path.display()
    )
}

fn cluster(server: &Server, authority: &Authority) -> String {
    format!("{{server: '{}', certificate-authority-data: {}}}", server.url(), authority.data())
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap_or_default().lines().count()
}

#[tokio::test]
async fn signs_in_with_what_the_program_prints() {
    let (home, authority) = (Home::new(), Authority::new());
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, healthy);
    let runs = home.path().join("runs");
    let user = script(
        &home,
        &format!(
            "echo run >> '{}'\n\
         echo '{{\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"'$WHO'-token\",\"expirationTimestamp\":\"2090-01-01T00:00:00Z\"}}}}'\n",
            runs.display()
        ),
    );

    let opened = open(&cluster(&server, &authority), &user).await.unwrap();
    opened.read_cluster().await.unwrap();

    let heads = server.heads();
    assert!(heads.iter().all(|head| head.contains("authorization: Bearer me-token")), "{heads:?}");
    assert_eq!(lines(&runs), 1, "it runs once while its token is good");
}

#[tokio::test]
async fn asks_again_for_a_token_that_expires() {
    let (home, authority) = (Home::new(), Authority::new());
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, healthy);
    let runs = home.path().join("runs");
    let user = script(
        &home,
        &format!(
            "echo run >> '{}'\n\
         echo '{{\"status\":{{\"token\":\"t\",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"}}}}'\n",
            runs.display()
        ),
    );

    open(&cluster(&server, &authority), &user).await.unwrap();

    assert!(lines(&runs) > 1, "an expired token is not sent");
}

#[tokio::test]
async fn asks_again_when_a_token_is_not_accepted() {
    let (home, authority) = (Home::new(), Authority::new());
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, |head| {
        if head.contains("Bearer first") && head.contains("/selfsubjectreviews") {
            return http("401 Unauthorized", "{}");
        }
        healthy(head)
    });
    let runs = home.path().join("runs");
    let user = script(
        &home,
        &format!(
            "if [ -e '{0}' ]; then token=second; else token=first; fi\n: > '{0}'\n\
         echo '{{\"status\":{{\"token\":\"'$token'\"}}}}'\n",
            runs.display()
        ),
    );
    let opened = open(&cluster(&server, &authority), &user).await.unwrap();

    opened.user().await;
    server.heads();
    opened.read_cluster().await.unwrap();

    let heads = server.heads();
    assert!(heads.iter().all(|head| head.contains("Bearer second")), "{heads:?}");
}

#[rstest]
#[case::fails(
    "echo 'first line' >&2; echo 'SSO session has expired' >&2; exit 3",
    "failed with exit code 3: SSO session has expired"
)]
#[case::prints_prose("echo hello", "did not print an ExecCredential")]
#[case::prints_nothing_useful(
    "echo '{\"status\":{}}'",
    "printed neither a token nor a certificate"
)]
#[case::hangs("while :; do :; done", "gave no answer within 2.5 s")]
#[case::waits_for_a_person(
    "read answer; echo \"no $answer\" >&2; exit 1",
    "failed with exit code 1: no"
)]
#[tokio::test]
async fn a_program_that_does_not_help(#[case] text: &str, #[case] expected: &str) {
    let home = Home::new();
    let user = script(&home, text);

    let error = open("{server: 'https://127.0.0.1:1'}", &user).await.unwrap_err();

    let Some(CallError::CredentialProgram { command, fault: _, reason }) = error.call() else {
        panic!("{error:?}")
    };
    assert!(command.starts_with("sh "), "{command}");
    assert_eq!(reason, expected);
}

#[tokio::test]
async fn a_complaint_hides_what_the_program_was_given_in_secret() {
    let user = "{exec: {command: sh, args: [-c, 'echo \"$SSO_TOKEN with $2 refused\" >&2; exit 4', sh, \
                --client-secret, hunter-arg], env: [{name: SSO_TOKEN, value: hunter-env}]}}";

    let error = open("{server: 'https://127.0.0.1:1'}", user).await.unwrap_err();

    let Some(CallError::CredentialProgram { command: _, fault, reason }) = error.call() else {
        panic!("{error:?}")
    };
    assert_eq!(*fault, ProgramFault::Exit { code: 4 });
    assert_eq!(reason, "failed with exit code 4: *** with *** refused");
}

#[tokio::test]
async fn a_program_that_is_not_installed() {
    let user = "{exec: {command: no-such-login-program, installHint: Ask the platform team.}}";

    let error = open("{server: 'https://127.0.0.1:1'}", user).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "the credential program `no-such-login-program` was not found. Ask the platform team."
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_is_left_of_a_program_that_hangs() {
    let home = Home::new();
    let pids = home.path().join("pids");
    // A shell and a child of it, neither of which would end by itself.
    let user = script(
        &home,
        &format!(
            "sh -c 'echo $$ >> \"{0}\"; exec tail -f /dev/null' &\necho $$ >> '{0}'\nwait\n",
            pids.display()
        ),
    );

    open("{server: 'https://127.0.0.1:1'}", &user).await.unwrap_err();

    let started = std::fs::read_to_string(&pids).unwrap();
    assert_eq!(started.lines().count(), 2, "both started: {started}");
    for pid in started.lines() {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let ended = state.is_empty() || state.contains(") Z") || state.contains(") X");
        assert!(ended || is_ending(pid), "process {pid} still runs: {state}");
    }
}

/// A kill takes a moment to be delivered: the pending signal says that it was sent.
#[cfg(target_os = "linux")]
fn is_ending(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let pending = |name: &str| {
        let mask = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    };
    let kill = 1 << 8;
    status.is_empty()
        || [pending("SigPnd:"), pending("ShdPnd:")].iter().flatten().any(|mask| mask & kill != 0)
}
