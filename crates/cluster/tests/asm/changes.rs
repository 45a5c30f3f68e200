//! A profile that changes or goes while it is in use: what was fetched for it is not used for another,
//! and no other credential takes its place.

use std::sync::Arc;
use std::time::Duration;

use meshlift_cluster::provider::asm::credentials::{
    Choice, Credentials, FindError, ProgramUse, Source,
};
use meshlift_cluster::provider::asm::{AsmError, Client, Setup};
use rstest::rstest;
use serde_json::json;

use super::credentials::{Home, ROLE, signer};
use super::server::{Seen, Server, ok, refusal};
use super::setup;

/// A client that looks for the chosen profile whenever it needs a credential.
fn client(home: &Home, server: &Server, profile: Option<&str>) -> Client {
    let choice = Choice { profile: profile.map(str::to_owned), programs: ProgramUse::Refuse };
    let credentials = Credentials::at(Arc::new(home.environment()), choice);
    Client::new(Setup { credentials, ..setup(server) })
}

/// A profile whose key takes a role.
fn takes(home: &Home, key: &str, role: &str) {
    home.profiles(&json!([{"name": "p", "mode": "RamRoleArn", "access_key_id": key,
        "access_key_secret": "s", "ram_role_arn": format!("acs:ram::1:role/{role}")}]));
}

fn actions(server: &Server) -> Vec<String> {
    server.seen().iter().map(|seen| seen.action().to_owned()).collect()
}

#[tokio::test]
async fn a_role_is_taken_anew_when_its_profile_changes() {
    let server = Server::saying(ROLE).await;
    let home = Home::new();
    takes(&home, "LTAIbase", "wrong");
    let client = client(&home, &server, Some("p"));
    client.describe_metadata().await.expect("the first role");

    takes(&home, "LTAIbase", "right");
    client.describe_metadata().await.expect("the other role");
    takes(&home, "LTAIother", "right");
    client.describe_metadata().await.expect("the same role by another key");
    client.describe_metadata().await.expect("nothing changed");

    let seen = server.seen();
    let taken: Vec<&Seen> = seen.iter().filter(|seen| seen.action() == "AssumeRole").collect();
    let [first, second, third] = taken.as_slice() else { panic!("{:?}", actions(&server)) };
    assert!(first.target.contains("role%2Fwrong"), "{}", first.target);
    assert!(second.target.contains("role%2Fright"), "{}", second.target);
    assert_eq!((signer(second).0, signer(third).0), ("LTAIbase".into(), "LTAIother".into()));
}

#[tokio::test]
async fn a_role_is_not_used_once_its_profile_has_another_mode() {
    let server = Server::saying(ROLE).await;
    let home = Home::new();
    takes(&home, "LTAIbase", "r");
    let client = client(&home, &server, Some("p"));
    client.describe_metadata().await.expect("the role");

    home.profiles(
        &json!([{"name": "p", "mode": "AK", "access_key_id": "LTAIown", "access_key_secret": "s"}]),
    );
    client.describe_metadata().await.expect("the key");

    assert_eq!(signer(server.seen().last().expect("a call")).0, "LTAIown");
}

#[rstest]
#[case::token("InvalidSecurityToken.Malformed")]
#[case::key("InvalidAccessKeyId.NotFound")]
#[case::secret("SignatureDoesNotMatch")]
#[tokio::test]
async fn keys_that_are_refused_are_fetched_anew_for_the_next_call(#[case] code: &'static str) {
    let server = Server::new(move |number, seen| match (seen.action(), number) {
        ("AssumeRole", _) => ok(ROLE),
        (_, 1) => refusal("400 Bad Request", code, "Words."),
        _ => ok("{}"),
    })
    .await;
    let home = Home::new();
    takes(&home, "LTAIbase", "r");
    let client = client(&home, &server, Some("p"));

    client.describe_metadata().await.expect_err("it is refused");
    client.describe_metadata().await.expect("it is asked again");

    let expected = ["AssumeRole", "DescribeMetadata", "AssumeRole", "DescribeMetadata"];
    assert_eq!(actions(&server), expected);
}

#[tokio::test]
async fn keys_that_may_not_do_something_are_fetched_anew_after_a_while() {
    let server = Server::new(|_, seen| match seen.action() {
        "AssumeRole" => ok(ROLE),
        _ => refusal("403 Forbidden", "Forbidden.RAM", "Words."),
    })
    .await;
    let home = Home::new();
    takes(&home, "LTAIbase", "r");
    let client = client(&home, &server, Some("p"));
    let refused = async || {
        let error = client.describe_metadata().await.expect_err("it is not allowed");
        assert!(matches!(error, AsmError::Forbidden(_)), "{error}");
    };

    refused().await;
    refused().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(30)).await;
    tokio::time::resume();
    refused().await;
    refused().await;

    let taken = actions(&server).iter().filter(|action| *action == "AssumeRole").count();
    assert_eq!(taken, 2, "{:?}", actions(&server));
}

#[tokio::test]
async fn nothing_takes_the_place_of_a_chosen_profile_that_is_gone() {
    let server = Server::saying("{}").await;
    let home = Home::new().with("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/");
    let profile = |name: &str| json!({"name": name, "mode": "AK", "access_key_id": "a", "access_key_secret": "s"});
    let file = home.profiles(&json!([profile("other"), profile("work")]));
    home.file(".alibabacloud/credentials", "[work]\naccess_key_id = b\naccess_key_secret = s\n");
    let client = client(&home, &server, Some("work"));
    client.describe_metadata().await.expect("it is there");

    home.profiles(&json!([profile("other")]));
    let error = client.describe_metadata().await.expect_err("it is gone");

    let file = file.display();
    assert_eq!(
        error.to_string(),
        format!("the profile `work` was not found; looked for profile `work` in {file}")
    );
    assert_eq!(server.arrived(), 1, "nobody else asked");
}

#[test]
fn the_name_in_the_variable_is_looked_for_in_both_files_and_nowhere_else() {
    let home = Home::new()
        .with("ALIBABA_CLOUD_PROFILE", "work")
        .with("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/");
    let profiles = home.profiles(
        &json!([{"name": "p", "mode": "AK", "access_key_id": "a", "access_key_secret": "s"}]),
    );
    let ini = |section: &str| {
        let text = format!("[{section}]\naccess_key_id = b\naccess_key_secret = s\n");
        home.file(".alibabacloud/credentials", &text)
    };

    ini("work");
    let found = home.find().expect("the SDKs name sections by it, too");
    assert!(matches!(&found.source, Source::Ini { section, .. } if section == "work"), "{found:?}");

    let file = ini("default");
    let error = home.find().expect_err("neither has it");
    let FindError::Missing { profile, looked } = error else { panic!("{error:?}") };
    assert_eq!(profile, "work");
    assert_eq!(
        looked,
        [
            format!("profile `work` in {}", profiles.display()),
            format!("section `work` in {}", file.display()),
            format!("the file {}.ini", file.display()),
        ]
    );
}
