//! Opening a context: what can go wrong between here and the cluster.

use std::time::{Duration, Instant};

use meshlift_cluster::calls::{CallError, Limits};
use meshlift_cluster::connection::{ConnectError, Connection};
use meshlift_cluster::door::Door;
use meshlift_core::inventory::{Cluster, Snapshot};
use rstest::rstest;

use super::server::{Authority, Server, healthy, http};
use super::{Home, context, kubeconfig, read};

/// Short, so that a test of silence is short.
const LIMITS: Limits = Limits {
    connect: Duration::from_millis(1500),
    read: Duration::from_millis(2500),
    write: Duration::from_millis(2500),
    retry: Duration::from_millis(300),
    credential: Duration::from_millis(2500),
};
/// Nothing hangs: far above the limits, far below patience.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn open(cluster: &str, user: &str) -> Result<Connection, ConnectError> {
    let home = Home::new();
    let file = home.file("config", &kubeconfig("it", cluster, user));
    let found = read(&[&file]);
    let started = Instant::now();
    let opened = Connection::open_within(context(&found, "it"), Door::new(true), LIMITS).await;
    assert!(started.elapsed() < PATIENCE, "opening took {:?}", started.elapsed());
    opened
}

fn cluster(server: &str, authority: &Authority) -> String {
    format!("{{server: '{server}', certificate-authority-data: {}}}", authority.data())
}

async fn failure(cluster: &str, user: &str) -> (CallError, String) {
    let error = open(cluster, user).await.unwrap_err();
    let sentence = error.to_string();
    assert!(!sentence.contains('\n'), "one sentence: {sentence}");
    (error.call().expect("the context itself is in order").clone(), sentence)
}

#[tokio::test]
async fn tells_which_cluster_it_is() {
    let authority = Authority::new();
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, healthy);

    let opened = open(&cluster(&server.url(), &authority), "{token: abc}").await.unwrap();

    let expected = Cluster { uid: "the-uid".into(), kubernetes: "v1.34.3".into() };
    assert_eq!(opened.cluster(), &expected);
    assert_eq!(opened.server(), server.url());
    assert_eq!(opened.read_cluster().await.unwrap(), expected);
    assert_eq!(opened.user().await, "it", "this server can't tell who it is");
    let heads = server.heads();
    assert!(heads.iter().all(|head| head.contains("authorization: Bearer abc")), "{heads:?}");
}

#[tokio::test]
async fn speaks_plain_http_where_the_address_says_so() {
    let server = Server::plain(healthy);
    let cluster = format!("{{server: '{}'}}", server.plain_url());

    assert_eq!(open(&cluster, "{}").await.unwrap().cluster().uid, "the-uid");
}

#[tokio::test]
async fn finds_certificates_beside_the_kubeconfig() {
    let home = Home::new();
    let authority = Authority::new();
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, healthy);
    let (certificate, key) = authority.issue("someone", 2090);
    home.file("kube/pki/ca.crt", authority.pem());
    home.file("kube/pki/me.crt", &certificate);
    home.file("kube/pki/me.key", &key);
    let cluster = format!("{{server: '{}', certificate-authority: pki/ca.crt}}", server.url());
    let user = "{client-certificate: pki/me.crt, client-key: pki/me.key}";
    let file = home.file("kube/config", &kubeconfig("it", &cluster, user));

    let found = read(&[&file]);
    let opened = Connection::open_within(context(&found, "it"), Door::new(true), LIMITS).await;

    assert_eq!(opened.unwrap().cluster().uid, "the-uid");
}

#[tokio::test]
async fn a_port_where_nobody_listens() {
    // Bound and let go: nothing listens there for the moment of the test.
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();

    let (error, sentence) = failure(&format!("{{server: 'https://{free}'}}"), "{}").await;

    assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    assert_eq!(sentence, format!("https://{free} does not answer: the connection was refused"));
}

#[tokio::test]
async fn a_server_that_accepts_and_stays_silent() {
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = silent.local_addr().unwrap();

    let (error, sentence) = failure(&format!("{{server: 'https://{address}'}}"), "{}").await;

    assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    assert_eq!(
        sentence,
        format!("https://{address} does not answer: connecting to it took too long")
    );
}

#[tokio::test]
async fn a_server_that_never_answers_a_request() {
    let authority = Authority::new();
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, |_| String::new());

    let (error, sentence) = failure(&cluster(&server.url(), &authority), "{}").await;

    assert!(matches!(error, CallError::Timeout { .. }), "{error:?}");
    assert!(
        sentence.starts_with(&format!("{} did not answer within 2.5 s", server.url())),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_certificate_of_another_authority() {
    let server = Server::with_tls(&Authority::new(), "127.0.0.1", 2090, healthy);

    let (error, sentence) = failure(&cluster(&server.url(), &Authority::new()), "{}").await;

    assert_eq!(error, CallError::WrongAuthority { address: server.url() });
    assert_eq!(
        sentence,
        format!(
            "the certificate of {} was not issued by the authority that the kubeconfig names",
            server.url()
        )
    );
}

#[tokio::test]
async fn a_server_certificate_that_has_expired() {
    let authority = Authority::new();
    let server = Server::with_tls(&authority, "127.0.0.1", 2021, healthy);

    let (error, sentence) = failure(&cluster(&server.url(), &authority), "{}").await;

    assert!(matches!(error, CallError::CertificateExpired { .. }), "{error:?}");
    assert_eq!(sentence, format!("the certificate of {} has expired", server.url()));
}

#[tokio::test]
async fn a_client_certificate_that_has_expired() {
    let authority = Authority::new();
    let server =
        Server::with_tls(&authority, "127.0.0.1", 2090, |_| http("401 Unauthorized", "{}"));
    let (certificate, key) = authority.issue("someone", 2021);
    let home = Home::new();
    let (certificate, key) = (home.file("c", &certificate), home.file("k", &key));
    let user = format!(
        "{{client-certificate: '{}', client-key: '{}'}}",
        certificate.display(),
        key.display()
    );

    let (error, sentence) = failure(&cluster(&server.url(), &authority), &user).await;

    assert!(matches!(error, CallError::CertificateExpired { .. }), "{error:?}");
    assert_eq!(
        sentence, "the client certificate of user `it`, valid until 2021-12-31, has expired",
        "the server itself only says 401"
    );
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let authority = Authority::new();
    let server = Server::with_tls(&authority, "elsewhere.example", 2090, healthy);

    let (error, sentence) = failure(&cluster(&server.url(), &authority), "{}").await;

    assert!(matches!(error, CallError::Insecure { .. }), "{error:?}");
    assert!(sentence.ends_with("its certificate is for another name"), "{sentence}");

    let renamed = format!(
        "{{server: '{}', tls-server-name: elsewhere.example, certificate-authority-data: {}}}",
        server.url(),
        authority.data()
    );
    assert!(open(&renamed, "{}").await.is_ok(), "tls-server-name says which name is meant");
}

#[tokio::test]
async fn plain_http_where_tls_is_expected() {
    let server = Server::plain(healthy);

    let (error, sentence) = failure(&format!("{{server: '{}'}}", server.url()), "{}").await;

    assert!(matches!(error, CallError::Insecure { .. }), "{error:?}: {sentence}");
}

#[rstest]
#[case::unauthorized("401 Unauthorized", "did not accept the credentials of this context")]
#[case::forbidden("403 Forbidden", "does not let this user ")]
#[case::busy("429 Too Many Requests", "is too busy")]
#[case::down("503 Service Unavailable", "failed with 503")]
#[tokio::test]
async fn a_server_that_says_no(#[case] status: &'static str, #[case] expected: &str) {
    let answer: fn(&str) -> String = match &status[..3] {
        "401" => |_| http("401 Unauthorized", "{}"),
        "403" => |_| http("403 Forbidden", r#"{"kind":"Status","reason":"Forbidden","code":403}"#),
        "429" => |_| http("429 Too Many Requests", "slow down"),
        _ => |_| http("503 Service Unavailable", "<html>not even JSON</html>"),
    };
    let authority = Authority::new();
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, answer);

    let (_, sentence) = failure(&cluster(&server.url(), &authority), "{token: t}").await;

    assert!(sentence.starts_with(&format!("{} {expected}", server.url())), "{sentence}");
}

#[tokio::test]
async fn pods_that_may_not_be_listed() {
    let authority = Authority::new();
    let server = Server::with_tls(&authority, "127.0.0.1", 2090, |head| {
        if head.starts_with("GET /api/v1/pods") {
            return http("403 Forbidden", r#"{"kind":"Status","reason":"Forbidden","code":403}"#);
        }
        if head.contains("limit=") {
            return http("200 OK", r#"{"metadata":{"resourceVersion":"1"},"items":[]}"#);
        }
        healthy(head)
    });
    let opened = open(&cluster(&server.url(), &authority), "{token: t}").await.unwrap();

    let refused: Result<Snapshot, CallError> = meshlift_cluster::snapshot::read(&opened).await;

    assert_eq!(
        refused.unwrap_err().to_string(),
        format!("{} does not let this user list pods in the whole cluster", server.url())
    );
}

#[rstest]
#[case::authority(
    "{server: 'https://h', certificate-authority: /nowhere/ca.crt}",
    "{}",
    "its certificate authority /nowhere/ca.crt can't be read: entity not found"
)]
#[case::not_base64(
    "{server: 'https://h', certificate-authority-data: '%%%'}",
    "{}",
    "its certificate authority is not base64"
)]
#[case::no_pem(
    "{server: 'https://h', certificate-authority-data: bm8gcGVt}",
    "{}",
    "its certificate authority holds no certificate"
)]
#[case::no_certificate(
    "{server: 'https://h', certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmJtOD0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=}",
    "{}",
    "its client certificate, key or authority is not valid"
)]
#[case::token_file(
    "{server: 'https://h'}",
    "{tokenFile: /nowhere/token}",
    "its token file /nowhere/token can't be read: entity not found"
)]
#[case::key(
    "{server: 'https://h'}",
    "{client-certificate-data: bm8=, client-key: /nowhere/key}",
    "its client key /nowhere/key can't be read: entity not found"
)]
#[case::socks(
    "{server: 'https://h', proxy-url: 'socks5://localhost:1'}",
    "{}",
    "only http and https proxies are supported"
)]
#[tokio::test]
async fn an_entry_that_is_not_in_order(
    #[case] cluster: &str,
    #[case] user: &str,
    #[case] expected: &str,
) {
    let error = open(cluster, user).await.unwrap_err();

    assert_eq!(error.to_string(), format!("context `it` can't be used: {expected}"));
    assert_eq!(error.call(), None, "nothing was asked of a server");
}
