//! The vectors A, B and C of asm.md §8.4.

use super::super::operation::Operation;
use super::*;

fn keys(id: &str, secret: &str, token: Option<&str>) -> Keys {
    Keys::new(id, secret, token)
}

fn signature(authorization: &str) -> &str {
    authorization.rsplit_once("Signature=").unwrap().1
}

#[test]
fn vector_a_of_the_documentation() {
    let query = Pairs::default()
        .with("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd")
        .with("RegionId", "cn-shanghai")
        .encoded();
    let empty = sha256(b"");
    assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let headers = [
        ("host", "ecs.cn-shanghai.aliyuncs.com"),
        ("x-acs-action", "RunInstances"),
        ("x-acs-version", "2014-05-26"),
        ("x-acs-date", "2023-10-26T10:22:32Z"),
        ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
        ("x-acs-content-sha256", &empty),
    ]
    .map(|(name, value)| (name, value.to_owned()));

    let canonical = canonical("POST", "/", &query, &headers, &empty);
    let authorization =
        authorization(&keys("YourAccessKeyId", "YourAccessKeySecret", None), &canonical);

    assert_eq!(
        canonical.signed_headers,
        "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
    );
    assert_eq!(
        sha256(canonical.request.as_bytes()),
        "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    );
    assert_eq!(
        authorization,
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
         x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
         Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    );
}

#[test]
fn vector_b_of_the_official_sdk() {
    let query = Pairs::default().with("test", "ok").with("empty", "").encoded();
    let headers = [("x-acs-test", "http"), ("x-acs-TEST", "https")].map(|(n, v)| (n, v.to_owned()));
    let hash = "55e12e91650d2fec56ec74e1d3e4ddbfce2ef3a65890c2a19ecf88a307e76a23";

    let canonical = canonical("", "", &query, &headers, hash);

    assert_eq!(
        canonical.request,
        format!("\n/\nempty=&test=ok\nx-acs-test:http,https\n\nx-acs-test\n{hash}")
    );
    assert_eq!(
        sha256(canonical.request.as_bytes()),
        "de5b11a1e2e756c1d859871395fe0b6d47f2564e88a5477eb586c03c6fc105ff"
    );
    assert_eq!(
        signature(&authorization(&keys("acesskey", "secret", None), &canonical)),
        "4ab59fffe3c5738ff8a2729f90cc04fe18b02a4b15b2102cbaf92f9ff3df2ea3"
    );
}

#[test]
fn vector_c_is_a_whole_call_with_a_token() {
    let call = Call::rpc(Operation::ModifyServiceMeshName, "servicemesh.aliyuncs.com").form(
        Pairs::default()
            .with("ServiceMeshId", "c08ba3fd1e6484b0f8cc1ad8fe10d")
            .with("Name", "demo mesh"),
    );
    let stamp = Stamp {
        date: "2026-01-02T03:04:05Z".into(),
        nonce: "00000000000000000000000000000001".into(),
    };

    let keys = keys("STS.example", "examplesecret", Some("exampletoken"));
    let signed = sign(&call, Some(&keys), &stamp);

    assert_eq!(signed.body, "Name=demo%20mesh&ServiceMeshId=c08ba3fd1e6484b0f8cc1ad8fe10d");
    assert_eq!(
        sha256(signed.body.as_bytes()),
        "8682f0ba0e386148ac0e7015f75bf2950fc5e84f8b83668d739cf5087e7b3ad5"
    );
    let hash = sha256(signed.body.as_bytes());
    let canonical = canonical("POST", "/", "", &signed.headers, &hash);
    assert_eq!(
        sha256(canonical.request.as_bytes()),
        "cfc11408cdc9c9c11b05150f167b86a1c49775def3580a11fe99425e55f7c857"
    );
    let (_, authorization) = signed.headers.last().unwrap();
    assert_eq!(
        signature(authorization),
        "a9e17680d61bc567d7e0dc56d534f9d7a7cfa51ca0ec234b7d4dddfc1062a860"
    );
}

#[test]
fn an_anonymous_call_carries_no_signature() {
    let call = Call::rpc(Operation::AssumeRoleWithOIDC, "sts.aliyuncs.com");

    let signed = sign(&call, None, &Stamp::now());

    assert!(
        signed.target.starts_with("/?Action=AssumeRoleWithOIDC&Format=JSON&"),
        "{}",
        signed.target
    );
    assert!(signed.headers.iter().all(|(name, _)| *name != "authorization"));
}
