//! A write is sent once. Only an answer that says that nothing happened lets it be sent again.

use meshlift_cluster::door::IntentId;
use meshlift_cluster::provider::asm::api::{MeshId, Mode, Part};
use meshlift_cluster::provider::asm::{AsmError, Effect, Operation, Outcome};
use rstest::rstest;

use super::server::{Reply, Server, answer, ok, raw, refusal};
use super::{client, every, setup};

type Made = fn() -> Reply;

/// Ends after which nobody knows whether the write happened.
const AMBIGUOUS: [(&str, Made); 6] = [
    ("silence", || Reply::Silence),
    ("a cut connection", || raw("")),
    ("half an answer", || raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"Req")),
    ("a failure", || refusal("500 Internal Server Error", "ERR500", "Words.")),
    ("unavailability", || refusal("503 Service Unavailable", "ServiceUnavailable", "Words.")),
    ("a page", || raw("HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n")),
];

#[tokio::test]
async fn after_an_ambiguous_end_no_write_is_sent_again() {
    for (end, reply) in AMBIGUOUS {
        let server = Server::new(move |_, _| reply()).await;
        let setup = setup(&server);
        let writes = Operation::ALL.iter().copied().filter(|it| it.effect() == Effect::Writes);

        for operation in writes {
            let before = server.arrived();
            let error = every::call(&setup, operation).await.unwrap_err();

            assert_eq!(server.arrived(), before + 1, "{operation} after {end}");
            assert_eq!(error.outcome(), Outcome::Unknown, "{operation} after {end}: {error}");
        }
    }
}

#[tokio::test]
async fn a_throttled_write_is_sent_again() {
    let server = Server::new(|number, _| match number {
        0 => refusal("400 Bad Request", "Throttling.User", "Words."),
        1 => answer(
            "429 Too Many Requests",
            &[("x-ratelimit-user", "TimeLeft:40")],
            r#"{"Code":"Throttling.Api"}"#,
        ),
        _ => ok(r#"{"RequestId":"R-3"}"#),
    })
    .await;

    let accepted = client(&server)
        .upgrade_mesh_version(&MeshId("c08b".into()), Mode::Upgrade, &IntentId::new("run-1/3"))
        .await
        .unwrap();

    assert_eq!(accepted.request_id, "R-3");
    assert_eq!(server.arrived(), 3);
}

#[rstest]
#[case::version(
    "UpgradedVersion.NotExpected",
    "the upgrade would lead to another version than the expected one, so nothing was started: Words (UpgradeMeshEditionPartially, UpgradedVersion.NotExpected, request id R-42)"
)]
#[case::name(
    "NameAlreadyExist",
    "the name is taken: Words (UpgradeMeshEditionPartially, NameAlreadyExist, request id R-42)"
)]
#[case::in_use(
    "RelatedResourceReused",
    "something still uses it: Words (UpgradeMeshEditionPartially, RelatedResourceReused, request id R-42)"
)]
#[case::clusters(
    "ErrorPermitted.ClustersNotEmpty",
    "something still uses it: Words (UpgradeMeshEditionPartially, ErrorPermitted.ClustersNotEmpty, request id R-42)"
)]
#[case::inactive(
    "InvalidActiveState.ACK",
    "the instance or its cluster is not ready for this yet: Words (UpgradeMeshEditionPartially, InvalidActiveState.ACK, request id R-42)"
)]
#[tokio::test]
async fn a_refused_write_did_not_happen(#[case] code: &'static str, #[case] sentence: &str) {
    let server = Server::new(move |_, _| refusal("400 Bad Request", code, "Words.")).await;

    let error = upgrade(&server, Mode::Upgrade).await.unwrap_err();

    assert_eq!(error.to_string(), sentence);
    assert_eq!(error.outcome(), Outcome::NothingHappened);
    assert_eq!(server.arrived(), 1);
}

#[tokio::test]
async fn a_check_is_never_an_upgrade_and_gateways_are_never_left_to_the_default() {
    let server = Server::saying("{}").await;

    upgrade(&server, Mode::Check).await.unwrap();
    upgrade(&server, Mode::Upgrade).await.unwrap();
    for mode in [Mode::Check, Mode::Upgrade] {
        let mesh = MeshId("c08b".into());
        let intent = IntentId::new("run-1/3");
        client(&server).upgrade_mesh_version(&mesh, mode, &intent).await.unwrap();
    }

    let seen = server.seen();
    let rest = "&ServiceMeshId=c08b";
    let form = "ASMGatewayContinue=false&ExpectedVersion=v1.17.2.42&PreCheck=";
    assert_eq!(seen[0].body, format!("{form}true{rest}"));
    assert_eq!(seen[1].body, format!("{form}false{rest}"));
    assert_eq!(seen[2].target, format!("/?PreCheck=true{rest}"));
    assert_eq!(seen[3].target, format!("/?PreCheck=false{rest}"));
}

async fn upgrade(server: &Server, mode: Mode) -> Result<(), AsmError> {
    let part = Part::ControlPlane { expected_version: "v1.17.2.42".into() };
    client(server)
        .upgrade_mesh_edition_partially(
            &MeshId("c08b".into()),
            &part,
            mode,
            &IntentId::new("run-1/3"),
        )
        .await
        .map(drop)
}
