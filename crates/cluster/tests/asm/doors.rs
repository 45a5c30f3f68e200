//! In read-only mode every read leaves and no write does.

use meshlift_cluster::door::Door;
use meshlift_cluster::provider::asm::{AsmError, Effect, Operation, Outcome, Setup, Transport};

use super::server::{Server, in_process, ok, refusal};
use super::{every, setup};

/// What every read takes for an answer, and the credential that a role gives.
const ANSWER: &str = r#"{"RequestId":"R-1","Credentials":{"AccessKeyId":"STS.k","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2999-01-01T00:00:00Z"}}"#;

#[tokio::test]
async fn read_only_mode_lets_no_write_leave() {
    let server = Server::saying(ANSWER).await;
    let setup = Setup { door: Door::new(true), ..setup(&server) };

    for operation in Operation::ALL.iter().copied() {
        let before = server.arrived();
        let called = every::call(&setup, operation).await;

        match operation.effect() {
            Effect::Reads => {
                assert!(called.is_ok(), "{operation} only asks: {called:?}");
                let seen = server.seen();
                assert_eq!(seen[before].action(), operation.name());
            }
            Effect::Writes => {
                let request = operation.name().to_owned();
                assert_eq!(called, Err(AsmError::ReadOnly { request }), "{operation}");
                assert_eq!(server.arrived(), before, "{operation} must not leave");
                assert_eq!(called.unwrap_err().outcome(), Outcome::NothingHappened);
            }
        }
    }
}

#[tokio::test]
async fn the_door_is_asked_at_every_call() {
    let server = Server::saying(ANSWER).await;
    let setup = setup(&server);
    let write = Operation::ModifyServiceMeshName;
    every::call(&setup, write).await.expect("the door is open");

    setup.door.set_read_only(true);

    let called = every::call(&setup, write).await;
    assert!(matches!(called, Err(AsmError::ReadOnly { .. })), "{called:?}");
    assert_eq!(server.arrived(), 1);
}

#[tokio::test]
async fn the_door_is_asked_again_before_a_throttled_write_is_sent_again() {
    let door = Door::new(false);
    let switch = door.clone();
    let server = Server::new(move |_, _| {
        switch.set_read_only(true);
        refusal("400 Bad Request", "Throttling.User", "Words.")
    })
    .await;
    let setup = Setup { door, ..setup(&server) };

    let called = every::call(&setup, Operation::ModifyServiceMeshName).await;

    assert!(matches!(called, Err(AsmError::ReadOnly { .. })), "{called:?}");
    assert_eq!(server.arrived(), 1, "it was switched on during the pause");
}

#[tokio::test]
async fn inside_the_process_the_service_keeps_its_own_host() {
    let server = Server::saying(ANSWER).await;
    let (dial, seen) = in_process(|_, _| ok(ANSWER));
    let setup = Setup { transport: Transport::InProcess(dial), ..setup(&server) };

    for operation in Operation::ALL.iter().copied() {
        every::call(&setup, operation).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
    }

    let seen = seen.lock().unwrap();
    let host = |action: &str| {
        let found = seen.iter().find(|seen| seen.action() == action);
        found.and_then(|seen| seen.header("host")).map(str::to_owned)
    };
    assert_eq!(host("DescribeMetadata").as_deref(), Some("servicemesh.aliyuncs.com"));
    assert_eq!(host("AssumeRole").as_deref(), Some("sts.cn-hangzhou.aliyuncs.com"));
    assert_eq!(
        host("DescribeClusterUserKubeconfig").as_deref(),
        Some("cs.cn-shanghai.aliyuncs.com")
    );
    assert_eq!(server.arrived(), 0, "nothing went over a socket");
}

#[test]
fn plain_http_goes_to_this_computer_only() {
    for address in ["192.0.2.1:80", "[2001:db8::1]:80", "0.0.0.0:80"] {
        let refused = Transport::loopback(address.parse().unwrap());

        assert!(matches!(refused, Err(AsmError::NotLoopback { .. })), "{address}");
    }
    assert!(Transport::loopback("[::1]:80".parse().unwrap()).is_ok());
}
