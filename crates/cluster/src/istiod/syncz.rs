//! Reads what istiod tells about the proxies that are connected to it, `/debug/syncz`.
//!
//! Entry point: [`parse`]. Newer releases tell nonces per type under `resources`; all of them tell
//! a pair of fields for the common types.

use std::collections::BTreeMap;

use meshlift_core::inventory::PodRef;
use meshlift_core::rollout::ConnectedProxy;
use serde::Deserialize;

/// The proxies in an answer of `/debug/syncz`, by pod.
pub(super) fn parse(answer: &[u8]) -> Result<BTreeMap<PodRef, ConnectedProxy>, serde_json::Error> {
    let rows: Vec<Row> = serde_json::from_slice(answer)?;
    Ok(rows.into_iter().filter_map(Row::into_proxy).collect())
}

/// Version that istioctl reports when it connects itself to ask for this very list.
const VERSION_OF_ISTIOCTL: &str = "65536.65536.65536";

#[derive(Deserialize)]
struct Row {
    proxy: Option<String>,
    istio_version: Option<String>,
    #[serde(default)]
    resources: BTreeMap<String, Resource>,
    #[serde(flatten)]
    nonces: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Resource {
    sent: Option<String>,
    acked: Option<String>,
    #[serde(rename = "lastError")]
    last_error: Option<String>,
}

impl Row {
    fn into_proxy(self) -> Option<(PodRef, ConnectedProxy)> {
        if self.istio_version.as_deref() == Some(VERSION_OF_ISTIOCTL) {
            return None;
        }
        let (name, namespace) = self.proxy.as_deref()?.rsplit_once('.')?;
        let pod = PodRef { namespace: namespace.into(), name: name.into() };
        let proxy = ConnectedProxy {
            version: self.istio_version.as_deref().and_then(|version| version.parse().ok()),
            synced: self.is_synced(),
            error: self.error(),
        };
        Some((pod, proxy))
    }

    /// Whether something was sent, and all of it was acknowledged. A type that was never sent says
    /// nothing: most proxies never ask for some of them.
    fn is_synced(&self) -> bool {
        let resources = self.resources.values();
        let by_type = resources.map(|one| (one.sent.as_deref(), one.acked.as_deref()));
        let by_pair = self.nonces.iter().filter_map(|(name, sent)| {
            let acked = format!("{}_acked", name.strip_suffix("_sent")?);
            let acked = self.nonces.get(&acked).and_then(serde_json::Value::as_str);
            Some((sent.as_str(), acked))
        });
        let mut sent = by_type.chain(by_pair).filter_map(|(sent, acked)| {
            let sent = sent.filter(|sent| !sent.is_empty())?;
            Some(acked == Some(sent))
        });
        sent.next().is_some_and(|first| first && sent.all(|acked| acked))
    }

    fn error(&self) -> Option<String> {
        let mut errors = self.resources.iter().filter_map(|(kind, resource)| {
            let error = resource.last_error.as_deref().filter(|error| !error.is_empty())?;
            let kind = kind.rsplit('.').next().unwrap_or(kind);
            Some(format!("{kind}: {error}"))
        });
        errors.next()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::acknowledged(
        r#"{"cluster_sent":"n1","cluster_acked":"n1","resources":{"type.googleapis.com/envoy.config.cluster.v3.Cluster":{"sent":"n1","acked":"n1"}}}"#,
        true,
        None
    )]
    #[case::stale(
        r#"{"resources":{"type.googleapis.com/envoy.config.cluster.v3.Cluster":{"sent":"n2","acked":"n1"}}}"#,
        false,
        None
    )]
    #[case::never_acknowledged(
        r#"{"resources":{"type.googleapis.com/envoy.config.listener.v3.Listener":{"sent":"n1"}}}"#,
        false,
        None
    )]
    #[case::a_type_that_nobody_asked_for(
        r#"{"resources":{"a.Cluster":{"sent":"n1","acked":"n1"},"a.Ecds":{}}}"#,
        true,
        None
    )]
    #[case::nothing_sent_yet(r#"{"resources":{}}"#, false, None)]
    #[case::refused(
        r#"{"resources":{"a.b.Listener":{"sent":"n2","acked":"n1","lastError":"duplicate port"}}}"#,
        false,
        Some("Listener: duplicate port")
    )]
    #[case::pairs_of_an_older_release(
        r#"{"cluster_sent":"n1","cluster_acked":"n1","route_sent":"n3","route_acked":"n2"}"#,
        false,
        None
    )]
    fn tells_who_is_in_sync(#[case] row: &str, #[case] synced: bool, #[case] error: Option<&str>) {
        let row = row.replacen('{', r#"{"proxy":"cart-1.shop","istio_version":"1.31.1","#, 1);
        let proxies = parse(format!("[{row}]").as_bytes()).unwrap();
        let pod = PodRef { namespace: "shop".into(), name: "cart-1".into() };
        let found = &proxies[&pod];
        assert_eq!((found.synced, found.error.as_deref()), (synced, error), "{row}");
    }

    #[test]
    fn leaves_out_the_one_who_asks() {
        let answer = r#"[
            {"proxy":"cart-1.2.shop","istio_version":"1.30.5"},
            {"proxy":"istioctl.istio-system","istio_version":"65536.65536.65536"}
        ]"#;
        let proxies = parse(answer.as_bytes()).unwrap();
        let pods: Vec<String> = proxies.keys().map(ToString::to_string).collect();
        assert_eq!(pods, ["shop/cart-1.2"], "a pod's name may hold dots");
    }
}
