//! Keys, tokens and signatures get into no log, no error and no debug form, even when a server quotes
//! what it was sent.

use std::fmt::Write as _;
use std::sync::Arc;

use meshlift_cluster::provider::asm::credentials::{
    Choice, Credentials, Environment, ProgramUse, find,
};
use meshlift_cluster::provider::asm::{Operation, Setup, Transport};
use serde_json::json;

use super::server::{Reply, Seen, Server, answer, in_process, ok, raw};
use super::{every, setup};

const ID: &str = "LTAIhunterkey";
const SECRET: &str = "huntersecret";
const TOKEN: &str = "huntertoken+/=";
const KUBECONFIG: &str = "hunterkubeconfig";

/// Answers with success, with a refusal that quotes the request, or with half an answer.
fn quoting(number: usize, seen: &Seen) -> Reply {
    // What is secret comes first: words are cut at a length.
    let secret = ["authorization", "x-acs-accesskey-id", "x-acs-security-token"]
        .map(|name| seen.header(name).unwrap_or_default().to_owned());
    let signature = secret[0].rsplit("Signature=").next().unwrap_or_default();
    let known = if signature.is_empty() { "" } else { SECRET };
    let quoted = format!("{signature} {known} {} {} {}", secret[1], secret[2], seen.body);
    match number % 4 {
        0 => ok(&json!({"Kubeconfig": KUBECONFIG, "config": KUBECONFIG, "RequestId": "R-1",
            "Credentials": {"AccessKeyId": ID, "AccessKeySecret": SECRET, "SecurityToken": TOKEN}})
        .to_string()),
        1 => answer(
            "400 Bad Request",
            &[],
            &json!({"Code": "SignatureDoesNotMatch", "Message": quoted}).to_string(),
        ),
        2 => answer(
            "403 Forbidden",
            &[],
            &json!({"Code": "Forbidden.RAM", "Message": quoted}).to_string(),
        ),
        _ => raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"Kubeconfig\":\"hunterkubeconfig"),
    }
}

/// Calls every operation some times and gives all that could be read about it.
async fn said(setup: &Setup) -> String {
    let mut said = format!("{setup:?}");
    for operation in Operation::ALL.iter().copied() {
        for _ in 0..2 {
            let called = every::call(setup, operation).await;
            match &called {
                Ok(_) => write!(said, "{operation} went well").unwrap(),
                Err(error) => write!(said, "{error} {error:?}").unwrap(),
            }
        }
    }
    said
}

fn signatures(seen: &[Seen]) -> Vec<String> {
    seen.iter()
        .filter_map(|seen| seen.header("authorization")?.split("Signature=").nth(1))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn no_secret_gets_into_words_or_the_log() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(Arc::new(log.reopen().unwrap()))
        .with_ansi(false)
        .finish();
    // For the whole process: a line that another test's thread meets first, without a subscriber of
    // its own, would be taken for silent here as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let server = Server::new(quoting).await;
    let (dial, seen) = in_process(quoting);
    let over_socket =
        Setup { credentials: Credentials::of_keys(ID, SECRET, Some(TOKEN)), ..setup(&server) };
    let inside = Setup { transport: Transport::InProcess(dial), ..over_socket.clone() };

    let mut text = said(&over_socket).await;
    text.push_str(&said(&inside).await);

    let logged = std::fs::read_to_string(log.path()).unwrap();
    assert!(logged.contains("TRACE") || logged.contains("DEBUG"), "the log talks: {logged}");
    assert!(text.contains("went well") && text.contains("was refused"), "{text}");
    text.push_str(&logged);
    let seen: Vec<Seen> = seen.lock().unwrap().iter().cloned().chain(server.seen()).collect();
    assert!(seen.iter().any(|seen| seen.header("x-acs-security-token") == Some(TOKEN)));
    let signatures = signatures(&seen);
    assert!(signatures.len() > Operation::ALL.len(), "requests were signed");
    let secrets =
        [ID, SECRET, TOKEN, KUBECONFIG, "huntertoken%2B", "provider token", "provider%20token"];
    for secret in secrets.into_iter().chain(signatures.iter().map(String::as_str)) {
        let found = text.find(secret).map(|at| {
            let around = text[..at].chars().rev().take(200).collect::<Vec<char>>();
            around.into_iter().rev().collect::<String>()
        });
        assert_eq!(found, None, "{secret} got out after these words");
    }
}

#[test]
fn what_was_found_shows_its_place_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("HOME", folder.path().to_str().unwrap()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", ID),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN),
    ];
    let environment =
        Environment::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let choice = Choice { profile: None, programs: ProgramUse::Refuse };

    let found = find(&environment, &choice).unwrap();

    let shown = format!("{environment:?} {choice:?} {found:?} {}", found.source);
    assert!(shown.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "{shown}");
    for secret in [ID, SECRET, TOKEN] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
