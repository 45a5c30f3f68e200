//! Port-forward over WebSocket, to what listens in a pod: istiod's monitoring port.
//!
//! Each port has two channels, data and error. Both begin with the port's number; after that a
//! frame is the channel and its bytes.

use std::convert::Infallible;
use std::sync::Arc;

use futures::{SinkExt as _, StreamExt as _};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::path::Target;
use super::{Answer, istiod};
use crate::cluster::Core;
use crate::json;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::store::Key;

const PROTOCOL: &str = "v4.channel.k8s.io";
const PIPE: usize = 256 * 1024;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) fn answer(
    core: &Arc<Core>,
    target: &Target,
    query: &Query,
    request: &mut Request<Incoming>,
) -> Result<Answer, Refusal> {
    let key = target.key();
    let listens = core.with(|cluster| {
        let pod = cluster.store.get(&key);
        let pod = pod.ok_or_else(|| Refusal::not_found(&target.resource, &target.name))?;
        Ok::<_, Refusal>(
            json::label(pod, "app") == Some("istiod")
                && json::text(pod, &["status", "phase"]) == "Running",
        )
    })?;
    let ports: Vec<u16> = query
        .all("ports")
        .flat_map(|ports| ports.split(','))
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| Refusal::bad_request("ports: Invalid value"))?;
    let socket_key = request.headers().get(SEC_WEBSOCKET_KEY).cloned();
    let offered = request.headers().get(SEC_WEBSOCKET_PROTOCOL).and_then(|it| it.to_str().ok());
    let understood = offered.is_some_and(|it| it.split(',').any(|one| one.trim() == PROTOCOL));
    let (Some(socket_key), true, false) = (socket_key, understood, ports.is_empty()) else {
        return Err(Refusal::bad_request("you must specify at least 1 port and a known protocol"));
    };
    let upgrade = hyper::upgrade::on(request);
    let core = core.clone();
    tokio::spawn(async move {
        let cancel = core.cancel.clone();
        let forwarded = async {
            let Ok(upgraded) = upgrade.await else { return };
            let socket =
                WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            if let Err(error) = forward(core, key, socket, &ports, listens).await {
                tracing::trace!(%error, "port-forward ended");
            }
        };
        tokio::select! {
            () = forwarded => {}
            () = cancel.cancelled() => {}
        }
    });
    Ok(switching(&socket_key))
}

fn switching(socket_key: &HeaderValue) -> Answer {
    let mut answer = Response::new(Empty::new().boxed_unsync());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(socket_key.as_bytes())) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    answer
}

/// Carries bytes between the socket and what listens in the pod, until either side is done.
async fn forward(
    core: Arc<Core>,
    pod: Key,
    mut socket: Socket,
    ports: &[u16],
    listens: bool,
) -> Result<(), Error> {
    let mut to_pod: Vec<Option<WriteHalf<DuplexStream>>> = Vec::new();
    let mut from_pod = futures::stream::SelectAll::new();
    for (index, port) in ports.iter().enumerate() {
        let channel = u8::try_from(index * 2).unwrap_or(u8::MAX - 1);
        for channel in [channel, channel + 1] {
            let [low, high] = port.to_le_bytes();
            socket.send(Message::binary(vec![channel, low, high])).await?;
        }
        if listens && *port == istiod::PORT {
            let (near, far) = tokio::io::duplex(PIPE);
            tokio::spawn(listen(core.clone(), pod.clone(), far));
            let (read, write) = tokio::io::split(near);
            to_pod.push(Some(write));
            from_pod.push(Box::pin(frames(channel, read)));
        } else {
            let mut frame = vec![channel + 1];
            let (name, namespace) = (&pod.name, &pod.namespace);
            let why = format!(
                "error forwarding port {port} to pod {name}_{namespace}: connect: connection refused"
            );
            frame.extend_from_slice(why.as_bytes());
            socket.send(Message::binary(frame)).await?;
            to_pod.push(None);
        }
    }
    let mut open = !from_pod.is_empty();
    loop {
        tokio::select! {
            frame = from_pod.next(), if open => {
                open = frame.is_some();
                socket.send(frame.unwrap_or(Message::Close(None))).await?;
            }
            message = socket.next() => match message.transpose()? {
                Some(Message::Binary(bytes)) => {
                    let Some((channel, bytes)) = bytes.split_first() else { continue };
                    let writer = to_pod.get_mut(usize::from(channel / 2));
                    if let Some(Some(writer)) = writer {
                        writer.write_all(bytes).await?;
                    }
                }
                Some(Message::Close(_)) | None => return Ok(()),
                Some(_) => {}
            },
        }
    }
}

/// What the pod sends, as frames of its channel.
fn frames(
    channel: u8,
    pipe: ReadHalf<DuplexStream>,
) -> impl futures::Stream<Item = Message> + Send {
    futures::stream::unfold(pipe, move |mut pipe| async move {
        let mut frame = vec![channel];
        match pipe.read_buf(&mut frame).await {
            Ok(read) if read > 0 => Some((Message::binary(frame), pipe)),
            _ => None,
        }
    })
}

/// istiod's HTTP server.
async fn listen(core: Arc<Core>, pod: Key, pipe: DuplexStream) {
    let service = service_fn(|request| {
        let answer = istiod::answer(&core, &pod, &request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(pipe), service)
        .await;
    if let Err(error) = served {
        tracing::trace!(%error, "istiod connection ended");
    }
}
