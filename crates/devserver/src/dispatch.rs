//! Routes, one for each line of the application's table of commands.
//!
//! Entry point: [`routes`]. Deliberately absent: any list of commands.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::{Stream, StreamExt as _};
use meshlift_app::Meshlift;
#[allow(clippy::wildcard_imports, reason = "the table names every request by its bare name")]
use meshlift_app::api::dto::*;
use meshlift_app::command_table;
use serde::Serialize;
use serde::de::DeserializeOwned;

macro_rules! handler {
    (observe $name:ident $request:ty, $operate:expr) => {
        post(|State(app): State<Meshlift>, body: Bytes| async move {
            match read::<$request>(&body) {
                Ok(request) => answer(app.$name(request).await),
                Err(error) => refusal(&error),
            }
        })
    };
    (operate $name:ident $request:ty, $operate:expr) => {{
        let operate: bool = $operate;
        post(move |State(app): State<Meshlift>, body: Bytes| async move {
            if !operate {
                return refusal(&only_observing(stringify!($name)));
            }
            match read::<$request>(&body) {
                Ok(request) => answer(app.$name(request).await),
                Err(error) => refusal(&error),
            }
        })
    }};
    (watch $name:ident $request:ty, $operate:expr) => {
        post(|State(app): State<Meshlift>, body: Bytes| async move {
            match read::<$request>(&body) {
                Ok(request) => match app.$name(request).await {
                    Ok(messages) => lines(messages),
                    Err(error) => refusal(&error),
                },
                Err(error) => refusal(&error),
            }
        })
    };
}

macro_rules! make_routes {
    ($($class:ident $name:ident($request:ty) -> $answer:ty;)*) => {
        /// Every command of the application; those that write only when `operate` is set.
        pub(crate) fn routes(app: Meshlift, operate: bool) -> Router {
            Router::new()
                $(.route(
                    concat!("/api/", stringify!($name)),
                    handler!($class $name $request, operate),
                ))*
                .with_state(app)
        }
    };
}

command_table!(make_routes);

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::new(ErrorCode::BadRequest, &error))
}

fn answer<T: Serialize>(result: Result<T, ApiError>) -> Response {
    match result {
        Ok(value) => json(StatusCode::OK, &value),
        Err(error) => refusal(&error),
    }
}

/// One message a line, for as long as there are messages and somebody reads.
fn lines<T: Serialize + 'static>(messages: impl Stream<Item = T> + Send + 'static) -> Response {
    let lines = messages.map(|message| {
        serde_json::to_vec(&message).map(|mut line| {
            line.push(b'\n');
            Bytes::from(line)
        })
    });
    let headers =
        [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(lines)).into_response()
}

fn refusal(error: &ApiError) -> Response {
    json(status(error.code), error)
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => (status, [(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn only_observing(command: &str) -> ApiError {
    ApiError::plain(
        ErrorCode::ReadOnly,
        format!("{command} may write to a cluster: start the server with --operate"),
    )
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
        ErrorCode::ContextUnknown | ErrorCode::PlanUnknown | ErrorCode::RunUnknown => {
            StatusCode::NOT_FOUND
        }
        ErrorCode::ReadOnly | ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::PlanOutdated
        | ErrorCode::PlanBlocked
        | ErrorCode::MeshLocked
        | ErrorCode::OtherCluster
        | ErrorCode::RunState
        | ErrorCode::NoMesh
        | ErrorCode::IstioctlMissing
        | ErrorCode::ValuesMissing
        | ErrorCode::FileExists
        | ErrorCode::FileBroken
        | ErrorCode::KubeconfigBroken => StatusCode::CONFLICT,
        ErrorCode::Unreachable
        | ErrorCode::WrongAuthority
        | ErrorCode::CertificateExpired
        | ErrorCode::Unauthorized
        | ErrorCode::CredentialProgram
        | ErrorCode::ProgramFailed
        | ErrorCode::Asm
        | ErrorCode::AsmCredential => StatusCode::BAD_GATEWAY,
        ErrorCode::Storage | ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
