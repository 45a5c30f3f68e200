use rstest::rstest;

use super::*;

fn of(fault: FileFault) -> FileProblem {
    FileProblem { file: "/home/ada/.kube/config".into(), fault }
}

#[rstest]
#[case(FileFault::Folder)]
#[case(FileFault::Empty)]
#[case(FileFault::Blank)]
#[case(FileFault::Missing)]
#[case(FileFault::Forbidden)]
#[case(FileFault::NotText)]
#[case(FileFault::Unreadable { why: "is busy".into() })]
#[case(FileFault::Invalid { line: 3, column: 9 })]
#[case(FileFault::NotYaml)]
#[case(FileFault::Mixed)]
#[case(FileFault::Unusable)]
#[case(FileFault::Shadowed { context: "shop".into(), first: "/other".into() })]
#[case(FileFault::Twice { context: "shop".into() })]
#[case(FileFault::NoSuchCurrent { context: "shop".into() })]
#[case(FileFault::NoCurrent)]
fn a_file_is_said_as_the_error_says_it(#[case] fault: FileFault) {
    let problem = of(fault);
    assert_eq!(file(&problem).english(), problem.to_string());
}

#[rstest]
#[case(ContextFault::NoCluster)]
#[case(ContextFault::ClusterGone { cluster: "c".into() })]
#[case(ContextFault::NoServer { cluster: "c".into() })]
#[case(ContextFault::NotAUrl { cluster: "c".into() })]
#[case(ContextFault::UserGone { user: "u".into() })]
#[case(ContextFault::AuthProvider { user: "u".into(), provider: "gcp".into() })]
#[case(ContextFault::ProgramUnnamed { user: "u".into() })]
#[case(ContextFault::Terminal { user: "u".into() })]
fn a_context_is_said_as_the_error_says_it(#[case] fault: ContextFault) {
    assert_eq!(context(&fault).english(), fault.to_string());
}

#[rstest]
#[case(BinaryFault::Silent)]
#[case(BinaryFault::NotRun { why: "no such file".into() })]
#[case(BinaryFault::Failed { words: "panic".into() })]
#[case(BinaryFault::Another)]
#[case(BinaryFault::NoRelease { version: "unknown".into() })]
fn an_istioctl_is_said_as_the_error_says_it(#[case] fault: BinaryFault) {
    assert_eq!(binary(&fault).english(), fault.to_string());
}

/// Every sentence in a phrase but names and the words of others.
fn foreign(phrase: &Phrase) -> bool {
    phrase.code == Code::WordNamed || phrase.nested.values().any(foreign)
}

#[rstest]
#[case::refused(CallError::Unreachable {
    address: "https://192.0.2.1".into(),
    reason: "the connection was refused".into(),
})]
#[case::wrong_authority(CallError::WrongAuthority { address: "https://192.0.2.1".into() })]
#[case::expired(CallError::CertificateExpired {
    certificate: "the client certificate of user `ada`, valid until 2026-01-02,".into(),
})]
#[case::expired_server(CallError::CertificateExpired {
    certificate: "the certificate of https://192.0.2.1".into(),
})]
#[case::not_accepted(CallError::Unauthorized { address: "https://192.0.2.1".into() })]
#[case::no_permission(CallError::Forbidden {
    address: "https://192.0.2.1".into(),
    verb: "list".into(),
    resource: "pods".into(),
    namespace: None,
    message: "no".into(),
})]
#[case::slow(CallError::Timeout {
    address: "https://192.0.2.1".into(),
    request: "GET /api".into(),
    limit: Duration::from_secs(5),
})]
#[case::program(CallError::CredentialProgram {
    command: "kubelogin".into(),
    fault: meshlift_cluster::calls::ProgramFault::NotStarted,
    reason: "was not found".into(),
})]
fn a_call_is_said_as_the_error_says_it_and_wholly_in_our_words(#[case] error: CallError) {
    let said = call(&error).expect("an ordinary case");

    assert_eq!(said.english(), error.to_string());
    assert!(!foreign(&said), "nothing of it stays English in another language: {said:?}");
}

#[test]
fn the_words_of_the_system_are_quoted() {
    let error = CallError::Unreachable { address: "x".into(), reason: "No route to host".into() };

    let said = call(&error).expect("an ordinary case");

    assert_eq!(said.nested["reason"].params["name"], "No route to host");
}

#[test]
fn where_a_credential_was_looked_for_is_said_as_the_error_says_it() {
    let looked = ["the variable A_KEY", "the file /home/ada/.aliyun/config.json"];
    let nothing = FindError::Nothing { looked: looked.map(str::to_owned).into() };
    let missing = FindError::Missing {
        profile: "work".into(),
        looked: vec!["profile `work` in /home/ada/.aliyun/config.json".into()],
    };
    let unusable = FindError::Unusable {
        place: "profile `work` (AK) of /home/ada/.aliyun/config.json".into(),
        problem: "it has no `access_key_id`".into(),
    };

    for error in [nothing, missing, unusable] {
        let said = credential(&error);
        assert_eq!(said.english(), error.to_string());
        assert!(!foreign(&said), "{said:?}");
    }
}
