//! Who is let in, and what is sent where.

use meshlift_sim::SimAsm;
use meshlift_sim::asm::AsmFault;

use super::client::{Answer, Ask, demo, denied};

fn ask(asm: &SimAsm) -> Ask {
    Ask::new(asm, "DescribeServiceMeshes", &[], &[])
}

async fn code(asm: &SimAsm, ask: Ask) -> String {
    let answer: Answer = ask.send(asm).await.unwrap();
    answer.code().to_owned()
}

#[tokio::test(start_paused = true)]
async fn both_keys_open_the_door() {
    let asm = demo();

    assert_eq!(code(&asm, ask(&asm)).await, "");
    assert_eq!(code(&asm, ask(&asm).temporary(&asm)).await, "");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_rightly_signed_is_refused() {
    let asm = demo();
    let mut unknown = ask(&asm);
    unknown.key.id = "nobody";
    let mut wrong = ask(&asm);
    wrong.secret = "another secret".to_owned();
    let mut no_token = ask(&asm).temporary(&asm);
    no_token.headers.retain(|(name, _)| *name != "x-acs-security-token");
    let mut no_nonce = ask(&asm);
    no_nonce.headers.retain(|(name, _)| *name != "x-acs-signature-nonce");

    assert_eq!(code(&asm, unknown).await, "InvalidAccessKeyId.NotFound");
    assert_eq!(code(&asm, wrong).await, "SignatureDoesNotMatch");
    assert_eq!(code(&asm, no_token).await, "MissingSecurityToken");
    assert_eq!(code(&asm, no_nonce).await, "IncompleteSignature");
}

#[tokio::test(start_paused = true)]
async fn a_nonce_is_good_once() {
    let asm = demo();
    let first = ask(&asm);

    assert_eq!(code(&asm, first.clone()).await, "");
    assert_eq!(code(&asm, first).await, "SignatureNonceUsed");
}

#[tokio::test(start_paused = true)]
async fn a_date_is_good_for_a_quarter_of_an_hour() {
    let asm = demo();
    let early = ask(&asm);
    tokio::time::advance(std::time::Duration::from_mins(14)).await;
    assert_eq!(code(&asm, early.clone()).await, "");

    tokio::time::advance(std::time::Duration::from_mins(2)).await;
    assert_eq!(code(&asm, early).await, "IllegalTimestamp");
    assert_eq!(code(&asm, ask(&asm).header("x-acs-date", "yesterday")).await, "IllegalTimestamp");
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_told_from_a_wrong_one() {
    let asm = demo();
    asm.fault(AsmFault::TokenExpired);
    let wrong = ask(&asm).temporary(&asm).header("x-acs-security-token", "another token");

    let expired = ask(&asm).temporary(&asm);
    assert_eq!(code(&asm, expired).await, "InvalidSecurityToken.Expired");
    assert_eq!(code(&asm, wrong).await, "InvalidSecurityToken.Malformed");
    assert_eq!(code(&asm, ask(&asm)).await, "", "the long-lived key has no token");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_action_and_another_version_are_refused() {
    let asm = demo();

    let unknown = Ask::new(&asm, "DescribeEverything", &[], &[]);
    assert_eq!(code(&asm, unknown).await, "InvalidAction.NotFound");
    let version = ask(&asm).header("x-acs-version", "2019-01-01");
    assert_eq!(code(&asm, version).await, "InvalidVersion");
}

#[tokio::test(start_paused = true)]
async fn parameters_must_be_there_and_in_their_place() {
    let asm = demo();
    let id = asm.mesh_id();
    let mesh = [("ServiceMeshId", id.as_str())];

    assert_eq!(denied(&asm, "UpgradeMeshVersion", &[], &[]).await, "MissingServiceMeshId");
    let misplaced = "InvalidParameter.ServiceMeshId";
    assert_eq!(denied(&asm, "UpgradeMeshVersion", &[], &mesh).await, misplaced);
    assert_eq!(denied(&asm, "UpgradeMeshEditionPartially", &mesh, &[]).await, misplaced);
    let other = [("ServiceMeshId", "c0")];
    assert_eq!(denied(&asm, "UpgradeMeshVersion", &other, &[]).await, "ServiceMesh.NotFound");
}
