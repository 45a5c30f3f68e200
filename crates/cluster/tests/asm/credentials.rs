//! Where credentials come from: each place, which of two wins, what is said about one that can't be
//! used, and how a role is taken.

use std::path::{Path, PathBuf};

use meshlift_cluster::programs::Programs;
use meshlift_cluster::provider::asm::credentials::{
    Choice, Environment, FindError, Found, Mode, ProgramUse, Source, find,
};
use meshlift_cluster::provider::asm::{AsmError, Client, Setup};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Seen, Server, ok, refusal};
use super::setup;

/// A home folder and variables.
pub(super) struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let home = (name.to_owned(), folder.path().display().to_string());
        Self { folder, variables: vec![home] }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn profiles(&self, profiles: &Value) -> PathBuf {
        let current = profiles[0]["name"].clone();
        let config = json!({"current": current, "profiles": profiles, "meta_path": "unknown"});
        self.file(".aliyun/config.json", &config.to_string())
    }

    pub(super) fn find(&self) -> Result<Found, FindError> {
        self.choose(None, ProgramUse::Refuse)
    }

    pub(super) fn choose(
        &self,
        profile: Option<&str>,
        programs: ProgramUse,
    ) -> Result<Found, FindError> {
        let profile = profile.map(str::to_owned);
        find(&self.environment(), &Choice { profile, programs })
    }

    pub(super) fn environment(&self) -> Environment {
        Environment::new(self.variables.clone())
    }
}

pub(super) const ROLE: &str = r#"{"Credentials":{"AccessKeyId":"STS.role","AccessKeySecret":"rolesecret","SecurityToken":"roletoken","Expiration":"2999-01-01T00:00:00Z"}}"#;

/// Uses what was found for one call, at a server that gives roles. Answers what arrived.
async fn used(found: Found) -> Result<Vec<Seen>, AsmError> {
    let server = Server::saying(ROLE).await;
    let client = Client::new(Setup { credentials: found.credentials, ..setup(&server) });
    client.describe_metadata().await?;
    client.describe_metadata().await?;
    Ok(server.seen())
}

/// Key and token that signed a request.
pub(super) fn signer(seen: &Seen) -> (String, Option<String>) {
    let authorization = seen.header("authorization").unwrap_or_default();
    let key = authorization.split("Credential=").nth(1).and_then(|rest| rest.split(',').next());
    let token = seen.header("x-acs-security-token").map(str::to_owned);
    (key.unwrap_or_default().to_owned(), token)
}

#[rstest]
#[case::official("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")]
#[case::cli("ALIBABACLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_SECRET")]
#[case::older("ALICLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_SECRET")]
#[case::terraform("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY")]
#[tokio::test]
async fn a_key_in_variables(#[case] id: &str, #[case] secret: &str) {
    let home = Home::new().with(id, "LTAIenv").with(secret, "s");

    let found = home.with("ALIBABA_CLOUD_REGION_ID", "cn-beijing").find().unwrap();

    assert_eq!(found.source, Source::Variables { names: vec![id.into(), secret.into()] });
    assert_eq!(found.region.as_ref().unwrap().as_str(), "cn-beijing");
    assert_eq!(signer(&used(found).await.unwrap()[0]), ("LTAIenv".into(), None));
}

#[tokio::test]
async fn parts_of_two_keys_never_make_one() {
    let home = Home::new()
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", "half")
        .with("ALICLOUD_ACCESS_KEY_ID", "LTAIwhole")
        .with("ALICLOUD_ACCESS_KEY_SECRET", "s")
        .with("ALICLOUD_SECURITY_TOKEN", "t");

    let seen = used(home.find().unwrap()).await.unwrap();

    assert_eq!(signer(&seen[0]), ("LTAIwhole".into(), Some("t".into())));
}

#[tokio::test]
async fn variables_come_before_profiles_unless_the_user_chose_one() {
    let home = Home::new()
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIenv")
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s");
    home.profiles(&json!([
        {"name": "other", "mode": "AK", "access_key_id": "LTAIother", "access_key_secret": "s"},
        {"name": "mine", "mode": "ak", "access_key_id": "LTAImine", "access_key_secret": "s",
         "region_id": "cn-shanghai", "retry_timeout": null},
    ]));

    let first = home.find().unwrap();
    let chosen = home.choose(Some("mine"), ProgramUse::Refuse).unwrap();

    assert!(matches!(first.source, Source::Variables { .. }), "{first:?}");
    assert_eq!(chosen.region.as_ref().unwrap().as_str(), "cn-shanghai");
    assert_eq!(signer(&used(chosen).await.unwrap()[0]).0, "LTAImine");
}

#[tokio::test]
async fn the_profile_that_a_variable_names() {
    let home = Home::new().with("ALIBABA_CLOUD_PROFILE", "second");
    home.profiles(&json!([
        {"name": "first", "mode": "AK", "access_key_id": "a", "access_key_secret": "s"},
        {"name": "second", "mode": "StsToken", "access_key_id": "STS.b", "access_key_secret": "s",
         "sts_token": "t"},
    ]));

    let found = home.find().unwrap();

    let Source::Profile { profile, mode, .. } = &found.source else { panic!("{found:?}") };
    assert_eq!((profile.as_str(), mode), ("second", &Mode::StsToken));
    assert_eq!(signer(&used(found).await.unwrap()[0]), ("STS.b".into(), Some("t".into())));
}

#[tokio::test]
async fn a_role_is_taken_once_and_used_until_it_ends() {
    let home = Home::new();
    home.profiles(&json!([{"name": "p", "mode": "RamRoleArn", "access_key_id": "LTAIbase",
        "access_key_secret": "s", "ram_role_arn": "acs:ram::1:role/r", "ram_session_name": "me",
        "expired_seconds": 900, "sts_region": "cn-hangzhou", "external_id": "x"}]));

    let seen = used(home.find().unwrap()).await.unwrap();

    let actions: Vec<&str> = seen.iter().map(Seen::action).collect();
    assert_eq!(actions, ["AssumeRole", "DescribeMetadata", "DescribeMetadata"]);
    assert_eq!(seen[0].header("host"), Some("sts.cn-hangzhou.aliyuncs.com"));
    assert_eq!(
        seen[0].target,
        "/?DurationSeconds=900&ExternalId=x&RoleArn=acs%3Aram%3A%3A1%3Arole%2Fr&RoleSessionName=me"
    );
    assert_eq!(signer(&seen[0]).0, "LTAIbase");
    assert_eq!(signer(&seen[2]), ("STS.role".into(), Some("roletoken".into())));
}

#[tokio::test]
async fn a_chain_of_roles_is_walked() {
    let home = Home::new();
    home.profiles(&json!([
        {"name": "top", "mode": "ChainableRamRoleArn", "source_profile": "middle",
         "ram_role_arn": "acs:ram::1:role/top"},
        {"name": "middle", "mode": "ChainableRamRoleArn", "source_profile": "base",
         "ram_role_arn": "acs:ram::1:role/middle"},
        {"name": "base", "mode": "AK", "access_key_id": "LTAIbase", "access_key_secret": "s"},
    ]));

    let seen = used(home.find().unwrap()).await.unwrap();

    let roles = seen.iter().filter(|seen| seen.action() == "AssumeRole");
    let signers: Vec<String> = roles.map(|seen| signer(seen).0).collect();
    assert_eq!(signers, ["LTAIbase", "STS.role"]);
}

#[test]
fn a_chain_that_leads_back_is_refused() {
    let home = Home::new();
    let link = |name: &str, source: &str| {
        json!({"name": name, "mode": "ChainableRamRoleArn", "source_profile": source,
               "ram_role_arn": "acs:ram::1:role/r"})
    };
    home.profiles(&json!([link("a", "b"), link("b", "c"), link("c", "a")]));

    let problem = problem(home.find());

    assert!(problem.ends_with("its source profiles lead back to `a`"), "{problem}");
}

#[tokio::test]
async fn a_token_of_an_identity_provider() {
    let home = Home::new();
    let token = home.file("token", "provider-token\n").display().to_string();
    let home = home
        .with("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/r")
        .with("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/p")
        .with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", &token);

    let found = home.find().unwrap();
    assert_eq!(found.source, Source::TokenVariables { role: "acs:ram::1:role/r".into() });
    let seen = used(found).await.unwrap();

    assert_eq!(seen[0].action(), "AssumeRoleWithOIDC");
    assert_eq!(seen[0].header("host"), Some("sts.aliyuncs.com"));
    assert_eq!(seen[0].header("authorization"), None, "the token is the proof");
    assert!(seen[0].body.contains("OIDCToken=provider-token&"), "{}", seen[0].body);
    assert!(!seen[0].target.contains("token"), "addresses are written down on the way");
    assert_eq!(signer(&seen[1]).0, "STS.role");
}

#[tokio::test]
async fn a_token_file_that_is_gone_is_named() {
    let home = Home::new()
        .with("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/r")
        .with("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "p")
        .with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/nowhere/token");

    let error = used(home.find().unwrap()).await.unwrap_err();

    assert!(error.to_string().starts_with("the token in /nowhere/token can't be read"), "{error}");
}

#[tokio::test]
async fn a_server_that_gives_credentials() {
    let giver = Server::saying(
        r#"{"Code":"Success","AccessKeyId":"STS.uri","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2999-01-01T00:00:00Z"}"#,
    )
    .await;
    let uri = format!("http://{}/credentials?key=hunter", giver.address());
    let by_variable = Home::new().with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
    let by_profile = Home::new();
    by_profile.profiles(&json!([{"name": "p", "mode": "CredentialsURI", "credentials_uri": uri}]));

    for home in [by_variable, by_profile] {
        let found = home.find().unwrap();
        assert!(!format!("{} {found:?}", found.source).contains("hunter"), "{found:?}");
        let seen = used(found).await.unwrap();

        assert_eq!(signer(&seen[0]), ("STS.uri".into(), Some("t".into())));
    }
    assert_eq!(giver.arrived(), 2, "what it gave is used again");
}

#[tokio::test]
async fn a_server_that_gives_none_is_named_without_its_address() {
    for (script, words) in [
        (r#"{"AccessKeyId":""}"#, "did not answer with a credential as JSON"),
        ("<html>", "did not answer with a credential as JSON"),
    ] {
        let giver = Server::saying(script).await;
        let uri = format!("http://{}/?key=hunter", giver.address());
        let found = Home::new().with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri).find().unwrap();

        let error = used(found).await.unwrap_err();

        assert_eq!(error.to_string(), format!("the credentials address {words}"));
    }
    let gone = Home::new().with("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/?key=hunter");
    let error = used(gone.find().unwrap()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter"), "{error:?}");
}

#[cfg(unix)]
mod program {
    use super::*;

    fn home(command: &str) -> Home {
        let home = Home::new();
        home.profiles(&json!([{"name": "p", "mode": "External", "process_command": command}]));
        home
    }

    fn script(folder: &Path, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("give");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path.display().to_string()
    }

    #[test]
    fn it_runs_only_if_the_user_agreed() {
        let agreed = || ProgramUse::Run(Programs::Real);
        let refused = problem(home("give --key hunter").find());
        assert!(refused.ends_with("it would run the program `give`, which was not agreed to"));

        assert!(home("give --key x").choose(None, agreed()).is_ok());
        let switched_off = home("give").with("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS", "true");
        assert!(switched_off.choose(None, agreed()).is_err(), "a variable forbids it");
        let shell = problem(home("give | jq .").choose(None, agreed()));
        assert!(shell.contains("which needs a shell"), "{shell}");
    }

    #[tokio::test]
    async fn it_gets_its_arguments_and_gives_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let give = script(
            folder.path(),
            r#"printf '{"mode":"StsToken","access_key_id":"STS.%s","access_key_secret":"s","sts_token":"%s"}' "$1" "$2""#,
        );

        let found = home(&format!("{give} one two"));
        let found = found.choose(None, ProgramUse::Run(Programs::Real)).unwrap();

        let seen = used(found).await.unwrap();
        assert_eq!(signer(&seen[1]), ("STS.one".into(), Some("two".into())));
    }

    #[rstest]
    #[case::fails("echo hunter >&2; exit 3", "ended with exit code 3")]
    #[case::chatters("echo hunter", "did not print a credential as JSON")]
    #[tokio::test]
    async fn what_it_says_is_not_passed_on(#[case] text: &str, #[case] words: &str) {
        let folder = tempfile::tempdir().unwrap();
        let give = script(folder.path(), text);
        let found = home(&give).choose(None, ProgramUse::Run(Programs::Real)).unwrap();

        let error = used(found).await.unwrap_err();

        assert_eq!(error.to_string(), format!("the credential program `{give}` {words}"));
    }
}

#[rstest]
#[case("CloudSSO")]
#[case("OAuth")]
#[tokio::test]
async fn a_sign_in_is_used_while_it_lasts(#[case] mode: &str) {
    let profile = |until: i64| {
        let home = Home::new();
        home.profiles(&json!([{"name": "p", "mode": mode, "access_key_id": "STS.sso",
            "access_key_secret": "s", "sts_token": "t", "sts_expiration": until}]));
        home.find().unwrap()
    };
    let now = jiff::Timestamp::now().as_second();

    let seen = used(profile(now + 60)).await.unwrap();
    let over = used(profile(now - 60)).await.unwrap_err();

    assert_eq!(signer(&seen[0]).0, "STS.sso");
    assert_eq!(
        over.to_string(),
        format!(
            "the temporary credential has ended: sign in with `aliyun configure --mode {mode} \
             --profile p`"
        )
    );
}

#[rstest]
#[case("EcsRamRole")]
#[case("RamRoleArnWithRoleName")]
#[case("RsaKeyPair")]
#[case("BearerToken")]
#[case("Anonymous")]
#[case("Quantum")]
fn a_mode_that_can_not_work_here_says_so(#[case] mode: &str) {
    let home = Home::new();
    let file = home.profiles(&json!([{"name": "p", "mode": mode}]));
    // A key that would work must not be used instead: it may be another account's.
    home.file(".alibabacloud/credentials", "[default]\naccess_key_id = a\naccess_key_secret = b\n");

    let error = home.find().unwrap_err().to_string();

    let place = format!("profile `p` ({mode}) of {} can't be used: ", file.display());
    assert!(error.starts_with(&place), "{error}");
    assert!(error.contains(&format!("mode {mode} is not supported here: ")), "{error}");
}

#[rstest]
#[case::key(json!({"mode": "AK", "access_key_id": "a"}), "it has no `access_key_secret`")]
#[case::token(json!({"mode": "StsToken", "access_key_id": "a", "access_key_secret": "s"}), "it has no `sts_token`")]
#[case::role(json!({"mode": "RamRoleArn", "access_key_id": "a", "access_key_secret": "s"}), "it has no `ram_role_arn`")]
#[case::source(json!({"mode": "ChainableRamRoleArn", "source_profile": "x"}), "there is no source profile `x`")]
#[case::uri(json!({"mode": "CredentialsURI"}), "it has no `credentials_uri`")]
#[case::command(json!({"mode": "External"}), "it has no `process_command`")]
#[case::provider(json!({"mode": "OIDC", "ram_role_arn": "r"}), "it has no `oidc_provider_arn`")]
#[case::sso(json!({"mode": "CloudSSO"}), "it keeps no temporary key: sign in with `aliyun configure --mode CloudSSO --profile p`")]
#[case::host(json!({"mode": "RamRoleArn", "access_key_id": "a", "access_key_secret": "s", "ram_role_arn": "r", "sts_endpoint": "a/b"}), "its `sts_endpoint` is not the name of a host")]
fn a_profile_that_lacks_something_says_what(#[case] mut profile: Value, #[case] words: &str) {
    let home = Home::new();
    profile["name"] = "p".into();
    home.profiles(&json!([profile]));

    let problem = problem(home.find());

    assert_eq!(problem, words);
}

#[rstest]
#[case::cut_off("{\"current\":\"hunter")]
#[case::yaml("current: hunter")]
fn a_broken_file_is_named_and_not_quoted(#[case] text: &str) {
    let home = Home::new();
    let file = home.file(".aliyun/config.json", text);

    let error = home.find().unwrap_err();

    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter"), "{error:?}");
}

#[rstest]
#[case::official("credentials")]
#[case::older("credentials.ini")]
#[tokio::test]
async fn the_ini_file_of_the_sdks(#[case] name: &str) {
    let mut home = Home::new();
    home.file(
        &format!(".alibabacloud/{name}"),
        "; comment\n[default]\ntype = access_key\naccess_key_id = LTAIini\naccess_key_secret = s\n\
         [role]\ntype = ram_role_arn\naccess_key_id = LTAIini\naccess_key_secret = s\n\
         role_arn = acs:ram::1:role/r\nrole_session_name = me\n\
         [vm]\ntype = ecs_ram_role\nrole_name = r\n",
    );

    let plain = used(home.find().unwrap()).await.unwrap();
    home = home.with("ALIBABA_CLOUD_PROFILE", "role");
    let role = used(home.find().unwrap()).await.unwrap();
    let vm = home.with("ALIBABA_CLOUD_PROFILE", "vm").find();

    assert_eq!(signer(&plain[0]).0, "LTAIini");
    assert_eq!((role[0].action(), signer(&role[1]).0.as_str()), ("AssumeRole", "STS.role"));
    assert!(problem(vm).starts_with("type ecs_ram_role is not supported here"));
}

#[test]
fn profiles_can_be_switched_off() {
    for name in ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE"] {
        let home = Home::new().with(name, "TRUE");
        home.profiles(
            &json!([{"name": "p", "mode": "AK", "access_key_id": "a", "access_key_secret": "s"}]),
        );

        assert!(matches!(home.find(), Err(FindError::Nothing { .. })), "{name}");
    }
}

#[test]
fn where_nothing_was_found_it_is_said_what_was_looked_for() {
    let home = Home::new();
    let root = home.folder.path().display();

    let error = home.find().unwrap_err();

    let FindError::Nothing { looked } = error else { panic!("{error:?}") };
    assert_eq!(
        looked,
        [
            "ALIBABA_CLOUD_ACCESS_KEY_ID with ALIBABA_CLOUD_ACCESS_KEY_SECRET".to_owned(),
            "ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and \
             ALIBABA_CLOUD_OIDC_TOKEN_FILE"
                .to_owned(),
            format!("the file {root}/.aliyun/config.json"),
            format!("the file {root}/.alibabacloud/credentials"),
            format!("the file {root}/.alibabacloud/credentials.ini"),
            "the variable ALIBABA_CLOUD_CREDENTIALS_URI".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_role_that_ended_early_is_taken_anew_once() {
    let server = Server::new(|number, seen| match (seen.action(), number) {
        ("AssumeRole", _) => ok(ROLE),
        (_, 1) => refusal("400 Bad Request", "InvalidSecurityToken.Expired", "Words."),
        _ => ok("{}"),
    })
    .await;
    let home = Home::new();
    home.profiles(&json!([{"name": "p", "mode": "RamRoleArn", "access_key_id": "LTAIbase",
        "access_key_secret": "s", "ram_role_arn": "acs:ram::1:role/r"}]));
    let credentials = home.find().unwrap().credentials;
    let client = Client::new(Setup { credentials, ..setup(&server) });

    client.describe_metadata().await.expect("the second credential is taken");

    let seen = server.seen();
    let actions: Vec<&str> = seen.iter().map(Seen::action).collect();
    assert_eq!(actions, ["AssumeRole", "DescribeMetadata", "AssumeRole", "DescribeMetadata"]);
}

#[cfg(unix)]
#[tokio::test]
async fn files_stay_as_they_are() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let home = Home::new();
    let file = home.profiles(&json!([{"name": "p", "mode": "CloudSSO", "access_key_id": "STS.a",
        "access_key_secret": "s", "sts_token": "t", "sts_expiration": 1}]));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let state = || {
        let known = std::fs::metadata(&file).unwrap();
        (std::fs::read(&file).unwrap(), known.mode(), known.mtime_nsec(), known.ino())
    };
    let before = state();

    used(home.find().unwrap()).await.expect_err("the sign-in is over");

    assert_eq!(state(), before);
}

/// What is wrong with the place that has something.
fn problem(found: Result<Found, FindError>) -> String {
    match found {
        Err(FindError::Unusable { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}
