//! `istioctl version`: the program's own, and in JSON those of the proxies that a revision serves.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Flags;
use crate::api::{COMMIT, connected_to};
use crate::cluster::Core;
use crate::json;

pub(super) fn text(core: &Arc<Core>, version: &str, flags: &Flags) -> String {
    if !flags.json {
        return format!("client version: {version}\n");
    }
    let mut versions = json!({ "clientVersion": {
        "version": version,
        "revision": COMMIT,
        "golang_version": "go1.26.1",
        "status": "Clean",
        "tag": version,
    } });
    if !flags.client_only {
        let revision = flags.revision.as_deref().unwrap_or("default");
        let proxies = core.with(|cluster| connected_to(cluster, revision));
        versions["dataPlaneVersion"] = proxies.iter().map(proxy).collect();
    }
    format!("{}\n", serde_json::to_string_pretty(&versions).unwrap_or_default())
}

fn proxy(row: &Value) -> Value {
    json!({
        "ID": json::text(row, &["proxy"]),
        "IstioVersion": json::text(row, &["istio_version"]),
    })
}
