//! A server that says what a test tells it to, byte by byte, and writes down what it was sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use meshlift_cluster::connection::Dial;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn action(&self) -> &str {
        self.header("x-acs-action").unwrap_or_default()
    }
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// Writes these bytes and closes.
    Bytes(Vec<u8>),
    /// Keeps quiet until the other side goes.
    Silence,
}

/// A good answer.
pub(crate) fn ok(body: &str) -> Reply {
    answer("200 OK", &[], body)
}

/// An answer with a status, further headers and a JSON body.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    raw(&format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json;charset=utf-8\r\n{headers}\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ))
}

/// A refusal as the API words it.
pub(crate) fn refusal(status: &str, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({"Code": code, "Message": message, "RequestId": "R-42"});
    answer(status, &[], &body.to_string())
}

/// These bytes.
pub(crate) fn raw(text: &str) -> Reply {
    Reply::Bytes(text.as_bytes().to_vec())
}

type Script = dyn Fn(usize, &Seen) -> Reply + Send + Sync;

/// A server on loopback.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    /// A server that answers by `script`, which gets the number of the request, from 0.
    pub(crate) async fn new(
        script: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (script, seen): (Arc<Script>, Arc<Mutex<Vec<Seen>>>) =
            (Arc::new(script), Arc::default());
        let log = Arc::clone(&seen);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self { address, seen, serving }
    }

    /// A server that always says the same.
    pub(crate) async fn saying(body: &'static str) -> Self {
        Self::new(move |_, _| ok(body)).await
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests arrived.
    pub(crate) fn arrived(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The same behind pipes inside this process.
pub(crate) fn in_process(
    script: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
) -> (Dial, Arc<Mutex<Vec<Seen>>>) {
    let (script, seen): (Arc<Script>, Arc<Mutex<Vec<Seen>>>) = (Arc::new(script), Arc::default());
    let log = Arc::clone(&seen);
    let dial: Dial = Arc::new(move || {
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(far, Arc::clone(&script), Arc::clone(&log)));
        near
    });
    (dial, seen)
}

async fn serve<S>(stream: S, script: Arc<Script>, log: Arc<Mutex<Vec<Seen>>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    let Some(seen) = read(&mut stream).await else { return };
    let number = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    match script(number, &seen) {
        Reply::Bytes(bytes) => {
            // The other side may have gone.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Silence => {
            let _ = stream.read(&mut [0; 1]).await;
        }
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let mut first = lines.first()?.split(' ').map(str::to_owned);
    let (method, target) = (first.next()?, first.next()?);
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { method, target, headers, body: String::from_utf8(body).ok()? })
}
