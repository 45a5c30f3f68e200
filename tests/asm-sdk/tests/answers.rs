//! An answer with something in every field of the official SDK's model leaves no field of the client's
//! own empty: a name that was misspelt would read as nothing, and nobody would notice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic")]

#[path = "../../../crates/cluster/tests/asm/every.rs"]
mod every;
#[allow(dead_code, reason = "the server can do more than is needed here")]
#[path = "../../../crates/cluster/tests/asm/server.rs"]
mod server;

use meshlift_asm_sdk::answers_of_the_sdk;
use meshlift_cluster::door::Door;
use meshlift_cluster::provider::asm::credentials::Credentials;
use meshlift_cluster::provider::asm::{Limits, Network, Operation, Region, Setup, Transport};
use server::{in_process, ok};

/// How a debugger writes what an absent field is read as.
const NOTHING: [&str; 8] =
    [": \"\"", ": 0,", ": 0 ", ": false", ": None", ": []", ": {}", "Other(\"\")"];

/// What the client reads of an answer.
async fn read(operation: Operation, answer: &str) -> String {
    let answer = answer.to_owned();
    let (dial, _seen) = in_process(move |_, _| ok(&answer));
    let setup = Setup {
        region: Region::new("cn-hangzhou").unwrap(),
        network: Network::Public,
        transport: Transport::InProcess(dial),
        credentials: Credentials::of_keys("sdkkey", "sdksecret", None),
        door: Door::new(false),
        limits: Limits::default(),
    };
    every::call(&setup, operation).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
}

#[tokio::test]
async fn no_field_of_the_client_stays_empty_on_a_full_answer() {
    let answers = answers_of_the_sdk().unwrap();
    let mut empty = Vec::new();

    for operation in Operation::ALL.iter().copied() {
        // What follows from it is not its answer: the credential goes on to the next call.
        if operation == Operation::AssumeRoleWithOIDC {
            continue;
        }
        let answer = &answers[operation.name()];

        let told = read(operation, &answer.to_string()).await;

        let fields = told
            .split(", ")
            .filter(|field| NOTHING.iter().any(|nothing| format!("{field},").contains(nothing)));
        empty.extend(fields.map(|field| format!("{operation}: {field}")));
    }

    assert_eq!(empty, Vec::<String>::new());
}

#[tokio::test]
async fn an_empty_answer_is_told_from_a_full_one() {
    let told = read(Operation::DescribeClustersInServiceMesh, r#"{"Clusters":[{}]}"#).await;

    let nothing = NOTHING.iter().filter(|nothing| told.contains(**nothing)).count();
    assert!(nothing >= 2, "the check above sees what is missing: {told}");
}
