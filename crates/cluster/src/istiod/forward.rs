//! A stream to a port of an istiod pod, and plain HTTP on it. Entry points: [`stream`], [`http`].

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::Portforwarder;
use kube::client::UpgradeConnectionError;
use meshlift_core::inventory::PodRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::AbortOnDropHandle;

use crate::calls::{Asked, CallError, translate};
use crate::connection::Connection;

/// Bytes that one answer may have.
const LIMIT: usize = 512 * 1024 * 1024;

/// A stream to a port of a pod. It lives as long as the forwarder beside it.
pub(super) async fn stream(
    connection: &Connection,
    pod: &PodRef,
    port: u16,
) -> Result<(Portforwarder, impl AsyncRead + AsyncWrite + Unpin + Send + 'static), CallError> {
    let pods: Api<Pod> = Api::namespaced(connection.client(), &pod.namespace);
    let answer = pods.portforward(&pod.name, &[port]).await;
    let mut forwarder = answer.map_err(|error| refused(connection, pod, &error))?;
    let stream = forwarder.take_stream(port).ok_or_else(|| silent(pod))?;
    Ok((forwarder, stream))
}

/// Asks for each path, one after the other on one stream.
pub(super) async fn http(
    connection: &Connection,
    pod: &PodRef,
    port: u16,
    paths: &[&str],
) -> Result<Vec<Bytes>, CallError> {
    let (_forwarder, stream) = stream(connection, pod, port).await?;
    let (mut sender, driver) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| silent(pod))?;
    let _driver = AbortOnDropHandle::new(tokio::spawn(driver));

    let mut answers = Vec::with_capacity(paths.len());
    for path in paths {
        answers.push(get(&mut sender, pod, path).await?);
    }
    Ok(answers)
}

async fn get(
    sender: &mut SendRequest<Empty<Bytes>>,
    pod: &PodRef,
    path: &str,
) -> Result<Bytes, CallError> {
    let request = Request::get(path).header(http::header::HOST, "localhost").body(Empty::new());
    let request = request.map_err(|_| silent(pod))?;
    sender.ready().await.map_err(|_| silent(pod))?;
    let answer = sender.send_request(request).await.map_err(|_| silent(pod))?;
    if !answer.status().is_success() {
        return Err(CallError::Server {
            address: format!("pod {pod}"),
            request: (*path).to_owned(),
            status: answer.status().as_u16(),
            message: answer.status().to_string(),
        });
    }
    let body = Limited::new(answer.into_body(), LIMIT).collect().await;
    Ok(body.map_err(|_| silent(pod))?.to_bytes())
}

/// Why the API server does not forward.
fn refused(connection: &Connection, pod: &PodRef, error: &kube::Error) -> CallError {
    let path = format!("/api/v1/namespaces/{}/pods/{}/portforward", pod.namespace, pod.name);
    if let kube::Error::UpgradeConnection(UpgradeConnectionError::ProtocolSwitch(status)) = error {
        return CallError::refused(connection.server(), &path, *status);
    }
    translate(error, connection.server(), &Asked::to_get(&path))
}

/// A pod that gave no answer on its port.
pub(super) fn silent(pod: &PodRef) -> CallError {
    let reason = "nothing came back on its port".to_owned();
    CallError::Unreachable { address: format!("pod {pod}"), reason }
}
