//! A real Kubernetes client before a simulated mesh.

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use kube::Client;
use meshlift_sim::{Builder, SimMesh, Workload};
use serde_json::Value;
use tokio::io::DuplexStream;

/// Values of a small install.
pub(crate) const VALUES: &str = "spec:\n  profile: minimal\n";

/// One revision with a namespace `shop` and a Deployment `cart` of three.
pub(crate) fn shop() -> Builder {
    SimMesh::builder()
        .install("1.30.5", VALUES, &["revision=1-30"])
        .namespace("shop", &[("istio.io/rev", "1-30")])
        .workload(Workload::deployment("shop", "cart").replicas(3))
}

/// A client that opens a connection for every request.
pub(crate) fn client(mesh: &SimMesh) -> Client {
    let mesh = mesh.clone();
    client_of(move || mesh.dial())
}

/// The same through any door.
pub(crate) fn client_of(dial: impl Fn() -> DuplexStream + Send + 'static) -> Client {
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        let pipe = dial();
        async move {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(pipe)).await?;
            tokio::spawn(connection.with_upgrades());
            sender.send_request(request).await
        }
    });
    Client::new(service, "default")
}

/// One plain request.
pub(crate) async fn request(
    mesh: &SimMesh,
    request: Request<String>,
) -> Option<Response<Incoming>> {
    let pipe = TokioIo::new(mesh.dial());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(pipe).await.unwrap();
    tokio::spawn(connection);
    let request = request.map(|body| Full::new(Bytes::from(body)));
    sender.send_request(request).await.ok()
}

/// GET with an Accept header.
pub(crate) async fn get(mesh: &SimMesh, path: &str, accept: &str) -> Response<Incoming> {
    let asked = Request::get(path).header("accept", accept).header("accept-encoding", "gzip");
    request(mesh, asked.body(String::new()).unwrap()).await.unwrap()
}

/// The body of an answer.
pub(crate) async fn bytes(answer: Response<Incoming>) -> Bytes {
    answer.into_body().collect().await.unwrap().to_bytes()
}

/// The JSON of an answer.
pub(crate) async fn body(answer: Response<Incoming>) -> Value {
    serde_json::from_slice(&bytes(answer).await).unwrap()
}

/// The image of a pod's proxy, wherever it stands.
pub(crate) fn proxy_image(pod: &Value) -> Option<&str> {
    ["containers", "initContainers"].iter().find_map(|list| {
        let containers = pod["spec"][list].as_array()?;
        containers.iter().find(|container| container["name"] == "istio-proxy")?["image"].as_str()
    })
}

/// The pods of a namespace whose `app` label is this.
pub(crate) fn pods(mesh: &SimMesh, namespace: &str, app: &str) -> Vec<Value> {
    let of = |pod: &Value| {
        pod["metadata"]["namespace"] == namespace && pod["metadata"]["labels"]["app"] == app
    };
    mesh.objects("pods").into_iter().filter(of).collect()
}
