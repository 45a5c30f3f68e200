//! A request that the client builds and one that the official SDK builds for the same operation are
//! equal but for time and nonce, for every operation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic")]

#[path = "../../../crates/cluster/tests/asm/every.rs"]
mod every;
#[allow(dead_code, reason = "the server can do more than is needed here")]
#[path = "../../../crates/cluster/tests/asm/server.rs"]
mod server;

use std::collections::BTreeMap;

use meshlift_asm_sdk::{SdkRequest, canonical, of_the_sdk};
use meshlift_cluster::door::Door;
use meshlift_cluster::provider::asm::credentials::Credentials;
use meshlift_cluster::provider::asm::{Limits, Network, Operation, Region, Setup, Transport};
use server::{Seen, in_process, ok};

/// What every operation takes for an answer, and the credential that a role gives.
const ANSWER: &str = r#"{"Credentials":{"AccessKeyId":"k","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2999-01-01T00:00:00Z"}}"#;

/// The request that the client sends for an operation.
async fn ours(operation: Operation, token: Option<&str>) -> Seen {
    let (dial, seen) = in_process(|_, _| ok(ANSWER));
    let setup = Setup {
        region: Region::new("cn-hangzhou").unwrap(),
        network: Network::Public,
        transport: Transport::InProcess(dial),
        credentials: Credentials::of_keys("sdkkey", "sdksecret", token),
        door: Door::new(false),
        limits: Limits::default(),
    };
    every::call(&setup, operation).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
    let seen = seen.lock().unwrap();
    seen.iter().find(|seen| seen.action() == operation.name()).unwrap().clone()
}

fn of(requests: &[SdkRequest], operation: Operation, token: bool) -> &SdkRequest {
    let wanted = |it: &&SdkRequest| it.operation == operation.name() && it.token == token;
    requests.iter().find(wanted).unwrap_or_else(|| panic!("cases.json lacks {operation}"))
}

#[tokio::test]
async fn every_request_is_the_one_of_the_official_sdk() {
    let requests = of_the_sdk().unwrap();

    for operation in Operation::ALL.iter().copied() {
        if operation == Operation::AssumeRoleWithOIDC {
            continue;
        }
        for token in [None, Some("sdktoken+/=")] {
            let sdk = of(&requests, operation, token.is_some());
            let seen = ours(operation, token).await;

            let canonical = canonical(&seen.method, &seen.target, &seen.headers, &seen.body);
            assert_eq!(canonical, sdk.canonical, "the canonical request of {operation}");
            assert_eq!(seen.body, sdk.body, "the form of {operation}");
            assert_eq!(seen.header("accept"), sdk.accept.as_deref(), "{operation}");
        }
    }
}

#[tokio::test]
async fn without_a_signature_the_parameters_are_the_same_and_the_token_is_in_the_body() {
    let requests = of_the_sdk().unwrap();
    let operation = Operation::AssumeRoleWithOIDC;
    let sdk = of(&requests, operation, false);

    let seen = ours(operation, None).await;

    let (path, query) = seen.target.split_once('?').unwrap();
    let mut parameters = pairs(query);
    parameters.extend(pairs(&seen.body));
    for unique in ["Timestamp", "SignatureNonce"] {
        assert!(parameters.contains_key(unique) && sdk.query.contains_key(unique));
        parameters.insert(unique.to_owned(), sdk.query[unique].clone());
    }
    parameters.insert("Format".to_owned(), parameters["Format"].to_lowercase());
    assert_eq!(parameters, sdk.query);
    assert_eq!(
        (seen.method.as_str(), path, seen.header("host")),
        ("POST", "/", Some("sts.aliyuncs.com"))
    );
    assert!(!query.contains("OIDCToken"), "the SDK's own credentials keep it out of the address");
}

fn pairs(form: &str) -> BTreeMap<String, String> {
    let plain = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap().to_owned();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}
