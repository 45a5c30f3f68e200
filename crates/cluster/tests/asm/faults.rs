//! What can go wrong on the wire with a read: a sentence that names it, within bounded time, and
//! another try where that makes sense.

use std::time::Duration;

use meshlift_cluster::provider::asm::api::MeshId;
use meshlift_cluster::provider::asm::{AsmError, Client, Limits, Setup};
use rstest::rstest;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::server::{Reply, Server, answer, ok, raw, refusal};
use super::{client, limits, setup};

fn mesh() -> MeshId {
    MeshId("c08b".into())
}

/// Asks one question of a server that answers it in this way each time.
async fn ask(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (AsmError, usize) {
    let server = Server::new(move |_, _| reply()).await;
    let error = client(&server).describe_service_mesh_detail(&mesh()).await.unwrap_err();
    (error, server.arrived())
}

#[rstest]
#[case(
    "400 Bad Request",
    "InvalidAccessKeyId.NotFound",
    "the access key is unknown to Alibaba Cloud or switched off (DescribeServiceMeshDetail, InvalidAccessKeyId.NotFound, request id R-42)"
)]
#[case(
    "400 Bad Request",
    "SignatureDoesNotMatch",
    "the secret does not belong to the access key: the signature was refused (DescribeServiceMeshDetail, SignatureDoesNotMatch, request id R-42)"
)]
#[case(
    "400 Bad Request",
    "InvalidSecurityToken.Expired",
    "the temporary credential has expired: sign in again (DescribeServiceMeshDetail, InvalidSecurityToken.Expired, request id R-42)"
)]
#[case(
    "400 Bad Request",
    "SignatureNonceUsed",
    "the request arrived twice, and the second copy was refused (DescribeServiceMeshDetail, SignatureNonceUsed, request id R-42)"
)]
#[case(
    "403 Forbidden",
    "Forbidden.RAM",
    "this user is not allowed to do this: Words (DescribeServiceMeshDetail, Forbidden.RAM, request id R-42)"
)]
#[case(
    "403 Forbidden",
    "StatusForbidden",
    "this user is not allowed to do this: Words (DescribeServiceMeshDetail, StatusForbidden, request id R-42)"
)]
#[case(
    "404 Not Found",
    "ERR404",
    "Alibaba Cloud does not know the instance or the object: Words (DescribeServiceMeshDetail, ERR404, request id R-42)"
)]
#[case(
    "404 Not Found",
    "ServiceMesh.NotFound",
    "Alibaba Cloud does not know the instance or the object: Words (DescribeServiceMeshDetail, ServiceMesh.NotFound, request id R-42)"
)]
#[case(
    "400 Bad Request",
    "StillInitializing",
    "the instance or its cluster is not ready for this yet: Words (DescribeServiceMeshDetail, StillInitializing, request id R-42)"
)]
#[case(
    "403 Forbidden",
    "OperationDenied.Locked",
    "the instance is locked: Words (DescribeServiceMeshDetail, OperationDenied.Locked, request id R-42)"
)]
#[case(
    "400 Bad Request",
    "Brand.New",
    "the request was refused: Words (DescribeServiceMeshDetail, Brand.New, request id R-42)"
)]
#[tokio::test]
async fn a_refusal_is_one_sentence_and_final(
    #[case] status: &'static str,
    #[case] code: &'static str,
    #[case] sentence: &str,
) {
    let (error, arrived) = ask(move || refusal(status, code, "Words.")).await;

    assert_eq!(error.to_string(), sentence);
    assert_eq!(arrived, 1, "{code} is not asked again");
}

#[rstest]
#[case::internal(
    "500 Internal Server Error",
    "ERR500",
    "the service failed: Words (DescribeServiceMeshDetail, ERR500, request id R-42)"
)]
#[case::unavailable(
    "503 Service Unavailable",
    "ServiceUnavailable",
    "the service is not available at the moment: Words (DescribeServiceMeshDetail, ServiceUnavailable, request id R-42)"
)]
#[case::throttled(
    "400 Bad Request",
    "Throttling.User",
    "Alibaba Cloud asks to call less often (DescribeServiceMeshDetail, Throttling.User, request id R-42)"
)]
#[tokio::test]
async fn what_may_pass_is_asked_again_until_the_budget_ends(
    #[case] status: &'static str,
    #[case] code: &'static str,
    #[case] sentence: &str,
) {
    let started = Instant::now();

    let (error, arrived) = ask(move || refusal(status, code, "Words.")).await;

    assert_eq!(error.to_string(), sentence);
    assert!(arrived > 1, "{code} is asked again");
    assert!(started.elapsed() < Duration::from_secs(3), "the budget ends it");
}

#[tokio::test]
async fn a_read_that_fails_once_succeeds() {
    let server = Server::new(|number, _| match number {
        0 => refusal("500 Internal Server Error", "ERR500", "Words."),
        1 => raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"Requ"),
        2 => Reply::Silence,
        _ => ok(r#"{"ServiceMesh":{"ServiceMeshInfo":{"Name":"shop"}}}"#),
    })
    .await;

    let detail = client(&server).describe_service_mesh_detail(&mesh()).await.unwrap();

    assert_eq!(detail.service_mesh.service_mesh_info.name, "shop");
    let mut nonces: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| seen.header("x-acs-signature-nonce").unwrap().to_owned())
        .collect();
    nonces.dedup();
    assert_eq!(nonces.len(), 4, "each try is signed anew: {nonces:?}");
}

#[tokio::test]
async fn the_service_says_how_long_to_wait() {
    let server = Server::new(|number, _| match number {
        0 => answer(
            "400 Bad Request",
            &[
                ("x-ratelimit-user-api", "Limit:10,Remain:0,TimeLeft:250,Reset:1"),
                ("x-ratelimit-user", "Limit:10,Remain:0,TimeLeft:90,Reset:1"),
            ],
            r#"{"Code":"Throttling.User","Message":"Words.","RequestId":"R-42"}"#,
        ),
        _ => ok("{}"),
    })
    .await;
    let started = Instant::now();

    client(&server).describe_metadata().await.expect("the second try is answered");

    assert!(started.elapsed() >= Duration::from_millis(250), "the larger time was waited");
    assert_eq!(server.arrived(), 2);
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_not_begun() {
    let (error, arrived) = ask(|| {
        answer(
            "429 Too Many Requests",
            &[("x-ratelimit-user", "Limit:10,Remain:0,TimeLeft:60000,Reset:1")],
            r#"{"Code":"Throttling","Message":"Words.","RequestId":"R-42"}"#,
        )
    })
    .await;

    assert_eq!(error.retry_after(), Some(Duration::from_mins(1)));
    assert!(error.to_string().contains("to wait 60 s"), "{error}");
    assert_eq!(arrived, 1);
}

#[tokio::test]
async fn silence_ends_in_time() {
    let (error, arrived) = ask(|| Reply::Silence).await;

    assert_eq!(
        error.to_string(),
        "servicemesh.aliyuncs.com did not answer DescribeServiceMeshDetail within 0.3 s"
    );
    assert!(arrived > 1, "a read is asked again");
}

#[rstest]
#[case::no_answer("")]
#[case::half_a_head("HTTP/1.1 200 OK\r\ncontent-le")]
#[case::half_a_body(
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"Kube"
)]
#[case::half_a_chunk("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{\"Kube")]
#[tokio::test]
async fn half_an_answer_is_none(#[case] bytes: &'static str) {
    let (error, _) = ask(move || raw(bytes)).await;

    assert_eq!(
        error.to_string(),
        "the answer of servicemesh.aliyuncs.com to DescribeServiceMeshDetail broke off before its end"
    );
}

#[rstest]
#[case::page("200 OK", "text/html", "<html>", "text/html")]
#[case::xml("200 OK", "text/xml;charset=utf-8", "<Error/>", "text/xml;charset=utf-8")]
#[case::portal("403 Forbidden", "text/html", "<html>", "text/html")]
#[case::elsewhere("302 Found", "text/html", "", "a redirection")]
#[tokio::test]
async fn what_is_not_the_api_is_named(
    #[case] status: &'static str,
    #[case] kind: &'static str,
    #[case] body: &'static str,
    #[case] what: &str,
) {
    let (error, arrived) = ask(move || {
        raw(&format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nlocation: /\r\n\
             x-acs-request-id: R-7\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    })
    .await;

    let number = &status[..3];
    assert_eq!(
        error.to_string(),
        format!(
            "servicemesh.aliyuncs.com answered DescribeServiceMeshDetail with {number} and {what}, \
             not with the API's JSON (request id R-7)"
        )
    );
    assert_eq!(arrived, 1);
}

#[tokio::test]
async fn json_of_another_form_is_named() {
    let (error, _) = ask(|| ok(r#"{"ServiceMesh":[1,2],"RequestId":"R-9"}"#)).await;

    assert_eq!(
        error.to_string(),
        "the answer to DescribeServiceMeshDetail does not have the documented form (request id R-9)"
    );
}

#[tokio::test]
async fn a_gateway_on_the_way_that_fails_is_asked_again() {
    let (error, arrived) = ask(|| {
        raw("HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>")
    })
    .await;

    assert!(matches!(error, AsmError::Unavailable(_)), "{error:?}");
    assert!(arrived > 1);
}

// Half a minute more than whole minutes, so that a slow test still counts the same.
#[rstest]
#[case::behind(-7230, "the clock of this computer is 120 min behind the server's: ")]
#[case::ahead(930, "the clock of this computer is 15 min ahead of the server's: ")]
#[tokio::test]
async fn a_clock_that_is_off_is_told_by_how_much(#[case] off: i64, #[case] words: &str) {
    let (error, arrived) = ask(move || {
        let server = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() - off);
        let server = server.unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        answer(
            "400 Bad Request",
            &[("date", &jiff::fmt::rfc2822::to_string(&server).unwrap())],
            r#"{"Code":"IllegalTimestamp","Message":"Words.","RequestId":"R-42"}"#,
        )
    })
    .await;

    assert!(error.to_string().starts_with(words), "{error}");
    assert!(error.to_string().contains("request id R-42"), "{error}");
    assert_eq!(arrived, 1, "the clock will not be right in a moment");
}

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    let server = Server::saying("{}").await;
    let gone = setup(&server);
    drop(server);
    tokio::task::yield_now().await;

    let error = Client::new(gone).describe_metadata().await.unwrap_err();

    assert!(
        error.to_string().starts_with("servicemesh.aliyuncs.com does not answer DescribeMetadata:"),
        "{error}"
    );
}

#[tokio::test]
async fn a_call_can_be_cancelled_while_it_waits_for_an_answer_and_between_tries() {
    for reply in [|| Reply::Silence, || refusal("500 Internal Server Error", "ERR500", "Words.")] {
        let server = Server::new(move |_, _| reply()).await;
        let patient = Limits {
            read: Duration::from_mins(1),
            pause: Duration::from_mins(1),
            retry: Duration::from_mins(5),
            ..limits()
        };
        let cancel = CancellationToken::new();
        let client = Client::new(Setup { limits: patient, ..setup(&server) }).until(cancel.clone());

        let asked = tokio::spawn(async move { client.describe_metadata().await });
        while server.arrived() == 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();

        let error = asked.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "DescribeMetadata was cancelled");
    }
}
