//! The built front end, and the token in its first page.
//!
//! Entry point: [`routes`]. The window keeps its place behind the `#`, so an address that was typed
//! without it leads there. The page carries the token in a `meta` element: whoever can load it
//! from loopback may call, and a page of another site can load it but not read it.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::Token;

const TOKEN_PLACE: &str = "<meta name=\"meshlift-token\" content=\"\"";
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
    object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// First parts of the window's own addresses (`ui/src/app/router.tsx`).
const PLACES: [&str; 6] = ["meshes", "upgrade", "runs", "planner", "history", "settings"];

struct Pages {
    folder: Option<PathBuf>,
    token: Token,
}

/// Every path that is not a command.
pub(crate) fn routes(folder: Option<PathBuf>, token: Token) -> Router {
    Router::new().fallback(page).with_state(Arc::new(Pages { folder, token }))
}

async fn page(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    if request.method() != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(folder) = &pages.folder else { return absent() };
    if let Some(place) = place_of(request.uri()) {
        return Redirect::temporary(&place).into_response();
    }
    let Some(file) = file_of(folder, request.uri().path()) else { return absent() };
    let Ok(content) = tokio::fs::read(&file).await else { return absent() };
    let kind = content_type(&file);
    let content =
        if kind.starts_with("text/html") { with_token(&content, &pages.token) } else { content };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, content).into_response()
}

/// Where the window has what an address asks for, if it is one of its own.
fn place_of(address: &Uri) -> Option<String> {
    let first = address.path().split('/').nth(1)?;
    let rest = address.path_and_query()?;
    PLACES.contains(&first).then(|| format!("/#{rest}"))
}

/// A file inside the folder; a path that leads anywhere else is none.
fn file_of(folder: &Path, path: &str) -> Option<PathBuf> {
    let wanted = path.trim_start_matches('/');
    let wanted = Path::new(if wanted.is_empty() { "index.html" } else { wanted });
    let inside = wanted.components().all(|part| matches!(part, Component::Normal(_)));
    inside.then(|| folder.join(wanted))
}

fn with_token(page: &[u8], token: &Token) -> Vec<u8> {
    let filled = format!("<meta name=\"meshlift-token\" content=\"{}\"", token.reveal());
    String::from_utf8_lossy(page).replace(TOKEN_PLACE, &filled).into_bytes()
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some(_) | None => "application/octet-stream",
    }
}

fn absent() -> Response {
    (StatusCode::NOT_FOUND, "nothing here; build the front end first").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTER: &str = include_str!("../../../ui/src/app/router.tsx");

    #[test]
    fn every_address_of_the_window_leads_into_it() {
        let paths = ROUTER.split("path: '").skip(1).filter_map(|rest| rest.split('\'').next());
        let paths: Vec<&str> = paths.filter(|path| *path != "/").collect();

        assert!(paths.contains(&"/planner"), "{paths:?}");
        for path in paths {
            let address = path.replace('$', "").parse().unwrap();
            assert_eq!(place_of(&address), Some(format!("/#{address}")));
        }
        for other in ["/", "/assets/index.js", "/planners"] {
            assert_eq!(place_of(&other.parse().unwrap()), None, "{other}");
        }
    }
}
